// A customer in the demo store, as `haberdash serve` shows it: on a phone and at a desk, as a guest, a member, a
// fan, by a campaign link, around midnight. `node journeys.mjs PROGRAM [WORD…]`, PROGRAM being haberdash; words
// choose journeys by their names.
//
// A journey looks at what a customer reads, and finds things by their role or by the words of content/, so that a
// theme may be drawn anew. What it needs of a theme: links and buttons that say data-remember="facet=segment", one
// with data-forget, cells with data-note="cookie", and a dialog whose buttons have the values remember and once.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { launch } from "./site.mjs";

const STORE = fileURLToPath(new URL("../..", import.meta.url));
const PHONE = { name: "phone", viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
const DESK = { name: "desk", viewport: { width: 1440, height: 900 } };

/** An ordinary day, on which nothing is in season. */
const ORDINARY = "2026-11-23T12:00:00+01:00";

const [program, ...words] = process.argv.slice(2);

// What the store says, from its own files.

const content = (path) => readFileSync(join(STORE, "content", path), "utf8");
/** The value of a key in YAML that stands on its line, or folded below it. */
function says(text, key) {
  const lines = text.split("\n");
  const at = lines.findIndex((line) => line.trimStart().startsWith(`${key}: `) || line.trimStart() === `${key}:`);
  assert.notEqual(at, -1, `no ${key}`);
  const indent = lines[at].length - lines[at].trimStart().length;
  const value = lines[at].trim().slice(key.length + 1).trim();
  if (!/^>-?$/.test(value)) return value.replace(/^"(.*)"$/, "$1");
  const rest = lines.slice(at + 1);
  const end = rest.findIndex((line) => line.trim() && line.length - line.trimStart().length <= indent);
  return rest.slice(0, end).map((line) => line.trim()).join(" ");
}
const part = (text, start, end) => text.slice(text.indexOf(start), text.indexOf(end, text.indexOf(start) + 1));
const home = content("index.md");
const titles = part(home, "hero_title:", "hero_text:");
const WINDOW = {
  street: says(titles, "default"), letter: says(titles, "campaign.letter"),
  late: says(titles, "season.black-friday"), winter: says(titles, "season.winter"),
};
const season = readFileSync(join(STORE, "segments/season.yaml"), "utf8");
assert.ok(season.includes("2026-11-27T00:00:00+01:00") && season.includes("2026-12-01T00:00:00+01:00"), "the seasons turn when the journeys say");
const TEAM = /id: (owls), title: ([^,]+),.*ground: ([^,]+),/.exec(content("catalog/lists/teams.yaml"));
const OWLS = { id: TEAM[1], title: TEAM[2], ground: TEAM[3] };
const club = content("club.md");
const CLUB = { guest: "Anyone may join.", gold: "You are gold." };
assert.ok(club.includes(CLUB.guest) && club.replaceAll("**", "").includes(CLUB.gold), "the club still says so");

// A server for each time of day, and a visitor with a browser of their own.

const servers = new Map();
const copies = mkdtempSync(join(tmpdir(), "journeys-"));
process.on("exit", () => rmSync(copies, { recursive: true, force: true }));
async function serve(now, ...more) {
  const key = [now, ...more].join(" ");
  if (!servers.has(key)) {
    // Each serves a copy of its own: what `serve` builds lies in the store's folder.
    const store = mkdtempSync(join(copies, "store-"));
    for (const name of ["haberdash.yaml", "content", "segments", "themes"]) cpSync(join(STORE, name), join(store, name), { recursive: true });
    const child = spawn(program, ["serve", "--store", store, "--port", "0", "--format", "json", "--now", now, ...more], { stdio: ["ignore", "pipe", "ignore"] });
    const lines = createInterface({ input: child.stdout });
    const url = new Promise((done, failed) => {
      lines.on("line", (line) => { const said = JSON.parse(line); if (said.url) done(said.url.replace(/\/$/, "")); });
      child.on("error", failed).on("exit", (code) => failed(new Error(`serve ended with ${code}`)));
    });
    servers.set(key, { child, url });
  }
  return servers.get(key).url;
}

const browser = await launch();
let failures = 0;
let passed = 0;

/** Runs a journey with a new visitor on each screen. */
async function journey(name, walk, { now = ORDINARY, serveWith = ["--no-bar"], screens = [PHONE, DESK], ...options } = {}) {
  if (words.length > 0 && !words.some((word) => name.includes(word))) return;
  for (const { name: screen, ...shape } of screens) {
    const origin = await serve(now, ...serveWith);
    const context = await browser.newContext({ ...shape, baseURL: origin, reducedMotion: "reduce", ...options });
    context.setDefaultTimeout(15_000);
    const page = await context.newPage();
    const errors = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("console", (message) => { if (message.type() === "error" && !message.location().url.endsWith("/favicon.ico")) errors.push(message.text()); });
    const started = Date.now();
    try {
      await walk(new Visitor(page, context));
      assert.deepEqual(errors, [], "the console is quiet");
      passed += 1;
      console.log(`  ✓ ${name}, ${screen} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
    } catch (error) {
      failures += 1;
      console.error(`  ✗ ${name}, ${screen}: at ${page.url().replace(origin, "")}\n    ${(error.stack ?? String(error)).split("\n").slice(0, 12).join("\n    ")}`);
    }
    await context.close();
  }
}

class Visitor {
  constructor(page, context) {
    Object.assign(this, { page, context });
  }

  go(path) { return this.page.goto(path); }

  async title() { return (await this.page.locator("h1").first().textContent()).replace(/\s+/g, " ").trim(); }

  async text() { return (await this.page.locator("main").innerText()).replace(/\s+/g, " "); }

  /** A theme may write in capitals. */
  async says(words) { return (await this.text()).toLowerCase().includes(words.toLowerCase()); }

  async reads(words) { assert.ok(await this.says(words), `“${words}” is to be read in: ${(await this.text()).slice(0, 300)}`); }

  async readsNot(words) { assert.ok(!(await this.says(words)), `“${words}” is not to be read`); }

  notes() { return this.context.cookies().then((cookies) => Object.fromEntries(cookies.map(({ name, value }) => [name, value]))); }

  /** What a click that loads a page leads to. */
  async follow(locator) {
    const loaded = this.page.waitForEvent("load");
    await locator.click();
    await loaded;
  }

  remember(what) { return this.page.locator(`[data-remember="${what}"]`).first(); }

  get dialog() { return this.page.getByRole("dialog"); }

  answer(value) { return this.dialog.locator(`button[value=${value}]`); }

  /** Picks a team on the sport floor, and says yes. */
  async becomesFan() {
    await this.go("/collections/sport/");
    await this.remember(`team=${OWLS.id}`).click();
    await this.follow(this.answer("remember"));
    await this.reads(OWLS.ground);
  }
}

/** Whether the focus is to be seen: something about it, or what holds it, looks other than without it. */
const isVisibleFocus = () => {
  const element = document.activeElement;
  const look = () => {
    const looks = [];
    for (let holder = element, up = 0; holder && up < 5; holder = holder.parentElement, up += 1) {
      for (const pseudo of ["", "::before", "::after"]) {
        const style = getComputedStyle(holder, pseudo || undefined);
        looks.push(style.outlineStyle === "none" ? "" : [style.outlineColor, style.outlineWidth, style.outlineOffset], style.boxShadow, style.borderColor, style.borderWidth, style.backgroundColor, style.clipPath);
      }
    }
    return JSON.stringify(looks);
  };
  const isSeen = element.checkVisibility({ visibilityProperty: true });
  const focused = look();
  element.blur();
  const differs = look() !== focused;
  element.focus({ focusVisible: true, preventScroll: true });
  return { isSeen, outlined: differs, name: element.innerText || element.outerHTML.slice(0, 80) };
};

// The journeys.

await journey("a guest comes in by the front door", async (v) => {
  const answer = await v.go("/");
  assert.equal(answer.status(), 200);
  assert.equal(await v.title(), WINDOW.street);
  assert.deepEqual(await v.notes(), {}, "nothing is written before consent");
  await v.go("/club/");
  await v.reads(CLUB.guest);
  await v.readsNot(CLUB.gold);
  assert.deepEqual(await v.notes(), {});
});

await journey("a letter changes the window until the next page", async (v) => {
  await v.go("/?utm_campaign=letter");
  assert.equal(await v.title(), WINDOW.letter);
  await v.follow(v.page.locator("header a[href='/']").first());
  assert.equal(await v.title(), WINDOW.street);
  assert.deepEqual(await v.notes(), {});
});

await journey("a fan is asked, and is known from then on", async (v) => {
  await v.go("/collections/sport/");
  await v.readsNot(OWLS.ground);
  const team = v.page.getByRole("link", { name: OWLS.title, exact: true });
  await team.click();
  await v.dialog.waitFor();
  assert.deepEqual(await v.notes(), {}, "asking writes nothing");
  await v.follow(v.answer("remember"));
  await v.reads(OWLS.title);
  await v.reads(OWLS.ground);
  assert.equal(new URL(v.page.url()).search, "");
  const notes = await v.notes();
  assert.equal(notes.hb_team, OWLS.id);
  assert.equal(notes.hb_consent, "personalization");
  // Another visit, another page, and the way back.
  await v.go("/");
  await v.go("/collections/sport/");
  await v.reads(OWLS.ground);
  await v.page.reload();
  await v.reads(OWLS.ground);
  await v.go("/shop/league-scarf/");
  await v.reads(OWLS.title);
  await v.page.goBack();
  await v.reads(OWLS.ground);
  await v.page.goForward();
  await v.reads(OWLS.title);
  // And off again.
  await v.go("/collections/sport/");
  await v.follow(v.page.getByRole("button", { name: "Take the colors off" }));
  await v.readsNot(OWLS.ground);
  assert.equal((await v.notes()).hb_team, undefined);
});

await journey("just this once is for one page", async (v) => {
  await v.go("/collections/sport/");
  await v.remember(`team=${OWLS.id}`).click();
  await v.follow(v.answer("once"));
  await v.reads(OWLS.ground);
  assert.deepEqual(await v.notes(), {});
  await v.go("/collections/sport/");
  await v.readsNot(OWLS.ground);
});

await journey("closing the question is no answer", async (v) => {
  await v.go("/collections/sport/");
  await v.remember(`team=${OWLS.id}`).click();
  await v.dialog.waitFor();
  await v.page.keyboard.press("Escape");
  await v.dialog.waitFor({ state: "hidden" });
  await v.readsNot(OWLS.ground);
  assert.deepEqual(await v.notes(), {});
});

await journey("everything is forgotten at one click", async (v) => {
  await v.becomesFan();
  await v.go("/how-this-store-knows-you/");
  const team = v.page.locator("[data-note=hb_team]");
  assert.equal(await team.innerText(), OWLS.id);
  await v.page.locator("[data-forget]").click();
  await v.page.getByRole("status").filter({ hasText: /\S/ }).first().waitFor();
  assert.notEqual(await team.innerText(), OWLS.id);
  assert.deepEqual(await v.notes(), {});
  await v.go("/collections/sport/");
  await v.readsNot(OWLS.ground);
});

await journey("Global Privacy Control is an answer", async (v) => {
  await v.context.addInitScript(() => Object.defineProperty(Navigator.prototype, "globalPrivacyControl", { get: () => true }));
  await v.go("/collections/sport/");
  await v.follow(v.remember(`team=${OWLS.id}`));
  assert.equal(await v.dialog.count(), 0, "there is no question");
  assert.deepEqual(await v.notes(), {});
  await v.reads(OWLS.ground);
  await v.go("/collections/sport/");
  await v.readsNot(OWLS.ground);
  // Old notes that need consent are not read either.
  const { origin } = new URL(v.page.url());
  await v.context.addCookies(Object.entries({ hb_consent: "personalization", hb_interest: "sneakers", hb_id: "0123456789abcdef0123456789abcdef" }).map(([name, value]) => ({ name, value, url: origin })));
  await v.go("/");
  const [guest] = [await v.text()];
  await v.context.clearCookies();
  await v.go("/");
  assert.equal(await v.text(), guest);
}, { extraHTTPHeaders: { "Sec-GPC": "1" } });

await journey("a favorite floor is laid out first", async (v) => {
  await v.go("/");
  const before = await v.text();
  await v.remember("interest=sneakers").click();
  await v.follow(v.answer("remember"));
  const after = await v.text();
  assert.notEqual(after, before);
  assert.equal(await v.remember("interest=sneakers").getAttribute("aria-pressed"), "true");
  await v.page.reload();
  assert.equal(await v.text(), after);
  await v.follow(v.remember("interest="));
  assert.equal(await v.remember("interest=sneakers").getAttribute("aria-pressed"), null);
});

await journey("a gold member signs in, and out", async (v) => {
  const product = "/shop/canal-runner/";
  await v.go("/club/");
  await v.reads(CLUB.guest);
  await v.page.locator("#haberdash-bar summary").click();
  await v.follow(v.page.getByRole("link", { name: "Sign in" }));
  await v.page.getByRole("radio", { name: "Gold member" }).check();
  await v.follow(v.page.getByRole("button", { name: "Sign in" }));
  assert.equal(new URL(v.page.url()).pathname, "/club/");
  await v.reads(CLUB.gold);
  await v.readsNot(CLUB.guest);
  assert.match((await v.notes()).hb_visitor, /^v1\./);
  const gold = await price(v, product);
  await v.go("/_haberdash/sign-in?back=/club/");
  await v.follow(v.page.getByRole("button", { name: "Sign out" }));
  await v.reads(CLUB.guest);
  const guest = await price(v, product);
  assert.ok(gold <= guest, `gold pays ${gold}, a guest ${guest}`);
  assert.deepEqual(await v.notes(), {});
  // A note that one has written for oneself is just paper.
  await v.context.addCookies([{ name: "hb_visitor", value: "v1.k1.4102444800.loyalty.gold." + "0".repeat(64), url: new URL(v.page.url()).origin }]);
  await v.go("/club/");
  await v.reads(CLUB.guest);
}, { serveWith: [] });

/** The price that machines are told on a product's page. */
async function price(v, path) {
  await v.go(path);
  const data = await v.page.locator("script[type='application/ld+json']").allTextContents();
  const product = data.map((text) => JSON.parse(text)).flatMap((entry) => entry["@graph"] ?? entry).find((entry) => entry["@type"] === "Product" || entry["@type"] === "ProductGroup");
  const offers = JSON.stringify(product).match(/"(?:price|lowPrice)":"?([\d.]+)/);
  return Number(offers[1]);
}

await journey("the keyboard is enough", async (v) => {
  await v.go("/collections/sport/");
  await v.page.keyboard.press("Tab");
  const skip = await v.page.evaluate(isVisibleFocus);
  assert.ok(skip.isSeen && skip.outlined, `the skip link is seen: ${JSON.stringify(skip)}`);
  await v.page.keyboard.press("Enter");
  assert.equal(await v.page.evaluate(() => document.activeElement.localName), "main");
  let tabs = 0;
  for (; tabs < 80; tabs += 1) {
    await v.page.keyboard.press("Tab");
    const focus = await v.page.evaluate(isVisibleFocus);
    assert.ok(focus.isSeen && focus.outlined, `focus is seen on ${focus.name}`);
    if (await v.page.evaluate((team) => document.activeElement.dataset.remember === `team=${team}`, OWLS.id)) break;
  }
  assert.ok(tabs < 80, "the team is reached");
  await v.page.keyboard.press("Enter");
  await v.dialog.waitFor();
  assert.ok(await v.page.evaluate(() => document.activeElement.closest("dialog")), "the question takes the focus");
  for (let tab = 0; tab < 8; tab += 1) {
    await v.page.keyboard.press("Tab");
    assert.ok(await v.page.evaluate(() => document.activeElement === document.body || document.activeElement.closest("dialog")), "and keeps it");
  }
  await v.page.keyboard.press("Escape");
  assert.equal(await v.page.evaluate(() => document.activeElement.dataset.remember), `team=${OWLS.id}`, "and gives it back");
}, { screens: [DESK, PHONE] });

for (const [now, title, what] of [
  ["2026-11-26T23:59:59+01:00", WINDOW.street, "the last second before the late evenings"],
  ["2026-11-27T00:00:00+01:00", WINDOW.late, "the first second of the late evenings"],
  ["2026-11-30T23:30:00+01:00", WINDOW.late, "the last hour of the late evenings"],
  ["2026-12-01T00:00:01+01:00", WINDOW.winter, "the first second of winter"],
]) {
  await journey(what, async (v) => {
    await v.go("/");
    assert.equal(await v.title(), title);
    await v.go("/?utm_campaign=letter");
    assert.equal(await v.title(), WINDOW.letter, "a letter beats the calendar");
  }, { now });
  // Servers are for one time each.
  await stop((key) => key.startsWith(now));
}

await journey("a lot that is drawn stays drawn", async (v) => {
  await v.becomesFan();
  const { hb_id: id } = await v.notes();
  assert.match(id, /^[0-9a-f]{32}$/);
  await v.go("/");
  const first = await v.page.locator("main").innerHTML();
  for (let visit = 0; visit < 3; visit += 1) {
    await v.go("/collections/sport/");
    await v.go("/");
    assert.equal(await v.page.locator("main").innerHTML(), first);
  }
  assert.equal((await v.notes()).hb_id, id);
  // Both windows are shown to someone.
  const { origin } = new URL(v.page.url());
  const windows = new Set();
  for (let lot = 0; lot < 256 && windows.size < 2; lot += 17) {
    await v.context.addCookies([{ name: "hb_id", value: lot.toString(16).padStart(2, "0").repeat(16), url: origin }]);
    await v.go("/");
    windows.add(await v.page.locator("main").innerHTML());
  }
  assert.equal(windows.size, 2);
});

await journey("without scripts everything is there", async (v) => {
  await v.go("/");
  assert.equal(await v.title(), WINDOW.street);
  await v.follow(v.page.locator("a[href='/collections/sport/']").first());
  await v.follow(v.page.getByRole("link", { name: OWLS.title, exact: true }));
  await v.reads(OWLS.ground);
  assert.equal(await v.dialog.count(), 0);
  assert.deepEqual(await v.notes(), {});
  await v.follow(v.page.locator("main a[href^='/shop/']").first());
  const choices = v.page.locator("main form input[type=radio]:not(:disabled)");
  if (await choices.count() > 0) await choices.first().check();
  await v.follow(v.page.locator("main form button").first());
  assert.equal((await v.page.locator("h1").count()), 1);
}, { javaScriptEnabled: false });

await journey("on paper there is no navigation", async (v) => {
  await v.go("/shop/canal-runner/");
  // The trail to a page is a part of what it says.
  const navigation = v.page.locator("nav:not(main nav)");
  const seen = async () => (await Promise.all((await navigation.all()).map((nav) => nav.isVisible()))).filter(Boolean).length;
  assert.ok(await seen() > 0);
  await v.page.emulateMedia({ media: "print" });
  assert.equal(await seen(), 0);
  assert.ok((await v.title()).length > 0);
  for (const button of await v.page.getByRole("button").all()) assert.equal(await button.isVisible(), false, "a button does nothing on paper");
});

await journey("going back keeps what was chosen", async (v) => {
  await v.go("/collections/sport/");
  await v.remember(`team=${OWLS.id}`).click();
  await v.follow(v.answer("remember"));
  await v.follow(v.page.locator("main a[href^='/shop/']").first());
  await v.page.goBack();
  await v.reads(OWLS.ground);
  await v.follow(v.remember("team="));
  await v.page.reload();
  await v.readsNot(OWLS.ground);
});

await journey("a page that is not there says so", async (v) => {
  const answer = await v.page.request.get("/no-such-floor/");
  assert.equal(answer.status(), 404);
  const shown = await answer.text();
  assert.ok(shown.includes("</main>") && shown.includes("/collections/sport/"), "with ways out");
});

/** Ends servers. */
async function stop(which) {
  for (const [key, { child }] of servers) {
    if (!which(key)) continue;
    servers.delete(key);
    child.removeAllListeners("exit");
    child.kill();
  }
}

await stop(() => true);
await browser.close();
console.log(`  ${passed} journeys as they should be, ${failures} not`);
process.exit(failures === 0 && passed > 0 ? 0 : 1);
