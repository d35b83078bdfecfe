//! Pictures that earlier builds made, handed in and out.

use dashmap::DashMap;

use crate::digest::Digest;

/// Keeps made pictures from build to build, by a key that tells source, recipe and encoder.
///
/// It may forget at any time, and must give nothing but what was put.
pub trait PictureCache: Sync {
    /// The bytes under a key.
    fn get(&self, key: Digest) -> Option<Vec<u8>>;
    /// Keeps bytes. One that cannot is no reason for a build to fail.
    fn put(&self, key: Digest, bytes: &[u8]);
}

/// Keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoPictures;

impl PictureCache for NoPictures {
    fn get(&self, _: Digest) -> Option<Vec<u8>> {
        None
    }

    fn put(&self, _: Digest, _: &[u8]) {}
}

/// Keeps all in memory.
#[derive(Debug, Default)]
pub struct PicturesInMemory {
    pictures: DashMap<Digest, Vec<u8>>,
}

impl PictureCache for PicturesInMemory {
    fn get(&self, key: Digest) -> Option<Vec<u8>> {
        self.pictures.get(&key).map(|bytes| bytes.clone())
    }

    fn put(&self, key: Digest, bytes: &[u8]) {
        self.pictures.insert(key, bytes.to_vec());
    }
}
