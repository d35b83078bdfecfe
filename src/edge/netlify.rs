//! Netlify: an edge function before the published folder.

use super::{
    Can, Deployment, Edge, EdgeFile, Problems, javascript,
    keys::{self, Pages},
};

pub(super) const EDGE: Edge = Edge {
    name: "netlify",
    title: "Netlify",
    can: Can::ALL,
    compile,
};

/// Largest edge function, in bytes.
const FUNCTION: usize = 20 << 20;

const SETTINGS: &str = "\
# Made by haberdash; do not edit.
[build]
  # The site is built before it is deployed.
  command = \"\"
  publish = \"../../public\"
  edge_functions = \"netlify/edge-functions\"
";

fn compile(deployment: &Deployment, problems: &mut Problems<'_>) -> Vec<EdgeFile> {
    let adapter = include_str!("netlify/adapter.js");
    let core = javascript::fetch_core(deployment);
    let function = format!("{adapter}{}\n{core}", javascript::SERVE);
    let pages = Pages::of(deployment, keys::NETLIFY);
    let module = keys::module(&pages, keys::NETLIFY);
    let size = function.len() + module.len();
    if size > FUNCTION {
        problems.exceeds_code(
            "edge function",
            size,
            FUNCTION,
            "let pages of one folder ask for the same facets, so that they share an entry",
        );
    }
    let secrets = javascript::secrets(deployment, |key| {
        format!("netlify env:set {0} \"${0}\" --secret", key.env)
    });
    let readme = format!(
        include_str!("netlify/README.md"),
        title = deployment.title,
        secrets = secrets,
        broad = pages.describe_broad(),
    );
    vec![
        EdgeFile::new("netlify/edge-functions/haberdash.js", function),
        // Beside the folder of functions, in which every file is one.
        EdgeFile::new("netlify/keys.js", module),
        EdgeFile::new("netlify.toml", SETTINGS),
        EdgeFile::new("README.md", readme),
    ]
}
