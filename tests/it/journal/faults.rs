//! A fault at every operation: an error that names the place, and nothing acknowledged is lost.

use super::{Item, append, batches, check, folder, open};
use crate::disk::power::{MODELS, Platter};
use crate::disk::{Fault, Sim};
use crate::model::random::Random;
use std::io::ErrorKind;
use wayfare::journal::{JournalError, Position};

/// How far the work came: what was acknowledged, what was begun.
struct Came {
    told: u64,
    begun: usize,
    error: Option<JournalError>,
}

fn work(sim: &Sim, batches: &[Vec<Item>]) -> Came {
    let mut came = Came { told: 0, begun: 0, error: None };
    came.error = try_work(sim, batches, &mut came).err();
    came
}

fn try_work(sim: &Sim, batches: &[Vec<Item>], came: &mut Came) -> Result<(), JournalError> {
    let (mut journal, _) = open(sim)?;
    for (number, batch) in batches.iter().enumerate() {
        came.begun += batch.len();
        came.told = append(&mut journal, batch)?.0;
        sim.told(came.told);
        if number % 6 == 5 {
            journal.retain(Position(came.told / 2))?;
        }
    }
    Ok(())
}

const FAULTS: [(Fault, bool); 5] = [
    (Fault::Error(ErrorKind::Other), false),
    (Fault::Error(ErrorKind::StorageFull), true),
    (Fault::Error(ErrorKind::ReadOnlyFilesystem), true),
    (Fault::Torn, false),
    (Fault::Short, true),
];

#[test]
fn a_fault_at_any_operation_is_told_and_loses_nothing() {
    let batches = batches(4, 24);
    let written = batches.concat();
    let calm = Sim::default();
    work(&calm, &batches);
    for at in 0..calm.count() {
        for (fault, all) in FAULTS {
            let sim = Sim::default();
            sim.fail(at, fault, all);
            let came = work(&sim, &batches);
            let what = format!("{fault:?} at operation {at}");
            match &came.error {
                None => assert_eq!(came.told as usize, written.len(), "{what}"),
                Some(error) => assert!(error.to_string().contains("/data/journal"), "{what}: {error}"),
            }
            sim.heal();
            after(&sim, &came, &written, &what);
        }
    }
}

/// The process has ended; the next one finds the page cache as it was, and then there is a power cut too.
fn after(sim: &Sim, came: &Came, written: &[Item], what: &str) {
    let (journal, _) = open(sim).unwrap_or_else(|error| panic!("{what}, opened again: {error}"));
    let last = check(&journal, &written[..came.begun], came.told, what);
    sim.told(last as u64);
    drop(journal);
    let mut platter = Platter::default();
    sim.trace().iter().for_each(|op| platter.apply(op));
    for model in MODELS {
        let sim = Sim::of(&platter.cut(model, &mut Random(last as u64)));
        let (journal, _) = open(&sim).unwrap_or_else(|error| panic!("{what}, {model:?}: {error}"));
        check(&journal, &written[..came.begun], last as u64, what);
    }
}

#[test]
fn after_a_failed_sync_nothing_more_is_written() {
    let sim = Sim::default();
    let (mut journal, _) = open(&sim).unwrap();
    append(&mut journal, &[(1, b"one".to_vec())]).unwrap();
    sim.fail(1, Fault::Error(ErrorKind::Other), false);
    let error = append(&mut journal, &[(2, b"two".to_vec())]).unwrap_err();
    assert!(matches!(error, JournalError::Io { .. }), "{error}");
    let count = sim.count();
    for _ in 0..3 {
        let error = append(&mut journal, &[(3, b"three".to_vec())]).unwrap_err();
        assert!(matches!(&error, JournalError::Stopped { why } if why.contains(".segment")), "{error}");
        assert!(matches!(journal.retain(Position(1)), Err(JournalError::Stopped { .. })));
    }
    assert_eq!(sim.count(), count);
    assert_eq!(super::all(&journal).unwrap().len(), 1);
}

#[test]
fn what_was_read_back_after_a_failed_sync_is_written_again() {
    let sim = Sim::default();
    let (mut journal, _) = open(&sim).unwrap();
    let items = [(1, b"one".to_vec()), (2, b"two".to_vec())];
    append(&mut journal, &items[..1]).unwrap();
    sim.fail(1, Fault::Error(ErrorKind::Other), false);
    append(&mut journal, &items[1..]).unwrap_err();
    drop(journal);
    let (journal, recovered) = open(&sim).unwrap();
    assert_eq!(recovered.last.map(|(position, _)| position), Some(Position(2)), "it is still in memory");
    drop(journal);
    let mut platter = Platter::default();
    sim.trace().iter().for_each(|op| platter.apply(op));
    let sim = Sim::of(&platter.cut(MODELS[0], &mut Random(0)));
    check(&open(&sim).unwrap().0, &items, 2, "once read it stays");
}

#[test]
fn a_full_disk_stops_nothing_but_the_append_that_needs_room() {
    let sim = Sim::default();
    let (mut journal, _) = open(&sim).unwrap();
    sim.room(sim.used() + 100);
    let mut written = Vec::new();
    let error = loop {
        let item = (written.len() as i64, vec![7; 1_000]);
        match append(&mut journal, std::slice::from_ref(&item)) {
            Ok(_) => written.push(item),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, JournalError::Full(_)), "{error}");
    assert!(written.len() > 5, "a segment was there already");
    append(&mut journal, &[(99, b"short ones still fit".to_vec())]).unwrap();
    written.push((99, b"short ones still fit".to_vec()));
    assert!(matches!(append(&mut journal, &[(99, vec![7; 1_000])]), Err(JournalError::Full(_))));
    sim.heal();
    append(&mut journal, &[(99, vec![7; 1_000])]).unwrap();
    written.push((99, vec![7; 1_000]));
    check(&journal, &written, written.len() as u64, "room again");
    assert!(!sim.image().contains_key(&folder().join("spare")));
}

#[test]
fn a_disk_that_lies_about_its_syncs_is_found_out() {
    let batches = batches(5, 30);
    let calm = Sim::default();
    let came = work(&calm, &batches);
    assert!(came.error.is_none());
    let mut told_of = 0;
    for at in 0..calm.count() {
        let sim = Sim::default();
        sim.fail(at, Fault::Lie, false);
        let came = work(&sim, &batches);
        assert!(came.error.is_none());
        let mut platter = Platter::default();
        sim.trace().iter().for_each(|op| platter.apply(op));
        let sim = Sim::of(&platter.cut(MODELS[0], &mut Random(at)));
        match open(&sim).and_then(|(journal, _)| super::all(&journal).map(|found| (journal, found))) {
            Ok((journal, _)) => _ = check(&journal, &batches.concat(), came.told, "a lie without effect"),
            Err(error) => {
                told_of += 1;
                let place = matches!(error, JournalError::Damaged { .. } | JournalError::Missing { .. });
                assert!(place, "{error}");
            }
        }
    }
    assert!(told_of > 10, "{told_of}");
}
