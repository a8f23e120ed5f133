//! The stored form of a plan: its version, its content, and the hash of both.
//!
//! Invariant: what [`Plan::from_bytes`] gives was written by this version and passes [`super::expr::Pool::validate`];
//! equal plans have equal bytes. Tests: tests/it/cli/plan.rs.

use super::{FORMAT, Index, Plan};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// Why bytes are no plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StoredError {
    /// Written by another version of the form.
    Version(u32),
    /// Not written by this program, or damaged.
    Damaged(String),
}

impl std::fmt::Display for StoredError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Version(found) => write!(f, "the plan has version {found} of the form, not {FORMAT}"),
            Self::Damaged(why) => write!(f, "the plan is damaged: {why}"),
        }
    }
}

impl std::error::Error for StoredError {}

impl Plan {
    /// The stored form. The version comes first, so that any version can be told from it.
    pub fn to_bytes(&self) -> Result<Vec<u8>, StoredError> {
        postcard::to_stdvec(self).map_err(|error| StoredError::Damaged(error.to_string()))
    }

    /// The plan of a stored form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StoredError> {
        let damaged = |error: postcard::Error| StoredError::Damaged(error.to_string());
        let (version, _) = postcard::take_from_bytes::<u32>(bytes).map_err(damaged)?;
        if version != FORMAT {
            return Err(StoredError::Version(version));
        }
        let mut plan: Self = postcard::from_bytes(bytes).map_err(damaged)?;
        plan.pool.validate().map_err(|invalid| StoredError::Damaged(format!("{invalid:?}")))?;
        plan.index = Index::of(&plan);
        Ok(plan)
    }

    /// The hash of the stored form (SHA-256), in hexadecimal digits: equal for equal plans.
    pub fn hash(&self) -> Result<String, StoredError> {
        let mut digits = String::new();
        for byte in Sha256::digest(self.to_bytes()?) {
            let _ = write!(digits, "{byte:02x}");
        }
        Ok(digits)
    }
}
