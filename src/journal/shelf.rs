//! What the appending end and the readers share: the segments that are kept, and how far they are on disk.

use super::record::Salt;
use super::segment::{BEGIN, Header, Id, Segment, name};
use super::spare::Made;
use super::{JournalError, Position};
use crate::base::Instant;
use crate::disk::{Disk, File};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The segments of an open journal.
#[derive(Debug)]
pub(super) struct Shelf {
    pub disk: Arc<dyn Disk>,
    pub folder: PathBuf,
    pub id: Id,
    kept: Mutex<Kept>,
}

/// What is kept.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    /// In order; never none, and all but the last have an end.
    pub segments: Vec<Segment>,
    pub end: End,
    /// Records from which on everything is being copied.
    pins: Vec<Position>,
}

/// Keeps segments from being dropped as long as it lives.
#[derive(Debug)]
pub(super) struct Pin<'a> {
    shelf: &'a Shelf,
    from: Position,
}

impl Drop for Pin<'_> {
    fn drop(&mut self) {
        let mut kept = self.shelf.kept();
        if let Some(at) = kept.pins.iter().position(|pin| *pin == self.from) {
            kept.pins.swap_remove(at);
        }
    }
}

/// Up to where everything is on disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct End {
    /// In the last segment, in bytes.
    pub offset: u64,
    pub last: Position,
    pub at: Instant,
}

/// The segment that is appended to.
#[derive(Debug)]
pub(super) struct Live {
    pub file: Arc<dyn File>,
    pub salt: Salt,
    /// How long it is in bytes.
    pub size: u64,
}

/// A segment with the offset up to which it can be read.
#[derive(Clone, Debug)]
pub(super) struct Readable {
    pub segment: Segment,
    pub limit: u64,
    /// The header of the segment that follows.
    pub next: Option<Header>,
}

impl Shelf {
    pub fn new(disk: Arc<dyn Disk>, folder: PathBuf, id: Id, kept: Kept) -> Self {
        Self { disk, folder, id, kept: Mutex::new(kept) }
    }

    pub fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is kept now; none of it is dropped as long as the pin lives.
    pub fn pinned(&self) -> (Kept, Pin<'_>) {
        let mut kept = self.kept();
        let from = kept.first();
        kept.pins.push(from);
        (kept.clone(), Pin { shelf: self, from })
    }

    /// The segment that holds a record, or will hold it if it is the next one to be written.
    pub fn holding(&self, position: Position) -> Result<Readable, JournalError> {
        let kept = self.kept();
        if position > kept.end.last.next() {
            return Err(JournalError::NotYet { position, last: kept.end.last });
        }
        let after = kept.segments.partition_point(|segment| segment.header.first <= position);
        match after.checked_sub(1).and_then(|at| kept.readable(at)) {
            Some(readable) => Ok(readable),
            None => Err(JournalError::Dropped { position, first: kept.first() }),
        }
    }
}

impl Kept {
    pub fn new(segments: Vec<Segment>, end: End) -> Self {
        Self { segments, end, pins: Vec::new() }
    }

    /// How many segments, from the first on, hold only records before one, and are not being copied.
    pub fn droppable(&self, from: Position) -> usize {
        let from = self.pins.iter().copied().fold(from, Position::min);
        self.segments.partition_point(|segment| segment.header.first <= from).saturating_sub(1)
    }

    /// The first record that is kept.
    pub fn first(&self) -> Position {
        self.segments.first().map_or(Position::START, |segment| segment.header.first)
    }

    pub fn readable(&self, at: usize) -> Option<Readable> {
        let segment = self.segments.get(at)?.clone();
        let next = self.segments.get(at + 1).map(|next| next.header);
        Some(Readable { limit: segment.end.unwrap_or(self.end.offset), segment, next })
    }

    /// Makes a file of zeros the last segment; the one that was ends here, or is replaced if it holds no record yet.
    /// The file has its name for good when this returns.
    pub fn follow(
        &mut self,
        disk: &Arc<dyn Disk>,
        folder: &Path,
        journal: Id,
        made: Made,
    ) -> Result<Live, JournalError> {
        let (file, unnamed) = made;
        let first = self.end.last.next();
        let replaced = self.segments.pop_if(|segment| segment.header.first == first);
        let (before, before_end) = match (&replaced, self.segments.last()) {
            (Some(replaced), _) => (replaced.header.before, replaced.header.before_end),
            (None, Some(before)) => (before.header.own, self.end.offset),
            (None, None) => ([0; 16], 0),
        };
        let path = folder.join(name(first));
        let wrong = |error| JournalError::io(&path, error);
        let own = disk.random().map_err(wrong)?;
        let header = Header { journal, own, before, first, before_end, before_at: self.end.at };
        file.write_all_at(&header.encode(), 0).map_err(wrong)?;
        file.sync().map_err(wrong)?;
        disk.rename(&unnamed, &path).map_err(wrong)?;
        disk.sync_folder(folder).map_err(wrong)?;
        let size = file.size().map_err(wrong)?;
        if let Some(before) = self.segments.last_mut() {
            before.end = Some(before_end);
        }
        let segment = Segment { path, header, end: None };
        let live = Live { file: file.into(), salt: segment.salt(), size };
        self.segments.push(segment);
        self.end.offset = BEGIN;
        Ok(live)
    }
}
