//! The files in a folder: which of them count, and which records have to be fed again.

use super::SeenError;
use super::hash::Key;
use super::run::{Run, parse_name};
use super::write::Place;
use crate::disk::{Disk, Lock};
use crate::journal::Position;
use std::cmp::Reverse;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The file whose lock a process holds that has the ids open.
const LOCK: &str = "lock";
/// Behind the name of a file that was found to be damaged.
pub(super) const BAD: &str = ".bad";

/// What was found in a folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Opened {
    /// The record from which on ids have to be fed again: those before are known.
    pub feed_from: Position,
    /// Records whose ids are not known any more: the files that covered them are lost, and the journal does not reach
    /// back that far. Each pair is the first and the last of them.
    pub lost: Vec<(Position, Position)>,
    /// Files that were not what was written, or speak of records that the journal does not have; they are removed.
    pub removed: Vec<PathBuf>,
}

/// The files that count, in order.
pub(super) struct Found {
    pub runs: Vec<Arc<Run>>,
    pub opened: Opened,
    pub key: Key,
    pub lock: Lock,
}

/// Looks at a folder and removes what does not count. The journal has the records from `kept` to `last`.
pub(super) fn find(
    disk: &dyn Disk,
    folder: &Path,
    (kept, last): (Position, Position),
) -> Result<Found, SeenError> {
    disk.make_folder(folder).map_err(|error| SeenError::io(folder, error))?;
    let lock = lock(disk, folder)?;
    let names = disk.names(folder).map_err(|error| SeenError::io(folder, error))?;
    for name in names.iter().filter(|name| Path::new(name).extension().is_some_and(|end| end == "new")) {
        remove(disk, &folder.join(name))?;
    }
    let key = key(disk, folder)?;
    let spans = sorted(&names);
    let (mut runs, mut removed): (Vec<Arc<Run>>, _) = (Vec::new(), Vec::new());
    for Span { after, upto, name } in &spans {
        let path = folder.join(name);
        if runs.iter().any(|before| *upto <= before.cover.upto) {
            // What it holds was merged into that one.
            remove(disk, &path)?;
            continue;
        }
        let sound = *upto <= last && !name.ends_with(BAD);
        match if sound { whole(disk, &path, &key, (*after, *upto))? } else { None } {
            Some(run) => runs.push(Arc::new(run)),
            None => removed.push(path),
        }
    }
    let known = spans.first().map(|span| span.after).filter(|after| *after <= last);
    let (feed_from, lost) = count(&runs, known.unwrap_or(Position::START), kept);
    let (runs, dropped): (Vec<_>, Vec<_>) = runs.into_iter().partition(|run| run.cover.upto < feed_from);
    // What says that something is missing goes last.
    for path in dropped.iter().map(|run| &run.path).chain(&removed) {
        remove(disk, path)?;
    }
    Ok(Found { runs, opened: Opened { feed_from, lost, removed }, key, lock })
}

fn lock(disk: &dyn Disk, folder: &Path) -> Result<Lock, SeenError> {
    let path = folder.join(LOCK);
    disk.lock(&path).map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => SeenError::InUse(folder.to_owned()),
        _ => SeenError::io(&path, error),
    })
}

/// The records that a file covers by its name.
struct Span {
    after: Position,
    upto: Position,
    name: String,
}

/// Files in the order of what they cover; of two with the same beginning the longer one first.
fn sorted(names: &[String]) -> Vec<Span> {
    let span = |name: &String| {
        let (after, upto) = parse_name(name.strip_suffix(BAD).unwrap_or(name))?;
        Some(Span { after, upto, name: name.clone() })
    };
    let mut spans: Vec<Span> = names.iter().filter_map(span).collect();
    spans.sort_by_key(|span| (span.after, Reverse(span.upto)));
    spans
}

/// A file; `None` if it is not what was written.
fn whole(
    disk: &dyn Disk,
    path: &Path,
    key: &Key,
    (after, upto): (Position, Position),
) -> Result<Option<Run>, SeenError> {
    match Run::open(disk, path, key) {
        Ok(run) => Ok(Some(run).filter(|run| (run.cover.after, run.cover.upto) == (after, upto))),
        Err(SeenError::Damaged { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The key of the folder, or a new one: then no file that is there can be read.
fn key(disk: &dyn Disk, folder: &Path) -> Result<Key, SeenError> {
    if let Some(key) = Key::read(disk, folder)? {
        return Ok(key);
    }
    let key = Key::new(disk.random().map_err(|error| SeenError::io(folder, error))?);
    key.write(disk, folder)?;
    Ok(key)
}

/// Goes over what is covered from a record on. Where something is missing that the journal still has, feeding begins
/// there, and what lies behind is made anew; what the journal no longer has is lost.
fn count(runs: &[Arc<Run>], mut known: Position, kept: Position) -> (Position, Vec<(Position, Position)>) {
    let mut lost = Vec::new();
    for run in runs {
        let gap = run.cover.after;
        if gap > known && gap >= kept {
            break;
        }
        note(&mut lost, known.next(), gap.next());
        known = known.max(run.cover.upto);
    }
    note(&mut lost, known.next(), kept);
    (known.next().max(kept), lost)
}

/// Notes that the records from one up to before another are lost, if there are any.
fn note(lost: &mut Vec<(Position, Position)>, from: Position, before: Position) {
    if from < before {
        lost.push((from, Position(before.0 - 1)));
    }
}

fn remove(disk: &dyn Disk, path: &Path) -> Result<(), SeenError> {
    disk.remove(path).map_err(|error| SeenError::io(path, error))
}

/// A consistent set of files, to be copied while ids are taken in.
#[derive(Debug)]
pub struct Sealed {
    pub(super) place: Place,
    pub(super) runs: Vec<Arc<Run>>,
}

impl Sealed {
    /// Copies the files, with their key, into a folder.
    pub fn copy_to(&self, to: &Path) -> Result<(), SeenError> {
        let disk = &*self.place.disk;
        disk.make_folder(to).map_err(|error| SeenError::io(to, error))?;
        self.place.key.write(disk, to)?;
        for run in &self.runs {
            run.copy(disk, to)?;
        }
        disk.sync_folder(to).map_err(|error| SeenError::io(to, error))
    }
}
