//! What a server needs to check orders by itself: a module, and every view of every product.

use serde_json::{Map, Value as Json, json};

use super::{Customizers, audiences, script};
use crate::model::Store;

const README: &str = "\
# Checking orders

`verify.mjs` checks orders of customized products, without a dependency and without the store's sources:

    import { verifyOrder } from \"./verify.mjs\";

    const { valid, price, problems } = verifyOrder(order, { loyalty: \"gold\" });

`order` is the JSON that a customizer page sends. The second argument is what the buyer has *proven*: segments
from the signed cookie, checked by your server. It is never to be taken from the order, for members' prices and
choices depend on it. Without it the order is checked against what everyone may have.

`price` is for one, in minor units; `problems` says in words what is wrong. `haberdash verify` says the same
from the store's sources.

`products.mjs` holds every price and choice, those of members too: keep it on the server.
";

/// The files, by path. None if buyers customize nothing. A view that has no design is left out: it was
/// reported while its page was rendered.
pub fn order_files(store: &Store, customizers: &Customizers) -> Vec<(&'static str, String)> {
    let mut products = Map::new();
    let mut defaults = Map::new();
    for product in &store.catalog.products {
        let views = audiences(product, &store.facets)
            .into_iter()
            .filter_map(|audience| {
                let cut = customizers.cut(&audience.view, &store.config).ok()?;
                let visitors = audience.visitors.iter().map(|(facet, set)| {
                    let facet = store.facets.facet(*facet);
                    let segment = |place: u16| facet.segments[usize::from(place)].id.as_str();
                    defaults.insert(facet.id.clone(), segment(facet.default).into());
                    let segments: Json = set.iter().map(segment).collect();
                    (facet.id.clone(), segments)
                });
                let visitors: Map<String, Json> = visitors.collect();
                Some(json!({ "visitors": visitors, "product": cut.payload }))
            });
        let views: Vec<Json> = views.collect();
        if !views.is_empty() {
            products.insert(product.id.clone(), views.into());
        }
    }
    if products.is_empty() {
        return Vec::new();
    }
    let views = json!({ "defaults": defaults, "products": products });
    vec![
        ("README.md", README.to_owned()),
        ("products.mjs", format!("export default {views};\n")),
        ("verify.mjs", script::verifier()),
    ]
}
