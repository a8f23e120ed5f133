//! What a journal does on a good day.

use super::{Item, all, append, batches, check, drain, folder, open, small};
use crate::cli::Folder;
use crate::disk::Sim;
use std::path::Path;
use std::sync::Arc;
use wayfare::base::Instant;
use wayfare::journal::{Entry, Journal, JournalError, Options, Order, Position, verify_on};

fn numbered(count: usize) -> Vec<Item> {
    (0..count).map(|n| (n as i64, format!("{n:0>700}").into_bytes())).collect()
}

#[test]
fn records_are_read_in_order_from_any_position_across_segments() {
    let sim = Sim::default();
    let (mut journal, recovered) = open(&sim).unwrap();
    assert_eq!((journal.last(), recovered.last, journal.first()), (None, None, Position(1)));
    let items = numbered(70);
    for batch in items.chunks(3) {
        append(&mut journal, batch).unwrap();
    }
    assert_eq!(append(&mut journal, &[]).unwrap(), Position(70));
    assert_eq!(journal.last(), Some((Position(70), Instant(69))));
    for from in 1..=70 {
        let found = drain(&mut journal.read_from(Position(from)).unwrap()).unwrap();
        let expected: Vec<(u64, Item)> = (from..).zip(items[from as usize - 1..].to_vec()).collect();
        assert!(found == expected, "from {from}");
    }
    assert!(journal.read_from(Position(71)).unwrap().read().unwrap().is_none());
    assert!(matches!(journal.read_from(Position(72)), Err(JournalError::NotYet { .. })));
    assert!(matches!(open(&sim), Err(JournalError::InUse(_))));
    drop(journal);
    let (journal, recovered) = open(&sim).unwrap();
    assert_eq!(recovered.last, Some((Position(70), Instant(69))));
    check(&journal, &items, 70, "opened again");
}

#[test]
fn an_instant_never_goes_back_and_nothing_of_such_a_batch_is_written() {
    let sim = Sim::default();
    let (mut journal, _) = open(&sim).unwrap();
    append(&mut journal, &[(5, b"a".to_vec())]).unwrap();
    let before = sim.trace().len();
    for wrong in [vec![(4, vec![])], vec![(6, vec![]), (5, vec![])]] {
        assert!(matches!(append(&mut journal, &wrong), Err(JournalError::WentBack { .. })));
    }
    let long = vec![0; wayfare::journal::MAX_BODY + 1];
    assert!(matches!(append(&mut journal, &[(7, long)]), Err(JournalError::TooLong { .. })));
    assert_eq!(sim.trace().len(), before);
    append(&mut journal, &[(5, b"b".to_vec())]).unwrap();
    drop(journal);
    let (mut journal, _) = open(&sim).unwrap();
    assert!(matches!(append(&mut journal, &[(4, vec![])]), Err(JournalError::WentBack { .. })));
    assert_eq!(all(&journal).unwrap().len(), 2);
}

#[test]
fn an_append_longer_than_a_segment_gets_a_longer_one() {
    let sim = Sim::default();
    let (mut journal, _) = open(&sim).unwrap();
    let items = vec![(1, vec![1; 40_000]), (1, vec![2; 100]), (1, vec![3; 90_000])];
    for item in &items {
        append(&mut journal, std::slice::from_ref(item)).unwrap();
    }
    check(&journal, &items, 3, "long ones");
    drop(journal);
    check(&open(&sim).unwrap().0, &items, 3, "long ones, opened again");
}

#[test]
fn retain_drops_whole_segments_and_never_what_comes_after() {
    let sim = Sim::default();
    let (mut journal, _) = open(&sim).unwrap();
    let items = numbered(100);
    items.chunks(2).for_each(|batch| _ = append(&mut journal, batch).unwrap());
    let mut reader = journal.read_from(Position(1)).unwrap();
    let mut early = journal.read_from(Position(1)).unwrap();
    assert!(reader.read().unwrap().is_some());
    journal.retain(Position(50)).unwrap();
    let first = journal.first();
    assert!(first > Position(20) && first <= Position(50), "{first}");
    assert!(matches!(journal.read_from(Position(1)), Err(JournalError::Dropped { .. })));
    let error = loop {
        match reader.read() {
            Ok(Some(record)) => assert!(record.position < first),
            Ok(None) => panic!("the reader stops without a word"),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, JournalError::Dropped { .. }), "{error}");
    check(&journal, &items, 100, "retained");
    journal.turn(0).unwrap();
    journal.turn(0).unwrap();
    journal.retain(Position(u64::MAX)).unwrap();
    assert_eq!((journal.first(), journal.last()), (Position(101), Some((Position(100), Instant(99)))));
    assert_eq!(all(&journal).unwrap(), []);
    drop(journal);
    let (mut journal, recovered) = open(&sim).unwrap();
    assert_eq!(recovered.last, Some((Position(100), Instant(99))));
    assert!(matches!(append(&mut journal, &[(98, vec![])]), Err(JournalError::WentBack { .. })));
    assert_eq!(append(&mut journal, &[(99, vec![])]).unwrap(), Position(101));
    assert!(early.read().unwrap().is_some(), "what is open stays readable");
}

#[test]
fn a_backup_of_a_live_journal_is_a_journal() {
    let sim = Sim::default();
    let (mut journal, _) = open(&sim).unwrap();
    let items = numbered(80);
    items.chunks(4).for_each(|batch| _ = append(&mut journal, batch).unwrap());
    journal.retain(Position(30)).unwrap();
    let first = journal.first();
    for upto in first.0 - 1..=80 {
        let to = format!("/backup/{upto}");
        let to = Path::new(&to);
        let found = journal.reads().backup(to, Position(upto)).unwrap();
        assert_eq!(found.records, upto + 1 - first.0);
        let (mut copy, recovered) = Journal::open_on(Arc::new(sim.clone()), to, &small()).unwrap();
        assert_eq!((recovered.cut, recovered.unsure), (None, false));
        check(&copy, &items[..upto as usize], upto, "backup");
        append(&mut copy, &[(1_000, b"it goes on".to_vec())]).unwrap();
        assert_eq!(all(&copy).unwrap().len() as u64, upto + 2 - first.0);
        assert!(matches!(journal.reads().backup(to, Position(upto)), Err(JournalError::NotEmpty(_))));
    }
    let fail = |upto| journal.reads().backup(Path::new("/backup/none"), Position(upto)).unwrap_err();
    assert!(matches!(fail(81), JournalError::NotYet { .. }));
    assert!(matches!(fail(first.0 - 2), JournalError::Dropped { .. }));
    let path =
        sim.image().keys().find(|path| path.starts_with(folder()) && path.extension().is_some()).cloned();
    sim.flip(&path.unwrap(), 4200 * 8);
    assert!(matches!(fail(80), JournalError::Damaged { .. }), "damage is not copied in silence");
}

#[test]
fn other_threads_read_while_one_appends_and_the_next_segment_is_made_ahead() {
    let home = Folder::new();
    let options = Options { segment: 64 * 1024, ahead: true };
    let (mut journal, _) = Journal::open(&home.path().join("journal"), &options).unwrap();
    let items: Vec<Item> = (0..3_000).map(|n| (n, format!("{n:0>200}").into_bytes())).collect();
    let reads = journal.reads();
    let (send, told) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let readers = [1, 1, 500].map(|from: u64| {
            let (reads, items) = (reads.clone(), &items);
            scope.spawn(move || {
                let mut reader = loop {
                    match reads.read_from(Position(from)) {
                        Err(JournalError::NotYet { .. }) => std::thread::yield_now(),
                        reader => break reader.unwrap(),
                    }
                };
                for expected in from..=3_000 {
                    let record = loop {
                        let last = reads.last().0;
                        match reader.read().unwrap() {
                            Some(record) => break record,
                            None => assert!(last < expected, "{last} are durable, {expected} is not read"),
                        }
                        std::thread::yield_now();
                    };
                    assert_eq!(
                        (record.position.0, record.body),
                        (expected, &*items[expected as usize - 1].1)
                    );
                }
            })
        });
        let (copied, to) = (reads.clone(), home.path().join("backup"));
        let backup = scope.spawn(move || {
            told.recv().unwrap();
            copied.backup(&to, Position(700)).unwrap()
        });
        for batch in items.chunks(25) {
            let position = append(&mut journal, batch).unwrap();
            if position.0 == 1_000 {
                send.send(()).unwrap();
            }
            journal.retain(Position(1)).unwrap();
        }
        readers.into_iter().for_each(|reader| reader.join().unwrap());
        assert_eq!(backup.join().unwrap().records, 700);
    });
    assert_eq!(reads.verify().unwrap().wrong.len(), 0);
    drop(journal);
    let (journal, _) = Journal::open(&home.path().join("journal"), &options).unwrap();
    check(&journal, &items, 3_000, "opened again");
    let (copy, _) = Journal::open(&home.path().join("backup"), &options).unwrap();
    check(&copy, &items[..700], 700, "backup");
}

#[test]
fn the_runtime_needs_no_more_than_an_order() {
    let sim = Sim::default();
    let (journal, _) = open(&sim).unwrap();
    let mut order: Box<dyn Order> = Box::new(journal);
    let entry = Entry { at: Instant(3), body: b"an input" };
    assert_eq!(order.append(&[entry, entry]).unwrap(), Position(2));
    let mut records = order.read_from(Position(2)).unwrap();
    assert_eq!(records.read().unwrap().unwrap().body, b"an input");
    assert!(records.read().unwrap().is_none());
}

#[test]
fn a_beginning_that_was_interrupted_is_begun_anew() {
    let sim = Sim::default();
    drop(open(&sim).unwrap());
    let label = folder().join("journal");
    sim.delete(&label);
    drop(open(&sim).unwrap());
    assert!(sim.image().contains_key(&label));
    let verified = verify_on(Arc::new(sim), folder()).unwrap();
    assert_eq!((verified.records, verified.segments), (0, 1));
}

#[test]
fn every_length_of_the_last_segment_is_reached() {
    for seed in 20..26 {
        let sim = Sim::default();
        let batches = batches(seed, 12);
        let mut written = Vec::new();
        for batch in &batches {
            let (mut journal, recovered) = open(&sim).unwrap();
            assert_eq!((recovered.cut, recovered.unsure), (None, false));
            append(&mut journal, batch).unwrap();
            written.extend(batch.clone());
            check(&journal, &written, written.len() as u64, "opened each time");
        }
    }
}
