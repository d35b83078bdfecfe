//! Drawings as pixels, for those who take no SVG: feeds, previews of links, home screens.

use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{ImageHrefResolver, Options, Tree},
};

use super::{decode, parse, without_doctype};
use crate::picture::Broken;

/// A drawing that is understood, from which pictures are made.
pub struct Outline(Tree);

impl Outline {
    /// Reads a drawing. Nothing that it names outside of itself is fetched.
    pub fn read(bytes: &[u8]) -> Result<Self, Broken> {
        let text = decode(bytes)?;
        let (text, _) = without_doctype(text);
        let document = parse(&text)?;
        let letters = document
            .descendants()
            .find(|node| node.has_tag_name((super::SVG, "text")));
        if let Some(letters) = letters {
            return Err(Broken {
                why: "has letters, of which no picture can be made without their font".to_owned(),
                hint: "turn its text into paths",
                at: letters.range().start,
            });
        }
        let nothing = ImageHrefResolver {
            resolve_data: Box::new(|_, _, _| None),
            resolve_string: Box::new(|_, _| None),
        };
        let options = Options {
            image_href_resolver: nothing,
            ..Options::default()
        };
        let tree = Tree::from_xmltree(&document, &options).map_err(|error| {
            Broken::new(
                format!("cannot be drawn: {error}"),
                "export it again as plain SVG",
            )
        })?;
        Ok(Self(tree))
    }

    /// Its pixels in a size: red, green, blue and opacity of each. `None` for a size without pixels.
    pub fn pixels(&self, width: u32, height: u32) -> Option<Vec<u8>> {
        let mut pixmap = Pixmap::new(width, height)?;
        let size = self.0.size();
        #[expect(
            clippy::cast_precision_loss,
            reason = "sides are of some thousand pixels"
        )]
        let scale =
            Transform::from_scale(width as f32 / size.width(), height as f32 / size.height());
        resvg::render(&self.0, scale, &mut pixmap.as_mut());
        Some(pixmap.take_demultiplied())
    }
}
