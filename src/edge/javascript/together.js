// A text with the visitor's variants of its regions in their places, which may have regions in turn.
async function putTogether(text, request, hmac, read) {
  const pieces = text.replace(/^<esi:comment [^>]*>/, '').split(/<esi:include src="([^"]*)"\/>/);
  const texts = pieces.map(async (piece, nth) => {
    if (nth % 2 === 0) return piece;
    const answer = await new Promise((then) => choose(request, rootOf(piece), piece, 200, hmac, then));
    const region = await read(answer.file);
    // Of a variant that is not there what everyone gets; no error page belongs inside a page.
    const file = region.status === 200 || answer.file === piece ? region : await read(piece);
    return file.status === 200 ? putTogether(await file.text(), request, hmac, read) : '';
  });
  return (await Promise.all(texts)).join('');
}
