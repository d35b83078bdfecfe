//! [`View`]: what one visitor may choose.

use crate::{
    constraints::{Kept, Problem, Rule, Variable, VariableId},
    decision::ValueSet,
    model::{
        BySegment, Choice, Constraint, CustomOption, Customization, Money, OptionKind, Product,
    },
};

/// A product's options as a visitor has them: without the choices that are not for them, at their prices.
#[derive(Clone, Debug)]
pub struct View<'a> {
    /// The product.
    pub product: &'a Product,
    /// Where all is defined.
    pub customization: &'a Customization,
    /// What the product costs before anything is chosen, in minor units.
    pub base: i64,
    /// Those with something to choose.
    pub options: Vec<ViewOption<'a>>,
    /// Variables with prices, and the constraints over them in the order of
    /// [`Customization::constraints`].
    pub problem: Problem,
    /// Advice over the same variables.
    pub advice: Vec<Rule>,
}

/// An option as a visitor has it.
#[derive(Clone, Debug)]
pub struct ViewOption<'a> {
    /// Where it is defined.
    pub option: &'a CustomOption,
    /// Its first variable.
    pub variable: VariableId,
    /// Those that the visitor may choose.
    pub choices: Vec<&'a Choice>,
    /// Of one-of: the place in `choices` of the one that is shown first.
    pub default: Option<usize>,
    /// Of a text: what each character costs.
    pub price_each: i64,
}

impl<'a> View<'a> {
    /// What a visitor may choose. `is_in` answers whether they are in one of some segments of a facet, and is
    /// asked only what is needed. `None` if buyers do not shape the product.
    pub fn new(
        product: &'a Product,
        mut is_in: impl FnMut(u16, &ValueSet) -> bool,
    ) -> Option<Self> {
        Self::with(product, &mut is_in, false)
    }

    /// All that anyone may choose, at the prices of visitors of whom nothing is known.
    pub fn whole(product: &'a Product) -> Option<Self> {
        Self::with(product, &mut |_, _| false, true)
    }

    fn with(
        product: &'a Product,
        is_in: &mut dyn FnMut(u16, &ValueSet) -> bool,
        has_all: bool,
    ) -> Option<Self> {
        let customization = product.customization.as_deref()?;
        let base = product.prices.as_ref();
        let base = base.map_or(0, |prices| amount(&prices.price, is_in));
        let mut view = Self {
            product,
            customization,
            base,
            options: Vec::new(),
            problem: Problem::default(),
            advice: Vec::new(),
        };
        // What becomes of each variable.
        let mut kept: Vec<Kept> = Vec::new();
        for option in &customization.options {
            view.add(option, &mut kept, is_in, has_all);
        }
        let restricted = |constraint: &Constraint| constraint.rule.restricted(&kept);
        view.problem.constraints = customization.constraints.iter().map(restricted).collect();
        view.advice = customization.advice.iter().map(restricted).collect();
        Some(view)
    }

    fn add(
        &mut self,
        option: &'a CustomOption,
        kept: &mut Vec<Kept>,
        is_in: &mut dyn FnMut(u16, &ValueSet) -> bool,
        has_all: bool,
    ) {
        let variables = &mut self.problem.variables;
        let variable = variables.len() as VariableId;
        let mut choices = Vec::new();
        let mut places = Vec::new();
        for choice in option.choices() {
            let mut only = choice.only.iter();
            let is_kept = has_all || only.all(|(facet, set)| is_in(*facet, set));
            places.push(is_kept.then_some(choices.len() as u16));
            choices.extend(is_kept.then_some(choice));
        }
        let mut price_each = 0;
        let mut shown = None;
        match &option.kind {
            OptionKind::One { default, .. } => {
                if choices.is_empty() {
                    kept.push(None);
                    return;
                }
                shown = default.and_then(|place| places[place]).map(usize::from);
                kept.push(Some((variable, places)));
                variables.push(Variable {
                    prices: choices.iter().map(|it| amount(&it.price, is_in)).collect(),
                });
            }
            OptionKind::Several { .. } => {
                kept.extend(places.iter().map(|place| {
                    let own = variable + (*place)?;
                    Some((own, vec![Some(0), Some(1)]))
                }));
                variables.extend(choices.iter().map(|choice| Variable {
                    prices: vec![0, amount(&choice.price, is_in)],
                }));
                if choices.is_empty() {
                    return;
                }
            }
            OptionKind::Text(text) => {
                price_each = amount(&text.price_each, is_in);
                self.given(amount(&text.price, is_in), kept);
            }
            OptionKind::Image(image) => self.given(amount(&image.price, is_in), kept),
        }
        self.options.push(ViewOption {
            option,
            variable,
            choices,
            default: shown,
            price_each,
        });
    }

    /// Adds the variable of what is given or not.
    fn given(&mut self, price: i64, kept: &mut Vec<Kept>) {
        let variable = self.problem.variables.len() as VariableId;
        kept.push(Some((variable, vec![Some(0), Some(1)])));
        let prices = vec![0, price];
        self.problem.variables.push(Variable { prices });
    }

    /// What a value of a variable is: its option and, if it is a choice, that.
    pub fn named(&self, variable: VariableId, value: u16) -> Option<(&CustomOption, &Choice)> {
        let next = self.options.partition_point(|it| it.variable <= variable);
        let option = self.options.get(next.checked_sub(1)?)?;
        let place = match option.option.kind {
            OptionKind::One { .. } => value,
            OptionKind::Several { .. } if value == 1 => variable - option.variable,
            OptionKind::Several { .. } | OptionKind::Text(_) | OptionKind::Image(_) => return None,
        };
        let choice = option.choices.get(usize::from(place))?;
        Some((option.option, choice))
    }
}

/// A visitor's amount, in minor units.
fn amount(amounts: &BySegment<Money>, is_in: &mut dyn FnMut(u16, &ValueSet) -> bool) -> i64 {
    amounts.choose(is_in).minor
}
