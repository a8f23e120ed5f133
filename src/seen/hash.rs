//! From an id to the 128 bits that stand for it.
//!
//! Two ids with the same bits would be one message, and the second be dropped. So the hash is keyed, with a key that is
//! made at random with the store and never leaves it: without it nobody can choose an id that meets another one's bits,
//! and by chance a thousand million ids meet once in 10^20 stores.

use super::SeenError;
use crate::disk::{self, Disk};
use siphasher::sip128::SipHasher24;
use std::hash::{BuildHasherDefault, Hasher};
use std::path::Path;

/// The file that holds the key.
pub(super) const KEY: &str = "key";

/// The key of a store.
#[derive(Clone, Copy)]
pub(super) struct Key {
    bytes: [u8; 16],
    hasher: SipHasher24,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    pub fn new(bytes: [u8; 16]) -> Self {
        Self { bytes, hasher: SipHasher24::new_with_key(&bytes) }
    }

    /// The bits that stand for an id.
    pub fn hash(&self, id: &[u8]) -> u128 {
        let hash = self.hasher.hash(id);
        u128::from(hash.h1) << 64 | u128::from(hash.h2)
    }

    /// Tells a file that was written with this key from one that was not.
    pub fn check(&self) -> u64 {
        self.hash(b"the check of a key") as u64
    }

    /// The key in a folder; `None` if there is none, or it is not what was written.
    pub fn read(disk: &dyn Disk, folder: &Path) -> Result<Option<Self>, SeenError> {
        let path = folder.join(KEY);
        let bytes = disk::read_whole(disk, &path).map_err(|error| SeenError::io(&path, error))?;
        let whole = bytes.as_deref().and_then(|bytes| bytes.split_first_chunk::<16>());
        let right = whole.filter(|(key, sum)| *sum == crc32fast::hash(*key).to_le_bytes());
        Ok(right.map(|(key, _)| Self::new(*key)))
    }

    /// Puts the key into a folder.
    pub fn write(&self, disk: &dyn Disk, folder: &Path) -> Result<(), SeenError> {
        let mut bytes = self.bytes.to_vec();
        bytes.extend(crc32fast::hash(&self.bytes).to_le_bytes());
        disk::replace(disk, folder, KEY, &bytes).map_err(|error| SeenError::io(&folder.join(KEY), error))
    }
}

/// Hashes of what is a hash already.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Plain(u64);

/// Makes [`Plain`] ones.
pub(super) type BuildPlain = BuildHasherDefault<Plain>;

impl Hasher for Plain {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u128(&mut self, hash: u128) {
        self.0 = hash as u64;
    }
}
