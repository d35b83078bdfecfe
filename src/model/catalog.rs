//! Products, collections and named lists.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::{
    diagnostic::Span,
    model::{Body, BySegment, Customization, Money},
};

/// What the store sells, and its lists.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Sorted by id. Only those with [`Status::Active`].
    pub products: Vec<Product>,
    /// Sorted by id.
    pub collections: Vec<Collection>,
    /// Sorted by id.
    pub lists: Vec<NamedList>,
    /// Products left out because they are drafts or archived.
    pub inactive: usize,
}

impl Catalog {
    /// The place of a product.
    pub fn find_product(&self, id: &str) -> Option<usize> {
        self.products
            .binary_search_by(|p| p.id.as_str().cmp(id))
            .ok()
    }

    /// The product with an id.
    pub fn product(&self, id: &str) -> Option<&Product> {
        self.find_product(id).map(|place| &self.products[place])
    }

    /// The collection with an id.
    pub fn collection(&self, id: &str) -> Option<&Collection> {
        let place = self
            .collections
            .binary_search_by(|c| c.id.as_str().cmp(id))
            .ok()?;
        Some(&self.collections[place])
    }

    /// The named list with an id.
    pub fn list(&self, id: &str) -> Option<&NamedList> {
        let place = self
            .lists
            .binary_search_by(|l| l.id.as_str().cmp(id))
            .ok()?;
        Some(&self.lists[place])
    }
}

/// Something for sale.
#[derive(Clone, Debug)]
pub struct Product {
    /// Unique; also the last part of its URL: `[a-z0-9][a-z0-9-]*`.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// One or two sentences for cards and search engines; may be empty.
    pub summary: String,
    /// The description.
    pub body: Body,
    /// Maker or brand.
    pub vendor: Option<String>,
    /// Kind of product.
    pub kind: Option<String>,
    /// Sorted, no repetition.
    pub tags: Vec<String>,
    /// What it costs; `None` if the source does not say.
    pub prices: Option<Prices>,
    /// How many there are; `None` if stock is not counted.
    pub stock: Option<i64>,
    /// Names of the ways in which its SKUs differ.
    pub options: Vec<ProductOption>,
    /// Sizes and colors; empty if there is but one.
    pub skus: Vec<Sku>,
    /// How buyers shape it.
    pub customization: Option<Arc<Customization>>,
    /// Pictures, the main one first.
    pub images: Vec<Image>,
    /// Smaller comes first in lists.
    pub weight: i64,
    /// When it was last changed, as its source says.
    pub updated: Option<Timestamp>,
    /// Other fields, for templates.
    pub data: Map<String, Value>,
    /// Where it is defined.
    pub span: Span,
}

impl Product {
    /// Whether it, or one of its SKUs, can be bought.
    pub fn in_stock(&self) -> bool {
        if self.skus.is_empty() {
            self.stock.is_none_or(|n| n > 0)
        } else {
            self.skus.iter().any(|sku| sku.stock.is_none_or(|n| n > 0))
        }
    }
}

/// Whether a product is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Shown.
    Active,
    /// Not yet shown.
    Draft,
    /// No longer shown.
    Archived,
}

/// A price, what it was before, and what some segments pay.
#[derive(Clone, Debug, PartialEq)]
pub struct Prices {
    /// What is paid.
    pub price: BySegment<Money>,
    /// What it cost before, if it is reduced.
    pub compare_at: Option<Money>,
}

/// A way in which SKUs differ: size, color.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductOption {
    /// Name for people.
    pub title: String,
    /// In the order in which the source first names them.
    pub values: Vec<String>,
}

/// One size and color of a product.
#[derive(Clone, Debug)]
pub struct Sku {
    /// The shop's own number; unique within the product.
    pub id: String,
    /// The values of its product's options, in their order.
    pub values: Vec<String>,
    /// What it costs, where that differs from its product.
    pub prices: Option<Prices>,
    /// How many there are; `None` if stock is not counted.
    pub stock: Option<i64>,
    /// GTIN or other bar code.
    pub barcode: Option<String>,
    /// Its own picture.
    pub image: Option<Image>,
}

/// A picture and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// URL, or path below `content/` or the theme's assets.
    pub src: String,
    /// For those who do not see it.
    pub alt: String,
}

/// A group of products.
#[derive(Clone, Debug)]
pub struct Collection {
    /// Unique; also the last part of its URL.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// One or two sentences; may be empty.
    pub summary: String,
    /// Text above the products.
    pub body: Body,
    /// Banner.
    pub image: Option<Image>,
    /// How its products are found.
    pub selection: BySegment<Selection>,
    /// Its products, by place in [`Catalog::products`], in order.
    pub members: BySegment<Vec<u32>>,
    /// Products a page; the configuration's number if it does not say.
    pub paginate: Option<usize>,
    /// Smaller comes first in lists.
    pub weight: i64,
    /// Other fields, for templates.
    pub data: Map<String, Value>,
    /// Where it is defined.
    pub span: Span,
}

/// How a collection's products are found.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    /// Which products.
    pub source: SelectionSource,
    /// In which order.
    pub order: Order,
    /// At most so many.
    pub limit: Option<usize>,
}

/// Which products a collection has.
#[derive(Clone, Debug, PartialEq)]
pub enum SelectionSource {
    /// These, by id.
    Manual(Vec<String>),
    /// Those for which all filters hold.
    Rule(Vec<Filter>),
}

/// A test of a product. Lists mean: one of these.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// Has a tag.
    Tag(Vec<String>),
    /// Has none of these tags.
    WithoutTag(Vec<String>),
    /// Is by a maker.
    Vendor(Vec<String>),
    /// Is of a kind.
    Kind(Vec<String>),
    /// Costs at least and less than; in minor units, for a visitor of whom nothing is known.
    Price {
        /// Smallest.
        from: Option<i64>,
        /// One past the largest.
        until: Option<i64>,
    },
    /// Can or cannot be bought.
    InStock(bool),
    /// Costs less than it did.
    Reduced(bool),
}

/// The order of a collection's products; ties are broken by weight, then id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As listed; for rules, by weight.
    Listed,
    /// By name.
    Title,
    /// Cheapest first; products without a price last.
    PriceAscending,
    /// Dearest first; products without a price last.
    PriceDescending,
}

/// A list of the catalog that is not of products: teams, reward tiers.
#[derive(Clone, Debug)]
pub struct NamedList {
    /// Unique.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// In the order of the source.
    pub items: Vec<Item>,
    /// Where it is defined.
    pub span: Span,
}

/// One entry of a [`NamedList`].
#[derive(Clone, Debug)]
pub struct Item {
    /// Unique within the list.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// All its fields, `id` and `title` too.
    pub data: Map<String, Value>,
    /// Where it is defined.
    pub span: Span,
}

impl Selection {
    /// The places of the selected products. Ids that the catalog does not have are left out.
    pub fn select(&self, catalog: &Catalog) -> Vec<u32> {
        let products = &catalog.products;
        let mut places: Vec<u32> = match &self.source {
            SelectionSource::Manual(ids) => ids
                .iter()
                .filter_map(|id| catalog.find_product(id))
                .map(|p| p as u32)
                .collect(),
            SelectionSource::Rule(filters) => (0..products.len())
                .filter(|place| filters.iter().all(|filter| filter.holds(&products[*place])))
                .map(|place| place as u32)
                .collect(),
        };
        let price = |place: &u32| {
            products[*place as usize]
                .prices
                .as_ref()
                .map(|prices| prices.price.default.minor)
        };
        let weight = |place: &u32| products[*place as usize].weight;
        let is_rule = matches!(self.source, SelectionSource::Rule(_));
        match self.order {
            Order::Listed if is_rule => places.sort_by_key(weight),
            Order::Listed => {}
            Order::Title => places.sort_by_cached_key(|place| {
                (
                    products[*place as usize].title.to_lowercase(),
                    weight(place),
                    *place,
                )
            }),
            Order::PriceAscending => places
                .sort_by_key(|place| (price(place).is_none(), price(place), weight(place), *place)),
            Order::PriceDescending => places.sort_by_key(|place| {
                (
                    price(place).is_none(),
                    price(place).map(std::cmp::Reverse),
                    weight(place),
                    *place,
                )
            }),
        }
        places.truncate(self.limit.unwrap_or(usize::MAX));
        places
    }
}

impl Filter {
    fn holds(&self, product: &Product) -> bool {
        let is_one_of = |value: &Option<String>, list: &[String]| {
            value.as_ref().is_some_and(|value| list.contains(value))
        };
        match self {
            Self::Tag(tags) => tags.iter().any(|tag| product.tags.contains(tag)),
            Self::WithoutTag(tags) => !tags.iter().any(|tag| product.tags.contains(tag)),
            Self::Vendor(vendors) => is_one_of(&product.vendor, vendors),
            Self::Kind(kinds) => is_one_of(&product.kind, kinds),
            Self::Price { from, until } => product.prices.as_ref().is_some_and(|prices| {
                let minor = prices.price.default.minor;
                from.is_none_or(|from| minor >= from) && until.is_none_or(|until| minor < until)
            }),
            Self::InStock(wanted) => product.in_stock() == *wanted,
            Self::Reduced(wanted) => {
                let is_reduced = product.prices.as_ref().is_some_and(|prices| {
                    prices
                        .compare_at
                        .is_some_and(|was| was.minor > prices.price.default.minor)
                });
                is_reduced == *wanted
            }
        }
    }
}
