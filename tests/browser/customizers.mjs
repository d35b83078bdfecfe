// Buyers at every customizer of a built store: `node customizers.mjs FOLDER NOTES [WORD…]`. What the page showed after each
// step goes into NOTES, a line of JSON each, for tests/it/customizers.rs to hold against the reference. Words choose
// products and visits by name.
//
//   STEPS   how many steps each customizer is driven; 500
//   SEED    which steps those are; 1

import assert from "node:assert/strict";
import { createWriteStream, readFileSync } from "node:fs";
import { AXE, Site, launch, open } from "./site.mjs";

const [folder, notes, ...words] = process.argv.slice(2);
const STEPS = Number(process.env.STEPS ?? 500);
const SEED = Number(process.env.SEED ?? 1);
/** Steps between two reports of a tab. */
const BATCH = 50;

const site = new Site(folder);
const host = await site.serve();
const browser = await launch();
const pages = site.pages.filter(({ label, html }) => label === "" && /<form[^>]+data-customizer/.test(html));
assert.ok(pages.length > 0, "the store has customizers");
const out = createWriteStream(notes);
let failures = 0;
let passed = 0;

/** Runs a visit in a tab of its own. */
async function visit(name, page, walk, options = {}) {
  if (words.length > 0 && !words.some((word) => name.includes(word))) return;
  const tab = await open(browser, host, { viewport: { width: 1280, height: 900 }, ...options });
  tab.page.setDefaultTimeout(10_000);
  try {
    if (options.prepare) await tab.page.addInitScript(options.prepare);
    host.current = options.page ?? page;
    await tab.page.goto(host.origin + page.route);
    const said = await walk(tab, page);
    assert.deepEqual(tab.errors, [], "the console is quiet");
    assert.deepEqual(tab.foreign, [], "nothing is asked of others");
    passed += 1;
    console.log(`  ✓ ${name}${said ? `: ${said}` : ""}`);
  } catch (error) {
    failures += 1;
    console.error(`  ✗ ${name}\n    ${(error.stack ?? String(error)).split("\n").slice(0, 12).join("\n    ")}`);
  }
  await tab.context.close();
}

const nameOf = ({ route }) => route.split("/").filter(Boolean).at(-1);
const pageOf = (name) => pages.find((page) => nameOf(page) === name) ?? assert.fail(`there is no ${name}`);

// Every customizer, driven at random.

/** The page's script as it stands in the sources, with a cart that the store's own does not have. */
const SCRIPT = ["core", "page", "preview", "cart", "cart/post"]
  .map((name) => readFileSync(new URL(`../../src/customizer/runtime/${name}.js`, import.meta.url), "utf8"))
  .join("\n");

/** The page with a cart, so that it sends its order as JSON. */
function withCart(page) {
  const cart = '<script type="application/json" data-cart>{"kind":"post","to":"/orders"}</script>';
  const script = `<script type="module">${SCRIPT}\nstartCustomizers();</script>`;
  const html = page.html.replace(/(<form[^>]+data-customizer[^>]*>)/, `$1${cart}`).replace(/<script[^>]+customizer\.[^>]+><\/script>/, () => script);
  assert.ok(html.includes(script), "the page has its script");
  return { ...page, html };
}

/** In the page, before its scripts: keeps what it sends and copies. */
const KEEP = () => {
  window.kept = { order: null, link: "" };
  window.fetch = async (_, { body }) => {
    window.kept.order = JSON.parse(body);
    return new Response();
  };
  Object.defineProperty(navigator, "clipboard", { value: { writeText: async (text) => { window.kept.link = text; } } });
  // A browser allows only so many changes of an address, and says so.
  history.replaceState = () => {};
};

/** In the page: some steps, each with what the page shows after it. */
const DRIVE = async ({ steps, seed, first }) => {
  const form = document.querySelector("form[data-customizer]");
  const payload = JSON.parse(form.querySelector("[data-payload]").textContent);
  window.dice ??= seed;
  /** Park and Miller's. */
  const random = () => (window.dice = (window.dice * 48271) % 2147483647) / 2147483647;
  const below = (number) => Math.floor(random() * number);
  const oneOf = (list) => list[below(list.length)];
  const all = (selector, within = form) => [...within.querySelectorAll(selector)];
  const text = (part) => form.querySelector(`[data-${part}]`)?.textContent.trim() ?? "";
  const fieldOf = (id) => form.querySelector(`[data-option="${id}"]`);
  const controlsOf = new Map(payload.options.map((option) => [option.id, option.choices
    ? option.choices.map(({ id }) => all("input[type=radio], input[type=checkbox], option", fieldOf(option.id)).find(({ value }) => value === id))
    : all("input, textarea", fieldOf(option.id)).slice(0, 1)]));
  const say = (node, type) => node.dispatchEvent(new Event(type, { bubbles: true }));
  const press = (name) => form.querySelector(`[data-action=${name}]`).click();

  const ACTIONS = {
    choose() {
      const option = oneOf(payload.options.filter(({ choices }) => choices));
      const at = below(option.choices.length);
      const control = controlsOf.get(option.id)[at];
      if (control.localName === "option") {
        const select = control.closest("select");
        select.value = control.value;
        say(select, "change");
      } else control.click();
      return `${option.id}=${option.choices[at].id}`;
    },
    palette() {
      const palettes = all("[data-palette]");
      if (palettes.length === 0) return null;
      oneOf(all("[data-active]", oneOf(palettes))).click();
      const button = oneOf(all("button[value]", oneOf(palettes)));
      button.click();
      return `${form.querySelector("[data-active]:checked").value}=${button.value}`;
    },
    shape() {
      const shapes = all("[data-preview] [data-fill]");
      if (shapes.length === 0) return null;
      const shape = oneOf(shapes);
      shape.dispatchEvent(new MouseEvent("click", { bubbles: true }));
      return shape.dataset.fill;
    },
    write() {
      const fields = payload.options.filter((option) => option.text);
      if (fields.length === 0) return null;
      const { id, text: { longest, characters } } = oneOf(fields);
      const known = [..."ABab .&é7\n", ...(characters ?? "").replace(/(.)-(.)/gu, "$1$2")];
      const written = Array.from({ length: below(Math.min(longest, 12) + 2) }, () => oneOf(known)).join("");
      const [control] = controlsOf.get(id);
      control.value = random() < 0.3 ? "" : written;
      say(control, "input");
      return `${id}: ${control.value}`;
    },
    async picture() {
      const fields = payload.options.filter((option) => option.image);
      if (fields.length === 0) return null;
      const { id } = oneOf(fields);
      const [control] = controlsOf.get(id);
      const files = new DataTransfer();
      const type = random() < 0.2 ? "text/plain" : "image/svg+xml";
      const isGiven = random() < 0.7;
      if (isGiven) files.items.add(new File(['<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'], "mark.svg", { type }));
      control.files = files.files;
      say(control, "change");
      // A file is read after a while.
      await new Promise((done) => setTimeout(done, 40));
      return `${id}: ${isGiven ? type : "none"}`;
    },
    limit() {
      const cap = form.querySelector("[data-cap]");
      const now = Number(text("total").split(", ")[0].replace(/[^\d.]/g, ""));
      cap.value = random() < 0.4 ? "" : String(Math.round(now * (0.7 + random())));
      say(cap, "change");
      return cap.value;
    },
    count() {
      const count = form.querySelector("[data-quantity]");
      if (!count) return null;
      count.value = String(oneOf([1, 2, 3, 0, 999]));
      say(count, "change");
      return count.value;
    },
    undo: () => press("undo"),
    reset: () => press("reset"),
    random: () => press("random"),
  };
  const WEIGHTS = { choose: 60, palette: 10, shape: 2, write: 9, picture: 3, limit: 5, count: 2, undo: 6, reset: 1, random: 3 };
  const drawn = Object.entries(WEIGHTS).flatMap(([name, weight]) => Array(weight).fill(name));

  const seen = [];
  for (let step = first; step < first + steps; step++) {
    const name = oneOf(drawn);
    const from = performance.now();
    const what = await ACTIONS[name]();
    const time = performance.now() - from;
    const told = text("status");
    window.kept.order = null;
    form.dispatchEvent(new SubmitEvent("submit", { bubbles: true, cancelable: true }));
    press("share");
    // The page says that it has copied the link, and that the order is taken; what it says next is to be the next step's.
    await new Promise((done) => setTimeout(done));
    const entries = payload.options.flatMap((option) => controlsOf.get(option.id).map((control, at) => ({ option, control, at })));
    const differences = Array.from({ length: 12 }, () => oneOf(entries)).filter(({ option }) => option.choices).map(({ option, control, at }) => {
      const own = control.closest("[data-choice]")?.querySelector("[data-difference]");
      const list = control.localName === "option" ? control.textContent.slice(option.choices[at].title.length) : null;
      return { option: option.id, choice: option.choices[at].id, shown: (own?.textContent ?? list ?? "").trim(), isList: list !== null };
    });
    const shown = Object.fromEntries(payload.options.map((option) => {
      const controls = controlsOf.get(option.id);
      if (option.text) return [option.id, controls[0].value];
      if (option.image) return [option.id, fieldOf(option.id).querySelector("[data-chosen]").textContent];
      return [option.id, option.choices.filter((_, at) => controls[at].checked || controls[at].selected).map(({ id }) => id)];
    }));
    const reasonless = entries.filter(({ control, option, at }) => control.ariaDisabled === "true"
      && !(control.localName === "option" ? control.textContent !== option.choices[at].title : control.closest("[data-choice], [data-option]").querySelector("[data-reason]").textContent));
    seen.push({
      step, name, what, time, told, shown, differences,
      impossible: entries.map(({ control }) => (control.ariaDisabled === "true" ? "1" : "0")).join(""),
      reasonless: reasonless.map(({ option, at }) => `${option.id}=${option.choices?.[at].id}`),
      link: window.kept.link, order: window.kept.order,
      total: text("total"), remaining: text("remaining"), missing: text("missing"),
      cap: form.querySelector("[data-cap]").value,
      isBarred: form.querySelector("[data-buy]").ariaDisabled === "true",
      isInvalid: form.querySelector("[aria-invalid=true]") !== null,
      empty: all("[data-palette] button:not([aria-label]):empty, [data-choice]:not([hidden]) .customizer-name:empty").length,
    });
  }
  return seen;
};

for (const page of pages) {
  await visit(`${nameOf(page)} is what the reference says, at every step`, page, async ({ page: tab }) => {
    const payload = await tab.evaluate(() => JSON.parse(document.querySelector("[data-payload]").textContent));
    out.write(`${JSON.stringify({ payload })}\n`);
    let time = 0;
    for (let first = 0; first < STEPS; first += BATCH) {
      const steps = Math.min(BATCH, STEPS - first);
      for (const seen of await tab.evaluate(DRIVE, { steps, seed: SEED * 7919, first })) {
        out.write(`${JSON.stringify({ product: payload.product, ...seen })}\n`);
        if (seen.name !== "picture") time += seen.time;
      }
    }
    return `${STEPS} steps, ${Math.round((STEPS * 1000) / time)} a second`;
  }, { page: withCart(page), prepare: KEEP });
}

// Without a script.

/** What is painted of the drawing: shapes that show, by what they say, and their fill. */
const PAINTED = () => {
  const all = [...document.querySelectorAll("[data-preview] *")];
  return {
    when: all.filter((node) => node.dataset.when && getComputedStyle(node).display !== "none").map((node) => node.dataset.when),
    fills: Object.fromEntries(all.filter((node) => node.dataset.fill).map((node) => [node.dataset.fill, getComputedStyle(node).fill])),
    looks: [...document.querySelectorAll(".customizer-look")].map((node) => getComputedStyle(node).fill),
  };
};

for (const page of pages) {
  await visit(`${nameOf(page)} works without a script`, page, async ({ page: tab }) => {
    const form = tab.locator("form[data-customizer]");
    const payload = JSON.parse(await form.locator("[data-payload]").textContent());
    const wanted = {};
    let changed = 0;
    for (const option of payload.options) {
      const field = form.locator(`[data-option="${option.id}"]`);
      const before = JSON.stringify(await tab.evaluate(PAINTED));
      if (option.text) {
        await field.locator("input, textarea").fill("AB");
        wanted[option.id] = ["AB"];
      } else if (option.image) continue;
      else if (await field.locator("select").count()) {
        const { id } = option.choices.findLast(({ id }) => id !== option.default);
        await field.locator("select").selectOption(id);
        wanted[option.id] = [id];
      } else {
        const chosen = option.least === undefined ? option.choices.filter(({ id }) => id !== option.default).slice(-1) : option.choices.slice(-option.least);
        for (const { id } of chosen) await field.locator(`input[value="${id}"]`).check();
        wanted[option.id] = chosen.map(({ id }) => id);
      }
      if (JSON.stringify(await tab.evaluate(PAINTED)) !== before) changed += 1;
      // The drawing says what the form says.
      const { when } = await tab.evaluate(PAINTED);
      for (const tokens of when.map((tokens) => tokens.split(" "))) {
        const isTrue = await tab.evaluate((tokens) => tokens.some((token) => {
          const [id, choice] = token.split("=");
          const field = document.querySelector(`[data-option="${id}"]`);
          return [...field.querySelectorAll("input, option, textarea")].some((control) =>
            "checked" in control && /radio|checkbox/.test(control.type) ? control.checked && (choice ? control.value === choice : control.value !== "none")
            : control.localName === "option" ? control.selected && (choice ? control.value === choice : !["none", ""].includes(control.value))
            : control.value !== "");
        }), tokens);
        assert.ok(isTrue, `${tokens} shows and is not chosen`);
      }
    }
    assert.ok(changed > 0, "the drawing changes");
    for (const part of ["palette", "cap", "action"]) assert.equal(await form.locator(`[data-${part}]:visible`).count(), 0, `${part} needs a script`);
    if (await form.locator("[data-quantity]").count()) {
      await form.locator("[data-quantity]").fill("2");
      wanted.quantity = ["2"];
    }
    await form.locator("[data-buy]").click();
    await tab.waitForURL((url) => url.pathname !== page.route);
    const sent = new URL(tab.url());
    assert.equal(host.missing.filter((path) => path === sent.pathname).length, 0, `${sent.pathname} is there`);
    for (const [id, values] of Object.entries({ ...wanted, product: [payload.product], design: [payload.design] })) {
      assert.deepEqual(sent.searchParams.getAll(id), values, id);
    }
    return `${changed} of ${payload.options.length} options change the drawing`;
  }, { javaScriptEnabled: false });
}

// By keyboard alone.

await visit("a shirt is ordered with the keyboard alone", pageOf("dress-shirt-cut-for-you"), async ({ page: tab }) => {
  const key = async (name) => {
    await tab.keyboard.press(name);
    const at = await tab.evaluate(() => {
      const { activeElement: node } = document;
      const box = node.getBoundingClientRect();
      const field = node.closest("[data-option]")?.dataset.option ?? null;
      const seen = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
      return { tag: node.localName, type: node.type ?? "", field, value: node.value ?? "", isBuy: node.matches("[data-buy]"), isIn: Boolean(node.closest("form[data-customizer]")),
        isCovered: !(seen && (seen === node || node.contains(seen) || node.closest("label")?.contains(seen))), isMarked: getComputedStyle(node).outlineStyle !== "none" || Boolean(node.closest("label:has(:focus-visible)")) };
    });
    assert.notEqual(at.tag, "body", `the focus is lost after ${name}`);
    if (at.isIn && name === "Tab") {
      assert.ok(!at.isCovered, `what has the focus is covered: ${JSON.stringify(at)}`);
      assert.ok(at.isMarked, `what has the focus shows: ${JSON.stringify(at)}`);
    }
    return at;
  };
  const to = async (wanted) => {
    for (let presses = 0; presses < 120; presses++) {
      const at = await key("Tab");
      if (wanted(at)) return at;
    }
    return assert.fail("Tab does not lead there");
  };
  const status = () => tab.locator("[data-status]").textContent();
  const isChecked = (option, value) => tab.locator(`[data-option=${option}] [value="${value}"]`).isChecked();
  // Onto a choice with arrows; what is impossible is only looked at, and chosen by Space.
  const arrowTo = async (option, value) => {
    for (let presses = 0; presses < 20; presses++) {
      const at = await key("ArrowDown");
      assert.equal(at.field, option, "arrows stay in their group");
      if (at.value === value) return;
    }
    assert.fail(`no arrow leads to ${value}`);
  };
  await to((at) => at.field === "fabric");
  await arrowTo("fabric", "irish-linen");
  assert.ok(await isChecked("fabric", "irish-linen"));
  await to((at) => at.field === "collar");
  await arrowTo("collar", "club");
  assert.ok(!(await isChecked("collar", "club")), "an arrow does not choose what is impossible");
  await key("Space");
  assert.ok(await isChecked("collar", "club"), "Space does");
  assert.match(await status(), /Club.*Fabric/, "the live region says what changed for it");
  await to((at) => at.field === "cuffs");
  await arrowTo("cuffs", "french");
  await key("Space");
  assert.ok(await isChecked("cuffs", "french"));
  assert.match(await status(), /Links/, "a French cuff brings its links");
  await to((at) => at.field === "monogram");
  await tab.keyboard.type("OTT");
  await to((at) => at.field === "place");
  await to((at) => at.isBuy);
  const total = await tab.locator("[data-total]").textContent();
  assert.match(total, /^€\d+\.\d\d$/);
  await tab.keyboard.press("Enter");
  await tab.waitForURL((url) => url.searchParams.get("monogram") === "OTT");
  const sent = new URL(tab.url()).searchParams;
  assert.equal(sent.get("collar"), "club");
  assert.equal(sent.get("cuffs"), "french");
  assert.notEqual(sent.get("place"), "none");
  return total;
});

// On a phone.

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };

/** What is too wide, too small for a finger, or out of sight. */
const MEASURE = () => {
  const form = document.querySelector("form[data-customizer]");
  const name = (node) => `${node.localName} ${node.getAttribute("name") ?? ""} ${node.value ?? ""} ${node.textContent.trim().slice(0, 30)}`;
  const isSeen = (node) => node.checkVisibility({ visibilityProperty: true }) && node.getClientRects().length > 0;
  const targets = [...form.querySelectorAll("button, input:not([type=hidden]), select, textarea, a[href]")].filter(isSeen);
  const small = targets.map((node) => [node, (node.closest("label") ?? node).getBoundingClientRect()]).filter(([, box]) => box.width < 24 || box.height < 24);
  const wide = [...form.querySelectorAll("*")].filter((node) => !node.closest("svg") && isSeen(node) && node.getBoundingClientRect().right > innerWidth + 0.5 && !node.closest(".visually-hidden"));
  const inSight = (node) => {
    const box = node.getBoundingClientRect();
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return box.top >= 0 && box.bottom <= innerHeight && box.left >= 0 && box.right <= innerWidth && (top === node || node.contains(top));
  };
  return {
    overflow: document.documentElement.scrollWidth - innerWidth, small: small.map(([node]) => name(node)), wide: wide.slice(0, 3).map(name),
    hidden: ["total", "buy"].filter((part) => !inSight(form.querySelector(`[data-${part}]`))),
    free: form.querySelector(".customizer-sums").getBoundingClientRect().top - Math.max(0, form.querySelector(".customizer-picture")?.getBoundingClientRect().bottom ?? 0),
  };
};

for (const page of pages) {
  await visit(`${nameOf(page)} fits a phone`, page, async ({ page: tab }) => {
    const height = await tab.locator("form[data-customizer]").evaluate((form) => form.getBoundingClientRect().height);
    await tab.locator("form[data-customizer]").evaluate((form) => form.scrollIntoView());
    let least = Infinity;
    for (let at = 0; at < height - 844; at += Math.max(400, height / 8)) {
      const { free, ...found } = await tab.evaluate(MEASURE);
      assert.deepEqual(found, { overflow: 0, small: [], wide: [], hidden: [] });
      least = Math.min(least, free);
      await tab.evaluate((by) => scrollBy(0, by), Math.max(400, height / 8));
    }
    assert.ok(least > 844 / 2.5, `${least} px are left for the choices`);
  }, PHONE);
}

await visit("a shirt is ordered on a phone by touch", pageOf("dress-shirt-cut-for-you"), async ({ page: tab }) => {
  const tap = (option, value) => tab.locator(`[data-option=${option}] label`, { has: tab.locator(`[value="${value}"]`) }).tap({ force: true });
  await tab.getByRole("link", { name: "Make it yours" }).tap();
  await tap("fabric", "irish-linen");
  await tap("collar", "club");
  assert.match(await tab.locator("[data-status]").textContent(), /Fabric/);
  assert.ok(await tab.locator("[data-status]").isVisible());
  await tab.getByRole("button", { name: "Undo" }).tap();
  assert.ok(await tab.locator("[data-option=fabric] [value=irish-linen]").isChecked());
  await tap("cuffs", "short");
  await tab.locator("[name=monogram]").fill("O.T");
  await tab.locator("[name=quantity]").fill("2");
  await tab.locator("[name=quantity]").blur();
  assert.match(await tab.locator("[data-total]").textContent(), /^€[\d.]+, €[\d.]+ each$/);
  const { hidden } = await tab.evaluate(MEASURE);
  assert.deepEqual(hidden, []);
  await tab.locator("[data-buy]").tap();
  await tab.waitForURL((url) => url.searchParams.get("cuffs") === "short");
  assert.equal(new URL(tab.url()).searchParams.get("quantity"), "2");
}, PHONE);

// What axe says after some clicks; how pages are at first, audit.mjs asks.

const EXAMINE = async (axe) => {
  await new Promise((done, failed) => document.head.append(Object.assign(document.createElement("script"), { src: axe, onload: done, onerror: failed })));
  const { violations } = await window.axe.run(document, { resultTypes: ["violations"] });
  return violations.flatMap(({ id, nodes }) => nodes.slice(0, 3).map(({ html }) => `${id}: ${html.slice(0, 160)}`));
};

for (const page of pages) {
  for (const colorScheme of ["light", "dark"]) {
    await visit(`${nameOf(page)} is for everyone, ${colorScheme}`, page, async ({ page: tab }) => {
      await tab.evaluate(DRIVE, { steps: 25, seed: 4711, first: 0 });
      assert.deepEqual(await tab.evaluate(EXAMINE, AXE), []);
    }, { colorScheme, prepare: KEEP });
  }
}

await browser.close();
host.close();
await new Promise((done) => out.end(done));
console.log(`${passed} visits, ${failures} with findings`);
process.exitCode = failures ? 1 : 0;
