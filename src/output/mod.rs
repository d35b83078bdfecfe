//! The files of a built site, wherever they go.
//!
//! In: final bytes, one file at a time. Out: a [`Sink`] gets them, and a [`Manifest`] lists them. This
//! room holds no page in memory and writes nothing: `emit` is the sink that writes, and
//! [`Memory`] is the one for looking without writing.

mod purge;

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex},
};

use serde::{Deserialize, Serialize};

use crate::{
    digest::Digest,
    routing::{FileMeta, Files},
};

pub use purge::purge;

/// Where a file of its own accord is kept: below `_haberdash/`.
pub const MANIFEST: &str = "_haberdash/manifest.json";
/// The routing table.
pub const ROUTING: &str = "_haberdash/routing.json";

/// One file of the output.
#[derive(Clone, Copy, Debug)]
pub struct OutputFile<'a> {
    /// Below the output folder.
    pub path: &'a str,
    /// Its content.
    pub bytes: &'a [u8],
    /// Of its content.
    pub digest: Digest,
}

/// Takes the files of a build, from several threads and in no order.
pub trait Sink: Sync {
    /// Takes one file.
    fn put(&self, file: OutputFile<'_>) -> io::Result<()>;
}

/// Every file of the output.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Of this form of manifest.
    pub version: u32,
    /// The site's name.
    pub site: String,
    /// By path below the output folder. In paths of gated variants a `*` stands for what only the key
    /// tells, so that the manifest discloses none.
    pub files: BTreeMap<String, Entry>,
}

/// One file of a [`Manifest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Of its content.
    pub digest: Digest,
    /// In bytes.
    pub size: u64,
    /// Media type.
    #[serde(rename = "type")]
    pub content_type: String,
    /// Whether its name changes with its content.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub immutable: bool,
    /// Surrogate keys of a page: what it was made of, as `product:run-01`, sorted. They stand with the default
    /// variant and are those of all variants of its route.
    #[serde(default = "no_keys", skip_serializing_if = "is_empty")]
    pub keys: Arc<[Arc<str>]>,
    /// Of the skeletons and regions from which edges put the page together. It stands with the default
    /// variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<Digest>,
}

fn no_keys() -> Arc<[Arc<str>]> {
    Arc::new([])
}

fn is_empty(keys: &Arc<[Arc<str>]>) -> bool {
    keys.is_empty()
}

/// The form of manifest that this version writes.
pub const MANIFEST_VERSION: u32 = 1;

impl Entry {
    /// The entry of a file.
    pub fn new(path: &str, bytes: &[u8], digest: Digest, immutable: bool) -> Self {
        Self {
            digest,
            size: bytes.len() as u64,
            content_type: content_type(path),
            immutable,
            keys: no_keys(),
            parts: None,
        }
    }
}

impl Files for Manifest {
    fn file(&self, path: &str) -> Option<FileMeta> {
        self.files.get(path).map(|entry| FileMeta {
            digest: entry.digest,
            content_type: entry.content_type.clone(),
        })
    }
}

fn content_type(path: &str) -> String {
    if path.ends_with(".webmanifest") {
        return "application/manifest+json".to_owned();
    }
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    let is_text = kind.type_() == "text" || kind.essence_str() == "application/javascript";
    if is_text {
        format!("{}; charset=utf-8", kind.essence_str())
    } else {
        kind.essence_str().to_owned()
    }
}

/// Puts files into a sink with a manifest of their own.
pub fn put_all<'a>(
    sink: &dyn Sink,
    site: &str,
    files: impl IntoIterator<Item = (String, &'a [u8])>,
) -> io::Result<()> {
    let mut manifest = Manifest {
        version: MANIFEST_VERSION,
        site: site.to_owned(),
        files: BTreeMap::new(),
    };
    let put = |path: &str, bytes: &[u8]| {
        let digest = Digest::of(bytes);
        sink.put(OutputFile {
            path,
            bytes,
            digest,
        })
        .map(|()| digest)
    };
    for (path, bytes) in files {
        let digest = put(&path, bytes)?;
        let entry = Entry::new(&path, bytes, digest, false);
        manifest.files.insert(path, entry);
    }
    let bytes = serde_json::to_vec_pretty(&manifest).expect("a manifest is text and numbers");
    put(MANIFEST, &bytes).map(|_| ())
}

/// Keeps everything in memory.
#[derive(Debug, Default)]
pub struct Memory {
    files: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl Sink for Memory {
    fn put(&self, file: OutputFile<'_>) -> io::Result<()> {
        let mut files = self.files.lock().expect("no holder panics");
        files.insert(file.path.to_owned(), file.bytes.to_vec());
        Ok(())
    }
}

impl Memory {
    /// The files, by path.
    pub fn into_files(self) -> BTreeMap<String, Vec<u8>> {
        self.files.into_inner().expect("no holder panics")
    }
}

/// Keeps nothing: for builds that only look.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nowhere;

impl Sink for Nowhere {
    fn put(&self, _: OutputFile<'_>) -> io::Result<()> {
        Ok(())
    }
}
