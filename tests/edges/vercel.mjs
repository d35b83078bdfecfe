// Stands for Vercel around middleware: Vercel's own edge runtime, and the phases of a build output's routes.
//   node vercel.mjs OUTPUT PUBLIC FILES PORT
// FILES lists each file's entity tag and type. The country comes in the header that Vercel sets.
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { EdgeRuntime } from "edge-runtime";
import { normalizeRoutes } from "@vercel/routing-utils";

const [output, folder, list, port] = process.argv.slice(2);
const files = JSON.parse(readFileSync(list, "utf8"));
const { routes } = JSON.parse(readFileSync(`${output}/config.json`, "utf8"));
// The schema that Vercel checks a deployment by.
const { error } = normalizeRoutes(routes.filter((route) => !route.middlewarePath));
if (error) throw new Error(JSON.stringify(error));

const source = readFileSync(`${output}/functions/middleware.func/index.js`, "utf8");
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith("HABERDASH_") || name.startsWith("SHOP_")));
const runtime = new EdgeRuntime({
  extend: (context) => Object.assign(context, { process: { env } }),
  initialCode: `${source.replace("export default async function", "async function")}
    addEventListener("fetch", (event) => event.respondWith(middleware(event.request)));`,
});

// What the routes make of a request: its path, status and headers.
async function route(http, url) {
  const answer = { path: url.pathname, status: 200, headers: {} };
  for (const route of routes) {
    if (route.handle) {
      if (files[answer.path.slice(1)]) return answer;
      continue;
    }
    const match = new RegExp(`^${route.src.replace(/^\^|\$$/g, "")}$`).exec(answer.path);
    if (!match) continue;
    if (route.middlewarePath) {
      const response = await runtime.dispatchFetch(url.href, { method: http.method, headers: http.headers });
      const to = response.headers.get("x-middleware-rewrite");
      response.headers.forEach((value, name) => {
        if (!name.startsWith("x-middleware-")) answer.headers[name] = value;
      });
      if (!to) return { ...answer, path: null, status: response.status };
      answer.path = new URL(to).pathname;
      continue;
    }
    if (route.dest) answer.path = route.dest.replace(/\$(\d)/g, (_, n) => match[n] ?? "");
    if (route.status) return { ...answer, status: route.status };
  }
  return answer;
}

createServer(async (http, response) => {
  try {
    // The Fetch API has no such requests.
    if (http.method === "TRACE") return response.writeHead(405).end();
    const headers = Object.fromEntries(Object.entries(http.headers).map(([name, value]) => [name, String(value)]));
    // Also a path that begins with two slashes is a path.
    const target = http.url.startsWith("/") ? `http://localhost${http.url}` : http.url;
    const answer = await route({ method: http.method, headers }, new URL(target));
    const file = answer.path && files[answer.path.slice(1)];
    let body = "";
    if (file) {
      answer.headers["content-type"] ??= file.type;
      if (answer.status === 200) answer.headers.etag = file.etag;
      body = readFileSync(folder + answer.path);
      const bare = (tag) => tag.trim().replace(/^W\//, "");
      const known = headers["if-none-match"];
      if (answer.status === 200 && known && (known.trim() === "*" || known.split(",").some((tag) => bare(tag) === file.etag))) {
        answer.status = 304;
        delete answer.headers["content-type"];
        body = "";
      }
    }
    if (answer.status !== 304) answer.headers["content-length"] = body.length;
    response.writeHead(answer.status, answer.headers).end(http.method === "HEAD" ? "" : body);
  } catch (error) {
    console.error(error);
    response.writeHead(500).end();
  }
}).listen(Number(port), "127.0.0.1");
