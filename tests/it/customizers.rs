//! The customizers of the repository's own store: driven in a real browser and held against the reference; whom they
//! show what; what they weigh. And that any store gets what its cart needs.

use haberdash::{
    Comparison, Compiled, Expression, Limits, Problem, Rule, Sum, Table, Term, Value, Variable,
    compile, verify,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::{Value as Json, json};

use crate::{
    browser::{NOW, run},
    demo_store::{between, built, pages},
    support::{Site, build_tree},
};

// What a page's payload says, as the reference reads it.

fn list<T>(json: &Json, of: impl Fn(&Json) -> T) -> Vec<T> {
    json.as_array().unwrap().iter().map(of).collect()
}

fn number<T: TryFrom<i64, Error: std::fmt::Debug>>(json: &Json) -> T {
    json.as_i64().unwrap().try_into().unwrap()
}

fn expression_of(json: &Json) -> Expression {
    let parts = &json.as_array().unwrap()[1..];
    let inner = || parts.iter().map(expression_of);
    match json[0].as_str().unwrap() {
        "in" => Expression::In(number(&parts[0]), list(&parts[1], number)),
        "not" => Expression::Not(Box::new(expression_of(&parts[0]))),
        "all" => Expression::All(inner().collect()),
        "any" => Expression::Any(inner().collect()),
        "if" => Expression::Implies(
            Box::new(expression_of(&parts[0])),
            Box::new(expression_of(&parts[1])),
        ),
        other => panic!("{other}"),
    }
}

fn rule_of(json: &Json) -> Rule {
    match json[0].as_str().unwrap() {
        "table" => Rule::Table(Table {
            scope: list(&json[1], number),
            tuples: list(&json[2], |tuple| list(tuple, number)),
        }),
        "sum" => Rule::Sum(Sum {
            terms: list(&json[1], |term| Term {
                variable: number(&term[0]),
                weights: list(&term[1], number),
            }),
            comparison: match json[2].as_str().unwrap() {
                "<=" => Comparison::AtMost,
                ">=" => Comparison::AtLeast,
                "=" => Comparison::Equal,
                other => panic!("{other}"),
            },
            bound: number(&json[3]),
        }),
        _ => Rule::Expression(expression_of(json)),
    }
}

/// A product as its page has it.
struct Product {
    payload: Json,
    problem: Problem,
    compiled: Compiled,
}

impl Product {
    fn of(payload: Json) -> Self {
        let problem = Problem {
            variables: list(&payload["prices"], |prices| Variable {
                prices: list(prices, number),
            }),
            constraints: list(&payload["constraints"], |constraint| {
                rule_of(&constraint["rule"])
            }),
        };
        let compiled = compile(&problem, &Limits::default()).unwrap();
        Self {
            payload,
            problem,
            compiled,
        }
    }

    fn options(&self) -> &[Json] {
        self.payload["options"].as_array().unwrap()
    }

    /// Every choice, text and picture in the order of the form: its option, the place of its choice, and the value of a
    /// variable that it is.
    fn entries(&self) -> impl Iterator<Item = (&Json, usize, usize, Value)> {
        self.options().iter().flat_map(|option| {
            let count = option["choices"].as_array().map_or(1, Vec::len);
            (0..count).map(move |at| {
                let variable: usize = number(&option["variable"]);
                if option["choices"].is_null() {
                    (option, at, variable, 1)
                } else if option["least"].is_null() {
                    (option, at, variable, at as Value)
                } else {
                    (option, at, variable + at, 1)
                }
            })
        })
    }

    /// What letters cost.
    fn letters(&self, shown: &Json) -> i64 {
        let texts = self.options().iter().filter(|it| !it["text"].is_null());
        let costs = texts.map(|option| {
            let text = shown[option["id"].as_str().unwrap()].as_str().unwrap();
            option["text"]["each"].as_i64().unwrap_or(0) * text.chars().count() as i64
        });
        costs.sum()
    }
}

fn is_several(option: &Json) -> bool {
    !option["least"].is_null()
}

/// Minor units of an amount as the page writes it, such as `-€1,234.50`.
fn minor(text: &str) -> i64 {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let amount: i64 = digits
        .parse()
        .unwrap_or_else(|_| panic!("no amount in {text:?}"));
    if text.contains('-') { -amount } else { amount }
}

/// What the buyer chose by hand, as the page's link says it; pictures are in no link.
fn picks_of(product: &Product, seen: &Json) -> Vec<Option<Value>> {
    let link = seen["link"].as_str().unwrap();
    let said = link.split_once('#').map_or("", |(_, said)| said);
    let said: Vec<(String, String)> = url::form_urlencoded::parse(said.as_bytes())
        .into_owned()
        .collect();
    let mut picks = vec![None; product.problem.variables.len()];
    for (option, at, variable, value) in product.entries() {
        let id = option["id"].as_str().unwrap();
        let own = said.iter().filter(|(key, _)| key == id);
        let is_said = own.clone().any(|(_, said)| {
            let choice = &option["choices"][at]["id"];
            choice.is_null() || choice == said.as_str()
        });
        let is_brought = !option["image"].is_null() && seen["shown"][id] != "";
        if is_said || is_brought {
            picks[variable] = Some(value);
        }
    }
    picks
}

/// Holds what the page shows after a step against the reference. Returns whether a design was complete.
#[expect(
    clippy::float_cmp,
    reason = "numbers of designs are the same to the last bit"
)]
fn check(product: &Product, seen: &Json) -> bool {
    let what = format!(
        "{} at step {}: {} {}",
        seen["product"], seen["step"], seen["name"], seen["what"]
    );
    let shown = &seen["shown"];
    let picks = picks_of(product, seen);
    let answer = product.compiled.answer(&product.problem.variables, &picks);
    let cheapest = answer
        .cheapest
        .unwrap_or_else(|| panic!("{what}: the picks contradict"));
    let extra = product.payload["base"].as_i64().unwrap() + product.letters(shown);
    let cap = match seen["cap"].as_str().unwrap() {
        "" => None,
        cap => Some((cap.parse::<f64>().unwrap() * 100.0).round() as i64),
    };

    // Possible or not.
    let impossible: String = (product.entries())
        .map(|(_, _, variable, value)| {
            let own = answer.values[variable][usize::from(value)];
            let left = cap.map(|cap| cap - extra);
            if own.is_possible(left) { '0' } else { '1' }
        })
        .collect();
    assert_eq!(
        seen["impossible"],
        impossible.as_str(),
        "{what}: impossible"
    );
    assert_eq!(seen["reasonless"], json!([]), "{what}: no reason");

    // What is shown keeps the picks, and goes together.
    let mut values: Vec<Option<Value>> = vec![None; picks.len()];
    let mut is_whole = true;
    for option in product.options() {
        let own = &shown[option["id"].as_str().unwrap()];
        let variable: usize = number(&option["variable"]);
        if option["choices"].is_null() {
            values[variable] = Some(Value::from(own != ""));
            continue;
        }
        let places: Vec<usize> = list(own, |id| {
            let mut choices = option["choices"].as_array().unwrap().iter();
            choices.position(|choice| choice["id"] == *id).unwrap()
        });
        if is_several(option) {
            for place in &places {
                values[variable + place] = Some(1);
            }
            is_whole &= places.len() >= number::<usize>(&option["least"]);
        } else {
            assert!(
                places.len() <= 1,
                "{what}: two are shown of {}",
                option["id"]
            );
            values[variable] = places.first().map(|place| *place as Value);
            is_whole &= places.len() == 1;
        }
    }
    for (pick, value) in picks.iter().zip(&values) {
        assert!(
            pick.is_none() || pick == value,
            "{what}: a pick is not shown"
        );
    }
    let kept = product.compiled.answer(&product.problem.variables, &values);
    let from = kept
        .cheapest
        .unwrap_or_else(|| panic!("{what}: what is shown contradicts"));

    // The price, and the order.
    let assignment: Vec<Value> = values.iter().map(|value| value.unwrap_or(0)).collect();
    let verdict = verify(&product.problem, &assignment);
    let is_complete = is_whole && verdict.broken.is_empty() && seen["isInvalid"] == false;
    assert_eq!(
        seen["isBarred"], !is_complete,
        "{what}: {}",
        seen["missing"]
    );
    assert_eq!(seen["missing"] == "", is_complete, "{what}");
    let order = &seen["order"];
    assert_eq!(order.is_null(), !is_complete, "{what}: {order}");
    let price = extra + if is_complete { verdict.price } else { from };
    let total = seen["total"].as_str().unwrap();
    let quantity = order["quantity"].as_i64().unwrap_or(1);
    let first = total.split(", ").next().unwrap();
    assert_eq!(minor(first), price * quantity, "{what}: {total}");
    if is_complete {
        assert_eq!(order["price"], price, "{what}");
        for option in product.options() {
            let id = option["id"].as_str().unwrap();
            let own = &shown[id];
            let said = match () {
                () if is_several(option) => order["choices"][id] == *own,
                () if !option["choices"].is_null() => order["choices"][id] == own[0],
                () if !option["text"].is_null() => {
                    order["texts"][id].as_str().unwrap_or("") == own.as_str().unwrap()
                }
                () => {
                    let images = order["images"].as_array().unwrap();
                    images.iter().any(|image| image == id) == (own != "")
                }
            };
            assert!(said, "{what}: {id} is {own} in {order}");
        }
    }

    // How many designs are left.
    let remaining = seen["remaining"].as_str().unwrap();
    let digits: String = remaining.chars().filter(char::is_ascii_digit).collect();
    let count = answer.configurations;
    let told = if digits.is_empty() {
        1.0
    } else {
        digits.parse().unwrap()
    };
    let expected = if count <= 9_007_199_254_740_991.0 {
        count
    } else {
        count.log10().floor()
    };
    assert_eq!(told, expected, "{what}: {remaining}, {count}");

    // What some choices change.
    for difference in seen["differences"].as_array().unwrap() {
        let entry = product.entries().find(|(option, at, ..)| {
            option["id"] == difference["option"]
                && option["choices"][*at]["id"] == difference["choice"]
        });
        let (option, _, variable, value) = entry.unwrap();
        let own = answer.values[variable][usize::from(value)].cheapest;
        let taken = list(&shown[option["id"].as_str().unwrap()], |_| ()).len();
        let now = if is_several(option) {
            (taken >= number::<usize>(&option["least"])).then_some(0)
        } else {
            values[variable]
        };
        let before = match now {
            None => Some(cheapest),
            Some(now) => answer.values[variable][usize::from(now)].cheapest,
        };
        let change = own.zip(before).map_or(0, |(own, before)| own - before);
        let change = if values[variable] == Some(value) {
            0
        } else {
            change
        };
        let text = difference["shown"].as_str().unwrap();
        let is_capped = own.is_some_and(|own| cap.is_some_and(|cap| own + extra > cap));
        // In a list the reason stands in the place of the difference.
        if difference["isList"] == true && (own.is_none() || is_capped) {
            assert!(text.starts_with('('), "{what}: {difference}");
        } else {
            let told = if text.is_empty() { 0 } else { minor(text) };
            assert_eq!(told, change, "{what}: {difference}");
        }
    }
    is_complete
}

/// That what changed along with a choice was said.
fn check_told(product: &Product, before: &Json, seen: &Json) {
    let told = seen["told"].as_str().unwrap();
    let what = seen["what"].as_str().unwrap_or("");
    let chosen = what.split('=').next().unwrap();
    let is_choice = ["choose", "palette"]
        .iter()
        .any(|name| seen["name"] == *name);
    for option in product.options() {
        let id = option["id"].as_str().unwrap();
        let is_changed = before["shown"][id] != seen["shown"][id];
        if is_choice && is_changed && id != chosen {
            let title = option["title"].as_str().unwrap();
            // Of several, what was left out is named by itself.
            assert!(
                told.contains(title) || (is_several(option) && told.contains("without")),
                "{}: {what} changed {title}, and the page said {told:?}",
                seen["product"]
            );
        }
    }
}

/// What `haberdash verify` says of an order.
fn verdict_on(order: &Json) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_haberdash"))
        .args(["verify", "--now", NOW])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(order.to_string().as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
#[ignore = "needs chromium, which tests/run installs"]
fn every_customizer_shows_what_the_reference_says() {
    let folder = tempfile::tempdir().unwrap();
    let (site, notes) = (
        folder.path().join("site"),
        folder.path().join("notes.jsonl"),
    );
    let built = Command::new(env!("CARGO_BIN_EXE_haberdash"))
        .args(["build", "--now", NOW, "--output"])
        .arg(&site)
        .status()
        .unwrap();
    assert!(built.success(), "{built}");
    run("customizers.mjs", &[&site, &notes]);
    check_notes(&notes);
}

/// After so many steps undoing does not lead back to before the first.
const FIRST_STEPS: i64 = 30;

#[expect(clippy::print_stderr, reason = "whoever looks wants to know")]
fn check_notes(notes: &Path) {
    let notes = std::fs::read_to_string(notes).unwrap();
    let mut products: BTreeMap<String, Product> = BTreeMap::new();
    let mut orders: BTreeMap<String, Json> = BTreeMap::new();
    let mut before: Option<Json> = None;
    let mut links: BTreeSet<String> = BTreeSet::new();
    let mut steps = 0;
    for line in notes.lines() {
        let mut seen: Json = serde_json::from_str(line).unwrap();
        if seen["payload"].is_object() {
            let product = Product::of(seen["payload"].take());
            let id = product.payload["product"].as_str().unwrap().to_owned();
            products.insert(id, product);
            (before, links) = (None, BTreeSet::new());
            continue;
        }
        let id = seen["product"].as_str().unwrap();
        if check(&products[id], &seen) {
            orders.insert(id.to_owned(), seen["order"].clone());
        }
        if let Some(before) = &before {
            check_told(&products[id], before, &seen);
            if seen["name"] == "undo" && seen["step"].as_i64() > Some(FIRST_STEPS) {
                assert!(
                    links.contains(seen["link"].as_str().unwrap()),
                    "undone to what never was: {seen}"
                );
            }
        }
        links.insert(seen["link"].as_str().unwrap().to_owned());
        steps += 1;
        before = Some(seen);
    }
    eprintln!(
        "{steps} steps of {} products are as the reference says",
        products.len()
    );
    assert_eq!(
        products.keys().collect::<Vec<_>>(),
        orders.keys().collect::<Vec<_>>()
    );
    for order in orders.values() {
        let verdict = verdict_on(order);
        let total = order["price"].as_i64().unwrap() * order["quantity"].as_i64().unwrap();
        assert!(
            verdict.starts_with(&format!("valid: {total} in all")),
            "{verdict}{order}"
        );
    }
}

// Whom the pages show what.

/// What is for gold members alone, in words of their pages.
const FOR_GOLD: [&str; 8] = [
    "gold-thread",
    "brass-fleck",
    "roof-key-brass",
    "attar",
    "lift-leather",
    "bandolier",
    "sea-island",
    "lift-rope",
];

/// The payload of a page with a customizer.
fn payload(text: &str) -> Option<Json> {
    let found = between(
        text,
        "<script data-payload type=application/json>",
        "</script>",
    );
    Some(serde_json::from_str(found.first()?).unwrap())
}

#[test]
fn what_is_for_gold_members_is_in_their_copies_alone() {
    let mut found = BTreeMap::new();
    for (path, bytes) in &built().1 {
        let text = String::from_utf8_lossy(bytes);
        let mut parts = path.split('/');
        let is_gated = parts.next() == Some("_v") && parts.next() != Some("open");
        let is_gold = is_gated
            && parts
                .next()
                .is_some_and(|label| label.split('~').any(|part| part == "loyalty.gold"));
        for id in FOR_GOLD {
            // As an attribute's value, as JSON, or in a reference to a pattern.
            let marks = [
                format!("value={id}"),
                format!("\"{id}\""),
                format!("t-{id}\""),
                format!("#t-{id}"),
            ];
            if marks.iter().any(|mark| text.contains(mark)) {
                assert!(is_gold, "{path} has {id}");
                *found.entry(id).or_insert(0) += 1;
            }
        }
    }
    assert_eq!(found.len(), FOR_GOLD.len(), "{found:?}");
}

#[test]
fn a_member_pays_a_members_price() {
    let mut prices: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for (route, label, text) in pages() {
        if route != "/shop/dress-shirt-cut-for-you/" {
            continue;
        }
        let payload = payload(text).unwrap();
        let options = payload["options"].as_array().unwrap();
        let fabric = options
            .iter()
            .find(|option| option["id"] == "fabric")
            .unwrap();
        let mut choices = fabric["choices"].as_array().unwrap().iter();
        let linen = choices
            .position(|choice| choice["id"] == "irish-linen")
            .unwrap();
        let price = payload["prices"][number::<usize>(&fabric["variable"])][linen].as_i64();
        let member = label
            .split('~')
            .find(|part| part.starts_with("loyalty."))
            .unwrap_or("");
        prices.entry(member).or_default().extend(price);
    }
    assert_eq!(
        prices.keys().copied().collect::<Vec<_>>(),
        ["", "loyalty.gold", "loyalty.silver"]
    );
    for (member, prices) in prices {
        let expected = if member == "loyalty.gold" { 1800 } else { 2400 };
        assert!(
            prices.iter().all(|price| *price == expected),
            "{member}: {prices:?}"
        );
    }
}

// What they weigh.

/// Bytes on their way, as servers that compress once send them.
fn brotli(bytes: &[u8]) -> usize {
    let parameters = brotli::enc::BrotliEncoderParams::default();
    assert_eq!(parameters.quality, 11);
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &*bytes, &mut compressed, &parameters).unwrap();
    compressed.len()
}

/// What a page may weigh with everything that it runs and is styled by, for who comes for the first time; and what is
/// its own: without what every page of the store has.
const BUDGETS: [(&str, usize, usize); 2] = [
    ("dress-shirt-cut-for-you", 26_700, 21_400),
    ("build-your-own-tower", 120_000, 50_000),
];

#[cfg(feature = "minify")]
#[test]
#[expect(clippy::print_stderr, reason = "the figures, for whoever looks")]
fn customizer_pages_are_light() {
    let files = &built().1;
    let weights = |wanted: &str| -> usize {
        let own = files.iter().filter(|(path, _)| {
            path.starts_with(&format!("assets/{wanted}."))
                && (path.ends_with(".js") || path.ends_with(".css"))
        });
        own.map(|(_, bytes)| brotli(bytes)).sum()
    };
    let (script, store) = (weights("customizer"), weights("site"));
    eprintln!("script {script}, what every page has {store}");
    let mut all = BTreeMap::new();
    for (route, label, text) in pages() {
        if label.is_empty() && payload(text).is_some() {
            let name = route
                .trim_matches('/')
                .rsplit('/')
                .next()
                .unwrap()
                .to_owned();
            let html = brotli(text.as_bytes());
            eprintln!(
                "{name}: page {html}, its own {}, in all {}",
                html + script,
                html + script + store
            );
            all.insert(name, html + script);
        }
    }
    assert_eq!(all.len(), 11);
    for (name, whole, own) in BUDGETS {
        assert!(all[name] <= own, "{name} weighs {}", all[name]);
        assert!(
            all[name] + store <= whole,
            "{name} weighs {}",
            all[name] + store
        );
    }
    assert!(all.values().all(|own| own + store <= 60_000), "{all:?}");
}

// A small store.

/// The repository's theme, and a store that sells one thing of buyers' own making.
fn store(cart: &str, product: &str) -> Site {
    let configuration =
        format!("site: tiny\ntitle: Tiny\nbase-url: https://tiny.example\ncurrency: USD\n{cart}");
    let own = [
        ("haberdash.yaml", configuration.as_str()),
        (
            "content/index.md",
            "---\ntitle: Tiny\n---\nA lamp, and that is all.\n",
        ),
        ("content/catalog/products/lamp.yaml", product),
    ];
    let demo = crate::demo_store::demo();
    let theme = demo
        .below("themes/")
        .map(|(_, file)| (file.path.to_string(), file.bytes.to_vec()));
    let own = own.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
    build_tree(
        haberdash::SourceTree::from_files(own.into_iter().chain(theme)),
        NOW,
    )
}

const LAMP: &str = "\
title: Lamp
price: 20.00
customize:
  quantity: { least: 1, most: 5 }
  cart: { variant: 7, links: { \"shade=linen&foot=oak\": https://buy.example/1, \"shade=linen&foot=brass\": https://buy.example/2, \"shade=paper&foot=oak\": https://buy.example/3 } }
  options:
    - id: shade
      title: Shade
      default: linen
      choices: [ { id: linen, title: Linen, color: \"#eeeeee\" }, { id: paper, title: Paper, price: -2.00 } ]
    - id: foot
      title: Foot
      choices: [ { id: oak, title: Oak }, { id: brass, title: Brass, price: 8.00 } ]
  constraints:
    - { title: Paper burns on brass, never: { shade: paper, foot: brass } }
";

/// What buyers write, for a lamp.
const WORDS: &str = "    - { id: words, title: Words, text: { longest: 9, price: 3.00 } }\n";

fn with_words() -> String {
    LAMP.replace("  constraints:\n", &format!("{WORDS}  constraints:\n"))
}

#[test]
fn a_customized_product_has_a_form_its_facts_and_files_for_who_checks_its_orders() {
    let site = store("", LAMP).expect_no_problems();
    let text = site.text("shop/lamp/index.html");
    let payload = payload(text).unwrap();
    assert_eq!(payload["product"], "lamp");
    assert_eq!(payload["base"], 2000);
    assert_eq!(payload["prices"], json!([[0, -200], [0, 800]]));
    assert!(
        text.contains("data-customizer")
            && text.contains("data-option=foot")
            && !text.contains("data-cart")
    );
    let product = Product::of(payload.clone());
    let designs = product.compiled.configurations(&[None, None]);
    assert_eq!(designs.to_string(), "3");
    let files = &site.built.edges["orders"];
    let names: Vec<&str> = files.iter().map(|file| &*file.path).collect();
    assert_eq!(names, ["README.md", "products.mjs", "verify.mjs"]);
    let products = String::from_utf8_lossy(&files[1].bytes);
    assert!(
        products.contains(payload["design"].as_str().unwrap()),
        "{products}"
    );
}

#[test]
fn each_kind_of_cart_gets_what_it_needs() {
    let cart = |line: &str| -> Json {
        let site = store(line, LAMP).expect_no_problems();
        let text = site.text("shop/lamp/index.html");
        let found = between(
            text,
            "<script data-cart type=application/json>",
            "</script>",
        );
        assert_eq!(found.len(), 1, "{text}");
        let mut cart: Json = serde_json::from_str(found[0]).unwrap();
        let mut forms = between(text, "<form ", ">").into_iter();
        cart["form"] = forms.find(|form| form.contains("data-customizer")).into();
        cart
    };
    let post = cart("cart: { kind: post, to: /orders, then: /thanks/ }\n");
    assert_eq!(
        (&post["kind"], &post["to"], &post["then"]),
        (&json!("post"), &json!("/orders"), &json!("/thanks/"))
    );
    assert!(
        post["form"].as_str().unwrap().contains("action=/orders"),
        "{post}"
    );
    let mail = cart("cart: { kind: mail, to: orders@tiny.example, subject: A lamp }\n");
    assert_eq!(
        (&mail["to"], &mail["subject"]),
        (&json!("orders@tiny.example"), &json!("A lamp"))
    );
    assert!(
        mail["form"]
            .as_str()
            .unwrap()
            .contains("action=mailto:orders@tiny.example"),
        "{mail}"
    );
    let snipcart = cart("cart: { kind: snipcart }\n");
    assert_eq!(
        snipcart["fields"],
        json!({ "shade": 1, "foot": 2, "design": 3 })
    );
    assert_eq!(snipcart["items"][0]["options"], "Linen|Paper[-2.00]");
    assert_eq!(snipcart["items"][1]["options"], "Oak|Brass[+8.00]");
    let shopify = cart("cart: { kind: shopify, store: https://tiny.myshopify.example }\n");
    assert_eq!(
        (&shopify["store"], &shopify["variant"]),
        (&json!("https://tiny.myshopify.example"), &json!(7))
    );
    let stripe = cart("cart: { kind: stripe }\n");
    assert_eq!(
        stripe["links"]["shade=linen&foot=brass"],
        "https://buy.example/2"
    );
    assert_eq!(stripe["links"].as_object().unwrap().len(), 3);
}

#[test]
fn what_a_cart_cannot_sell_is_a_problem_of_the_store() {
    let cases = [
        (
            "kind: shopify, store: https://tiny.example",
            LAMP.replace("variant: 7, ", ""),
            "variant",
        ),
        (
            "kind: snipcart",
            with_words(),
            "cannot charge for what is written",
        ),
        ("kind: stripe", with_words(), "fixed prices"),
        (
            "kind: stripe",
            LAMP.replace(", \"shade=paper&foot=oak\": https://buy.example/3", ""),
            "has 3 designs and 2 payment links",
        ),
        (
            "kind: stripe",
            LAMP.replace("shade=paper&foot=oak", "shade=paper&foot=brass"),
            "is for no design",
        ),
    ];
    for (cart, product, words) in cases {
        let site = store(&format!("cart: {{ {cart} }}\n"), &product);
        let problems: Vec<_> = site.built.diagnostics.iter().collect();
        let [problem] = problems.as_slice() else {
            panic!("{cart}: {problems:#?}");
        };
        assert_eq!(problem.code.name(), "cart-cannot-sell", "{cart}");
        assert!(problem.message.contains(words), "{cart}: {problem:#?}");
    }
}
