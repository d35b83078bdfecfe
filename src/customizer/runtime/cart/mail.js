// { "kind": "mail", "to": "orders@example.com", "subject": "An order" }
//
// A letter in the buyer's own program. Without `subject`, the product's title is.

CARTS.mail = { send: mailOrder };

function mailOrder(page) {
  const { cart, payload, state } = page;
  const lines = linesOf(page).map(([{ title }, text]) => `${title}: ${text}`);
  const body = [payload.title, ...lines, "", `${state.quantity} × ${page.money(page.view.price)}`, linkOf(page)].join("\r\n");
  const subject = cart.subject ?? payload.title;
  location.assign(`mailto:${cart.to}?subject=${encodeURIComponent(subject)}&body=${encodeURIComponent(body)}`);
}
