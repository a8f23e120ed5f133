//! What is new, what is known, and for how long.

use super::{feed, files, folder, id, known, open, small};
use crate::cli::Folder;
use crate::disk::{Fault, Sim};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use wayfare::base::Instant;
use wayfare::journal::Position;
use wayfare::seen::{Options, Seen, SeenError};

#[test]
fn s7_2_an_id_is_new_once_and_known_for_the_window_at_least() {
    let sim = Sim::default();
    let (mut seen, opened) = open(&sim, (1, 0)).unwrap();
    assert_eq!((opened.feed_from, opened.lost, opened.removed), (Position(1), vec![], vec![]));
    assert_eq!(feed(&mut seen, 1..=5_000).unwrap(), 5_000);
    assert_eq!(feed(&mut seen, 1..=5_000).unwrap(), 0);
    let mut first_known = BTreeMap::new();
    for now in (5_250..=20_000).step_by(250) {
        feed(&mut seen, now - 249..=now).unwrap();
        let known = known(&mut seen, 1..=now);
        let first = known[0];
        assert_eq!(known, (first..=now).collect::<Vec<_>>(), "at {now}");
        assert!(first <= now.saturating_sub(7_000).max(1), "at {now}: {first} is the first that is known");
        assert!(first + 7_000 + 1_400 > now, "at {now}: {first} is still known");
        first_known.insert(now, first);
    }
    assert!(first_known[&20_000] > 11_000);
    assert!(seen.files() < 16, "{}", seen.files());
    assert!(seen.memory() < 200_000, "{}", seen.memory());
}

#[test]
fn what_was_not_committed_is_taken_back() {
    let sim = Sim::default();
    let (mut seen, _) = open(&sim, (1, 0)).unwrap();
    assert!(seen.insert(b"a").unwrap());
    seen.commit(Position(1), Instant(1));
    assert!(!seen.insert(b"a").unwrap());
    assert!(seen.insert(b"b").unwrap());
    assert!(!seen.insert(b"b").unwrap(), "twice in one batch");
    seen.revert();
    assert!(seen.insert(b"b").unwrap(), "its record was not written");
    assert!(!seen.insert(b"a").unwrap());
    assert!(seen.insert(b"").unwrap() && !seen.insert(b"").unwrap());
}

#[test]
fn what_no_file_covers_is_fed_again() {
    let sim = Sim::default();
    let (mut seen, _) = open(&sim, (1, 0)).unwrap();
    feed(&mut seen, 1..=2_500).unwrap();
    let covered = seen.covered();
    assert!(covered > Position(2_000) && covered < Position(2_500), "{covered}");
    drop(seen);
    let (mut seen, opened) = open(&sim, (1, 2_500)).unwrap();
    assert_eq!((opened.feed_from, opened.lost), (covered.next(), vec![]));
    assert_eq!(known(&mut seen, 1..=2_500).last(), Some(&covered.0));
    assert_eq!(feed(&mut seen, opened.feed_from.0..=2_500).unwrap(), 2_500 - covered.0);
    assert_eq!(known(&mut seen, 1..=2_500).len(), 2_500);
    seen.seal();
    seen.settle().unwrap();
    assert_eq!(seen.covered(), Position(2_500));
    drop(seen);
    assert_eq!(open(&sim, (1, 2_500)).unwrap().1.feed_from, Position(2_501));
}

#[test]
fn a_lost_or_damaged_file_is_made_anew_from_the_journal_as_far_as_that_reaches() {
    let sim = Sim::default();
    let (mut seen, _) = open(&sim, (1, 0)).unwrap();
    feed(&mut seen, 1..=4_900).unwrap();
    drop(seen);
    let image = sim.image();
    let paths = files(&image);
    assert!(paths.len() >= 5, "{paths:?}");
    for path in &paths {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let (after, upto) = name.split_once('-').unwrap();
        let (after, upto): (u64, u64) = (after.parse().unwrap(), upto.parse().unwrap());
        for damage in [true, false] {
            let sim = Sim::of(&image);
            if damage {
                sim.flip(path, 70 * 8);
            } else {
                sim.delete(path);
            }
            let (mut seen, opened) = open(&sim, (1, 4_900)).unwrap();
            let whole = opened.feed_from == Position(after + 1);
            assert!(whole || (after == 0 && !damage), "{name}: {opened:?}");
            assert_eq!((opened.lost.len(), opened.removed.len()), (0, usize::from(damage)));
            feed(&mut seen, opened.feed_from.0..=4_900).unwrap();
            let first = if whole { 1 } else { upto + 1 };
            assert_eq!(known(&mut seen, 1..=4_900), (first..=4_900).collect::<Vec<_>>());
        }
        if after > 0 && upto < 4_000 {
            let sim = Sim::of(&image);
            sim.delete(path);
            let (mut seen, opened) = open(&sim, (upto + 1, 4_900)).unwrap();
            assert_eq!(opened.lost, [(Position(after + 1), Position(upto))]);
            feed(&mut seen, opened.feed_from.0..=4_900).unwrap();
            assert_eq!(known(&mut seen, 1..=4_900).len() as u64, 4_900 - (upto - after));
        }
    }
}

#[test]
fn damage_that_is_met_later_is_told_with_its_place_and_mended_at_the_next_start() {
    let sim = Sim::default();
    let (mut seen, _) = open(&sim, (1, 0)).unwrap();
    feed(&mut seen, 1..=3_000).unwrap();
    let paths = files(&sim.image());
    sim.flip(&paths[0], 4096 * 8 + 1_000);
    let error = (1..=3_000).find_map(|n| seen.insert(&id(n)).err()).unwrap();
    assert!(matches!(&error, SeenError::Damaged { file, offset: 4096 } if *file == paths[0]), "{error}");
    drop(seen);
    let (mut seen, opened) = open(&sim, (1, 3_000)).unwrap();
    assert!(opened.feed_from < Position(1_200), "{opened:?}");
    feed(&mut seen, opened.feed_from.0..=3_000).unwrap();
    let first = opened.feed_from.0;
    assert_eq!(known(&mut seen, first..=3_000).len() as u64, 3_001 - first);
}

#[test]
fn a_store_that_is_ahead_of_its_journal_forgets_what_the_journal_does_not_have() {
    let sim = Sim::default();
    let (mut seen, _) = open(&sim, (1, 0)).unwrap();
    feed(&mut seen, 1..=2_500).unwrap();
    drop(seen);
    let (mut seen, opened) = open(&sim, (1, 1_500)).unwrap();
    assert!(opened.feed_from > Position(500) && opened.feed_from <= Position(1_500), "{opened:?}");
    assert!(!opened.removed.is_empty());
    feed(&mut seen, opened.feed_from.0..=1_500).unwrap();
    assert_eq!(known(&mut seen, 1..=2_500), (1..=1_500).collect::<Vec<_>>());
}

#[test]
fn a_key_that_is_lost_takes_the_files_with_it() {
    let sim = Sim::default();
    let (mut seen, _) = open(&sim, (1, 0)).unwrap();
    feed(&mut seen, 1..=2_500).unwrap();
    drop(seen);
    sim.delete(&folder().join("key"));
    let (mut seen, opened) = open(&sim, (1, 2_500)).unwrap();
    assert_eq!(opened.feed_from, Position(1));
    assert!(opened.removed.len() > 1);
    assert_eq!(feed(&mut seen, 1..=2_500).unwrap(), 2_500);
}

#[test]
fn a_full_disk_holds_up_those_who_bring_ids_and_loses_none() {
    let sim = Sim::default();
    let (mut seen, _) = open(&sim, (1, 0)).unwrap();
    sim.room(sim.used() + 100);
    let mut at = 0;
    let error = loop {
        match feed(&mut seen, at + 1..=at + 10) {
            Ok(_) => at += 10,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, SeenError::Full(_)), "{error}");
    assert!((900..2_000).contains(&at), "{at}");
    seen.revert();
    assert_eq!((known(&mut seen, 1..=at).len() as u64, seen.covered()), (at, Position(0)));
    assert!(sim.image().keys().all(|path| path.extension().is_none()));
    sim.heal();
    assert_eq!(feed(&mut seen, at + 1..=4_000).unwrap(), 4_000 - at);
    assert_eq!(known(&mut seen, 1..=4_000).len(), 4_000);
    sim.room(sim.used());
    feed(&mut seen, 4_001..=4_400).unwrap();
    assert!(matches!(seen.trouble(), Some(SeenError::Full(_))), "{:?}", seen.trouble());
}

#[test]
fn a_copy_of_the_files_knows_what_they_cover() {
    let sim = Sim::default();
    let (mut seen, _) = open(&sim, (1, 0)).unwrap();
    feed(&mut seen, 1..=3_000).unwrap();
    let (sealed, covered) = (seen.sealed(), seen.covered());
    feed(&mut seen, 3_001..=6_000).unwrap();
    let to = Path::new("/backup/seen");
    sealed.copy_to(to).unwrap();
    let journal = (Position(1), Position(3_000));
    let (mut copy, opened) = Seen::open_on(Arc::new(sim), to, journal, &small()).unwrap();
    assert_eq!((opened.feed_from, opened.lost), (covered.next(), vec![]));
    assert_eq!(known(&mut copy, 1..=3_000), (1..=covered.0).collect::<Vec<_>>());
}

#[test]
fn a_quiet_journal_does_not_have_to_be_kept() {
    let sim = Sim::default();
    let (mut seen, _) = open(&sim, (1, 0)).unwrap();
    feed(&mut seen, 1..=10).unwrap();
    for tick in 11..=100 {
        seen.commit(Position(tick), Instant(tick as i64 * 900));
    }
    assert!(seen.covered() > Position(90), "{}", seen.covered());
    assert!(seen.files() < 12, "{}", seen.files());
    let covered = seen.covered();
    drop(seen);
    let (_, opened) = open(&sim, (covered.0 + 1, 100)).unwrap();
    assert!(opened.feed_from > covered && opened.lost.is_empty(), "{opened:?}");
}

#[test]
fn threads_write_the_files_while_ids_are_taken_in() {
    let home = Folder::new();
    let path = home.path().join("seen");
    let options = Options { threads: true, young: 2_000, ..small() };
    let journal = |last| (Position(1), Position(last));
    let (mut seen, _) = Seen::open(&path, journal(0), &options).unwrap();
    assert!(matches!(Seen::open(&path, journal(0), &options), Err(SeenError::InUse(_))));
    assert_eq!(feed(&mut seen, 1..=30_000).unwrap(), 30_000);
    assert_eq!(known(&mut seen, 23_000..=30_000).len(), 7_001);
    seen.seal();
    seen.settle().unwrap();
    assert_eq!(seen.covered(), Position(30_000));
    drop(seen);
    let (mut seen, opened) = Seen::open(&path, journal(30_000), &options).unwrap();
    assert_eq!((opened.feed_from, opened.removed), (Position(30_001), vec![]));
    assert_eq!(feed(&mut seen, 23_000..=30_000).unwrap(), 0);
}

#[test]
fn each_error_has_its_own_words() {
    let sim = Sim::default();
    let (seen, _) = open(&sim, (1, 0)).unwrap();
    let refused = |sim: &Sim| {
        let error = open(sim, (1, 400)).map(drop).unwrap_err();
        format!("{error} ({})", error.help())
    };
    let mut found = vec![refused(&sim)];
    drop(seen);
    for kind in [ErrorKind::ReadOnlyFilesystem, ErrorKind::StorageFull, ErrorKind::Other] {
        sim.fail(1, Fault::Error(kind), true);
        found.push(refused(&sim));
        sim.heal();
    }
    let (mut seen, _) = open(&sim, (1, 0)).unwrap();
    feed(&mut seen, 1..=400).unwrap();
    let path = files(&sim.image()).remove(0);
    sim.flip(&path, 4096 * 8);
    let error = (1..=400).find_map(|n| seen.insert(&id(n)).err()).unwrap();
    found.push(format!("{error} ({})", error.help()));
    insta::assert_snapshot!(found.join("\n"));
}
