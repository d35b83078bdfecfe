import { keysOf } from './keys.js';

// Names what a page was made of, for caches that purge by tags.
const KEYS_HEADER = 'Cache-Tag';
const CDN_CACHE = 'Cloudflare-CDN-Cache-Control';

export default {
  fetch(http, env) {
    const read = (file) => env.ASSETS.fetch(new URL(file, http.url));
    return serve(http, http.cf && http.cf.country, (id) => env[SECRETS[id]], read, putTogether);
  },
};

