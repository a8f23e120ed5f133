//! Damage on disk: told with its place, or in what was never acknowledged.

use super::{Item, all, append, batches, check, folder, open};
use crate::disk::{Image, Sim};
use std::path::PathBuf;
use std::sync::Arc;
use wayfare::journal::{Journal, JournalError, Position, verify_on};

fn written(seed: u64, count: usize) -> (Image, Vec<Item>) {
    let batches = batches(seed, count);
    let sim = Sim::default();
    let (mut journal, _) = open(&sim).unwrap();
    for batch in &batches {
        append(&mut journal, batch).unwrap();
    }
    drop(journal);
    (sim.image(), batches.concat())
}

fn open_and_read(sim: &Sim) -> Result<Journal, JournalError> {
    let (journal, _) = open(sim)?;
    all(&journal)?;
    Ok(journal)
}

fn segments(image: &Image) -> Vec<PathBuf> {
    image.keys().filter(|path| path.extension().is_some_and(|end| end == "segment")).cloned().collect()
}

/// Where the records of each segment end, told by the last byte that is not zero.
fn used(image: &Image, path: &PathBuf) -> usize {
    image[path].iter().rposition(|byte| *byte != 0).unwrap() + 1
}

/// Every bit of the given bytes of a file, one at a time.
fn flip_all(image: &Image, path: &PathBuf, bytes: std::ops::Range<usize>, written: &[Item]) {
    let sim = Sim::of(image);
    for byte in bytes {
        let bit = byte * 8 + (byte * 5) % 8;
        sim.flip(path, bit);
        let what = format!("byte {byte} of {}", path.display());
        match open_and_read(&Sim::of(&sim.image())) {
            Ok(journal) => {
                check(&journal, written, written.len() as u64, &what);
            }
            Err(error) => told(&error, path, byte, &what),
        }
        sim.flip(path, bit);
    }
}

fn told(error: &JournalError, path: &PathBuf, byte: usize, what: &str) {
    match error {
        JournalError::Damaged { file, offset, .. } => {
            assert_eq!(file, path, "{what}: {error}");
            assert!(*offset <= byte as u64, "{what}: {error}");
        }
        JournalError::Newer { file, .. } => assert_eq!(file, path, "{what}: {error}"),
        error => panic!("{what}: {error}"),
    }
}

#[test]
fn a_turned_bit_anywhere_is_told_with_its_place() {
    let (image, written) = written(6, 14);
    let files: Vec<PathBuf> = image.keys().cloned().collect();
    assert!(segments(&image).len() >= 2);
    for path in files {
        let size = if path.extension().is_some() { used(&image, &path) } else { image[&path].len() };
        let head = 0..size.min(96);
        flip_all(&image, &path, head, &written);
        flip_all(&image, &path, size.min(4096)..size, &written);
    }
}

#[test]
fn a_turned_bit_in_the_last_append_is_told_without_the_note_of_what_was_acknowledged() {
    let batches: Vec<Vec<Item>> =
        vec![vec![(1, vec![b'a'; 700])], (0..3).map(|n| (2, vec![b'b' + n; 900])).collect()];
    let sim = Sim::default();
    let (mut journal, _) = open(&sim).unwrap();
    batches.iter().for_each(|batch| _ = append(&mut journal, batch).unwrap());
    drop(journal);
    let mut image = sim.image();
    image.remove(&folder().join("acknowledged"));
    let path = segments(&image).remove(0);
    for byte in 4096..used(&image, &path) {
        let sim = Sim::of(&image);
        sim.flip(&path, byte * 8 + byte % 8);
        match open_and_read(&sim) {
            Ok(journal) => panic!("byte {byte}: {:?} are left", journal.last()),
            Err(error) => told(&error, &path, byte, "without the note"),
        }
    }
}

#[test]
fn zeros_where_acknowledged_records_were_are_told() {
    let (image, _) = written(7, 30);
    for path in segments(&image) {
        let end = used(&image, &path);
        for from in (4096..end).step_by(512) {
            let mut image = image.clone();
            let to = end.min(from + 512);
            let sector = &mut image.get_mut(&path).unwrap()[from..to];
            if sector.iter().all(|byte| *byte == 0) {
                continue;
            }
            sector.fill(0);
            let error = open_and_read(&Sim::of(&image)).unwrap_err();
            told(&error, &path, to, "zeros");
        }
        let mut image = image.clone();
        image.get_mut(&path).unwrap()[4096..end].fill(0);
        told(&open_and_read(&Sim::of(&image)).unwrap_err(), &path, 4096, "all zeros");
    }
}

#[test]
fn an_append_behind_which_a_later_one_was_begun_is_never_cut() {
    let sim = Sim::default();
    let (mut journal, _) = open(&sim).unwrap();
    for at in 1..=3 {
        append(&mut journal, &[(at, vec![at as u8; 2_000])]).unwrap();
    }
    drop(journal);
    let mut image = sim.image();
    image.remove(&folder().join("acknowledged"));
    let path = segments(&image).remove(0);
    image.get_mut(&path).unwrap()[6_144..7_168].fill(0);
    let error = open_and_read(&Sim::of(&image)).unwrap_err();
    let said = "damaged at byte 6144, record 2: zeros lie where it should be, and record 3, written after it, is there";
    assert!(error.to_string().ends_with(said), "{error}");
    image.get_mut(&path).unwrap()[8_192..].fill(0);
    let (journal, recovered) = open(&Sim::of(&image)).unwrap();
    assert!(recovered.unsure && recovered.cut.is_some(), "now it may be one that nobody was told of");
    assert_eq!(journal.last().unwrap().0, Position(1));
}

#[test]
fn a_segment_that_is_missing_is_named_by_its_records() {
    let (image, written) = written(8, 60);
    let paths = segments(&image);
    assert!(paths.len() >= 4);
    let first = |path: &PathBuf| path.file_stem().unwrap().to_str().unwrap().parse::<u64>().unwrap();
    for (at, path) in paths.iter().enumerate() {
        let mut image = image.clone();
        image.remove(path);
        let next = paths.get(at + 1).map_or(written.len() as u64 + 1, first);
        let error = open_and_read(&Sim::of(&image)).unwrap_err();
        match (&error, at + 1 == paths.len()) {
            (JournalError::Missing { from, to, .. }, false) => {
                assert_eq!((from.0, to.0), (first(path), next - 1), "{error}");
            }
            (JournalError::Damaged { position, .. }, true) => assert_eq!(position.0, first(path), "{error}"),
            _ => panic!("{error}"),
        }
    }
}

#[test]
fn a_segment_of_another_journal_or_place_is_refused() {
    let (image, _) = written(9, 40);
    let (other, _) = written(10, 40);
    let paths = segments(&image);
    let mut foreign = image.clone();
    foreign.insert(paths[0].clone(), other[&segments(&other)[0]].clone());
    let mut renamed = image.clone();
    renamed.insert(paths[1].clone(), image[&paths[0]].clone());
    let mut short = image.clone();
    short.get_mut(&paths[0]).unwrap().truncate(5000);
    for (image, said, path) in [
        (foreign, "", &paths[0]),
        (renamed, "its name is that of another segment", &paths[1]),
        (short, "the file ends here", &paths[0]),
    ] {
        let error = open_and_read(&Sim::of(&image)).unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    }
}

#[test]
fn verify_finds_the_first_damage_of_every_segment_and_changes_nothing() {
    let (image, written) = written(11, 60);
    let verify = |image: &Image| {
        let sim = Sim::of(image);
        let found = verify_on(Arc::new(sim.clone()), folder());
        assert!(sim.trace().is_empty());
        found
    };
    let found = verify(&image).unwrap();
    assert_eq!((found.records, found.wrong.len()), (written.len() as u64, 0));
    assert_eq!(found.last.map(|(position, _)| position), Some(Position(written.len() as u64)));
    let mut damaged = image.clone();
    let paths = segments(&image);
    for path in &paths[..2] {
        damaged.get_mut(path).unwrap()[4200] ^= 1;
    }
    let found = verify(&damaged).unwrap();
    assert_eq!(found.wrong.len(), 2);
    for (error, path) in found.wrong.iter().zip(&paths) {
        told(error, path, 4200, "verify");
    }
}
