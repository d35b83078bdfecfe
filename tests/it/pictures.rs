//! Pictures: sizes, formats, and what is wrong with files.

use std::{collections::BTreeMap, io::Cursor};

use haberdash::{PictureFolder, PicturesInMemory, Request};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

use crate::support::{Site, build_with, site, site_with};

/// A page that shows one picture in every way a theme may ask.
const PAGE: &str = "-- themes/default/templates/page.html --
<!doctype html><title>x</title>{% set p = image(src=\"images/lamp.jpg\", widths=[20, 40, 400]) %}
{% for s in p.sources %}<source type=\"{{ s.type }}\" srcset=\"{{ s.srcset }}\">{% endfor %}
<img src=\"{{ p.src }}\" srcset=\"{{ p.srcset }}\" width=\"{{ p.width }}\" height=\"{{ p.height }}\">{{ body() }}
";

fn encoded(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn gradient(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb([(x * 255 / width) as u8, (y * 255 / height) as u8, 90])
    })
}

fn photo(width: u32, height: u32) -> Vec<u8> {
    encoded(gradient(width, height), ImageFormat::Jpeg)
}

/// A JPEG whose Exif data say how it is to be turned.
fn turned(width: u32, height: u32, orientation: u8) -> Vec<u8> {
    let jpeg = photo(width, height);
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    let mut bytes = jpeg[..2].to_vec();
    bytes.extend([0xff, 0xe1]);
    bytes.extend((exif.len() as u16 + 2).to_be_bytes());
    bytes.extend(exif);
    bytes.extend(&jpeg[2..]);
    bytes
}

fn made(site: &Site) -> Vec<&str> {
    let files = site.files.keys().map(String::as_str);
    files
        .filter(|path| path.starts_with("assets/images/"))
        .collect()
}

/// Names without the digests in them.
fn plain(paths: &[&str]) -> Vec<String> {
    let plain = paths.iter().map(|path| {
        let parts: Vec<&str> = path.split('.').collect();
        format!("{}.{}", parts[0], parts[2])
    });
    let mut plain: Vec<String> = plain.collect();
    plain.sort();
    plain
}

fn size(bytes: &[u8]) -> (u32, u32) {
    let picture = image::load_from_memory(bytes).unwrap();
    (picture.width(), picture.height())
}

#[test]
fn a_photo_is_offered_in_sizes_that_are_not_larger_than_it_is() {
    let site = site_with(PAGE, &[("content/images/lamp.jpg", photo(60, 30))]).expect_no_problems();
    let made = made(&site);
    assert_eq!(
        plain(&made),
        [
            "assets/images/lamp-20.jpg",
            "assets/images/lamp-20.webp",
            "assets/images/lamp-40.jpg",
            "assets/images/lamp-40.webp",
            "assets/images/lamp-60.jpg",
            "assets/images/lamp-60.webp",
        ]
    );
    let html = site.text("index.html");
    for path in &made {
        assert!(html.contains(&format!("/{path}")), "{html}");
        let (width, height) = size(&site.files[*path]);
        assert_eq!(width, height * 2);
        assert!(path.contains(&format!("lamp-{width}.")));
        let entry = &site.built.deployment.manifest.files[*path];
        assert!(entry.immutable && entry.content_type.starts_with("image/"));
        let decision = site.decide(&Request::get(&format!("/{path}")), &BTreeMap::new());
        assert_eq!(decision.file.as_deref(), Some(*path));
        assert!(decision.headers["cache-control"].contains("immutable"));
    }
    assert!(html.contains("width=\"60\" height=\"30\""), "{html}");
    assert!(html.contains("60w"), "{html}");
    assert!(html.contains("type=\"image/webp\""), "{html}");
    let pictures = site.built.summary.pictures;
    assert_eq!(
        (pictures.sources, pictures.made, pictures.reused),
        (1, 6, 0)
    );
}

#[test]
fn pictures_of_products_are_shown_in_the_same_way_and_missing_ones_are_none() {
    let card = "-- themes/default/fragments/card.html --
{% set p = product(id=product) %}{% set i = image(of=p.images[0]) %}{% if i %}<img src=\"{{ i.src }}\" alt=\"{{ i.alt }}\" width=\"{{ i.width }}\">{% else %}no picture of {{ p.title }}{% endif %}
-- content/catalog/collections/all.yaml --
title: All
products: [lamp, rug]
-- content/catalog/products/lamp.yaml --
title: Lamp
price: 1
images: [{ src: images/lamp.jpg, alt: A lamp }]
-- content/catalog/products/rug.yaml --
title: Rug
price: 1
images: [{ src: images/rag.jpg, alt: A rug }]
";
    let site = site_with(card, &[("content/images/lamp.jpg", photo(60, 30))]);
    let html = site.text("collections/all/index.html");
    assert!(html.contains("alt=\"A lamp\" width=\"60\""), "{html}");
    assert!(html.contains("no picture of Rug"), "{html}");
    assert_eq!(
        site.problems(),
        ["missing-file content/catalog/products/rug.yaml:1"],
        "reported once, where it is named"
    );
}

#[test]
fn a_picture_elsewhere_has_an_address_and_no_size() {
    let page = "-- themes/default/templates/page.html --
<title>x</title>{% set p = image(src=\"https://cdn.example/a.jpg\", alt=\"A\") %}
<img src=\"{{ p.src }}\" alt=\"{{ p.alt }}\"{% if p.width %} width=\"{{ p.width }}\"{% endif %}>{{ p.sources | length }}
";
    let site = site_with(page, &[]).expect_no_problems();
    let html = site.text("index.html");
    assert!(
        html.contains("<img src=\"https://cdn.example/a.jpg\" alt=\"A\">0"),
        "{html}"
    );
}

#[test]
fn a_picture_that_a_template_names_must_exist() {
    for (call, code, hint) in [
        (
            "image(src=\"images/lamb.jpg\")",
            "missing-asset",
            "did you mean `images/lamp.jpg`?",
        ),
        (
            "image(of=\"images/lamb.jpg\")",
            "missing-file",
            "did you mean `images/lamp.jpg`?",
        ),
        (
            "image()",
            "template-error",
            "write `image(of=product.images[0])` or `image(src=\"images/lamp.jpg\")`",
        ),
        ("image(src=\"\")", "template-error", ""),
        (
            "image(src=\"images/lamp.jpg\", widths=[0])",
            "template-error",
            "",
        ),
        (
            "image(src=\"images/lamp.jpg\", width=1)",
            "template-error",
            "did you mean `widths`?",
        ),
    ] {
        let page = format!(
            "-- themes/default/templates/page.html --\n<title>x</title>{{% set p = {call} %}}\n"
        );
        let site = site_with(&page, &[("content/images/lamp.jpg", photo(6, 3))]);
        let problem = site
            .built
            .diagnostics
            .iter()
            .next()
            .unwrap_or_else(|| panic!("{call}"));
        assert_eq!(
            (
                problem.code.name(),
                problem.hint.as_deref().unwrap_or_default()
            ),
            (code, hint),
            "{call}"
        );
        assert_eq!(site.problems().len(), 1, "{call}");
    }
    let page = "-- themes/default/templates/page.html --\n<title>x</title>{% set p = image(of=page.image) %}{% if p %}some{% else %}none{% endif %}\n";
    assert!(
        site(page)
            .expect_no_problems()
            .text("index.html")
            .contains("none")
    );
}

#[test]
fn pictures_in_a_text_have_sizes_and_wait_until_they_are_near() {
    let files = [
        ("content/journal/lamp.jpg", photo(60, 30)),
        (
            "content/journal/sign.svg",
            b"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 30 20\"/>".to_vec(),
        ),
    ];
    let text = "-- haberdash.yaml --
site: shop
title: Shop
base-url: https://shop.example
currency: EUR
keys:
  - { id: k1, env: SHOP_KEY }
images: { widths: [20, 40], formats: webp, sizes: 50vw, quality: 60 }
-- content/journal/a.md --
![A *good* \"lamp\"](lamp.jpg \"Lit\") ![Sign](/journal/sign.svg) ![Far](https://x.example/a%20b.jpg) <img src=\"/journal/lamp.jpg\" alt=\"raw\">
";
    let site = site_with(text, &files).expect_no_problems();
    let html = site.text("journal/a/index.html").replace('"', "");
    let image = |path: &str| {
        let made = made(&site);
        let found = made
            .into_iter()
            .find(|made| plain(&[made])[0].ends_with(path));
        format!("/{}", found.unwrap_or_else(|| panic!("no {path}")))
    };
    assert!(
        html.contains(&format!(
            "<picture><source type=image/webp srcset={} 20w, {} 40w sizes=50vw>",
            image("lamp-20.webp"),
            image("lamp-40.webp")
        )),
        "{html}"
    );
    assert!(
        html.contains(&format!("<img src={} srcset=", image("lamp-40.jpg"))),
        "{html}"
    );
    assert!(
        html.contains("title=Lit width=60 height=30 loading=lazy decoding=async></picture>"),
        "{html}"
    );
    assert!(
        html.contains("alt=A good &quot;lamp&quot; title=Lit"),
        "{html}"
    );
    assert!(
        html.contains(
            "<img src=/journal/sign.svg alt=Sign width=30 height=20 loading=lazy decoding=async>"
        ),
        "{html}"
    );
    assert!(
        html.contains("<img src=https://x.example/a%20b.jpg alt=Far loading=lazy decoding=async>"),
        "{html}"
    );
    assert!(
        html.contains("<img src=/journal/lamp.jpg alt=raw>"),
        "raw HTML stays: {html}"
    );
}

#[test]
fn a_photo_is_turned_as_its_camera_says_and_keeps_no_metadata() {
    let site =
        site_with(PAGE, &[("content/images/lamp.jpg", turned(60, 30, 6))]).expect_no_problems();
    let html = site.text("index.html");
    assert!(html.contains("width=\"30\" height=\"60\""), "{html}");
    for path in made(&site) {
        let bytes = &site.files[path];
        assert!(!bytes.windows(4).any(|part| part == b"Exif"));
        let picture = image::load_from_memory(bytes).unwrap().into_rgb8();
        assert_eq!(picture.height(), picture.width() * 2);
        // Turned to the right: what was at the left is on top.
        let (top, bottom) = (
            picture.get_pixel(2, 1),
            picture.get_pixel(2, picture.height() - 2),
        );
        assert!(top[0] < 60 && bottom[0] > 190, "{path} {top:?} {bottom:?}");
    }
}

#[test]
fn transparency_is_kept_and_shines_not_through_with_color() {
    let picture = RgbaImage::from_fn(40, 40, |x, _| {
        if x < 20 {
            Rgba([255, 255, 255, 255])
        } else {
            Rgba([255, 0, 0, 0])
        }
    });
    let page = "-- themes/default/templates/page.html --\n<title>x</title>{% set p = image(src=\"images/a.png\", widths=10) %}{{ p.src }}\n";
    let site = site_with(
        page,
        &[("content/images/a.png", encoded(picture, ImageFormat::Png))],
    )
    .expect_no_problems();
    assert_eq!(
        plain(&made(&site)),
        ["assets/images/a-10.png", "assets/images/a-10.webp"]
    );
    for path in made(&site) {
        let picture = image::load_from_memory(&site.files[path])
            .unwrap()
            .into_rgba8();
        assert!(picture.get_pixel(1, 5)[3] > 250 && picture.get_pixel(8, 5)[3] < 5);
        for pixel in picture.pixels().filter(|pixel| pixel[3] > 100) {
            assert!(
                pixel[1] > 240 && pixel[2] > 240,
                "red shines through in {path}: {pixel:?}"
            );
        }
    }
}

#[test]
fn light_is_averaged_and_not_its_code() {
    let checkers = RgbImage::from_fn(64, 64, |x, y| Rgb([255 * ((x + y) % 2) as u8; 3]));
    let page = "-- themes/default/templates/page.html --\n<title>x</title>{% set p = image(src=\"images/a.png\", widths=8) %}\n";
    let site = site_with(
        page,
        &[("content/images/a.png", encoded(checkers, ImageFormat::Png))],
    )
    .expect_no_problems();
    let path = made(&site)[0];
    let gray = image::load_from_memory(&site.files[path])
        .unwrap()
        .into_rgb8()
        .get_pixel(4, 4)[0];
    assert!(
        (180..=195).contains(&gray),
        "half the light is 188, not {gray}"
    );
}

#[test]
fn every_kind_of_pixel_is_understood() {
    let picture = || DynamicImage::from(gradient(24, 12));
    let kinds: [(&str, DynamicImage); 7] = [
        ("l8", picture().into_luma8().into()),
        ("la8", picture().into_luma_alpha8().into()),
        ("rgb8", picture()),
        ("rgba8", picture().into_rgba8().into()),
        ("l16", picture().into_luma16().into()),
        ("rgb16", picture().into_rgb16().into()),
        ("rgba16", picture().into_rgba16().into()),
    ];
    let page = "-- themes/default/templates/page.html --\n<title>x</title>{% set p = image(src=\"images/a.png\", widths=[12, 24]) %}{{ p.width }}x{{ p.height }}\n";
    for (name, kind) in kinds {
        let png = encoded(kind, ImageFormat::Png);
        let site = site_with(page, &[("content/images/a.png", png)]).expect_no_problems();
        assert!(site.text("index.html").contains("24x12"), "{name}");
        assert_eq!(made(&site).len(), 4, "{name}");
        for path in made(&site) {
            let picture = image::load_from_memory(&site.files[path])
                .unwrap()
                .into_rgb8();
            let wanted = DynamicImage::from(gradient(24, 12)).into_rgb8();
            let (x, y) = (picture.width() / 2, picture.height() / 2);
            let wanted = wanted.get_pixel(12, 6);
            let found = picture.get_pixel(x, y);
            if !name.starts_with('l') {
                let near = (0..3).all(|c| found[c].abs_diff(wanted[c]) < 24);
                assert!(near, "{name} {path} {found:?} {wanted:?}");
            }
        }
    }
}

#[test]
fn what_moves_is_served_as_it_is() {
    let page = "-- themes/default/templates/page.html --\n<title>x</title>{% set p = image(src=\"images/a.gif\") %}<img src={{ p.src }} width={{ p.width }} height={{ p.height }}>\n";
    let gif = b"GIF89a\x07\0\x05\0\0\0\0;".to_vec();
    let site = site_with(page, &[("content/images/a.gif", gif)]).expect_no_problems();
    assert!(
        site.text("index.html")
            .contains("<img src=/images/a.gif width=7 height=5>"),
        "{}",
        site.text("index.html")
    );
    assert!(made(&site).is_empty());
}

#[test]
fn a_file_that_is_no_picture_is_reported_and_the_others_are_made() {
    let whole = photo(60, 30);
    let png = encoded(gradient(60, 30), ImageFormat::Png);
    let mut bomb = png.clone();
    bomb[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    for (name, bytes, message) in [
        ("a.jpg", Vec::new(), "is empty"),
        (
            "a.jpg",
            b"<html>not found</html>".to_vec(),
            "is no picture that browsers show",
        ),
        ("a.jpg", png.clone(), "is not JPEG but PNG"),
        (
            "a.jpg",
            whole[..whole.len() * 2 / 3].to_vec(),
            "ends in the middle",
        ),
        ("a.png", png[..png.len() / 2].to_vec(), "cannot be decoded"),
        ("a.png", bomb, "cannot be decoded"),
        (
            "a.png",
            encoded(gradient(17_000, 1), ImageFormat::Png),
            "is 17000 × 1 pixels",
        ),
    ] {
        let page = format!(
            "-- themes/default/templates/page.html --\n<title>x</title>{{% set p = image(src=\"images/{name}\") %}}{{% set p = image(src=\"images/lamp.jpg\") %}}\n"
        );
        let path = format!("content/images/{name}");
        let site = site_with(
            &page,
            &[(&path, bytes), ("content/images/lamp.jpg", whole.clone())],
        );
        assert_eq!(
            site.problems(),
            [format!("broken-picture {path}:1")],
            "{message}"
        );
        let problem = site.built.diagnostics.iter().next().unwrap();
        assert!(
            problem
                .message
                .starts_with(&format!("`images/{name}` {message}")),
            "{}",
            problem.message
        );
        assert!(problem.hint.is_some());
        assert!(
            made(&site).iter().any(|path| path.contains("/lamp-")),
            "{message}"
        );
    }
}

#[test]
fn a_second_build_makes_nothing_and_gives_the_same_bytes() {
    let files = [("content/images/lamp.jpg", photo(60, 30))];
    let cache = PicturesInMemory::default();
    let first = build_with(PAGE, &files, &cache);
    let second = build_with(PAGE, &files, &cache);
    let pictures = second.built.summary.pictures;
    assert_eq!((pictures.made, pictures.reused), (0, 6));
    assert_eq!(first.files, second.files);
    assert_eq!(first.built.summary.pictures.bytes, pictures.bytes);
    // Another picture of the same name is another file.
    let other = build_with(PAGE, &[("content/images/lamp.jpg", photo(60, 31))], &cache);
    assert_eq!(other.built.summary.pictures.made, 6);
    assert!(
        made(&other)
            .iter()
            .all(|path| !first.files.contains_key(*path))
    );
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let build = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let page = "-- themes/default/templates/page.html --\n<title>x</title>{{ body() }}\n-- content/index.md --\n![A](images/a.jpg) ![B](images/b.jpg) ![C](images/c.jpg) ![D](images/d.jpg)\n";
        let names = ["a", "b", "c", "d"].map(|name| format!("content/images/{name}.jpg"));
        let files: Vec<(&str, Vec<u8>)> = names
            .iter()
            .zip(1..)
            .map(|(name, n)| (name.as_str(), photo(700 + n, 350)))
            .collect();
        pool.install(|| site_with(page, &files).expect_no_problems().files)
    };
    assert_eq!(build(1), build(2));
}

#[test]
fn the_folder_of_made_pictures_mends_itself_and_forgets_what_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let pictures = folder.path().join("pictures");
    let files = [("content/images/lamp.jpg", photo(60, 30))];
    let build = |widths: &str| {
        let page = format!(
            "-- themes/default/templates/page.html --\n<title>x</title>{{% set p = image(src=\"images/lamp.jpg\", widths={widths}) %}}{{{{ p.src }}}}\n"
        );
        let cache = PictureFolder::new(pictures.clone());
        let site = build_with(&page, &files, &cache).expect_no_problems();
        cache.tidy();
        let made = site.built.summary.pictures;
        (made.made, made.reused, site.files)
    };
    let kept = || {
        let names = std::fs::read_dir(&pictures)
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.len() == 32).count()
    };
    let (made, reused, first) = build("[10, 20]");
    assert_eq!((made, reused, kept()), (4, 0, 4));
    // One is damaged, and one cut off.
    let damaged: Vec<_> = std::fs::read_dir(&pictures)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().len() == 32)
        .take(2)
        .collect();
    let mut bytes = std::fs::read(&damaged[0]).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&damaged[0], bytes).unwrap();
    std::fs::write(&damaged[1], "x").unwrap();
    let (made, reused, second) = build("[10, 20]");
    assert_eq!((made, reused), (2, 2));
    assert_eq!(first, second);
    let (made, reused, _) = build("[10]");
    assert_eq!(
        (made, reused, kept()),
        (0, 2, 4),
        "one build without them drops nothing"
    );
    for _ in 0..16 {
        build("[10]");
    }
    assert_eq!(kept(), 2);
}

#[test]
fn formats_that_cannot_be_made_are_reported() {
    let config = |images: &str| {
        format!(
            "-- haberdash.yaml --\nsite: shop\ntitle: Shop\nbase-url: https://shop.example\ncurrency: EUR\nkeys:\n  - {{ id: k1, env: SHOP_KEY }}\nimages: {images}\n"
        )
    };
    let problems = |images: &str| {
        let site = site(&config(images));
        let list = site.built.diagnostics.iter();
        list.map(|d| format!("{} {}", d.code.name(), d.hint.clone().unwrap_or_default()))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        problems("{ formats: [webp, wepb] }"),
        ["unknown-format did you mean `webp`?"]
    );
    if !cfg!(feature = "avif") {
        assert_eq!(
            problems("{ formats: [avif] }"),
            [
                "unknown-format install it with `cargo install --features avif`, or leave the format out"
            ]
        );
    }
    assert_eq!(problems("{ formats: [] }"), [""; 0]);
    assert_eq!(
        problems("{ widths: [0, 9999], quality: 101 }"),
        ["wrong-type "; 3]
    );
    assert_eq!(
        problems("{ width: 5 }"),
        ["unknown-field did you mean `widths`?"]
    );
}

#[test]
fn drawings_are_published_without_what_runs_or_fetches() {
    let clean = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><path d=\"M0 0\"/></svg>\n".to_vec();
    let unsafe_svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\">\n<g/>\n  <script>1</script><path d=\"M0 0\"\n onload=\"x()\"/></svg>".to_vec();
    let site = site_with(
        "",
        &[
            ("content/images/clean.svg", clean.clone()),
            ("content/images/odd.SVG", unsafe_svg.clone()),
            ("themes/default/assets/own.svg", unsafe_svg.clone()),
        ],
    );
    assert_eq!(
        site.problems(),
        [
            "unsafe-svg content/images/odd.SVG:3",
            "unsafe-svg content/images/odd.SVG:3"
        ]
    );
    let problem = site.built.diagnostics.iter().next().unwrap();
    assert_eq!(problem.message, "`images/odd.SVG` held an element `script`");
    assert_eq!(site.files["images/clean.svg"], clean);
    assert_eq!(
        site.text("images/odd.SVG"),
        "<svg xmlns=\"http://www.w3.org/2000/svg\">\n<g/>\n  <path d=\"M0 0\"/></svg>"
    );
    let own = site
        .files
        .iter()
        .find(|(path, _)| path.starts_with("assets/own."));
    assert_eq!(*own.unwrap().1, unsafe_svg, "the theme is trusted");
}

#[test]
fn drawings_that_cannot_be_read_are_not_published() {
    let text = "-- content/a.md --\n![A](images/a.svg)\n";
    let site = site_with(
        text,
        &[
            ("content/images/a.svg", b"<svg>\n<g></svg>".to_vec()),
            ("content/images/b.svgz", b"\x1f\x8b".to_vec()),
        ],
    );
    assert_eq!(
        site.problems(),
        [
            "broken-picture content/images/a.svg:2",
            "broken-picture content/images/b.svgz:1"
        ],
        "{:#?}",
        site.built.diagnostics
    );
    assert!(site.files.keys().all(|path| !path.starts_with("images/")));
}

#[test]
fn a_drawing_is_made_into_pixels_for_those_who_take_none() {
    let drawing = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 40 20\"><image href=\"../../haberdash.yaml\" width=\"9\" height=\"9\"/><path fill=\"#ff0000\" d=\"M0 0h40v20H0z\"/></svg>";
    let page = "-- themes/default/templates/page.html --\n<!doctype html><title>x</title>{% set it = image(src=\"images/tie.svg\", widths=[80], raster=true) %}<img src=\"{{ it.src }}\" width=\"{{ it.width }}\" height=\"{{ it.height }}\" alt>\n";
    let built = site(&format!("{page}-- content/images/tie.svg --\n{drawing}\n"));
    assert_eq!(built.problems(), ["unsafe-svg content/images/tie.svg:1"]);
    let paths = made(&built);
    assert_eq!(paths.len(), 1, "{paths:?}");
    assert!(paths[0].ends_with(".png"), "{paths:?}");
    let page_text = built.text("index.html");
    assert!(
        page_text.contains("width=80") && page_text.contains("height=40"),
        "{page_text}"
    );
    let pixels = image::load_from_memory(&built.files[paths[0]])
        .unwrap()
        .into_rgba8();
    assert_eq!(pixels.dimensions(), (80, 40));
    assert_eq!(pixels.get_pixel(40, 20).0, [255, 0, 0, 255]);

    let letters = drawing.replace("<path", "<text>Tie</text><path");
    let built = site(&format!("{page}-- content/images/tie.svg --\n{letters}\n"));
    assert_eq!(
        built.problems(),
        [
            "unsafe-svg content/images/tie.svg:1",
            "broken-picture content/images/tie.svg:1"
        ]
    );
}
