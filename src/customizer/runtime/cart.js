// Where a design goes when it is bought: what the form's data-cart says, `{ "kind": … }`. Without it, or without the
// file of its kind from the folder beside this one, the form is sent as it is.
//
// The price that a browser sends is for showing only. `verify` tells a server what is true.

/** The order, as it is sent and checked. */
function orderOf({ payload, state, view, options }) {
  const { product, design, currency } = payload;
  const choices = {};
  for (const { option, entries } of options.filter(({ option }) => option.choices)) {
    const ids = entries.filter((entry) => isShown(entry, view)).map(({ choice }) => choice.id);
    choices[option.id] = takesSeveral(option) ? ids : ids[0];
  }
  return { product, design, choices, texts: { ...state.texts }, images: Object.keys(state.images), quantity: state.quantity, price: view.price, currency };
}

/** What a person reads of each option: its title, and what was chosen. */
function linesOf({ state, view, options, list }) {
  const lines = options.map(({ option, entries }) => {
    const titles = entries.filter((entry) => isShown(entry, view)).map(({ choice }) => choice?.title);
    return [option, option.choices ? list(titles) : state.texts[option.id] ?? state.images[option.id]?.name ?? ""];
  });
  return lines.filter(([, text]) => text);
}

/** By kind: `send(page)` when a design is bought, `render(page)` whenever it changes, `start(page)` once. */
const CARTS = {};

function startCart(page) {
  page.cart = readJson(page.form, "data-cart");
  cartOf(page).start?.(page);
}

function cartOf({ cart }) {
  return Object.hasOwn(CARTS, cart?.kind ?? "") ? CARTS[cart.kind] : {};
}

function renderCart(page) {
  cartOf(page).render?.(page);
}

/** Sends a complete design, in place of the form. */
function sendOrder(page, event) {
  const { send } = cartOf(page);
  if (!send) return;
  event.preventDefault();
  send(page);
}
