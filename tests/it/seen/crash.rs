//! Faults at every operation and power cuts between any two: nothing that is covered is forgotten.

use super::{feed, folder, id, known};
use crate::disk::power::{MODELS, Model, Platter};
use crate::disk::{Fault, Sim};
use crate::model::random::Random;
use std::io::ErrorKind;
use std::sync::Arc;
use wayfare::journal::Position;
use wayfare::seen::{Opened, Options, Seen, SeenError};

const LAST: u64 = 2_400;
const WINDOW: u64 = 1_400;
/// The first id that the window still holds at the end.
const HELD: u64 = LAST - WINDOW;

fn open(sim: &Sim, journal: (u64, u64)) -> Result<(Seen, Opened), SeenError> {
    let options = Options { window: WINDOW as i64, span: 200, young: 70, bits: 16, threads: false };
    let journal = (Position(journal.0), Position(journal.1));
    Seen::open_on(Arc::new(sim.clone()), folder(), journal, &options)
}

/// Takes in all ids; how far it came, counting what was covered by files as told.
fn work(sim: &Sim) -> Result<(), SeenError> {
    let (mut seen, _) = open(sim, (1, 0))?;
    for n in 0..LAST / 30 {
        feed(&mut seen, n * 30 + 1..=(n + 1) * 30)?;
        sim.told(seen.covered().0);
    }
    Ok(())
}

/// Opens what is left when the journal has records up to `last`, feeds what it asks for, and looks.
fn recover(sim: &Sim, told: u64, last: u64, what: &str) {
    let (mut seen, opened) = open(sim, (1, last)).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert!(opened.feed_from.0 > told, "{what}: {told} are covered, feeding begins at {}", opened.feed_from);
    assert!(opened.lost.is_empty() && opened.removed.is_empty(), "{what}: {opened:?}");
    feed(&mut seen, opened.feed_from.0..=last).unwrap();
    let first = last.saturating_sub(WINDOW).max(1);
    assert_eq!(known(&mut seen, first..=last).len() as u64, last + 1 - first, "{what}");
    assert!(!seen.contains(&id(last + 1)).unwrap(), "{what}");
}

#[test]
fn a_power_cut_between_any_two_operations_forgets_nothing_that_is_covered() {
    let sim = Sim::default();
    work(&sim).unwrap();
    let trace = sim.trace();
    let mut platter = Platter::default();
    for (at, op) in trace.iter().enumerate() {
        platter.apply(op);
        let model: Model = MODELS[at % 3];
        let sim = Sim::of(&platter.cut(model, &mut Random(at as u64)));
        let told = platter.told;
        recover(&sim, told, LAST.min(told + 100), &format!("{model:?} at operation {at}"));
    }
}

#[test]
fn a_fault_at_any_operation_is_told_or_mended() {
    let calm = Sim::default();
    work(&calm).unwrap();
    let faults = [Fault::Error(ErrorKind::Other), Fault::Torn, Fault::Short];
    for at in (0..calm.count()).step_by(4) {
        let sim = Sim::default();
        let fault = faults[(at / 4) as usize % 3];
        sim.fail(at, fault, false);
        let what = format!("{fault:?} at operation {at}");
        let done = work(&sim);
        sim.heal();
        if let Err(error) = &done {
            assert!(error.to_string().contains("/data/seen"), "{what}: {error}");
        }
        let (mut seen, opened) = open(&sim, (1, LAST)).unwrap_or_else(|error| panic!("{what}: {error}"));
        feed(&mut seen, opened.feed_from.0..=LAST).unwrap();
        assert_eq!(known(&mut seen, HELD..=LAST).len() as u64, LAST + 1 - HELD, "{what}");
    }
}
