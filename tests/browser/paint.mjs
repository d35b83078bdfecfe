// What axe's rules on colors and places decide by, taken from a page in the browser.
//
// Three of axe's rules (COLORS and PLACES below) depend on how wide the screen is and how dark the scheme, so each
// page is looked at four times by them; and they take most of the time. Each judges one element at a time: a text
// by its style and by what is painted behind it; a target by its size and by the targets near it; a scrolled box by
// what it holds. `SIGNS` lists a digest of all that for every such element. Where every sign of a page is one that
// axe has found good before, it would find it good again, and need not be asked.

export const COLORS = ["color-contrast", "link-in-text-block"];
export const PLACES = ["target-size", "scrollable-region-focusable"];

/** Runs in the page. Returns the distinct signs, how far the page scrolls sideways, and which elements are seen. */
export const SIGNS = () => {
  const signs = new Set();
  const digest = (text) => {
    let a = 0xdeadbeef, b = 0x41c6ce57;
    for (let i = 0; i < text.length; i += 1) {
      const code = text.charCodeAt(i);
      a = Math.imul(a ^ code, 2654435761);
      b = Math.imul(b ^ code, 1597334677);
    }
    a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
    b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
    return 4294967296 * (2097151 & b) + (a >>> 0);
  };
  const sign = (...parts) => signs.add(digest(JSON.stringify(parts)));
  const all = [...document.querySelectorAll("body, body *")].filter((element) => !element.closest("script, style, template, svg svg, svg *"));
  const styles = new Map(all.map((element) => [element, getComputedStyle(element)]));
  const boxes = new Map(all.map((element) => [element, element.getBoundingClientRect()]));
  const isSeen = new Map(all.map((element) => [element, element.checkVisibility({ visibilityProperty: true })]));
  const CLEAR = "rgba(0, 0, 0, 0)";

  /** What an element puts behind what lies on it. Empty if nothing. */
  const paint = (element) => {
    const parts = [];
    for (const pseudo of ["", "::before", "::after"]) {
      const style = pseudo ? getComputedStyle(element, pseudo) : styles.get(element);
      if (pseudo && style.content === "none") continue;
      const isClear = style.backgroundColor === CLEAR && style.backgroundImage === "none";
      if (pseudo && isClear) continue;
      if (!isClear || style.opacity !== "1" || style.filter !== "none" || style.mixBlendMode !== "normal") {
        parts.push(pseudo, style.backgroundColor, style.backgroundImage, style.backgroundClip, style.opacity, style.filter, style.mixBlendMode, style.clipPath, style.zIndex, style.position, style.borderRadius);
      }
    }
    if (/^(img|svg|picture|video|canvas|iframe|object)$/i.test(element.localName)) parts.push(element.localName);
    return parts;
  };
  const paints = new Map(all.map((element) => [element, paint(element)]));
  const painters = all.filter((element) => isSeen.get(element) && paints.get(element).length > 0);
  const root = getComputedStyle(document.documentElement);
  const ground = [root.backgroundColor, root.backgroundImage, root.colorScheme];
  const isInside = (box, x, y) => x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
  const ownText = (element) => [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());

  for (const element of all) {
    if (!isSeen.get(element)) continue;
    const style = styles.get(element);
    const texts = ownText(element);
    const isField = /^(input|select|textarea)$/.test(element.localName);
    if (texts.length > 0 || isField) {
      const rects = texts.flatMap((node) => {
        const range = document.createRange();
        range.selectNodeContents(node);
        return [...range.getClientRects()];
      });
      if (rects.length === 0) rects.push(boxes.get(element));
      const behind = new Set(rects.map((rect) => {
        const x = rect.left + rect.width / 2, y = rect.top + rect.height / 2;
        return JSON.stringify(painters.filter((other) => other === element || isInside(boxes.get(other), x, y) && !element.contains(other)).map((other) => {
          // What is painted there and holds the text is below it. Of all else it matters what it is and where.
          const own = paints.get(other);
          return other.contains(element) ? own : [own, other.cloneNode(false).outerHTML, element.compareDocumentPosition(other), other.parentElement.className];
        }));
      }));
      // Opacity and the like of all that holds the text is in what is painted, whether or not it has a ground.
      const holders = painters.filter((other) => other.contains(element)).map((other) => paints.get(other));
      const text = texts.map((node) => node.data).join(" ").trim();
      const block = element.parentElement?.closest(":not(a, b, strong, em, i, s, span, small, code)");
      const around = block && block.textContent.trim() !== element.textContent.trim();
      sign(
        "text", ground, [...behind].sort(), holders,
        [style.color, style.fontSize, style.fontWeight, style.textShadow, style.webkitTextFillColor, style.webkitTextStrokeWidth, style.writingMode],
        [element.localName, text.length === 1, /[\p{L}\p{N}]/u.test(text), Boolean(element.closest(":disabled, [aria-disabled=true], [inert]")), Boolean(element.closest("label")?.control?.disabled)],
        rects.some((rect) => rect.width > 1 && rect.height > 1), [style.clip, style.clipPath],
        // A link among words must differ from them by more than its color.
        element.closest("a") && around && [style.textDecorationLine, style.textDecorationStyle, style.borderBottomWidth, style.borderBottomStyle, style.backgroundColor, style.fontFamily, style.fontStyle, style.display, block && styles.get(block)?.color, block && styles.get(block)?.fontWeight, element.closest("p, li, dd, dt, td, blockquote") !== null],
      );
    }
    const isScrolled = element.scrollHeight > element.clientHeight + 1 || element.scrollWidth > element.clientWidth + 1;
    if (isScrolled && /auto|scroll/.test(style.overflow)) {
      sign("scrolled", element.cloneNode(false).outerHTML, element.tabIndex, [...element.querySelectorAll("a[href], button, input, select, textarea, [tabindex]")].map((inner) => [inner.localName, inner.tabIndex]));
    }
  }

  // What can only be focused, such as the target of a skip link, is no target for a finger.
  const targets = all.filter((element) => isSeen.get(element) && element.matches("a[href], button, input, select, textarea, summary, area, [role=button], [role=link], [role=tab], [role=checkbox], [role=radio], [role=switch], [role=menuitem], [role=option]"));
  const round = (number) => Math.round(number * 4) / 4;
  for (const target of targets) {
    const box = boxes.get(target);
    const near = targets.filter((other) => other !== target).map((other) => boxes.get(other))
      .filter((other) => other.left < box.right + 24 && other.right > box.left - 24 && other.top < box.bottom + 24 && other.bottom > box.top - 24)
      .map((other) => [round(other.left - box.left), round(other.top - box.top), round(other.width), round(other.height)]);
    if (box.width >= 24 && box.height >= 24 && near.every(([left, top, width, height]) => left >= box.width || top >= box.height || left + width <= 0 || top + height <= 0)) continue;
    const style = styles.get(target);
    const parent = target.parentElement;
    sign("target", round(box.width), round(box.height), near, target.localName, target.getAttribute("role"), target.getAttribute("type"), target.tabIndex, style.display, style.position, style.visibility, style.pointerEvents,
      styles.get(parent)?.display, parent.localName, parent.textContent.trim() !== target.textContent.trim());
  }
  const html = document.documentElement;
  return {
    signs: [...signs],
    overflow: Math.max(html.scrollWidth, document.body.scrollWidth) - html.clientWidth,
    seen: all.map((element) => (isSeen.get(element) ? 1 : 0)).join(""),
  };
};
