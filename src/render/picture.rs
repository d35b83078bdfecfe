//! Pictures as pages show them: in several sizes, of which a browser takes one.
//!
//! Sizes and names are known from a file's header, so that no page waits for a picture to be made. What
//! pages name is noted, and made when all are rendered.

use std::{collections::BTreeMap, sync::Mutex};

use dashmap::DashMap;
use serde_json::{Value as Json, json};

use super::{
    engine::{FileName, World},
    recorder::{self, Site, Topic},
    token::Token,
};
use crate::{
    diagnostic::{Code, Diagnostic, FileId, Span},
    digest::Digest,
    model::{PictureFormat, StaticFile},
    picture::{self, Broken, Header, Recipe},
};

/// What is known of pictures, and the smaller ones that pages name.
#[derive(Default)]
pub(super) struct Pictures {
    known: DashMap<FileId, Option<Known>>,
    derivatives: DashMap<String, Derivative>,
    problems: Mutex<Vec<Diagnostic>>,
}

/// A picture that can be shown.
#[derive(Clone, Copy)]
struct Known {
    header: Header,
    /// Of its bytes.
    digest: Digest,
}

/// A picture that some page names and that has to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derivative {
    /// Of what.
    pub source: FileId,
    /// What its header says.
    pub header: Header,
    /// Tells its content, for a cache.
    pub key: Digest,
    /// How.
    pub recipe: Recipe,
}

/// For whom a picture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Browsers: in all formats that are offered, and drawings as they are.
    Page,
    /// Feeds and previews of links: pixels in one common format, drawings too.
    Raster,
}

/// A picture in the sizes that are offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    /// The largest one, in the picture's own format.
    pub(super) src: String,
    /// Width and height of the picture itself, in pixels.
    pub(super) size: Option<(u32, u32)>,
    /// All sizes in the picture's own format, as the attribute `srcset` says them; empty for one that is
    /// served as it is.
    pub(super) srcset: String,
    /// All sizes in each better format, the best first.
    pub(super) sources: Vec<(PictureFormat, String)>,
}

/// Whether a picture's address is of another site.
pub(super) fn is_elsewhere(src: &str) -> bool {
    src.contains("://") || src.starts_with("//") || src.starts_with("data:")
}

impl Shown {
    /// A picture of which only the address is known.
    pub(super) fn elsewhere(src: &str) -> Self {
        Self::as_it_is(src.to_owned(), None)
    }

    fn as_it_is(src: String, size: Option<(u32, u32)>) -> Self {
        Self {
            src,
            size,
            srcset: String::new(),
            sources: Vec::new(),
        }
    }

    /// As templates see it.
    pub(super) fn to_json(&self) -> Json {
        let sources: Vec<Json> = self
            .sources
            .iter()
            .map(|(format, srcset)| json!({ "type": format.media_type(), "srcset": srcset }))
            .collect();
        json!({
            "src": self.src,
            "width": self.size.map(|size| size.0),
            "height": self.size.map(|size| size.1),
            "srcset": self.srcset,
            "sources": sources,
        })
    }
}

impl World {
    /// The picture that a token's key stands for, in some widths. `None` if it cannot be shown, which is reported.
    pub(super) fn shown(
        &self,
        key: Digest,
        widths: &[u32],
        form: Form,
        site: Site,
    ) -> Option<Shown> {
        let file = self.static_file(*self.files.get(&key)?)?;
        let known = self.known_picture(file);
        let shown = known.map(|known| self.offer(file, key, known, widths, form));
        let asked: Vec<String> = widths.iter().map(u32::to_string).collect();
        let digest = shown.as_ref().zip(known).map(|(shown, known)| {
            let view = shown.to_json().to_string();
            Digest::of_parts([view.as_bytes(), known.digest.hex().as_bytes()])
        });
        let name = format!("{} {} {form:?}", file.path, asked.join(","));
        recorder::note(Topic::Picture, name, digest, site);
        shown
    }

    /// The URL path of a picture in pixels, for those who take no drawing. `None` if it does not exist or
    /// cannot be shown, which is reported.
    pub fn raster_url(&self, path: &str, width: u32) -> Option<String> {
        let key = self.file_key(path)?;
        let file = self.static_file(*self.files.get(&key)?)?;
        let known = self.known_picture(file)?;
        let src = self.offer(file, key, known, &[width], Form::Raster).src;
        // One that is served as it is has a token in the place of its name.
        src.starts_with('/').then_some(src)
    }

    fn offer(
        &self,
        file: &StaticFile,
        key: Digest,
        known: Known,
        widths: &[u32],
        form: Form,
    ) -> Shown {
        let as_it_is = || Shown::as_it_is(Token::Asset(key).to_string(), known.header.size);
        let settings = &self.store.config.images;
        let header = &known.header;
        let is_drawn = header.is_drawing() && form == Form::Raster;
        let own = if is_drawn {
            Some(PictureFormat::Png)
        } else {
            header.own_format()
        };
        let Some((own, (width, height))) = own.zip(header.size) else {
            return as_it_is();
        };
        let sizes = if is_drawn {
            picture::drawn(widths, width, height)
        } else {
            picture::candidates(widths, width, height)
        };
        if sizes.is_empty() {
            return as_it_is();
        }
        let offer = |format: PictureFormat| {
            let candidates = sizes.iter().map(|(width, height)| {
                let recipe = Recipe {
                    width: *width,
                    height: *height,
                    format,
                    quality: settings.quality,
                };
                let path = recipe.path(known.digest, &file.path);
                let url = format!("/{path}");
                self.pictures.derivatives.insert(
                    path,
                    Derivative {
                        source: file.file,
                        header: known.header,
                        key: recipe.key(known.digest),
                        recipe,
                    },
                );
                (url, *width)
            });
            candidates.collect::<Vec<_>>()
        };
        let srcset = |candidates: &[(String, u32)]| {
            let each: Vec<String> = candidates
                .iter()
                .map(|(url, width)| format!("{url} {width}w"))
                .collect();
            each.join(", ")
        };
        let own_sizes = offer(own);
        let better = settings
            .formats
            .iter()
            .filter(|format| **format != own && form == Form::Page);
        Shown {
            src: own_sizes
                .last()
                .map_or_else(String::new, |(url, _)| url.clone()),
            size: if is_drawn {
                sizes.last().copied()
            } else {
                header.size
            },
            srcset: srcset(&own_sizes),
            sources: better
                .map(|format| (*format, srcset(&offer(*format))))
                .collect(),
        }
    }

    fn known_picture(&self, file: &StaticFile) -> Option<Known> {
        if let Some(known) = self.pictures.known.get(&file.file) {
            return *known;
        }
        // Two threads may read the same header, and come to the same.
        let bytes = &self.tree.file(file.file).bytes;
        let known = match picture::read(&file.path, bytes) {
            Ok(header) => Some(Known {
                header,
                digest: Digest::of(bytes),
            }),
            Err(broken) => {
                self.warn(broken_picture(&file.path, file.file, broken));
                None
            }
        };
        self.pictures.known.insert(file.file, known);
        known
    }

    fn static_file(&self, name: FileName) -> Option<&StaticFile> {
        match name {
            FileName::Asset(place) => Some(&self.store.theme.assets[place]),
            FileName::Static(place) => Some(&self.store.statics[place]),
            FileName::CustomizerScript => None,
        }
    }

    /// Every picture that some page names and that has to be made, by its path below the output folder.
    pub fn derivatives(&self) -> BTreeMap<String, Derivative> {
        let all = self.pictures.derivatives.iter();
        all.map(|entry| (entry.key().clone(), entry.value().clone()))
            .collect()
    }

    /// Notes a problem that stops no rendering.
    pub(super) fn warn(&self, problem: Diagnostic) {
        let mut problems = self.pictures.problems.lock().expect("no holder panics");
        problems.push(problem);
    }

    /// What was noticed of pictures while rendering, in no order.
    pub fn problems(&self) -> Vec<Diagnostic> {
        let problems = self.pictures.problems.lock();
        problems.expect("no holder panics").clone()
    }
}

/// The problem of a file that is no picture to use.
pub fn broken_picture(path: &str, file: FileId, broken: Broken) -> Diagnostic {
    let span = Span {
        start: broken.at as u32,
        end: broken.at as u32,
        ..Span::file(file)
    };
    let message = format!("`{path}` {}", broken.why);
    Diagnostic::new(Code::BrokenPicture, span, message).hint(broken.hint)
}
