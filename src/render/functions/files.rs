//! Files of the theme and beside the content.

use tera::Value;

use super::{Answer, Call};
use crate::{
    diagnostic::Code,
    digest::Digest,
    render::{
        engine::{asset_key, static_key},
        recorder::{self, Topic},
        token::Token,
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
        let names: Vec<&str> = if call.name == "static" {
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
        let place = if call.name == "static" {
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
