
// Answers a request with the file that is decided. `read` gets a path and gives the platform's
// response for it. Where the platform lets a request read several files, `putTogether` makes pages of parts.
async function serve(http, country, secretOf, read, putTogether) {
  const request = requestOf(http, country), hmac = hmacWith(secretOf);
  let answer = await new Promise((then) => decide(request, hmac, then));
  if (!answer.file) return new Response(null, { status: answer.status, headers: headersFor(answer) });
  let file = await read(answer.file);
  if (answer.status === 200 && file.status !== 200) {
    answer = await new Promise((then) => decideMissing(request, hmac, then));
    file = await read(answer.file);
  }
  // What the platform says of caching holds for the file, and not for the visitor's answer.
  const headers = headersFor(answer), etag = file.headers.get('etag');
  const type = typeOf(answer.status === 200 ? request.path : '/404.html'), keys = answer.status === 200 && keysOf(request.path);
  if (keys) headers.set(KEYS_HEADER, keys);
  // What is put together has no tag of its own.
  const isSkeleton = putTogether && answer.file.includes('/_haberdash/esi/');
  if (answer.status === 200) {
    if (!isSkeleton && etag) headers.set('etag', etag);
    if (knows(http.headers.get('if-none-match'), headers.get('etag'))) return new Response(null, { status: 304, headers });
  }
  headers.set('content-type', type);
  const isAsked = http.method !== 'HEAD';
  const body = isSkeleton && isAsked ? await putTogether(await file.text(), request, hmac, read) : file.body;
  return new Response(isAsked ? body : null, { status: answer.status, headers });
}

// As RFC 9110 compares tags for `If-None-Match`: weakly.
function knows(known, etag) {
  const bare = (tag) => tag.trim().replace(/^W\//, '');
  return known !== null && (known.trim() === '*' || !!etag && known.split(',').some((tag) => bare(tag) === bare(etag)));
}
