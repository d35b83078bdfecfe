//! `manifest.webmanifest`, as the W3C's Web Application Manifest has it.

use serde_json::json;

use super::Sources;

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
    let icon = theme.icon.as_deref();
    if let Some(url) = icon.and_then(|icon| (sources.file_url)(&format!("assets/{icon}"))) {
        let kind = mime_guess::from_path(&url).first_or_octet_stream();
        let mut entry = json!({ "src": url, "type": kind.essence_str() });
        if url.ends_with(".svg") {
            entry["sizes"] = "any".into();
        }
        manifest["icons"] = json!([entry]);
    }
    let mut text = serde_json::to_string_pretty(&manifest).expect("a manifest is text");
    text.push('\n');
    text
}
