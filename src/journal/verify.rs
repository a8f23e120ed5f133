//! Whether every record of a journal is what was written.

use super::reader::{Reads, seam};
use super::shelf::{End, Kept, Readable, Shelf};
use super::survey::{lock, survey};
use super::walk::{Step, Walk};
use super::{JournalError, Position};
use crate::base::Instant;
use crate::disk::{Access, Disk, RealDisk};
use std::path::Path;
use std::sync::Arc;

/// What was found.
#[derive(Debug)]
pub struct Verified {
    /// How many segments there are.
    pub segments: usize,
    /// How many whole records.
    pub records: u64,
    /// How many bytes they take.
    pub bytes: u64,
    /// The first record that is kept, or will be the first.
    pub first: Position,
    /// The last record and its instant; `None` if there never was one.
    pub last: Option<(Position, Instant)>,
    /// The first damage of each segment that has any.
    pub wrong: Vec<JournalError>,
}

/// Reads the whole journal in a folder that no process has open. Nothing is changed.
pub fn verify(folder: &Path) -> Result<Verified, JournalError> {
    verify_on(Arc::new(RealDisk), folder)
}

/// Reads the whole journal in a folder on a disk.
pub fn verify_on(disk: Arc<dyn Disk>, folder: &Path) -> Result<Verified, JournalError> {
    disk.names(folder).map_err(|error| JournalError::io(folder, error))?;
    let _lock = lock(&*disk, folder)?;
    unlocked(disk, folder)
}

pub(super) fn unlocked(disk: Arc<dyn Disk>, folder: &Path) -> Result<Verified, JournalError> {
    let Some(survey) = survey(&*disk, folder)? else {
        return Err(JournalError::NotAJournal(folder.to_owned()));
    };
    let end = End { offset: survey.walk.offset, last: survey.walk.last, at: survey.walk.at };
    let kept = Kept::new(survey.segments, end);
    let shelf = Arc::new(Shelf::new(disk, folder.to_owned(), survey.label.id, kept));
    Reads { shelf }.verify()
}

impl Reads {
    /// Reads all that is on disk now.
    pub fn verify(&self) -> Result<Verified, JournalError> {
        let (kept, _pin) = self.shelf.pinned();
        let end = kept.end;
        let mut found = Verified {
            segments: kept.segments.len(),
            records: 0,
            bytes: 0,
            first: kept.first(),
            last: (end.last > Position::START).then_some((end.last, end.at)),
            wrong: Vec::new(),
        };
        for at in 0..kept.segments.len() {
            if let Some(readable) = kept.readable(at) {
                self.segment(&readable, &mut found)?;
            }
        }
        Ok(found)
    }

    fn segment(&self, readable: &Readable, found: &mut Verified) -> Result<(), JournalError> {
        let Readable { segment, limit, next } = readable;
        let mut walk = Walk::new(segment, segment.open(&*self.shelf.disk, Access::Read)?);
        let (start, first) = (walk.offset, walk.last);
        let wrong = loop {
            match walk.step(*limit)? {
                Step::Record(_) => {}
                Step::End if walk.offset < *limit => break Some("zeros lie where it should be"),
                Step::End => break None,
                Step::Wrong(what) => break Some(what),
            }
        };
        found.records += walk.last.0 - first.0;
        found.bytes += walk.offset - start;
        match (wrong, next) {
            (Some(what), _) => found.wrong.push(walk.damaged(what)),
            (None, Some(next)) => found.wrong.extend(seam(&walk, next).err()),
            (None, None) => {}
        }
        Ok(())
    }
}
