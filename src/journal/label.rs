//! The two small files beside the segments.
//!
//! `journal` says that the folder is one, which, and the first record that is kept; it is replaced as a whole.
//! `acknowledged` names a record that was acknowledged, as late as the last one: it is written in place after each
//! append and never waited for, so it may be older than the truth and never newer. With it the loss of whole records
//! at the end is seen, which looks like an end otherwise.

use super::record::take;
use super::segment::{Id, VERSION, damaged};
use super::{JournalError, Position};
use crate::disk::{self, Access, Disk, File};
use std::path::{Path, PathBuf};

/// The file that says what the folder is.
pub(super) const LABEL: &str = "journal";
/// The file that names the last record known to be acknowledged.
pub(super) const ACKNOWLEDGED: &str = "acknowledged";

/// What the folder is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Label {
    pub id: Id,
    /// The first record that is kept.
    pub from: Position,
}

impl Label {
    /// Reads it; `None` if there is none.
    pub fn read(disk: &dyn Disk, folder: &Path) -> Result<Option<Self>, JournalError> {
        let path = folder.join(LABEL);
        let bytes = disk::read_whole(disk, &path).map_err(|error| JournalError::io(&path, error))?;
        bytes.map(|bytes| Self::parse(&path, &bytes)).transpose()
    }

    /// Writes it in place of the one that was there.
    pub fn write(&self, disk: &dyn Disk, folder: &Path) -> Result<(), JournalError> {
        disk::replace(disk, folder, LABEL, self.text().as_bytes())
            .map_err(|error| JournalError::io(&folder.join(LABEL), error))
    }

    fn text(&self) -> String {
        let id = u128::from_be_bytes(self.id);
        let text = format!("wayfare journal {VERSION}\nid {id:032x}\nfrom {}\n", self.from);
        let sum = crc32fast::hash(text.as_bytes());
        format!("{text}sum {sum:08x}\n")
    }

    fn parse(path: &Path, bytes: &[u8]) -> Result<Self, JournalError> {
        let damaged = || damaged(path, 0, Position::START, "it is not what was written");
        let text = std::str::from_utf8(bytes).map_err(|_| damaged())?;
        let (content, sum) = text.rsplit_once("sum ").ok_or_else(damaged)?;
        if format!("{:08x}\n", crc32fast::hash(content.as_bytes())) != sum {
            return Err(damaged());
        }
        let mut lines = content.lines();
        let mut field = |name: &str| lines.next().and_then(|line| line.strip_prefix(name));
        let version = field("wayfare journal ").and_then(|version| version.parse::<u32>().ok());
        let version = version.ok_or_else(damaged)?;
        if version > VERSION {
            return Err(JournalError::Newer { file: path.to_owned(), version });
        }
        let id = field("id ").and_then(|id| u128::from_str_radix(id, 16).ok()).ok_or_else(damaged)?;
        let from = field("from ").and_then(|from| from.parse().ok()).ok_or_else(damaged)?;
        Ok(Self { id: id.to_be_bytes(), from: Position(from) })
    }
}

/// The file that names an acknowledged record, open.
#[derive(Debug)]
pub(super) struct Acknowledged {
    path: PathBuf,
    file: Box<dyn File>,
    journal: Id,
}

impl Acknowledged {
    /// The record that it names; `None` if there is no such file or it is not whole.
    pub fn read(disk: &dyn Disk, folder: &Path, journal: Id) -> Result<Option<Position>, JournalError> {
        let path = folder.join(ACKNOWLEDGED);
        let bytes = disk::read_whole(disk, &path).map_err(|error| JournalError::io(&path, error))?;
        let bytes = bytes.unwrap_or_default();
        let mut rest = bytes.as_slice();
        let position = take(&mut rest).map(|bytes| Position(u64::from_le_bytes(bytes)));
        Ok(position.filter(|position| bytes == encode(journal, *position)))
    }

    /// Makes the file anew.
    pub fn make(
        disk: &dyn Disk,
        folder: &Path,
        journal: Id,
        position: Position,
    ) -> Result<Self, JournalError> {
        let path = folder.join(ACKNOWLEDGED);
        let wrong = |error| JournalError::io(&path, error);
        disk::replace(disk, folder, ACKNOWLEDGED, &encode(journal, position)).map_err(wrong)?;
        let file = disk.open(&path, Access::Write).map_err(wrong)?;
        Ok(Self { path, file, journal })
    }

    /// Names a record; not waited for.
    pub fn put(&self, position: Position) -> Result<(), JournalError> {
        let bytes = encode(self.journal, position);
        self.file.write_all_at(&bytes, 0).map_err(|error| JournalError::io(&self.path, error))
    }

    /// Returns when what was put last is on disk.
    pub fn sync(&self) -> Result<(), JournalError> {
        self.file.sync().map_err(|error| JournalError::io(&self.path, error))
    }
}

fn encode(journal: Id, position: Position) -> Vec<u8> {
    let mut bytes = position.0.to_le_bytes().to_vec();
    let mut sum = crc32fast::Hasher::new();
    sum.update(&journal);
    sum.update(&bytes);
    bytes.extend(sum.finalize().to_le_bytes());
    bytes
}
