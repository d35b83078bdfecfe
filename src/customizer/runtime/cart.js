// Where a design goes when it is bought: what the form's data-cart says. Without it the form is sent as it is.
//
//   { "kind": "post", "to": "/orders", "then": "/thanks/" }
//       The order as JSON, to `to` or the form's action. When it is taken, `then` is opened, if it is there.
//   { "kind": "mail", "to": "orders@example.com", "subject": "An order" }
//       A letter in the buyer's own program. Without `subject`, the product's title is.
//   { "kind": "snipcart", "button": ".snipcart-add-item", "fields": { "fabric": 1, "treats": 2, "monogram": 3, "design": 4 } }
//       The number of the custom field that says each option, in Snipcart's own static button; `design` is the
//       link to the design, and `treats=soap` a field that is true or false.
//   { "kind": "shopify", "store": "https://shop.example.com", "variant": 41234567890 }
//       A permalink to the shop's cart. A line has at most 25 properties: the order itself is `_order`.
//   { "kind": "stripe", "links": { "fabric=irish-linen&lid=oak": "https://buy.stripe.com/…" } }
//       A payment link for each design; a design is its choices in the order of options, written as in an address.
//
// The price that a browser sends is for showing only. `verify` tells a server what is true.

/** Shopify's limit for a line of a cart. */
const SHOPIFY_PROPERTIES = 25;

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

/** What each kind does when a design is bought, and whenever it changes. */
const CARTS = {
  post: { send: postOrder },
  mail: { send: mailOrder },
  snipcart: { render: fillSnipcart },
  shopify: { send: openShopify },
  stripe: { send: openStripe },
};

function startCart(page) {
  page.cart = readJson(page.form, "data-cart");
  if (page.cart?.kind !== "snipcart") return;
  // Snipcart listens for clicks on its button: those on a design with gaps must not reach it.
  addEventListener("click", (event) => {
    const isButton = event.target.closest?.(snipcartButton(page));
    if (isButton && page.form.contains(event.target)) stopIncomplete(page, event);
  }, true);
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

async function postOrder(page) {
  const { form, cart } = page;
  // Who presses twice wants one.
  if (page.isSending) return;
  page.isSending = true;
  try {
    const sent = await fetch(cart.to ?? form.getAttribute("action") ?? "", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(orderOf(page)),
    });
    if (!sent.ok) throw Error(sent.statusText);
    tell(page, say(page, "order-sent"));
    if (cart.then) location.assign(cart.then);
  } catch {
    // The design is still on the page, and in its address.
    tell(page, say(page, "order-failed"));
  }
  page.isSending = false;
}

function mailOrder(page) {
  const { cart, payload, state } = page;
  const lines = linesOf(page).map(([{ title }, text]) => `${title}: ${text}`);
  const body = [payload.title, ...lines, "", `${state.quantity} × ${page.money(page.view.price)}`, linkOf(page)].join("\r\n");
  const subject = cart.subject ?? payload.title;
  location.assign(`mailto:${cart.to}?subject=${encodeURIComponent(subject)}&body=${encodeURIComponent(body)}`);
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

function openShopify(page) {
  const { store = "", variant } = page.cart;
  const lines = linesOf(page).slice(0, SHOPIFY_PROPERTIES - 1).map(([{ title }, text]) => [title, text]);
  const properties = { ...Object.fromEntries(lines), _order: JSON.stringify(orderOf(page)) };
  const bytes = new TextEncoder().encode(JSON.stringify(properties));
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  const encoded = base64.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  location.assign(`${store}/cart/${variant}:${page.state.quantity}?properties=${encoded}`);
}

function openStripe(page) {
  const said = new URLSearchParams();
  for (const [id, chosen] of Object.entries(orderOf(page).choices)) {
    for (const choice of [chosen].flat()) said.append(id, choice);
  }
  const links = page.cart.links ?? {};
  const key = String(said);
  if (Object.hasOwn(links, key)) location.assign(links[key]);
  else tell(page, say(page, "order-unavailable"));
}
