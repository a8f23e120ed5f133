//! What each error says and what it tells to do.

use super::{append, folder, open};
use crate::cli::Folder;
use crate::disk::{Fault, Sim};
use std::io::ErrorKind;
use wayfare::journal::{Journal, JournalError, Options};

fn refused(sim: &Sim) -> JournalError {
    match open(sim) {
        Ok(_) => panic!("it opens"),
        Err(error) => error,
    }
}

fn said(error: &JournalError) -> String {
    format!("{error} ({})", error.help())
}

/// A label with a right checksum.
fn label(text: &str) -> Vec<u8> {
    format!("{text}sum {:08x}\n", crc32fast::hash(text.as_bytes())).into_bytes()
}

#[test]
fn each_error_has_its_own_words() {
    let sim = Sim::default();
    sim.put(&folder().join("letter.txt"), b"dear");
    let mut found = vec![said(&refused(&sim))];
    sim.delete(&folder().join("letter.txt"));
    let (mut journal, _) = open(&sim).unwrap();
    found.push(said(&refused(&sim)));
    append(&mut journal, &[(1, b"one".to_vec())]).unwrap();
    found.push(said(&append(&mut journal, &[(0, vec![])]).unwrap_err()));
    found.push(said(&journal.read_from(wayfare::journal::Position(9)).unwrap_err()));
    drop(journal);
    let image = sim.image();
    for kind in [ErrorKind::ReadOnlyFilesystem, ErrorKind::StorageFull, ErrorKind::Other] {
        let sim = Sim::of(&image);
        sim.fail(14, Fault::Error(kind), true);
        found.push(said(&refused(&sim)));
    }
    let sim = Sim::of(&image);
    sim.put(&folder().join("journal"), &label("wayfare journal 2\nshape unknown\n"));
    found.push(said(&refused(&sim)));
    let sim = Sim::of(&image);
    sim.delete(&folder().join("journal"));
    found.push(said(&refused(&sim)));
    let sim = Sim::of(&image);
    sim.flip(&folder().join("00000000000000000001.segment"), 4100 * 8);
    found.push(said(&refused(&sim)));
    let sim = Sim::of(&image);
    sim.delete(&folder().join("00000000000000000001.segment"));
    found.push(said(&refused(&sim)));
    insta::assert_snapshot!(found.join("\n"));
}

#[test]
fn the_real_disk_says_the_same() {
    let home = Folder::with(&[("full/letter.txt", "dear")]);
    let open = |name: &str| Journal::open(&home.path().join(name), &Options::default());
    assert!(matches!(open("full"), Err(JournalError::NotAJournal(_))));
    let (journal, _) = open("kept").unwrap();
    assert!(matches!(open("kept"), Err(JournalError::InUse(_))));
    drop(journal);
    drop(open("kept").unwrap());
    home.write("file", b"");
    let error = open("file").map(drop).unwrap_err();
    assert!(matches!(error, JournalError::Io { .. }), "{error}");
}
