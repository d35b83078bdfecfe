//! What the page's script must know of the cart, as JSON.

use serde_json::{Value as Json, json};

use super::{Cut, View};
use crate::{
    constraints::verify,
    diagnostic::{Code, Diagnostic},
    model::{Cart, Config, Money, OptionKind},
};

/// Custom fields that Snipcart's button has at most: its numbers have two digits.
const SNIPCART_FIELDS: usize = 99;

/// More designs than anyone makes payment links for.
const MOST_LINKS: usize = 1_000;

impl View<'_> {
    /// How a design is bought; null if the store names no cart. What a cart cannot do is an error.
    pub fn cart(&self, cut: &Cut, config: &Config) -> Result<Json, Diagnostic> {
        let cart = &self.customization.cart;
        Ok(match &config.cart {
            None => Json::Null,
            Some(Cart::Post { to, then }) => json!({ "kind": "post", "to": to, "then": then }),
            Some(Cart::Mail { to, subject }) => {
                json!({ "kind": "mail", "to": to, "subject": subject })
            }
            Some(Cart::Snipcart) => self.snipcart(config)?,
            Some(Cart::Shopify { store }) => {
                let variant = cart.variant.ok_or_else(|| {
                    self.lacking("Shopify's cart needs the number of a variant")
                        .hint("add `cart: { variant: 41234567890 }` to `customize`")
                })?;
                json!({ "kind": "shopify", "store": store, "variant": variant })
            }
            Some(Cart::Stripe) => {
                let count = cart.links.len();
                let is_whole = cut.designs == count.to_string() && count <= MOST_LINKS;
                let is_plain = |kind: &OptionKind| matches!(kind, OptionKind::One { .. });
                if !is_whole || !self.options.iter().all(|it| is_plain(&it.option.kind)) {
                    let message = format!(
                        "Stripe takes fixed prices: `{}` has {} designs and {count} payment links",
                        self.product.id, cut.designs
                    );
                    let hint = "write a link for each design under `cart: { links: … }`, without texts and pictures, or choose another cart";
                    return Err(self.lacking(message).hint(hint));
                }
                if let Some(wrong) = cart.links.keys().find(|key| !self.is_design(key)) {
                    return Err(self
                        .lacking(format!("the payment link `{wrong}` is for no design"))
                        .hint("write `option=choice` for every option in its order, with `&` between them"));
                }
                json!({ "kind": "stripe", "links": cart.links })
            }
        })
    }

    /// Whether a text such as `fabric=linen&cuffs=french` says one choice for each option, in their order, that go
    /// together.
    fn is_design(&self, text: &str) -> bool {
        let said: Vec<(String, String)> = form_urlencoded::parse(text.as_bytes())
            .into_owned()
            .collect();
        if said.len() != self.options.len() {
            return false;
        }
        let values = self
            .options
            .iter()
            .zip(&said)
            .map(|(option, (id, choice))| {
                let place = option.choices.iter().position(|it| it.id == *choice);
                place
                    .filter(|_| option.option.id == *id)
                    .map(|it| it as u16)
            });
        let values: Option<Vec<u16>> = values.collect();
        values.is_some_and(|values| verify(&self.problem, &values).broken.is_empty())
    }

    fn lacking(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Code::CartCannotSell, self.customization.span, message)
    }

    /// The fields of Snipcart's button. Its crawler adds up what their options say, so they say all prices.
    fn snipcart(&self, config: &Config) -> Result<Json, Diagnostic> {
        let mut items: Vec<Json> = Vec::new();
        let mut fields = serde_json::Map::new();
        let mut add = |name: String, mut field: Json| {
            let number = items.len() + 1;
            field["number"] = number.into();
            fields.insert(name, number.into());
            items.push(field);
        };
        let changed = |minor: i64| {
            let money = Money {
                minor,
                currency: config.currency,
            };
            match minor {
                0 => String::new(),
                1.. => format!("[+{}]", money.decimal()),
                _ => format!("[{}]", money.decimal()),
            }
        };
        for option in &self.options {
            let place = usize::from(option.variable);
            let prices = &self.problem.variables;
            let id = option.option.id.clone();
            let name = &option.option.title;
            match &option.option.kind {
                OptionKind::One { .. } => {
                    let choices = option.choices.iter().zip(&prices[place].prices);
                    let listed: Vec<String> = choices
                        .map(|(choice, price)| {
                            format!("{}{}", plain(&choice.title), changed(*price))
                        })
                        .collect();
                    add(
                        id,
                        json!({ "name": name, "type": "dropdown", "options": listed.join("|") }),
                    );
                }
                OptionKind::Several { .. } => {
                    for (nth, choice) in option.choices.iter().enumerate() {
                        let price = changed(prices[place + nth].prices[1]);
                        let name = format!("{name}: {}", choice.title);
                        let options = format!("true{price}|false");
                        add(
                            format!("{id}={}", choice.id),
                            json!({ "name": name, "type": "checkbox", "options": options }),
                        );
                    }
                }
                OptionKind::Text(_) | OptionKind::Image(_) => {
                    let costs = prices[place].prices[1] != 0 || option.price_each != 0;
                    if costs {
                        return Err(self
                            .lacking(format!(
                                "Snipcart cannot charge for what is written or brought in `{}`",
                                option.option.id
                            ))
                            .hint("make it free and let an option of choices carry the price, or choose another cart"));
                    }
                    add(id, json!({ "name": name, "type": "textarea" }));
                }
            }
        }
        add(
            "design".to_owned(),
            json!({ "name": "Design", "type": "hidden" }),
        );
        if items.len() > SNIPCART_FIELDS {
            return Err(self
                .lacking(format!(
                    "Snipcart takes {SNIPCART_FIELDS} fields, and `{}` needs {}",
                    self.product.id,
                    items.len()
                ))
                .hint("offer fewer options, or choose another cart"));
        }
        Ok(json!({ "kind": "snipcart", "fields": fields, "items": items }))
    }
}

/// A title without what separates Snipcart's options.
fn plain(title: &str) -> String {
    title.replace(['|', '[', ']'], " ")
}
