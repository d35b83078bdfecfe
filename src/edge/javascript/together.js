// A text with the visitor's variants of its regions in their places, which may have regions in turn.
async function putTogether(text, request, hmac, read) {
  const pieces = text.replace(/^<esi:comment [^>]*>/, '').split(/<esi:include src="([^"]*)"\/>/);
  const texts = pieces.map(async (piece, nth) => {
    if (nth % 2 === 0) return piece;
    const answer = await new Promise((then) => choose(request, rootOf(piece), piece, 200, hmac, then));
    return putTogether(await (await read(answer.file)).text(), request, hmac, read);
  });
  return (await Promise.all(texts)).join('');
}
