//! Opening a journal: what lies there is looked at, its end made sure, and what is left over removed.

use super::label::{Acknowledged, Label};
use super::live::{Journal, Parts};
use super::segment::BEGIN;
use super::shelf::{End, Kept, Live, Shelf};
use super::survey::{Survey, lock, survey};
use super::tail::Tail;
use super::walk::Walk;
use super::{JournalError, Options, Position, spare};
use crate::base::Instant;
use crate::disk::{Access, Disk, File, Lock, RealDisk};
use std::path::{Path, PathBuf};
use std::sync::Arc;

type Result<T> = std::result::Result<T, JournalError>;

/// The room of the segment that is made while someone waits, in bytes.
const FIRST: u64 = 4 * 1024 * 1024;

/// What was found when a journal was opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recovered {
    /// The first record that is kept, or will be the first.
    pub first: Position,
    /// The last record and its instant; `None` if there never was one.
    pub last: Option<(Position, Instant)>,
    /// What was left of an append that was never acknowledged.
    pub cut: Option<Cut>,
    /// Whether the note of what was acknowledged is lost, so that whole records could be missing at the end unseen.
    pub unsure: bool,
}

/// What does not count.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cut {
    /// The file that it lies in.
    pub file: PathBuf,
    /// Where it begins, in bytes.
    pub offset: u64,
    /// How many bytes.
    pub bytes: u64,
}

impl Journal {
    /// Opens the journal in a folder, or begins one there.
    pub fn open(folder: &Path, options: &Options) -> Result<(Self, Recovered)> {
        Self::open_on(Arc::new(RealDisk), folder, options)
    }

    /// Opens a journal on a disk.
    pub fn open_on(disk: Arc<dyn Disk>, folder: &Path, options: &Options) -> Result<(Self, Recovered)> {
        disk.make_folder(folder).map_err(|error| JournalError::io(folder, error))?;
        let lock = lock(&*disk, folder)?;
        let (parts, recovered) = match survey(&*disk, folder)? {
            Some(survey) => go_on(disk, folder, options, survey, lock)?,
            None => begin(disk, folder, options, lock)?,
        };
        Ok((Self::assemble(parts, options)?, recovered))
    }
}

/// Begins a journal. The label comes last: a folder without one may be begun anew.
fn begin(disk: Arc<dyn Disk>, folder: &Path, options: &Options, lock: Lock) -> Result<(Parts, Recovered)> {
    let id = disk.random().map_err(|error| JournalError::io(folder, error))?;
    let end = End { offset: BEGIN, last: Position::START, at: Instant::MIN };
    let mut kept = Kept::new(Vec::new(), end);
    let made = spare::make(&disk, &folder.join(spare::SPARE), options.segment_bytes().min(FIRST))?;
    let live = kept.follow(&disk, folder, id, made)?;
    let acknowledged = Acknowledged::make(&*disk, folder, id, Position::START)?;
    Label { id, from: kept.first() }.write(&*disk, folder)?;
    let recovered = Recovered { first: kept.first(), last: None, cut: None, unsure: false };
    let shelf = Arc::new(Shelf::new(disk, folder.to_owned(), id, kept));
    Ok((Parts { shelf, live, acknowledged, lock }, recovered))
}

fn go_on(
    disk: Arc<dyn Disk>,
    folder: &Path,
    options: &Options,
    survey: Survey,
    lock: Lock,
) -> Result<(Parts, Recovered)> {
    let Survey { label, segments, walk, tail, size, acknowledged, leftovers } = survey;
    for name in &leftovers {
        let path = folder.join(name);
        disk.remove(&path).map_err(|error| JournalError::io(&path, error))?;
    }
    let file: Arc<dyn File> =
        disk.open(walk.path(), Access::Write).map_err(|error| JournalError::io(walk.path(), error))?.into();
    if acknowledged < Some(walk.last) {
        rewrite(&walk, &*file)?;
    }
    let end = End { offset: walk.offset, last: walk.last, at: walk.at };
    let mut kept = Kept::new(segments, end);
    let mut live = Live { file, salt: walk.salt.clone(), size };
    let mut cut = None;
    if let Tail::Torn(bytes) = tail {
        cut = Some(Cut { file: walk.path().to_owned(), offset: end.offset, bytes });
        let made = spare::make(&disk, &folder.join(spare::SPARE), options.segment_bytes().min(FIRST))?;
        live = kept.follow(&disk, folder, label.id, made)?;
    }
    let unsure = acknowledged.is_none();
    let acknowledged = Acknowledged::make(&*disk, folder, label.id, end.last)?;
    let last = (end.last > Position::START).then_some((end.last, end.at));
    let recovered = Recovered { first: label.from, last, cut, unsure };
    let shelf = Arc::new(Shelf::new(disk, folder.to_owned(), label.id, kept));
    Ok((Parts { shelf, live, acknowledged, lock }, recovered))
}

/// Writes what was last written at once again. Its sync may have failed, and after that a file reads well from memory
/// though it is not on disk, and syncing it does nothing; only bytes that are written anew are synced.
fn rewrite(walk: &Walk, file: &dyn File) -> Result<()> {
    let wrong = |error| JournalError::io(walk.path(), error);
    let mut bytes = vec![0; (walk.offset - walk.batch.start) as usize];
    let read = file.read_full_at(&mut bytes, walk.batch.start).map_err(wrong)?;
    bytes.truncate(read);
    file.write_all_at(&bytes, walk.batch.start).map_err(wrong)?;
    file.sync().map_err(wrong)
}
