//! Power cuts between any two operations, in three models of what survives.

use super::{Item, append, batches, check, folder, open};
use crate::disk::power::{MODELS, Model, Platter};
use crate::disk::{Op, Sim};
use crate::model::random::Random;
use wayfare::journal::Position;

/// Appends these and now and then drops old segments; every acknowledgement goes into the trace.
fn work(sim: &Sim, batches: &[Vec<Item>], retain: bool) {
    let (mut journal, _) = open(sim).unwrap();
    for (number, batch) in batches.iter().enumerate() {
        let position = append(&mut journal, batch).unwrap();
        sim.told(position.0);
        if retain && number % 9 == 8 {
            journal.retain(Position(position.0 / 2)).unwrap();
        }
    }
}

/// What a power cut at this point leaves is opened and looked at; the trace of the recovery is returned.
fn recover(platter: &Platter, model: Model, seed: u64, written: &[Item]) -> (crate::disk::Image, Vec<Op>) {
    let image = platter.cut(model, &mut Random(seed));
    let sim = Sim::of(&image);
    let what = format!("{model:?}, seed {seed}, {} acknowledged", platter.told);
    let (mut journal, recovered) = open(&sim).unwrap_or_else(|error| panic!("{what}: {error}"));
    let last = check(&journal, written, platter.told, &what);
    assert_eq!(recovered.last.map_or(0, |(position, _)| position.0), last as u64);
    let trace = sim.trace();
    let more = vec![(i64::MAX, b"more".to_vec())];
    append(&mut journal, &more).unwrap_or_else(|error| panic!("{what}: {error}"));
    drop(journal);
    let (journal, recovered) = open(&sim).unwrap_or_else(|error| panic!("{what}, again: {error}"));
    assert_eq!((recovered.cut, recovered.unsure), (None, false), "{what}");
    let written = [&written[..last], &more].concat();
    check(&journal, &written, last as u64 + 1, &what);
    (image, trace)
}

fn everywhere(seed: u64, count: usize, retain: bool) {
    let batches = batches(seed, count);
    let written = batches.concat();
    let sim = Sim::default();
    work(&sim, &batches, retain);
    let trace = sim.trace();
    let mut platter = Platter::default();
    for (at, op) in trace.iter().enumerate() {
        platter.apply(op);
        for model in MODELS {
            let tries = if model == Model::Lost { 1 } else { 3 };
            for n in 0..tries {
                recover(&platter, model, at as u64 * 16 + n, &written);
            }
        }
    }
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_is_invented() {
    everywhere(1, 40, false);
    everywhere(2, 40, true);
}

#[test]
fn a_power_cut_while_recovering_is_as_good_as_one_before() {
    let batches = batches(3, 24);
    let written = batches.concat();
    let sim = Sim::default();
    work(&sim, &batches, true);
    let mut platter = Platter::default();
    for (at, op) in sim.trace().iter().enumerate() {
        platter.apply(op);
        let model = MODELS[at % 3];
        let (image, recovery) = recover(&platter, model, at as u64, &written);
        let mut second = Platter::of(&image);
        second.told = platter.told;
        for (at, op) in recovery.iter().enumerate() {
            second.apply(op);
            recover(&second, MODELS[at % 3], at as u64, &written);
        }
    }
}

#[test]
fn a_later_part_that_survived_an_earlier_one_is_cut_with_it() {
    let sim = Sim::default();
    let (mut journal, _) = open(&sim).unwrap();
    /// A head of 44 bytes, a body, and filling up to a multiple of 8.
    const RECORD: u64 = 3_048;
    let long = |byte: u8| (5, vec![byte; 3_000]);
    append(&mut journal, &[long(1)]).unwrap();
    append(&mut journal, &[long(2), long(3), long(4)]).unwrap();
    drop(journal);
    let mut image = sim.image();
    image.remove(&folder().join("acknowledged"));
    let segment = image.get_mut(&folder().join("00000000000000000001.segment")).unwrap();
    segment[8192..12_288].fill(0);
    let sim = Sim::of(&image);
    let (journal, recovered) = open(&sim).unwrap();
    assert_eq!(recovered.last.map(|(position, _)| position), Some(Position(1)));
    let cut = recovered.cut.unwrap();
    assert_eq!(cut.offset, 4096 + RECORD);
    assert_eq!(cut.offset + cut.bytes, 4096 + 4 * RECORD);
    check(&journal, &[long(1)], 1, "cut");
}
