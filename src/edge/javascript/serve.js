
// Answers a request with the file that is decided. `read` gets a path and gives the platform's
// response for it.
async function serve(http, country, secretOf, read) {
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
  if (answer.status === 200 && etag) {
    headers.set('etag', etag);
    if (knows(http.headers.get('if-none-match'), etag)) return new Response(null, { status: 304, headers });
  }
  headers.set('content-type', type);
  return new Response(http.method === 'HEAD' ? null : file.body, { status: answer.status, headers });
}

// As RFC 9110 compares tags for `If-None-Match`: weakly.
function knows(known, etag) {
  const bare = (tag) => tag.trim().replace(/^W\//, '');
  return known !== null && (known.trim() === '*' || known.split(',').some((tag) => bare(tag) === bare(etag)));
}
