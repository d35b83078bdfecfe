use proptest::prelude::*;

use super::{Negative, Recipe, candidates, read, sanitize};
use crate::{digest::Digest, model::PictureFormat};

const CLEAN: &str = r##"<?xml version="1.0" encoding="UTF-8"?>
<!-- drawn by hand -->
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 40 30"
     xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" inkscape:version="1.3">
  <style>.a { fill: url(#shade); font: 1em "A" } /* url(x) */</style>
  <defs><linearGradient id="shade"><stop offset="0" style="stop-color: #fff"/></linearGradient></defs>
  <use xlink:href="#x" fill='url("#shade")'/><a href="/shop/"><text class="one">on 5 &lt; 6</text></a>
  <image href="data:image/png;base64,AAAA" width="3"/>
  <inkscape:grid type="xygrid"/><title>onload = url(https://x)</title>
  <animate attributeName="opacity" values="0;1"/>
</svg>
"##;

fn svg(inner: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:x=\"http://www.w3.org/1999/xlink\">{inner}<g/></svg>"
    )
}

#[test]
fn a_clean_drawing_keeps_its_bytes() {
    let safe = sanitize(CLEAN.as_bytes()).unwrap();
    assert_eq!((safe.text, safe.removed), (None, Vec::new()));
}

#[test]
fn what_runs_or_fetches_is_removed_and_nothing_else() {
    for (found, left, what) in [
        ("<script>alert(1)</script>", "", "an element `script`"),
        ("<script href='x.js'/>", "", "an element `script`"),
        (
            "<h:script xmlns:h='http://www.w3.org/2000/svg'>1</h:script>",
            "",
            "an element `script`",
        ),
        (
            "<g><foreignObject><p/></foreignObject></g>",
            "<g></g>",
            "an element `foreignObject`",
        ),
        (
            "<iframe xmlns='http://www.w3.org/1999/xhtml' src='x'/>",
            "",
            "an element `iframe` of `http://www.w3.org/1999/xhtml`",
        ),
        (
            "<rect onclick=\"x()\" width=\"1\"/>",
            "<rect width=\"1\"/>",
            "an event handler `onclick`",
        ),
        (
            "<rect OnClick=\"x()\"/>",
            "<rect/>",
            "an event handler `OnClick`",
        ),
        (
            "<a x:href='java\tscript:x()'><g/></a>",
            "<a><g/></a>",
            "a reference to `java script:x()`",
        ),
        (
            "<a href=' &#x6a;avascript:x()'/>",
            "<a/>",
            "a reference to ` javascript:x()`",
        ),
        (
            "<a href='//evil.example/'/>",
            "<a/>",
            "a reference to `//evil.example/`",
        ),
        (
            "<a href='/\\evil.example/'/>",
            "<a/>",
            "a reference to `/\\evil.example/`",
        ),
        (
            "<image href='https://x.example/a.png'/>",
            "<image/>",
            "a reference to `https://x.example/a.png`",
        ),
        (
            "<image href='data:image/svg+xml,x'/>",
            "<image/>",
            "a reference to `data:image/svg+xml,x`",
        ),
        (
            "<use href='other.svg#a'/>",
            "<use/>",
            "a reference to `other.svg#a`",
        ),
        (
            "<use href='data:image/png;base64,A'/>",
            "<use/>",
            "a reference to `data:image/png;base64,A`",
        ),
        (
            "<rect fill='url(https://x.example/#a)'/>",
            "<rect/>",
            "a reference to `https://x.example/#a`",
        ),
        (
            "<rect style='fill: u\\72l(//x)'/>",
            "<rect/>",
            "a reference to `//x`",
        ),
        (
            "<g xml:base='https://x/'/>",
            "<g/>",
            "the attribute `xml:base`",
        ),
        (
            "<animate attributeName='xlink:href' to='javascript:x()'/>",
            "",
            "an animation of `href`",
        ),
        (
            "<set attributeName='onclick' to='x()'/>",
            "",
            "an animation of `onclick`",
        ),
        (
            "<set attributeName='fill' to='url(//x)'/>",
            "<set attributeName='fill'/>",
            "a reference to `//x`",
        ),
        (
            "<style>@import url(\"//x/a;b\"); g { fill: red }</style>",
            "<style> g { fill: red }</style>",
            "a rule `@import url(\"//x/a;b\");`",
        ),
        (
            "<style>@\\69mport '//x'</style>",
            "<style></style>",
            "a rule `@import '//x'`",
        ),
        (
            "<style>g { fill: url( '//x' ) }</style>",
            "<style>g { fill:  }</style>",
            "a reference to `//x`",
        ),
        (
            "<style><![CDATA[g { fill: url(//x) }]]></style>",
            "",
            "a reference to `//x`",
        ),
        (
            "<style>g { fill: &#117;rl(//x) }</style>",
            "",
            "a reference to `//x`",
        ),
    ] {
        let drawing = svg(found);
        let safe =
            sanitize(drawing.as_bytes()).unwrap_or_else(|broken| panic!("{found}: {broken:?}"));
        assert_eq!(safe.text.unwrap_or_default(), svg(left), "{found}");
        let whats: Vec<&str> = safe
            .removed
            .iter()
            .map(|found| found.what.as_str())
            .collect();
        assert_eq!(whats, [what], "{found}");
    }
    let before =
        "<?xml-stylesheet href='https://x/a.css'?><!DOCTYPE svg [<!-- ' --><!ENTITY a 'b>'>]>";
    let safe = sanitize(format!("{before}{}", svg("")).as_bytes()).unwrap();
    assert_eq!(safe.text.unwrap(), svg(""));
    assert_eq!(safe.removed.len(), 2);
}

#[test]
fn what_is_no_drawing_is_broken() {
    for (text, why) in [
        ("", "is not XML: "),
        ("<svg", "is not XML: "),
        (
            "<svg xmlns=\"http://www.w3.org/2000/svg\">\n<g></svg>",
            "is not XML: ",
        ),
        (
            "<html xmlns=\"http://www.w3.org/1999/xhtml\"/>",
            "is not a drawing but `html`",
        ),
        (
            "<!DOCTYPE svg [<!ENTITY a 'b'>]><svg>&a;</svg>",
            "is not XML: ",
        ),
        (
            "<?xml version='1.0' encoding='UTF-16'?><svg/>",
            "declares an encoding",
        ),
    ] {
        let broken = sanitize(text.as_bytes()).unwrap_err();
        assert!(broken.why.starts_with(why), "{text}: {broken:?}");
    }
    assert_eq!(sanitize(b"<svg>\xff</svg>").unwrap_err().at, 5);
}

#[test]
fn a_drawing_tells_its_size() {
    let size = |attributes: &str| {
        let drawing = format!("<svg xmlns=\"http://www.w3.org/2000/svg\" {attributes}/>");
        read("a.svg", drawing.as_bytes()).unwrap().size
    };
    assert_eq!(size("width='40' height=' 30px'"), Some((40, 30)));
    assert_eq!(size("width='1in' height='25.4mm'"), Some((96, 96)));
    assert_eq!(size("viewBox='0 0 40 30'"), Some((40, 30)));
    assert_eq!(
        size("viewBox='0,0,40,30' width='100%' height='60'"),
        Some((80, 60))
    );
    assert_eq!(size("viewBox='0 0 0 30'"), None);
    assert_eq!(size("width='4e1' height='2em'"), None);
    assert_eq!(size(""), None);
}

#[test]
fn candidates_never_enlarge() {
    assert_eq!(candidates(&[320, 640], 1000, 500), [(320, 160), (640, 320)]);
    assert_eq!(candidates(&[640, 320], 500, 250), [(320, 160), (500, 250)]);
    assert_eq!(candidates(&[640], 500, 1), [(500, 1)]);
    assert_eq!(candidates(&[10], 1000, 3), [(10, 1)]);
    assert_eq!(candidates(&[640, 640, 500], 500, 5), [(500, 5)]);
}

#[test]
fn every_kind_of_jpeg_is_understood() {
    use jpeg_encoder::{ColorType, Encoder};
    let pixels = |channels: usize| [200_u8, 40, 40, 255][..channels].repeat(32 * 16);
    for (color, channels) in [
        (ColorType::Luma, 1),
        (ColorType::Rgb, 3),
        (ColorType::Cmyk, 4),
        (ColorType::CmykAsYcck, 4),
    ] {
        for is_progressive in [false, true] {
            let mut bytes = Vec::new();
            let mut encoder = Encoder::new(&mut bytes, 90);
            encoder.set_progressive(is_progressive);
            encoder.encode(&pixels(channels), 32, 16, color).unwrap();
            let header = read("a.jpg", &bytes).unwrap();
            assert_eq!(header.size, Some((32, 16)), "{color:?}");
            let recipe = Recipe {
                width: 8,
                height: 4,
                format: PictureFormat::Png,
                quality: 80,
            };
            let made = Negative::decode(header.kind, &bytes).unwrap().print(8, 4);
            let made = image::load_from_memory(&made.unwrap().encode(&recipe).unwrap()).unwrap();
            assert_eq!((made.width(), made.height()), (8, 4), "{color:?}");
            if color == ColorType::Rgb {
                let pixel = made.into_rgb8().get_pixel(4, 2).0;
                assert!(
                    pixel[0].abs_diff(200) < 6 && pixel[1].abs_diff(40) < 6,
                    "{pixel:?}"
                );
            }
        }
    }
}

#[test]
fn colors_of_a_profile_become_those_of_the_web() {
    use image::{ImageEncoder, codecs::png::PngEncoder};
    let mut bytes = Vec::new();
    let mut encoder = PngEncoder::new(&mut bytes);
    let profile = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    encoder.set_icc_profile(profile).unwrap();
    let pixels = [200_u8, 100, 100].repeat(16);
    encoder
        .write_image(&pixels, 4, 4, image::ExtendedColorType::Rgb8)
        .unwrap();
    let header = read("a.png", &bytes).unwrap();
    let recipe = Recipe {
        width: 4,
        height: 4,
        format: PictureFormat::Png,
        quality: 80,
    };
    let made = Negative::decode(header.kind, &bytes).unwrap().print(4, 4);
    let made = image::load_from_memory(&made.unwrap().encode(&recipe).unwrap()).unwrap();
    let pixel = made.into_rgb8().get_pixel(0, 0).0;
    // The same red needs more of it in the smaller space.
    assert!(pixel[0] > 208 && pixel[1] < 100, "{pixel:?}");
}

/// The bytes of a made picture are kept under a name that tells its recipe.
#[test]
fn an_encoder_that_writes_other_bytes_has_another_version() {
    let picture = image::RgbImage::from_fn(48, 32, |x, y| {
        image::Rgb([(x * 5) as u8, (y * 7) as u8, (x * y / 6) as u8])
    });
    let mut png = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
    let header = read("a.png", png.get_ref()).unwrap();
    let negative = Negative::decode(header.kind, png.get_ref()).unwrap();
    let digests = [PictureFormat::Jpeg, PictureFormat::Png, PictureFormat::WebP].map(|format| {
        let recipe = Recipe {
            width: 24,
            height: 16,
            format,
            quality: 80,
        };
        Digest::of(&negative.print(24, 16).unwrap().encode(&recipe).unwrap()).short()
    });
    assert_eq!(
        digests,
        ["af7f6ef23c", "8ad988652f", "0a3db74e8e"],
        "raise `ENCODER` in recipe.rs, then write the new digests here"
    );
}

#[test]
fn a_png_that_moves_is_no_picture_to_resize() {
    fn crc(bytes: &[u8]) -> u32 {
        let shift = |crc: u32, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        let byte = |crc: u32, byte: &u8| (0..8).fold(crc ^ u32::from(*byte), shift);
        !bytes.iter().fold(!0, byte)
    }
    let (_, png) = samples().swap_remove(0);
    let mut control = b"acTL\0\0\0\x01\0\0\0\0".to_vec();
    control.extend(crc(&control).to_be_bytes());
    let head = 8 + 25;
    let moving = [&png[..head], &[0, 0, 0, 8], &control, &png[head..]].concat();
    let header = read("a.png", &moving).unwrap();
    assert!(header.is_animated && header.own_format().is_none());
    assert_eq!(header.size, Some((19, 13)));
}

#[test]
fn an_avif_tells_its_size() {
    let bytes = b"\0\0\0\x14ftypavif\0\0\0\x14ispe\0\0\0\0\0\0\0\x28\0\0\0\x1e";
    assert_eq!(read("a.avif", bytes).unwrap().size, Some((40, 30)));
    assert_eq!(read("a.avif", &bytes[..12]).unwrap().size, None);
}

#[cfg(feature = "avif")]
#[test]
fn avif_is_made_where_it_can_be() {
    let (name, png) = samples().swap_remove(0);
    let header = read(name, &png).unwrap();
    let recipe = Recipe {
        width: 19,
        height: 13,
        format: PictureFormat::Avif,
        quality: 80,
    };
    let print = Negative::decode(header.kind, &png).unwrap().print(19, 13);
    let made = print.encode(&recipe).unwrap();
    assert_eq!(read("a.avif", &made).unwrap().size, Some((19, 13)));
    assert_eq!(made, print.encode(&recipe).unwrap());
}

/// Small pictures of each kind.
fn samples() -> Vec<(&'static str, Vec<u8>)> {
    use image::{DynamicImage, ImageFormat, RgbaImage};
    let picture = DynamicImage::from(RgbaImage::from_fn(19, 13, |x, y| {
        image::Rgba([(x * 13) as u8, (y * 19) as u8, 7, (x * y) as u8])
    }));
    let encoded = |picture: DynamicImage, format| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    };
    vec![
        ("a.png", encoded(picture.clone(), ImageFormat::Png)),
        (
            "a.jpg",
            encoded(picture.to_rgb8().into(), ImageFormat::Jpeg),
        ),
        ("a.webp", encoded(picture, ImageFormat::WebP)),
        ("a.gif", b"GIF89a\x07\0\x05\0\0\0\0;".to_vec()),
        ("a.svg", CLEAN.as_bytes().to_vec()),
    ]
}

proptest! {
    #[test]
    fn no_bytes_panic(
        which in 0_usize..5,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        end in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let (name, mut bytes) = samples().swap_remove(which);
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Some(end) = end {
            bytes.truncate(end.index(bytes.len()));
        }
        if let Ok(header) = read(name, &bytes)
            && header.own_format().is_some()
            && header.size.is_some_and(|(width, height)| width * height < 100_000)
        {
            let _ = Negative::decode(header.kind, &bytes).map(|negative| negative.print(5, 4));
        }
        let _ = sanitize(&bytes);
    }

    #[test]
    fn what_was_made_safe_is_safe(text in "(<|</|/>|>|a|g|script|style|svg|use| |on=|href=|x:href=|style=|fill=|'|\"|#|//x|url\\(|\\)|@import|;|\\\\75|&#117;|<!--|-->|<!DOCTYPE|\\[|\\]|<\\?|\\?>|<!\\[CDATA\\[|\\]\\]>)*") {
        if let Ok(safe) = sanitize(svg(&text).as_bytes())
            && let Some(text) = safe.text
        {
            let again = sanitize(text.as_bytes()).unwrap();
            prop_assert_eq!(again.removed, Vec::new());
        }
    }
}
