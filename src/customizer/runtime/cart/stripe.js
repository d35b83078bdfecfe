// { "kind": "stripe", "links": { "fabric=irish-linen&lid=oak": "https://buy.stripe.com/…" } }
//
// A payment link for each design; a design is its choices in the order of options, written as in an address.

CARTS.stripe = { send: openStripe };

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
