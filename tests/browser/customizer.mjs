// A buyer in front of a customizer: `node customizer.mjs FOLDER [WORD…]`, where the folder has the page of
// customizer.html with its product and its script, as tests/it/runtime.rs writes them; words choose visits by name.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Site, launch, open } from "./site.mjs";

const [folder, ...words] = process.argv.slice(2);
const site = new Site(folder);
const host = await site.serve();
const browser = await launch();
let failures = 0;
let passed = 0;

/** Runs a visit in a tab of its own. */
async function visit(name, walk, { path = "/", isMobile = false } = {}) {
  if (words.length > 0 && !words.some((word) => name.includes(word))) return;
  const tab = await open(browser, host, { acceptDownloads: true, permissions: ["clipboard-read", "clipboard-write"], hasTouch: isMobile });
  tab.page.setDefaultTimeout(5_000);
  try {
    await tab.page.goto(host.origin + path);
    await walk(new Buyer(tab), tab);
    assert.deepEqual(tab.errors.filter((error) => !error.includes("Failed to load resource")), [], "the console is quiet");
    assert.deepEqual(tab.foreign, [], "nothing is asked of others");
    passed += 1;
    console.log(`  ✓ ${name}`);
  } catch (error) {
    failures += 1;
    console.error(`  ✗ ${name}\n    ${(error.stack ?? String(error)).split("\n").slice(0, 14).join("\n    ")}`);
  }
  await tab.context.close();
}

class Buyer {
  constructor({ page }) { this.page = page; }

  control(option, value) { return this.page.locator(`[data-option=${option}] input[value="${value}"]`); }
  label(option, value) { return this.page.locator(`[data-option=${option}] label`, { has: this.page.locator(`input[value="${value}"]`) }); }
  /** Also what says that it is disabled: a buyer can choose it all the same. */
  async choose(option, value) { await this.control(option, value).click({ force: true }); }
  async press(name) { await this.page.getByRole("button", { name, exact: true }).click({ force: true }); }
  async part(name) { return (await this.page.locator(`[data-${name}]`).textContent()).trim(); }
  async says(part, text) { assert.equal(await this.part(part), text); }
  async reason(option, value) { return (await this.label(option, value).locator("[data-reason]").textContent()).trim(); }
  async difference(option, value) { return (await this.label(option, value).locator("[data-difference]").textContent()).trim(); }
  async isChosen(option, value) { return this.control(option, value).isChecked(); }
  async isImpossible(option, value) { return (await this.control(option, value).getAttribute("aria-disabled")) === "true"; }
  async type(text) { await this.page.locator("[name=monogram]").fill(text, { force: true }); }
  async attach(name, mimeType, buffer) { await this.page.locator("input[type=file]").setInputFiles({ name, mimeType, buffer }); }
  async picture() {
    return this.page.locator("[data-image]").evaluate((image) => Object.fromEntries(["x", "y", "width", "height"].map((name) => [name, Math.round(image.getAttribute(name) * 100) / 100])));
  }
  async complete() {
    for (const [option, value] of [["treats", "soap"], ["treats", "comb"], ["pocket", "plain"]]) await this.choose(option, value);
  }
}

/** Twice as wide as high. */
const LOGO = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="100" height="50"><rect width="100" height="50" fill="red"/></svg>');
const SQUARE = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="50" height="50"><rect width="50" height="50" fill="red"/></svg>');

await visit("the page says what there is", async (buyer) => {
  await buyer.says("missing", "Still to choose: Treats (2 more) and Pocket");
  await buyer.says("total", "from €138.00");
  await buyer.says("remaining", "3,200 designs");
  assert.equal(await buyer.difference("fabric", "linen"), "+€24.00");
  assert.equal(await buyer.difference("fabric", "poplin"), "");
  assert.equal(await buyer.difference("cuffs", "short"), "-€5.00");
  for (const name of ["Undo", "Reset", "Random", "Share", "Download"]) assert.ok(await buyer.page.getByRole("button", { name }).isVisible());
  assert.ok(await buyer.page.locator("[data-cap]").isVisible());
  assert.equal(new URL(buyer.page.url()).hash, "");
  await buyer.complete();
  assert.equal(await buyer.page.locator("[data-missing]").isVisible(), false);
  await buyer.says("total", "€138.00");
  assert.equal(await buyer.page.locator("[data-buy]").getAttribute("aria-disabled"), null);
  await buyer.page.locator("[data-quantity]").fill("3");
  await buyer.page.locator("[data-quantity]").blur();
  await buyer.says("total", "3 × €138.00 = €414.00");
});

await visit("what does not go with a choice is explained, and repaired with an announcement", async (buyer) => {
  await buyer.choose("buttons", "horn");
  assert.ok(await buyer.isImpossible("cuffs", "french"));
  assert.equal(await buyer.reason("cuffs", "french"), "French cuffs are closed with links");
  const described = await buyer.control("cuffs", "french").getAttribute("aria-describedby");
  assert.equal(await buyer.page.locator(`[id="${described}"]`).textContent(), "French cuffs are closed with links");
  await buyer.choose("cuffs", "french");
  await buyer.says("status", "French is chosen. Changed for it: Cuff buttons: None.");
  assert.ok(await buyer.isChosen("buttons", "none"));
  assert.ok(await buyer.isImpossible("buttons", "horn"));
  await buyer.press("Undo");
  await buyer.says("status", "Undone.");
  assert.ok(await buyer.isChosen("buttons", "horn"));
  assert.ok(await buyer.isChosen("cuffs", "one-button"));
  assert.equal(await buyer.isImpossible("cuffs", "one-button"), false);
});

await visit("what is shown first gives way to choices, and comes back", async (buyer) => {
  await buyer.choose("cuffs", "french");
  await buyer.says("status", "French is chosen. Changed for it: Cuff buttons: None.");
  await buyer.choose("cuffs", "one-button");
  await buyer.says("status", "One button is chosen. Changed for it: Cuff buttons: Pearl.");
  await buyer.choose("cuffs", "short");
  await buyer.choose("fabric", "twill");
  assert.equal(await buyer.page.locator("[data-advice] li").textContent(), "Twill is warm for short sleeves");
  await buyer.press("Reset");
  assert.ok(await buyer.isChosen("cuffs", "one-button"));
  assert.equal(await buyer.page.locator("[data-advice] li").count(), 0);
});

await visit("a list says of its choices what they change", async (buyer) => {
  await buyer.choose("fabric", "linen");
  const texts = await buyer.page.locator("[name=collar] option").allTextContents();
  const why = "Linen is too soft for these collars";
  assert.deepEqual(texts, ["Any collar", "Spread", `Club (${why})`, `Band (${why})`]);
  await buyer.page.locator("[name=collar]").focus();
  await buyer.page.keyboard.press("ArrowDown");
  await buyer.says("status", "Club is chosen. Changed for it: Fabric: Poplin.");
  assert.equal(await buyer.page.locator("[name=collar]").inputValue(), "club");
  await buyer.page.keyboard.press("Home");
  assert.equal(await buyer.page.locator("[name=collar]").inputValue(), "spread");
  assert.equal(new URL(buyer.page.url()).hash, "#design=0123456789abcdef&fabric=poplin");
});

await visit("of several choices no more can be had than fit", async (buyer) => {
  for (const treat of ["soap", "comb"]) await buyer.choose("treats", treat);
  assert.equal(await buyer.reason("treats", "brush"), "");
  assert.equal(await buyer.reason("treats", "balm"), "The box holds six");
  await buyer.choose("treats", "brush");
  assert.equal(await buyer.reason("treats", "balm"), "No more than 3");
  await buyer.choose("treats", "balm");
  assert.ok(await buyer.isChosen("treats", "balm"));
  await buyer.says("status", "Balm is chosen. Changed for it: without Soap.");
  await buyer.choose("treats", "brush");
  assert.equal(await buyer.isChosen("treats", "brush"), false);
  await buyer.says("status", "");
});

await visit("a limit to the price is kept, and lifted", async (buyer) => {
  await buyer.complete();
  await buyer.page.locator("[data-cap]").fill("150");
  await buyer.page.locator("[data-cap]").blur();
  assert.equal(await buyer.reason("fabric", "brocade"), "More than €150.00");
  assert.equal(await buyer.reason("cuffs", "french"), "");
  await buyer.choose("fabric", "brocade");
  await buyer.says("status", "That is more than €150.00: the limit is lifted.");
  assert.equal(await buyer.page.locator("[data-cap]").inputValue(), "");
  assert.ok(await buyer.isChosen("fabric", "brocade"));
  await buyer.page.locator("[data-cap]").fill("150");
  await buyer.page.locator("[data-cap]").blur();
  await buyer.says("status", "This design costs €178.00, more than €150.00.");
});

await visit("a text is priced by its length, and has the characters that it may have", async (buyer) => {
  await buyer.complete();
  await buyer.type("AB");
  await buyer.says("total", "€154.00");
  assert.equal(await buyer.page.locator("[data-text]").textContent(), "AB");
  await buyer.type("ab");
  await buyer.says("missing", "Still to choose: Monogram");
  assert.equal(await buyer.page.locator("[data-option=monogram] [data-reason]").textContent(), "Only A-Z .&");
  assert.equal(await buyer.page.locator("[name=monogram]").getAttribute("aria-invalid"), "true");
  await buyer.type("ABCD");
  assert.equal(await buyer.page.locator("[data-option=monogram] [data-reason]").textContent(), "At most 3 characters");
  await buyer.press("Undo");
  assert.equal(await buyer.page.locator("[name=monogram]").inputValue(), "");
  await buyer.says("total", "€138.00");
});

await visit("a picture is placed, moved and scaled inside its area", async (buyer, { page }) => {
  await buyer.complete();
  await buyer.attach("logo.gif", "image/gif", Buffer.from("GIF89a"));
  await buyer.says("status", "Only png and svg");
  await buyer.attach("logo.png", "image/png", Buffer.alloc(30_000));
  await buyer.says("status", "At most 0.02 MB");
  assert.equal(await page.locator("[data-image-scale]").isVisible(), false);
  await buyer.attach("logo.svg", "image/svg+xml", LOGO);
  await page.locator("[data-image-scale]").waitFor();
  await page.waitForFunction(() => document.querySelector("[data-image]").getAttribute("height") === "40");
  await buyer.says("total", "€156.00");
  assert.deepEqual(await buyer.picture(), { x: 100, y: 20, width: 80, height: 40 });
  await page.locator("[data-image-scale]").fill("50");
  assert.deepEqual(await buyer.picture(), { x: 120, y: 30, width: 40, height: 20 });
  await page.locator("[data-image]").focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowUp");
  assert.deepEqual(await buyer.picture(), { x: 122, y: 29, width: 40, height: 20 });
  for (let presses = 0; presses < 40; presses++) await page.keyboard.press("ArrowLeft");
  assert.deepEqual(await buyer.picture(), { x: 100, y: 29, width: 40, height: 20 });
  const box = await page.locator("[data-image]").boundingBox();
  await page.mouse.move(box.x + 20, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + 60, box.y + 30, { steps: 4 });
  assert.deepEqual(await buyer.picture(), { x: 120, y: 34, width: 40, height: 20 });
  await page.mouse.move(box.x + 900, box.y + 900);
  await page.mouse.up();
  assert.deepEqual(await buyer.picture(), { x: 140, y: 40, width: 40, height: 20 });
  await page.locator("[data-image-scale]").fill("100");
  assert.deepEqual(await buyer.picture(), { x: 100, y: 20, width: 80, height: 40 });
  await buyer.attach("square.svg", "image/svg+xml", SQUARE);
  await page.waitForFunction(() => document.querySelector("[data-image]").getAttribute("width") === "40");
  // There is room for one of both: the picture has to go.
  assert.equal(await buyer.page.locator("[data-option=monogram] [data-reason]").textContent(), "There is room for a monogram or a logo");
  await buyer.type("A");
  await buyer.says("status", "Monogram is chosen. Changed for it: without Your logo.");
  assert.equal(await page.locator("input[type=file]").inputValue(), "");
  assert.equal(await page.locator("[data-image]").isVisible(), false);
  await buyer.press("Undo");
  assert.ok(await page.locator("[data-image]").isVisible());
});

await visit("the picture shows what is chosen, and can be kept", async (buyer, { page }) => {
  const fill = (id) => page.locator(`[data-preview] [data-fill=${id}]`).getAttribute("fill");
  assert.equal(await fill("fabric"), "#fff");
  assert.equal(await page.locator("circle").isVisible(), true);
  assert.equal(await page.locator("[data-preview] path").isVisible(), false);
  await buyer.choose("fabric", "brocade");
  await buyer.choose("cuffs", "french");
  await buyer.choose("pocket", "flap");
  assert.equal(await fill("fabric"), "#db4");
  assert.equal(await fill("pocket"), "#99f");
  assert.equal(await page.locator("circle").isVisible(), false);
  const [download] = await Promise.all([page.waitForEvent("download", { timeout: 20_000 }), buyer.press("Download")]);
  assert.equal(download.suggestedFilename(), "shirt.png");
  const url = `data:image/png;base64,${readFileSync(await download.path(), "base64")}`;
  const colors = await page.evaluate(async (url) => {
    const bitmap = await createImageBitmap(await (await fetch(url)).blob());
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d", { willReadFrequently: true });
    context.drawImage(bitmap, 0, 0);
    const at = (x, y) => [...context.getImageData(x * bitmap.width, y * bitmap.height, 1, 1).data.slice(0, 3)];
    return [at(0.5, 0.5), at(0.7, 0.5), at(0.1, 0.9), at(0.98, 0.98)];
  }, url);
  const [cloth, pocket, weave] = [[221, 187, 68], [153, 153, 255], [0, 255, 0]];
  assert.deepEqual(colors, [cloth, pocket, cloth, weave], "styles and images of its own are in it");
});

await visit("one palette chooses for several options", async (buyer, { page }) => {
  const button = (name) => page.locator("[data-palette] button", { hasText: name });
  await button("club").click({ force: true });
  assert.equal(await page.locator("[name=collar]").inputValue(), "club");
  assert.equal(await button("club").getAttribute("aria-pressed"), "true");
  assert.equal(await button("flap").getAttribute("aria-disabled"), "true");
  await buyer.choose("pocket", "plain");
  await page.locator("[data-preview] path").click();
  assert.ok(await page.locator("[data-active][value=pocket]").isChecked());
  assert.equal(await button("plain").getAttribute("aria-pressed"), "true");
  await button("flap").click({ force: true });
  assert.ok(await buyer.isChosen("pocket", "flap"));
  await page.locator("[data-active][value=collar]").check({ force: true });
  assert.equal(await button("club").getAttribute("aria-pressed"), "true");
});

await visit("a filter leaves what has its words", async (buyer, { page }) => {
  await page.locator("[data-option=fabric] [data-filter]").fill("liñen");
  assert.deepEqual(await page.locator("[data-option=fabric] label:visible input").evaluateAll((inputs) => inputs.map(({ value }) => value)), ["linen"]);
  await page.keyboard.press("Enter");
  assert.equal(new URL(page.url()).pathname, "/");
  await page.locator("[data-option=fabric] [data-filter]").fill("");
  assert.equal(await page.locator("[data-option=fabric] label:visible").count(), 4);
});

await visit("arrow keys choose what is possible, and space what is not", async (buyer, { page }) => {
  const focused = () => page.evaluate(() => document.activeElement.value);
  await buyer.choose("buttons", "pearl");
  await buyer.choose("buttons", "horn");
  await buyer.control("cuffs", "one-button").focus();
  await page.keyboard.press("ArrowDown");
  assert.equal(await focused(), "french");
  assert.equal(await buyer.isChosen("cuffs", "french"), false, "it is only looked at");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Space");
  assert.ok(await buyer.isChosen("cuffs", "french"));
  assert.equal(await focused(), "french", "the focus stays");
  await buyer.control("fabric", "poplin").focus();
  await page.keyboard.press("ArrowUp");
  assert.ok(await buyer.isChosen("fabric", "brocade"), "what is possible is chosen at once, around the end");
  const undo = page.getByRole("button", { name: "Undo" });
  await undo.focus();
  for (let presses = 0; presses < 6; presses++) await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Undo", "a button with nothing to do keeps the focus");
  assert.equal(await undo.getAttribute("aria-disabled"), "true");
});

await visit("a design that is not complete is not bought", async (buyer, { page }) => {
  await buyer.press("Buy");
  await buyer.says("status", "Still to choose: Treats (2 more) and Pocket");
  assert.equal(await page.evaluate(() => document.activeElement.value), "soap");
  await buyer.complete();
  await buyer.press("Buy");
  await page.waitForURL("**/thanks.html?*");
  const said = new URL(page.url()).searchParams;
  assert.deepEqual([said.get("fabric"), said.getAll("treats"), said.get("pocket")], ["poplin", ["soap", "comb"], "plain"]);
});

let link = `${host.origin}/`;
await visit("a link has the picks", async (buyer, { page }) => {
  await buyer.complete();
  await buyer.choose("fabric", "linen");
  await buyer.type("A&B");
  await buyer.press("Share");
  await buyer.page.waitForFunction(() => document.querySelector("[data-status]").textContent === "Link copied.");
  link = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(link, page.url());
  assert.equal(new URL(link).hash, "#design=0123456789abcdef&fabric=linen&treats=soap&treats=comb&monogram=A%26B&pocket=plain");
});

await visit("a link brings the design back", async (buyer) => {
  assert.ok(await buyer.isChosen("fabric", "linen"));
  assert.ok(await buyer.isChosen("treats", "comb"));
  assert.equal(await buyer.page.locator("[name=monogram]").inputValue(), "A&B");
  await buyer.says("total", "€180.00");
  await buyer.says("status", "");
  await buyer.page.evaluate(() => { location.hash = "#design=0123456789abcdef&fabric=brocade&quantity=4"; });
  await buyer.page.waitForFunction(() => document.querySelector("[value=brocade]").checked);
  assert.equal(await buyer.page.locator("[data-quantity]").inputValue(), "4");
  await buyer.press("Undo");
  assert.ok(await buyer.isChosen("fabric", "linen"));
}, { path: new URL(link).pathname + new URL(link).hash });

await visit("what a stale link has and the product has not is told", async (buyer) => {
  assert.ok(await buyer.isChosen("fabric", "linen"));
  assert.equal(await buyer.page.locator("[name=monogram]").inputValue(), "");
  await buyer.says("status", "No longer there: lining, Treats: <b>tea</b>, and Monogram: abc. No longer possible: Collar: Club.");
}, { path: "/#design=old&fabric=linen&collar=club&treats=soap&treats=<b>tea</b>&monogram=abc&lining=silk" });

await visit("what a form said without a script is taken", async (buyer) => {
  assert.ok(await buyer.isChosen("fabric", "twill"));
  assert.equal(new URL(buyer.page.url()).search, "?ref=letter");
  assert.equal(new URL(buyer.page.url()).hash, "#design=0123456789abcdef&fabric=twill");
}, { path: "/?ref=letter&fabric=twill&monogram=" });

await visit("a design drawn by lot is complete and keeps what was chosen", async (buyer) => {
  await buyer.choose("fabric", "linen");
  for (let draws = 0; draws < 10; draws++) {
    await buyer.press("Random");
    assert.ok(await buyer.isChosen("fabric", "linen"));
    assert.equal(await buyer.page.locator("[data-missing]").isVisible(), false);
    assert.match(await buyer.part("total"), /^€/);
    await buyer.press("Undo");
  }
});

await visit("an order is posted, and what cannot be posted is kept", async (buyer, { page }) => {
  const orders = [];
  await page.route("**/orders", (route) => {
    orders.push(route.request().postDataJSON());
    return route.fulfill({ status: orders.length === 1 ? 503 : 200, body: "" });
  });
  await buyer.complete();
  await buyer.choose("cuffs", "short");
  await buyer.press("Buy");
  await page.waitForFunction(() => document.querySelector("[data-status]").textContent.startsWith("The order did not"));
  assert.ok(await buyer.isChosen("cuffs", "short"));
  await buyer.press("Buy");
  await page.waitForFunction(() => document.querySelector("[data-status]").textContent === "Thank you.");
  assert.deepEqual(orders[1], {
    product: "shirt", design: "0123456789abcdef",
    choices: { fabric: "poplin", collar: "spread", cuffs: "short", buttons: "none", treats: ["soap", "comb"], pocket: "plain" },
    texts: {}, images: [], quantity: 1, price: 13_000, currency: "EUR",
  });
}, { path: "/post/" });

await visit("a cart is opened with what was chosen", async (buyer, { page }) => {
  await page.route("**/cart/**", (route) => route.fulfill({ contentType: "text/html", body: "The cart" }));
  await buyer.complete();
  await buyer.type("A&B");
  await buyer.press("Buy");
  await page.waitForURL("**/cart/7:1?*");
  const properties = JSON.parse(Buffer.from(new URL(page.url()).searchParams.get("properties"), "base64url"));
  const order = JSON.parse(properties._order);
  assert.deepEqual([properties.Fabric, properties.Treats, properties.Monogram], ["Poplin", "Soap and Comb", "A&B"]);
  assert.deepEqual([order.choices.pocket, order.texts, order.price], ["plain", { monogram: "A&B" }, 15_600]);
}, { path: "/shopify/" });

await visit("a design with a payment link of its own is paid there", async (buyer, { page }) => {
  await buyer.complete();
  await buyer.choose("fabric", "linen");
  await buyer.press("Buy");
  await buyer.says("status", "Not to be had.");
  await buyer.choose("fabric", "poplin");
  await buyer.press("Buy");
  await page.waitForURL("**/thanks.html");
}, { path: "/stripe/" });

await visit("a static button of a cart gets the values of its fields", async (buyer, { page }) => {
  const field = (number) => page.locator("[data-buy]").getAttribute(`data-item-custom${number}-value`);
  await page.evaluate(() => addEventListener("click", ({ target }) => { if (target.matches("[data-buy]")) document.title = "taken"; }));
  await buyer.press("Buy");
  assert.equal(await page.title(), "A shirt", "a design with gaps does not reach the cart");
  await buyer.complete();
  await buyer.type("AB");
  assert.deepEqual(await Promise.all([1, 2, 3, 4, 5].map(field)), ["Poplin", "Soap and Comb", "true", "false", "AB"]);
  assert.equal(await field(6), page.url());
}, { path: "/snipcart/" });

await visit("a page that lacks most of what there could be is left alone", async (buyer, { page }) => {
  for (const button of await page.locator("button").all()) await button.click({ force: true });
  await page.locator("path").dispatchEvent("click");
  await page.evaluate(() => document.forms[0].requestSubmit());
  assert.equal(new URL(page.url()).pathname, "/bare.html");
}, { path: "/bare.html#design=old&fabric=linen" });

await browser.close();
host.close();
console.log(`  ${passed} visits passed, ${failures} failed`);
process.exit(failures === 0 ? 0 : 1);
