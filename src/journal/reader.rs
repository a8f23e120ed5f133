//! Reading records in order, also while others are appended.

use super::segment::{Header, Id};
use super::shelf::{Readable, Shelf};
use super::walk::{Step, Walk};
use super::{JournalError, Position, Record};
use crate::disk::Access;
use std::sync::Arc;

/// Where journals are read, from any thread, while another one appends.
#[derive(Clone, Debug)]
pub struct Reads {
    pub(super) shelf: Arc<Shelf>,
}

impl Reads {
    /// Reads from a record on, which may be the next one to be written.
    pub fn read_from(&self, position: Position) -> Result<Reader, JournalError> {
        let position = position.max(Position::START.next());
        let readable = self.shelf.holding(position)?;
        let mut reader = Reader::at(Arc::clone(&self.shelf), &readable)?;
        while reader.walk.last.next() < position {
            if reader.read()?.is_none() {
                return Err(reader.walk.damaged("the records end before it"));
            }
        }
        Ok(reader)
    }

    /// The first record that is kept.
    pub fn first(&self) -> Position {
        self.shelf.kept().first()
    }

    /// The last record that is on disk; `Position::START` if there never was one.
    pub fn last(&self) -> Position {
        self.shelf.kept().end.last
    }
}

/// Stands between two records of a journal.
#[derive(Debug)]
pub struct Reader {
    shelf: Arc<Shelf>,
    walk: Walk,
    /// The segment that it stands in.
    segment: Id,
    limit: u64,
    next: Option<Header>,
}

impl Reader {
    fn at(shelf: Arc<Shelf>, readable: &Readable) -> Result<Self, JournalError> {
        let Readable { segment, limit, next } = readable;
        let file = segment.open(&*shelf.disk, Access::Read);
        // It may have been dropped just now: then that is what is wrong.
        let file = file.or_else(|error| shelf.holding(segment.header.first).and(Err(error)))?;
        Ok(Self {
            walk: Walk::new(segment, file),
            segment: segment.header.own,
            shelf,
            limit: *limit,
            next: *next,
        })
    }

    /// The next record; `None` if all that are on disk were read. It may be asked again when more were appended.
    pub fn read(&mut self) -> Result<Option<Record<'_>>, JournalError> {
        while self.walk.offset >= self.limit {
            if !self.go_on()? {
                return Ok(None);
            }
        }
        match self.walk.step(self.limit)? {
            Step::Record(body) => {
                let (position, at) = (self.walk.last, self.walk.at);
                Ok(Some(Record { position, at, body: self.walk.body(body) }))
            }
            Step::End => Err(self.walk.damaged("zeros lie where it should be")),
            Step::Wrong(what) => Err(self.walk.damaged(what)),
        }
    }

    /// Looks for more: in this segment, or in the next one.
    fn go_on(&mut self) -> Result<bool, JournalError> {
        if let Some(next) = &self.next {
            seam(&self.walk, next)?;
        }
        let readable = self.shelf.holding(self.walk.last.next())?;
        if readable.segment.header.own == self.segment {
            let more = readable.limit > self.limit;
            (self.limit, self.next) = (readable.limit, readable.next);
            return Ok(more || self.next.is_some());
        }
        *self = Self::at(Arc::clone(&self.shelf), &readable)?;
        Ok(true)
    }
}

/// Checks that a segment ends where the one that follows it begins.
pub(super) fn seam(walk: &Walk, next: &Header) -> Result<(), JournalError> {
    if next.first == walk.last.next() && next.before_at == walk.at {
        return Ok(());
    }
    Err(walk
        .damaged(&format!("the segment ends before it, but the next one begins with record {}", next.first)))
}
