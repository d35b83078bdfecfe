//! What is made of a picture, and under which name.

use crate::{
    digest::Digest,
    model::{PictureFormat, slug},
};

/// Raised whenever the same recipe may come to other bytes: another encoder, or other settings of it.
const ENCODER: u32 = 1;

/// One picture to make of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Recipe {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Of the made picture.
    pub format: PictureFormat,
    /// From 1 to 100; of no effect on PNG.
    pub quality: u8,
}

impl Recipe {
    /// Tells the source's content, the recipe and the encoder.
    pub fn key(&self, source: Digest) -> Digest {
        Digest::of_parts([
            b"picture".as_slice(),
            &ENCODER.to_le_bytes(),
            source.hex().as_bytes(),
            &self.width.to_le_bytes(),
            &self.height.to_le_bytes(),
            self.format.extension().as_bytes(),
            &[self.quality],
        ])
    }

    /// Where the picture stands below the output folder: known before it is made.
    pub fn path(&self, source: Digest, name: &str) -> String {
        let file = name.rsplit('/').next().unwrap_or_default();
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        format!(
            "assets/images/{}-{}.{}.{}",
            slug(stem),
            self.width,
            self.key(source).short(),
            self.format.extension()
        )
    }
}

/// Longest side of a picture that is made of a drawing, in pixels.
const LONGEST_DRAWN: u32 = 8192;

/// The sizes to make of a drawing, which may be larger than it says it is. Empty if each has a side that
/// is too long.
pub fn drawn(asked: &[u32], width: u32, height: u32) -> Vec<(u32, u32)> {
    let mut widths = asked.to_vec();
    widths.sort_unstable();
    widths.dedup();
    let sizes = widths.into_iter().filter_map(|own| {
        let scaled = scaled(own, width, height)?;
        (own.max(scaled) <= LONGEST_DRAWN).then_some((own, scaled))
    });
    sizes.collect()
}

/// The height that goes with a width, of a picture of this width and height.
fn scaled(own: u32, width: u32, height: u32) -> Option<u32> {
    let exact = (u64::from(height) * u64::from(own)).checked_add(u64::from(width) / 2)?;
    u32::try_from(exact.checked_div(u64::from(width))?.max(1)).ok()
}

/// The sizes to make of a picture: those asked for that are not larger than the picture is, and
/// its own if some are. Ascending, and at least one.
pub fn candidates(asked: &[u32], width: u32, height: u32) -> Vec<(u32, u32)> {
    let largest = asked.iter().copied().max().unwrap_or(width);
    let mut widths: Vec<u32> = asked
        .iter()
        .copied()
        .filter(|asked| *asked <= width)
        .collect();
    if width < largest || widths.is_empty() {
        widths.push(width);
    }
    widths.sort_unstable();
    widths.dedup();
    widths
        .into_iter()
        .filter_map(|own| Some((own, scaled(own, width, height)?)))
        .collect()
}
