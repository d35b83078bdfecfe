//! `.br` and `.gz` twins.

use std::io::{Read, Write};

/// Whether compressing files of a name is worth it.
pub fn is_compressible(path: &str) -> bool {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    matches!(
        extension,
        "html" | "css" | "js" | "json" | "svg" | "xml" | "txt" | "webmanifest"
    )
}

/// Brotli at its strongest setting, for files that are served many times.
pub fn brotli(bytes: &[u8]) -> Vec<u8> {
    const BUFFER: usize = 4096;
    const QUALITY: u32 = 11;
    const WINDOW: u32 = 22;
    let mut compressed = Vec::new();
    brotli::CompressorReader::new(bytes, BUFFER, QUALITY, WINDOW)
        .read_to_end(&mut compressed)
        .expect("reading from memory does not fail");
    compressed
}

/// Gzip at its strongest setting, without a time stamp.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder
        .write_all(bytes)
        .expect("writing to memory does not fail");
    encoder.finish().expect("writing to memory does not fail")
}
