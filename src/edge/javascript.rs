//! The decision core for edges that run JavaScript.

use crate::routing::RoutingTable;

/// The core.
pub(super) fn core(_: &RoutingTable) -> String {
    String::new()
}
