//! The ids that were seen: known as long as they must be, whatever happens to their files.

mod crash;
mod rules;

use crate::disk::{Image, Sim};
use std::path::Path;
use std::sync::Arc;
use wayfare::base::Instant;
use wayfare::journal::Position;
use wayfare::seen::{Opened, Options, Seen, SeenError};

pub fn folder() -> &'static Path {
    Path::new("/data/seen")
}

/// Sets so small that a test makes many files; a day is 1,000 ms.
pub fn small() -> Options {
    Options { window: 7_000, span: 1_000, young: 300, bits: 16, threads: false }
}

pub fn open(sim: &Sim, journal: (u64, u64)) -> Result<(Seen, Opened), SeenError> {
    let journal = (Position(journal.0), Position(journal.1));
    Seen::open_on(Arc::new(sim.clone()), folder(), journal, &small())
}

/// The id of record number n, which is also its instant.
pub fn id(n: u64) -> Vec<u8> {
    format!("message-{n}").into_bytes()
}

/// Inserts and commits the ids of these records, a few at a time; how many were new.
pub fn feed(seen: &mut Seen, records: std::ops::RangeInclusive<u64>) -> Result<u64, SeenError> {
    let (mut new, end) = (0, *records.end());
    for n in records {
        new += u64::from(seen.insert(&id(n))?);
        if n % 7 == 0 || n == end {
            seen.commit(Position(n), Instant(n as i64));
        }
    }
    Ok(new)
}

/// Which of these are known.
pub fn known(seen: &mut Seen, records: std::ops::RangeInclusive<u64>) -> Vec<u64> {
    records.filter(|n| seen.contains(&id(*n)).unwrap()).collect()
}

pub fn files(image: &Image) -> Vec<std::path::PathBuf> {
    image.keys().filter(|path| path.extension().is_some_and(|end| end == "seen")).cloned().collect()
}
