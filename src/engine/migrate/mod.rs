//! A world from one plan to another: deploys and edits of running workflows (semantics S8).
//!
//! In: a world, the plan that it is laid out for, the plan of the edited project, and an instant. Out: the changed world,
//! the plan that it is laid out for now (the new one, with what has to live on of the old), what happened, and what the
//! deploy did, as a [`Table`]. Time moves first, and what is due at the very instant is still of the old plan.
//!
//! The order: (1) every entity is laid out anew, one at a time ([`entity`]), enrolments among it ([`texts`], [`steps`]);
//! (2) who leaves by the edit leaves; (3) facts are worked out anew, all of them ([`facts`]), while triggers are silent;
//! (4) triggers that wait for an instant are armed; (5) exits, waits and steps as in any round, then backfills
//! ([`settle`], [`backfill`]). Entities are only ever passed over in their order; only lists of those concerned are kept.
//! Invariant: the same as of any input: the same world and plans give the same world, log and table, byte for byte.
//! Not here: reading projects, putting the table before somebody, keeping the plan.

mod backfill;
mod counts;
mod entity;
mod facts;
mod lineage;
mod members;
mod outbox;
mod remap;
mod rows;
mod settle;
pub mod steps;
mod table;
mod texts;
mod windows;

pub use table::{Change, Fates, Refused, SegmentRow, StepChange, StepRow, Table, WindowRow, WorkflowRow};

use super::effect::{Effects, Reject};
use super::gaps::Gaps;
use super::turn::{RunKey, Turn};
use super::world::{Eid, World};
use super::{Input, InputKind};
use crate::base::Instant;
use crate::plan::{Plan, subject_word};
use counts::Counts;
use entity::{Mover, Why};
use lineage::{Lineage, Survey};
use remap::Remap;
use settle::Moves;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use texts::Texts;

/// What is asked of a deploy.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// Workflows, by their new name, whose triggers fire for present members (semantics S8.2).
    pub backfill: BTreeMap<Arc<str>, Backfill>,
    /// Workflows that are enabled by this deploy and let those go on whose wait ended meanwhile (semantics S8.5).
    pub resume: BTreeSet<Arc<str>>,
}

/// As of when present members are taken in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Backfill {
    /// As of the deploy.
    Now,
    /// As of their own instant, by their id: waits count from it, and actions due before the deploy are not done. Whoever
    /// is not named is taken in as of the deploy.
    AsOf(BTreeMap<Arc<str>, Instant>),
}

/// What came of a deploy.
#[derive(Clone, Debug)]
pub struct Deployed {
    /// The plan that the world is laid out for now.
    pub plan: Plan,
    /// What happened up to then, by the old plan.
    pub before: Effects,
    /// What happened then, by the new one.
    pub effects: Effects,
    /// What it did.
    pub table: Table,
    /// For each workflow of the old plan its place in this one; `None`: it is gone, and nobody was ever in it.
    pub workflows: Vec<Option<u32>>,
}

/// Moves a world to another plan.
pub fn deploy(world: &mut World, old: &Plan, mut new: Plan, at: Instant, options: &Options) -> Deployed {
    let before = super::apply(world, old, &Input { at, kind: InputKind::Tick });
    let mut effects = Effects::default();
    let survey = Survey::of(world);
    let lineage = lineage::succeed(old, &mut new, &survey);
    rename(world, old, &new, &lineage);
    let remap = Remap::of(old, &new, &lineage);
    let texts = Texts::of(old, &new, &lineage, survey.inhabited.iter().copied());
    let now = world.now;
    let gaps = windows::gaps(old, &new, &remap, &world.life.gaps.list, now);
    world.life.gaps = if world.is_empty() { Gaps::default() } else { Gaps::of(&new, gaps) };
    let mover = Mover { old, new: &new, remap: &remap, texts: &texts, lineage: &lineage, at: now };
    let mut deploy = Deploy { mover, counts: Counts::new(&texts), came_from: BTreeMap::new() };
    let table = deploy.run(world, options, &mut effects);
    let workflows = (0..old.workflows.len() as u32).map(|at| lineage.new_of(at)).collect();
    Deployed { plan: new, before, effects, table, workflows }
}

/// A workflow that was disabled by hand stays so over a rename.
fn rename(world: &mut World, old: &Plan, new: &Plan, lineage: &Lineage) {
    for (workflow, at) in old.workflows.iter().zip(0u32..) {
        let heir = lineage.new_of(at).and_then(|at| new.workflows.get(at as usize));
        if let Some(heir) = heir.filter(|heir| heir.name != workflow.name)
            && world.life.disabled.remove(&workflow.name)
        {
            world.life.disabled.insert(Arc::clone(&heir.name));
        }
    }
}

/// A deploy at work.
struct Deploy<'p> {
    mover: Mover<'p>,
    counts: Counts,
    /// Enrolments that moved to another text, with the one that they come from.
    came_from: BTreeMap<RunKey, (u32, u16)>,
}

impl Deploy<'_> {
    fn run(&mut self, world: &mut World, options: &Options, effects: &mut Effects) -> Table {
        let (old, new) = (self.mover.old, self.mover.new);
        world.loads.clear();
        let mut leaving = BTreeMap::new();
        let mut turn = Turn::new(world, new, self.mover.at, effects);
        turn.silent = true;
        self.lay_out(&mut turn, &mut leaving);
        turn.leave_all(&leaving);
        turn.work_out_all();
        let other_zone = old.zone != new.zone;
        turn.arm_all(&self.mover.remap.triggers.values().copied().collect(), other_zone);
        turn.silent = false;
        let resumed = names(new, &options.resume);
        let moves = Moves {
            came_from: std::mem::take(&mut self.came_from),
            texts: self.mover.texts,
            rekeyed: self.rekeyed(),
            calendars: self.calendars(),
            other_zone,
        };
        let concerned = turn.look_at_all(&moves);
        let found = turn.members(self.mover.old, self.mover.lineage, options);
        let logged = turn.effects.log.len();
        turn.renew_rows(old);
        turn.settle_deploy(&concerned, &resumed, found.backfill);
        let log = effects.log.get(logged..).unwrap_or(&[]);
        self.counts.released(new, &concerned.held, &resumed, log);
        rows::table(&self.mover, world, &self.counts, &found.rows)
    }

    /// Every entity to its new place.
    fn lay_out(&mut self, turn: &mut Turn<'_>, leaving: &mut BTreeMap<RunKey, Why>) {
        let new = self.mover.new;
        for at in 0..turn.world.len() as u32 {
            let eid = Eid(at);
            let before: Vec<(u32, u16)> =
                turn.world.entity(eid).runs.iter().map(|run| (run.workflow, run.version)).collect();
            self.counts.before(&self.mover, turn.world.entity(eid));
            let moved = self.mover.entity(turn.world.entity_mut(eid));
            let keys = turn.all_runs(eid);
            for (key, text) in keys.iter().zip(before) {
                if self.mover.texts.moving(text).is_some() {
                    self.came_from.insert(*key, text);
                }
            }
            leaving.extend(moved.leaving.iter().filter_map(|(place, why)| Some((*keys.get(*place)?, *why))));
            self.counts.after(&self.mover, turn.world.entity(eid), &moved, &self.came_from, &keys);
            for (slot, old) in moved.changed {
                turn.moved_value(eid, slot, old);
            }
            for (slot, reason) in moved.refused {
                let entity = turn.world.entity(eid);
                let attribute = remap::attribute(&new.layout, entity.subject, slot);
                let name = format!("{}:{} {attribute}", subject_word(entity.subject), entity.id).into();
                turn.effects.rejects.push(Reject { name, reason: reason.into() });
            }
            count_loads(turn.world, new, eid);
        }
    }

    /// Workflows whose `in parallel by` says something else, or is read in another way.
    fn rekeyed(&self) -> BTreeSet<u32> {
        let (old, new) = (self.mover.old, self.mover.new);
        let words = |plan: &Plan, workflow: &crate::plan::WorkflowPlan| {
            let by = workflow.enrolment.parallel_by;
            by.map(|by| crate::plan::expr::value_text(&plan.pool, by, &plan.layout, workflow.subject))
        };
        let heirs = self.mover.lineage.from.iter().zip(0u32..);
        let other = heirs.filter_map(|(before, at)| {
            let (was, is) = (old.workflows.get((*before)? as usize)?, new.workflows.get(at as usize)?);
            (!is.removed && words(old, was) != words(new, is)).then_some(at)
        });
        other.collect()
    }

    /// Calendars that say something else, by their place in the new plan.
    fn calendars(&self) -> BTreeSet<u32> {
        let known = |calendar: &crate::plan::CalendarPlan| self.mover.old.calendars.contains(calendar);
        self.mover
            .new
            .calendars
            .iter()
            .zip(0u32..)
            .filter(|(calendar, _)| !known(calendar))
            .map(|(_, at)| at)
            .collect()
    }
}

/// The places of workflows, by name.
fn names(plan: &Plan, names: &BTreeSet<Arc<str>>) -> BTreeSet<u32> {
    names.iter().filter_map(|name| plan.workflow(name).map(|(at, _)| at)).collect()
}

/// Counts whom an entity is with, where somebody asks for the least loaded.
fn count_loads(world: &mut World, plan: &Plan, eid: Eid) {
    let entity = world.entity(eid);
    let side = entity.subject.index() as u8;
    let slots = plan.index.loads.iter().filter(|(of, _)| *of == side);
    let held: Vec<(u16, crate::value::Value)> =
        slots.map(|(_, slot)| (*slot, entity.snapshot.value(*slot))).collect();
    for (slot, value) in held {
        world.count_load(plan, eid, slot, (&crate::value::Value::Missing, &value));
    }
}
