//! The origin behind edges that are proxies: a small site for nginx that serves files as they are.

use std::fmt::Write;

use super::{
    Deployment, conditions,
    keys::{self, Pages},
    nginx,
};
use crate::plan::NOT_FOUND;

/// Where the proxy finds it, on 127.0.0.1.
pub(super) const PORT: u16 = 8081;

/// The file that lists what pages were made of, beside the site's or in nginx's folder.
pub(super) const KEYS: &str = "haberdash-keys.map";

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

/// The site, as a file for `/etc/nginx/conf.d/`. With `keys` it tells a cache what each file was made of, by
/// [`keys::map_lines`] in a file of the name [`KEYS`].
pub(super) fn nginx(deployment: &Deployment, keys: Option<&Pages>) -> String {
    let (mut maps, mut header) = (String::new(), "");
    if let Some(pages) = keys {
        let (largest, longest) = keys::map_sizes(pages);
        maps = include_str!("origin-keys.conf")
            .replace("LARGEST", &largest.to_string())
            .replace("LONGEST", &longest.to_string())
            .replace("KEYS", KEYS);
        header = "        add_header xkey \"site $uri $haberdash_keys\" always;\n";
    }
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
        .replace("# MAPS\n", &maps)
        .replace("        # XKEY\n", header)
}
