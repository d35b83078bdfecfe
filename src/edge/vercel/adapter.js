const CDN_CACHE = 'Vercel-CDN-Cache-Control';

export default async function middleware(http) {
  const request = requestOf(http, http.headers.get('x-vercel-ip-country'));
  const hmac = hmacWith((id) => process.env[SECRETS[id]]);
  const page = request.path + (request.path.endsWith('/') ? 'index.html' : '');
  let answer = await new Promise((then) => decide(request, hmac, then));
  // A rewrite cannot be taken back, so what exists is known here.
  if (answer.status === 200 && !EXISTING.has(page)) {
    answer = await new Promise((then) => decideMissing(request, hmac, then));
  }
  const headers = headersFor(answer);
  if (!answer.file) return new Response(null, { status: answer.status, headers });
  headers.set('content-type', typeOf(answer.status === 200 ? request.path : '/404.html'));
  headers.set('x-middleware-rewrite', new URL(answer.file, http.url).href);
  return new Response(null, { headers });
}

