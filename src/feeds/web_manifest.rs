//! `manifest.webmanifest`, as the W3C's Web Application Manifest has it.

use serde_json::json;

use super::Sources;

/// Widths of icons that home screens ask for, in pixels.
const ICON_WIDTHS: [u32; 2] = [192, 512];

pub(super) fn web_manifest(sources: &Sources<'_>) -> String {
    let config = &sources.store.config;
    let theme = &sources.store.theme;
    let mut manifest = json!({
        "name": config.title,
        "short_name": config.title,
        "description": config.description,
        "lang": config.locale,
        "id": "/",
        "start_url": "/",
        "scope": "/",
        "display": "minimal-ui",
    });
    if let Some(background) = &theme.background {
        manifest["background_color"] = background.clone().into();
        manifest["theme_color"] = background.clone().into();
    }
    if let Some(icon) = &theme.icon {
        let path = format!("assets/{icon}");
        let mut icons = Vec::new();
        if let Some(url) = sources.addresses.file(&path) {
            let kind = mime_guess::from_path(&url).first_or_octet_stream();
            let mut entry = json!({ "src": url, "type": kind.essence_str() });
            if url.ends_with(".svg") {
                entry["sizes"] = "any".into();
            }
            icons.push(entry);
        }
        for width in ICON_WIDTHS {
            if let Some(url) = sources.addresses.raster(&path, width) {
                let sizes = format!("{width}x{width}");
                icons.push(json!({ "src": url, "type": "image/png", "sizes": sizes }));
            }
        }
        manifest["icons"] = icons.into();
    }
    let mut text = serde_json::to_string_pretty(&manifest).expect("a manifest is text");
    text.push('\n');
    text
}
