//! A copy of a journal up to a record, made while it is appended to.

use super::label::{Acknowledged, Label};
use super::reader::Reads;
use super::segment::{damaged, name};
use super::shelf::{Kept, Readable};
use super::verify::{Verified, unlocked};
use super::walk::{Step, Walk};
use super::{JournalError, Position};
use crate::disk::{Access, Disk};
use std::path::Path;
use std::sync::Arc;

/// How many bytes are copied at once.
const CHUNK: usize = 1024 * 1024;

impl Reads {
    /// Copies everything that is kept, up to a record, into a folder that is empty or not there yet. What was copied
    /// is read again and found whole when this returns, and on disk. It can be opened as a journal, and goes on behind
    /// that record.
    pub fn backup(&self, to: &Path, upto: Position) -> Result<Verified, JournalError> {
        let disk = &self.shelf.disk;
        let (kept, _pin) = self.shelf.pinned();
        let count = sources(&kept, upto)?;
        disk.make_folder(to).map_err(|error| JournalError::io(to, error))?;
        if !disk.names(to).map_err(|error| JournalError::io(to, error))?.is_empty() {
            return Err(JournalError::NotEmpty(to.to_owned()));
        }
        for at in 0..count {
            let Some(mut source) = kept.readable(at) else { continue };
            if at + 1 == count {
                source.limit = end_of(&**disk, &source, upto)?;
            }
            copy(&**disk, &source, to)?;
        }
        Acknowledged::make(&**disk, to, self.shelf.id, upto)?;
        Label { id: self.shelf.id, from: kept.first() }.write(&**disk, to)?;
        let found = unlocked(Arc::clone(disk), to)?;
        match found.wrong.into_iter().next() {
            Some(error) => Err(error),
            None => Ok(Verified { wrong: Vec::new(), ..found }),
        }
    }
}

/// How many segments hold what is kept up to a record.
fn sources(kept: &Kept, upto: Position) -> Result<usize, JournalError> {
    if upto > kept.end.last {
        return Err(JournalError::NotYet { position: upto, last: kept.end.last });
    }
    if upto.next() < kept.first() {
        return Err(JournalError::Dropped { position: upto, first: kept.first() });
    }
    Ok(kept.segments.partition_point(|segment| segment.header.first <= upto).max(1))
}

/// Where a record ends in its segment.
fn end_of(disk: &dyn Disk, source: &Readable, upto: Position) -> Result<u64, JournalError> {
    let mut walk = Walk::new(&source.segment, source.segment.open(disk, Access::Read)?);
    while walk.last < upto {
        match walk.step(source.limit)? {
            Step::Record(_) => {}
            Step::End => return Err(walk.damaged("zeros lie where it should be")),
            Step::Wrong(what) => return Err(walk.damaged(what)),
        }
    }
    Ok(walk.offset)
}

fn copy(disk: &dyn Disk, source: &Readable, to: &Path) -> Result<(), JournalError> {
    let from = source.segment.open(disk, Access::Read)?;
    let path = to.join(name(source.segment.header.first));
    let wrong = |error| JournalError::io(&path, error);
    let file = disk.open(&path, Access::New).map_err(wrong)?;
    let mut bytes = vec![0; CHUNK];
    let mut offset = 0;
    while offset < source.limit {
        let size = (source.limit - offset).min(CHUNK as u64) as usize;
        let chunk = bytes.get_mut(..size).unwrap_or_default();
        let read = from.read_full_at(chunk, offset);
        let read = read.map_err(|error| JournalError::io(&source.segment.path, error))?;
        if read < size {
            let what = "the file ends here";
            return Err(damaged(&source.segment.path, offset, Position::START, what));
        }
        file.write_all_at(chunk, offset).map_err(wrong)?;
        offset += size as u64;
    }
    file.sync().map_err(wrong)
}
