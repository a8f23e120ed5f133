//! What reads what: for everything of an entity that can change, the facts to work out anew and the triggers to look at.
//!
//! In: the facts and workflows of a plan. Out: [`Index`]. Invariant: lists are sorted and hold each target once.

use super::expr::{AggId, Dep, RelId, Who};
use super::needs::{AggregateView, Need, Needs};
use super::{FactKind, Plan, TriggerPlanKind};
use crate::check::checked::Subject;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A fact to work out anew, and for whom, seen from the entity that changed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Target {
    /// The fact of the entity itself.
    Own(u32),
    /// The fact of every contact whose account it is.
    OfContacts(u32),
    /// The pairs of a relation in which the entity is the one counted.
    Member(u32),
    /// The pairs of a relation in which the entity is the one outside.
    Outer(u32),
}

/// A trigger: (workflow, place in its triggers).
pub type TriggerId = (u32, u16);

/// What looks at one thing that can change.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Readers {
    /// Facts.
    pub facts: Vec<Target>,
    /// Triggers that fire on its change.
    pub triggers: Vec<TriggerId>,
    /// `reaches` triggers whose instant hangs on it.
    pub arms: Vec<TriggerId>,
}

/// What reads what, for accounts and contacts (see [`Subject::index`]).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Index {
    /// By slot.
    pub slots: [Vec<Readers>; 2],
    /// By bit.
    pub bits: [Vec<Readers>; 2],
    /// By aggregate.
    pub aggregates: Vec<Readers>,
    /// By relation.
    pub relations: Vec<Readers>,
    /// By workflow: facts that ask whether an entity is in it.
    pub workflows: [Vec<Readers>; 2],
    /// By subject: facts that read the entity's zone.
    pub zones: [Readers; 2],
    /// By subject and event: what must be kept of it.
    pub needs: [Vec<Option<Need>>; 2],
    /// By aggregate: how to work it out.
    pub views: Vec<AggregateView>,
    /// By subject: aggregates over all activity.
    pub active: [Vec<AggId>; 2],
    /// By subject: how far back activity is kept, in milliseconds; 0: not at all.
    pub activity_reach: [i64; 2],
    /// By subject: workflows that some fact asks whether an entity is in.
    pub flow_read: [Vec<u32>; 2],
    /// By subject: relations over such entities' contacts or accounts, of which they are the outer.
    pub outer_of: [Vec<RelId>; 2],
    /// Facts of contacts that read their account.
    pub through_account: Vec<u32>,
    /// Events by name.
    pub events: BTreeMap<Arc<str>, u32>,
    /// (subject's index, slot) of users that a `least loaded of` counts.
    pub loads: Vec<(u8, u16)>,
    /// By event and subject: `performs` triggers.
    pub performs: [Vec<Vec<TriggerId>>; 2],
    /// By subject: `is created` triggers.
    pub created: [Vec<TriggerId>; 2],
    /// By subject: clock triggers.
    pub clocks: [Vec<TriggerId>; 2],
    /// By subject: `reaches` triggers, all.
    pub arms: [Vec<TriggerId>; 2],
    /// By subject: its facts, in order.
    pub facts: [Vec<u32>; 2],
    /// By relation: its fact.
    pub relation_facts: Vec<u32>,
    /// By declared action: the slots of the account ([`Who::Account`]) and of the contact ([`Who::This`]) that its
    /// request and its rules read.
    pub action_reads: Vec<Vec<(Who, u16)>>,
    /// By workflow: its place by name. Empty if they lie in that order.
    pub ranks: Vec<u32>,
}

/// Sorts a list and takes out what stands in it twice. Lists are filled first and tidied once, so that a list of many costs
/// no more an item than one of few.
fn tidy<T: Ord>(list: &mut Vec<T>) {
    list.sort_unstable();
    list.dedup();
    list.shrink_to_fit();
}

impl Index {
    /// Works the index out.
    pub fn of(plan: &Plan) -> Self {
        let mut index = Self::sized(plan);
        for (at, fact) in plan.facts.iter().enumerate() {
            index.add_fact(plan, at as u32, fact.subject, &fact.kind);
        }
        for (workflow, at) in plan.workflows.iter().zip(0u32..) {
            for (trigger, place) in workflow.triggers.iter().zip(0u16..) {
                index.add_trigger(plan, workflow.subject, (at, place), &trigger.kind);
            }
        }
        index.add_flows(plan);
        index.action_reads = plan.actions.iter().map(|action| plan.slots_read(action)).collect();
        index.rank(plan);
        index.tidy();
        index
    }

    /// Removed workflows stand behind the others.
    fn rank(&mut self, plan: &Plan) {
        if !plan.workflows.iter().any(|workflow| workflow.removed) {
            return;
        }
        let mut order: Vec<usize> = (0..plan.workflows.len()).collect();
        order.sort_by_key(|at| plan.workflows.get(*at).map(|workflow| &workflow.name));
        self.ranks = vec![0; order.len()];
        for (rank, at) in order.into_iter().enumerate() {
            if let Some(place) = self.ranks.get_mut(at) {
                *place = rank as u32;
            }
        }
    }

    fn tidy(&mut self) {
        let of_sides = [&mut self.slots, &mut self.bits, &mut self.workflows];
        let readers = of_sides.into_iter().flatten().flatten();
        let readers = readers.chain(&mut self.aggregates).chain(&mut self.relations).chain(&mut self.zones);
        for Readers { facts, triggers, arms } in readers {
            tidy(facts);
            tidy(triggers);
            tidy(arms);
        }
        let of_sides = [&mut self.created, &mut self.clocks, &mut self.arms];
        of_sides.into_iter().flatten().chain(self.performs.iter_mut().flatten()).for_each(tidy);
        self.flow_read.iter_mut().for_each(tidy);
        self.outer_of.iter_mut().for_each(tidy);
        tidy(&mut self.through_account);
        tidy(&mut self.loads);
    }

    fn sized(plan: &Plan) -> Self {
        let readers = |count: usize| vec![Readers::default(); count];
        let [accounts, contacts] = &plan.subjects;
        let [account_slots, contact_slots] = &plan.layout.schemas;
        let events = plan.events.len();
        let Needs { of: needs, views, active, activity_reach } = Needs::of(plan);
        Self {
            slots: [readers(account_slots.len()), readers(contact_slots.len())],
            bits: [readers(accounts.bits.len()), readers(contacts.bits.len())],
            aggregates: readers(plan.pool.aggregates().len()),
            relations: readers(plan.pool.relations().len()),
            workflows: [readers(plan.workflows.len()), readers(plan.workflows.len())],
            needs,
            views,
            active,
            activity_reach,
            performs: [vec![Vec::new(); events], vec![Vec::new(); events]],
            relation_facts: vec![0; plan.pool.relations().len()],
            events: plan.events.iter().zip(0u32..).map(|(event, at)| (Arc::clone(&event.name), at)).collect(),
            ..Self::default()
        }
    }

    fn add_fact(&mut self, plan: &Plan, at: u32, subject: Subject, kind: &FactKind) {
        if let FactKind::Relation(relation) = kind {
            return self.add_relation(plan, *relation, subject, at);
        }
        if let Some(list) = self.facts.get_mut(subject.index()) {
            list.push(at);
        }
        if let Some(fact) = plan.facts.get(at as usize) {
            self.add_reads(&plan.fact_reads(fact), subject, at);
        }
    }

    fn add_reads(&mut self, deps: &[Dep], subject: Subject, fact: u32) {
        for dep in deps {
            match who(*dep) {
                Who::This => self.read(*dep, subject, Target::Own(fact)),
                Who::Account => {
                    self.through_account.push(fact);
                    self.read(*dep, Subject::Account, Target::OfContacts(fact));
                }
                Who::Outer => {}
            }
        }
    }

    fn add_relation(&mut self, plan: &Plan, relation: RelId, over: Subject, fact: u32) {
        if let Some(slot) = self.relation_facts.get_mut(relation.index()) {
            *slot = fact;
        }
        let outer = other(over);
        let Some(definition) = plan.pool.relations().get(relation.index()) else { return };
        if let Some(list) = self.outer_of.get_mut(outer.index()) {
            list.push(relation);
        }
        for dep in plan.pool.reads(definition.condition) {
            match who(*dep) {
                Who::This => self.read(*dep, over, Target::Member(fact)),
                Who::Outer => self.read(*dep, outer, Target::Outer(fact)),
                Who::Account => self.read(*dep, Subject::Account, Target::OfContacts(fact)),
            }
        }
    }

    fn read(&mut self, dep: Dep, subject: Subject, target: Target) {
        let side = subject.index();
        let readers = match dep {
            Dep::Slot(_, slot) => self.slots.get_mut(side).and_then(|list| list.get_mut(usize::from(slot))),
            Dep::Bit(_, bit) => self.bits.get_mut(side).and_then(|list| list.get_mut(usize::from(bit))),
            Dep::Aggregate(_, aggregate) => self.aggregates.get_mut(aggregate.index()),
            Dep::Relation(relation) => self.relations.get_mut(relation.index()),
            Dep::Workflow(_, workflow) => {
                self.workflows.get_mut(side).and_then(|list| list.get_mut(workflow as usize))
            }
            Dep::Zone => self.zones.get_mut(side),
            _ => None,
        };
        if let Some(readers) = readers {
            readers.facts.push(target);
        }
    }

    fn add_trigger(&mut self, plan: &Plan, subject: Subject, id: TriggerId, kind: &TriggerPlanKind) {
        let side = subject.index();
        match kind {
            TriggerPlanKind::Bit { bit, .. } => {
                if let Some(readers) =
                    self.bits.get_mut(side).and_then(|list| list.get_mut(usize::from(*bit)))
                {
                    readers.triggers.push(id);
                }
            }
            TriggerPlanKind::Stage { .. } => self.trigger_on_slot(side, 2, id),
            TriggerPlanKind::Health { .. } => self.trigger_on_slot(side, 3, id),
            TriggerPlanKind::Slot { slot, .. } => self.trigger_on_slot(side, *slot, id),
            TriggerPlanKind::Performs { event, .. } => {
                if let Some(list) = self.performs.get_mut(side).and_then(|list| list.get_mut(*event as usize))
                {
                    list.push(id);
                }
            }
            TriggerPlanKind::Created => put_side(&mut self.created, side, id),
            TriggerPlanKind::Clock(_) => put_side(&mut self.clocks, side, id),
            TriggerPlanKind::Reaches(instant) => {
                put_side(&mut self.arms, side, id);
                self.add_arm(plan.pool.value_reads(*instant), side, id);
            }
            TriggerPlanKind::ByHand => {}
        }
    }

    fn trigger_on_slot(&mut self, side: usize, slot: u16, id: TriggerId) {
        if let Some(readers) = self.slots.get_mut(side).and_then(|list| list.get_mut(usize::from(slot))) {
            readers.triggers.push(id);
        }
    }

    fn add_arm(&mut self, deps: &[Dep], side: usize, id: TriggerId) {
        for dep in deps {
            let readers = match dep {
                Dep::Slot(_, slot) => {
                    self.slots.get_mut(side).and_then(|list| list.get_mut(usize::from(*slot)))
                }
                Dep::Zone => self.zones.get_mut(side),
                _ => None,
            };
            if let Some(readers) = readers {
                readers.arms.push(id);
            }
        }
    }

    /// The event of that name.
    pub fn event(&self, name: &str) -> Option<u32> {
        self.events.get(name).copied()
    }

    /// What must be kept of an event of that kind of entity.
    pub fn need(&self, side: usize, event: u32) -> Option<&Need> {
        self.needs.get(side)?.get(event as usize)?.as_ref()
    }

    fn add_flows(&mut self, plan: &Plan) {
        for fact in &plan.facts {
            for dep in plan.fact_reads(fact) {
                if let Dep::Workflow(_, workflow) = dep {
                    let subject =
                        plan.workflows.get(workflow as usize).map(|workflow| workflow.subject.index());
                    if let Some(list) = subject.and_then(|side| self.flow_read.get_mut(side)) {
                        list.push(workflow);
                    }
                }
            }
        }
        for workflow in plan.workflows.iter().chain(plan.retired.iter().map(|retired| &retired.text)) {
            for condition in workflow.watched() {
                for dep in plan.pool.reads(condition) {
                    if let (Dep::Workflow(_, read), Some(list)) =
                        (dep, self.flow_read.get_mut(workflow.subject.index()))
                    {
                        list.push(*read);
                    }
                }
            }
            let side = workflow.subject.index() as u8;
            let owner = plan.subject(workflow.subject).owner_slot;
            if let Some(slot) = owner.filter(|_| workflow.asks_for_loads()) {
                self.loads.push((side, slot));
            }
        }
    }
}

/// Whether something is read through a contact's account.
pub fn is_account(dep: &Dep) -> bool {
    who(*dep) == Who::Account
}

fn put_side(lists: &mut [Vec<TriggerId>; 2], side: usize, id: TriggerId) {
    if let Some(list) = lists.get_mut(side) {
        list.push(id);
    }
}

/// The other kind of entity.
pub fn other(subject: Subject) -> Subject {
    match subject {
        Subject::Account => Subject::Contact,
        Subject::Contact => Subject::Account,
    }
}

fn who(dep: Dep) -> Who {
    match dep {
        Dep::Slot(who, _) | Dep::Bit(who, _) | Dep::Aggregate(who, _) | Dep::Workflow(who, _) => who,
        _ => Who::This,
    }
}
