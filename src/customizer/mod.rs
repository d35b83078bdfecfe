//! Customizers of products: what a visitor may choose and at which prices, compiled for the page, and
//! checked when it comes back as an order.
//!
//! In: a [`Product`] and what is known of a visitor. Out: a [`View`] of its options for that visitor; a
//! [`Cut`], the same compiled, as JSON for the page's script and as figures; a [`Verdict`] on an order.
//! What a visitor may not choose is in neither. Never renders, and never trusts an order.
//!
//! [`Product`]: crate::model::Product

mod audience;
mod cart;
mod check;
mod cut;
mod orders;
mod payload;
mod script;
#[cfg(test)]
mod tests;
mod verify;
mod view;

pub use audience::audiences;
pub use check::{Figures, check};
pub use cut::{Customizers, Cut};
pub use orders::order_files;
pub use script::page_script;
pub use verify::{Verdict, verify};
pub use view::{View, ViewOption};
