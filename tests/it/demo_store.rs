//! The repository's own store builds without a problem, and uses what there is to use.

use std::{path::Path, sync::Arc};

use haberdash::{BuildOptions, Keys, Memory, SourceTree, build};

fn demo() -> SourceTree {
    let mut files = Vec::new();
    for folder in ["content", "themes", "segments", "haberdash.yaml"] {
        for entry in walkdir::WalkDir::new(folder)
            .into_iter()
            .map(Result::unwrap)
        {
            if entry.file_type().is_file() {
                let mut bytes = std::fs::read(entry.path()).unwrap();
                if entry.path().extension().is_some_and(|e| e == "gz") {
                    let mut unpacked = Vec::new();
                    let mut decoder = flate2::read::GzDecoder::new(bytes.as_slice());
                    std::io::Read::read_to_end(&mut decoder, &mut unpacked).unwrap();
                    bytes = unpacked;
                }
                files.push((entry.path().to_str().unwrap().to_owned(), bytes));
            }
        }
    }
    SourceTree::from_files(files)
}

#[test]
fn the_demo_store_builds_without_a_problem() {
    assert!(Path::new("haberdash.yaml").exists());
    let tree = Arc::new(demo());
    let memory = Memory::default();
    let options = BuildOptions {
        now: "2026-11-23T12:00:00Z".parse().unwrap(),
        keys: &|store, _| Keys::development(&store.config.site, None),
        minifies: true,
        precompresses: Some(false),
        pictures: &haberdash::NoPictures,
        progress: &|_, _, _| {},
    };
    let built = build(&tree, &options, &memory).unwrap();
    assert!(built.diagnostics.is_empty(), "{:#?}", built.diagnostics);
    assert!(built.summary.products >= 25, "{:?}", built.summary);
    assert!(
        built.summary.variants > built.summary.routes,
        "{:?}",
        built.summary
    );
    let files = memory.into_files();
    let home = std::str::from_utf8(&files["index.html"]).unwrap();
    assert!(
        !home.contains('\u{10FFF0}'),
        "no unfinished place is left in a page"
    );
}
