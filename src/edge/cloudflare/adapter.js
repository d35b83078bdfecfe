import { keysOf } from './keys.js';

// Names what a page was made of, for caches that purge by tags.
const KEYS_HEADER = 'Cache-Tag';

export default {
  fetch(http, env) {
    const read = (file) => env.ASSETS.fetch(new URL(file, http.url));
    return serve(http, http.cf && http.cf.country, (id) => env[SECRETS[id]], read);
  },
};

