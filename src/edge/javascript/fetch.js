// What edges share that speak the Fetch API.

const encoder = new TextEncoder();

// The request as the core reads it. Paths stay as they came: an escape is not another spelling of a letter.
function requestOf(http, country) {
  const target = http.url.slice(http.url.indexOf('/', http.url.indexOf('://') + 3));
  const mark = target.indexOf('?');
  return {
    method: http.method,
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? '' : target.slice(mark + 1),
    country,
    now: Math.floor(Date.now() / 1000),
    header: (name) => http.headers.get(name) || undefined,
  };
}

// The type of a public path's file.
function typeOf(path) {
  const file = path.slice(1) + (path.endsWith('/') ? 'index.html' : '');
  const extension = file.slice(file.lastIndexOf('.') + 1).toLowerCase();
  return OTHER_TYPES[file] || TYPES[extension] || 'application/octet-stream';
}

// Browsers read `Cache-Control`, and the platform's own cache a header that is meant for it (RFC 9213): so what is for
// one visitor is kept by nobody on the way.
function headersFor(answer) {
  const headers = new Headers(answer.headers), cache = answer.headers['cache-control'];
  const shared = /s-maxage=(\d+)/.exec(cache);
  headers.set(CDN_CACHE, shared ? `public, max-age=${shared[1]}` : cache.startsWith('private') ? 'no-store' : cache);
  return headers;
}

// HMAC-SHA256 with the key that `secretOf` gives for an id; nothing matches where there is none. Each is made once.
function hmacWith(secretOf) {
  const made = new Map();
  const sign = async (keyId, message) => {
    const secret = secretOf(keyId);
    if (!secret) return '';
    const algorithm = { name: 'HMAC', hash: 'SHA-256' };
    const key = await crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['sign']);
    const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(message)));
    return Array.from(mac, (byte) => byte.toString(16).padStart(2, '0')).join('');
  };
  return (keyId, message, then) => {
    const name = `${keyId} ${message}`;
    if (!made.has(name)) made.set(name, sign(keyId, message));
    made.get(name).then(then);
  };
}
