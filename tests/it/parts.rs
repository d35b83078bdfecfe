//! Pages that edges put together from a skeleton and regions.

use std::collections::BTreeMap;

use crate::support::{Site, configured, facet, site};

/// Segments of each of four facets.
const SIZES: [(&str, usize); 4] = [("alpha", 6), ("beta", 4), ("gamma", 3), ("delta", 12)];

/// A page with a region for each of the facets.
fn four_regions() -> String {
    let mut store = String::new();
    let mut calls = String::new();
    for (id, size) in SIZES {
        let segments: Vec<String> = (0..size).map(|nth| format!("{id}{nth}")).collect();
        let names: Vec<&str> = segments.iter().map(String::as_str).collect();
        store += &facet(id, &names, names[0]);
        store += &format!(
            "-- themes/default/regions/{id}.html --\n<section><h2>{id}</h2><p>{{{{ segment(of=\"{id}\") }}}}</p></section>\n"
        );
        calls += &format!("{{{{ region(name=\"{id}\") }}}}");
    }
    let text = "A page of some length, as pages are. ".repeat(100);
    store += &format!(
        "-- themes/default/templates/page.html --\n<!doctype html><title>{{{{ page.title }}}}</title><main>{calls}<p>{text}</p></main>\n"
    );
    store
}

fn files<'a>(site: &'a Site, folder: &str) -> BTreeMap<&'a str, usize> {
    let files = site
        .built
        .deployment
        .manifest
        .files
        .iter()
        .filter(|(path, _)| path.contains(folder));
    files
        .map(|(path, entry)| (path.as_str(), entry.size as usize))
        .collect()
}

#[test]
fn four_regions_are_25_parts_instead_of_864_pages() {
    let store = four_regions();
    let whole = configured("budgets: { max-variants: 864 }\ntargets: [haproxy]", &store)
        .expect_no_problems();
    let parts = configured("targets: [cloudflare]", &store).expect_no_problems();
    assert_eq!(whole.variants("index.html").len(), 864);
    assert_eq!(parts.variants("index.html").len(), 1);
    assert_eq!(files(&parts, "_haberdash/esi/region/").len(), 25);
    assert_eq!(files(&parts, "_haberdash/esi/page/index.html").len(), 1);
    let bytes = |files: BTreeMap<&str, usize>| files.into_values().sum::<usize>();
    let of_pages: usize = whole
        .variants("index.html")
        .iter()
        .map(|path| whole.files[path].len())
        .sum();
    let of_parts =
        bytes(files(&parts, "_haberdash/esi/")) - bytes(files(&parts, "esi/page/404.html"));
    assert!(of_parts * 300 < of_pages, "{of_parts} {of_pages}");
    // Every visitor reads the same.
    for alpha in 0..6 {
        for beta in 0..4 {
            for gamma in 0..3 {
                for delta in 0..12 {
                    let visitor = format!(
                        "alpha=alpha{alpha} beta=beta{beta} gamma=gamma{gamma} delta=delta{delta}"
                    );
                    assert_eq!(
                        parts.shown("/", &visitor),
                        whole.shown("/", &visitor),
                        "{visitor}"
                    );
                }
            }
        }
    }
}

#[test]
fn the_budget_counts_what_is_written() {
    let store = four_regions();
    let whole = configured("targets: [haproxy]", &store);
    let too_many = [
        "too-many-variants content/index.md:1",
        "too-many-variants haberdash.yaml:1",
    ];
    assert_eq!(whole.problems(), too_many);
    let problem = whole.built.diagnostics.iter().next().unwrap();
    assert_eq!(
        problem.notes[1],
        "edges that put pages together need 26 files for it: nginx, Varnish and Cloudflare, where `targets` lists no other"
    );
    // One edge of several that cannot put pages together is enough.
    let both = configured("targets: [cloudflare, haproxy]", &store);
    assert_eq!(both.problems(), too_many);
    let few = configured(
        "targets: [cloudflare]\nbudgets: { max-variants: 25 }",
        &store,
    );
    assert_eq!(few.problems(), too_many);
    let enough = "targets: [cloudflare]\nbudgets: { max-variants: 26 }";
    configured(enough, &store).expect_no_problems();
}

#[test]
fn nothing_is_in_parts_without_an_edge_for_it() {
    let team = facet("team", &["none", "owls"], "none");
    let store = format!(
        "{team}-- themes/default/templates/page.html --\n<!doctype html><p>{{{{ region(name=\"team\") }}}}\n\
         -- themes/default/regions/team.html --\n<b>{{{{ segment(of=\"team\") }}}}</b>\n"
    );
    for (line, parts, pages) in [
        ("", 0, 2),
        ("targets: [haproxy]", 0, 2),
        ("targets: [varnish]", 3, 1),
        ("targets: [nginx]", 3, 1),
        ("targets: [nginx, varnish, cloudflare]", 6, 1),
        ("targets: [nginx, haproxy]", 3, 2),
    ] {
        let site = configured(line, &store).expect_no_problems();
        let in_folders = files(&site, "si/page/index").len() + files(&site, "si/region/").len();
        assert_eq!(
            (in_folders, site.variants("index.html").len()),
            (parts, pages),
            "{line}"
        );
        assert_eq!(
            site.text("index.html"),
            "<!doctype html><p><b>none</b>",
            "{line}"
        );
        assert_eq!(
            site.shown("/", "team=owls"),
            "<!doctype html><p><b>owls</b>",
            "{line}"
        );
    }
}

/// A store whose home page has these regions, served in parts where that can be.
fn page(template: &str, regions: &[(&str, &str)]) -> Site {
    let mut store =
        facet("team", &["none", "owls"], "none") + &facet("mood", &["calm", "wild"], "calm");
    store += &format!("-- themes/default/templates/page.html --\n<!doctype html>{template}\n");
    store += "-- content/catalog/products/tie.yaml --\ntitle: Tie\nprice: 10.00\n";
    for (name, text) in regions {
        store += &format!("-- themes/default/regions/{name}.html --\n{text}\n");
    }
    let site = configured("targets: [varnish]", &store);
    assert!(
        !site.built.diagnostics.has_errors(),
        "{:#?}",
        site.built.diagnostics
    );
    site
}

#[track_caller]
fn is_in_parts(site: &Site) -> bool {
    let is_in_parts = !files(site, "_haberdash/esi/page/").is_empty();
    assert_eq!(site.variants("index.html").len() == 1, is_in_parts);
    is_in_parts
}

const TEAM: &str = "<b>{{ segment(of=\"team\") }}</b>";

#[test]
fn regions_stand_in_regions() {
    let site = page(
        "<main>{{ region(name=\"outer\") }}</main>",
        &[
            (
                "outer",
                "{{ segment(of=\"mood\") }} {{ region(name=\"inner\") }}",
            ),
            ("inner", TEAM),
        ],
    );
    assert!(is_in_parts(&site));
    assert_eq!(
        site.shown("/", "mood=wild team=owls"),
        "<!doctype html><main>wild <b>owls</b></main>"
    );
    // Varnish looks only into what begins like a page.
    let outer = files(&site, "region/outer-");
    let default = outer.keys().find(|path| !path.starts_with("_v/")).unwrap();
    assert!(site.text(default).starts_with(
        "<esi:comment text=\"\"/>calm <esi:include src=\"/_haberdash/esi/region/inner-"
    ));
}

#[test]
fn a_region_that_everyone_reads_alike_is_part_of_the_page() {
    let site = page(
        "<i class=\"{{ region(name=\"name\") }}\">{{ region(name=\"box\") }}</i>",
        &[
            ("name", "plain"),
            ("box", "<u>{{ region(name=\"team\") }}</u>"),
            ("team", TEAM),
        ],
    );
    assert!(is_in_parts(&site));
    let skeleton = site.text("_haberdash/esi/page/index.html");
    assert!(
        skeleton.starts_with("<!doctype html><i class=plain><u><esi:include "),
        "{skeleton}"
    );
    assert_eq!(files(&site, "_haberdash/esi/region/").len(), 2);
    assert_eq!(
        site.shown("/", "team=owls"),
        "<!doctype html><i class=plain><u><b>owls</b></u></i>"
    );
}

#[test]
fn what_edges_would_not_put_together_right_is_whole() {
    let region = [("team", TEAM)];
    let inside_a_tag = page(
        "<i class=\"{{ region(name=\"team\") }}\">a</i>",
        &[("team", "{{ segment(of=\"team\") }}")],
    );
    assert!(!is_in_parts(&inside_a_tag));
    assert_eq!(
        inside_a_tag.shown("/", "team=owls"),
        "<!doctype html><i class=owls>a</i>"
    );
    for order in [
        "<esi:remove>",
        "<script>a=\"<!--#if\"</script>",
        "<script>\"<![CDATA[\"</script>",
    ] {
        let site = page(&format!("{order}{{{{ region(name=\"team\") }}}}"), &region);
        assert!(!is_in_parts(&site), "{order}");
        assert!(site.shown("/", "team=owls").contains("<b>owls</b>"));
    }
    let without = page("<script>a=1</script>{{ region(name=\"team\") }}", &region);
    assert!(is_in_parts(&without));
}

#[test]
fn too_deep_or_too_many_regions_are_whole() {
    let chain = |depth: usize| -> Site {
        let names: Vec<String> = (0..depth).map(|nth| format!("r{nth}")).collect();
        let texts: Vec<String> = (0..depth)
            .map(|nth| match names.get(nth + 1) {
                Some(next) => {
                    format!("{{{{ segment(of=\"mood\") }}}}{{{{ region(name=\"{next}\") }}}}")
                }
                None => TEAM.to_owned(),
            })
            .collect();
        let regions: Vec<(&str, &str)> = names
            .iter()
            .map(String::as_str)
            .zip(texts.iter().map(String::as_str))
            .collect();
        page("{{ region(name=\"r0\") }}", &regions)
    };
    assert!(is_in_parts(&chain(5)));
    assert!(!is_in_parts(&chain(6)));
    let many = |count: usize| {
        page(
            &format!(
                "{{% for n in range(end={count}) %}}{{{{ region(name=\"n\", n=n) }}}}{{% endfor %}}"
            ),
            &[("n", "<b>{{ n }} {{ segment(of=\"team\") }}</b>")],
        )
    };
    assert!(!is_in_parts(&many(41)));
}

#[test]
fn edges_that_put_pages_together_look_for_skeletons_and_others_do_not() {
    let targets = ["caddy", "cloudflare", "haproxy", "nginx", "varnish"];
    let line = format!("targets: [{}]", targets.join(", "));
    let team = facet("team", &["none", "owls"], "none");
    let store = format!(
        "{team}-- themes/default/templates/page.html --\n<!doctype html>{{{{ region(name=\"team\") }}}}\n\
         -- themes/default/regions/team.html --\n{TEAM}\n"
    );
    let site = configured(&line, &store).expect_no_problems();
    for (target, files) in &site.built.edges {
        let texts = files.iter().filter(|file| !file.path.ends_with(".md"));
        let knows = texts
            .map(|file| String::from_utf8_lossy(&file.bytes))
            .any(|text| text.contains("si/page"));
        let can = ["cloudflare", "nginx", "varnish"].contains(&target.as_str());
        assert_eq!(knows, can, "{target}");
    }
}

/// Changes below a page's regions are changes of the page, for caches.
#[test]
fn a_page_is_purged_if_a_variant_of_its_regions_changed() {
    let manifest = |text: &str| {
        let site = page("{{ region(name=\"team\") }}", &[("team", text)]);
        let entry = site.built.deployment.manifest.files["index.html"].clone();
        (entry.digest, entry.parts.unwrap())
    };
    let owls = |word: &str| {
        format!(
            "{{% if visitor_is(team=\"owls\") %}}<b>{word}</b>{{% else %}}<b>all</b>{{% endif %}}"
        )
    };
    let (before, after) = (manifest(&owls("hoot")), manifest(&owls("howl")));
    assert_eq!(before.0, after.0);
    assert_ne!(before.1, after.1);
    assert_eq!(before, manifest(&owls("hoot")));
}

#[test]
fn a_region_has_the_keys_of_what_is_in_it() {
    let site = page(
        "{{ region(name=\"outer\") }}",
        &[
            (
                "outer",
                "<p>{{ segment(of=\"mood\") }}{{ region(name=\"plain\") }}{{ region(name=\"team\") }}</p>",
            ),
            (
                "plain",
                "{% set tie = product(id=\"tie\") %}<i>{{ tie.title }}</i>",
            ),
            ("team", TEAM),
        ],
    );
    let keys = |name: &str| -> Vec<String> {
        let files = &site.built.deployment.manifest.files;
        let prefix = format!("_haberdash/esi/region/{name}-");
        let (_, entry) = files
            .iter()
            .find(|(path, _)| path.starts_with(&prefix))
            .unwrap();
        entry.keys.iter().map(ToString::to_string).collect()
    };
    assert_eq!(keys("team"), ["segment:team", "template:regions/team"]);
    assert_eq!(
        keys("outer"),
        [
            "product:tie",
            "segment:mood",
            "template:regions/outer",
            "template:regions/plain"
        ]
    );
}

#[test]
fn regions_are_shared_by_pages() {
    let team = facet("team", &["none", "owls"], "none");
    let store = format!(
        "{team}-- themes/default/templates/page.html --\n<!doctype html><p>{{{{ page.title }}}} {{{{ region(name=\"team\") }}}}\n\
         -- themes/default/regions/team.html --\n{TEAM}\n-- content/about.md --\n---\ntitle: About\n---\nUs.\n"
    );
    let site = configured("targets: [varnish]", &store).expect_no_problems();
    assert_eq!(files(&site, "_haberdash/esi/region/").len(), 2);
    assert_eq!(
        site.shown("/about/", "team=owls"),
        "<!doctype html><p>About <b>owls</b>"
    );
}

#[test]
fn an_arm_of_an_experiment_is_marked_in_the_region_that_shows_it() {
    let store = "\
-- segments/look.yaml --
facet: look
default: plain
experiment: { slice: 1, weights: { plain: 1, bold: 1 } }
segments: [{ id: bold }]
-- themes/default/templates/page.html --
<!doctype html><title>a</title><main>{{ region(name=\"hero\") }}</main>
-- themes/default/regions/hero.html --
<h1>{{ segment(of=\"look\") }}</h1>
";
    let (whole, parts) = (site(store), configured("targets: [varnish]", store));
    for site in [whole, parts] {
        assert_eq!(
            site.shown("/", "look=bold"),
            "<!doctype html><title>a</title><main><h1 data-experiment=\"look=bold\">bold</h1></main>"
        );
    }
}
