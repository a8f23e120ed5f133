//! One entity from the old plan's layout to the new one's: values, events, what it is and was in.
//!
//! Nothing is worked out here: facts keep their old values under their new places until [`super::facts`] comes by.

use super::remap::{Columns, Remap, Values};
use super::texts::{Texts, Way, is_cleared};
use crate::base::Instant;
use crate::engine::entity::{Arm, Bits, Entity, Occurrence, Past, Run, SentMail};
use crate::engine::series::{Series, meets};
use crate::plan::expr::{AggId, BuiltInSlot};
use crate::plan::{FactKind, Plan};
use crate::value::{Schema, Snapshot, Value, ValueRef};
use std::sync::Arc;

/// Takes entities from one plan to another.
pub(super) struct Mover<'p> {
    pub old: &'p Plan,
    pub new: &'p Plan,
    pub remap: &'p Remap,
    pub texts: &'p Texts<'p>,
    pub lineage: &'p super::lineage::Lineage,
    /// The instant of the deploy.
    pub at: Instant,
}

/// What came of it.
#[derive(Default)]
pub(super) struct Moved {
    /// New slots that hold another value than before, with the old one.
    pub changed: Vec<(u16, Value)>,
    /// New slots whose type refuses the value.
    pub refused: Vec<(u16, String)>,
    /// Enrolments that leave, by their place, and why.
    pub leaving: Vec<(usize, Why)>,
}

/// Why an enrolment leaves with a deploy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Why {
    /// Its text was edited, and nothing is left before it, or those under way are to leave.
    EditedAway,
    /// It was in the shadow, and the workflow is live now.
    WentLive,
}

impl Mover<'_> {
    /// Moves an entity.
    pub fn entity(&self, entity: &mut Entity) -> Moved {
        let side = entity.subject.index();
        let mut moved = Moved::default();
        if let Some(values) = self.remap.values.get(side).filter(|values| !values.stay()) {
            self.values(entity, values, &mut moved);
        }
        self.levels(entity);
        self.bits(entity);
        self.events(entity);
        self.history(entity);
        self.runs(entity, &mut moved);
        if let Some(outbox) = &mut entity.outbox {
            self.outbox(outbox);
        }
        moved
    }

    fn values(&self, entity: &mut Entity, values: &Values, moved: &mut Moved) {
        let old = std::mem::take(&mut entity.snapshot);
        let (before, after) =
            (self.old.layout.schema(entity.subject), self.new.layout.schema(entity.subject));
        let mut made = Snapshot::default();
        made.grow(after.len());
        let mut cooled: Vec<(Arc<str>, Value, Instant)> = Vec::new();
        for (from, slot) in values.from.iter().zip(0u16..) {
            let Some((place, other_type)) = from else { continue };
            let (value, time) = (old.value(*place), old.time(*place));
            match reread(&value, after, slot, *other_type) {
                Ok(value) => _ = made.set(slot, value.as_ref(), time),
                Err(reason) => {
                    moved.refused.push((slot, reason));
                    cooled.extend(key(before, *place).map(|key| (key, value, time)));
                }
            }
        }
        let gone =
            values.cooled.iter().map(|(slot, key)| (Arc::clone(key), old.value(*slot), old.time(*slot)));
        cooled.extend(gone.filter(|(_, _, time)| *time != Instant::MIN));
        self.warm(entity, values, &old, &mut made, moved);
        for (key, value, time) in cooled {
            if entity.cold.get(&key).is_none_or(|(_, held)| *held <= time) {
                entity.cold.insert(key, (value.to_json().to_string().into(), time));
            }
        }
        entity.snapshot = made;
        note_changes(values, &old, &entity.snapshot, moved);
    }

    /// Undeclared traits that are declared now are taken in silently (semantics S1.4).
    fn warm(
        &self,
        entity: &mut Entity,
        values: &Values,
        old: &Snapshot,
        made: &mut Snapshot,
        moved: &mut Moved,
    ) {
        let schema = self.new.layout.schema(entity.subject);
        let mut taken = Vec::new();
        // One of another type, too, that has no value: the type before may have refused it.
        let retyped = values.from.iter().zip(0u16..).filter(|(from, _)| {
            from.is_some_and(|(place, other_type)| other_type && old.time(place) == Instant::MIN)
        });
        let retyped = retyped.map(|(_, slot)| slot);
        let slots: Vec<u16> = values.warmed.iter().copied().chain(retyped).collect();
        for slot in &slots {
            let Some(field) = schema.field(*slot) else { continue };
            for key in &field.keys {
                let Some((json, time)) = entity.cold.get(key) else { continue };
                match Value::from_json_text(json, &field.ty) {
                    Ok(value) => {
                        made.set(*slot, value.as_ref(), *time);
                        taken.push(Arc::clone(key));
                    }
                    Err(wrong) => moved.refused.push((*slot, wrong.reason)),
                }
            }
        }
        for key in taken {
            entity.cold.remove(&key);
        }
    }

    /// Without stages there is no stage, without health no level.
    fn levels(&self, entity: &mut Entity) {
        let has = |is: fn(&FactKind) -> bool| {
            self.new.facts.iter().any(|fact| fact.subject == entity.subject && is(&fact.kind))
        };
        let stages = has(|kind| matches!(kind, FactKind::Stage(_)));
        let health = has(|kind| matches!(kind, FactKind::Health(_)));
        for (slot, there) in [(BuiltInSlot::Stage as u16, stages), (BuiltInSlot::Health as u16, health)] {
            if !there && !entity.snapshot.get(slot).is_missing() {
                entity.snapshot.set(slot, ValueRef::Missing, self.at);
            }
        }
    }

    fn bits(&self, entity: &mut Entity) {
        let mut bits = Bits::default();
        let places = self.remap.bits.get(entity.subject.index()).into_iter().flatten().zip(0u16..);
        for (place, old) in places.filter_map(|(place, old)| Some((place.as_ref()?, old))) {
            bits.set(*place, entity.bits.get(old));
        }
        entity.bits = bits;
        entity.nexts.clear();
        // Pairs are worked out anew, every one of them.
        entity.counts.retain(|(relation, _)| *relation == crate::engine::member::ALL);
        for link in entity.accounts_mut() {
            link.met = Bits::default();
            link.nexts.clear();
        }
    }

    fn events(&self, entity: &mut Entity) {
        let side = entity.subject.index();
        let columns = self.remap.columns.get(side);
        let series = std::mem::take(&mut entity.series);
        let moved = series.into_iter().filter_map(|series| {
            let columns = columns?.get(series.event as usize)?.as_ref()?;
            Some(self.series(series, columns))
        });
        entity.series = moved.collect();
        entity.series.sort_by_key(|series| series.event);
        if self.new.index.activity_reach.get(side).is_none_or(|reach| *reach == 0) {
            entity.activity = crate::engine::activity::Activity::default();
        }
    }

    fn series(&self, series: Series, columns: &Columns) -> Series {
        let masks = (0..series.times.len()).flat_map(|at| {
            let old = series.masks.get(at * columns.words..).unwrap_or_default();
            let met = |from: &Option<usize>| u64::from(from.is_some_and(|from| meets(old, from)));
            let mask = move |of: &[Option<usize>]| {
                of.iter().enumerate().fold(0, |mask, (bit, from)| mask | met(from) << bit)
            };
            columns.filters.chunks(64).map(mask)
        });
        let masks = masks.collect();
        let mut values = Vec::with_capacity(series.times.len() * columns.properties.len());
        for at in 0..series.times.len() {
            let of = |from: &Option<usize>| {
                let value = from.and_then(|from| series.values.get(at * columns.width + from));
                value.cloned().unwrap_or_default()
            };
            values.extend(columns.properties.iter().map(of));
        }
        let total = |(id, total): (u32, _)| Some((self.aggregate(id)?.0, total));
        let mut totals: Vec<_> = series.totals.into_iter().filter_map(total).collect();
        totals.sort_by_key(|(id, _)| *id);
        Series { event: columns.event, times: series.times, masks, values, totals, lost: series.lost }
    }

    fn aggregate(&self, old: u32) -> Option<AggId> {
        self.remap.aggregates.get(old as usize).copied().flatten()
    }

    /// What it was in, what limits count, what waits for an instant.
    fn history(&self, entity: &mut Entity) {
        let past = std::mem::take(&mut entity.past);
        for mut one in past {
            let Some(workflow) = self.lineage.new_of(one.workflow) else { continue };
            let cleared =
                self.new.workflows.get(workflow as usize).is_some_and(|new| is_cleared(new, one.shadow));
            one.workflow = workflow;
            if !cleared {
                add_past(&mut entity.past, one);
            }
        }
        let limits = std::mem::take(&mut entity.limited);
        let limit = |(old, times)| Some(((*self.remap.limits.get(old as usize)?)?, times));
        entity.limited = limits.into_iter().filter_map(limit).collect();
        let arms = std::mem::take(&mut entity.arms);
        let arm = |arm: Arm| Some(Arm { trigger: *self.remap.triggers.get(&arm.trigger)?, at: arm.at });
        entity.arms = arms.into_iter().filter_map(arm).collect();
    }

    fn runs(&self, entity: &mut Entity, moved: &mut Moved) {
        for (place, run) in entity.runs.iter_mut().enumerate() {
            let way = self.texts.way(run);
            let workflow = self.lineage.new_of(run.workflow).unwrap_or(run.workflow);
            let stays = match way {
                Some(Way::Stay(version)) => {
                    run.version = *version;
                    true
                }
                Some(Way::Move(moving)) => moving.go(run, self.at),
                Some(Way::Leave) | None => false,
            };
            run.workflow = workflow;
            self.belongings(run);
            let text = self.new.workflows.get(workflow as usize);
            if text.is_some_and(|text| is_cleared(text, run.shadow)) {
                moved.leaving.push((place, Why::WentLive));
            } else if !stays {
                (run.version, run.pc) = (0, 0);
                moved.leaving.push((place, Why::EditedAway));
            }
        }
    }

    /// What an enrolment carries with it: its event and its messages.
    pub(super) fn belongings(&self, run: &mut Run) {
        if let Some(event) = &run.event {
            run.event = Some(Arc::new(self.occurrence(event)));
        }
        let template = |sent: SentMail| {
            let template = self.remap.templates.get(sent.template as usize).copied().flatten();
            Some(SentMail { template: template?, ..sent })
        };
        run.mail = run.mail.drain(..).filter_map(template).collect();
    }

    /// The event as the new plan declares it; one that it does not know has no properties.
    fn occurrence(&self, old: &Occurrence) -> Occurrence {
        let place = self.remap.events.get(old.event as usize).and_then(Option::as_ref);
        let value = |from: &Option<u16>, ty: &crate::value::Type| {
            let value = from.and_then(|from| old.properties.get(usize::from(from)));
            let value = value.filter(|value| !value.is_missing());
            value.and_then(|value| Value::from_json(&value.to_json(), ty).ok()).unwrap_or_default()
        };
        let declared = place.and_then(|place| self.new.events.get(place.event as usize));
        let properties = place.zip(declared).map_or_else(Vec::new, |(place, declared)| {
            place
                .properties
                .iter()
                .zip(&declared.properties)
                .map(|(from, (_, _, ty))| value(from, ty))
                .collect()
        });
        let event = place.map_or(u32::MAX, |place| place.event);
        Occurrence { event, properties, contact: old.contact, account: old.account, time: old.time }
    }
}

/// Two workflows may have become one: the counts go on from the larger.
fn add_past(list: &mut Vec<Past>, one: Past) {
    match list.iter_mut().find(|past| (past.workflow, past.shadow) == (one.workflow, one.shadow)) {
        Some(known) => {
            known.count = known.count.max(one.count);
            known.started = known.started.max(one.started);
        }
        None => list.push(one),
    }
}

fn reread(value: &Value, schema: &Schema, slot: u16, other_type: bool) -> Result<Value, String> {
    let field = schema.field(slot).filter(|_| other_type && !value.is_missing());
    match field {
        Some(field) => Value::from_json(&value.to_json(), &field.ty).map_err(|wrong| wrong.reason),
        None => Ok(value.clone()),
    }
}

fn key(schema: &Schema, slot: u16) -> Option<Arc<str>> {
    schema.field(slot)?.keys.first().cloned()
}

/// The slots that hold another value than the one of their name did before.
fn note_changes(values: &Values, old: &Snapshot, made: &Snapshot, moved: &mut Moved) {
    for (from, slot) in values.from.iter().zip(0u16..) {
        let before = from.map_or(Value::Missing, |(place, _)| old.value(place));
        if made.get(slot) != before.as_ref() {
            moved.changed.push((slot, before));
        }
    }
}
