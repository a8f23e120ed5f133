//! Counts add up: for random projects and histories, statistics kept line by line are what a recount of the log gives, what
//! a store gives back, what a replay of the journal gives, and what follows from who is where.

use super::model::history::history;
use super::model::make::draft;
use super::model::project::Project;
use super::model::random::Random;
use super::property::number;
use rayon::prelude::*;
use std::collections::BTreeMap;
use wayfare::engine::outbox::{Report, RowState};
use wayfare::engine::present::Stand;
use wayfare::engine::{Eid, Input, InputKind, Line, LogKind, RowId, RowInput, World, apply};
use wayfare::plan::Plan;
use wayfare::stats::{Counts, Stats};

const REPORTS: [Report; 5] =
    [Report::Delivered, Report::Opened, Report::OpenedByMachine, Report::Clicked, Report::Unsubscribed];

/// A world, its log, and the statistics that are kept of it, with what a store holds of them.
struct Played {
    plan: Plan,
    world: World,
    lines: Vec<Line>,
    stats: Stats,
    stored: BTreeMap<u64, Vec<u8>>,
    left: Vec<RowId>,
}

impl Played {
    fn apply(&mut self, input: &Input) {
        let effects = apply(&mut self.world, &self.plan, input);
        for entry in &effects.log {
            let line = Line::of(&self.plan, entry);
            self.stats.add(&line);
            self.lines.push(line);
        }
    }

    /// People and delivery do something with what is open.
    fn deliver(&mut self, random: &mut Random, at: wayfare::base::Instant) {
        let open: Vec<Eid> = self.world.open_rows().collect();
        for entity in open {
            let rows = self.world.entity(entity).outbox.iter().flat_map(|outbox| outbox.rows.clone());
            for row in rows.collect::<Vec<_>>() {
                let id = RowId { entity, number: row.number };
                let what = match row.state {
                    RowState::Ready => RowInput::Attempt,
                    RowState::Sending if random.percent(80) => {
                        self.left.push(id);
                        RowInput::Succeeded { reference: None, kept: Vec::new(), answer: None }
                    }
                    RowState::Sending => RowInput::Failed {
                        reason: "no".into(),
                        again: random.percent(50),
                        after: None,
                        answer: None,
                    },
                    _ => RowInput::Send { anyway: true },
                };
                self.apply(&Input { at, kind: InputKind::Row { row: id, what, by: "".into() } });
            }
        }
        if !self.left.is_empty() {
            let (row, what) = (*random.one(&self.left), *random.one(&REPORTS));
            let what = RowInput::Report { what, time: at, detail: "".into() };
            self.apply(&Input { at, kind: InputKind::Row { row, what, by: "".into() } });
        }
    }

    /// Writes what changed, and goes on with what is read again.
    fn store(&mut self) {
        self.stored.extend(self.stats.take_changed().unwrap());
        let read = Stats::read(self.stored.iter().map(|(at, content)| (*at, &**content))).unwrap();
        assert_eq!(read, self.stats);
        self.stats = read;
    }
}

fn count(lines: &[Line], of: impl Fn(&LogKind) -> bool) -> u64 {
    lines.iter().filter(|line| of(&line.kind)).count() as u64
}

/// What the counts of a workflow must be, from its lines alone.
fn adds_up(counts: &Counts, lines: &[Line], present: u64) {
    let ends = |kind: &LogKind| matches!(kind, LogKind::Finished | LogKind::Exited(_) | LogKind::Goal(_));
    assert_eq!(counts.enrolled, count(lines, |kind| matches!(kind, LogKind::Enrolled(_))));
    assert_eq!(counts.ended(), count(lines, ends));
    assert_eq!(counts.goals, count(lines, |kind| matches!(kind, LogKind::Goal(_))));
    assert_eq!(counts.enrolled - counts.ended(), present, "who is in");
    let days = |of: fn(&wayfare::stats::DayCounts) -> u64| {
        let hours: u64 = counts.hours.values().map(of).sum();
        let days: u64 = counts.days.values().map(of).sum();
        assert_eq!(days, hours, "hours of less than 90 days");
        days
    };
    assert_eq!(days(|day| day.enrolled), counts.enrolled);
    assert_eq!(days(|day| day.ended), counts.ended());
    assert_eq!(days(|day| day.failed), counts.failures());
    assert_eq!(counts.cohorts.values().map(|cohort| cohort.enrolled).sum::<u64>(), counts.enrolled);
    assert_eq!(counts.cohorts.values().flat_map(|cohort| &cohort.ended).sum::<u64>(), counts.ended());
    assert_eq!(counts.cohorts.values().flat_map(|cohort| &cohort.goals).sum::<u64>(), counts.goals);
    assert_eq!(counts.to_goal.count(), counts.goals);
    let arms: u64 = counts.arms.values().flat_map(BTreeMap::values).map(|arm| arm.enrolled).sum();
    assert_eq!(arms, count(lines, |kind| matches!(kind, LogKind::Arm(_))));
    for arm in counts.arms.values().flat_map(BTreeMap::values) {
        assert!(arm.goals <= arm.ended && arm.ended <= arm.enrolled, "{arm:?}");
    }
    let mail = counts.mail();
    let reported = REPORTS.map(|what| counts.rows.get(what.word()).copied().unwrap_or_default());
    assert_eq!(
        [mail.delivered, mail.opened, mail.opened_by_machine, mail.clicked, mail.unsubscribed],
        reported
    );
    assert_eq!(counts.mail_days.values().map(|day| day.sent).sum::<u64>(), mail.sent);
}

/// The index of who is where, against a look at everybody.
fn who_is_where(world: &World, workflows: usize) {
    for workflow in 0..workflows as u32 {
        let runs = |eid: Eid| world.entity(eid).runs.iter().filter(move |run| run.workflow == workflow);
        let all: Vec<Eid> = world.iter().map(|(eid, _)| eid).collect();
        let inside = all.iter().copied().filter(|eid| runs(*eid).next().is_some());
        assert!(inside.eq(world.present().entities(workflow, Eid(0))));
        for shadow in [false, true] {
            let mut counts: BTreeMap<Stand, u64> = BTreeMap::new();
            for run in all.iter().flat_map(|eid| runs(*eid)).filter(|run| run.shadow == shadow) {
                *counts.entry(Stand::of(run)).or_default() += 1;
            }
            assert!(counts.into_iter().eq(world.present().counts(workflow, shadow)));
        }
    }
    let open = world.iter().filter(|(_, entity)| entity.has_open_rows()).count();
    assert_eq!(open, world.open_entities());
}

/// A world as it comes back from a store, of which only the directory was read.
fn restored(world: &World) -> World {
    let mut again = World::new();
    for (eid, _) in world.iter() {
        again.restore_known(&world.known(eid));
    }
    again
}

/// Plays a case; how many of its lines were counted, took an arm, and were sent.
fn play(seed: u64) -> [u64; 3] {
    let mut random = Random(seed.wrapping_add(1 << 41));
    let (draft, history) = (draft(&mut random), history(&mut random));
    let plan = Project::read(&draft.text(), &draft.zone).unwrap_or_else(|errors| panic!("{errors}")).plan;
    let mut played = Played {
        plan,
        world: World::new(),
        lines: Vec::new(),
        stats: Stats::default(),
        stored: BTreeMap::new(),
        left: Vec::new(),
    };
    for input in &history {
        played.apply(input);
        played.deliver(&mut random, input.at);
        who_is_where(&played.world, played.plan.workflows.len());
        if random.percent(30) {
            played.store();
        }
    }
    played.store();
    assert_eq!(restored(&played.world).present(), played.world.present());
    assert_eq!(played.stats, Stats::of(&played.lines), "seed {seed}: a recount");
    for (side, shadow) in [(&played.stats.live, false), (&played.stats.shadow, true)] {
        for (name, counts) in side {
            let own = |line: &&Line| line.workflow.as_ref() == Some(name) && line.shadow == shadow;
            let lines: Vec<Line> = played.lines.iter().filter(own).cloned().collect();
            let (workflow, _) = played.plan.workflow(name).unwrap();
            let runs = played.world.iter().flat_map(|(_, entity)| &entity.runs);
            let present = runs.filter(|run| run.workflow == workflow && run.shadow == shadow).count();
            adds_up(counts, &lines, present as u64);
        }
    }
    let sent = played.stats.live.values().map(|counts| counts.mail().sent).sum();
    [played.lines.len() as u64, count(&played.lines, |kind| matches!(kind, LogKind::Arm(_))), sent]
}

#[test]
fn counts_add_up_for_random_histories() {
    let first = number("WAYFARE_SEED", 1);
    let seeds: Vec<u64> = (first..first + number("WAYFARE_CASES", 2_000) / 4).collect();
    let met: Vec<[u64; 3]> = seeds.par_iter().map(|seed| play(*seed)).collect();
    let all: [u64; 3] = std::array::from_fn(|what| met.iter().map(|one| one[what]).sum());
    println!("{} cases: {} lines, {} arms, {} sent", seeds.len(), all[0], all[1], all[2]);
    assert!(seeds.len() < 400 || all.iter().all(|count| *count > 0), "{all:?}");
}

#[test]
fn a_form_that_is_not_known_is_replaced_by_a_recount() {
    let line = |kind: LogKind| Line {
        at: wayfare::base::Instant(0),
        workflow: Some("W".into()),
        entity: Eid(0),
        number: 1,
        step: None,
        kind,
        shadow: false,
        course: None,
    };
    let lines = [line(LogKind::Enrolled("by hand".into())), line(LogKind::Finished)];
    let mut stored: BTreeMap<u64, Vec<u8>> = Stats::of(&lines).take_changed().unwrap().into_iter().collect();
    stored.values_mut().for_each(|content| content[0] = 9);
    let contents =
        |stored: &BTreeMap<u64, Vec<u8>>| Stats::read(stored.iter().map(|(at, content)| (*at, &**content)));
    assert!(contents(&stored).is_err());
    let mut anew = Stats::of(&lines).instead_of(stored.keys().copied());
    stored.extend(anew.take_changed().unwrap());
    assert_eq!(contents(&stored).unwrap(), anew);
    assert_eq!(anew.live["W"].ended(), 1);
}
