//! `haberdash serve`.

use super::{
    Failure, Status,
    args::{Common, Format, Serve},
    build::{PICTURES, problems, progress, show},
    keys, now, read_sources, say_problems, surroundings, terminal,
};
use crate::{
    emit::{PictureFolder, Stage},
    pipeline::{self, BuildOptions},
    serve::{self, Site},
};

/// Where `serve` keeps its copy of the site, below the store's folder. The output folder of
/// `build` is never touched.
const FOLDER: &str = ".haberdash/serve";

pub(super) fn run(common: &Common, args: &Serve) -> Result<Status, Failure> {
    let tree = read_sources(common)?;
    let folder = common.store.join(FOLDER);
    let stage = Stage::open(&folder, &surroundings(&common.store))?;
    let pictures = PictureFolder::new(common.store.join(PICTURES));
    let bar = progress(common);
    let options = BuildOptions {
        now: now(&args.time),
        keys: &keys::keys,
        minifies: true,
        precompresses: Some(false),
        targets: None,
        pictures: &pictures,
        progress: &|work, done, all| show(&bar, work, done, all),
    };
    let built = pipeline::build(&tree, &options, &stage)?;
    bar.finish_and_clear();
    say_problems(common, &built.diagnostics, &tree, false);
    let Some(keys) = built.keys.filter(|_| built.summary.errors == 0) else {
        terminal::say(&format!("Not served: {}.", problems(&built.summary)));
        return Ok(Status::Problems);
    };
    stage.commit()?;
    pictures.tidy();
    let fixed = args.time.now;
    let site = Site {
        folder,
        table: built.deployment.table,
        manifest: built.deployment.manifest,
        facets: built.facets,
        keys,
        country: args.country.clone(),
        has_bar: !args.no_bar,
        clock: Box::new(move || now(&super::args::Time { now: fixed }).as_second()),
    };
    let routes = built.summary.routes;
    serve::serve(site, args.port, |address| {
        if common.format == Format::Json {
            terminal::data(&format!("{{\"url\":\"http://{address}/\"}}\n"));
        } else {
            let bar = if args.no_bar {
                ""
            } else {
                " The bar at the foot of each page makes you any visitor."
            };
            terminal::say(&format!(
                "Serving {routes} routes on http://{address}/ (Ctrl+C ends it).{bar}"
            ));
        }
    })
    .map_err(|error| {
        Failure(format!(
            "cannot serve on 127.0.0.1:{}: {error}\nhint: `--port 0` takes any port that is free",
            args.port
        ))
    })?;
    Ok(Status::Fine)
}
