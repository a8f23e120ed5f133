//! A plan on disk: a head, the plan in postcard's form, a checksum.
//!
//! In: a [`Plan`], or bytes from anywhere. Out: bytes, or a plan that was looked through ([`Plan::validate`]) and has
//! its index. Invariant: equal plans have equal bytes; no bytes make it panic. Texts are kept as source and read again,
//! as their trees could be made deeper than any parser makes them. Layout: 8 bytes `WFPLAN\r\n`, version (4 bytes,
//! little-endian), body, SHA-256 of all before it. Tests: `tests/it/plan_stored.rs`.

use super::{FORMAT, Index, Plan};
use crate::base::hash;
use std::fmt;

/// The first bytes; the line end shows a file that a transfer as text has changed.
const MAGIC: &[u8; 8] = b"WFPLAN\r\n";
const CHECKSUM: usize = 32;

/// Why bytes are no plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StoredError {
    /// Something else.
    NotAPlan,
    /// It was cut short or changed.
    Damaged,
    /// Another version of Wayfare has written it: (its version, this one's).
    Version(u32, u32),
    /// It says what can't be.
    Invalid(String),
    /// It can't be written.
    Unwritable(String),
}

impl fmt::Display for StoredError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAPlan => f.write_str("this is not a stored plan"),
            Self::Damaged => f.write_str("the stored plan is damaged; make it anew from the project"),
            Self::Version(found, known) if found > known => write!(
                f,
                "the stored plan has version {found} and this `wf` knows up to {known}; use a newer `wf`, or make the plan anew with this one"
            ),
            Self::Version(found, known) => write!(
                f,
                "the stored plan has version {found} and this `wf` reads {known}; make the plan anew from the project"
            ),
            Self::Invalid(reason) => write!(f, "the stored plan can't be used: {reason}"),
            Self::Unwritable(reason) => write!(f, "the plan can't be stored: {reason}"),
        }
    }
}

impl std::error::Error for StoredError {}

fn body(plan: &Plan) -> Result<Vec<u8>, StoredError> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(FORMAT.to_le_bytes());
    postcard::to_extend(plan, bytes).map_err(|error| StoredError::Unwritable(error.to_string()))
}

/// The plan as bytes.
pub fn write(plan: &Plan) -> Result<Vec<u8>, StoredError> {
    let mut bytes = body(plan)?;
    let checksum = hash::sha256(&bytes);
    bytes.extend(checksum);
    Ok(bytes)
}

impl Plan {
    /// The SHA-256 of the stored form, in hexadecimal: equal for equal plans.
    pub fn hash(&self) -> Result<String, StoredError> {
        Ok(hash::hex(&hash::sha256(&body(self)?)))
    }
}

/// The plan in these bytes.
pub fn read(bytes: &[u8]) -> Result<Plan, StoredError> {
    let rest = bytes.strip_prefix(MAGIC).ok_or(StoredError::NotAPlan)?;
    let (version, rest) = rest.split_first_chunk::<4>().ok_or(StoredError::Damaged)?;
    let version = u32::from_le_bytes(*version);
    if version != FORMAT {
        return Err(StoredError::Version(version, FORMAT));
    }
    let (body, checksum) = rest.split_last_chunk::<CHECKSUM>().ok_or(StoredError::Damaged)?;
    let before = bytes.get(..bytes.len() - CHECKSUM).ok_or(StoredError::Damaged)?;
    if hash::sha256(before) != *checksum {
        return Err(StoredError::Damaged);
    }
    let (mut plan, left): (Plan, _) =
        postcard::take_from_bytes(body).map_err(|error| StoredError::Invalid(error.to_string()))?;
    if !left.is_empty() || plan.format != FORMAT {
        return Err(StoredError::Damaged);
    }
    plan.validate().map_err(|error| StoredError::Invalid(error.to_string()))?;
    plan.index = Index::of(&plan);
    Ok(plan)
}
