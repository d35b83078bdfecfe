// A small site in which each page has one fault, and one has none: the audit must report each, and nothing else.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { audit } from "./audit.mjs";

const folder = mkdtempSync(join(tmpdir(), "selftest-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

function write(path, text) {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** Words enough to fill more than a screen. */
const WORDS = "<p>The lift stops exactly level with the floor, which is harder than it sounds and took eleven years.</p>".repeat(30);

const page = ({ body = "", head = "", about = "<p>Nothing is wrong with what can be read here.</p>" }) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>A page</title>
<link rel="stylesheet" href="/assets/site.css"><link rel="icon" href="/assets/dot.svg">${head}</head>
<body><header><nav aria-label="Main"><a href="/">Home of the store</a></nav></header><main id="main"><h1>A page</h1>${about}${body}</main></body></html>`;

write("assets/site.css", `
  body { margin: 0; font: 16px/1.5 sans-serif; background: #fff; color: #222 }
  @media (prefers-color-scheme: dark) { body { background: #222; color: #eee } .night { color: #444 } a { color: #9cf } }
  .desk { display: none }
  @media (min-width: 1000px) { .desk { display: block } .wide { width: 1500px } .pale { color: #ddd; background: #fff } }
  @media (max-width: 370px) { .tight { width: 385px } .small { width: 12px; height: 12px; padding: 0; overflow: hidden; font-size: 1px } }
  @media (scripting: none) { .scripted { display: none } }
`);
write("assets/site.js", "document.documentElement.dataset.ran = 'yes';");
write("assets/noise.js", `"${Array.from({ length: 4000 }, (_, i) => Math.sin(i).toString(36)).join("")}";`);
write("assets/dot.svg", '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><rect width="1" height="1"/></svg>');
for (const name of ["early", "late"]) write(`assets/${name}.svg`, '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="150"><rect width="200" height="150"/></svg>');

/** Pages by their paths: what is wrong, and how it is reported. */
const FAULTS = {
  "external-picture": [{ body: '<img src="http://elsewhere.example/a.png" alt="" width="10" height="10">' }, /^asks elsewhere: http:\/\/elsewhere/],
  "external-script": [{ head: '<script src="https://elsewhere.example/a.js"></script>' }, /^asks elsewhere: https:\/\/elsewhere/],
  "external-hint": [{ head: '<link rel="preconnect" href="https://elsewhere.example/">' }, /^asks elsewhere: https:\/\/elsewhere/],
  "external-fetch": [{ body: "<script>fetch('https://elsewhere.example/count').catch(() => {})</script>" }, /^asks elsewhere: https:\/\/elsewhere/],
  "overflow": [{ body: '<div style="width:600px">wide</div>' }, /^scrolls sideways by \d+ px at 390 px/],
  "overflow-360": [{ body: '<div class="tight">385 wide</div>' }, /^scrolls sideways by 25 px at 360 px/],
  "overflow-1440": [{ body: '<div class="wide">1500 wide</div>' }, /^scrolls sideways by 60 px at 1440 px/],
  "contrast": [{ body: '<p style="color:#999;background:#fff">pale</p>' }, /^axe at 390 px, light: color-contrast/],
  "contrast-dark": [{ body: '<p class="night">dark on dark</p>' }, /^axe at (390|1440) px, dark: color-contrast/],
  "contrast-1440": [{ body: '<p class="pale">pale at a desk</p>' }, /^axe at 1440 px, light: color-contrast/],
  "target-360": [{ body: '<div style="display:flex"><button class="small" form="f">One of the two</button><button class="small" form="f">Two of the two</button></div><form id="f"></form>' }, /^axe at 360 px.*: target-size/],
  "no-alternative": [{ body: '<img src="/assets/dot.svg" width="10" height="10">' }, /^axe at 390 px: image-alt/],
  "no-alternative-1440": [{ body: '<div class="desk"><svg role="img" width="30" height="30"><rect width="30" height="30"/></svg></div>' }, /^axe at 1440 px: svg-img-alt/],
  "shift-early": [{ body: `<img src="/assets/early.svg" alt="">${WORDS}` }, /^shifts its layout at 390 px/],
  "sizeless-lazy": [{ body: `${WORDS.repeat(4)}<img src="/assets/late.svg" alt="" loading="lazy"><p>What is below it moves.</p><p>A little more.</p>` }, /^does not say how large a picture is: \/assets\/late.svg/],
  "shift-script": [{ body: `<script>setTimeout(() => document.querySelector("h1").insertAdjacentHTML("beforebegin", "<p>An offer!</p>"), 60)</script><img src="/assets/early.svg" alt="" width="200" height="150">${WORDS}` }, /^shifts its layout at 390 px/],
  "dead-link": [{ body: '<p><a href="/nowhere/">A floor that is not there</a></p>' }, /^leads to \/nowhere\/, which is not there/],
  "dead-form": [{ body: '<form action="/nowhere/"><button>Send the form</button></form>' }, /^leads to \/nowhere\/, which is not there/],
  "dead-place": [{ body: '<p><a href="/#attic">The attic of the house</a></p>' }, /^leads to \/#attic, which has no such place/],
  "dead-place-here": [{ body: '<p><a href="#cellar">The cellar of the house</a></p>' }, /^leads to .*#cellar, which has no such place/],
  "dead-picture": [{ body: '<img src="/assets/gone.png" alt="" width="10" height="10">' }, /^asks for \/assets\/gone.png, which is not there/],
  "broken-picture": [{ body: '<img src="/assets/site.js" alt="" width="10" height="10">' }, /^shows a broken picture: \/assets\/site.js/],
  "console-error": [{ body: '<script>console.error("oh no")</script>' }, /^console: oh no/],
  "thrown-error": [{ body: '<script>nobody.knows()</script>' }, /^console: .*nobody is not defined/],
  "invalid-tag": [{ body: "<blink>Buy this</blink>" }, /^vnu: .*blink/],
  "duplicate-id": [{ body: '<p id="main">Twice</p>' }, /^vnu: Duplicate ID/],
  "dead-button": [{ body: '<button type="button" onclick="this.hidden = true">Away</button>' }, /^has a control that does nothing without scripts: Away/],
  "empty-link": [{ body: '<p><a href="#" onclick="return false">Press this control</a></p>' }, /^has a control that does nothing without scripts/],
  "hidden-words": [{ body: '<p class="scripted">Only with scripts can this be read.</p>' }, /^hides without scripts: Only with scripts/],
  "hidden-link": [{ body: '<p class="scripted"><a href="/assets/dot.svg">The only way to the dot</a><button type="button">With a control</button></p>' }, /^hides a link without scripts: \/assets\/dot.svg/],
  "written-words": [{ about: "", body: '<script>document.querySelector("main").insertAdjacentHTML("beforeend", "<p>All of this was written by a script, every word.</p>")</script>' }, /^says only \d+ words without scripts/],
  "heavy": [{ body: `<p style="overflow-wrap:anywhere">${Array.from({ length: 12_000 }, (_, i) => Math.sin(i).toString(36).slice(2)).join(" ")}</p>` }, /^is \d+ bytes brotli'd, over 60000/],
};
/** What else a fault brings with it, and what may then be reported too. */
const BESIDE = {
  "*": /^console: Failed to load resource/,
  "external-picture": /^shows a broken picture/,
  "dead-picture": /^shows a broken picture|^leads to/,
  "overflow": /^scrolls sideways/, "overflow-1440": /^scrolls sideways/, "contrast": /color-contrast/, "contrast-dark": /color-contrast/,
  "contrast-1440": /color-contrast/, "no-alternative": /^vnu: .*alt/, "no-alternative-1440": /svg-img-alt/,
  "shift-early": /^shifts|^does not say/, "sizeless-lazy": /^shifts/, "shift-script": /^shifts/,
  "duplicate-id": /duplicate-id/, "empty-link": /^leads to/, "written-words": /^hides/,
  "invalid-tag": /^axe/, "target-360": /target-size/,
};

write("index.html", page({ about: "<p>Nothing is wrong with this page at all.</p>", head: '<script src="/assets/site.js" defer></script>', body: `<img src="/assets/dot.svg" alt="A dot" width="40" height="40">${WORDS}<img src="/assets/late.svg" alt="" width="200" height="150" loading="lazy"><p class="scripted"><button type="button">A control that is gone without scripts</button></p>` }));
write("moved/index.html", '<!doctype html><meta http-equiv="refresh" content="0; url=/"><title>Moved</title>');
for (const [name, [what]] of Object.entries(FAULTS)) write(`${name}/index.html`, page(what));
// A fault that only the copy for some visitors has.
write("variant/index.html", page({}));
write("_v/open/team.owls/variant/index.html", page({ body: '<p style="color:#eee;background:#fff">only owls see this</p>' }));

const findings = await audit(folder, process.argv.slice(2));
const wrong = [];
const found = [...findings.all].flatMap(([what, where]) => [...where].map((place) => ({ what, place })));
for (const [name, [, expected]] of Object.entries(FAULTS)) {
  const own = found.filter(({ place }) => place === `/${name}/`);
  if (!own.some(({ what }) => expected.test(what))) wrong.push(`/${name}/ is not reported; found ${JSON.stringify(own.map(({ what }) => what))}`);
  for (const { what } of own) {
    if (!expected.test(what) && !BESIDE["*"].test(what) && !BESIDE[name]?.test(what)) wrong.push(`/${name}/ is reported for something else: ${what}`);
  }
}
if (!found.some(({ what, place }) => what.includes("color-contrast") && place === "/variant/ (team.owls)")) wrong.push("a fault in a variant is not reported");
const sound = found.filter(({ what, place }) => ["/", "/variant/", "/moved/"].includes(place) && !what.includes("styles and scripts"));
for (const { what, place } of sound) wrong.push(`${place} is sound, but: ${what}`);
if (!found.some(({ what }) => /bytes of styles and scripts brotli'd, over 25000/.test(what))) wrong.push("heavy scripts are not reported");
for (const text of wrong) console.error(`  ✗ ${text}`);
console.log(`  ${Object.keys(FAULTS).length + 2} faults, ${wrong.length} of them not as they should be`);
process.exit(wrong.length === 0 ? 0 : 1);
