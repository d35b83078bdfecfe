//! Cloudflare: a Worker before static assets.

use serde_json::json;

use super::{
    Can, Deployment, Edge, EdgeFile, Problems, javascript,
    keys::{self, Pages},
};
use crate::finish::Syntax;

pub(super) const EDGE: Edge = Edge {
    name: "cloudflare",
    title: "Cloudflare",
    can: Can {
        // Of paid plans.
        files: Some(100_000),
        file_size: Some(25 << 20),
        includes: Some(Syntax::Esi),
        ..Can::ALL
    },
    compile,
};

/// Most files of a free plan.
const FREE_FILES: usize = 20_000;
/// Largest Worker of a free and of a paid plan, in bytes.
const WORKER: (usize, usize) = (3 << 20, 10 << 20);

fn compile(deployment: &Deployment, problems: &mut Problems<'_>) -> Vec<EdgeFile> {
    javascript::check_values(deployment, problems);
    let adapter = include_str!("cloudflare/adapter.js");
    let core = javascript::fetch_core(deployment);
    let worker = format!(
        "{adapter}{}\n{}\n{core}",
        javascript::SERVE,
        javascript::TOGETHER
    );
    let pages = Pages::of(deployment, keys::CLOUDFLARE);
    let module = keys::module(&pages, keys::CLOUDFLARE);
    let size = worker.len() + module.len();
    if size > WORKER.1 {
        problems.exceeds_code(
            "Worker",
            size,
            WORKER.1,
            "let pages of one folder ask for the same facets, so that they share an entry",
        );
    }
    let name = &deployment.table.site;
    let settings = json!({
        "name": name,
        "main": "worker.js",
        "compatibility_date": "2026-01-01",
        "assets": {
            "directory": "../../public",
            "binding": "ASSETS",
            "run_worker_first": true,
            "html_handling": "none",
            "not_found_handling": "none",
        },
    });
    let settings = serde_json::to_string_pretty(&settings).expect("it is text");
    let settings = format!(
        "// Made by haberdash; do not edit.\n\
         // `run_worker_first` keeps the asset router from serving variants to whoever asks for their files.\n{settings}\n"
    );
    vec![
        EdgeFile::new("worker.js", worker),
        EdgeFile::new("keys.js", module),
        EdgeFile::new("wrangler.jsonc", settings),
        EdgeFile::new("README.md", readme(deployment, &pages, size)),
    ]
}

fn readme(deployment: &Deployment, pages: &Pages, size: usize) -> String {
    let secrets = javascript::secrets(deployment, |key| {
        format!("npx wrangler secret put {}", key.env)
    });
    let files = deployment.manifest.files.len();
    let plan = if files > FREE_FILES || size > WORKER.0 {
        "needs a paid plan"
    } else {
        "fits a free plan"
    };
    let parts = if deployment.table.has_skeletons() {
        include_str!("cloudflare/README-parts.md")
    } else {
        ""
    };
    format!(
        include_str!("cloudflare/README.md"),
        title = deployment.title,
        secrets = secrets,
        files = files,
        size = size,
        plan = plan,
        broad = pages.describe_broad(),
        parts = parts,
    )
}
