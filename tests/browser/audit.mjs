// Every page of a built site, in all its variants: what a visitor's browser, a screen reader and the HTML
// validator find wrong. `node audit.mjs FOLDER [ROUTE…]`

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { ORIGIN, Site, launch, open } from "./site.mjs";

const require = createRequire(import.meta.url);
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const VNU = join(dirname(require.resolve("vnu-jar/package.json")), "build/dist/vnu.jar");

/** Most bytes of a page, and of all styles and scripts together, brotli'd. */
const PAGE_BUDGET = 60_000;
const ASSET_BUDGET = 25_000;

const NARROW = { width: 390, height: 844 };
const WIDE = { width: 1440, height: 900 };
/** The narrowest screen that the theme promises to fit. */
const NARROWEST = { width: 360, height: 740 };

const [folder, ...routes] = process.argv.slice(2);
const site = new Site(folder);
const pages = site.pages.filter((page) => routes.length === 0 || routes.includes(page.route));
const problems = new Map();

function report(page, what) {
  const where = problems.get(what) ?? [];
  where.push(page.label ? `${page.route} (${page.label})` : page.route);
  problems.set(what, where);
}

const brotli = (bytes) => brotliCompressSync(bytes).length;

/** Sizes and links, which need no browser. */
function read() {
  const ids = new Map();
  const idsOf = (page) => {
    if (!ids.has(page)) ids.set(page, new Set([...page.html.matchAll(/\sid="?([^"\s>]+)/g)].map((match) => match[1])));
    return ids.get(page);
  };
  const defaults = new Map(site.pages.filter((page) => !page.label).map((page) => [page.route, page]));
  for (const page of pages) {
    const size = brotli(page.html);
    if (size > PAGE_BUDGET) report(page, `is ${size} bytes brotli'd, over ${PAGE_BUDGET}`);
    for (const [, , href] of page.html.matchAll(/\s(?:href|src)=("?)([^">\s]+)\1/g)) {
      const url = new URL(href.replaceAll("&amp;", "&"), ORIGIN + page.route);
      if (url.origin !== ORIGIN) continue;
      if (!site.file(url.pathname)) report(page, `links to ${url.pathname}, which is not there`);
      const target = url.pathname === page.route ? page : defaults.get(url.pathname);
      const id = decodeURIComponent(url.hash.slice(1));
      if (id && target && !idsOf(target).has(id)) report(page, `links to ${url.pathname}${url.hash}, which has no such place`);
    }
  }
  const home = defaults.get("/");
  const assets = new Set([...home.html.matchAll(/\s(?:href|src)="?(\/assets\/[^">\s]+\.(?:css|js))/g)].map((match) => match[1]));
  const total = [...assets].reduce((sum, path) => sum + brotli(site.file(path).body), 0);
  if (total > ASSET_BUDGET) report(home, `has ${total} bytes of styles and scripts brotli'd, over ${ASSET_BUDGET}`);
  return { assets: total, largest: Math.max(...pages.map((page) => brotli(page.html))) };
}

function validate() {
  const files = pages.map((page) => join(site.folder, page.file));
  const byFile = new Map(pages.map((page) => [page.file, page]));
  for (let start = 0; start < files.length; start += 500) {
    const part = files.slice(start, start + 500);
    const options = { encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "pipe"] };
    let output = "";
    try {
      output = execFileSync("java", ["-Xss8m", "-jar", VNU, "--format", "json", "--exit-zero-always", "--stdout", ...part], options);
    } catch (error) {
      throw new Error(`the HTML validator cannot run: ${error.message}`);
    }
    for (const message of JSON.parse(output).messages) {
      if (message.type !== "error") continue;
      const file = decodeURIComponent(new URL(message.url).pathname);
      const page = [...byFile.entries()].find(([name]) => file.endsWith(`/${name}`))?.[1];
      report(page ?? { route: file, label: "" }, `vnu: ${message.message}`);
    }
  }
}

/** Watches layout shifts from before the first paint on. */
const WATCH_SHIFTS = `
  window.shifts = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
`;

/** What axe finds in how a page is painted. */
const PAINTED = ["color-contrast", "target-size"];

/** A look at a page in one size and scheme. */
async function look(tab, page, what, rules) {
  const found = await tab.page.evaluate(async (rules) => {
    const root = document.documentElement;
    const overflow = Math.max(root.scrollWidth, document.body.scrollWidth) - window.innerWidth;
    const options = rules ? { runOnly: { type: "rule", values: rules } } : {};
    const { violations } = await window.axe.run(document, { resultTypes: ["violations"], preload: false, ...options });
    return { overflow, violations: violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 120)}`) };
  }, rules);
  if (found.overflow > 0) report(page, `scrolls sideways by ${found.overflow} px at ${what}`);
  for (const violation of found.violations) report(page, `axe at ${what}: ${violation}`);
}

async function shifts(tab, page, what) {
  // Pictures below the fold arrive while scrolling; they must not move what is there.
  const sum = await tab.page.evaluate(async () => {
    window.scrollTo(0, document.body.scrollHeight);
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    return window.shifts;
  });
  if (sum > 0) report(page, `shifts its layout by ${sum.toFixed(4)} at ${what}`);
}

/** Loads a page and scrolls it through, so that pictures below the fold arrive. */
async function load(tab, page, size, colorScheme) {
  await tab.page.setViewportSize(size);
  await tab.page.emulateMedia({ colorScheme });
  await tab.page.goto(ORIGIN + page.route, { waitUntil: "load" });
  await shifts(tab, page, `${size.width} px`);
}

async function inspect(tab, page) {
  const { page: view, seen } = tab;
  seen.current = page;
  Object.assign(seen, { foreign: [], errors: [], missing: [] });
  await load(tab, page, WIDE, "dark");
  await load(tab, page, NARROW, "light");
  // What depends on neither size nor scheme is looked for once; it is half of the whole run.
  await view.evaluate(AXE);
  await look(tab, page, "390 px, light");
  await view.emulateMedia({ colorScheme: "dark" });
  await look(tab, page, "390 px, dark", PAINTED);
  await view.setViewportSize(NARROWEST);
  await look(tab, page, "360 px, dark", ["target-size"]);
  await view.setViewportSize(WIDE);
  await look(tab, page, "1440 px, dark", PAINTED);
  await view.emulateMedia({ colorScheme: "light" });
  // Other menus may be shown on a wide screen: once a route.
  await look(tab, page, "1440 px, light", page.label ? PAINTED : undefined);
  for (const error of seen.errors) report(page, `console: ${error}`);
  for (const url of seen.foreign) report(page, `asks elsewhere: ${url}`);
  for (const path of seen.missing) report(page, `asks for ${path}, which is not there`);
}

/** With scripts off: there is something to read, and no control that does nothing. */
async function inspectWithoutScripts(tab, page) {
  tab.seen.current = page;
  await tab.page.goto(ORIGIN + page.route, { waitUntil: "load" });
  const found = await tab.page.evaluate(() => {
    const isSeen = (element) => element.checkVisibility({ visibilityProperty: true });
    const main = document.querySelector("main");
    return {
      words: main.innerText.trim().split(/\s+/).length,
      hasTitle: isSeen(document.querySelector("h1")),
      dead: [...document.querySelectorAll("button")].filter((button) => isSeen(button) && !button.form).map((button) => button.innerText),
      hidden: [...main.querySelectorAll("a[href]")].filter((link) => !isSeen(link)).map((link) => link.href),
    };
  });
  if (found.words < 8 || !found.hasTitle) report(page, `says only ${found.words} words without scripts`);
  for (const text of found.dead) report(page, `has a button that does nothing without scripts: ${text}`);
  for (const href of found.hidden) report(page, `hides a link without scripts: ${href}`);
}

async function inBrowser() {
  const browser = await launch();
  const rest = pages.slice();
  let done = 0;
  const started = Date.now();
  const work = async () => {
    const tab = await open(browser, site, {});
    await tab.context.addInitScript(WATCH_SHIFTS);
    const plain = await open(browser, site, { javaScriptEnabled: false, viewport: NARROW });
    for (let page = rest.shift(); page; page = rest.shift()) {
      await inspect(tab, page);
      await inspectWithoutScripts(plain, page);
      done += 1;
      if (done % 100 === 0) console.log(`  ${done} of ${pages.length} pages, ${Math.round((Date.now() - started) / 1000)} s`);
    }
    await tab.context.close();
    await plain.context.close();
  };
  await Promise.all([work(), work()]);
  await browser.close();
}

console.log(`${new Set(pages.map((page) => page.route)).size} routes, ${pages.length} pages with all variants`);
const sizes = read();
console.log(`  styles and scripts ${sizes.assets} bytes brotli'd; largest page ${sizes.largest}`);
validate();
console.log("  validated");
await inBrowser();
for (const [what, where] of problems) {
  console.error(`✗ ${what}\n    on ${where.slice(0, 3).join(", ")}${where.length > 3 ? ` and ${where.length - 3} more` : ""}`);
}
console.log(problems.size === 0 ? "  nothing found" : `  ${problems.size} findings`);
process.exit(problems.size === 0 ? 0 : 1);
