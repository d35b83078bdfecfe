// Stands for Netlify around an edge function, in Deno, which is what runs it there:
//   deno run … netlify.mjs FUNCTION PUBLIC FILES PORT
// FILES lists each file's entity tag and type. The country comes in a header that the harness adds.
const [code, folder, list, port] = Deno.args;
globalThis.Netlify = { env: { get: (name) => Deno.env.get(name) } };
const files = JSON.parse(Deno.readTextFileSync(list));
const edge = (await import(`file://${code}`)).default;

const read = async (url) => {
  const path = decodeURIComponent(url.pathname).slice(1), file = files[path];
  if (!file) return new Response("Not Found", { status: 404 });
  // Netlify's own opinion of caching must not get through.
  const headers = { etag: file.etag, "content-type": file.type, "cache-control": "public,max-age=0,must-revalidate" };
  return new Response(await Deno.readFile(`${folder}/${path}`), { headers });
};

Deno.serve({ port: Number(port), hostname: "127.0.0.1", onListen() {} }, (http) => {
  const code = http.headers.get("x-harness-country");
  const headers = new Headers(http.headers);
  headers.delete("x-harness-country");
  // The Fetch API has no such requests, or would take them for others.
  if (!/^[A-Z-]+$/.test(http.method) || http.method === "TRACE") return new Response(null, { status: 405 });
  const request = new Request(http.url, { method: http.method, headers });
  return edge(request, { geo: code ? { country: { code } } : {}, rewrite: (url) => read(new URL(url, http.url)) });
});
