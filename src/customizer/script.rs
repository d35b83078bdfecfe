//! The scripts: of the page, and of servers that check orders.

/// Decodes the diagrams and answers from them.
const CORE: &str = include_str!("runtime/core.js");
/// Checks orders.
const VERIFY: &str = include_str!("runtime/verify.js");
/// What a page needs besides.
const PAGE: [&str; 3] = [
    include_str!("runtime/page.js"),
    include_str!("runtime/preview.js"),
    include_str!("runtime/cart.js"),
];

/// The script of every customizer page, to be run when the page is there.
pub fn page_script() -> String {
    format!(
        "(() => {{\n{CORE}\n{}\nstartCustomizers();\n}})();\n",
        PAGE.join("\n")
    )
}

/// A module that exports `verify(order, product)`, where a product is what pages have as payload.
pub fn verifier() -> String {
    format!("{CORE}\n{VERIFY}\nexport {{ verify }};\n")
}
