// { "kind": "snipcart", "button": ".snipcart-add-item", "fields": { "fabric": 1, "treats=soap": 2, "monogram": 3, "design": 4 } }
//
// The number of the custom field that says each option, in Snipcart's own static button; `design` is the link to the
// design, and `treats=soap` a field that is true or false.

CARTS.snipcart = { start: guardSnipcart, render: fillSnipcart };

/** Snipcart listens for clicks on its button: those on a design with gaps must not reach it. */
function guardSnipcart(page) {
  addEventListener("click", (event) => {
    const isButton = event.target.closest?.(snipcartButton(page));
    if (isButton && page.form.contains(event.target)) stopIncomplete(page, event);
  }, true);
}

function snipcartButton({ cart }) {
  return cart.button ?? ".snipcart-add-item";
}

function fillSnipcart(page) {
  const button = page.form.querySelector(snipcartButton(page));
  const texts = new Map(linesOf(page).map(([{ id }, text]) => [id, text]));
  texts.set("design", linkOf(page));
  for (const [name, number] of Object.entries(page.cart.fields ?? {})) {
    const entry = page.entries.get(name);
    const value = entry?.choice ? String(isShown(entry, page.view)) : texts.get(name) ?? "";
    setAttribute(button, `data-item-custom${number}-value`, value);
  }
  setAttribute(button, "data-item-quantity", String(page.state.quantity));
}
