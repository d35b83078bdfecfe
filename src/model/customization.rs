//! How buyers shape a product: options, choices, constraints.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    constraints::{self, VariableId},
    diagnostic::Span,
    model::{BySegment, Condition, Money},
};

/// The id of the choice that an optional [`CustomOption`] begins with: nothing.
pub const NONE: &str = "none";

/// The options of a customizable product, and what must hold between them.
#[derive(Clone, Debug)]
pub struct Customization {
    /// How many can be ordered at once: fewest and most.
    pub quantity: (u32, u32),
    /// In the order in which buyers are asked.
    pub options: Vec<CustomOption>,
    /// What every design meets. Each names variables of options as [`CustomOption::variables`] says,
    /// and values by the place of the choice, those of all visitors counted.
    pub constraints: Vec<Constraint>,
    /// What buyers are told if it does not hold, no more.
    pub advice: Vec<Constraint>,
    /// What its cart needs to know of it.
    pub cart: ProductCart,
    /// Where it is defined.
    pub span: Span,
}

/// What carts need to know of a product.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProductCart {
    /// Shopify's number of what is put into the cart.
    pub variant: Option<i64>,
    /// Stripe's payment link for each design: its choices in the order of the options, as in an address.
    pub links: BTreeMap<String, String>,
}

/// One thing that buyers decide.
#[derive(Clone, Debug)]
pub struct CustomOption {
    /// Unique within the product; stands in links and orders: `[a-z0-9][a-z0-9-]*`.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// A sentence for people; may be empty.
    pub help: String,
    /// What can be decided.
    pub kind: OptionKind,
    /// Its first variable in constraints.
    pub variable: VariableId,
    /// Other fields, for templates.
    pub data: Map<String, Value>,
    /// Where it is defined.
    pub span: Span,
}

/// What can be decided in an option.
#[derive(Clone, Debug)]
pub enum OptionKind {
    /// One of these; a variable with a value for each choice.
    One {
        /// At least one. The first is [`NONE`] if the option is optional.
        choices: Vec<Choice>,
        /// The place of the choice that is shown before the buyer chooses.
        default: Option<usize>,
    },
    /// Some of these; a variable for each choice, with the values no and yes.
    Several {
        /// At least one.
        choices: Vec<Choice>,
        /// Fewest.
        least: usize,
        /// Most.
        most: usize,
    },
    /// A text; a variable with the values nothing and something.
    Text(TextOption),
    /// A picture of the buyer's; a variable with the values nothing and something.
    Image(ImageOption),
}

/// A text that the buyer writes.
#[derive(Clone, Debug)]
pub struct TextOption {
    /// In characters.
    pub longest: u32,
    /// Which characters: ranges and single ones, as inside `[…]` of a regular expression; all if empty.
    pub characters: String,
    /// Lines that the field shows; a text of more than one may have line breaks.
    pub lines: u32,
    /// What any text costs.
    pub price: BySegment<Money>,
    /// What each character costs on top.
    pub price_each: BySegment<Money>,
}

/// A picture that the buyer brings.
#[derive(Clone, Debug)]
pub struct ImageOption {
    /// Media types.
    pub types: Vec<String>,
    /// In bytes.
    pub largest: u64,
    /// What it costs.
    pub price: BySegment<Money>,
}

/// One answer to an option.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Unique within the option; stands in links and orders.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// What it adds; may be negative.
    pub price: BySegment<Money>,
    /// Whom it is for; everyone if empty. Others never learn of it.
    pub only: Condition,
    /// Other fields: for constraints and templates.
    pub attributes: Map<String, Value>,
    /// Where it is defined.
    pub span: Span,
}

/// A constraint, or advice.
#[derive(Clone, Debug)]
pub struct Constraint {
    /// The sentence that buyers read as the reason.
    pub title: String,
    /// What must hold.
    pub rule: constraints::Rule,
    /// Where it is defined.
    pub span: Span,
}

impl CustomOption {
    /// Its choices; none if it is a text or picture.
    pub fn choices(&self) -> &[Choice] {
        match &self.kind {
            OptionKind::One { choices, .. } | OptionKind::Several { choices, .. } => choices,
            OptionKind::Text(_) | OptionKind::Image(_) => &[],
        }
    }

    /// How many variables it has.
    pub fn variables(&self) -> usize {
        match &self.kind {
            OptionKind::Several { choices, .. } => choices.len(),
            OptionKind::One { .. } | OptionKind::Text(_) | OptionKind::Image(_) => 1,
        }
    }
}

impl Customization {
    /// The option with an id.
    pub fn option(&self, id: &str) -> Option<&CustomOption> {
        self.options.iter().find(|option| option.id == id)
    }
}
