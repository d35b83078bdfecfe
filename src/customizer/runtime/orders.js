// The order's own side: which of a product's views its buyer has. `views` is what products.mjs says.

/**
 * Checks an order as a page sends it. `segments` are those that the buyer has proven, such as
 * `{ loyalty: "gold" }`: read them from the signed cookie, never from the order. What everyone may have needs no proof.
 *
 * Returns `{ valid, price, problems }`, as `verify` does.
 */
function verifyOrder(order, segments = {}) {
  const known = memberOf(views.products, String(order?.product)) ?? [];
  const isFor = (proven) => ({ visitors }) =>
    Object.entries(visitors).every(([facet, those]) => those.includes(memberOf(proven, facet) ?? views.defaults[facet]));
  const own = known.filter(isFor(segments));
  const open = known.filter(isFor({}));
  const view = [...own, ...open].find(({ product }) => product.design === order?.design) ?? own[0];
  if (!view) return { valid: false, price: null, problems: ["there is no such product"] };
  return verify(order, view.product);
}
