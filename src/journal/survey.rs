//! What lies in the folder of a journal, looked at and not changed.

use super::label::{ACKNOWLEDGED, Acknowledged, LABEL, Label};
use super::segment::{Segment, damaged, name, parse_name};
use super::tail::{self, Tail};
use super::walk::{Step, Walk};
use super::{JournalError, Position, spare};
use crate::disk::{Access, Disk, Lock};
use std::io;
use std::path::Path;

/// The file whose lock a process holds that has the journal open.
pub(super) const LOCK: &str = "lock";

/// What lies there.
#[derive(Debug)]
pub(super) struct Survey {
    pub label: Label,
    /// Those that are kept, in order; never none.
    pub segments: Vec<Segment>,
    /// Behind the last record.
    pub walk: Walk,
    pub tail: Tail,
    /// How many bytes the last segment has room for, its head included.
    pub size: u64,
    /// The last record that is known to have been acknowledged, if that is known.
    pub acknowledged: Option<Position>,
    /// Names of files that are no longer needed.
    pub leftovers: Vec<String>,
}

/// Takes the lock of a journal's folder.
pub(super) fn lock(disk: &dyn Disk, folder: &Path) -> Result<Lock, JournalError> {
    let path = folder.join(LOCK);
    disk.lock(&path).map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => JournalError::InUse(folder.to_owned()),
        _ => JournalError::io(&path, error),
    })
}

/// Looks at a folder; `None` if no journal was begun there, or its beginning was interrupted.
pub(super) fn survey(disk: &dyn Disk, folder: &Path) -> Result<Option<Survey>, JournalError> {
    let names = disk.names(folder).map_err(|error| JournalError::io(folder, error))?;
    let Some(label) = Label::read(disk, folder)? else {
        return unlabelled(disk, folder, &names).map(|()| None);
    };
    let acknowledged = Acknowledged::read(disk, folder, label.id)?;
    let mut firsts: Vec<Position> = names.iter().filter_map(|name| parse_name(name)).collect();
    let dropped = firsts.partition_point(|first| *first <= label.from).saturating_sub(1);
    let dropped: Vec<Position> = firsts.drain(..dropped).collect();
    match firsts.first() {
        Some(first) if *first == label.from => {}
        first => {
            let known = acknowledged.unwrap_or(label.from);
            let to = first.map_or(known, |first| Position(first.0.saturating_sub(1)));
            return Err(JournalError::Missing { folder: folder.to_owned(), from: label.from, to });
        }
    }
    let segments = chain(disk, folder, &label, &firsts)?;
    let Some(last) = segments.last() else { return Ok(None) };
    let file = last.open(disk, Access::Read)?;
    let size = file.size().map_err(|error| JournalError::io(&last.path, error))?;
    let mut walk = Walk::new(last, file);
    let tail = tail::find(&mut walk, size, acknowledged)?;
    let leftovers = dropped.into_iter().map(name).chain(names.into_iter().filter(|name| is_leftover(name)));
    let leftovers = leftovers.collect();
    Ok(Some(Survey { label, segments, walk, tail, size, acknowledged, leftovers }))
}

/// What an interrupted append, start or retention leaves.
fn is_leftover(name: &str) -> bool {
    name == spare::SPARE || std::path::Path::new(name).extension().is_some_and(|end| end == "new")
}

/// Whether a folder without a label may become a journal: nothing lies there but what an interrupted beginning leaves.
fn unlabelled(disk: &dyn Disk, folder: &Path, names: &[String]) -> Result<(), JournalError> {
    for found in names {
        if *found == name(Position::START.next()) {
            let segment = Segment::read(disk, folder.join(found))?;
            let file = segment.open(disk, Access::Read)?;
            let size = file.size().map_err(|error| JournalError::io(&segment.path, error))?;
            if Walk::new(&segment, file).step(size)? != Step::End {
                return Err(JournalError::NoLabel(folder.join(LABEL)));
            }
        } else if parse_name(found).is_some() {
            return Err(JournalError::NoLabel(folder.join(LABEL)));
        } else if found != LOCK && found != ACKNOWLEDGED && !is_leftover(found) {
            return Err(JournalError::NotAJournal(folder.to_owned()));
        }
    }
    Ok(())
}

/// The segments that begin with these records, each the successor of the one before it.
fn chain(
    disk: &dyn Disk,
    folder: &Path,
    label: &Label,
    firsts: &[Position],
) -> Result<Vec<Segment>, JournalError> {
    let mut segments: Vec<Segment> = Vec::with_capacity(firsts.len());
    for first in firsts {
        let segment = Segment::read(disk, folder.join(name(*first)))?;
        let strange = |what| damaged(&segment.path, 0, Position::START, what);
        if segment.header.journal != label.id {
            return Err(strange("it belongs to another journal"));
        }
        if segment.header.first != *first {
            return Err(strange("its name is that of another segment"));
        }
        if let Some(before) = segments.last_mut() {
            if segment.header.before != before.header.own {
                return Err(gap(disk, folder, before, &segment)?);
            }
            close(disk, before, segment.header.before_end)?;
        }
        segments.push(segment);
    }
    Ok(segments)
}

/// Notes where a segment ends; it must be as long as that.
fn close(disk: &dyn Disk, segment: &mut Segment, end: u64) -> Result<(), JournalError> {
    let file = segment.open(disk, Access::Read)?;
    let size = file.size().map_err(|error| JournalError::io(&segment.path, error))?;
    if size < end {
        let what = format!("the file ends here and not at byte {end}");
        return Err(damaged(&segment.path, size, Position::START, &what));
    }
    segment.end = Some(end);
    Ok(())
}

/// What is wrong where a segment is not the successor of the one before it.
fn gap(
    disk: &dyn Disk,
    folder: &Path,
    before: &Segment,
    segment: &Segment,
) -> Result<JournalError, JournalError> {
    let file = before.open(disk, Access::Read)?;
    let size = file.size().map_err(|error| JournalError::io(&before.path, error))?;
    let mut walk = Walk::new(before, file);
    while let Step::Record(_) = walk.step(size)? {}
    let (from, to) = (walk.last.next(), Position(segment.header.first.0.saturating_sub(1)));
    if from > to {
        let what = "it does not follow the segment before it";
        return Ok(damaged(&segment.path, 0, Position::START, what));
    }
    Ok(JournalError::Missing { folder: folder.to_owned(), from, to })
}
