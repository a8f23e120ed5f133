//! Messages that have left, so that what comes back of them finds them: by the key that their tokens hold, and by row.
//!
//! Durable before the message is handed over: a link in a mail always leads somewhere.

use super::core::Core;
use super::error::RuntimeError;
use crate::base::Instant;
use crate::engine::RowId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A message as it was handed over.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Posted {
    /// Its idempotency key.
    pub key: Arc<str>,
    /// Its row in the outbox.
    pub row: RowId,
    /// Who got it.
    pub address: Arc<str>,
    /// Its Message-ID, without the angle brackets.
    pub message_id: Arc<str>,
    /// Its subject.
    pub subject: Arc<str>,
    /// Where its counted links lead, by their places.
    pub links: Vec<String>,
    /// When it was handed over.
    pub at: Instant,
}

pub(super) type PostedBy = BTreeMap<u64, Arc<Posted>>;

/// Under which number a message of that key is kept.
pub(super) fn number(key: &str) -> Option<u64> {
    u64::from_str_radix(key.strip_prefix("wf_")?.get(..16)?, 16).ok()
}

impl Core {
    pub(super) fn post(&mut self, posted: Box<Posted>) {
        if let Some(number) = number(&posted.key) {
            self.posted.insert(number, Arc::from(posted));
        }
    }

    /// The message of a key, if it was handed over.
    pub fn posted(&self, key: &str) -> Result<Option<Arc<Posted>>, RuntimeError> {
        let Some(number) = number(key) else { return Ok(None) };
        let found = match self.posted.get(&number).or_else(|| self.flying_posted.get(&number)) {
            Some(posted) => Some(Arc::clone(posted)),
            None => self.shelf.posted(number)?.map(|bytes| read(&bytes)).transpose()?,
        };
        Ok(found.filter(|posted| *posted.key == *key))
    }

    /// The message of a row, if it was handed over.
    pub fn posted_row(&self, row: RowId) -> Result<Option<Arc<Posted>>, RuntimeError> {
        let known = self.posted.values().chain(self.flying_posted.values()).find(|posted| posted.row == row);
        match known {
            Some(posted) => Ok(Some(Arc::clone(posted))),
            None => self.shelf.posted_row(row)?.map(|bytes| read(&bytes)).transpose(),
        }
    }
}

fn read(bytes: &[u8]) -> Result<Arc<Posted>, RuntimeError> {
    postcard::from_bytes(bytes).map(Arc::new).map_err(|error| RuntimeError::Fault(error.to_string()))
}
