//! How a store's pictures are made smaller.

/// What `haberdash.yaml` says of pictures below `images:`, with defaults filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureSettings {
    /// Widths in pixels, ascending, where a template asks for none.
    pub widths: Vec<u32>,
    /// From 1 to 100.
    pub quality: u8,
    /// Formats that are offered beside a picture's own, the best first.
    pub formats: Vec<PictureFormat>,
    /// How wide pictures in texts are shown, as the attribute `sizes` says it.
    pub sizes: String,
}

impl Default for PictureSettings {
    fn default() -> Self {
        Self {
            widths: vec![320, 640, 960, 1280],
            quality: 80,
            formats: vec![PictureFormat::WebP],
            sizes: "(min-width: 48rem) 46rem, 100vw".to_owned(),
        }
    }
}

/// A format in which pictures are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PictureFormat {
    /// For photographs, where nothing better is understood.
    Jpeg,
    /// For pictures with transparent parts, where nothing better is understood.
    Png,
    /// Understood by every browser of the last years.
    WebP,
    /// The smallest, and the slowest to make.
    Avif,
}

impl PictureFormat {
    /// Formats that a configuration may name.
    pub const OFFERED: [Self; 2] = [Self::Avif, Self::WebP];

    /// The name in a configuration and the ending of files.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::WebP => "webp",
            Self::Avif => "avif",
        }
    }

    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Avif => "image/avif",
        }
    }
}
