//! Files of the theme and beside the content.

use std::borrow::Cow;

use serde_json::Value as Json;
use tera::Value;

use super::{Answer, Call};
use crate::{
    diagnostic::{Code, Diagnostic},
    digest::Digest,
    render::{
        engine::{asset_key, static_key},
        picture::{Form, Shown, is_elsewhere},
        recorder::{self, Topic},
        token::{Piece, Token, pieces},
    },
};

pub(super) fn asset(call: &Call<'_>) -> Answer {
    let path = call.must("path")?;
    file_token(call, &path, asset_key(&path))
}

pub(super) fn static_file(call: &Call<'_>) -> Answer {
    let path = call.must("path")?;
    file_token(call, &path, static_key(path.trim_start_matches('/')))
}

pub(super) fn file_token(call: &Call<'_>, path: &str, key: Digest) -> Answer {
    let world = call.world;
    if !world.files.contains_key(&key) {
        recorder::note(Topic::File, path, None, call.site);
        let is_static = matches!(call.name, "static" | "image");
        let names: Vec<&str> = if is_static {
            world
                .store
                .statics
                .iter()
                .map(|file| file.path.as_str())
                .collect()
        } else {
            world
                .store
                .theme
                .assets
                .iter()
                .map(|file| file.path.as_str())
                .collect()
        };
        let place = if is_static {
            "content"
        } else {
            "the theme's assets"
        };
        let message = format!("there is no file `{path}` in {place}");
        return Err(call
            .problem(Code::MissingAsset, message)
            .did_you_mean(path, names));
    }
    recorder::note(Topic::File, path, Some(key), call.site);
    Ok(Value::safe_string(&Token::Asset(key).to_string()))
}

pub(super) fn inline(call: &Call<'_>) -> Answer {
    let path = call.must("path")?;
    let assets = &call.world.store.theme.assets;
    let Some(asset) = assets.iter().find(|asset| asset.path == path) else {
        return file_token(call, &path, asset_key(&path));
    };
    let text = call.world.tree.file(asset.file).text();
    recorder::note(
        Topic::File,
        path,
        Some(Digest::of(text.as_bytes())),
        call.site,
    );
    Ok(Value::safe_string(text.trim()))
}

/// The text of a file of the store itself, for pages that show how they are made.
pub(super) fn source(call: &Call<'_>) -> Answer {
    let path = call.must("path")?;
    let tree = &call.world.tree;
    let Some(file) = tree.find(&path) else {
        recorder::note(Topic::File, path.clone(), None, call.site);
        let names: Vec<&str> = tree.iter().map(|(_, file)| &*file.path).collect();
        return Err(call
            .problem(
                Code::MissingAsset,
                format!("the store has no file `{path}`"),
            )
            .did_you_mean(&path, names));
    };
    let text = tree.file(file).text();
    let digest = Digest::of(text.as_bytes());
    recorder::note(Topic::File, path, Some(digest), call.site);
    Ok(Value::from(&*text))
}

/// A picture in the sizes that are offered, as a map.
///
/// `of` is a picture of a view, or a path; where there is none the answer is nothing. `src` is a path that
/// the template itself names, which must be there.
pub(super) fn image(call: &Call<'_>) -> Answer {
    let world = call.world;
    let (of, must_exist) = match (call.argument("of"), call.argument("src")) {
        (Some(of), None) => (of, false),
        (None, Some(src)) => (src, true),
        (None, None) | (Some(_), Some(_)) => {
            return Err(call
                .problem(Code::TemplateError, "`image()` needs `of` or `src`")
                .hint("write `image(of=product.images[0])` or `image(src=\"images/lamp.jpg\")`"));
        }
    };
    let src = of.get_from_path("src").and_then(Value::as_str);
    let name = of.as_str().or(src).unwrap_or_default();
    if name.is_empty() {
        return if must_exist {
            Err(call.problem(Code::TemplateError, "`src` of `image()` names no picture"))
        } else {
            Ok(Value::none())
        };
    }
    let own_alt = of.get_from_path("alt").and_then(Value::as_str);
    let alt = call
        .text("alt")?
        .map_or_else(|| own_alt.unwrap_or_default().to_owned(), Cow::into_owned);
    let widths = widths(call)?;
    let form = if call.argument("raster").and_then(Value::as_bool) == Some(true) {
        Form::Raster
    } else {
        Form::Page
    };
    let shown = match token(name).or_else(|| world.file_key(name)) {
        Some(key) => world.shown(key, &widths, form, call.site),
        None if is_elsewhere(name) => Some(Shown::elsewhere(name)),
        None if must_exist => return file_token(call, name, static_key(name)),
        None => {
            recorder::note(Topic::Picture, name, None, call.site);
            // What the catalog and front matter name is checked where they name it.
            if of.get_from_path("missing").and_then(Value::as_bool) != Some(true) {
                let message = format!("there is no picture `{name}` in content");
                let files = world.store.statics.iter().map(|file| file.path.as_str());
                world.warn(
                    call.problem(Code::MissingFile, message)
                        .did_you_mean(name.trim_start_matches('/'), files),
                );
            }
            None
        }
    };
    Ok(shown.map_or_else(Value::none, |shown| {
        let mut view = shown.to_json();
        view["alt"] = Json::String(alt);
        Value::from_serializable(&view)
    }))
}

/// The widths asked for, or else those of the configuration.
fn widths(call: &Call<'_>) -> Result<Vec<u32>, Diagnostic> {
    let Some(asked) = call.argument("widths").filter(|asked| !asked.is_none()) else {
        return Ok(call.world.store.config.images.widths.clone());
    };
    let width = |value: &Value| {
        let width = u32::try_from(value.as_i64()?).ok()?;
        (1..=8192).contains(&width).then_some(width)
    };
    let widths: Option<Vec<u32>> = match asked.as_array() {
        Some(list) => list.iter().map(width).collect(),
        None => width(asked).map(|width| vec![width]),
    };
    widths.filter(|widths| !widths.is_empty()).ok_or_else(|| {
        call.problem(
            Code::TemplateError,
            "`widths` of `image()` is not a list of widths from 1 to 8192 pixels",
        )
    })
}

/// The file that a view's `src` stands for.
fn token(text: &str) -> Option<Digest> {
    let mut pieces = pieces(text);
    match (pieces.next(), pieces.next()) {
        (Some(Piece::Token(Token::Asset(key))), None) => Some(key),
        _ => None,
    }
}
