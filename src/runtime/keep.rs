//! What is done with a data folder that no server has open: backup, restore, verification.
//!
//! A backup is a copy of the journal, read again and found whole: everything else is made anew from it. A verification
//! reads every record, every value of the store, and plays the journal up to the checkpoint to see that it comes to
//! the same.

use super::error::RuntimeError;
use super::recover::{Options, Starting};
use super::stored::nothing_found;
use crate::journal::{self, Journal, Position};
use crate::seen::{self, Seen};
use crate::store::checkpoint::{Checkpoints, Difference};
use std::path::Path;

/// What a verification found.
#[derive(Debug)]
pub struct Verified {
    /// How many records the journal has, and in how many segments.
    pub records: u64,
    /// How many segments.
    pub segments: usize,
    /// The last record that the checkpoint has.
    pub position: u64,
    /// How many values of the store are what was written.
    pub values: u64,
    /// Whether the journal was played, and came to the same; `None`: its beginning is not kept any more.
    pub same: Option<Result<(), Difference>>,
}

/// Copies the journal of a data folder; gives the last record of the copy.
pub fn backup(data: &Path, to: &Path) -> Result<u64, RuntimeError> {
    let (journal, _) = Journal::open(&data.join("journal"), &journal::Options::default())?;
    let last = journal.last().map_or(Position::START, |(position, _)| position);
    journal.reads().backup(&to.join("journal"), last)?;
    Ok(last.0)
}

/// Makes a data folder of a backup; gives the last record that is there.
pub fn restore(from: &Path, data: &Path) -> Result<u64, RuntimeError> {
    backup(from, data)
}

/// Looks at everything in a data folder.
pub fn verify(data: &Path) -> Result<Verified, RuntimeError> {
    let found = journal::verify(&data.join("journal"))?;
    if let Some(wrong) = found.wrong.into_iter().next() {
        return Err(wrong.into());
    }
    let (checkpoints, stored) = Checkpoints::open(&data.join("store"))?;
    let values = checkpoints.verify()?;
    let position = stored.meta.as_ref().map_or(0, |meta| meta.position);
    let replayable = found.first.0 <= 1;
    let same = match &stored.meta {
        Some(meta) if replayable => Some(play(data, &checkpoints, meta.key, Position(position))?),
        _ => None,
    };
    Ok(Verified { records: found.records, segments: found.segments, position, values, same })
}

/// Plays the journal beside the store, and compares.
fn play(
    data: &Path,
    checkpoints: &Checkpoints,
    key: (u64, u64),
    upto: Position,
) -> Result<Result<(), Difference>, RuntimeError> {
    let beside = data.join("verify.tmp");
    let cleared = || match std::fs::remove_dir_all(&beside) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(RuntimeError::Thread(error)),
        _ => Ok(()),
    };
    cleared()?;
    let options = Options::new(&beside);
    let (journal, recovered) = Journal::open(&data.join("journal"), &options.journal)?;
    let last = recovered.last.map_or(Position::START, |(position, _)| position);
    let (seen, _) = Seen::open(&beside.join("seen"), (recovered.first, last), &seen::Options::default())?;
    let (fresh, _) = Checkpoints::open(&beside.join("store"))?;
    let mut starting = Starting::new(&options, fresh, nothing_found(), (journal, seen), Some(key))?;
    starting.replay(upto)?;
    starting.checkpoint()?;
    let compared = checkpoints.compare(&starting.checkpoints)?;
    drop(starting);
    cleared()?;
    Ok(compared)
}
