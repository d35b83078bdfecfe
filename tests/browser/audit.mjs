// Every page of a built site, in all its variants: what a visitor's browser, a screen reader and the HTML
// validator find wrong. `node audit.mjs FOLDER [ROUTE…]`

import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { COLORS, PLACES, SIGNS } from "./paint.mjs";
import { AXE, Site, launch, open } from "./site.mjs";

const VNU = join(dirname(createRequire(import.meta.url).resolve("vnu-jar/package.json")), "build/dist/vnu.jar");

/** Most bytes of a page, and of all styles and scripts together, brotli'd. */
const PAGE_BUDGET = 60_000;
const ASSET_BUDGET = 25_000;

const NARROW = { width: 390, height: 844 };
const WIDE = { width: 1440, height: 900 };
/** The narrowest screen that the theme promises to fit. */
const NARROWEST = { width: 360, height: 740 };

const brotli = (text) => brotliCompressSync(text).length;

/** What was found, and on which pages. */
class Findings {
  all = new Map();
  /** Looks at pages; those for which axe had to be asked about colors and places, and all else on a wide screen. */
  looks = 0;
  examined = 0;
  wide = 0;

  add(page, what) {
    const where = this.all.get(what) ?? new Set();
    where.add(page.label ? `${page.route} (${page.label})` : page.route);
    this.all.set(what, where);
  }

  print() {
    for (const [what, places] of this.all) {
      const where = [...places];
      console.error(`✗ ${what}\n    on ${where.slice(0, 3).join(", ")}${where.length > 3 ? ` and ${where.length - 3} more` : ""}`);
    }
    console.log(this.all.size === 0 ? "  nothing found" : `  ${this.all.size} findings`);
  }
}

/** Looks at a site's pages, or at those of some routes, and returns what was found. */
export async function audit(folder, routes = []) {
  const site = new Site(folder);
  const pages = site.pages.filter((page) => routes.length === 0 || routes.includes(page.route));
  const findings = new Findings();
  console.log(`  ${new Set(pages.map((page) => page.route)).size} routes, ${pages.length} pages with all variants`);
  weigh(site, pages, findings);
  const valid = validate(site, pages, findings);
  await inBrowser(site, pages, findings);
  await valid;
  return findings;
}

function weigh(site, pages, findings) {
  for (const page of pages) {
    // What is small as it is needs no compression to be small.
    const size = Buffer.byteLength(page.html) < PAGE_BUDGET ? 0 : brotli(page.html);
    if (size >= PAGE_BUDGET) findings.add(page, `is ${size} bytes brotli'd, over ${PAGE_BUDGET}`);
  }
  const assets = site.others.filter((path) => /\.(css|m?js)$/.test(path));
  const total = assets.reduce((sum, path) => sum + brotli(site.file(path).body), 0);
  if (total >= ASSET_BUDGET) findings.add({ route: "/" }, `has ${total} bytes of styles and scripts brotli'd, over ${ASSET_BUDGET}`);
  const largest = pages.reduce((a, b) => (a.html.length > b.html.length ? a : b));
  console.log(`  brotli'd: styles and scripts ${total} bytes; ${largest.route}, the largest page, ${brotli(largest.html)}`);
}

/** The validator's errors, found beside the browser. */
async function validate(site, pages, findings) {
  const byFile = new Map(pages.map((page) => [resolve(site.folder, page.file), page]));
  const files = [...byFile.keys()];
  for (let start = 0; start < files.length; start += 500) {
    const part = files.slice(start, start + 500);
    const java = spawn("java", ["-Xss8m", "-jar", VNU, "--format", "json", "--exit-zero-always", "--stdout", ...part]);
    const output = [];
    java.stdout.on("data", (bytes) => output.push(bytes));
    java.stderr.pipe(process.stderr);
    const status = await new Promise((done, failed) => java.on("error", failed).on("close", done));
    if (status !== 0) throw new Error(`the HTML validator ended with ${status}`);
    for (const message of JSON.parse(Buffer.concat(output).toString()).messages) {
      if (message.type === "info") continue;
      const page = message.url && byFile.get(fileURLToPath(message.url));
      findings.add(page || { route: message.url }, `vnu: ${message.message}`);
    }
  }
  console.log(`  ${files.length} pages validated`);
}

/** Watches layout shifts from before the first paint on, and says when that was. */
const WATCH_SHIFTS = () => {
  new PerformanceObserver((list, observer) => {
    if (list.getEntriesByName("first-contentful-paint").length === 0) return;
    observer.disconnect();
    window.hasPainted();
  }).observe({ type: "paint", buffered: true });
  window.shifts = [];
  const name = ({ node }) => (node?.nodeType === Node.ELEMENT_NODE ? node.cloneNode(false).outerHTML.slice(0, 80) : "some text");
  window.observer = new PerformanceObserver((list) => window.noteShifts(list.getEntries()));
  window.noteShifts = (entries) => {
    for (const { value, hadRecentInput, sources } of entries) {
      if (!hadRecentInput) window.shifts.push({ value, what: [...new Set(sources.map(name))].slice(0, 2).join(", ") });
    }
  };
  window.observer.observe({ type: "layout-shift", buffered: true });
};

/** Scrolls a page through, so that pictures below the fold arrive, and returns what moved. */
const SCROLL = async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const pictures = [...document.images].filter((picture) => picture.checkVisibility());
  for (let top = 0; top < document.documentElement.scrollHeight; top += window.innerHeight) {
    window.scrollTo({ top, behavior: "instant" });
    await frame();
    await frame();
  }
  const patience = performance.now() + 10_000;
  while (pictures.some((picture) => !picture.complete) && performance.now() < patience) await frame();
  await frame();
  await frame();
  window.noteShifts(window.observer.takeRecords());
  window.scrollTo({ top: 0, behavior: "instant" });
  const late = pictures.filter((picture) => !picture.complete || picture.naturalWidth === 0).map((picture) => picture.src);
  return { shifts: window.shifts, late };
};

/** Waits until a page is painted, and returns what moved. */
const PAUSE = async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  await frame();
  await frame();
  window.noteShifts(window.observer.takeRecords());
  return { shifts: window.shifts, late: [] };
};

/** What axe finds by some rules, or by all but some. */
const EXAMINE = async ({ axe, only, but }) => {
  if (!window.axe) {
    await new Promise((done, failed) => {
      document.head.append(Object.assign(document.createElement("script"), { src: axe, onload: done, onerror: failed }));
    });
  }
  const options = only ? { runOnly: { type: "rule", values: only } } : { rules: Object.fromEntries(but.map((rule) => [rule, { enabled: false }])) };
  const results = await window.axe.run(document, { resultTypes: ["violations"], preload: false, reporter: "raw", ...options });
  return results.flatMap(({ id, violations }) => violations.slice(0, 3).map(({ node }) => {
    const html = node.element?.outerHTML ?? node.source ?? "";
    return `${id}: ${html.slice(0, 120)}`;
  }));
};

/** Where a page leads to, which places it has, and what it says. */
const READ = () => {
  const leads = (selector, property) => [...document.querySelectorAll(selector)].map((element) => element[property]);
  const pictures = [...document.querySelectorAll("[srcset]")].flatMap((element) => element.srcset.split(",").map((part) => new URL(part.trim().split(/\s+/)[0], document.baseURI).href));
  return {
    links: [...new Set([...leads("a[href], area[href], link[href]", "href"), ...leads("form[action]", "action"), ...leads("[src]", "src"), ...pictures])],
    hints: leads("link:is([rel~=preconnect], [rel~=dns-prefetch], [rel~=preload], [rel~=prefetch], [rel~=modulepreload], [rel~=stylesheet], [rel~=icon])", "href"),
    ids: leads("[id]", "id"),
    base: document.querySelector("link[rel=canonical]")?.href ?? "",
    words: document.querySelector("main")?.innerText.replace(/\s+/g, " ") ?? "",
    sizeless: [...document.images].filter((picture) => !picture.hasAttribute("width") || !picture.hasAttribute("height")).map((picture) => picture.getAttribute("src")),
    seen: [...document.querySelectorAll("a[href]")].filter((link) => link.checkVisibility({ visibilityProperty: true })).map((link) => link.href),
  };
};

/** What is hidden and what does nothing in a browser without scripts. */
const READ_PLAINLY = () => {
  const isSeen = (element) => element.checkVisibility({ visibilityProperty: true });
  const main = document.querySelector("main") ?? document.body;
  const title = document.querySelector("h1");
  const controls = "button, input, select, textarea, output, [role=status], [data-note]";
  const works = (button) => (button.form && button.type !== "button") || button.popoverTargetElement || button.commandForElement;
  const hidden = [...main.querySelectorAll("*")].filter((element) => !isSeen(element) && !element.closest("script, style, template, svg, dialog, select, details:not([open])"));
  const topmost = hidden.filter((element) => !hidden.includes(element.parentElement));
  const seen = new Set([...document.querySelectorAll("a[href]")].filter(isSeen).map((link) => link.href));
  return {
    words: main.innerText.trim().split(/\s+/).length,
    hasTitle: Boolean(title) && isSeen(title),
    dead: [
      ...[...document.querySelectorAll("button, input[type=button]")].filter((button) => isSeen(button) && !works(button)),
      ...[...document.querySelectorAll("a:not([href]), a[href='#'], a[href^='javascript:']")].filter(isSeen),
    ].map((control) => control.innerText || control.outerHTML.slice(0, 80)),
    // A control that needs scripts may be hidden with the words about it.
    hidden: topmost.filter((element) => !element.matches(controls) && !element.querySelector(controls)).map((element) => element.textContent.replace(/\s+/g, " ").trim()),
    seen: [...seen],
  };
};

/** The tabs of one worker: one for each size, since resizing would cause shifts and excuse others. */
async function tabs(browser, site) {
  const narrow = await open(browser, await site.serve({ saysPainted: true }), { viewport: NARROW });
  const wide = await open(browser, await site.serve({ saysPainted: true }), { viewport: WIDE });
  const plain = await open(browser, await site.serve(), { viewport: NARROWEST, colorScheme: "dark" });
  for (const tab of [narrow, wide]) {
    await tab.page.exposeBinding("hasPainted", () => tab.host.paint());
    await tab.page.addInitScript(WATCH_SHIFTS);
    await turn(tab);
  }
  const session = await plain.context.newCDPSession(plain.page);
  plain.allowScripts = (value) => session.send("Emulation.setScriptExecutionDisabled", { value: !value });
  return { narrow, wide, plain };
}

async function load(tab, page) {
  tab.host.current = page;
  // On a busy machine the browser may drop a navigation; a page that leads elsewhere drops it each time.
  for (let left = 2; ; left -= 1) {
    try {
      return await tab.page.goto(tab.host.origin + page.route, { waitUntil: "load" });
    } catch (error) {
      if (left === 0) throw error;
    }
  }
}

/** Loads a page and waits for it by `settle`. */
async function loadAnd(settle, tab, page, what, findings) {
  await load(tab, page);
  let { shifts, late } = await tab.page.evaluate(settle);
  // What shifts does so again; what a busy machine has painted in halves does not.
  for (let again = 0; again < 2 && shifts.length > 0; again += 1) {
    await load(tab, page);
    ({ shifts } = await tab.page.evaluate(settle));
  }
  for (const shift of shifts) findings.add(page, `shifts its layout at ${what}: ${shift.what}`);
  for (const src of late) findings.add(page, `shows a broken picture: ${new URL(src).pathname}`);
}

const PAINT = [...COLORS, ...PLACES];
/** What axe has found nothing wrong with, in any size and scheme. */
const good = new Set();

/** Looks at a page as it is painted, and returns which of its elements are seen. */
async function examine(tab, page, what, findings) {
  const { signs, overflow, seen } = await tab.page.evaluate(SIGNS);
  if (overflow > 0) findings.add(page, `scrolls sideways by ${overflow} px at ${what}`);
  if (process.env.AXE_ALWAYS || signs.some((sign) => !good.has(sign))) {
    const isNew = signs.some((sign) => !good.has(sign));
    const violations = await examineBy(tab, page, what, { only: PAINT }, findings);
    if (violations.length === 0) for (const sign of signs) good.add(sign);
    else if (!isNew) throw new Error(`what was found good is not: ${violations[0]} on ${page.route} at ${what}`);
    findings.examined += 1;
  }
  findings.looks += 1;
  return seen;
}

async function examineBy(tab, page, what, rules, findings) {
  await tab.allowScripts?.(true);
  const violations = await tab.page.evaluate(EXAMINE, { axe: AXE, ...rules });
  for (const violation of violations) findings.add(page, `axe at ${what}: ${violation}`);
  return violations;
}

/**
 * Everybody's copy of each route, and of each folder of routes copies that between them show what every segment
 * gets there: a copy is stitched of what each facet's segment gives it, and its label names the segments that are not
 * the default. What is in one part alone is looked for in these; what parts may do to each other, on every page with
 * one, and on one of each folder with the same two.
 * `AUDIT_ALL=1` looks for all on all, which takes some three times as long.
 */
function showEveryPart(pages) {
  const chosen = new Set();
  const shown = new Set();
  const segments = (page) => page.label.split("~");
  // Those with many parts first, so that few are enough; but everybody's own page is always one.
  for (const page of pages.toSorted((a, b) => segments(b).length - segments(a).length)) {
    const folder = page.route.split("/")[1];
    const parts = segments(page).map((segment) => `${folder} ${segment}`);
    if (page.label === "" || parts.some((part) => !shown.has(part))) chosen.add(page);
    for (const part of parts) shown.add(part);
  }
  return chosen;
}

/** Pairs of segments that were seen together, by folder of routes. */
const together = new Set();

/**
 * Whether a copy has one part that is not everybody's, or the first two of their kind in its folder of routes. What
 * three parts do to each other, two of them do: copies of more are left to the validator.
 */
function showsWhatPartsDo({ route, label }) {
  const count = label.split("~").length;
  const pair = `${route.split("/")[1]} ${label}`;
  const isNew = count === 1 || process.env.AUDIT_ALL || (count === 2 && !together.has(pair));
  together.add(pair);
  return Boolean(isNew);
}

/** Makes dark what was light. The next page is loaded as the last one was left. */
async function turn(tab) {
  tab.scheme = tab.scheme === "light" ? "dark" : "light";
  await tab.page.emulateMedia({ colorScheme: tab.scheme });
}

/** What parts may do to each other: errors, requests, shifts while loading, and too much width. */
async function inspectTogether({ narrow }, page, findings) {
  await loadAnd(PAUSE, narrow, page, "390 px", findings);
  const read = await narrow.page.evaluate(READ);
  const sideways = async (width) => {
    const overflow = await narrow.page.evaluate(() => Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) - document.documentElement.clientWidth);
    if (overflow > 0) findings.add(page, `scrolls sideways by ${overflow} px at ${width} px`);
  };
  await sideways(NARROW.width);
  await narrow.page.setViewportSize(WIDE);
  await sideways(WIDE.width);
  await narrow.page.setViewportSize(NARROW);
  gather([narrow], page, read, findings);
  return { ...read, origin: narrow.host.origin };
}

/** What the browser said by itself. */
function gather(tabs, page, read, findings) {
  for (const tab of tabs) {
    for (const error of tab.errors.splice(0)) findings.add(page, `console: ${error.replaceAll(tab.host.origin, "")}`);
    for (const url of tab.foreign.splice(0)) findings.add(page, `asks elsewhere: ${url}`);
    for (const path of tab.host.missing.splice(0)) findings.add(page, `asks for ${path}, which is not there`);
  }
  for (const src of read.sizeless) findings.add(page, `does not say how large a picture is: ${src}`);
  for (const href of read.hints) if (new URL(href).origin !== tabs[0].host.origin) findings.add(page, `asks elsewhere: ${href}`);
}

async function inspect({ narrow, wide, plain }, page, findings) {
  // On a phone: every rule. Another scheme changes colors alone.
  await loadAnd(SCROLL, narrow, page, "390 px", findings);
  const read = await narrow.page.evaluate(READ);
  const seen = await examine(narrow, page, `390 px, ${narrow.scheme}`, findings);
  await examineBy(narrow, page, "390 px", { but: PAINT }, findings);
  await turn(narrow);
  await examine(narrow, page, `390 px, ${narrow.scheme}`, findings);
  // On a desk, other things may be seen: then every rule once more.
  await loadAnd(SCROLL, wide, page, "1440 px", findings);
  const isAlike = (await examine(wide, page, `1440 px, ${wide.scheme}`, findings)) === seen;
  if (!isAlike) await examineBy(wide, page, "1440 px", { but: PAINT }, findings);
  findings.wide += isAlike ? 0 : 1;
  await turn(wide);
  await examine(wide, page, `1440 px, ${wide.scheme}`, findings);
  await inspectWithoutScripts(plain, page, read, narrow.host.origin, findings);
  gather([narrow, wide, plain], page, read, findings);
  return { ...read, origin: narrow.host.origin };
}

/** With scripts off there is something to read, and no control that does nothing. */
async function inspectWithoutScripts(plain, page, read, origin, findings) {
  await plain.allowScripts(false);
  await load(plain, page);
  const plainly = await plain.page.evaluate(READ_PLAINLY);
  await examine(plain, page, "360 px without scripts", findings);
  if (plainly.words < 8 || !plainly.hasTitle) findings.add(page, `says only ${plainly.words} words without scripts`);
  for (const text of plainly.dead) findings.add(page, `has a control that does nothing without scripts: ${text}`);
  for (const text of plainly.hidden) if (text && read.words.includes(text)) findings.add(page, `hides without scripts: ${text.slice(0, 80)}`);
  const shown = new Set(plainly.seen.map((href) => href.replace(plain.host.origin, "")));
  for (const href of read.seen.map((href) => href.replace(origin, ""))) {
    if (!shown.has(href)) findings.add(page, `hides a link without scripts: ${href}`);
  }
}

/** Whether everything that pages lead to is there. `read` has what each page said of itself. */
function follow(site, pages, read, findings) {
  const places = new Map(pages.map((page) => [`${page.route} ${page.label}`, new Set(read.get(page).ids)]));
  for (const page of pages) {
    const { links, origin, base } = read.get(page);
    const own = base && new URL(base).origin;
    for (const href of links) {
      const url = new URL(href);
      if (url.origin !== origin && url.origin !== own) continue;
      if (!site.file(url.pathname)) findings.add(page, `leads to ${url.pathname}, which is not there`);
      const id = decodeURIComponent(url.hash.slice(1));
      // The same visitor's copy of the other page, else everybody's.
      const there = places.get(`${url.pathname} ${page.label}`) ?? places.get(`${url.pathname} `);
      if (id && there && !there.has(id)) findings.add(page, `leads to ${url.pathname}${url.hash}, which has no such place`);
    }
  }
}

async function inBrowser(site, all, findings) {
  const browser = await launch();
  const whole = process.env.AUDIT_ALL ? new Set(all) : showEveryPart(all);
  const pages = all.filter((page) => whole.has(page) || showsWhatPartsDo(page));
  const rest = pages.slice();
  console.log(`  ${whole.size} pages show what every segment gets; the others are the same parts put together otherwise`);
  const read = new Map();
  const started = Date.now();
  const work = async () => {
    const own = await tabs(browser, site);
    for (let page = rest.shift(); page; page = rest.shift()) {
      try {
        read.set(page, await (whole.has(page) ? inspect : inspectTogether)(own, page, findings));
      } catch (error) {
        findings.add(page, `cannot be looked at: ${error.message.split("\n")[0]}`);
        read.set(page, { links: [], ids: [], base: "" });
      }
      if (read.size % 100 === 0) console.log(`  ${read.size} of ${pages.length} pages in the browser, ${Math.round((Date.now() - started) / 1000)} s`);
    }
    for (const { context, host } of Object.values(own)) {
      await context.close();
      host.close();
    }
  };
  await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, work));
  await browser.close();
  console.log(`  ${findings.looks} looks, ${findings.examined} at something new; ${findings.wide} pages that show other things on a wide screen`);
  follow(site, pages, read, findings);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder, ...routes] = process.argv.slice(2);
  const findings = await audit(folder, routes);
  findings.print();
  process.exit(findings.all.size === 0 ? 0 : 1);
}
