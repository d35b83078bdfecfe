import { keysOf } from '../keys.js';

// Names what a page was made of, for caches that purge by tags.
const KEYS_HEADER = 'Netlify-Cache-Tag';
const CDN_CACHE = 'Netlify-CDN-Cache-Control';

export const config = { path: '/*' };

export default (http, context) => {
  const country = context.geo && context.geo.country && context.geo.country.code;
  return serve(http, country, (id) => Netlify.env.get(SECRETS[id]), (file) => context.rewrite(new URL(file, http.url)));
};

