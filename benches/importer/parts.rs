//! A PC from real parts: `BuildCores` `OpenDB`, one JSON object a line.

use std::{collections::BTreeSet, io::Read, path::Path};

use haberdash::{Comparison, Expression, Problem, Rule, Sum, Term, Value, Variable, VariableId};
use serde_json::Value as Json;

/// The parts that say all that the constraints ask.
pub struct Parts {
    /// In the order of [`GROUPS`].
    groups: Vec<Vec<Json>>,
}

/// The groups of a PC, the file of each, and whether there may be none.
const GROUPS: [(&str, bool); 10] = [
    ("cpu", false),
    ("cpucooler", false),
    ("motherboard", false),
    ("ram", false),
    ("gpu", true),
    ("pccase", false),
    ("psu", false),
    ("storage", true),
    ("storage", true),
    ("storage", true),
];

const CPU: usize = 0;
const COOLER: usize = 1;
const BOARD: usize = 2;
const MEMORY: usize = 3;
const GRAPHICS: usize = 4;
const CASE: usize = 5;
const SUPPLY: usize = 6;
const M2: [usize; 2] = [7, 8];
const SATA: usize = 9;

/// What a PC needs besides its processor and graphics card, in watts.
const OTHER_WATTS: i64 = 90;

impl Parts {
    /// Reads all categories.
    pub fn read(folder: &Path) -> Self {
        let groups = GROUPS.iter().enumerate().map(|(group, (file, _))| {
            let packed = std::fs::read(folder.join(format!("{file}.jsonl.gz"))).unwrap();
            let mut text = String::new();
            flate2::read::GzDecoder::new(packed.as_slice())
                .read_to_string(&mut text)
                .unwrap();
            let parts = text.lines().map(|line| serde_json::from_str(line).unwrap());
            parts.filter(|part| is_complete(group, part)).collect()
        });
        Self {
            groups: groups.collect(),
        }
    }

    /// The problem with at most so many parts in a group.
    pub fn problem(&self, most: usize) -> Problem {
        let choices = GROUPS
            .iter()
            .zip(&self.groups)
            .map(|((_, optional), parts)| {
                let none = optional.then_some(Json::Null);
                none.into_iter()
                    .chain(parts.iter().take(most).cloned())
                    .collect()
            });
        let model = Model {
            choices: choices.collect(),
        };
        let variables = model.choices.iter().map(|choices| Variable {
            // There are no prices in the data: any that differ will do.
            prices: (0..choices.len() as i64)
                .map(|place| place * 7919 % 50_000)
                .collect(),
        });
        Problem {
            variables: variables.collect(),
            constraints: model.constraints(),
        }
    }
}

fn is_complete(group: usize, part: &Json) -> bool {
    let form = part["form_factor"].as_str().unwrap_or("");
    match group {
        CPU => part["socket"].is_string() && watts(&part["specifications"]["tdp"]) > 0,
        COOLER => !strings(&part["cpu_sockets"]).is_empty() && height(part).is_some(),
        BOARD => {
            part["socket"].is_string()
                && part["form_factor"].is_string()
                && part["memory"]["ram_type"].is_string()
                && part["memory"]["slots"].as_i64() > Some(0)
        }
        MEMORY => {
            part["ram_type"].is_string()
                && part["modules"]["quantity"].as_i64() > Some(0)
                && form.ends_with(" DIMM")
        }
        GRAPHICS => part["length"].as_i64() > Some(0) && watts(&part["tdp"]) > 0,
        CASE => {
            !strings(&part["supported_motherboard_form_factors"]).is_empty()
                && part["max_video_card_length"].as_i64() > Some(0)
                && part["max_cpu_cooler_height"].as_i64() > Some(0)
        }
        SUPPLY => watts(&part["wattage"]) > 0,
        SATA => form.starts_with("2.5") || form.starts_with("3.5"),
        _ => form.starts_with("M.2"),
    }
}

fn watts(value: &Json) -> i64 {
    value.as_f64().unwrap_or(0.0) as i64
}

/// How high a cooler is inside the case; a water block always fits.
fn height(cooler: &Json) -> Option<i64> {
    if cooler["water_cooled"].as_bool()? {
        return Some(0);
    }
    cooler["height"].as_f64().map(|height| height.ceil() as i64)
}

fn strings(list: &Json) -> Vec<&str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .collect()
}

struct Model {
    choices: Vec<Vec<Json>>,
}

impl Model {
    fn constraints(&self) -> Vec<Rule> {
        let mut rules = Vec::new();
        let text =
            |key: &'static str| move |part: &Json| part[key].as_str().unwrap_or("").to_owned();
        let socket = text("socket");
        self.alike(&mut rules, (BOARD, &socket), |socket| {
            self.all(CPU, |part| part["socket"] == socket)
        });
        self.alike(&mut rules, (CPU, &socket), |socket| {
            self.all(COOLER, |part| {
                strings(&part["cpu_sockets"]).contains(&socket)
            })
        });
        self.alike(&mut rules, (BOARD, &text("form_factor")), |form| {
            let supported = "supported_motherboard_form_factors";
            self.all(CASE, |part| strings(&part[supported]).contains(&form))
        });
        let memory_type =
            |part: &Json| part["memory"]["ram_type"].as_str().unwrap_or("").to_owned();
        self.alike(&mut rules, (BOARD, &memory_type), |kind| {
            self.all(MEMORY, |part| part["ram_type"] == kind)
        });
        let number = |value: &Json| value.as_i64().unwrap_or(0);
        let modules = |part: &Json| number(&part["modules"]["quantity"]);
        let slots = |part: &Json| number(&part["memory"]["slots"]);
        rules.push(self.at_most(&[(MEMORY, &modules, 1), (BOARD, &slots, -1)], 0));
        let length = |part: &Json| number(&part["length"]);
        let room = |part: &Json| number(&part["max_video_card_length"]);
        rules.push(self.at_most(&[(GRAPHICS, &length, 1), (CASE, &room, -1)], 0));
        let cooler = |part: &Json| height(part).unwrap_or(0);
        let room = |part: &Json| number(&part["max_cpu_cooler_height"]);
        rules.push(self.at_most(&[(COOLER, &cooler, 1), (CASE, &room, -1)], 0));
        // 125 % of what the parts draw, in steps of 10 W.
        let drawn = |watts: i64| (watts * 5 / 4 + 9) / 10;
        let cpu = |part: &Json| drawn(watts(&part["specifications"]["tdp"]));
        let graphics = |part: &Json| drawn(watts(&part["tdp"]));
        let supply = |part: &Json| watts(&part["wattage"]) / 10;
        let draws: [Draw; 3] = [
            (CPU, &cpu, 1),
            (GRAPHICS, &graphics, 1),
            (SUPPLY, &supply, -1),
        ];
        rules.push(self.at_most(&draws, -drawn(OTHER_WATTS)));
        let one = |part: &Json| i64::from(!part.is_null());
        let slots = |part: &Json| part["m2_slots"].as_array().map_or(0, Vec::len) as i64;
        rules.push(self.at_most(
            &[(M2[0], &one, 1), (M2[1], &one, 1), (BOARD, &slots, -1)],
            0,
        ));
        let ports = |part: &Json| number(&part["storage_devices"]["sata_6_gb_s"]);
        rules.push(self.at_most(&[(SATA, &one, 1), (BOARD, &ports, -1)], 0));
        rules
    }

    /// The choices of a group of which something holds.
    fn all(&self, group: usize, test: impl Fn(&Json) -> bool) -> Expression {
        let choices = self.choices[group].iter().zip(0..);
        let values: Vec<Value> = choices
            .filter(|(part, _)| test(part))
            .map(|(_, value)| value)
            .collect();
        Expression::In(group as VariableId, values)
    }

    /// One constraint for each key: a part that has it requires what fits it.
    fn alike(
        &self,
        rules: &mut Vec<Rule>,
        (group, key): (usize, &dyn Fn(&Json) -> String),
        fitting: impl Fn(&str) -> Expression,
    ) {
        let keys: BTreeSet<String> = self.choices[group].iter().map(key).collect();
        rules.extend(keys.iter().map(|name| {
            let having = self.all(group, |part| key(part) == *name);
            Rule::Expression(Expression::Implies(
                Box::new(having),
                Box::new(fitting(name)),
            ))
        }));
    }

    fn at_most(&self, draws: &[Draw], bound: i64) -> Rule {
        let terms = draws.iter().map(|(group, weight, sign)| Term {
            variable: *group as VariableId,
            weights: self.choices[*group]
                .iter()
                .map(|part| weight(part) * sign)
                .collect(),
        });
        Rule::Sum(Sum {
            terms: terms.collect(),
            comparison: Comparison::AtMost,
            bound,
        })
    }
}

/// A group, what its parts weigh, and with which sign.
type Draw<'a> = (usize, &'a dyn Fn(&Json) -> i64, i64);
