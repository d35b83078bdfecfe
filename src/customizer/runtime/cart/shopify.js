// { "kind": "shopify", "store": "https://shop.example.com", "variant": 41234567890 }
//
// A permalink to the shop's cart. A line has at most 25 properties: the order itself is `_order`.

/** Shopify's limit for a line of a cart. */
const SHOPIFY_PROPERTIES = 25;

CARTS.shopify = { send: openShopify };

function openShopify(page) {
  const { store = "", variant } = page.cart;
  const lines = linesOf(page).slice(0, SHOPIFY_PROPERTIES - 1).map(([{ title }, text]) => [title, text]);
  const properties = { ...Object.fromEntries(lines), _order: JSON.stringify(orderOf(page)) };
  const bytes = new TextEncoder().encode(JSON.stringify(properties));
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  const encoded = base64.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  location.assign(`${store}/cart/${variant}:${page.state.quantity}?properties=${encoded}`);
}
