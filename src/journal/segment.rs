//! The files of a journal and the heads of its segments.
//!
//! A segment's head names the journal, the segment's own id, the one before it with the offset at which that one ends,
//! and the first record. So what lies in a segment behind the end that its successor names was never acknowledged, and
//! a segment that is lost or was put there from elsewhere is seen.

use super::record::{Salt, take};
use super::{JournalError, Position};
use crate::base::Instant;
use crate::disk::{Disk, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Names a journal or a segment for good.
pub(super) type Id = [u8; 16];

/// Where the records of a segment begin, in bytes; the head has this to itself, so it is never written again.
pub(super) const BEGIN: u64 = 4096;
/// The version of the format.
pub(super) const VERSION: u32 = 1;
const MAGIC: [u8; 8] = *b"wfjournl";
const SUFFIX: &str = ".segment";
/// The length of a head with its checksum; it stays so in all versions.
const LENGTH: usize = 96;

/// What the head of a segment says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Header {
    pub journal: Id,
    pub own: Id,
    /// The segment before it; zeros in the first one ever.
    pub before: Id,
    pub first: Position,
    /// Where the segment before it ends, in bytes.
    pub before_end: u64,
    /// The instant of the record before the first.
    pub before_at: Instant,
}

impl Header {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(LENGTH);
        out.extend(MAGIC);
        out.extend(VERSION.to_le_bytes());
        out.extend(self.journal);
        out.extend(self.own);
        out.extend(self.before);
        out.extend(self.first.0.to_le_bytes());
        out.extend(self.before_end.to_le_bytes());
        out.extend(self.before_at.0.to_le_bytes());
        out.resize(LENGTH - 4, 0);
        let sum = crc32fast::hash(&out);
        out.extend(sum.to_le_bytes());
        out
    }

    fn decode(file: &Path, bytes: &[u8]) -> Result<Self, JournalError> {
        let damaged = |what: &str| damaged(file, 0, Position::START, what);
        let (content, sum) = bytes
            .split_at_checked(LENGTH - 4)
            .and_then(|(content, rest)| Some((content, rest.first_chunk::<4>()?)))
            .ok_or_else(|| damaged("the head of the segment is cut off"))?;
        let rest = bytes.get(LENGTH..).unwrap_or(&[]);
        if *sum != crc32fast::hash(content).to_le_bytes() || rest.iter().any(|byte| *byte != 0) {
            return Err(damaged("the head of the segment is not what was written"));
        }
        let mut rest =
            content.strip_prefix(&MAGIC).ok_or_else(|| damaged("it is no segment of a journal"))?;
        match take(&mut rest).map(u32::from_le_bytes) {
            Some(VERSION) => {}
            Some(version) if version > VERSION => {
                return Err(JournalError::Newer { file: file.to_owned(), version });
            }
            _ => return Err(damaged("it has a version that never was")),
        }
        Self::fields(rest).ok_or_else(|| damaged("the head of the segment is cut off"))
    }

    fn fields(mut rest: &[u8]) -> Option<Self> {
        Some(Self {
            journal: take(&mut rest)?,
            own: take(&mut rest)?,
            before: take(&mut rest)?,
            first: Position(u64::from_le_bytes(take(&mut rest)?)),
            before_end: u64::from_le_bytes(take(&mut rest)?),
            before_at: Instant(i64::from_le_bytes(take(&mut rest)?)),
        })
    }
}

/// A segment on disk.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub path: PathBuf,
    pub header: Header,
    /// Where it ends, in bytes, if another follows it.
    pub end: Option<u64>,
}

impl Segment {
    /// Reads its head.
    pub fn read(disk: &dyn Disk, path: PathBuf) -> Result<Self, JournalError> {
        let wrong = |error| JournalError::io(&path, error);
        let file = disk.open(&path, crate::disk::Access::Read).map_err(wrong)?;
        let mut bytes = [0; BEGIN as usize];
        let read = file.read_full_at(&mut bytes, 0).map_err(wrong)?;
        let header = Header::decode(&path, bytes.get(..read).unwrap_or(&[]))?;
        Ok(Self { path, header, end: None })
    }

    pub fn salt(&self) -> Salt {
        Salt::new(self.header.own)
    }

    pub fn open(&self, disk: &dyn Disk, access: crate::disk::Access) -> Result<Arc<dyn File>, JournalError> {
        let file = disk.open(&self.path, access).map_err(|error| JournalError::io(&self.path, error))?;
        Ok(file.into())
    }
}

/// The name of the segment that begins with a record.
pub(super) fn name(first: Position) -> String {
    format!("{:020}{SUFFIX}", first.0)
}

/// The first record of the segment with that name.
pub(super) fn parse_name(name: &str) -> Option<Position> {
    let digits = name.strip_suffix(SUFFIX).filter(|digits| digits.len() == 20)?;
    digits.parse().ok().map(Position)
}

pub(super) fn damaged(file: &Path, offset: u64, position: Position, what: &str) -> JournalError {
    JournalError::Damaged { file: file.to_owned(), offset, position, what: what.to_owned() }
}
