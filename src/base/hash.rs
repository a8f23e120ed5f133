//! A stable hash of texts.

use sha2::{Digest, Sha256};

/// 64 bits of the SHA-256 of the parts, each with its length: the same on every machine, for ever.
pub fn digest(parts: &[&str]) -> u64 {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().iter().take(8).fold(0, |bits, byte| bits << 8 | u64::from(*byte))
}
