//! What a file says of itself, without decoding it.

use std::{
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
};

use image::{
    ImageDecoder, ImageError, ImageResult, Limits,
    codecs::{jpeg::JpegDecoder, png::PngDecoder, webp::WebPDecoder},
    metadata::Orientation,
};

use super::{Broken, EXPORT_AGAIN, drawing};
use crate::model::PictureFormat;

/// The longest side, in pixels: the most that WebP can hold.
const LONGEST: u32 = 16_383;

/// The most pixels: twice those of a large camera. Decoding takes twelve bytes for each.
const MOST_PIXELS: u64 = 100_000_000;

/// What kind of picture a file is, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Jpeg,
    Png,
    WebP,
    Gif,
    Avif,
    /// SVG.
    Drawing,
}

impl Kind {
    fn of(bytes: &[u8]) -> Option<Self> {
        let starts = |magic: &[u8]| bytes.starts_with(magic);
        let has = |at: usize, magic: &[u8]| bytes.get(at..at + magic.len()) == Some(magic);
        if starts(b"\xff\xd8\xff") {
            Some(Self::Jpeg)
        } else if starts(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if starts(b"RIFF") && has(8, b"WEBP") {
            Some(Self::WebP)
        } else if starts(b"GIF87a") || starts(b"GIF89a") {
            Some(Self::Gif)
        } else if has(4, b"ftypavif") || has(4, b"ftypavis") {
            Some(Self::Avif)
        } else {
            None
        }
    }

    fn of_name(name: &str) -> Option<Self> {
        let (_, extension) = name.rsplit_once('.')?;
        match extension.to_ascii_lowercase().as_str() {
            "jpg" | "jpeg" | "jpe" | "jfif" => Some(Self::Jpeg),
            "png" | "apng" => Some(Self::Png),
            "webp" => Some(Self::WebP),
            "gif" => Some(Self::Gif),
            "avif" => Some(Self::Avif),
            "svg" => Some(Self::Drawing),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::WebP => "WebP",
            Self::Gif => "GIF",
            Self::Avif => "AVIF",
            Self::Drawing => "SVG",
        }
    }
}

/// A picture as it will be seen: turned upright.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What it is.
    pub kind: Kind,
    /// Width and height in pixels; `None` if the file does not say.
    pub size: Option<(u32, u32)>,
    /// Whether it moves. Made smaller it would stand still, so it is served as it is.
    pub is_animated: bool,
}

impl Header {
    /// Whether it is a drawing, of which a picture of any size can be made.
    pub fn is_drawing(&self) -> bool {
        self.kind == Kind::Drawing
    }

    /// The format in which smaller ones are made for those who understand no better; `None` if the
    /// picture is served as it is.
    pub fn own_format(&self) -> Option<PictureFormat> {
        match self.kind {
            _ if self.is_animated => None,
            Kind::Jpeg => Some(PictureFormat::Jpeg),
            Kind::Png => Some(PictureFormat::Png),
            Kind::WebP => Some(PictureFormat::WebP),
            Kind::Gif | Kind::Avif | Kind::Drawing => None,
        }
    }
}

/// Reads what a file says of itself. Its name says what it should be.
pub fn read(name: &str, bytes: &[u8]) -> Result<Header, Broken> {
    if bytes.is_empty() {
        return Err(Broken::new("is empty", EXPORT_AGAIN));
    }
    let named = Kind::of_name(name);
    if named == Some(Kind::Drawing) {
        return Ok(Header {
            kind: Kind::Drawing,
            size: drawing::size(bytes)?,
            is_animated: false,
        });
    }
    let kind = Kind::of(bytes).ok_or_else(|| {
        Broken::new(
            "is no picture that browsers show",
            "export it as PNG, JPEG, WebP, GIF, AVIF or SVG",
        )
    })?;
    if let Some(named) = named.filter(|named| *named != kind) {
        return Err(Broken::new(
            format!("is not {} but {}", named.name(), kind.name()),
            "give it the ending of what it is, or export it again",
        ));
    }
    let (size, is_animated) = match kind {
        Kind::Gif => {
            let short = |at: usize| {
                let pair = bytes.get(at..at + 2)?;
                Some(u32::from(u16::from_le_bytes([pair[0], pair[1]])))
            };
            (short(6).zip(short(8)), false)
        }
        Kind::Avif => (avif_size(bytes), false),
        Kind::Jpeg | Kind::Png | Kind::WebP | Kind::Drawing => {
            let opened = guarded(|| {
                let mut opened = open(kind, bytes)?;
                let size = opened.decoder.dimensions();
                let turned = is_on_its_side(orientation(&mut *opened.decoder));
                let size = if turned { (size.1, size.0) } else { size };
                Ok((Some(size), opened.is_animated))
            })?;
            if kind == Kind::Jpeg && !is_whole_jpeg(bytes) {
                return Err(Broken::new("ends in the middle", EXPORT_AGAIN));
            }
            opened
        }
    };
    if size.is_none() && kind == Kind::Gif || size.is_some_and(|(w, h)| w == 0 || h == 0) {
        return Err(Broken::new("has no pixels", EXPORT_AGAIN));
    }
    if let Some((width, height)) = size
        && (width.max(height) > LONGEST || u64::from(width) * u64::from(height) > MOST_PIXELS)
    {
        return Err(Broken::new(
            format!("is {width} × {height} pixels, more than a page could use"),
            "export it with at most 16,383 pixels a side and 100 million in all",
        ));
    }
    Ok(Header {
        kind,
        size,
        is_animated,
    })
}

/// A decoder that has read the header.
pub(super) struct Opened<'a> {
    pub(super) decoder: Box<dyn ImageDecoder + 'a>,
    pub(super) is_animated: bool,
}

/// Begins to decode PNG, JPEG or WebP.
pub(super) fn open(kind: Kind, bytes: &[u8]) -> ImageResult<Opened<'_>> {
    let reader = Cursor::new(bytes);
    Ok(match kind {
        Kind::Png => {
            // What a PNG needs beside its pixels, such as a color profile.
            let mut limits = Limits::no_limits();
            limits.max_alloc = Some(MOST_PIXELS * 8);
            let decoder = PngDecoder::with_limits(reader, limits)?;
            Opened {
                is_animated: decoder.is_apng()?,
                decoder: Box::new(decoder),
            }
        }
        Kind::WebP => {
            let decoder = WebPDecoder::new(reader)?;
            Opened {
                is_animated: decoder.has_animation(),
                decoder: Box::new(decoder),
            }
        }
        Kind::Jpeg | Kind::Gif | Kind::Avif | Kind::Drawing => Opened {
            decoder: Box::new(JpegDecoder::new(reader)?),
            is_animated: false,
        },
    })
}

/// How the picture is to be turned. One whose Exif data cannot be read is upright.
pub(super) fn orientation(decoder: &mut dyn ImageDecoder) -> Orientation {
    decoder.orientation().unwrap_or(Orientation::NoTransforms)
}

fn is_on_its_side(orientation: Orientation) -> bool {
    match orientation {
        Orientation::NoTransforms
        | Orientation::Rotate180
        | Orientation::FlipHorizontal
        | Orientation::FlipVertical => false,
        Orientation::Rotate90
        | Orientation::Rotate270
        | Orientation::Rotate90FlipH
        | Orientation::Rotate270FlipH => true,
    }
}

/// Runs what reads strange bytes. If it panics, they are broken.
pub(super) fn caught<T>(read: impl FnOnce() -> T) -> Result<T, Broken> {
    catch_unwind(AssertUnwindSafe(read)).map_err(|_| Broken::new("cannot be decoded", EXPORT_AGAIN))
}

/// Runs a decoder. One that panics on strange bytes has found them to be broken.
pub(super) fn guarded<T>(decode: impl FnOnce() -> ImageResult<T>) -> Result<T, Broken> {
    caught(decode)?.map_err(|error| broken(&error))
}

fn broken(error: &ImageError) -> Broken {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let cause = cause.to_string();
    let cause = cause.trim().trim_end_matches('.');
    Broken::new(format!("cannot be decoded: {cause}"), EXPORT_AGAIN)
}

/// The largest size that an AVIF names: those of its tiles are smaller.
fn avif_size(bytes: &[u8]) -> Option<(u32, u32)> {
    const SIZE: &[u8] = b"ispe";
    // All names stand in the head of the file, before the pixels.
    let head = &bytes[..bytes.len().min(64 << 10)];
    let places = head.windows(SIZE.len()).enumerate();
    let sizes = places
        .filter(|(_, name)| *name == SIZE)
        .filter_map(|(at, _)| {
            let number = |at: usize| {
                let bytes = head.get(at..at + 4)?;
                Some(u32::from_be_bytes(bytes.try_into().ok()?))
            };
            // Four bytes of version and flags come first.
            Some((number(at + 8)?, number(at + 12)?))
        });
    sizes.max_by_key(|(width, height)| u64::from(*width) * u64::from(*height))
}

/// Whether a JPEG has its end: decoders fill what is missing with gray. Previews in its head have ends of
/// their own.
fn is_whole_jpeg(bytes: &[u8]) -> bool {
    const SCAN: u8 = 0xda;
    let mut at = 2;
    while let Some(&[0xff, marker, high, low]) = bytes.get(at..at + 4) {
        if marker == 0xff {
            at += 1;
            continue;
        }
        if marker == SCAN {
            return bytes[at..]
                .windows(2)
                .rev()
                .any(|pair| pair == [0xff, 0xd9]);
        }
        at += 2 + usize::from(u16::from_be_bytes([high, low]));
    }
    false
}
