// Takes the pictures for the README: `node tests/browser/pictures.mjs target/release/haberdash`, after `npm ci` in
// this folder. Builds the demo store, and writes tests/pictures/*.webp, each less than 150 kB.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Site, launch, open } from "./site.mjs";

const STORE = fileURLToPath(new URL("../..", import.meta.url));
const PICTURES = join(STORE, "tests/pictures");
const LARGEST = 150_000;

const DESK = { width: 1280, height: 900 };
/** Long enough for the first shelf and its prices. */
const LONG = { width: 1280, height: 1500 };
const PHONE = { width: 390, height: 844 };

const [program] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "pictures-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
execFileSync(program, ["build", "--store", STORE, "--now", "2026-11-23T12:00:00Z", "--output", join(folder, "site")], { stdio: "inherit" });
const site = new Site(join(folder, "site"));
const browser = await launch();

/** A picture of a page as somebody sees it: `label` is of the variant, `at` what is in the middle instead of the top. */
async function shoot(route, label, viewport, { colorScheme = "light", at } = {}) {
  const tab = await open(browser, await site.serve(), { viewport, colorScheme, deviceScaleFactor: viewport === PHONE ? 2 : 1 });
  tab.host.current = site.pages.find((page) => page.route === route && page.label === label);
  if (!tab.host.current) throw new Error(`no ${route} for ${label || "everybody"}`);
  await tab.page.goto(tab.host.origin + route);
  if (at) await tab.page.locator(at).first().evaluate((element) => element.scrollIntoView({ block: "center", behavior: "instant" }));
  await tab.page.waitForFunction(() => [...document.images].every((picture) => picture.complete || picture.getBoundingClientRect().top > window.innerHeight));
  const picture = await tab.page.screenshot();
  await tab.context.close();
  tab.host.close();
  return picture;
}

/** Puts pictures side by side, at a width, and writes them as one. */
async function write(name, pictures, width) {
  const host = await site.serve();
  const tab = await open(browser, host, {});
  await tab.page.goto(`${host.origin}/robots.txt`);
  for (let quality = 0.9; quality > 0.3; quality -= 0.1) {
    const url = await tab.page.evaluate(async ({ sources, width, quality }) => {
      const images = await Promise.all(sources.map(async (source) => createImageBitmap(await (await fetch(source)).blob())));
      const gap = images.length > 1 ? Math.round(width / 60) : 0;
      const each = (width - gap * (images.length - 1)) / images.length;
      const height = Math.max(...images.map((image) => (image.height * each) / image.width));
      const canvas = new OffscreenCanvas(width, Math.round(height));
      const context = canvas.getContext("2d");
      context.imageSmoothingQuality = "high";
      images.forEach((image, i) => context.drawImage(image, Math.round(i * (each + gap)), 0, Math.round(each), Math.round((image.height * each) / image.width)));
      const blob = await canvas.convertToBlob({ type: "image/webp", quality });
      const reader = new FileReader();
      return new Promise((done) => { reader.onload = () => done(reader.result); reader.readAsDataURL(blob); });
    }, { sources: pictures.map((bytes) => `data:image/png;base64,${bytes.toString("base64")}`), width, quality });
    const bytes = Buffer.from(url.split(",")[1], "base64");
    if (bytes.length >= LARGEST) continue;
    writeFileSync(join(PICTURES, `${name}.webp`), bytes);
    console.log(`tests/pictures/${name}.webp: ${bytes.length} bytes`);
    break;
  }
  await tab.context.close();
  host.close();
}

mkdirSync(PICTURES, { recursive: true });
await write("home", [await shoot("/", "", LONG), await shoot("/", "loyalty.gold", LONG)], 1600);
await write("fan", [await shoot("/collections/sport/", "team.owls", DESK, { at: "[data-remember='team=']" })], 1200);
await write("phone", [await shoot("/shop/canal-runner/", "", PHONE), await shoot("/shop/canal-runner/", "loyalty.gold", PHONE)], 800);
await write("dark", [await shoot("/", "", DESK, { colorScheme: "dark" })], 1200);
await browser.close();
