//! Pixels: decoded, turned upright, resized in linear light, and encoded.

use std::sync::LazyLock;

use fast_image_resize::{
    PixelComponentMapper, PixelType, ResizeOptions, Resizer, create_srgb_mapper,
    images::{Image, ImageRef},
};
use image::{
    DynamicImage, ExtendedColorType, ImageDecoder, ImageEncoder,
    codecs::{
        jpeg::JpegEncoder,
        png::{CompressionType, FilterType, PngEncoder},
    },
};

use super::{
    Broken, EXPORT_AGAIN, Recipe,
    drawing::Outline,
    header::{Kind, caught, guarded, open, orientation},
};
use crate::model::PictureFormat;

/// From what a file holds to amounts of light, and back.
static LIGHT: LazyLock<PixelComponentMapper> = LazyLock::new(create_srgb_mapper);

/// Whether this build of haberdash can make pictures of a format.
pub fn can_make(format: PictureFormat) -> bool {
    match format {
        PictureFormat::Jpeg | PictureFormat::Png | PictureFormat::WebP => true,
        PictureFormat::Avif => cfg!(feature = "avif"),
    }
}

/// A decoded picture, from which others are made.
pub enum Negative {
    /// Pixels: upright, in amounts of light of 16 bits a channel.
    Photograph(Image<'static>),
    /// A drawing, which has none yet.
    Drawing(Box<Outline>),
}

impl Negative {
    /// Bytes of memory that a pixel takes while a picture is being decoded.
    pub const BYTES_PER_PIXEL: u64 = 12;

    /// Decodes a file of this kind.
    pub fn decode(kind: Kind, bytes: &[u8]) -> Result<Self, Broken> {
        if kind == Kind::Drawing {
            return caught(|| Outline::read(bytes))?
                .map(|outline| Self::Drawing(Box::new(outline)));
        }
        let picture = guarded(|| {
            let mut decoder = open(kind, bytes)?.decoder;
            let orientation = orientation(&mut *decoder);
            let profile = decoder.icc_profile().ok().flatten();
            let mut picture = eight_bits(DynamicImage::from_decoder(decoder)?);
            if let Some(profile) = profile {
                to_srgb(&mut picture, &profile);
            }
            picture.apply_orientation(orientation);
            Ok(picture)
        })?;
        Self::expose(&picture).ok_or_else(|| Broken::new("cannot be decoded", EXPORT_AGAIN))
    }

    fn expose(picture: &DynamicImage) -> Option<Self> {
        let (from, to) = match picture {
            DynamicImage::ImageLuma8(_) => (PixelType::U8, PixelType::U16),
            DynamicImage::ImageLumaA8(_) => (PixelType::U8x2, PixelType::U16x2),
            DynamicImage::ImageRgb8(_) => (PixelType::U8x3, PixelType::U16x3),
            _ => (PixelType::U8x4, PixelType::U16x4),
        };
        let (width, height) = (picture.width(), picture.height());
        let view = ImageRef::new(width, height, picture.as_bytes(), from).ok()?;
        let mut light = Image::new(width, height, to);
        LIGHT.forward_map(&view, &mut light).ok()?;
        Some(Self::Photograph(light))
    }

    /// The picture in another size, of which each format is then made.
    pub fn print(&self, width: u32, height: u32) -> Result<Print, Broken> {
        match self {
            Self::Photograph(light) => Ok(Print::of_light(light, width, height)),
            Self::Drawing(outline) => {
                let pixels = caught(|| outline.pixels(width, height))?;
                let pixels = pixels.ok_or_else(|| {
                    Broken::new("cannot be drawn in that size", "ask for fewer pixels")
                })?;
                Ok(Print {
                    width,
                    height,
                    color: ExtendedColorType::Rgba8,
                    pixels,
                })
            }
        }
    }
}

/// A picture in its final size.
pub struct Print {
    width: u32,
    height: u32,
    color: ExtendedColorType,
    pixels: Vec<u8>,
}

impl Print {
    fn of_light(light: &Image<'_>, width: u32, height: u32) -> Self {
        let to = match light.pixel_type() {
            PixelType::U16 => PixelType::U8,
            PixelType::U16x2 => PixelType::U8x2,
            PixelType::U16x3 => PixelType::U8x3,
            _ => PixelType::U8x4,
        };
        let mut print = Image::new(width, height, to);
        let is_own_size = (width, height) == (light.width(), light.height());
        let mapped = if is_own_size {
            LIGHT.backward_map(light, &mut print)
        } else {
            let mut resized = Image::new(width, height, light.pixel_type());
            Resizer::new()
                .resize(light, &mut resized, &ResizeOptions::new())
                .expect("both sizes are of some pixels, and of one type");
            LIGHT.backward_map(&resized, &mut print)
        };
        mapped.expect("the types have the same channels");
        Self {
            width,
            height,
            color: match to {
                PixelType::U8 => ExtendedColorType::L8,
                PixelType::U8x2 => ExtendedColorType::La8,
                PixelType::U8x3 => ExtendedColorType::Rgb8,
                _ => ExtendedColorType::Rgba8,
            },
            pixels: print.into_vec(),
        }
    }

    /// The bytes of a file, without any metadata.
    pub fn encode(&self, recipe: &Recipe) -> Result<Vec<u8>, Broken> {
        let mut bytes = Vec::new();
        let written = match recipe.format {
            PictureFormat::Jpeg => {
                // A JPEG has no transparency, and none of those that are made has a source with it.
                let encoder = JpegEncoder::new_with_quality(&mut bytes, recipe.quality);
                self.write(encoder)
            }
            PictureFormat::Png => self.write(PngEncoder::new_with_quality(
                &mut bytes,
                CompressionType::Default,
                FilterType::Adaptive,
            )),
            PictureFormat::WebP => return self.webp(recipe.quality),
            PictureFormat::Avif => self.avif(&mut bytes, recipe.quality),
        };
        match written {
            Ok(()) => Ok(bytes),
            Err(error) => Err(not_made(recipe.format, &error.to_string())),
        }
    }

    fn write(&self, encoder: impl ImageEncoder) -> image::ImageResult<()> {
        encoder.write_image(&self.pixels, self.width, self.height, self.color)
    }

    fn webp(&self, quality: u8) -> Result<Vec<u8>, Broken> {
        let failed = |error: String| not_made(PictureFormat::WebP, &error);
        let mut config = webp::WebPConfig::new().map_err(|()| failed("no memory".into()))?;
        config.quality = f32::from(quality);
        let (pixels, has_alpha) = self.in_color();
        let encoder = if has_alpha {
            webp::Encoder::from_rgba(&pixels, self.width, self.height)
        } else {
            webp::Encoder::from_rgb(&pixels, self.width, self.height)
        };
        let made = encoder.encode_advanced(&config);
        made.map(|bytes| bytes.to_vec())
            .map_err(|error| failed(format!("{error:?}")))
    }

    #[cfg(feature = "avif")]
    fn avif(&self, bytes: &mut Vec<u8>, quality: u8) -> image::ImageResult<()> {
        /// From 1, the slowest, to 10. Slower ones save little.
        const SPEED: u8 = 6;
        let encoder =
            image::codecs::avif::AvifEncoder::new_with_speed_quality(bytes, SPEED, quality)
                .with_num_threads(Some(1));
        let (pixels, has_alpha) = self.in_color();
        let color = if has_alpha {
            ExtendedColorType::Rgba8
        } else {
            ExtendedColorType::Rgb8
        };
        encoder.write_image(&pixels, self.width, self.height, color)
    }

    #[cfg(not(feature = "avif"))]
    #[expect(clippy::unused_self, reason = "the shape of what it stands in for")]
    fn avif(&self, _: &mut Vec<u8>, _: u8) -> image::ImageResult<()> {
        unreachable!("a configuration names only formats that can be made")
    }

    /// Red, green and blue of each pixel, and its opacity if some have one.
    fn in_color(&self) -> (std::borrow::Cow<'_, [u8]>, bool) {
        match self.color {
            ExtendedColorType::L8 => {
                let gray = self.pixels.iter().flat_map(|gray| [*gray; 3]);
                (gray.collect(), false)
            }
            ExtendedColorType::La8 => {
                let gray = self.pixels.chunks_exact(2);
                let gray = gray.flat_map(|pixel| [pixel[0], pixel[0], pixel[0], pixel[1]]);
                (gray.collect(), true)
            }
            ExtendedColorType::Rgb8 => (self.pixels.as_slice().into(), false),
            _ => (self.pixels.as_slice().into(), true),
        }
    }
}

fn not_made(format: PictureFormat, error: &str) -> Broken {
    Broken::new(
        format!("cannot be made into {}: {error}", format.extension()),
        "export it in a smaller size",
    )
}

/// A picture of 8 bits a channel, gray or not, with transparency or not.
fn eight_bits(picture: DynamicImage) -> DynamicImage {
    let color = picture.color();
    match (color.has_color(), color.has_alpha()) {
        (false, false) => picture.into_luma8().into(),
        (false, true) => picture.into_luma_alpha8().into(),
        (true, false) => picture.into_rgb8().into(),
        (true, true) => picture.into_rgba8().into(),
    }
}

/// Turns the colors of a profile into those that browsers assume where there is none. What cannot be
/// understood of a profile is left out, as browsers do.
fn to_srgb(picture: &mut DynamicImage, profile: &[u8]) {
    use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};
    let layout = match picture {
        DynamicImage::ImageRgb8(_) => Layout::Rgb,
        DynamicImage::ImageRgba8(_) => Layout::Rgba,
        _ => return,
    };
    let Ok(profile) = ColorProfile::new_from_slice(profile) else {
        return;
    };
    if profile.color_space != DataColorSpace::Rgb {
        return;
    }
    let srgb = ColorProfile::new_srgb();
    let options = TransformOptions::default();
    let Ok(transform) = profile.create_transform_8bit(layout, &srgb, layout, options) else {
        return;
    };
    let source = picture.as_bytes();
    let mut target = vec![0; source.len()];
    if transform.transform(source, &mut target).is_err() {
        return;
    }
    match picture {
        DynamicImage::ImageRgb8(pixels) => pixels.copy_from_slice(&target),
        DynamicImage::ImageRgba8(pixels) => pixels.copy_from_slice(&target),
        _ => {}
    }
}
