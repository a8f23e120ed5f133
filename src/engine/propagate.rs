//! Facts: worked out anew when what they read changed, each once a round, in order (semantics S1.6, S2.2).

use super::effect::Noted;
use super::entity::{Links, note};
use super::env::Here;
use super::turn::{Changed, Firing, Turn};
use super::world::Eid;
use crate::base::Instant;
use crate::plan::expr::{self, RelId};
use crate::plan::{FactKind, HealthChange, HealthPlan, Readers, Subject, Target, TriggerPlanKind};
use crate::value::{Level, Value};
use std::cell::Cell;
use std::sync::Arc;

impl Turn<'_> {
    /// Works out all that is to be worked out.
    pub(super) fn propagate(&mut self) {
        while let Some((fact, eid)) = self.work.pop_first() {
            self.work_out(fact, eid);
            self.quiet = false;
        }
    }

    pub(super) fn work_out(&mut self, fact: u32, eid: Eid) {
        let plan = self.plan;
        let Some(definition) = plan.facts.get(fact as usize) else { return };
        if let FactKind::Relation(relation) = definition.kind {
            return self.work_out_pairs(fact, relation, eid);
        }
        if !self.world.entity(eid).created {
            return;
        }
        if !self.world.life.gaps.is_empty() && self.keeps_waiting(fact, eid) {
            return;
        }
        let here = Here::of(self.world, plan, self.now, self.world.entity(eid));
        match &definition.kind {
            FactKind::Slot(slot, value) => {
                let strange = Cell::new(false);
                let here = Here { no_result: Some(&strange), ..here };
                let (value, next) = expr::value_next(&plan.pool, *value, &here);
                if strange.get() {
                    self.note_no_result(eid, *slot);
                }
                self.set_next(eid, fact, next);
                self.put(eid, *slot, &value, self.now);
            }
            FactKind::Bit(bit, condition) => {
                let (on, next) = expr::eval_next(&plan.pool, *condition, &here);
                self.set_next(eid, fact, next);
                self.put_bit(eid, *bit, on);
            }
            FactKind::Stage(stages) => {
                let (stage, next) = stage(&here, stages);
                self.set_next(eid, fact, next);
                self.put(eid, 2, &stage, self.now);
            }
            FactKind::Health(rules) => {
                let (level, next) = health(&here, rules);
                self.set_next(eid, fact, next);
                self.put(eid, 3, &Value::Level(level), self.now);
            }
            FactKind::Relation(_) => {}
        }
    }

    fn note_no_result(&mut self, eid: Eid, slot: u16) {
        let schema = self.plan.layout.schema(self.world.entity(eid).subject);
        let name = schema.field(slot).map(|field| Arc::clone(&field.name)).unwrap_or_default();
        self.log_noted(eid, Noted::NoResult(name));
    }

    /// Whether a fact can't be evaluated yet; then it keeps what it held. The first time that it can is silent.
    fn keeps_waiting(&mut self, fact: u32, eid: Eid) -> bool {
        let plan = self.plan;
        let Some(definition) = plan.facts.get(fact as usize) else { return true };
        let entity = self.world.entity(eid);
        let here = Here::of(self.world, plan, self.now, entity);
        let whole = here.whole_from(&plan.fact_reads(definition));
        if let Some(whole) = whole {
            self.set_next(eid, fact, whole);
            return true;
        }
        let first = self.world.life.gaps.first_of(entity, definition.subject, &definition.kind);
        self.quiet = first == Some(self.now);
        false
    }

    fn set_next(&mut self, eid: Eid, fact: u32, next: Instant) {
        self.world.entity_mut(eid).set_next(fact, next);
        self.touch(eid);
    }

    /// Puts a value into a slot, and sees to what reads it.
    pub(super) fn put(&mut self, eid: Eid, slot: u16, value: &Value, time: Instant) -> bool {
        let entity = self.world.entity_mut(eid);
        let old = entity.snapshot.value(slot);
        if !entity.snapshot.set(slot, value.as_ref(), time) {
            return false;
        }
        self.slot_changed(eid, slot, old, value);
        true
    }

    /// Sees to what reads a slot that has changed.
    pub(super) fn slot_changed(&mut self, eid: Eid, slot: u16, old: Value, new: &Value) {
        let plan = self.plan;
        let subject = self.world.entity(eid).subject;
        self.note(eid, Changed::Slot(slot));
        let Some(readers) = slot_readers(plan, subject, slot) else { return };
        self.push(eid, &readers.facts);
        self.world.count_load(plan, eid, slot, (&old, new));
        if plan.subject(subject).zone_slot == Some(slot) {
            self.zone_changed(eid, (&old, new));
        }
        if !self.world.entity(eid).created {
            return;
        }
        self.fire_slot(eid, slot, &readers.triggers, &old, new);
        for id in &readers.arms {
            self.rearm.insert((eid, *id));
        }
        if let Some(field) = plan
            .layout
            .schema(subject)
            .field(slot)
            .filter(|field| slot == 2 || slot == 3 || &*field.name == "status")
        {
            self.log_fact(eid, &field.name, old, new.clone());
        }
    }

    fn fire_slot(&mut self, eid: Eid, slot: u16, triggers: &[(u32, u16)], old: &Value, new: &Value) {
        if self.silent || self.quiet {
            return;
        }
        let fresh = self.fresh.contains(&eid);
        for (workflow, place) in triggers {
            let Some(trigger) = self.trigger(*workflow, *place) else { continue };
            let fires = match &trigger.kind {
                TriggerPlanKind::Slot { from, to, becomes, .. } => {
                    let known = *becomes || !fresh;
                    known
                        && from.as_ref().is_none_or(|from| from == old)
                        && to.as_ref().is_none_or(|to| to == new)
                }
                TriggerPlanKind::Stage { stage, enters } => {
                    let side = if *enters { new } else { old };
                    slot == 2 && matches!(side, Value::Text(name) if name == stage)
                }
                TriggerPlanKind::Health { change, to } => slot == 3 && health_fires(*change, *to, old, new),
                _ => false,
            };
            if fires {
                let by = Arc::clone(&trigger.text);
                self.firings.push(Firing { workflow: *workflow, entity: eid, by, event: None, as_of: None });
            }
        }
    }

    fn put_bit(&mut self, eid: Eid, bit: u16, on: bool) {
        let plan = self.plan;
        let entity = self.world.entity_mut(eid);
        let subject = entity.subject;
        if !entity.bits.set(bit, on) {
            return;
        }
        self.note(eid, Changed::Bit(bit));
        if let Some(described) = plan.subject(subject).bits.get(usize::from(bit)).filter(|bit| bit.segment) {
            self.log_fact(eid, &described.name, Value::Bool(!on), Value::Bool(on));
        }
        let Some(readers) = plan.index.bits.get(subject.index()).and_then(|list| list.get(usize::from(bit)))
        else {
            return;
        };
        self.push(eid, &readers.facts);
        if self.silent || self.quiet {
            return;
        }
        for (workflow, place) in &readers.triggers {
            let Some(trigger) = self.trigger(*workflow, *place) else { continue };
            if matches!(&trigger.kind, TriggerPlanKind::Bit { on: wanted, .. } if *wanted == on) {
                let by = Arc::clone(&trigger.text);
                self.firings.push(Firing { workflow: *workflow, entity: eid, by, event: None, as_of: None });
            }
        }
    }

    /// Puts the facts that read something of an entity on the list.
    pub(super) fn push(&mut self, eid: Eid, targets: &[Target]) {
        if self.silent {
            return;
        }
        for target in targets {
            match *target {
                Target::Own(fact) => {
                    self.work.insert((fact, eid));
                }
                Target::OfContacts(fact) => self.push_contacts(eid, fact, true),
                Target::Member(fact) | Target::Outer(fact) => match self.world.entity(eid).subject {
                    Subject::Contact => {
                        self.work.insert((fact, eid));
                    }
                    Subject::Account => self.push_contacts(eid, fact, false),
                },
            }
        }
    }

    fn push_contacts(&mut self, account: Eid, fact: u32, first_only: bool) {
        let Links::Account { contacts, .. } = &self.world.entity(account).links else { return };
        let of =
            |contact: &&Eid| !first_only || self.world.entity(**contact).first_account() == Some(account);
        self.work.extend(contacts.iter().filter(of).map(|contact| (fact, *contact)));
    }

    /// Works a relation's condition out for each pair of a contact with one of its accounts.
    fn work_out_pairs(&mut self, fact: u32, relation: RelId, contact: Eid) {
        let plan = self.plan;
        let Some(definition) = plan.pool.relations().get(relation.index()).copied() else { return };
        let over_contacts = definition.over == Subject::Contact;
        for place in 0..self.world.entity(contact).accounts().len() {
            let entity = self.world.entity(contact);
            let Some(account) = entity.accounts().get(place).map(|link| link.account) else { continue };
            let (this, outer) = if over_contacts { (contact, account) } else { (account, contact) };
            let met = if self.world.entity(this).created {
                let here = Here::pair(self.world, plan, self.now, this, outer);
                match here.whole_from(plan.pool.reads(definition.condition)) {
                    Some(whole) => (self.is_met(contact, place, relation), whole),
                    None => expr::eval_next(&plan.pool, definition.condition, &here),
                }
            } else {
                (false, Instant::MAX)
            };
            self.put_pair(fact, relation, (contact, place), outer, met);
        }
    }

    fn is_met(&self, contact: Eid, place: usize, relation: RelId) -> bool {
        let link = self.world.entity(contact).accounts().get(place);
        link.is_some_and(|link| link.met.get(relation.index() as u16))
    }

    fn put_pair(&mut self, fact: u32, relation: RelId, link: (Eid, usize), outer: Eid, met: (bool, Instant)) {
        let (contact, place) = link;
        self.touch(contact);
        let Some(link) = self.world.entity_mut(contact).accounts_mut().get_mut(place) else { return };
        note(&mut link.nexts, fact, met.1);
        if link.met.set(relation.0, met.0) {
            self.world.entity_mut(outer).add_count(relation.0, if met.0 { 1 } else { -1 });
            self.relation_changed(outer, relation);
        }
    }

    /// Sees to what reads a count of related entities.
    pub(super) fn relation_changed(&mut self, outer: Eid, relation: RelId) {
        self.note(outer, Changed::Relation(relation));
        let plan = self.plan;
        if let Some(readers) = plan.index.relations.get(relation.index()) {
            self.push(outer, &readers.facts);
        }
    }
}

fn slot_readers(plan: &crate::plan::Plan, subject: Subject, slot: u16) -> Option<&Readers> {
    plan.index.slots.get(subject.index())?.get(usize::from(slot))
}

fn stage(here: &Here<'_>, stages: &[(Arc<str>, Option<expr::CondId>)]) -> (Value, Instant) {
    let mut next = Instant::MAX;
    for (name, condition) in stages.iter().rev() {
        let Some(condition) = condition else { continue };
        let (holds, flips) = expr::eval_next(&here.plan.pool, *condition, here);
        next = next.min(flips);
        if holds {
            return (Value::Text(Arc::clone(name)), next);
        }
    }
    (stages.first().map_or(Value::Missing, |(name, _)| Value::Text(Arc::clone(name))), next)
}

/// Bad wins over good, and good over average; no rule that holds is average.
fn health(here: &Here<'_>, plan: &HealthPlan) -> (Level, Instant) {
    let stage = here.this.snapshot.value(2);
    let name = if let Value::Text(name) = &stage { Some(&**name) } else { None };
    let mut level = Level::Average;
    let mut next = Instant::MAX;
    for wanted in [Level::Bad, Level::Good] {
        for (_, condition) in plan.rules(name).iter().filter(|(level, _)| *level == wanted) {
            let (holds, flips) = expr::eval_next(&here.plan.pool, *condition, here);
            next = next.min(flips);
            if holds && level == Level::Average {
                level = wanted;
            }
        }
    }
    (level, next)
}

fn health_fires(change: HealthChange, to: Option<Level>, old: &Value, new: &Value) -> bool {
    let (Value::Level(old), Value::Level(new)) = (old, new) else { return false };
    let way = match change {
        HealthChange::Drops => new < old,
        HealthChange::Rises => new > old,
        HealthChange::Changes => true,
    };
    way && to.is_none_or(|to| to == *new)
}
