//! Two sources with one URL.

use crate::{
    diagnostic::{Code, Diagnostic, Diagnostics, Span},
    model::Store,
    plan::{Plan, Route, Subject},
};

/// First parts of paths that haberdash itself uses.
const RESERVED: [&str; 3] = ["_v", "_haberdash", "assets"];

/// Reports routes and files that would overwrite one another, and drops all but the first.
pub(super) fn check(store: &Store, plan: &mut Plan, diagnostics: &mut Diagnostics) {
    plan.routes.retain(|route| {
        let reserved = route
            .path
            .parts()
            .next()
            .filter(|part| RESERVED.contains(part));
        if let Some(part) = reserved {
            diagnostics.push(
                place(
                    store,
                    route,
                    format!("`{}` is a path that haberdash itself uses", route.path),
                )
                .hint(format!(
                    "give it a path that does not begin with `/{part}/`"
                )),
            );
        }
        reserved.is_none()
    });
    let mut kept: Vec<Route> = Vec::with_capacity(plan.routes.len());
    for route in std::mem::take(&mut plan.routes) {
        match kept.last() {
            Some(first) if first.path == route.path => {
                let message = format!("two sources have the URL `{}`", route.path);
                diagnostics.push(
                    place(store, &route, message)
                        .label(format!("{} has it too", describe(store, first)))
                        .hint("set `slug` or `url`, or rename one of them"),
                );
            }
            _ => kept.push(route),
        }
    }
    plan.routes = kept;

    for file in &store.statics {
        let span = Span::file(file.file);
        let first = file.path.split('/').next().unwrap_or_default();
        if RESERVED.contains(&first) && file.path.contains('/') {
            diagnostics.push(
                Diagnostic::new(
                    Code::RouteCollision,
                    span,
                    format!("`/{}` is a path that haberdash itself uses", file.path),
                )
                .hint(format!("move it out of `content/{first}/`")),
            );
        }
        // `about` beside `about/index.html`, or `about/index.html` itself.
        let as_file = format!("/{}", file.path);
        let taken = [
            plan.route(&as_file),
            plan.route(&format!("{as_file}/")),
            as_file
                .strip_suffix("index.html")
                .and_then(|folder| plan.route(folder)),
        ];
        if let Some(route) = taken.into_iter().flatten().next() {
            diagnostics.push(
                Diagnostic::new(
                    Code::RouteCollision,
                    span,
                    format!("the file `/{}` stands where a page is", file.path),
                )
                .label(format!("{} has this URL", describe(store, route)))
                .hint("rename the file"),
            );
        }
    }
}

fn place(store: &Store, route: &Route, message: String) -> Diagnostic {
    Diagnostic::new(Code::RouteCollision, route.span(store), message)
}

fn describe(store: &Store, route: &Route) -> String {
    match route.subject {
        Subject::Page(place) => format!("the page `{}`", store.pages[place].title()),
        Subject::Product(place) => format!("the product `{}`", store.catalog.products[place].id),
        Subject::Collection(place) => {
            format!("the collection `{}`", store.catalog.collections[place].id)
        }
        Subject::Collections => "the index of collections".to_owned(),
        Subject::Tag(_) => "the page of a tag".to_owned(),
        Subject::Tags => "the index of tags".to_owned(),
        Subject::NotFound => "the page for what does not exist".to_owned(),
    }
}
