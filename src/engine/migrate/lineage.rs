//! Which workflow of a new plan is which one of the old, and which texts live on (semantics S8.3, S8.6).
//!
//! In: both plans and who is in what ([`Survey`]). Out: [`Lineage`]; the new plan with the workflows that were removed but
//! are remembered, and with the texts that someone is to end in (`on edit finish`). Invariant: each old workflow that
//! anybody was ever in has its place in the new plan, so that `once` holds over edits and removal.

use crate::engine::world::{Eid, World};
use crate::plan::{EnrolmentPlan, OnEdit, Op, Plan, RetiredPlan, Successor, WorkflowPlan};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Who is in what.
#[derive(Default)]
pub(super) struct Survey {
    /// (workflow, version) of enrolments under way.
    pub inhabited: BTreeSet<(u32, u16)>,
    /// Workflows that somebody is or was in.
    pub remembered: BTreeSet<u32>,
}

impl Survey {
    pub fn of(world: &World) -> Self {
        let mut survey = Self::default();
        for at in 0..world.len() as u32 {
            let entity = world.entity(Eid(at));
            survey.inhabited.extend(entity.watched().map(|run| (run.workflow, run.version)));
            survey.remembered.extend(entity.past.iter().map(|past| past.workflow));
        }
        survey.remembered.extend(survey.inhabited.iter().map(|(workflow, _)| *workflow));
        survey
    }
}

/// What becomes of a workflow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Heir {
    /// Its new place.
    pub workflow: u32,
    /// Whether those under way have another text before them now.
    pub edited: bool,
    /// What becomes of them then.
    pub on_edit: OnEdit,
}

/// Which workflow is which.
pub(super) struct Lineage {
    /// For each old workflow; `None`: it is gone, and nobody was ever in it.
    pub heirs: Vec<Option<Heir>>,
    /// For each new workflow the old one.
    pub from: Vec<Option<u32>>,
    /// The new version of old texts that live on, by (old workflow, old version).
    pub versions: BTreeMap<(u32, u16), u16>,
}

impl Lineage {
    /// The new place of an old workflow.
    pub fn new_of(&self, old: u32) -> Option<u32> {
        self.heirs.get(old as usize)?.as_ref().map(|heir| heir.workflow)
    }

    /// The old workflow of a new one.
    pub fn old_of(&self, new: u32) -> Option<u32> {
        self.from.get(new as usize).copied().flatten()
    }
}

/// Whether those under way see no difference: steps, goals and exits say the same.
pub(super) fn same_text(old: &WorkflowPlan, new: &WorkflowPlan) -> bool {
    let step = |one: &crate::plan::StepPlan| (one.label.clone(), one.digest, one.inside, one.blocks.clone());
    let words = |flow: &WorkflowPlan| {
        let watches = [&flow.goals, &flow.exits]
            .map(|list| list.iter().map(|one| Arc::clone(&one.text)).collect::<Vec<_>>());
        (watches, flow.steps.iter().map(step).collect::<Vec<_>>())
    };
    old.subject == new.subject && words(old) == words(new)
}

/// Finds the heirs, and completes the new plan.
pub(super) fn succeed(old: &Plan, new: &mut Plan, survey: &Survey) -> Lineage {
    let mut from = origins(old, new);
    remember(old, new, survey, &mut from);
    let mut heirs: Vec<Option<Heir>> = vec![None; old.workflows.len()];
    for (before, workflow) in from.iter().zip(0u32..) {
        let Some(before) = before else { continue };
        let (Some(was), Some(is)) =
            (old.workflows.get(*before as usize), new.workflows.get(workflow as usize))
        else {
            continue;
        };
        let (edited, on_edit) = (!same_text(was, is), is.on_edit);
        if let Some(heir) = heirs.get_mut(*before as usize) {
            *heir = Some(Heir { workflow, edited, on_edit });
        }
        // A name that was given up and is another's now: who was in the first is remembered under it.
        for (namesake, heir) in old.workflows.iter().zip(&mut heirs) {
            if namesake.removed && namesake.name == is.name && heir.is_none() {
                *heir = Some(Heir { workflow, edited: true, on_edit: OnEdit::Exit });
            }
        }
    }
    let mut lineage = Lineage { heirs, from, versions: BTreeMap::new() };
    live_on(old, new, survey, &mut lineage);
    lineage
}

/// For each new workflow the old one: of its name, else of the name that it had; one that the old project had before one
/// that it only remembers. Its first name goes on, and no two have the same.
fn origins(old: &Plan, new: &mut Plan) -> Vec<Option<u32>> {
    let own: BTreeSet<Arc<str>> = new.workflows.iter().map(|workflow| Arc::clone(&workflow.name)).collect();
    let find = |name: &Arc<str>, removed: bool| {
        let is = |workflow: &WorkflowPlan| workflow.name == *name && workflow.removed == removed;
        old.workflows.iter().position(is).map(|at| at as u32)
    };
    let before = |workflow: &WorkflowPlan| {
        let was = workflow.was.as_ref().filter(|was| !own.contains(*was));
        let names = [Some(&workflow.name), was];
        let mut asked = [false, true].into_iter().flat_map(|removed| names.map(|name| (name, removed)));
        asked.find_map(|(name, removed)| find(name?, removed))
    };
    let from: Vec<Option<u32>> = new.workflows.iter().map(before).collect();
    let mut taken: BTreeSet<Arc<str>> = old.workflows.iter().map(|one| Arc::clone(&one.origin)).collect();
    for (workflow, before) in new.workflows.iter_mut().zip(&from) {
        workflow.origin = match before.and_then(|at| old.workflows.get(at as usize)) {
            Some(before) => Arc::clone(&before.origin),
            None => unused(&workflow.origin, &taken),
        };
        taken.insert(Arc::clone(&workflow.origin));
    }
    from
}

/// A first name that no other workflow has or had: its idempotency keys must be its own.
fn unused(name: &Arc<str>, taken: &BTreeSet<Arc<str>>) -> Arc<str> {
    let others = (2u32..).map(|number| format!("{name}#{number}").into());
    let mut all = std::iter::once(Arc::clone(name)).chain(others);
    all.find(|one| !taken.contains(one)).unwrap_or_else(|| Arc::clone(name))
}

/// Adds the old workflows that the project has no more and somebody is or was in, without text, by name.
fn remember(old: &Plan, new: &mut Plan, survey: &Survey, from: &mut Vec<Option<u32>>) {
    let taken: BTreeSet<u32> = from.iter().flatten().copied().collect();
    let namesake = |at: u32| {
        old.workflows.get(at as usize).is_some_and(|old| new.workflows.iter().any(|new| new.name == old.name))
    };
    let gone = survey.remembered.iter().filter(|at| !taken.contains(at) && !namesake(**at));
    let mut gone: Vec<(u32, &WorkflowPlan)> =
        gone.filter_map(|at| Some((*at, old.workflows.get(*at as usize)?))).collect();
    gone.sort_by(|(_, one), (_, two)| one.name.cmp(&two.name));
    for (at, workflow) in gone {
        from.push(Some(at));
        new.workflows.push(empty(workflow));
    }
}

/// A workflow that nobody can come into, without steps.
fn empty(workflow: &WorkflowPlan) -> WorkflowPlan {
    WorkflowPlan {
        name: Arc::clone(&workflow.name),
        was: None,
        origin: Arc::clone(&workflow.origin),
        removed: true,
        subject: workflow.subject,
        description: None,
        state: workflow.state,
        on_edit: workflow.on_edit,
        enrolment: EnrolmentPlan::default(),
        triggers: Vec::new(),
        only_if: None,
        exits: Vec::new(),
        goals: Vec::new(),
        ops: vec![Op::End],
        steps: Vec::new(),
        kept: Vec::new(),
    }
}

/// Takes the texts over into the new plan that somebody is to end in.
fn live_on(old: &Plan, new: &mut Plan, survey: &Survey, lineage: &mut Lineage) {
    let mut successor = Successor::new(
        old,
        lineage.heirs.iter().map(|heir| heir.as_ref().map(|heir| heir.workflow)).collect(),
    );
    for (workflow, version) in &survey.inhabited {
        let Some(Some(heir)) = lineage.heirs.get(*workflow as usize) else { continue };
        let stays = if heir.edited { heir.on_edit == OnEdit::Finish } else { *version > 0 };
        let Some(text) = old.version(*workflow, *version).filter(|_| stays) else { continue };
        let text = successor.take_over(new, text);
        new.retired.push(RetiredPlan { workflow: heir.workflow, text });
        lineage.versions.insert((*workflow, *version), new.retired.len() as u16);
    }
    new.index = crate::plan::Index::of(new);
}
