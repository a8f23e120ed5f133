//! The deploy's table from what was counted.

use super::counts::{Counts, Flow, Steps};
use super::entity::Mover;
use super::lineage::same_text;
use super::table::{Change, Refused, SegmentRow, StepChange, StepRow, Table, WorkflowRow};
use super::texts::Moving;
use crate::engine::world::{Eid, World};
use crate::plan::Subject;
use crate::plan::expr::text;
use crate::plan::{FactKind, Plan, WorkflowPlan};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Makes the table.
pub(super) fn table(
    mover: &Mover<'_>,
    world: &World,
    counts: &Counts,
    members: &BTreeMap<u32, [u64; 2]>,
) -> Table {
    let (old, new) = (mover.old, mover.new);
    let mut workflows: Vec<WorkflowRow> = (0..new.workflows.len() as u32)
        .filter_map(|at| row(mover, world, counts, (at, members.get(&at).copied().unwrap_or_default())))
        .collect();
    workflows.extend(forgotten(mover));
    suggest(mover, &mut workflows);
    workflows.sort_by(|one, two| one.name.cmp(&two.name));
    let windows = super::windows::rows(new, &world.life.gaps.list, mover.at);
    let refused = counts.refused.iter().filter_map(|((_, slot), (subject, count))| {
        let attribute = super::remap::attribute(&new.layout, (*subject)?, *slot);
        Some(Refused { subject: (*subject)?, attribute, count: *count })
    });
    Table { workflows, segments: segments(old, new, world), refused: refused.collect(), windows }
}

fn row(
    mover: &Mover<'_>,
    world: &World,
    counts: &Counts,
    (at, [members, backfilled]): (u32, [u64; 2]),
) -> Option<WorkflowRow> {
    let is = mover.new.workflows.get(at as usize)?;
    let before = mover.lineage.old_of(at).and_then(|at| mover.old.workflows.get(at as usize));
    let change = change(mover, is, before);
    let flow = counts.flows.get(&at).copied().unwrap_or_default();
    let by_hand = world.life.disabled.contains(&is.name);
    let stirred = flow.fates != super::Fates::default() || members > 0 || backfilled > 0 || by_hand;
    // One that was gone before and that nobody is in is no news.
    let known_gone = is.removed && before.is_some_and(|old| old.removed) && !stirred;
    if known_gone || (change == Change::Same && !stirred) {
        return None;
    }
    let Flow { under_way, fates } = flow;
    let steps = mover.texts.moves().filter(|((workflow, _), _)| mover.lineage.new_of(*workflow) == Some(at));
    let steps = steps.filter_map(|(text, moving)| Some(step_rows(moving, counts.texts.get(&text)?)));
    Some(WorkflowRow {
        name: Arc::clone(&is.name),
        change,
        state: is.state,
        disabled_by_hand: by_hand,
        under_way,
        fates,
        steps: steps.flatten().collect(),
        members,
        backfilled,
        looks_like: None,
    })
}

/// Workflows that are gone and that nobody was ever in.
fn forgotten<'m>(mover: &'m Mover<'_>) -> impl Iterator<Item = WorkflowRow> + 'm {
    let gone = mover.old.workflows.iter().zip(&mover.lineage.heirs);
    gone.filter(|(_, heir)| heir.is_none()).map(|(old, _)| WorkflowRow {
        name: Arc::clone(&old.name),
        change: Change::Removed,
        state: old.state,
        disabled_by_hand: false,
        under_way: 0,
        fates: super::Fates::default(),
        steps: Vec::new(),
        members: 0,
        backfilled: 0,
        looks_like: None,
    })
}

fn change(mover: &Mover<'_>, is: &WorkflowPlan, before: Option<&WorkflowPlan>) -> Change {
    let Some(was) = before.filter(|was| !was.removed || is.removed) else { return Change::New };
    if is.removed {
        return if was.removed { Change::Same } else { Change::Removed };
    }
    let edited = !same_text(was, is);
    if was.name != is.name {
        return Change::Renamed { from: Arc::clone(&was.name), edited };
    }
    match (edited, head(mover.old, was) == head(mover.new, is)) {
        (true, _) => Change::Edited,
        (false, false) => Change::Changed,
        (false, true) => Change::Same,
    }
}

/// What of a workflow concerns those who are not in it.
fn head(plan: &Plan, workflow: &WorkflowPlan) -> String {
    let only_if = workflow.only_if.map(|only_if| text(&plan.pool, only_if, &plan.layout, workflow.subject));
    let triggers: Vec<&Arc<str>> = workflow.triggers.iter().map(|trigger| &trigger.text).collect();
    let policy = &workflow.enrolment;
    let by = policy
        .parallel_by
        .map(|by| crate::plan::expr::value_text(&plan.pool, by, &plan.layout, workflow.subject));
    let (state, on_edit) = (workflow.state, workflow.on_edit);
    format!(
        "{only_if:?} {triggers:?} {by:?} {:?} {state:?} {on_edit:?}",
        (policy.every, policy.restart, policy.pause)
    )
}

/// The steps that changed, in the order of the new text, those that are gone behind them.
fn step_rows(moving: &Moving<'_>, counts: &Steps) -> Vec<StepRow> {
    let (old, new) = (moving.old, moving.new);
    let mut rows = Vec::new();
    for (step, at) in new.steps.iter().zip(0u32..) {
        let was = moving.found.old_of(at).and_then(|from| Some((from, old.steps.get(from as usize)?)));
        let change = match was {
            None => StepChange::Added,
            Some((_, was)) if was.digest != step.digest || was.blocks != step.blocks => StepChange::Edited,
            Some(_) if moving.found.is_moved(at) => StepChange::Moved,
            Some(_) => continue,
        };
        let counted = match was {
            Some((from, _)) => counts.old.get(from as usize),
            None => counts.new.get(at as usize),
        };
        let [before, here, after] = counted.copied().unwrap_or_default();
        rows.push(StepRow {
            old: was.map(|(_, was)| Arc::clone(was.name())),
            new: Some(Arc::clone(step.name())),
            text: Arc::clone(&step.text),
            change,
            before,
            at: here,
            after,
            skip: counts.skip.get(at as usize).copied().unwrap_or(0),
            to: None,
        });
    }
    for (step, at) in old.steps.iter().zip(0u32..).filter(|(_, at)| moving.found.new_of(*at).is_none()) {
        let [before, here, after] = counts.old.get(at as usize).copied().unwrap_or_default();
        let to = moving.behind(at).and_then(|to| new.steps.get(to as usize));
        rows.push(StepRow {
            old: Some(Arc::clone(step.name())),
            new: None,
            text: Arc::clone(&step.text),
            change: StepChange::Removed,
            before,
            at: here,
            after,
            skip: 0,
            to: to.map(|to| Arc::clone(to.name())),
        });
    }
    rows
}

/// A workflow that is new and has half of the steps of one that is gone, or more, may be the same under another name.
fn suggest(mover: &Mover<'_>, rows: &mut [WorkflowRow]) {
    let gone = mover.old.present().iter().filter(|old| mover.new.workflow(&old.name).is_none());
    let mut gone: Vec<&WorkflowPlan> = gone
        .filter(|old| !mover.new.present().iter().any(|new| new.was.as_ref() == Some(&old.name)))
        .collect();
    for row in rows.iter_mut().filter(|row| row.change == Change::New) {
        let Some((_, new)) = mover.new.workflow(&row.name) else { continue };
        let found = gone.iter().position(|old| looks_like(old, new));
        row.looks_like = found.map(|at| Arc::clone(&gone.remove(at).name));
    }
}

fn looks_like(old: &WorkflowPlan, new: &WorkflowPlan) -> bool {
    let shared = new.steps.iter().filter(|step| old.steps.iter().any(|other| other.digest == step.digest));
    let shared = shared.count();
    old.subject == new.subject && shared > 0 && shared * 2 >= old.steps.len().max(new.steps.len())
}

/// Segments that are new or say something else, with who is in them.
fn segments(old: &Plan, new: &Plan, world: &World) -> Vec<SegmentRow> {
    let before = definitions(old);
    let mut rows = Vec::new();
    for ((subject, name), (bit, words)) in definitions(new) {
        let known = before.get(&(subject, Arc::clone(&name)));
        if known.is_none_or(|(_, known)| *known != words) {
            rows.push((bit, SegmentRow { subject, name, new: known.is_none(), members: 0 }));
        }
    }
    let entities = if rows.is_empty() { 0 } else { world.len() as u32 };
    for at in 0..entities {
        let entity = world.entity(Eid(at));
        for (bit, row) in rows.iter_mut().filter(|(_, row)| row.subject == entity.subject && entity.created) {
            row.members += u64::from(entity.bits.get(*bit));
        }
    }
    rows.into_iter().map(|(_, row)| row).collect()
}

/// Segments by subject and name: the bit, and what they say.
fn definitions(plan: &Plan) -> BTreeMap<(Subject, Arc<str>), (u16, String)> {
    let segment = |fact: &crate::plan::FactPlan| {
        let FactKind::Bit(bit, condition) = &fact.kind else { return None };
        let described = plan.subject(fact.subject).bits.get(usize::from(*bit)).filter(|bit| bit.segment)?;
        let words = text(&plan.pool, *condition, &plan.layout, fact.subject);
        Some(((fact.subject, Arc::clone(&described.name)), (*bit, words)))
    };
    plan.facts.iter().filter_map(segment).collect()
}
