//! The durable order of inputs: opaque records, appended and never changed.
//!
//! In: bodies with their instants, several at once ([`Journal::append`]). Out: the same in the same order, each with
//! its position, from any position on, also while more are appended ([`Reads`]). Invariants: what was acknowledged is
//! on disk; positions count up by one and instants never go back; a record is read as it was written, or an error names
//! the file, the offset and the record: nothing is skipped. Only an append that nobody was told of is ever cut, and the
//! reasons for taking it for one are in `tail`. After a failed write or sync nothing more is written.
//! Not here: what a body says; when to append, and for whom to wait; the clock. Outside this module nobody may assume
//! files: the runtime knows [`Order`].
//!
//! Words easily confused: a position is the number of a record, from 1; an offset is a number of bytes in a file. An
//! append is one write of one or more records; a segment is a file of many appends. Docs: docs/operations.md. Tests:
//! tests/it/journal.

mod backup;
mod error;
mod label;
mod live;
mod open;
mod reader;
mod record;
mod segment;
mod shelf;
mod spare;
mod survey;
mod tail;
mod verify;
mod walk;

pub use error::JournalError;
pub use live::{Journal, Room};
pub use open::{Cut, Recovered};
pub use reader::{Reader, Reads};
pub use record::MAX_BODY;
pub use spare::Ahead;
pub use verify::{Verified, verify, verify_on};

use crate::base::Instant;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The number of a record, from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(pub u64);

impl Position {
    /// Before the first record.
    pub const START: Self = Self(0);

    /// The one after it.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// What is appended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry<'a> {
    /// Its instant, not before that of the last record.
    pub at: Instant,
    /// Anything, up to [`MAX_BODY`].
    pub body: &'a [u8],
}

/// What is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Record<'a> {
    /// Its number.
    pub position: Position,
    /// Its instant.
    pub at: Instant,
    /// As it was appended.
    pub body: &'a [u8],
}

/// How a journal is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// How long a segment is in bytes, rounded up to pages of 4 KiB. An append that is longer gets a longer one.
    pub segment: u64,
    /// Whether a thread makes the next segment ahead of time; without it, appends wait for that.
    pub ahead: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { segment: 64 * 1024 * 1024, ahead: true }
    }
}

impl Options {
    fn segment_bytes(&self) -> u64 {
        self.segment.max(2 * segment::BEGIN).next_multiple_of(segment::BEGIN)
    }
}

/// A durable order of records, wherever it is kept: on one machine a [`Journal`], past one machine a partition of a
/// distributed log. This is all that the runtime knows of it.
pub trait Order: Send {
    /// Appends records, in this order; all of them are durable when this returns. The position is that of the last.
    fn append(&mut self, batch: &[Entry<'_>]) -> Result<Position, JournalError>;
    /// Reads from a record on, which may be the next one to be written.
    fn read_from(&self, position: Position) -> Result<Box<dyn Records>, JournalError>;
}

/// Records in order.
pub trait Records: Send {
    /// The next one; `None` if all that are durable were read. It may be asked again later.
    fn read(&mut self) -> Result<Option<Record<'_>>, JournalError>;
}

impl Order for Journal {
    fn append(&mut self, batch: &[Entry<'_>]) -> Result<Position, JournalError> {
        Journal::append(self, batch)
    }

    fn read_from(&self, position: Position) -> Result<Box<dyn Records>, JournalError> {
        Ok(Box::new(Journal::read_from(self, position)?))
    }
}

impl Records for Reader {
    fn read(&mut self) -> Result<Option<Record<'_>>, JournalError> {
        Reader::read(self)
    }
}
