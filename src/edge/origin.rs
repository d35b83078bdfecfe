//! The origin behind edges that are proxies: a small site for nginx that serves files as they are.

use std::fmt::Write;

use super::{Deployment, conditions, nginx};
use crate::plan::NOT_FOUND;

/// Where the proxy finds it, on 127.0.0.1.
pub(super) const PORT: u16 = 8081;

/// Whether there is a page for what does not exist.
pub(super) fn has_not_found(deployment: &Deployment) -> bool {
    let file = NOT_FOUND.trim_start_matches('/');
    deployment.manifest.files.contains_key(file)
}

/// The longest path of a file, with the slash before it, in bytes. Pages are asked for by shorter ones.
pub(super) fn longest_path(deployment: &Deployment) -> usize {
    let paths = deployment.manifest.files.keys();
    paths.map(|path| path.len() + 1).max().unwrap_or(1)
}

/// The site, as a file for `/etc/nginx/conf.d/`.
pub(super) fn nginx(deployment: &Deployment) -> String {
    let media = conditions::media_types(deployment);
    let mut types = String::new();
    for (extension, kind) in &media.by_extension {
        let _ = writeln!(
            types,
            "        {:42} {};",
            nginx::in_quotes(kind),
            nginx::in_quotes(extension)
        );
    }
    include_str!("origin.conf")
        .replace("TITLE", &deployment.title.escape_debug().to_string())
        .replace("PORT", &PORT.to_string())
        .replace("        # TYPES\n", &types)
}
