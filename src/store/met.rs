//! A note in a store's folder that damage was met, at whatever read: whoever opens it next does not trust it, and makes it
//! anew. Without it a start would go well, since it reads no entities, and end again at the same value.

use super::checkpoint::Shelf;
use super::{StoreError, damaged};
use std::fs;
use std::path::Path;

/// The name of the note.
const NOTE: &str = "damage";

/// The error: damage was met in that store before.
pub(super) fn none_met(path: &Path) -> Result<(), StoreError> {
    match fs::read_to_string(path.join(NOTE)) {
        Ok(what) => Err(damaged(path, what)),
        Err(_) => Ok(()),
    }
}

impl Shelf {
    /// The same; damage is noted.
    pub(super) fn noted<T>(&self, read: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(StoreError::Corrupt { what, .. }) = &read {
            // Who can't write it here has said it anyway.
            let _ = fs::write(self.path().join(NOTE), what);
        }
        read
    }
}
