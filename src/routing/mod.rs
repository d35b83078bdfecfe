//! Who gets which file.
//!
//! In: the facets and the diagram of each finished route. Out: a [`RoutingTable`], the IR
//! from which every edge's rules are compiled, and [`resolve`], the reference that every
//! edge must equal. It decides on text alone: it opens no file, and looks at no clock but the
//! request's.

mod assembly;
mod cookie;
mod label;
mod lower;
mod policy;
mod request;
mod resolve;
mod signals;
mod table;
mod trie;

pub use assembly::{ESI, PAGES, REGIONS, SSI};
pub use cookie::{Key, Keys, sign};
pub use label::{Label, labels};
pub use lower::Lowering;
pub use policy::Policy;
pub use request::Request;
pub use resolve::{
    Decision, EXPOSURE, FileMeta, Files, REDIRECT_CACHE, put_together, resolve, segments,
};
pub use table::{FacetRules, RoutingTable, Slot, Target};
#[cfg(test)]
pub use table::{Root, TableNode, TableRule};

#[cfg(test)]
mod tests;
