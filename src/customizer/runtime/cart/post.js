// { "kind": "post", "to": "/orders", "then": "/thanks/" }
//
// The order as JSON, to `to` or the form's action. When it is taken, `then` is opened, if it is there.

CARTS.post = { send: postOrder };

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
