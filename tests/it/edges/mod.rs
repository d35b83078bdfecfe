//! Every edge decides as the reference resolver does: the same requests to both, over a socket to
//! the real engine, and nothing about the answers may differ but what is named and counted.
//!
//! An engine is a file in `engines/`: how it is started, how it makes entity tags, and a test that
//! is run by `cargo test edges::<name> -- --ignored`, since it needs the engine to be there.

#[path = "engines/apache.rs"]
mod apache;
#[path = "engines/bare.rs"]
mod bare;
#[path = "engines/caddy.rs"]
mod caddy;
#[path = "engines/cloudfront.rs"]
mod cloudfront;
mod compare;
mod corpus;
mod epoch;
#[path = "engines/haproxy.rs"]
mod haproxy;
mod hostile;
#[path = "engines/javascript.rs"]
mod javascript;
mod keys;
#[path = "engines/nginx.rs"]
mod nginx;
#[path = "engines/reference.rs"]
mod reference;
#[path = "engines/varnish.rs"]
mod varnish;
mod visitor;
mod wire;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write,
    net::{Ipv4Addr, TcpListener, TcpStream},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use haberdash::{
    BuildOptions, Key, Keys, Manifest, NoPictures, Request, RoutingTable, SourceTree, Stage,
    Surroundings, build,
};

use crate::support::BARE;
use compare::{FileStat, Judge, Verdict};
use corpus::{Case, Corpus, Kind, Reach, Scale, Signer, corpus};
use epoch::{Epoch, before_switch, epochs};
use wire::{Client, Outcome, address_of};

/// A shop that was built to a folder.
pub struct Shop {
    pub name: &'static str,
    pub public: PathBuf,
    pub table: RoutingTable,
    /// By which whole pages are found, where the table's are skeletons.
    whole: Option<RoutingTable>,
    pub manifest: Manifest,
    pub signer: Signer,
    /// As the build gives it to the compilers of edges.
    deployment: haberdash::Deployment,
    /// By path below the output folder, as it is on disk.
    files: BTreeMap<String, FileStat>,
    /// Digests of what only gated variants hold.
    secrets: BTreeSet<String>,
    _folder: tempfile::TempDir,
}

/// What an engine gets to start with.
pub struct Deployed {
    /// For whatever the engine writes; gone afterwards.
    pub folder: PathBuf,
    /// The built site.
    pub public: PathBuf,
    /// The files of the edge, as the compiler made them.
    pub edge: PathBuf,
    /// Where the engine has to listen, on 127.0.0.1.
    pub port: u16,
    /// The table that the edge was compiled from. Its windows of time are not those on disk.
    pub table: RoutingTable,
    pub manifest: Manifest,
    pub signer: Signer,
    /// What the edge is compiled from: the same table, and the rest of the build.
    pub deployment: haberdash::Deployment,
    /// From where requests of each country come.
    pub countries: BTreeMap<String, Ipv4Addr>,
}

/// A path below `edge/<target>/`, and the file's content.
pub type EdgeFiles = Vec<(String, Vec<u8>)>;
/// Compiles the edge's files.
pub type Compile<'a> = &'a dyn Fn(&Deployed) -> EdgeFiles;
/// Header lines in the order in which they are sent.
pub type Headers = Vec<(String, Vec<u8>)>;

/// An engine, and in what its answers may differ from the reference's.
#[derive(Clone, Copy)]
pub struct Engine {
    pub name: &'static str,
    pub start: fn(&Deployed) -> Running,
    /// How it writes entity tags.
    pub etag: fn(&FileStat) -> String,
    /// What its platform makes of a request before the edge sees it.
    pub sees: Option<fn(Request) -> Request>,
    /// What its platform adds to headers, and takes away, for a country.
    pub platform: Option<fn(&mut Headers, Option<&str>)>,
    /// Whether it can know countries.
    pub countries: bool,
}

/// An engine that runs until this is dropped.
pub struct Running {
    child: Option<Child>,
    log: Option<PathBuf>,
    stop: Option<Box<dyn FnOnce()>>,
}

/// How long an engine may take to start, and to stop.
const PATIENCE: Duration = Duration::from_secs(60);

impl Running {
    /// Starts a program that stays in the foreground, and waits until it listens.
    #[track_caller]
    pub fn spawn(command: &mut Command, deployed: &Deployed) -> Self {
        let log = deployed.folder.join("engine.log");
        let file = fs::File::options()
            .create(true)
            .append(true)
            .open(&log)
            .unwrap();
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            // Its own group, so that its workers end with it.
            .process_group(0)
            .spawn();
        let child = child.unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        let mut running = Self {
            child: Some(child),
            log: Some(log),
            stop: None,
        };
        let start = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, deployed.port)).is_err() {
            let ended = running.child.as_mut().unwrap().try_wait().unwrap();
            assert!(
                ended.is_none() && start.elapsed() < PATIENCE,
                "{command:?} does not listen ({ended:?}):\n{}",
                running.log_tail()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        running
    }

    /// An engine inside this process, and how to stop it.
    pub fn inside(stop: impl FnOnce() + 'static) -> Self {
        Self {
            child: None,
            log: None,
            stop: Some(Box::new(stop)),
        }
    }

    /// The last lines that the engine wrote.
    pub fn log_tail(&self) -> String {
        let text = self
            .log
            .as_ref()
            .and_then(|log| fs::read(log).ok())
            .unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        use rustix::process::{Pid, Signal, kill_process_group};
        if let Some(stop) = self.stop.take() {
            stop();
        }
        let Some(mut child) = self.child.take() else {
            return;
        };
        let group = Pid::from_child(&child);
        let _ = kill_process_group(group, Signal::TERM);
        let start = Instant::now();
        while child.try_wait().is_ok_and(|ended| ended.is_none()) && start.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = kill_process_group(group, Signal::KILL);
        let _ = child.wait();
    }
}

/// The path of a program; fails with the name of the package that has it.
#[track_caller]
pub fn program(name: &str, package: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders =
        std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    let found = folders
        .map(|folder| folder.join(name))
        .find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("`{name}` is not installed; it is in the package {package}"))
}

/// A port that nobody listens on. It is below those that systems give to clients, of which the tests have
/// many: one of them could take it before the engine does.
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    const PORTS: std::ops::Range<u32> = 10_000..32_000;
    // Other processes begin elsewhere.
    let first = std::process::id().wrapping_mul(7919);
    loop {
        let nth = first.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = (PORTS.start + nth % (PORTS.end - PORTS.start)) as u16;
        if TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok() {
            return port;
        }
    }
}

impl Deployed {
    /// The files of a target.
    #[track_caller]
    pub fn compile(&self, target: &str) -> EdgeFiles {
        let (files, problems) = haberdash::edge_files(target, &self.deployment);
        assert!(!problems.has_errors(), "{problems:#?}");
        files
            .into_iter()
            .map(|file| (file.path, file.bytes))
            .collect()
    }

    /// Gives a program the keys as the build had them: by the names of environment variables.
    pub fn give_keys(&self, command: &mut Command) {
        for name in &self.deployment.keys {
            let key = self.signer.keys.iter().find(|key| key.id == name.id);
            if let Some(key) = key {
                command.env(&name.env, std::str::from_utf8(&key.secret).unwrap());
            }
        }
    }
}

impl Shop {
    /// The repository's own store.
    pub fn demo() -> &'static Self {
        static SHOP: OnceLock<Shop> = OnceLock::new();
        SHOP.get_or_init(|| Self::build("demo", crate::demo_store::demo(), false))
    }

    /// The same for edges that put pages together.
    pub fn demo_in_parts() -> &'static Self {
        static SHOP: OnceLock<Shop> = OnceLock::new();
        SHOP.get_or_init(|| Self::build("demo-parts", crate::demo_store::demo(), true))
    }

    /// The bare store with more files, in parts.
    pub fn small_in_parts(name: &'static str, more: &str) -> Self {
        Self::build(
            name,
            SourceTree::from_fixture(&format!("{BARE}{more}")),
            true,
        )
    }

    /// The bare store with more files.
    pub fn small(name: &'static str, more: &str) -> Self {
        Self::build(
            name,
            SourceTree::from_fixture(&format!("{BARE}{more}")),
            false,
        )
    }

    /// The times of the shop, each now.
    fn epochs(&self) -> Vec<Epoch> {
        let now = now();
        let mut all = epochs(&self.table, now);
        if let Some(whole) = &self.whole {
            for (epoch, whole) in all.iter_mut().zip(epochs(whole, now)) {
                epoch.whole = whole.table;
            }
        }
        all
    }

    fn build(name: &'static str, tree: SourceTree, is_in_parts: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let public = folder.path().join("public");
        let surroundings = Surroundings {
            store: folder.path().join("store"),
            home: None,
        };
        let stage = Stage::open(&public, &surroundings).unwrap();
        let key = |id: &str, letter: u8| Key {
            id: id.to_owned(),
            // As text, since keys come from the environment.
            secret: (0..32)
                .flat_map(|n| format!("{:02x}", letter ^ n).into_bytes())
                .collect(),
        };
        let keys = vec![key("k1", 0xA5), key("k0", 0x3C)];
        // One of them takes whole pages only: both forms of the site are written.
        let both = ["apache", "nginx", "varnish"].map(str::to_owned);
        let options = BuildOptions {
            now: "2026-11-23T12:00:00Z".parse().unwrap(),
            keys: &|store, _| Keys::new(&store.config.site, keys.clone()),
            minifies: false,
            precompresses: Some(false),
            targets: Some(if is_in_parts { &both } else { &[] }),
            pictures: &NoPictures,
            progress: &|_, _, _| {},
        };
        let mut built = build(&Arc::new(tree), &options, &stage).unwrap();
        assert_eq!(built.summary.errors, 0, "{:#?}", built.diagnostics);
        stage.commit().unwrap();
        let signer = Signer {
            site: built.deployment.manifest.site.clone(),
            keys: keys.clone(),
        };
        let parts = built.deployment.parts.take();
        assert_eq!(parts.is_some(), is_in_parts);
        let whole = parts.map(|parts| std::mem::replace(&mut built.deployment.table, parts));
        let (files, secrets) = stats(&public, &built.deployment.manifest, &signer);
        Self {
            name,
            public,
            whole,
            table: built.deployment.table.clone(),
            manifest: built.deployment.manifest.clone(),
            deployment: built.deployment,
            signer,
            files,
            secrets,
            _folder: folder,
        }
    }
}

/// Of several `Cookie` headers some servers make one with commas, before an edge sees them. Clients of
/// HTTP/1.1 must send but one, and those of HTTP/2 are joined as they should be.
pub fn join_cookies(headers: &mut Headers, _: Option<&str>) {
    let is_cookie = |name: &str| name.eq_ignore_ascii_case("cookie");
    let all: Vec<Vec<u8>> = headers
        .iter()
        .filter(|(name, _)| is_cookie(name))
        .map(|(_, value)| value.clone())
        .collect();
    if all.len() > 1 {
        headers.retain(|(name, _)| !is_cookie(name));
        headers.push(("Cookie".to_owned(), all.join(&b"; "[..])));
    }
}

fn stats(
    public: &Path,
    manifest: &Manifest,
    signer: &Signer,
) -> (BTreeMap<String, FileStat>, BTreeSet<String>) {
    let keys = signer.keys();
    let (mut files, mut secret, mut open) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
    for (path, entry) in &manifest.files {
        let on_disk = if let Some(rest) = path.strip_prefix("_v/*/") {
            secret.insert(entry.digest.to_string());
            let label = rest.split('/').next().unwrap();
            format!("_v/{}/{rest}", keys.token(label))
        } else {
            open.insert(entry.digest.to_string());
            path.clone()
        };
        let modified = fs::metadata(public.join(&on_disk))
            .unwrap()
            .modified()
            .unwrap();
        let modified = modified.duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let stat = FileStat {
            digest: entry.digest.to_string(),
            size: entry.size,
            modified: modified.as_secs() as i64,
        };
        files.insert(on_disk, stat);
    }
    (files, &secret - &open)
}

/// What came of all requests to an engine.
#[derive(Default)]
pub struct Report {
    pub engine: &'static str,
    pub store: &'static str,
    pub requests: usize,
    pub by_kind: BTreeMap<Kind, usize>,
    pub mismatches: usize,
    /// The first ones, in full.
    pub shown: Vec<String>,
    pub mismatches_by_kind: BTreeMap<Kind, usize>,
    /// Of them, those that showed a gated variant to someone for whom it was not decided.
    pub leaks: usize,
    pub refused: usize,
    pub parts: usize,
    pub seen: usize,
    /// Requests whose country the engine cannot know, and which it got without.
    pub countries_left_out: usize,
    pub seconds: f64,
    pub leaves: usize,
    /// Those that no request of any epoch reached, each with the reason for the last.
    pub unreached: BTreeMap<String, String>,
    /// Unreached though each of its segments can be had in some epoch.
    pub failed: Vec<String>,
    pub log: String,
}

/// Enough mismatches to see what is wrong.
const SHOWN: usize = 10;

impl Report {
    /// Prints the table, and the first mismatches.
    #[expect(
        clippy::print_stdout,
        reason = "the report is what the test is run for"
    )]
    pub fn print(&self) {
        println!("{self}");
    }

    /// Adds a line to the file that `tests/run` shows.
    fn record(&self) {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("edges.txt");
        let mut results = fs::File::options()
            .create(true)
            .append(true)
            .open(path)
            .unwrap();
        // One write, since tests run side by side.
        results
            .write_all(format!("{}\n", self.line()).as_bytes())
            .unwrap();
    }

    fn line(&self) -> String {
        format!(
            "{:<12}{:<10}{:>9}{:>12}{:>9}{:>7}{:>7}{:>9.0}",
            self.engine,
            self.store,
            self.requests,
            self.mismatches,
            self.refused,
            self.parts,
            self.seen,
            f64::from(self.requests as u32) / self.seconds.max(0.001)
        )
    }

    /// Fails if an answer was wrong, or if a leaf was not tried that could have been.
    #[track_caller]
    pub fn expect_equal(&self) {
        self.print();
        self.record();
        assert_eq!(
            self.mismatches, 0,
            "{} does not decide as the reference",
            self.engine
        );
        assert_eq!(
            self.failed, [""; 0],
            "leaves for which no visitor was found"
        );
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "{:<12}{:<10}{:>9}{:>12}{:>9}{:>7}{:>7}{:>9}",
            "engine", "store", "requests", "mismatches", "refused", "parts", "seen", "per s"
        )?;
        writeln!(f, "{}", self.line())?;
        if self.leaks > 0 {
            writeln!(f, "  LEAKS of gated variants: {}", self.leaks)?;
        }
        if self.countries_left_out > 0 {
            writeln!(
                f,
                "  sent without their country: {}",
                self.countries_left_out
            )?;
        }
        for (kind, count) in &self.by_kind {
            let wrong = self
                .mismatches_by_kind
                .get(kind)
                .copied()
                .unwrap_or_default();
            writeln!(f, "  {:<12}{count:>7}{wrong:>9} wrong", format!("{kind:?}"))?;
        }
        writeln!(
            f,
            "  leaves: {}, of them never possible: {}",
            self.leaves,
            self.unreached.len()
        )?;
        for (leaf, why) in self.unreached.iter().take(SHOWN) {
            writeln!(f, "    {leaf}: {why}")?;
        }
        for leaf in self.failed.iter().take(SHOWN) {
            writeln!(f, "  NOT REACHED: {leaf}")?;
        }
        for text in &self.shown {
            writeln!(f, "\n{text}")?;
        }
        if self.mismatches > 0 && !self.log.is_empty() {
            writeln!(f, "\nthe engine's log ends with:\n{}", self.log)?;
        }
        Ok(())
    }
}

/// Everything, once; and at each other time a visitor for each leaf of each shape: with the demo store's nine
/// times more than 20,000 requests.
pub const FULL: Scale = Scale {
    every_route: true,
    total: 12_000,
    hostile: true,
};
/// As much of everything as a small store gives.
pub const SMALL_SCALE: Scale = Scale {
    total: 6000,
    ..FULL
};
/// A visitor for each leaf of each shape, and some more.
pub const BRIEF: Scale = Scale {
    every_route: false,
    total: 1200,
    hostile: false,
};

/// Runs an engine at every time of a store, and compares it with the reference.
pub fn prove(engine: &Engine, shop: &Shop, scale: Scale, compile: Compile<'_>) -> Report {
    let mut report = Report {
        engine: engine.name,
        store: shop.name,
        ..Report::default()
    };
    let mut leaves: BTreeMap<String, Vec<Reach>> = BTreeMap::new();
    for (nth, epoch) in shop.epochs().iter().enumerate() {
        // What has nothing to do with the time need not be asked again.
        let scale = if nth == 0 { scale } else { BRIEF };
        let reached = run(
            engine,
            shop,
            epoch,
            &epoch.table,
            scale,
            compile,
            &mut report,
        );
        for (leaf, reach) in reached {
            leaves.entry(leaf).or_default().push(reach);
        }
    }
    report.leaves = leaves.len();
    for (leaf, reaches) in leaves {
        if reaches.contains(&Reach::Failed) {
            report.failed.push(leaf);
        } else if let (false, Some(Reach::NotNow(segment))) =
            (reaches.contains(&Reach::Reached), reaches.last())
        {
            report.unreached.insert(
                leaf,
                format!("at each time nobody is in one of its segments, at the last in {segment}"),
            );
        }
    }
    report
}

/// As [`prove`], at one time only, and leaving unreached leaves aside.
pub fn prove_once(engine: &Engine, shop: &Shop, scale: Scale, compile: Compile<'_>) -> Report {
    let mut report = Report {
        engine: engine.name,
        store: shop.name,
        ..Report::default()
    };
    let epoch = &shop.epochs()[0];
    run(
        engine,
        shop,
        epoch,
        &epoch.table,
        scale,
        compile,
        &mut report,
    );
    report
}

/// Runs an engine whose table has one wrong arc: the harness must see it.
pub fn red(engine: &Engine, shop: &Shop, compile: Compile<'_>) -> Report {
    let mut report = Report {
        engine: engine.name,
        store: shop.name,
        ..Report::default()
    };
    let epoch = &shop.epochs()[0];
    let broken = break_an_arc(&epoch.table);
    run(engine, shop, epoch, &broken, BRIEF, compile, &mut report);
    report
}

/// The table with one arc that leads elsewhere: of the first route that tests something other
/// than the time.
pub fn break_an_arc(table: &RoutingTable) -> RoutingTable {
    let mut broken = table.clone();
    let tops = table
        .exact
        .values()
        .chain(table.prefixes.values())
        .chain([&table.not_found]);
    for root in tops {
        let Ok(at) = usize::try_from(table.roots[*root as usize].at) else {
            continue;
        };
        let facet = &table.facets[usize::from(table.nodes[at].facet)];
        let rules = serde_json::to_string(&facet.rules).unwrap();
        let arcs = &mut broken.nodes[at].to;
        let last = arcs.len() - 1;
        let default = usize::from(facet.default);
        let wrong = (0..=last).rev().find(|place| arcs[*place] != arcs[default]);
        if let (Some(wrong), false) = (wrong, rules.contains("\"time\"")) {
            arcs[wrong] = arcs[default];
            return broken;
        }
    }
    panic!("no route tests anything but the time");
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap().as_secs() as i64
}

fn run(
    engine: &Engine,
    shop: &Shop,
    epoch: &Epoch,
    compiled: &RoutingTable,
    scale: Scale,
    compile: Compile<'_>,
    report: &mut Report,
) -> BTreeMap<String, Reach> {
    let Corpus { mut cases, leaves } =
        corpus(&epoch.whole, &shop.manifest, &shop.signer, now(), scale);
    if !engine.countries {
        for case in &mut cases {
            report.countries_left_out += usize::from(case.country.take().is_some());
        }
    }
    let (_folder, deployed, running) = deploy(engine, shop, compiled, &cases, compile);
    let keys = shop.signer.keys();
    let judge = judge(engine, shop, epoch, &keys);
    let start = Instant::now();
    let halves: Vec<Vec<Verdict>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|nth| {
                let mine = cases.iter().skip(nth).step_by(THREADS);
                let (judge, port) = (&judge, deployed.port);
                scope.spawn(move || {
                    let mut client = Client::new(port);
                    mine.map(|case| ask(engine, judge, &mut client, case))
                        .collect()
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    report.seconds += start.elapsed().as_secs_f64();
    for (nth, case) in cases.iter().enumerate() {
        report.count(epoch, case, &halves[nth % THREADS][nth / THREADS]);
    }
    report.log = running.log_tail();
    leaves
}

/// A page for everyone that changes with the time.
const CLOCK: &str = "\
-- segments/sale.yaml --
facet: sale
default: none
segments:
  - { id: summer, when: { time: { from: 2026-06-01T00:00:00Z, until: 2026-06-20T00:00:00Z } } }
-- content/sale.md --
---
title: Sale
---
::: when sale=summer
Sun.
::: otherwise
None.
:::
";

/// Fails unless an engine that keeps running turns a page at the second of its switch.
#[track_caller]
pub fn turns_at_the_second(engine: &Engine, compile: Compile<'_>) {
    // Long enough for the slowest to start.
    const LEAD: i64 = 9;
    let shop = Shop::small("clock", CLOCK);
    let (epoch, switch) = before_switch(&shop.table, now(), LEAD);
    let (_folder, deployed, running) = deploy(engine, &shop, &epoch.table, &[], compile);
    let keys = shop.signer.keys();
    let judge = judge(engine, &shop, &epoch, &keys);
    let case = Case::get(Kind::Leaf, "around the switch", "/sale/");
    let mut client = Client::new(deployed.port);
    let (mut before, mut after) = (0, 0);
    while now() < switch + 2 {
        let verdict = ask(engine, &judge, &mut client, &case);
        assert_eq!(verdict, Verdict::Same, "{}", running.log_tail());
        *if now() < switch {
            &mut before
        } else {
            &mut after
        } += 1;
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(before > 5 && after > 5, "{before} before, {after} after");
}

/// Fails unless a key whose variable is there and empty is no key: anyone could sign with it.
#[track_caller]
pub fn an_empty_key_proves_nothing(engine: &Engine, compile: Compile<'_>) {
    // CloudFront has one page for what does not exist.
    let store = reference::SMALL.replace(
        "::: when team=owls\nNobody hoots here.\n::: otherwise\n",
        "::: when team=none,owls,lions\n",
    );
    let mut shop = Shop::small("keys", &store);
    let empty = &mut shop.signer.keys[1];
    empty.secret.clear();
    let forger = Signer {
        site: shop.signer.site.clone(),
        keys: vec![empty.clone()],
    };
    let expiry = now() + 3600;
    let forged = forger.sign(expiry, &[("loyalty", "gold")]);
    let genuine = shop.signer.sign(expiry, &[("loyalty", "gold")]);
    let table = &shop.epochs()[0].table;
    let (_folder, deployed, _running) = deploy(engine, &shop, table, &[], compile);
    let mut client = Client::new(deployed.port);
    for (cookie, text) in [(forged, "Plain."), (genuine, "Gold.")] {
        let request =
            format!("GET / HTTP/1.1\r\nHost: shop.example\r\nCookie: hb_visitor={cookie}\r\n\r\n");
        let outcome = client.send(Ipv4Addr::LOCALHOST, request.as_bytes(), false, true);
        let Outcome::Answered(answer) = outcome else {
            panic!("{outcome:?}");
        };
        let body = String::from_utf8_lossy(&answer.body);
        assert!(
            answer.status == 200 && body.contains(text),
            "{}: {body}",
            engine.name
        );
    }
}

/// Fails unless a page of which a part is missing is a page, without anything of an error's.
#[track_caller]
pub fn a_missing_part_is_no_error_page(engine: &Engine, compile: Compile<'_>) {
    let shop = Shop::small_in_parts("missing", reference::PARTS);
    let whole = fs::read_to_string(shop.public.join("index.html")).unwrap();
    let road = "<em data-experiment=\"look=plain\">mainland plain</em>\n";
    assert!(whole.contains(road), "{whole}");
    let mut islander = Case::get(Kind::Leaf, "from the islands", "/");
    islander.country = Some("GB".to_owned());
    // The islanders' variant is gone, and then everyone's.
    for (gone, expected) in [
        ("_v/open/", whole.clone()),
        ("_haberdash/", whole.replace(road, "")),
    ] {
        let files = shop
            .manifest
            .files
            .keys()
            .filter(|path| path.starts_with(gone));
        for path in files.filter(|path| path.contains("/region/road-")) {
            fs::remove_file(shop.public.join(path)).unwrap();
        }
        let table = &shop.epochs()[0].table;
        let cases = std::slice::from_ref(&islander);
        let (_folder, deployed, _running) = deploy(engine, &shop, table, cases, compile);
        let mut bytes = islander.clone();
        if let Some(platform) = engine.platform {
            platform(&mut bytes.headers, Some("GB"));
        }
        let from = address_of(Some("GB"));
        let outcome = Client::new(deployed.port).send(from, &bytes.wire(None), false, false);
        let Outcome::Answered(answer) = outcome else {
            panic!("{outcome:?}");
        };
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!((answer.status, body), (200, expected), "{}", engine.name);
    }
}

fn judge<'a>(engine: &Engine, shop: &'a Shop, epoch: &'a Epoch, keys: &'a Keys) -> Judge<'a> {
    Judge {
        table: &epoch.table,
        whole: &epoch.whole,
        manifest: &shop.manifest,
        keys,
        files: &shop.files,
        secrets: &shop.secrets,
        etag: engine.etag,
        sees: engine.sees,
        public: &shop.public,
    }
}

/// Starts an engine with a table. The folder is for whatever it writes.
fn deploy(
    engine: &Engine,
    shop: &Shop,
    table: &RoutingTable,
    cases: &[Case],
    compile: Compile<'_>,
) -> (tempfile::TempDir, Deployed, Running) {
    let folder = tempfile::tempdir().unwrap();
    let countries = cases.iter().filter_map(|case| case.country.clone());
    let countries = countries.map(|country| (country.clone(), address_of(Some(&country))));
    let deployed = Deployed {
        folder: folder.path().to_owned(),
        public: shop.public.clone(),
        edge: folder.path().join("edge"),
        port: free_port(),
        table: table.clone(),
        manifest: shop.manifest.clone(),
        signer: shop.signer.clone(),
        deployment: haberdash::Deployment {
            table: table.clone(),
            ..shop.deployment.clone()
        },
        countries: countries.collect(),
    };
    for (path, bytes) in compile(&deployed) {
        let path = deployed.edge.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let running = (engine.start)(&deployed);
    (folder, deployed, running)
}

/// Requests at once.
const THREADS: usize = 2;

fn ask(engine: &Engine, judge: &Judge<'_>, client: &mut Client, case: &Case) -> Verdict {
    let before = now();
    let tags = judge.tags(case, before);
    let (theirs, ours) = match &tags {
        Some((theirs, ours)) => (Some(theirs.as_str()), Some(ours.as_str())),
        None => (None, None),
    };
    let bytes = match engine.platform {
        None => case.wire(theirs),
        Some(platform) => {
            let mut sent = case.clone();
            platform(&mut sent.headers, case.country.as_deref());
            sent.wire(theirs)
        }
    };
    let from = address_of(case.country.as_deref());
    // What a parser may stumble over must not spoil the next request.
    let stays = case.refusals().is_empty();
    let outcome: Outcome = client.send(from, &bytes, case.method == "HEAD", stays);
    judge.judge(case, ours, (before, now()), &outcome)
}

impl Report {
    fn count(&mut self, epoch: &Epoch, case: &Case, verdict: &Verdict) {
        self.requests += 1;
        *self.by_kind.entry(case.kind).or_default() += 1;
        match verdict {
            Verdict::Same => {}
            Verdict::Refused => self.refused += 1,
            Verdict::Part => self.parts += 1,
            Verdict::Seen => self.seen += 1,
            Verdict::Different(why) => {
                self.mismatches += 1;
                let of_kind = self.mismatches_by_kind.entry(case.kind).or_default();
                *of_kind += 1;
                let is_leak = why.starts_with("LEAK");
                self.leaks += usize::from(is_leak);
                // Some of each kind, so that the many do not hide the few; and leaks in any case.
                if self.shown.len() < SHOWN && *of_kind <= 4 || is_leak && self.leaks <= 3 {
                    let mut bytes = case.wire(None);
                    bytes.truncate(1500);
                    let sent = bytes.escape_ascii().to_string().replace("\\r\\n", "\n    ");
                    self.shown.push(format!(
                        "{:?}: {} ({}, country {:?}, tag {:?})\n    {sent}\n{why}",
                        case.kind, case.name, epoch.name, case.country, case.if_none_match
                    ));
                }
            }
        }
    }
}
