//! Random lives of a journal against a list.

use super::{Item, all, append, check, folder, open};
use crate::disk::power::{MODELS, Platter};
use crate::disk::{Fault, Sim};
use crate::model::random::Random;
use proptest::prelude::*;
use std::io::ErrorKind;
use wayfare::journal::{Journal, JournalError, Position};

#[derive(Clone, Debug)]
enum Step {
    /// Lengths of bodies.
    Append(Vec<usize>),
    Reopen,
    Retain(u8),
    Turn,
    /// Reads from somewhere in the middle.
    Read(u8),
    /// An operation fails soon, and the process ends.
    Fail(u8, bool),
    PowerCut(usize, u64),
}

fn step() -> impl Strategy<Value = Step> {
    let lengths = prop::collection::vec(prop_oneof![4 => 0..400usize, 1 => 0..9_000usize], 1..8);
    prop_oneof![
        8 => lengths.prop_map(Step::Append),
        1 => Just(Step::Reopen),
        1 => any::<u8>().prop_map(Step::Retain),
        1 => Just(Step::Turn),
        1 => any::<u8>().prop_map(Step::Read),
        1 => (0..30u8, any::<bool>()).prop_map(|(after, torn)| Step::Fail(after, torn)),
        2 => (0..3usize, any::<u64>()).prop_map(|(model, seed)| Step::PowerCut(model, seed)),
    ]
}

/// A journal beside the list of what it should hold.
struct Life {
    sim: Sim,
    /// What was on the disk when the machine was last switched on.
    start: crate::disk::Image,
    journal: Option<Journal>,
    /// What was appended, and how much of that was acknowledged.
    written: Vec<Item>,
    told: u64,
}

impl Life {
    fn new() -> Self {
        let sim = Sim::default();
        let journal = Some(open(&sim).unwrap().0);
        Self { sim, start: crate::disk::Image::new(), journal, written: Vec::new(), told: 0 }
    }

    fn live(&mut self, step: &Step) {
        let told = self.told;
        let Some(journal) = &mut self.journal else { return };
        match step {
            Step::Append(lengths) => {
                let items: Vec<Item> = lengths.iter().map(|length| self.item(*length)).collect();
                self.append(&items);
            }
            Step::Reopen => self.reopen(),
            Step::Retain(share) => {
                let done = journal.retain(Position(told * u64::from(*share) / 300));
                self.ended(done);
            }
            Step::Turn => {
                let done = journal.turn(0);
                self.ended(done);
            }
            Step::Read(share) => {
                let first = journal.first().0;
                let from = first + (told + 1).saturating_sub(first) * u64::from(*share) / 255;
                let found = super::drain(&mut journal.read_from(Position(from)).unwrap()).unwrap();
                assert_eq!(found.len() as u64, told + 1 - from);
            }
            Step::Fail(after, torn) => {
                let fault = if *torn { Fault::Torn } else { Fault::Error(ErrorKind::Other) };
                self.sim.fail((*after).into(), fault, false);
                let items = [self.item(500), self.item(5_000)];
                self.append(&items);
                self.sim.heal();
            }
            Step::PowerCut(model, seed) => self.power_cut(*model, *seed),
        }
    }

    /// Each body is like no other.
    fn item(&self, length: usize) -> Item {
        let number = self.written.len() as u64;
        let mut body = number.to_le_bytes().to_vec();
        body.resize(8 + length, number as u8);
        (number as i64 / 3, body)
    }

    fn append(&mut self, items: &[Item]) {
        let Some(journal) = &mut self.journal else { return };
        match append(journal, items) {
            Ok(position) => {
                self.written.extend_from_slice(items);
                self.told = position.0;
                assert_eq!(self.told, self.written.len() as u64);
            }
            Err(error) => {
                self.written.extend_from_slice(items);
                self.ended(Err(error));
            }
        }
    }

    fn ended(&mut self, done: Result<(), JournalError>) {
        if done.is_err() {
            self.sim.heal();
            self.reopen();
        }
    }

    fn reopen(&mut self) {
        self.journal = None;
        let (journal, _) = open(&self.sim).unwrap();
        let last = check(&journal, &self.written, self.told, "opened");
        self.written.truncate(last);
        self.told = last as u64;
        self.journal = Some(journal);
    }

    fn power_cut(&mut self, model: usize, seed: u64) {
        self.journal = None;
        let mut platter = Platter::of(&self.start);
        self.sim.trace().iter().for_each(|op| platter.apply(op));
        self.start = platter.cut(MODELS[model], &mut Random(seed));
        self.sim = Sim::of(&self.start);
        self.reopen();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_journal_is_a_list_that_outlives_everything(steps in prop::collection::vec(step(), 1..60)) {
        let mut life = Life::new();
        for step in &steps {
            life.live(step);
        }
        life.reopen();
        let journal = life.journal.as_ref().unwrap();
        prop_assert_eq!(journal.reads().verify().unwrap().wrong.len(), 0);
    }

    #[test]
    fn any_damage_is_told_or_harmless(seed in any::<u64>(), bytes in prop::collection::vec((any::<u32>(), any::<u8>()), 1..4)) {
        let batches = super::batches(seed, 14);
        let sim = Sim::default();
        let (mut journal, _) = open(&sim).unwrap();
        for batch in &batches {
            append(&mut journal, batch).unwrap();
        }
        drop(journal);
        let mut image = sim.image();
        let paths: Vec<_> = image.keys().filter(|path| path.starts_with(folder())).cloned().collect();
        for (at, byte) in bytes {
            let file = image.get_mut(&paths[at as usize % paths.len()]).unwrap();
            let place = (at / 7) as usize % file.len().max(1);
            if let Some(there) = file.get_mut(place) {
                *there = byte;
            }
        }
        let sim = Sim::of(&image);
        if let Ok(journal) = open(&sim).map(|(journal, _)| journal)
            && all(&journal).is_ok()
        {
            let written = batches.concat();
            check(&journal, &written, written.len() as u64, "damage without effect");
        }
    }
}
