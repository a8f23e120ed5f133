//! From record to record through one segment, each looked at.

use super::record::{self, ALIGN, HEAD, Head, MAX_BODY, Salt};
use super::segment::{BEGIN, Segment, damaged};
use super::{JournalError, Position};
use crate::base::Instant;
use crate::disk::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many bytes are read from a file at once.
const CHUNK: u64 = 256 * 1024;

/// Where a walk stands: behind a record.
#[derive(Debug)]
pub(super) struct Walk {
    file: Arc<dyn File>,
    path: PathBuf,
    pub salt: Salt,
    window: Window,
    /// Where the next record begins, in bytes.
    pub offset: u64,
    /// The last record.
    pub last: Position,
    /// Its instant.
    pub at: Instant,
    /// What was last written at once.
    pub batch: Batch,
}

/// Records that were written at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Batch {
    /// Where the first begins, in bytes.
    pub start: u64,
    pub first: Position,
    /// How many there were.
    pub of: u32,
}

/// What comes next in a segment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// A whole record; its body lies there in the window.
    Record(std::ops::Range<usize>),
    /// Zeros where a head would be, or nothing more up to the limit.
    End,
    /// Something else; what is wrong with it.
    Wrong(&'static str),
}

impl Walk {
    /// A walk from the beginning of a segment.
    pub fn new(segment: &Segment, file: Arc<dyn File>) -> Self {
        let header = &segment.header;
        let last = Position(header.first.0.saturating_sub(1));
        Self {
            file,
            path: segment.path.clone(),
            salt: segment.salt(),
            window: Window::default(),
            offset: BEGIN,
            last,
            at: header.before_at,
            batch: Batch { start: BEGIN, first: header.first, of: 0 },
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The body that [`Step::Record`] speaks of.
    pub fn body(&self, at: std::ops::Range<usize>) -> &[u8] {
        self.window.bytes.get(at).unwrap_or(&[])
    }

    /// The next record, up to an offset, in bytes.
    pub fn step(&mut self, limit: u64) -> Result<Step, JournalError> {
        if self.offset >= limit {
            return Ok(Step::End);
        }
        let offset = self.offset;
        let Some(bytes) = self.load(HEAD as u64, limit)? else {
            return Ok(Step::Wrong("it is cut off"));
        };
        let bytes = self.window.bytes.get(bytes).unwrap_or(&[]);
        if record::is_zero(bytes) {
            return Ok(Step::End);
        }
        let Some(head) = Head::read(bytes, &self.salt, offset) else {
            return Ok(Step::Wrong("its head is not what was written"));
        };
        if let Some(what) = self.misfit(&head) {
            return Ok(Step::Wrong(what));
        }
        let Some(bytes) = self.load(head.total(), limit)? else {
            return Ok(Step::Wrong("it is cut off"));
        };
        let body = bytes.start + HEAD..bytes.start + HEAD + head.length as usize;
        let rest = self.window.bytes.get(bytes.start + HEAD..bytes.end).unwrap_or(&[]);
        if !head.covers(rest) {
            return Ok(Step::Wrong("its body is not what was written"));
        }
        self.pass(&head);
        Ok(Step::Record(body))
    }

    /// Why a record can't be the next one.
    fn misfit(&self, head: &Head) -> Option<&'static str> {
        let follows = head.batch() == self.batch.first && head.of == self.batch.of;
        let expected = self.last.next();
        match () {
            () if head.position != expected => Some("another record lies there"),
            () if head.at < self.at => Some("it is older than the one before it"),
            () if head.length as usize > MAX_BODY => Some("it is longer than any may be"),
            () if head.place >= head.of || (head.place > 0 && !follows) => {
                Some("it does not belong to what was written with it")
            }
            () => None,
        }
    }

    fn pass(&mut self, head: &Head) {
        if head.place == 0 {
            self.batch = Batch { start: self.offset, first: head.position, of: head.of };
        }
        (self.last, self.at) = (head.position, head.at);
        self.offset += head.total();
    }

    /// Whether the next bytes are in the window, and where; `None` if they reach past the limit or the file.
    fn load(&mut self, bytes: u64, limit: u64) -> Result<Option<std::ops::Range<usize>>, JournalError> {
        if bytes > limit.saturating_sub(self.offset) {
            return Ok(None);
        }
        self.window
            .load(&*self.file, self.offset, bytes, limit)
            .map_err(|error| JournalError::io(&self.path, error))
    }

    /// The error for a record that is not there as it was written.
    pub fn damaged(&self, what: &str) -> JournalError {
        damaged(&self.path, self.offset, self.last.next(), what)
    }

    /// The head at an offset if one of this segment was written there.
    pub fn head_at(&self, bytes: &[u8], offset: u64) -> Option<Head> {
        debug_assert_eq!(offset % ALIGN, 0);
        record::Head::read(bytes, &self.salt, offset)
    }

    /// The file, to be read beside the walk.
    pub fn file(&self) -> &dyn File {
        &*self.file
    }
}

/// A part of a file in memory.
#[derive(Debug, Default)]
struct Window {
    bytes: Vec<u8>,
    /// Its offset in the file.
    start: u64,
}

impl Window {
    fn load(
        &mut self,
        file: &dyn File,
        offset: u64,
        bytes: u64,
        limit: u64,
    ) -> std::io::Result<Option<std::ops::Range<usize>>> {
        let end = self.start + self.bytes.len() as u64;
        if offset < self.start || offset + bytes > end {
            let size = bytes.max(CHUNK).min(limit - offset);
            self.bytes.resize(size as usize, 0);
            let read = file.read_full_at(&mut self.bytes, offset)?;
            self.bytes.truncate(read);
            self.start = offset;
        }
        let from = (offset - self.start) as usize;
        let to = from + bytes as usize;
        Ok((to <= self.bytes.len()).then_some(from..to))
    }
}
