//! Vercel: the Build Output API, version 3, with middleware.

use serde_json::json;

use super::{Can, Deployment, Edge, EdgeFile, Problems, javascript};

pub(super) const EDGE: Edge = Edge {
    name: "vercel",
    title: "Vercel",
    can: Can::ALL,
    compile,
};

/// Largest middleware of a free, a professional and an enterprise plan, in bytes.
const MIDDLEWARE: [usize; 3] = [1 << 20, 2 << 20, 4 << 20];

fn compile(deployment: &Deployment, problems: &mut Problems<'_>) -> Vec<EdgeFile> {
    javascript::check_values(deployment, problems);
    let files = deployment.manifest.files.keys();
    let existing: Vec<String> = files
        .filter(|file| !file.starts_with("_v/") && !file.starts_with("_haberdash/"))
        .map(|file| format!("/{file}"))
        .collect();
    let existing = serde_json::to_string(&existing).expect("it is text");
    let adapter = include_str!("vercel/adapter.js");
    let core = javascript::fetch_core(deployment);
    let middleware =
        format!("{adapter}{core}// Everybody's files.\nconst EXISTING = new Set({existing});\n");
    if middleware.len() > MIDDLEWARE[2] {
        problems.exceeds_code(
            "middleware",
            middleware.len(),
            MIDDLEWARE[2],
            "publish fewer files, or deploy to an edge that can see which there are",
        );
    }
    let plans = ["any plan", "a professional plan", "an enterprise plan"];
    let plan = MIDDLEWARE.iter().position(|most| middleware.len() <= *most);
    let config = json!({
        "version": 3,
        "routes": [
            // Before anything else: variants are served to nobody by their files' paths.
            { "src": "/.*", "middlewarePath": "middleware", "continue": true, "override": true },
            { "src": "^(/(?:_v/.+/)?404\\.html)$", "dest": "$1", "status": 404 },
            { "handle": "filesystem" },
            { "src": "/.*", "dest": "/404.html", "status": 404 },
        ],
    });
    let names: Vec<&String> = deployment.keys.iter().map(|key| &key.env).collect();
    let function = json!({ "runtime": "edge", "entrypoint": "index.js", "envVarsInUse": names });
    let pretty = |value| serde_json::to_string_pretty(value).expect("it is text") + "\n";
    let secrets = javascript::secrets(deployment, |key| {
        format!("vercel env add {} production --sensitive", key.env)
    });
    let readme = format!(
        include_str!("vercel/README.md"),
        title = deployment.title,
        secrets = secrets,
        size = middleware.len(),
        plan = plans[plan.unwrap_or(plans.len() - 1)],
    );
    vec![
        EdgeFile::new(".vercel/output/config.json", pretty(&config)),
        EdgeFile::new(
            ".vercel/output/functions/middleware.func/.vc-config.json",
            pretty(&function),
        ),
        EdgeFile::new(
            ".vercel/output/functions/middleware.func/index.js",
            middleware,
        ),
        EdgeFile::new("README.md", readme),
    ]
}
