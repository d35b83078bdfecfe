//! Requests that tell a right edge from a wrong one: every file, every leaf of every diagram, and
//! what hostile clients send. The same table and time give the same list.

use std::collections::{BTreeMap, BTreeSet};

use haberdash::{Key, Keys, Manifest, Request, RoutingTable, resolve, sign};
use serde_json::Value;

use super::{
    hostile,
    visitor::{Wish, agent, product, ways},
};

/// What requests call the site. No engine may need to know it.
pub const HOST: &str = "shop.test";

/// Why a request is in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A public file, to a visitor who shows nothing.
    File,
    /// A visitor for one way through a route's diagram.
    Leaf,
    Redirect,
    NotFound,
    /// Any route, any values.
    Random,
    /// Signed cookies that prove nothing, or something after all.
    Signature,
    Cookie,
    Path,
    /// Where variants stand.
    Internal,
    Query,
    /// Headers that pretend to be the platform's or the edge's own.
    Spoof,
    Range,
    Method,
    Conditional,
    Header,
}

/// An entity tag, in the engine's own notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// Of the file that is decided.
    Own,
    Weak,
    /// Of another variant of the route, or of another file if there is none.
    Other,
    /// Others, and its own among them.
    List,
    Star,
    Garbage,
}

#[derive(Clone, Debug)]
pub struct Case {
    pub kind: Kind,
    /// What is special about it.
    pub name: String,
    pub method: String,
    /// Path and query as they go over the wire.
    pub target: Vec<u8>,
    pub headers: Vec<(String, Vec<u8>)>,
    pub country: Option<String>,
    pub if_none_match: Option<Tag>,
}

impl Case {
    pub fn get(kind: Kind, name: &str, target: impl AsRef<[u8]>) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            method: "GET".to_owned(),
            target: target.as_ref().to_vec(),
            headers: Vec::new(),
            country: None,
            if_none_match: None,
        }
    }

    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    pub fn by(mut self, method: &str) -> Self {
        method.clone_into(&mut self.method);
        self
    }

    pub fn add(&mut self, name: &str, value: impl AsRef<[u8]>) {
        self.headers
            .push((name.to_owned(), value.as_ref().to_vec()));
    }

    pub fn with(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.add(name, value);
        self
    }

    pub fn add_query(&mut self, pair: &str) {
        let mark = if self.target.contains(&b'?') {
            b'&'
        } else {
            b'?'
        };
        self.target.push(mark);
        self.target.extend_from_slice(pair.as_bytes());
    }

    /// The only header of a name.
    pub fn header(&self, name: &str) -> Option<String> {
        let is_it = |(other, _): &&(String, Vec<u8>)| other.eq_ignore_ascii_case(name);
        let (_, value) = self.headers.iter().find(is_it)?;
        Some(String::from_utf8_lossy(value).into_owned())
    }

    /// The bytes that are sent. `tag` is the text of `If-None-Match`.
    pub fn wire(&self, tag: Option<&str>) -> Vec<u8> {
        let mut bytes = self.method.clone().into_bytes();
        bytes.push(b' ');
        bytes.extend_from_slice(&self.target);
        bytes.extend_from_slice(format!(" HTTP/1.1\r\nHost: {HOST}\r\n").as_bytes());
        let tag = tag.map(|tag| ("If-None-Match".to_owned(), tag.as_bytes().to_vec()));
        for (name, value) in self.headers.iter().chain(&tag) {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes
    }

    /// The request as the reference sees it.
    pub fn request(&self, now: i64, tag: Option<&str>) -> Request {
        let target = String::from_utf8_lossy(&self.target);
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        // The absolute form names the site first.
        let path = match path.strip_prefix("http://") {
            Some(rest) => rest.find('/').map_or("/", |at| &rest[at..]),
            None => path,
        };
        let mut request = Request::get(path);
        request.method.clone_from(&self.method);
        query.clone_into(&mut request.query);
        request.country.clone_from(&self.country);
        request.now = Some(now);
        for (name, value) in &self.headers {
            // Bytes that are not UTF-8 match nothing that a store can name.
            request.add_header(
                name,
                String::from_utf8_lossy(value).trim_matches([' ', '\t']),
            );
        }
        if let Some(tag) = tag {
            request.add_header("If-None-Match", tag);
        }
        request
    }

    /// Whether a parser of HTTP may refuse it, and with which statuses.
    pub fn refusals(&self) -> &'static [u16] {
        let is_text = |value: &[u8]| value.iter().all(|b| *b == b'\t' || *b >= b' ' && *b != 127);
        let size: usize = self
            .headers
            .iter()
            .map(|(n, v)| n.len() + v.len() + 4)
            .sum();
        if size > 4000 || self.target.len() > 4000 {
            return &[400, 413, 414, 431];
        }
        // A form of target that only `OPTIONS` has; workerd has no other word for it.
        if self.target == b"*" {
            return &[400, 500];
        }
        let known = [
            "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND",
        ];
        if !known.contains(&self.method.as_str()) {
            return &[400, 405, 501];
        }
        if !is_plain_target(&self.target) || !self.headers.iter().all(|(_, value)| is_text(value)) {
            return &[400];
        }
        &[]
    }
}

/// A target as RFC 9112 wants it, which climbs nowhere and hides nothing.
fn is_plain_target(target: &[u8]) -> bool {
    let (path, query) = match target.iter().position(|b| *b == b'?') {
        Some(at) => (&target[..at], &target[at + 1..]),
        None => (target, &[][..]),
    };
    let is_plain = |b: &u8| b.is_ascii_alphanumeric() || b"/._~-!$&'()*+,;=:@%".contains(b);
    let escapes_are_whole = path
        .iter()
        .enumerate()
        .filter(|(_, b)| **b == b'%')
        .all(|(at, _)| {
            path.get(at + 1..at + 3)
                .is_some_and(|d| d.iter().all(u8::is_ascii_hexdigit) && d != b"00")
        });
    let text = String::from_utf8_lossy(path).to_ascii_lowercase();
    let text = text
        .replace("%2e", ".")
        .replace("%2f", "/")
        .replace("%5c", "/");
    path.starts_with(b"/")
        && path.iter().all(is_plain)
        && escapes_are_whole
        && text.split('/').all(|part| part != "..")
        && query
            .iter()
            .all(|b| b.is_ascii_graphic() && !b"#\"<>\\^`{|}".contains(b))
}

/// The keys of a site in the open, for signing what the library would not sign.
#[derive(Clone, Debug)]
pub struct Signer {
    pub site: String,
    pub keys: Vec<Key>,
}

impl Signer {
    pub fn keys(&self) -> Keys {
        Keys::new(&self.site, self.keys.clone())
    }

    pub fn sign(&self, expiry: i64, fields: &[(&str, &str)]) -> String {
        sign(&self.keys(), expiry, fields)
    }

    /// With the key that signed before it was rotated.
    pub fn sign_with_previous(&self, expiry: i64, fields: &[(&str, &str)]) -> String {
        let keys = self.keys.iter().rev().cloned().collect();
        sign(&Keys::new(&self.site, keys), expiry, fields)
    }
}

/// A small generator of numbers that are as good as random (`SplitMix64`).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % sides as u64) as usize
    }

    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.roll(list.len())]
    }
}

/// What became of a leaf: a way through the diagram of a root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    Reached,
    /// Nobody is in this segment at this time.
    NotNow(String),
    /// Each of its segments can be, but no request was found that is in all.
    Failed,
}

pub struct Corpus {
    pub cases: Vec<Case>,
    /// By name.
    pub leaves: BTreeMap<String, Reach>,
}

/// What cases are made of.
pub struct Ground<'a> {
    pub table: &'a RoutingTable,
    pub json: Value,
    pub manifest: &'a Manifest,
    pub signer: &'a Signer,
    pub now: i64,
    /// When signed cookies expire that shall hold.
    pub expiry: i64,
    /// Public paths that are files, not redirects.
    pub routes: Vec<String>,
    pub signals: Signals,
}

/// Every value that a table names, by signal.
#[derive(Debug, Default)]
pub struct Signals {
    pub cookies: BTreeMap<String, BTreeSet<String>>,
    /// By cookie and field.
    pub signed: BTreeMap<(String, String), BTreeSet<String>>,
    pub queries: BTreeMap<String, BTreeSet<String>>,
    pub countries: BTreeSet<String>,
    pub languages: BTreeSet<String>,
    pub referrers: BTreeSet<String>,
    pub purposes: BTreeSet<String>,
}

/// Longer lists of leaves are sampled.
const MOST_LEAVES: u64 = 3000;

/// How much of everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// Whether every route shows all its leaves, or one route of each shape does.
    pub every_route: bool,
    /// Random requests are added up to this number.
    pub total: usize,
    pub hostile: bool,
}

/// The list for a table at a time.
pub fn corpus(
    table: &RoutingTable,
    manifest: &Manifest,
    signer: &Signer,
    now: i64,
    scale: Scale,
) -> Corpus {
    let ground = Ground::new(table, manifest, signer, now);
    let mut cases = Vec::new();
    let leaves = ground.leaves(&mut cases, scale.every_route);
    if scale.hostile {
        ground.files(&mut cases);
        ground.redirects(&mut cases);
        ground.not_found(&mut cases);
        hostile::add(&ground, &mut cases);
    }
    let mut dice = Dice::new(0x00D1_CE00);
    while cases.len() < scale.total {
        cases.push(ground.random(&mut dice));
    }
    Corpus { cases, leaves }
}

impl<'a> Ground<'a> {
    pub fn new(
        table: &'a RoutingTable,
        manifest: &'a Manifest,
        signer: &'a Signer,
        now: i64,
    ) -> Self {
        let json = serde_json::to_value(table).unwrap();
        let signals = Signals::of(&json);
        let public = manifest.files.keys().filter(|path| is_public(path));
        let routes = public
            .map(|path| path_of(path))
            .filter(|path| table.redirect(path).is_none() && path != "/404.html")
            .collect();
        Self {
            table,
            json,
            manifest,
            signer,
            now,
            expiry: now + 30 * 86_400,
            routes,
            signals,
        }
    }

    pub fn segments_of(&self, case: &Case) -> BTreeMap<String, String> {
        let request = case.request(self.now, None);
        let keys = self.signer.keys();
        resolve(
            self.table,
            self.manifest,
            &keys,
            &request,
            self.now,
            &BTreeMap::new(),
        )
        .assignment
    }

    /// Pages that show different variants.
    pub fn varied(&self) -> Vec<&String> {
        let is_varied = |path: &&String| self.root(path).1 >= 0;
        self.routes.iter().filter(is_varied).collect()
    }

    /// One page of each shape.
    pub fn shapes(&self) -> Vec<&String> {
        let mut seen = BTreeSet::new();
        self.varied()
            .into_iter()
            .filter(|path| seen.insert(self.root(path).0))
            .collect()
    }

    /// The root of a path by place, and where its diagram begins.
    fn root(&self, path: &str) -> (u32, i64) {
        let root = self.table.find(path);
        (
            root,
            self.json["roots"][root as usize]["at"].as_i64().unwrap(),
        )
    }

    fn files(&self, cases: &mut Vec<Case>) {
        for path in self.manifest.files.keys().filter(|path| is_public(path)) {
            cases.push(Case::get(Kind::File, "a public file", path_of(path)));
        }
    }

    /// A visitor for each leaf of each route.
    fn leaves(&self, cases: &mut Vec<Case>, every_route: bool) -> BTreeMap<String, Reach> {
        let mut by_root: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        for path in &self.routes {
            by_root
                .entry(self.root(path).0)
                .or_default()
                .push(path.clone());
        }
        let not_found = self.table.not_found;
        by_root
            .entry(not_found)
            .or_default()
            .push("/no-such-page/".to_owned());
        let mut leaves = BTreeMap::new();
        let mut known: BTreeMap<(u64, u64), Vec<Wish>> = BTreeMap::new();
        for (root, routes) in &by_root {
            let at = self.json["roots"][*root as usize]["at"].as_i64().unwrap();
            if at < 0 {
                continue;
            }
            for way in self.ways_through(at) {
                let name = format!("root {root}: {}", self.named(&way));
                let mut wishes = vec![Wish::default()];
                let mut impossible = None;
                for (place, segment) in &way {
                    let facet = &self.json["facets"][*place as usize];
                    let own = known
                        .entry((*place, *segment))
                        .or_insert_with(|| ways(facet, *segment, self.now));
                    if own.is_empty() {
                        impossible = Some(self.named(&[(*place, *segment)]));
                    }
                    wishes = product(&wishes, own);
                }
                if let Some(segment) = impossible {
                    leaves.insert(name, Reach::NotNow(segment));
                    continue;
                }
                let count = if every_route { routes.len() } else { 1 };
                for route in routes.iter().take(count) {
                    let found = wishes.iter().find_map(|wish| self.leaf(route, &way, wish));
                    let reach = if found.is_some() {
                        Reach::Reached
                    } else {
                        Reach::Failed
                    };
                    leaves.insert(name.clone(), reach);
                    cases.extend(found);
                }
            }
        }
        leaves
    }

    fn leaf(&self, route: &str, way: &[(u64, u64)], wish: &Wish) -> Option<Case> {
        let mut case = Case::get(Kind::Leaf, &self.named(way), route);
        wish.apply(&mut case, self.signer, self.expiry);
        let got = self.segments_of(&case);
        let is_there = way.iter().all(|(place, segment)| {
            let facet = &self.json["facets"][*place as usize];
            let id = facet["id"].as_str().unwrap();
            got.get(id).map(String::as_str) == facet["segments"][*segment as usize].as_str()
        });
        is_there.then_some(case)
    }

    fn named(&self, way: &[(u64, u64)]) -> String {
        let pairs: Vec<String> = way
            .iter()
            .map(|(place, segment)| {
                let facet = &self.json["facets"][*place as usize];
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                format!(
                    "{}={}",
                    text(&facet["id"]),
                    text(&facet["segments"][*segment as usize])
                )
            })
            .collect();
        pairs.join(" ")
    }

    /// Facets and segments on the ways from a node to slots. Of too many, enough to take every arc.
    fn ways_through(&self, root: i64) -> Vec<Vec<(u64, u64)>> {
        let node = |at: i64| &self.json["nodes"][at as usize];
        let arcs = |at: i64| -> Vec<i64> {
            let to = node(at)["to"].as_array().unwrap();
            to.iter().map(|to| to.as_i64().unwrap()).collect()
        };
        let facet = |at: i64| node(at)["facet"].as_u64().unwrap();
        // Children stand before their parents.
        let mut counts: Vec<u64> = Vec::new();
        for at in 0..=root {
            let below = |to: &i64| usize::try_from(*to).map_or(1, |to| counts[to]);
            counts.push(arcs(at).iter().map(below).fold(0, u64::saturating_add));
        }
        let mut all = Vec::new();
        if counts[root as usize] <= MOST_LEAVES {
            let mut open = vec![(root, Vec::new())];
            while let Some((at, way)) = open.pop() {
                if at < 0 {
                    all.push(way);
                    continue;
                }
                for (segment, to) in arcs(at).into_iter().enumerate().rev() {
                    let mut way = way.clone();
                    way.push((facet(at), segment as u64));
                    open.push((to, way));
                }
            }
            return all;
        }
        let mut dice = Dice::new(0x5EED);
        let finish = |mut at: i64, mut way: Vec<(u64, u64)>, dice: &mut Dice| {
            while at >= 0 {
                let arcs = arcs(at);
                let segment = dice.roll(arcs.len());
                way.push((facet(at), segment as u64));
                at = arcs[segment];
            }
            way
        };
        // One way to each node, then each of its arcs, then on by chance.
        let mut first: BTreeMap<i64, Vec<(u64, u64)>> = BTreeMap::from([(root, Vec::new())]);
        for at in (0..=root).rev() {
            let Some(way) = first.get(&at).cloned() else {
                continue;
            };
            for (segment, to) in arcs(at).into_iter().enumerate() {
                let mut way = way.clone();
                way.push((facet(at), segment as u64));
                all.push(finish(to, way.clone(), &mut dice));
                if to >= 0 {
                    first.entry(to).or_insert(way);
                }
            }
        }
        while (all.len() as u64) < MOST_LEAVES {
            all.push(finish(root, Vec::new(), &mut dice));
        }
        all.sort();
        all.dedup();
        all
    }

    fn redirects(&self, cases: &mut Vec<Case>) {
        let mut add =
            |name: &str, target: &str| cases.push(Case::get(Kind::Redirect, name, target));
        for from in self.table.redirects.keys() {
            let bare = from.trim_end_matches('/');
            for (name, path) in [
                ("an old path", from.as_str()),
                ("an old path without its slash", bare),
            ] {
                add(name, path);
                add(name, &format!("{path}?utm_campaign=letter&x=%20"));
                add(name, &format!("{path}?"));
                add(name, &format!("{path}index.html"));
            }
        }
        for path in &self.routes {
            if let Some(bare) = path.strip_suffix('/') {
                if !bare.is_empty() {
                    add("a folder without its slash", bare);
                    add(
                        "a folder without its slash, and a query",
                        &format!("{bare}?a=b&a=%2F"),
                    );
                }
                add("a folder's file", &format!("{path}index.html"));
                add(
                    "a folder's file, and a query",
                    &format!("{path}index.html?team=lions"),
                );
            }
        }
        for path in [
            "/nowhere",
            "/nowhere/at/all",
            "/nowhere/index.html",
            "/_x",
            "/assets",
            "/assets/x",
            "/~",
            "/-",
        ] {
            add("a folder that is not there", path);
        }
    }

    fn not_found(&self, cases: &mut Vec<Case>) {
        let mut add =
            |name: &str, target: String| cases.push(Case::get(Kind::NotFound, name, target));
        let exact = self.table.exact.keys().filter(|path| path.ends_with('/'));
        for prefix in self.table.prefixes.keys().chain(exact) {
            for name in [
                "nothing/",
                "nothing.html",
                "x.css",
                "a.b.c",
                "x.css/",
                "404.html",
                "index.htm",
                "index.html/",
                "page/999/",
            ] {
                add("below a prefix", format!("{prefix}{name}"));
            }
        }
        for path in self.routes.iter().filter(|path| path.ends_with('/')) {
            add("a page with a file's name", format!("{path}x.css"));
            add("a page with a file's name", format!("{path}a.js?x=1"));
            add("a page in capitals", path.to_ascii_uppercase());
        }
        for path in [
            "/account/x.css",
            "/account/",
            "/404.html",
            "/404.html/",
            "/404/",
            "/favicon.ico",
            "/x.php",
            "/nothing/",
            "/.well-known/",
            "/.env",
            "/index.html.bak",
        ] {
            add("never there", path.to_owned());
        }
    }

    fn random(&self, dice: &mut Dice) -> Case {
        let varied = self.varied();
        let target = match dice.roll(20) {
            0 => "/no/such/page/".to_owned(),
            1 => format!("{}x.css", dice.pick(&self.routes)),
            2 => dice.pick(&self.routes).trim_end_matches('/').to_owned() + "?",
            3..6 => dice.pick(&self.routes).clone(),
            _ if varied.is_empty() => "/".to_owned(),
            _ => (*dice.pick(&varied)).clone(),
        };
        let target = if target == "?" {
            "/".to_owned()
        } else {
            target
        };
        let mut case = Case::get(Kind::Random, "by chance", target.trim_end_matches('?'));
        if dice.roll(20) == 0 {
            case = case.by("HEAD");
        }
        let one = |values: &BTreeSet<String>, dice: &mut Dice| -> String {
            if dice.roll(5) == 0 || values.is_empty() {
                (*dice.pick(&["", "x", "unknown", "GOLD", "none", "any", "%20", "a=b"])).to_owned()
            } else {
                let values: Vec<&String> = values.iter().collect();
                (*dice.pick(&values)).clone()
            }
        };
        let mut cookies = Vec::new();
        for (name, values) in &self.signals.cookies {
            if dice.roll(3) == 0 {
                cookies.push(format!("{name}={}", one(values, dice)));
            }
        }
        let mut fields: BTreeMap<&str, Vec<(String, String)>> = BTreeMap::new();
        for ((name, field), values) in &self.signals.signed {
            if dice.roll(2) == 0 {
                fields
                    .entry(name)
                    .or_default()
                    .push((field.clone(), one(values, dice)));
            }
        }
        for (name, fields) in &fields {
            let fields: Vec<(&str, &str)> = fields
                .iter()
                .map(|(f, v)| (f.as_str(), v.as_str()))
                .collect();
            let mut value = match dice.roll(4) {
                0 => self.signer.sign_with_previous(self.expiry, &fields),
                1 if dice.roll(3) == 0 => self.signer.sign(self.now - 30, &fields),
                _ => self.signer.sign(self.expiry, &fields),
            };
            if dice.roll(10) == 0 {
                value = value.replacen("gold", "silver", 1) + *dice.pick(&["", "0", ".", "f"]);
            }
            cookies.push(format!("{name}={value}"));
        }
        if dice.roll(3) != 0 {
            let purposes: Vec<&str> = self.signals.purposes.iter().map(String::as_str).collect();
            let purposes = match dice.roll(5) {
                0 => "statistics".to_owned(),
                1 => format!("statistics.{}", purposes.join(".")),
                _ => purposes.join("."),
            };
            cookies.push(format!("hb_consent={purposes}"));
        }
        if dice.roll(3) != 0 {
            let digits = (0..32).map(|_| b"0123456789abcdef"[dice.roll(16)]);
            let id = String::from_utf8(digits.collect()).unwrap();
            let id = if dice.roll(12) == 0 {
                id.to_ascii_uppercase()
            } else {
                id
            };
            cookies.push(format!("hb_id={id}"));
        }
        for at in (1..cookies.len()).rev() {
            cookies.swap(at, dice.roll(at + 1));
        }
        if dice.roll(12) == 0 && !cookies.is_empty() {
            cookies.push(cookies[0].clone());
        }
        if !cookies.is_empty() {
            let joint = *dice.pick(&["; ", "; ", "; ", ";", " ; "]);
            case.add("Cookie", cookies.join(joint));
        }
        for (name, values) in &self.signals.queries {
            if dice.roll(4) == 0 {
                case.add_query(&format!("{name}={}", one(values, dice)));
            }
        }
        if dice.roll(6) == 0 {
            case.add_query(dice.pick::<&str>(&["x=1", "", "a", "=", "fbclid=abc", "q=a+b%20c"]));
        }
        if dice.roll(2) == 0 {
            case.country = Some((*dice.pick(&self.countries())).clone());
        }
        if dice.roll(3) == 0 {
            let language = one(&self.signals.languages, dice);
            let tail = *dice.pick(&["", "-AT", ",en;q=0.5", ";q=0.9, de", "x"]);
            case.add("Accept-Language", format!("{language}{tail}"));
        }
        if dice.roll(3) == 0 {
            let device = *dice.pick(&["phone", "tablet"]);
            case.add("User-Agent", agent(device).unwrap());
        }
        if dice.roll(5) == 0 {
            case.add("Sec-CH-UA-Mobile", *dice.pick(&["?1", "?0", "1"]));
        }
        if dice.roll(3) == 0 {
            let host = one(&self.signals.referrers, dice);
            let (before, after) = *dice.pick(&[
                ("https://", "/"),
                ("https://www.", ""),
                ("http://x", "/y"),
                ("", ""),
            ]);
            case.add("Referer", format!("{before}{host}{after}"));
        }
        if dice.roll(20) == 0 {
            case.add("Sec-GPC", *dice.pick(&["1", "0", "true"]));
        }
        case
    }

    /// Those that the table names, and others.
    pub fn countries(&self) -> Vec<String> {
        let others = ["DE", "FR", "JP", "BR"].map(str::to_owned);
        let mut all = self.signals.countries.clone();
        all.extend(others);
        all.into_iter().collect()
    }
}

impl Signals {
    fn of(table: &Value) -> Self {
        let mut all = Self::default();
        for facet in table["facets"].as_array().unwrap() {
            all.purposes
                .extend(facet["consent"].as_str().map(str::to_owned));
            for rule in facet["rules"].as_array().unwrap() {
                all.gather(&rule["when"]);
            }
        }
        all
    }

    fn gather(&mut self, value: &Value) {
        let strings = |list: &Value| -> Vec<String> {
            let list = list.as_array().into_iter().flatten();
            list.filter_map(|value| value.as_str().map(str::to_owned))
                .collect()
        };
        let Some(map) = value.as_object() else {
            value
                .as_array()
                .into_iter()
                .flatten()
                .for_each(|inner| self.gather(inner));
            return;
        };
        for (kind, inner) in map {
            let text = |name: &str| inner[name].as_str().unwrap_or_default().to_owned();
            let values = || strings(&inner["value"]["one-of"]);
            match kind.as_str() {
                "cookie" => self
                    .cookies
                    .entry(text("name"))
                    .or_default()
                    .extend(values()),
                "signed-cookie" => {
                    let key = (text("name"), text("field"));
                    self.signed.entry(key).or_default().extend(values());
                }
                "query" => self
                    .queries
                    .entry(text("name"))
                    .or_default()
                    .extend(values()),
                "country" => self.countries.extend(strings(inner)),
                "language" => self.languages.extend(strings(inner)),
                "referrer" => self.referrers.extend(strings(inner)),
                _ => self.gather(inner),
            }
        }
    }
}

/// Whether a file of the manifest has a public path of its own.
pub fn is_public(file: &str) -> bool {
    !file.starts_with("_v/") && !file.starts_with("_haberdash/")
}

/// The public path of a file.
pub fn path_of(file: &str) -> String {
    match file.strip_suffix("index.html") {
        Some(folder) if folder.is_empty() || folder.ends_with('/') => format!("/{folder}"),
        _ => format!("/{file}"),
    }
}
