//! Inputs and changes that steps make: what they do to values, events and memberships, before facts are worked out.

use super::effect::{Exited, LogKind, NotEnrolled, Noted, Reject};
use super::entity::{Arm, Occurrence};
use super::env::{Here, named_zone};
use super::input::InputKind;
use super::series::{Keep, Series, Total, meets};
use super::turn::{Change, Changed, Firing, RunKey, Turn};
use super::world::Eid;
use crate::base::Instant;
use crate::plan::expr::{self, CondId};
use crate::plan::{AggregateFn, Need, Subject, TriggerPlanKind};
use crate::value::{Loaded, Snapshot, Value, ValueRef};
use std::sync::Arc;

impl Turn<'_> {
    /// Takes an input in.
    pub(super) fn apply_input(&mut self, kind: &InputKind) {
        match kind {
            InputKind::Tick => {}
            InputKind::Group { account, contact, traits, time } => {
                let account = self.world.mention(Subject::Account, account);
                self.see(account, traits, *time);
                if let Some(contact) = contact {
                    let contact = self.world.mention(Subject::Contact, contact);
                    self.join(contact, account, *time);
                }
            }
            InputKind::Identify { contact, traits, time, .. } => {
                let contact = self.world.mention(Subject::Contact, contact);
                self.see(contact, traits, *time);
            }
            InputKind::Track { .. } => self.apply_track(kind),
            InputKind::Enrol { subject, id, workflow } => self.enrol_by_hand(*subject, id, workflow),
            InputKind::TakeOut { subject, id, workflow } => self.take_out(*subject, id, workflow),
            InputKind::Mail { contact, template, what } => self.mail(contact, template, *what),
            InputKind::Disable { workflow } => self.disable(workflow),
            InputKind::Enable { workflow, resume } => self.enable(workflow, *resume),
            InputKind::Row { row, what, by } => self.apply_row(*row, what, by),
            InputKind::Suppress { address, why, .. } => self.world.suppress(address, *why, self.now),
            InputKind::Alias { previous, contact } => self.alias(previous, contact),
            InputKind::Delete { subject, id } => {
                if let Some(eid) = self.world.find(*subject, id) {
                    self.delete(eid);
                }
            }
        }
    }

    /// Takes traits in; the first time is the entity's first sight.
    fn see(&mut self, eid: Eid, traits: &Arc<str>, time: Instant) {
        let plan = self.plan;
        let subject = self.world.entity(eid).subject;
        let created = self.world.entity(eid).created;
        if !created {
            self.create(eid);
        }
        let before = self.world.entity(eid).snapshot.clone();
        let mut loaded = Loaded::default();
        let schema = plan.layout.schema(subject);
        if let Err(wrong) = self.world.entity_mut(eid).snapshot.load(traits, schema, time, &mut loaded) {
            self.reject("traits", &wrong.reason);
        }
        self.loaded(eid, loaded, &before, time);
        if !created {
            self.first_sight(eid);
        }
    }

    fn loaded(&mut self, eid: Eid, loaded: Loaded, before: &Snapshot, time: Instant) {
        let subject = self.world.entity(eid).subject;
        for slot in loaded.changed {
            let new = self.world.entity(eid).snapshot.value(slot);
            self.slot_changed(eid, slot, before.value(slot), &new);
        }
        for refused in loaded.refused {
            let name = self.plan.layout.schema(subject).field(refused.slot).map_or("", |field| &field.name);
            self.reject(name, &refused.reason);
        }
        let cold = &mut self.world.entity_mut(eid).cold;
        for aside in loaded.aside {
            let key: Arc<str> = aside.key.into();
            if cold.get(&key).is_none_or(|(_, held)| *held <= time) {
                cold.insert(key, (aside.json.into(), time));
            }
        }
    }

    pub(super) fn create(&mut self, eid: Eid) {
        self.fresh.insert(eid);
        let now = self.now;
        let entity = self.world.entity_mut(eid);
        entity.created = true;
        let id = Value::Text(Arc::clone(&entity.id));
        entity.snapshot.set(0, id.as_ref(), Instant::MIN);
        entity.snapshot.set(1, ValueRef::Time(now), Instant::MIN);
    }

    /// Everything of a new entity is worked out; `is created` and the clock are set going.
    pub(super) fn first_sight(&mut self, eid: Eid) {
        let plan = self.plan;
        let side = self.world.entity(eid).subject.index();
        self.touched.insert(eid);
        self.work.extend(plan.index.facts.get(side).into_iter().flatten().map(|fact| (*fact, eid)));
        for id in plan.index.created.get(side).into_iter().flatten() {
            self.fire(eid, *id, None);
        }
        for id in plan.index.clocks.get(side).into_iter().flatten() {
            self.rearm.insert((eid, *id));
        }
        for id in plan.index.arms.get(side).into_iter().flatten() {
            self.rearm.insert((eid, *id));
        }
        self.related_created(eid, 1);
    }

    fn apply_track(&mut self, kind: &InputKind) {
        let InputKind::Track { contact, account, event, properties, time } = kind else { return };
        let plan = self.plan;
        let contact = contact.as_ref().map(|id| self.world.mention(Subject::Contact, id));
        let named = account.as_ref().map(|id| self.world.mention(Subject::Account, id));
        let account = named.or_else(|| self.only_account(contact));
        if let (None, Some(contact)) = (account, contact)
            && self.world.entity(contact).accounts().len() > 1
        {
            self.log_noted(contact, Noted::NoAccount(Arc::clone(event)));
        }
        let known = plan.index.event(event);
        let typed = known.and_then(|at| plan.events.get(at as usize)).map_or(Vec::new(), |declared| {
            super::traits::properties(declared, properties, &mut self.effects.rejects)
        });
        let event_at = known.unwrap_or(u32::MAX);
        let occurrence =
            Arc::new(Occurrence { event: event_at, properties: typed, contact, account, time: *time });
        for eid in [account, contact].into_iter().flatten() {
            self.happen(eid, &occurrence, true);
        }
        self.lifecycle(event, contact, named);
    }

    fn only_account(&self, contact: Option<Eid>) -> Option<Eid> {
        match self.world.entity(contact?).accounts() {
            [only] => Some(only.account),
            _ => None,
        }
    }

    /// The events of Segment's B2B specification that end a membership or an account (semantics S5.1).
    fn lifecycle(&mut self, event: &str, contact: Option<Eid>, account: Option<Eid>) {
        match (event, contact, account) {
            ("Account Removed User", Some(contact), Some(account)) => self.leave(contact, account),
            ("Account Deleted", _, Some(account)) => self.delete(account),
            _ => {}
        }
    }

    /// An event is one more of an entity's.
    pub(super) fn happen(&mut self, eid: Eid, occurrence: &Arc<Occurrence>, activity: bool) {
        let plan = self.plan;
        let side = self.world.entity(eid).subject.index();
        self.touched.insert(eid);
        if activity && plan.index.activity_reach.get(side).is_some_and(|reach| *reach > 0) {
            self.add_activity(eid, occurrence.time);
        }
        if let Some(need) = plan.index.need(side, occurrence.event) {
            self.add_to_series(eid, occurrence, need);
        }
        let fresh_enough = self.now.0.saturating_sub(occurrence.time.0) <= plan.settings.lateness;
        if !fresh_enough || !self.world.entity(eid).created {
            return;
        }
        self.happened.push((eid, Arc::clone(occurrence)));
        let triggers = plan.index.performs.get(side).and_then(|events| events.get(occurrence.event as usize));
        for id in triggers.into_iter().flatten() {
            self.fire(eid, *id, Some(occurrence));
        }
    }

    fn add_activity(&mut self, eid: Eid, time: Instant) {
        let plan = self.plan;
        let entity = self.world.entity_mut(eid);
        let side = entity.subject.index();
        let reach = plan.index.activity_reach.get(side).copied().unwrap_or(0);
        let keep = Keep { after: self.now.minus(reach), most: plan.settings.events_kept as usize };
        entity.activity.add(time, keep);
        for aggregate in plan.index.active.get(side).into_iter().flatten() {
            self.aggregate_changed(eid, *aggregate);
        }
    }

    fn add_to_series(&mut self, eid: Eid, occurrence: &Arc<Occurrence>, need: &Need) {
        let plan = self.plan;
        let masks = self.masks(eid, occurrence, need);
        let keep = Keep { after: self.now.minus(need.reach), most: plan.settings.events_kept as usize };
        let keep = if need.reach == 0 { Keep { after: Instant::MAX, ..keep } } else { keep };
        let value =
            |property: &u16| occurrence.properties.get(usize::from(*property)).cloned().unwrap_or_default();
        let values = need.properties.iter().map(value).collect();
        let series = series_mut(&mut self.world.entity_mut(eid).series, occurrence.event);
        for id in &need.totals {
            let Some(view) = plan.index.views.get(id.index()) else { continue };
            if view.filter.is_none_or(|(filter, _)| meets(&masks, filter)) {
                let value = match view.property {
                    Some(property) => value(&property),
                    None if view.function == AggregateFn::Count => Value::Number(1.into()),
                    None => Value::Time(occurrence.time),
                };
                total_mut(&mut series.totals, id.0).add(&value);
            }
        }
        let torn = series.lost > keep.after;
        series.insert(occurrence.time, masks, values, keep);
        if series.lost > keep.after && !torn {
            let name = plan.events.get(occurrence.event as usize).map(|event| Arc::clone(&event.name));
            self.log_noted(eid, Noted::TooManyEvents(name.unwrap_or_default()));
        }
        for aggregate in &need.aggregates {
            self.aggregate_changed(eid, *aggregate);
        }
    }

    /// Which filters an event meets, a bit each.
    fn masks(&self, eid: Eid, occurrence: &Arc<Occurrence>, need: &Need) -> Vec<u64> {
        let mut here = Here::of(self.world, self.plan, self.now, self.world.entity(eid));
        here.event = Some(occurrence);
        let bit = |(place, filter): (usize, &CondId)| {
            u64::from(expr::eval(&self.plan.pool, *filter, &here)) << place
        };
        let mask = |filters: &[CondId]| filters.iter().enumerate().map(bit).fold(0, |mask, bit| mask | bit);
        need.filters.chunks(64).map(mask).collect()
    }

    pub(super) fn aggregate_changed(&mut self, eid: Eid, aggregate: expr::AggId) {
        self.note(eid, Changed::Aggregate(aggregate));
        let plan = self.plan;
        if let Some(readers) = plan.index.aggregates.get(aggregate.index()) {
            self.push(eid, &readers.facts);
        }
    }

    /// The zone of an entity is another: everything that hangs on local time is worked out anew.
    pub(super) fn zone_changed(&mut self, eid: Eid, (from, to): (&Value, &Value)) {
        self.zone_moved = true;
        if let Value::Text(name) = to
            && name.parse::<chrono_tz::Tz>().is_err()
        {
            self.log_noted(eid, Noted::UnknownZone(Arc::clone(name)));
        }
        let plan = self.plan;
        let side = self.world.entity(eid).subject.index();
        if let Some(readers) = plan.index.zones.get(side) {
            self.push(eid, &readers.facts);
        }
        // What has fired stays fired; what waits follows the zone (semantics S2.5, S2.7).
        let entity = self.world.entity(eid);
        let former = named_zone(plan, from);
        let fired = |arm: &&Arm| arm.at > self.now && self.ticks_now(arm.trigger, former);
        let arms = entity.arms.iter().map(|arm| ((eid, arm.trigger), fired(&arm))).collect::<Vec<_>>();
        self.unticked.extend(arms.iter().filter(|(_, fired)| !fired).map(|(arm, _)| *arm));
        self.rearm.extend(arms.iter().map(|(arm, _)| *arm));
    }

    /// Fires a trigger of an entity; for an event only if its filter holds.
    pub(super) fn fire(&mut self, eid: Eid, id: (u32, u16), event: Option<&Arc<Occurrence>>) {
        let Some(trigger) = self.trigger(id.0, id.1) else { return };
        if let (TriggerPlanKind::Performs { filter: Some(filter), .. }, Some(event)) = (&trigger.kind, event)
        {
            let mut here = Here::of(self.world, self.plan, self.now, self.world.entity(eid));
            here.event = Some(event);
            if !here.holds(*filter) {
                return;
            }
        }
        let by = Arc::clone(&trigger.text);
        self.firings.push(Firing { workflow: id.0, entity: eid, by, event: event.cloned(), as_of: None });
    }

    /// An entity came into, or left, a workflow: what reads that is worked out anew.
    pub(super) fn flow_changed(&mut self, eid: Eid, workflow: u32) {
        self.note(eid, Changed::Workflow(workflow));
        let side = self.world.entity(eid).subject.index();
        let plan = self.plan;
        if let Some(readers) = plan.index.workflows.get(side).and_then(|list| list.get(workflow as usize)) {
            self.push(eid, &readers.facts);
        }
    }

    /// Puts a text into a list, or takes it out; what is so already is no change.
    fn put_tag(&mut self, eid: Eid, slot: u16, tag: &Arc<str>, add: bool) {
        let held = self.world.entity(eid).snapshot.value(slot);
        let mut tags = if let Value::List(tags) = held { tags.to_vec() } else { Vec::new() };
        let tag = Value::Text(Arc::clone(tag));
        if tags.contains(&tag) == add {
            return;
        }
        tags.retain(|held| *held != tag);
        tags.extend(add.then_some(tag));
        self.put(eid, slot, &Value::List(tags.into()), self.now);
    }

    /// Applies a change that a step made.
    pub(super) fn apply_change(&mut self, change: Change) {
        match change {
            Change::Set(eid, values) => {
                for (slot, value) in values {
                    self.put(eid, slot, &value, self.now);
                }
            }
            Change::Tag(eid, slot, tag, add) => self.put_tag(eid, slot, &tag, add),
            // An account performs what its contacts perform (semantics S5.1).
            Change::Record(occurrence) => {
                for eid in [occurrence.account, occurrence.contact].into_iter().flatten() {
                    self.happen(eid, &occurrence, false);
                }
            }
            Change::Start(workflow, entities, by) => {
                let firing =
                    |entity| Firing { workflow, entity, by: Arc::clone(&by), event: None, as_of: None };
                self.firings.extend(entities.into_iter().map(firing));
            }
            Change::Stop(workflow, entities, by) => {
                for eid in entities {
                    for key in self.runs_in(eid, workflow) {
                        self.exit(key, None, LogKind::Exited(Exited::Stopped(Arc::clone(&by))));
                    }
                }
            }
        }
    }

    fn enrol_by_hand(&mut self, subject: Subject, id: &Arc<str>, workflow: &str) {
        let eid = self.world.mention(subject, id);
        if !self.world.entity(eid).created {
            self.create(eid);
            self.first_sight(eid);
        }
        let found = self.plan.workflow(workflow).filter(|(_, workflow)| workflow.subject == subject);
        match found {
            Some((at, _)) => {
                self.firings.push(Firing {
                    workflow: at,
                    entity: eid,
                    by: "by hand".into(),
                    event: None,
                    as_of: None,
                });
            }
            None => self.reject(workflow, "there is no such workflow for that kind of entity"),
        }
    }

    fn take_out(&mut self, subject: Subject, id: &str, workflow: &str) {
        let eid = self.world.find(subject, id);
        let found = self.plan.workflow(workflow);
        if let (Some(eid), Some((at, _))) = (eid, found) {
            for key in self.runs_in(eid, at) {
                self.exit(key, None, LogKind::Exited(Exited::ByHand));
            }
        }
    }

    /// Notes that a part of an input could not be taken.
    pub(super) fn reject(&mut self, name: &str, reason: &str) {
        self.effects.rejects.push(Reject { name: name.into(), reason: reason.into() });
    }

    fn mail(&mut self, contact: &str, template: &str, what: crate::plan::MailEvent) {
        let Some(contact) = self.world.find(Subject::Contact, contact) else { return };
        let Some(template) = self.plan.templates.iter().position(|known| &*known.name == template) else {
            return;
        };
        let accounts: Vec<Eid> =
            self.world.entity(contact).accounts().iter().map(|link| link.account).collect();
        for eid in accounts.into_iter().chain([contact]) {
            for run in &mut self.world.entity_mut(eid).runs {
                for sent in run
                    .mail
                    .iter_mut()
                    .filter(|sent| sent.template == template as u32 && sent.contact == Some(contact))
                {
                    sent.reached = sent.reached.max(Some(what));
                }
            }
            self.mailed.insert(eid);
        }
    }

    /// The runs of an entity in a workflow.
    pub(super) fn runs_in(&self, eid: Eid, workflow: u32) -> Vec<RunKey> {
        self.all_runs(eid).into_iter().filter(|key| key.workflow == workflow).collect()
    }

    /// The runs of an entity.
    pub(super) fn all_runs(&self, entity: Eid) -> Vec<RunKey> {
        let key = |run: &super::entity::Run| RunKey {
            workflow: run.workflow,
            entity,
            number: run.number,
            shadow: run.shadow,
            version: run.version,
        };
        self.world.entity(entity).runs.iter().map(key).collect()
    }

    /// The runs of an entity, and those that are over but of which something is unsent.
    pub(super) fn watched_runs(&self, entity: Eid) -> Vec<RunKey> {
        let mut keys = self.all_runs(entity);
        let tails = self.world.entity(entity).outbox.iter().flat_map(|outbox| &outbox.tails);
        keys.extend(tails.map(|run| RunKey {
            workflow: run.workflow,
            entity,
            number: run.number,
            shadow: false,
            version: run.version,
        }));
        keys
    }

    /// Notes that a firing did not enrol.
    pub(super) fn not_enrolled(&mut self, firing: &Firing, shadow: bool, why: NotEnrolled) {
        let key = RunKey { workflow: firing.workflow, entity: firing.entity, number: 0, shadow, version: 0 };
        self.log_run(key, None, LogKind::NotEnrolled(why));
    }
}

pub(super) fn series_mut(list: &mut Vec<Series>, event: u32) -> &mut Series {
    let place = match list.binary_search_by_key(&event, |series| series.event) {
        Ok(place) => place,
        Err(place) => {
            list.insert(place, Series { event, lost: Instant::MIN, ..Series::default() });
            place
        }
    };
    #[expect(clippy::indexing_slicing, reason = "found or put there above")]
    &mut list[place]
}

fn total_mut(list: &mut Vec<(u32, Total)>, aggregate: u32) -> &mut Total {
    let place = match list.binary_search_by_key(&aggregate, |(known, _)| *known) {
        Ok(place) => place,
        Err(place) => {
            list.insert(place, (aggregate, Total::default()));
            place
        }
    };
    #[expect(clippy::indexing_slicing, reason = "found or put there above")]
    &mut list[place].1
}
