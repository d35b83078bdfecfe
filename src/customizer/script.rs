//! The scripts: of the page, and of servers that check orders.

use crate::model::Cart;

/// Decodes the diagrams and answers from them.
const CORE: &str = include_str!("runtime/core.js");
/// Checks orders.
const VERIFY: &str = include_str!("runtime/verify.js");
/// Finds what an order's buyer may have.
const ORDERS: &str = include_str!("runtime/orders.js");
/// What a page needs besides.
const PAGE: [&str; 3] = [
    include_str!("runtime/page.js"),
    include_str!("runtime/preview.js"),
    include_str!("runtime/cart.js"),
];

/// The script of every customizer page, to be run when the page is there. Of carts it knows the store's.
pub fn page_script(cart: Option<&Cart>) -> String {
    let cart = match cart {
        None => "",
        Some(Cart::Post { .. }) => include_str!("runtime/cart/post.js"),
        Some(Cart::Mail { .. }) => include_str!("runtime/cart/mail.js"),
        Some(Cart::Snipcart) => include_str!("runtime/cart/snipcart.js"),
        Some(Cart::Shopify { .. }) => include_str!("runtime/cart/shopify.js"),
        Some(Cart::Stripe) => include_str!("runtime/cart/stripe.js"),
    };
    format!(
        "(() => {{\n\"use strict\";\n{CORE}\n{}\n{cart}\nstartCustomizers();\n}})();\n",
        PAGE.join("\n")
    )
}

/// A module that checks orders against the `views` of `products.mjs` beside it.
pub(super) fn verifier() -> String {
    format!(
        "import views from \"./products.mjs\";\n\n{CORE}\n{VERIFY}\n{ORDERS}\nexport {{ verify, verifyOrder }};\n"
    )
}
