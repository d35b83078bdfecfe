//! Sources to [`Store`]: what the files say, with names resolved.
//!
//! In: a [`SourceTree`] and the time of the build. Out: a [`Store`] of what was understood;
//! problems go to [`Diagnostics`], all of one run, each with its place. Every file stands
//! for itself: one that is broken hides no problem of another. Reads no file, never panics
//! on what is in one, and never asks the clock.

mod body;
mod catalog;
mod condition;
mod config;
mod customization;
mod date;
mod experiment;
mod fields;
mod front_matter;
mod json;
mod pages;
mod predicate;
mod report;
mod resolve;
mod segments;
#[cfg(test)]
mod tests;
mod text;
mod theme;
mod tokens;
mod yaml;

use jiff::Timestamp;

use crate::{
    diagnostic::{Code, Diagnostics},
    model::Store,
    source::SourceTree,
};

pub use body::markdown_options;
use report::{Context, Report};

/// What loading needs to know besides the files.
#[derive(Clone, Copy, Debug)]
pub struct LoadOptions {
    /// The time against which `publish` and `expires` are held.
    pub now: Timestamp,
}

/// Reads a store. `None` if there is no configuration to build with.
pub fn load(
    tree: &SourceTree,
    options: &LoadOptions,
    diagnostics: &mut Diagnostics,
) -> Option<Store> {
    let mut report = Report::default();
    let (config, is_usable) = config::load(tree, &mut report);
    // Facets may take their segments from lists, and everything else names facets.
    let lists = catalog::list::load(tree, &mut report);
    let facets = segments::load(tree, &lists, &mut report);
    let context = Context {
        currency: config.currency,
        facets: &facets,
    };
    let (mut catalog, known) = catalog::load(tree, lists, context, &mut report);
    let documents = pages::load(tree, context, options.now, &mut report);
    let mut theme_report = Report::default();
    let theme = theme::load(tree, &config.theme, &mut theme_report);
    if !is_usable {
        // Which theme is meant is not known.
        theme_report
            .diagnostics
            .retain(|diagnostic| diagnostic.code != Code::MissingTheme);
    }
    report.merge(theme_report);
    tokens::check(&config.tokens, &theme, tree, &mut report);
    resolve::resolve(&mut catalog, &known, &mut report);
    customization::resolve(tree, &mut catalog, context, &mut report);
    report.hand_over(diagnostics);
    is_usable.then_some(Store {
        config,
        facets,
        catalog,
        pages: documents.pages,
        theme,
        statics: documents.statics,
        unpublished: documents.unpublished,
    })
}
