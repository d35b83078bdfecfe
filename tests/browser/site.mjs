// A built site in a folder: its pages, each variant at its public path, and a browser that sees it.

import { readFileSync, readdirSync, existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

/** Where pages believe they are. Nothing is sent there. */
export const ORIGIN = "https://site.test";

const TYPES = {
  css: "text/css", html: "text/html; charset=utf-8", js: "text/javascript", svg: "image/svg+xml", png: "image/png",
  jpg: "image/jpeg", webp: "image/webp", avif: "image/avif", webmanifest: "application/manifest+json",
  xml: "application/xml", txt: "text/plain; charset=utf-8", json: "application/json",
};

export class Site {
  constructor(folder) {
    this.folder = folder;
    /** Every page: its public path, its file, and for whom it is. */
    this.pages = [];
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
    let name = decodeURIComponent(path).slice(1);
    if (name === "" || name.endsWith("/")) name += "index.html";
    const full = join(this.folder, name);
    if (name.startsWith("_v/") || !existsSync(full) || statSync(full).isDirectory()) return null;
    return { body: readFileSync(full), contentType: TYPES[name.split(".").pop()] ?? "application/octet-stream" };
  }
}

export const launch = () =>
  chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] });

/**
 * A browser's page that is served from a site's folder. `current` says which file answers the next
 * document; what goes elsewhere is noted in `foreign` and not sent.
 */
export async function open(browser, site, options) {
  const context = await browser.newContext({ reducedMotion: "reduce", ...options });
  const seen = { current: null, foreign: [], errors: [], missing: [] };
  await context.route("**/*", (route) => {
    const url = new URL(route.request().url());
    if (url.origin !== ORIGIN) {
      seen.foreign.push(url.href);
      return route.abort();
    }
    if (route.request().isNavigationRequest() && seen.current?.route === url.pathname) {
      return route.fulfill({ body: seen.current.html, contentType: TYPES.html });
    }
    const file = site.file(url.pathname);
    if (!file) {
      seen.missing.push(url.pathname);
      return route.fulfill({ status: 404, body: "" });
    }
    return route.fulfill(file);
  });
  const page = await context.newPage();
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") seen.errors.push(message.text());
  });
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  return { context, page, seen };
}
