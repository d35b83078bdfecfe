// The picture of a design: an SVG, drawn by the theme, whose parts say what of a design they show. A buyer's
// own picture is read by the page and goes nowhere else.
//
//   data-when="fabric=twill pocket"   shown if one of them is: a choice, or an option that is not `none`
//   data-fill="fabric"                its `fill` is the data-fill of the control of the choice that is shown
//   data-text="monogram"              its text; lines are a tspan each
//   data-image="logo"                 an <image>: its x, y, width and height are the area in which the picture stays
//
// `<input type="range" data-image-scale="logo">` scales the picture: its largest value fills the area.

/** What of a style sheet a drawn picture keeps: it is drawn alone. */
const DRAWN = ["fill", "stroke", "stroke-width", "opacity", "display", "visibility", "font-family", "font-size",
  "font-style", "font-weight", "letter-spacing", "text-anchor", "dominant-baseline", "mix-blend-mode"];

/** The width of a picture for download, in pixels. */
const DOWNLOADED_WIDTH = 1600;

/** How far an arrow key moves a picture, as a part of its area. */
const ARROW_STEP = 1 / 40;

function setAttribute(node, name, value) {
  if (!node || node.getAttribute(name) === value) return;
  if (value === null) node.removeAttribute(name);
  else node.setAttribute(name, value);
}

function startPreview(page) {
  const { form } = page;
  page.placed = [...form.querySelectorAll("[data-preview] [data-image]")].map((image) => placedOf(page, image));
  // What the theme drew, for when nothing is shown.
  page.fills = new Map([...form.querySelectorAll("[data-preview] [data-fill]")].map((node) => [node, node.getAttribute("fill")]));
  for (const placed of page.placed) listenToPicture(placed);
}

/** A picture, its area, and where it is in it: `x` and `y` from 0 to 1 are what is free on both sides. */
function placedOf(page, image) {
  const id = image.dataset.image;
  const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(image.getAttribute(name)) || 0);
  const range = page.form.querySelector(`[data-image-scale="${CSS.escape(id)}"]`);
  const option = page.payload.options.find((option) => option.id === id);
  setAttribute(image, "tabindex", "0");
  setAttribute(image, "role", "img");
  setAttribute(image, "aria-label", say(page, "move", { option: option?.title }));
  image.style.touchAction = "none";
  return { id, image, range, area: { x, y, width, height }, x: 0.5, y: 0.5, ratio: 1, shown: null };
}

function renderPreview(page) {
  for (const node of page.form.querySelectorAll("[data-preview] [data-when], [data-when]:not(svg *)")) {
    const isThere = node.dataset.when.split(/\s+/).some((token) => isSeen(page, token));
    // SVG knows no `hidden`; what the theme hides without a script has to show.
    setAttribute(node, "hidden", isThere ? null : "");
    setProperty(node.style, "display", isThere ? (node.ownerSVGElement ? "inline" : "") : "none");
  }
  for (const [node, drawn] of page.fills) {
    const own = page.options.find(({ option }) => option.id === node.dataset.fill);
    const shown = own?.entries.find((entry) => isShown(entry, page.view));
    setAttribute(node, "fill", (shown && fillOf(page, shown)) ?? drawn);
  }
  for (const node of page.form.querySelectorAll("[data-preview] [data-text]")) {
    renderText(node, page.state.texts[node.dataset.text] ?? "");
  }
  for (const placed of page.placed) renderPicture(page, placed);
}

/** Whether a design shows a choice, or something of an option. */
function isSeen(page, token) {
  const entry = page.entries.get(token);
  if (entry) return isShown(entry, page.view);
  const own = page.options.find(({ option }) => option.id === token);
  return Boolean(own?.entries.some((other) => other.choice.id !== "none" && isShown(other, page.view)));
}

/** What a control's choice is painted with; a palette's button may say it for many controls. */
function fillOf(page, { own, choice, input }) {
  const button = () =>
    page.palettes.find(({ ids }) => ids.includes(own.option.id))?.buttons.find(({ value }) => value === choice?.id);
  return input?.dataset.fill ?? button()?.dataset.fill;
}

function renderText(node, text) {
  const told = Array.from(node.childNodes, ({ textContent }) => textContent).join("\n");
  if (told === text) return;
  const lines = text.split("\n").map((line, at) => {
    const span = document.createElementNS("http://www.w3.org/2000/svg", "tspan");
    if (at) {
      span.setAttribute("x", node.getAttribute("x") ?? "0");
      span.setAttribute("dy", "1.2em");
    }
    span.textContent = line;
    return span;
  });
  node.replaceChildren(...lines);
}

// A buyer's picture.

/** Takes a file, if it is what the option takes; no file takes the picture away. */
function takeFile(page, entry, file) {
  const { id, image } = entry.option;
  const refuse = (message) => {
    // The picture that was there stays; the control has to be empty to take the same file again.
    entry.input.value = "";
    tell(page, message);
  };
  if (!file) return drop(page, entry);
  if (image.types && !image.types.includes(file.type)) {
    return refuse(say(page, "image-type", { types: page.list(image.types.map((type) => type.replace(/^image\/|\+xml$/g, ""))) }));
  }
  if (file.size > image.largest) {
    return refuse(say(page, "image-size", { size: `${page.number(image.largest / 1e6)} MB` }));
  }
  const reader = new FileReader();
  reader.onload = () => choose(page, entry, { images: { ...page.state.images, [id]: { name: file.name, url: reader.result } } });
  reader.readAsDataURL(file);
}

function renderPicture(page, placed) {
  const { id, image, range } = placed;
  const picture = page.state.images[id];
  image.style.display = picture ? "inline" : "none";
  const control = range?.closest("label") ?? range;
  if (picture) control?.closest("[hidden]")?.removeAttribute("hidden");
  else setProperty(control, "hidden", true);
  if (placed.shown === picture) return;
  placed.shown = picture;
  if (!picture) return image.removeAttribute("href");
  Object.assign(placed, { x: 0.5, y: 0.5, ratio: 1 });
  const loaded = new Image();
  loaded.onload = () => {
    // A drawing may have no size.
    placed.ratio = loaded.naturalWidth / loaded.naturalHeight || 1;
    place(placed);
  };
  loaded.src = picture.url;
  image.setAttribute("href", picture.url);
  place(placed);
}

/** Puts a picture where it is to be. However it was moved, it is inside its area. */
function place({ image, range, area, x, y, ratio }) {
  const scale = range ? Number(range.value) / (Number(range.max) || 100) : 1;
  const width = Math.min(area.width, area.height * ratio) * scale;
  const height = width / ratio;
  const at = { width, height, x: area.x + (area.width - width) * x, y: area.y + (area.height - height) * y };
  for (const [name, value] of Object.entries(at)) setAttribute(image, name, String(value));
}

/** Moves a picture by lengths of the drawing. */
function move(placed, dx, dy) {
  const { image, area } = placed;
  const moved = (part, by, free) => (free > 0 ? Math.min(Math.max(part + by / free, 0), 1) : part);
  placed.x = moved(placed.x, dx, area.width - Number(image.getAttribute("width")));
  placed.y = moved(placed.y, dy, area.height - Number(image.getAttribute("height")));
  place(placed);
}

function listenToPicture(placed) {
  const { image, range, area } = placed;
  let from = null;
  range?.addEventListener("input", () => place(placed));
  image.addEventListener("keydown", (event) => {
    const [right, down] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [];
    if (right === undefined) return;
    event.preventDefault();
    move(placed, right * area.width * ARROW_STEP, down * area.height * ARROW_STEP);
  });
  image.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    image.focus();
    image.setPointerCapture(event.pointerId);
    from = event;
  });
  image.addEventListener("pointermove", (event) => {
    const shown = image.getScreenCTM();
    if (!shown || !image.hasPointerCapture(event.pointerId)) return;
    move(placed, (event.clientX - from.clientX) / shown.a, (event.clientY - from.clientY) / shown.d);
    from = event;
  });
}

// A picture to keep.

async function download(page) {
  try {
    const preview = page.form.querySelector("[data-preview]");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await paint(preview));
    link.download = `${page.payload.product}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  } catch {
    tell(page, say(page, "download-failed"));
  }
}

/** An SVG as PNG. */
async function paint(preview) {
  const { width, height } = preview.viewBox.baseVal;
  const copy = await standalone(preview);
  copy.setAttribute("width", DOWNLOADED_WIDTH);
  copy.setAttribute("height", (DOWNLOADED_WIDTH * height) / width);
  const drawn = new Image();
  drawn.src = `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
  await drawn.decode();
  const canvas = document.createElement("canvas");
  canvas.width = drawn.width;
  canvas.height = drawn.height;
  canvas.getContext("2d").drawImage(drawn, 0, 0, canvas.width, canvas.height);
  return new Promise((done, failed) => canvas.toBlob((blob) => (blob ? done(blob) : failed(Error("nothing painted")))));
}

/** A copy that needs nothing around it: with styles, and with its images inside. */
async function standalone(preview) {
  const copy = preview.cloneNode(true);
  const copies = copy.querySelectorAll("*");
  preview.querySelectorAll("*").forEach((node, at) => {
    const style = getComputedStyle(node);
    for (const name of DRAWN) copies[at].style.setProperty(name, style.getPropertyValue(name));
  });
  // What it is painted with may be defined beside it.
  for (const { style } of copies) {
    const id = /url\("#(.+)"\)/.exec(style.fill)?.[1];
    const pattern = id && !copy.querySelector(`[id="${CSS.escape(id)}"]`) && document.getElementById(id);
    if (pattern) copy.append(pattern.cloneNode(true));
  }
  for (const image of copy.querySelectorAll("image")) {
    const url = image.href.baseVal;
    if (url && !url.startsWith("data:")) image.setAttribute("href", await dataUrl(url));
  }
  return copy;
}

async function dataUrl(url) {
  const reader = new FileReader();
  const loaded = new Promise((done, failed) => {
    reader.onload = () => done(reader.result);
    reader.onerror = failed;
  });
  reader.readAsDataURL(await (await fetch(url)).blob());
  return loaded;
}
