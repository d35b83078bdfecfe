//! [`verify`]: whether an order is for a design that the shop sells, and what it costs.

use std::{collections::BTreeSet, fmt::Write};

use serde::Serialize;
use serde_json::Value as Json;

use super::{Cut, View, ViewOption};
use crate::{
    constraints,
    model::{Config, OptionKind, TextOption},
};

/// What an order is worth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Whether it can be made, as ordered and at its price.
    pub valid: bool,
    /// What one costs, in minor units, if that can be told.
    pub price: Option<i64>,
    /// What all cost.
    pub total: Option<i64>,
    /// What is wrong, a sentence each.
    pub problems: Vec<String>,
}

impl Verdict {
    /// That an order cannot be made, for one reason.
    pub fn refused(problem: String) -> Self {
        Self {
            valid: false,
            price: None,
            total: None,
            problems: vec![problem],
        }
    }

    /// For people.
    pub fn to_text(&self) -> String {
        let mut text = String::from(if self.valid { "valid" } else { "not valid" });
        if let (Some(price), Some(total)) = (self.price, self.total) {
            let _ = write!(text, ": {total} in all, {price} for one, in minor units");
        }
        text.push('\n');
        for problem in &self.problems {
            let _ = writeln!(text, "  {problem}");
        }
        text
    }
}

/// Checks an order, as a page sends it, against what its buyer may choose. Anything may be given.
pub fn verify(order: &Json, view: &View<'_>, cut: &Cut, config: &Config) -> Verdict {
    let mut check = Check {
        order,
        problems: Vec::new(),
    };
    check.equals("product", &view.product.id);
    check.equals("design", &cut.design);
    check.equals("currency", config.currency.code());
    let assignment = check.assignment(view);
    let quantity = check.quantity(view);
    let price = assignment.map(|(values, texts)| {
        let verdict = constraints::verify(&view.problem, &values);
        for id in verdict.broken {
            let title = &view.customization.constraints[id].title;
            check.problems.push(format!("does not meet: {title}"));
        }
        view.base + verdict.price + texts
    });
    if let Some(price) = price {
        let own = order.get("price");
        if own.and_then(Json::as_i64) != Some(price) {
            let own = own.unwrap_or(&Json::Null);
            check
                .problems
                .push(format!("`price` is {own} and should be {price}"));
        }
    }
    Verdict {
        valid: check.problems.is_empty(),
        price,
        total: price
            .zip(quantity)
            .and_then(|(price, number)| price.checked_mul(number)),
        problems: check.problems,
    }
}

struct Check<'a> {
    order: &'a Json,
    problems: Vec<String>,
}

impl Check<'_> {
    fn say(&mut self, problem: String) {
        self.problems.push(problem);
    }

    fn equals(&mut self, name: &str, wanted: &str) {
        let own = self.order.get(name).unwrap_or(&Json::Null);
        if own.as_str() != Some(wanted) {
            self.say(format!("`{name}` is {own} and should be \"{wanted}\""));
        }
    }

    fn quantity(&mut self, view: &View<'_>) -> Option<i64> {
        let (least, most) = view.customization.quantity;
        let own = self.order.get("quantity").unwrap_or(&Json::Null);
        let number = own
            .as_i64()
            .filter(|number| (i64::from(least)..=i64::from(most)).contains(number));
        if number.is_none() {
            self.say(format!(
                "`quantity` is {own} and should be from {least} to {most}"
            ));
        }
        number
    }

    /// The value of every variable, and what the letters of texts cost; `None` if something is missing.
    fn assignment(&mut self, view: &View<'_>) -> Option<(Vec<u16>, i64)> {
        let mut values = vec![Some(0); view.problem.variables.len()];
        let mut letters = 0;
        for option in &view.options {
            let place = usize::from(option.variable);
            let id = &*option.option.id;
            match &option.option.kind {
                OptionKind::One { .. } => values[place] = self.one(option),
                OptionKind::Several { .. } => {
                    let chosen = self.several(option);
                    for (nth, value) in values[place..place + option.choices.len()]
                        .iter_mut()
                        .enumerate()
                    {
                        *value = chosen
                            .as_ref()
                            .map(|chosen| u16::from(chosen.contains(&nth)));
                    }
                }
                OptionKind::Text(text) => {
                    let given = self.text(id, text);
                    values[place] = given.map(|length| u16::from(length > 0));
                    letters += option.price_each * given.unwrap_or(0) as i64;
                }
                OptionKind::Image(_) => {
                    let images = self.order.get("images").and_then(Json::as_array);
                    let is_given = images
                        .is_some_and(|images| images.iter().any(|it| it.as_str() == Some(id)));
                    values[place] = Some(u16::from(is_given));
                }
            }
        }
        self.strangers(view);
        let values: Option<Vec<u16>> = values.into_iter().collect();
        Some((values?, letters))
    }

    fn one(&mut self, option: &ViewOption<'_>) -> Option<u16> {
        let id = &option.option.id;
        let own = self
            .order
            .get("choices")
            .and_then(|choices| choices.get(id));
        let chosen = own.and_then(Json::as_str);
        let place = option
            .choices
            .iter()
            .position(|choice| Some(choice.id.as_str()) == chosen);
        match (place, own) {
            (Some(place), _) => return Some(place as u16),
            (None, None) => self.say(format!("nothing is chosen for `{id}`")),
            (None, Some(own)) => self.say(format!("`{id}` has no choice {own}")),
        }
        None
    }

    fn several(&mut self, option: &ViewOption<'_>) -> Option<BTreeSet<usize>> {
        let id = &option.option.id;
        let own = self
            .order
            .get("choices")
            .and_then(|choices| choices.get(id));
        let Some(list) = own.map_or(Some(&[][..]), |own| own.as_array().map(Vec::as_slice)) else {
            self.say(format!("`{id}` is not a list of choices"));
            return None;
        };
        let mut chosen = BTreeSet::new();
        let mut is_known = true;
        for own in list {
            let place = option
                .choices
                .iter()
                .position(|choice| Some(choice.id.as_str()) == own.as_str());
            match place {
                Some(place) if chosen.insert(place) => {}
                Some(_) => {
                    self.say(format!("`{id}` has the choice {own} twice"));
                    is_known = false;
                }
                None => {
                    self.say(format!("`{id}` has no choice {own}"));
                    is_known = false;
                }
            }
        }
        is_known.then_some(chosen)
    }

    /// The length of a text, in characters.
    fn text(&mut self, id: &str, text: &TextOption) -> Option<usize> {
        let own = self.order.get("texts").and_then(|texts| texts.get(id));
        let Some(given) = own.map_or(Some(""), Json::as_str) else {
            self.say(format!("the text `{id}` is not a text"));
            return None;
        };
        let length = given.chars().count();
        if length > text.longest as usize {
            self.say(format!(
                "the text `{id}` has {length} characters and may have {}",
                text.longest
            ));
            return None;
        }
        if let Some(wrong) = given.chars().find(|c| !text.allows(*c)) {
            self.say(format!("the text `{id}` may not have {wrong:?}"));
            return None;
        }
        Some(length)
    }

    /// What the order has and the product does not.
    fn strangers(&mut self, view: &View<'_>) {
        let known = |id: &str, wants: fn(&OptionKind) -> bool| {
            let mut options = view.options.iter().map(|it| it.option);
            options.any(|option| option.id == id && wants(&option.kind))
        };
        let is_choosing: fn(&OptionKind) -> bool =
            |kind| matches!(kind, OptionKind::One { .. } | OptionKind::Several { .. });
        let is_text: fn(&OptionKind) -> bool = |kind| matches!(kind, OptionKind::Text(_));
        let is_image: fn(&OptionKind) -> bool = |kind| matches!(kind, OptionKind::Image(_));
        let mut strange: Vec<String> = Vec::new();
        for (name, wants) in [("choices", is_choosing), ("texts", is_text)] {
            match self.order.get(name) {
                None => {}
                Some(Json::Object(own)) => {
                    let ids = own.keys().filter(|id| !known(id, wants));
                    strange.extend(ids.map(|id| format!("there is no option `{id}` in `{name}`")));
                }
                Some(own) => strange.push(format!("`{name}` is {own} and should be a map")),
            }
        }
        match self.order.get("images") {
            None => {}
            Some(Json::Array(own)) => {
                let ids = own
                    .iter()
                    .filter(|id| !id.as_str().is_some_and(|id| known(id, is_image)));
                strange.extend(ids.map(|id| format!("there is no option {id} in `images`")));
            }
            Some(own) => strange.push(format!("`images` is {own} and should be a list")),
        }
        self.problems.extend(strange);
    }
}

impl TextOption {
    /// Whether a character may stand in the text. Line breaks may, where the field has lines.
    pub fn allows(&self, character: char) -> bool {
        if character == '\n' {
            return self.lines > 1;
        }
        if character.is_control() {
            return false;
        }
        let all: Vec<char> = self.characters.chars().collect();
        if all.is_empty() {
            return true;
        }
        let mut at = 0;
        while let Some(first) = all.get(at) {
            if let (Some('-'), Some(last)) = (all.get(at + 1), all.get(at + 2)) {
                if (*first..=*last).contains(&character) {
                    return true;
                }
                at += 3;
            } else if *first == character {
                return true;
            } else {
                at += 1;
            }
        }
        false
    }
}
