// A built site in a folder: its pages, each variant at its public path, and a browser that sees it.

import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";

const TYPES = {
  css: "text/css", html: "text/html; charset=utf-8", js: "text/javascript", svg: "image/svg+xml", png: "image/png",
  jpg: "image/jpeg", webp: "image/webp", avif: "image/avif", webmanifest: "application/manifest+json",
  xml: "application/xml", txt: "text/plain; charset=utf-8", json: "application/json",
};

/** Where tabs find axe, on the origin of the page that they look at. */
export const AXE = "/.axe.js";
const AXE_SOURCE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"));

/** How late styles and pictures come, and how long pictures wait for a page that paints no words. In milliseconds. */
const STYLES_LATE = 30;
const PICTURES_LATE = 60;
const PATIENCE = 3_000;
const wait = (time) => new Promise((done) => setTimeout(done, time));

/** What a browser asks for and nobody is to blame for. */
const UNASKED = new Set(["/favicon.ico"]);

export class Site {
  #files = new Map();

  constructor(folder) {
    this.folder = folder;
    /** Every page: its public path, its file, and for whom it is. Redirects are not among them. */
    this.pages = [];
    /** Paths of all other files that are public. */
    this.others = [];
    this.#walk("");
    // The default of each route first, then its variants.
    this.pages.sort((a, b) => (a.route + a.label < b.route + b.label ? -1 : 1));
  }

  #walk(folder) {
    for (const name of readdirSync(join(this.folder, folder)).sort()) {
      const file = folder ? `${folder}/${name}` : name;
      if (statSync(join(this.folder, file)).isDirectory()) {
        if (file !== "_haberdash") this.#walk(file);
      } else if (name.endsWith(".html")) {
        const page = this.#page(file);
        if (!page.isRedirect) this.pages.push(page);
      } else {
        this.others.push(`/${file}`);
      }
    }
  }

  #page(file) {
    // _v/open/<label>/… and _v/<token>/<label>/…
    const variant = /^_v\/[^/]+\/([^/]+)\/(.*)$/.exec(file);
    const path = `/${variant ? variant[2] : file}`;
    const html = readFileSync(join(this.folder, file), "utf8");
    return {
      file, html,
      route: path.replace(/\/index\.html$/, "/"),
      label: variant ? variant[1] : "",
      isRedirect: /<meta[^>]+http-equiv="?refresh/i.test(html),
    };
  }

  /** The bytes and type of a file at a public path, as any static host would find it. */
  file(path) {
    if (!this.#files.has(path)) this.#files.set(path, this.#read(path));
    return this.#files.get(path);
  }

  #read(path) {
    let name = decodeURIComponent(path).slice(1);
    if (name === "" || name.endsWith("/")) name += "index.html";
    const full = join(this.folder, name);
    if (name.startsWith("_v/") || !existsSync(full) || statSync(full).isDirectory()) return null;
    return { body: readFileSync(full), contentType: TYPES[name.split(".").pop()] ?? "application/octet-stream" };
  }

  /**
   * Serves the folder at an origin of its own. `current` says which page answers at its route; paths
   * that were asked for and are not there are noted in `missing`. For a tab that calls `paint` when it
   * has painted, styles come when a page was surely read to its end, so that a page painted in halves by a
   * busy machine is not taken for one that shifts; and pictures come when the words are painted, so that
   * what moves for them is seen to move. Neither is kept, so that each page is a first one.
   */
  async serve({ saysPainted = false } = {}) {
    const host = { origin: "", current: null, missing: [], paint: () => {}, close: null };
    let painted = Promise.resolve();
    const server = createServer(async (request, response) => {
      const { pathname } = new URL(request.url, "http://x");
      const page = host.current;
      const isPage = page?.route === pathname;
      const found = pathname === AXE ? { body: AXE_SOURCE, contentType: TYPES.js }
        : isPage ? { body: page.html, contentType: TYPES.html }
        : this.file(pathname);
      if (!found && !UNASKED.has(pathname)) host.missing.push(pathname);
      if (!found) return response.writeHead(404, { "content-length": 0 }).end();
      if (saysPainted) {
        if (isPage) painted = Promise.race([new Promise((done) => { host.paint = done; }), wait(PATIENCE)]);
        if (found.contentType === TYPES.css) await wait(STYLES_LATE);
        if (found.contentType.startsWith("image/")) await Promise.all([painted, wait(PICTURES_LATE)]);
      }
      response.writeHead(200, { "content-type": found.contentType, "cache-control": found.contentType === TYPES.js ? "max-age=3600" : "no-store" });
      response.end(found.body);
    });
    // A tab comes back whenever it likes.
    server.keepAliveTimeout = 0;
    await new Promise((done) => server.listen(0, "127.0.0.1", done));
    host.origin = `http://127.0.0.1:${server.address().port}`;
    host.close = () => { server.closeAllConnections(); server.close(); };
    return host;
  }
}

/** A program on the path, or what the environment says it is. */
function program(name) {
  const found = process.env.PATH.split(delimiter).map((folder) => join(folder, name)).find((file) => existsSync(file));
  if (!found) throw new Error(`${name} is not installed`);
  return found;
}

/** Chromium, which knows no host but this machine. */
export const launch = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? program("chromium"),
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
  });

/** A browser's tab at an origin. It notes what goes wrong in it, and what it asks of other hosts. */
export async function open(browser, host, options) {
  const context = await browser.newContext({ reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  const tab = { context, page, host, errors: [], foreign: [] };
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol !== "data:" && url.protocol !== "blob:" && url.origin !== host.origin) tab.foreign.push(url.href);
  });
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") tab.errors.push(message.text());
  });
  page.on("pageerror", (error) => tab.errors.push(String(error)));
  return tab;
}
