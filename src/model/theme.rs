//! A theme's files.

use std::sync::Arc;

use crate::diagnostic::FileId;

/// Templates and assets: a theme's own, and those of the themes it extends where it has none
/// of that name.
#[derive(Clone, Debug, Default)]
pub struct Theme {
    /// Its folder's name.
    pub name: String,
    /// The asset that stands for the store in tabs, on home screens and in feeds.
    pub icon: Option<String>,
    /// Background of a store that is opened from a home screen: a CSS color.
    pub background: Option<String>,
    /// Sorted by name.
    pub templates: Vec<Template>,
    /// Sorted by path.
    pub assets: Vec<StaticFile>,
}

impl Theme {
    /// The template with a name.
    pub fn template(&self, name: &str) -> Option<&Template> {
        let place = self
            .templates
            .binary_search_by(|t| t.name.as_str().cmp(name))
            .ok()?;
        Some(&self.templates[place])
    }
}

/// One template.
#[derive(Clone, Debug)]
pub struct Template {
    /// Path below `templates/`, or `regions/…`, `fragments/…`. A template that a theme extending
    /// this one replaces has its theme's name before it: `default/product.html`.
    pub name: String,
    /// Its text.
    pub source: Arc<str>,
    /// Where it stands.
    pub file: FileId,
}

/// A file that is served as it is.
#[derive(Clone, Debug)]
pub struct StaticFile {
    /// Path below the theme's `assets/` or below `content/`.
    pub path: String,
    /// Where it stands.
    pub file: FileId,
}
