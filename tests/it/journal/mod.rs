//! The journal: what was acknowledged is there, whatever happens below it.

mod damage;
mod faults;
mod kill;
mod power;
mod property;
mod rules;
mod words;

use crate::disk::Sim;
use crate::model::random::Random;
use std::path::Path;
use std::sync::Arc;
use wayfare::base::Instant;
use wayfare::journal::{Entry, Journal, JournalError, Options, Position, Reader, Recovered};

/// What is appended and read back: an instant and a body.
pub type Item = (i64, Vec<u8>);

pub fn folder() -> &'static Path {
    Path::new("/data/journal")
}

/// Segments so short that a test fills several.
pub fn small() -> Options {
    Options { segment: 16 * 1024, ahead: false }
}

pub fn open(sim: &Sim) -> Result<(Journal, Recovered), JournalError> {
    Journal::open_on(Arc::new(sim.clone()), folder(), &small())
}

pub fn append(journal: &mut Journal, items: &[Item]) -> Result<Position, JournalError> {
    let entries: Vec<Entry<'_>> = items.iter().map(|(at, body)| Entry { at: Instant(*at), body }).collect();
    journal.append(&entries)
}

pub fn drain(reader: &mut Reader) -> Result<Vec<(u64, Item)>, JournalError> {
    let mut items = Vec::new();
    while let Some(record) = reader.read()? {
        items.push((record.position.0, (record.at.0, record.body.to_vec())));
    }
    Ok(items)
}

/// Every record that is kept.
pub fn all(journal: &Journal) -> Result<Vec<(u64, Item)>, JournalError> {
    drain(&mut journal.read_from(journal.first())?)
}

/// Batches of which each record is like no other: of a few bytes or of several pages, some of zeros.
pub fn batches(seed: u64, count: usize) -> Vec<Vec<Item>> {
    let mut random = Random(seed);
    let mut at = 1_000;
    let mut batch = |number: usize| {
        let size = if random.percent(60) { 1 } else { 1 + random.below(6) };
        let item = |place: usize| {
            at += random.below(3) as i64;
            let mut body = format!("{number}.{place} ").into_bytes();
            let longest = if random.percent(15) { 6_000 } else { 300 };
            let length = random.below(longest);
            let zeros = random.percent(20);
            body.extend((0..length).map(|_| if zeros { 0 } else { random.next() as u8 }));
            (at, body)
        };
        (0..size).map(item).collect()
    };
    (0..count).map(&mut batch).collect()
}

/// Checks that a journal holds the first so many of these, at least as many as were acknowledged, and no others.
pub fn check(journal: &Journal, written: &[Item], told: u64, what: &str) -> usize {
    let found = all(journal).unwrap_or_else(|error| panic!("{what}: {error}"));
    let first = journal.first().0;
    let last = journal.last().map_or(0, |(position, _)| position.0);
    assert!(last >= told, "{what}: {told} were acknowledged, {last} are there");
    assert_eq!(found.len() as u64, last + 1 - first, "{what}");
    for (place, (position, item)) in found.iter().enumerate() {
        assert_eq!(*position, first + place as u64, "{what}");
        assert!(*item == written[*position as usize - 1], "{what}: record {position} is another");
    }
    last as usize
}
