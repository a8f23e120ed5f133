//! The appending end of a journal.

use super::label::{Acknowledged, Label};
use super::reader::{Reader, Reads};
use super::record::{self, Head, MAX_BODY};
use super::segment::{BEGIN, Segment};
use super::shelf::{End, Live, Shelf};
use super::spare::{self, Ahead, Made, SPARE, Spares};
use super::{Entry, JournalError, Options, Position};
use crate::base::Instant;
use crate::disk::Lock;
use std::sync::Arc;

/// How many bytes are kept for the next append.
const MOST_KEPT: usize = 4 * 1024 * 1024;

type Result<T> = std::result::Result<T, JournalError>;

/// A journal that this process holds, to be appended to.
#[derive(Debug)]
pub struct Journal {
    shelf: Arc<Shelf>,
    live: Live,
    /// The thread that keeps the next segment ready, if there is one.
    spares: Option<Spares>,
    acknowledged: Acknowledged,
    /// The bytes of the append at work.
    bytes: Vec<u8>,
    segment: u64,
    stopped: Option<String>,
    /// Held as long as this lives.
    _lock: Lock,
}

/// How much can be appended before the disk is asked for more room.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Room {
    /// The bytes left in the live segment.
    pub left: u64,
    /// How the next segment stands.
    pub ahead: Ahead,
}

/// What an open journal is made of.
pub(super) struct Parts {
    pub shelf: Arc<Shelf>,
    pub live: Live,
    pub acknowledged: Acknowledged,
    pub lock: Lock,
}

impl Journal {
    pub(super) fn assemble(parts: Parts, options: &Options) -> Result<Self> {
        let Parts { shelf, live, acknowledged, lock } = parts;
        let segment = options.segment_bytes();
        let next = successor(live.size, segment);
        let spares = options.ahead.then(|| Spares::start(&shelf.disk, &shelf.folder, next)).transpose()?;
        let journal = Self {
            shelf,
            live,
            spares,
            acknowledged,
            bytes: Vec::new(),
            segment,
            stopped: None,
            _lock: lock,
        };
        journal.keep_ahead();
        Ok(journal)
    }

    /// Appends records, in this order: all of them are on disk when this returns, at the position returned and those
    /// before it. They are one write and one sync.
    ///
    /// After [`JournalError::Full`], [`JournalError::WentBack`] and [`JournalError::TooLong`] nothing was written and
    /// the journal can go on; after any other error nobody knows what is on disk: the journal writes nothing more and
    /// the process is to end.
    pub fn append(&mut self, batch: &[Entry<'_>]) -> Result<Position> {
        self.check_running()?;
        let end = self.end();
        check(batch, end.at)?;
        let bytes = batch.iter().map(|entry| record::total(entry.body.len())).sum::<u64>();
        if bytes > self.live.size.saturating_sub(end.offset) {
            self.turn(bytes)?;
        }
        let end = self.end();
        self.encode(batch, end);
        let at = batch.last().map_or(end.at, |entry| entry.at);
        let last = Position(end.last.0 + batch.len() as u64);
        if !batch.is_empty() {
            let written = self.write(end.offset, last);
            self.stopping(written)?;
            self.shelf.kept().end = End { offset: end.offset + bytes, last, at };
            self.keep_ahead();
        }
        // A long append is rare; what it took is not kept.
        self.bytes.clear();
        self.bytes.shrink_to(MOST_KEPT);
        Ok(last)
    }

    fn encode(&mut self, batch: &[Entry<'_>], end: End) {
        self.bytes.clear();
        let of = batch.len() as u32;
        let mut position = end.last;
        for (place, entry) in (0..).zip(batch) {
            position = position.next();
            let head = Head { length: 0, position, at: entry.at, place, of, body: 0, zeros: 0 };
            let offset = end.offset + self.bytes.len() as u64;
            record::put(&mut self.bytes, &self.live.salt, offset, head, entry.body);
        }
    }

    fn write(&self, offset: u64, last: Position) -> Result<()> {
        let wrong = |error| JournalError::io(&self.live_path(), error);
        self.live.file.write_all_at(&self.bytes, offset).map_err(wrong)?;
        self.live.file.sync().map_err(wrong)?;
        self.acknowledged.put(last)
    }

    /// Begins the next segment, with room for so many bytes. Then everything up to here can be dropped by
    /// [`Journal::retain`], as an erasure needs it.
    pub fn turn(&mut self, bytes: u64) -> Result<()> {
        self.check_running()?;
        let needed = bytes.saturating_add(BEGIN);
        let fitting = self.spares.as_ref().filter(|spares| needed <= spares.bytes());
        let made = match (fitting, &self.spares) {
            (Some(spares), _) => spares.take()?,
            (None, Some(_)) => self.make("large.new", needed)?,
            (None, None) => self.make(SPARE, needed)?,
        };
        let taken = fitting.is_some();
        let begun = self.begin(made);
        self.stopping(begun)?;
        if let Some(spares) = self.spares.as_ref().filter(|_| taken) {
            spares.free(successor(self.live.size, self.segment));
        }
        Ok(())
    }

    fn make(&self, name: &str, needed: u64) -> Result<Made> {
        let size = needed.max(self.segment).next_multiple_of(BEGIN);
        spare::make(&self.shelf.disk, &self.shelf.folder.join(name), size)
    }

    fn begin(&mut self, made: Made) -> Result<()> {
        let mut kept = self.shelf.kept().clone();
        self.live = kept.follow(&self.shelf.disk, &self.shelf.folder, self.shelf.id, made)?;
        let mut now = self.shelf.kept();
        (now.segments, now.end) = (kept.segments, kept.end);
        Ok(())
    }

    /// Drops whole segments whose records all come before a position. The live segment always stays, and while a
    /// backup is made, all that it copies.
    pub fn retain(&mut self, from: Position) -> Result<()> {
        self.check_running()?;
        let dropped = {
            let mut kept = self.shelf.kept();
            let count = kept.droppable(from);
            kept.segments.drain(..count).collect::<Vec<_>>()
        };
        if dropped.is_empty() {
            return Ok(());
        }
        let done = self.forget(&dropped);
        self.stopping(done)
    }

    /// What is kept is written down first: a segment that is gone without that is missed.
    fn forget(&self, dropped: &[Segment]) -> Result<()> {
        let (disk, folder) = (&*self.shelf.disk, &*self.shelf.folder);
        let label = Label { id: self.shelf.id, from: self.shelf.kept().first() };
        label.write(disk, folder)?;
        for segment in dropped {
            disk.remove(&segment.path).map_err(|error| JournalError::io(&segment.path, error))?;
        }
        disk.sync_folder(folder).map_err(|error| JournalError::io(folder, error))
    }

    /// The last record and its instant; `None` if there never was one.
    pub fn last(&self) -> Option<(Position, Instant)> {
        let end = self.end();
        (end.last > Position::START).then_some((end.last, end.at))
    }

    /// The first record that is kept, or will be the first.
    pub fn first(&self) -> Position {
        self.shelf.kept().first()
    }

    /// A way to read the journal from other threads while this one appends.
    pub fn reads(&self) -> Reads {
        Reads { shelf: Arc::clone(&self.shelf) }
    }

    /// Reads from a record on, which may be the next one to be written.
    pub fn read_from(&self, position: Position) -> Result<Reader> {
        self.reads().read_from(position)
    }

    /// How much can be appended before the disk is asked for more room, and whether it will be there.
    pub fn room(&self) -> Room {
        let left = self.live.size.saturating_sub(self.end().offset);
        Room { left, ahead: self.spares.as_ref().map_or(Ahead::Making, Spares::stage) }
    }

    fn end(&self) -> End {
        self.shelf.kept().end
    }

    fn live_path(&self) -> std::path::PathBuf {
        let kept = self.shelf.kept();
        kept.segments.last().map_or_else(|| self.shelf.folder.clone(), |segment| segment.path.clone())
    }

    fn keep_ahead(&self) {
        if let Some(spares) = &self.spares {
            spares.used(self.end().offset, self.live.size);
        }
    }

    fn check_running(&self) -> Result<()> {
        match &self.stopped {
            Some(why) => Err(JournalError::Stopped { why: why.clone() }),
            None => Ok(()),
        }
    }

    /// After a failure of something that is half done nothing more is written: a sync that failed is never tried again.
    fn stopping<T>(&mut self, done: Result<T>) -> Result<T> {
        if let Err(error) = &done {
            self.stopped = Some(error.to_string());
        }
        done
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        if self.stopped.is_none() {
            let _ = self.acknowledged.sync();
        }
    }
}

/// How long the segment behind one is to be. After a short one, which was made in haste, a long one would not be ready
/// in time.
fn successor(bytes: u64, most: u64) -> u64 {
    bytes.saturating_mul(4).next_multiple_of(BEGIN).max(1024 * 1024).min(most)
}

fn check(batch: &[Entry<'_>], mut last: Instant) -> Result<()> {
    for entry in batch {
        if entry.at < last {
            return Err(JournalError::WentBack { at: entry.at, last });
        }
        if entry.body.len() > MAX_BODY {
            return Err(JournalError::TooLong { bytes: entry.body.len() });
        }
        last = entry.at;
    }
    Ok(())
}
