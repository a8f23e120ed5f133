//! Two ids that are one person: `alias` (semantics S5.4).
//!
//! What is known of the former contact is the other's from now on: attributes that it lacks, its events, its memberships.
//! The former's enrolments end (`merged`), as it is nobody any more, and its id leads to the other for good. An id is
//! merged once: a second `alias` of it says nothing, so that two people who share a browser don't become one.

use super::change::series_mut;
use super::effect::Exited;
use super::series::{Keep, Series};
use super::turn::Turn;
use super::world::Eid;
use crate::base::Instant;
use crate::plan::{FactKind, Need, Subject};
use std::collections::BTreeSet;
use std::sync::Arc;

impl Turn<'_> {
    /// Makes one contact of two.
    pub(super) fn alias(&mut self, previous: &Arc<str>, contact: &Arc<str>) {
        let into = self.world.mention(Subject::Contact, contact);
        let known = self.world.find_itself(Subject::Contact, previous);
        if known.is_some_and(|known| self.world.entity(known).merged.is_some()) {
            return;
        }
        let from = self.world.mention(Subject::Contact, previous);
        if from == into {
            return;
        }
        // Before its values go over: the former is over before the other changes.
        self.end_runs(from, &Exited::Merged);
        let is_first_sight = self.world.entity(from).created && !self.world.entity(into).created;
        if is_first_sight {
            self.create(into);
        }
        self.take_traits(from, into);
        self.take_events(from, into);
        if is_first_sight {
            self.first_sight(into);
        }
        let links: Vec<(Eid, Instant)> =
            self.world.entity(from).accounts().iter().map(|link| (link.account, link.since)).collect();
        for (account, since) in links {
            self.join(into, account, since);
            self.readdress(account, from, into);
        }
        self.end(from, &Exited::Merged);
        let former = self.world.entity_mut(from);
        former.cold.clear();
        former.merged = Some(into);
    }

    /// Messages of an account's enrolments that went to the one went to the other.
    fn readdress(&mut self, account: Eid, from: Eid, into: Eid) {
        for run in &mut self.world.entity_mut(account).runs {
            for sent in run.mail.iter_mut().filter(|sent| sent.contact == Some(from)) {
                sent.contact = Some(into);
            }
        }
    }

    /// Attributes that the other lacks, each with its own time; what is worked out is worked out anew.
    fn take_traits(&mut self, from: Eid, into: Eid) {
        let plan = self.plan;
        let worked_out: BTreeSet<u16> =
            plan.facts.iter().filter_map(|fact| slot_of(&fact.kind, fact.subject)).collect();
        let held = self.world.entity(from).snapshot.clone();
        // Behind its id, when it was created, its stage and its health.
        for slot in (4..held.len() as u16).filter(|slot| !worked_out.contains(slot)) {
            let value = held.value(slot);
            let lacks = self.world.entity(into).snapshot.get(slot).is_missing();
            if lacks && !value.is_missing() {
                self.put(into, slot, &value, held.time(slot));
            }
        }
        let aside = self.world.entity(from).cold.clone();
        let cold = &mut self.world.entity_mut(into).cold;
        for (key, held) in aside {
            cold.entry(key).or_insert(held);
        }
    }

    /// Events count for the other in their own windows; they happen to nobody a second time.
    fn take_events(&mut self, from: Eid, into: Eid) {
        let plan = self.plan;
        let side = Subject::Contact.index();
        let most = plan.settings.events_kept as usize;
        for series in self.world.entity(from).series.clone() {
            let Some(need) = plan.index.need(side, series.event) else { continue };
            self.take_series(into, &series, need, most);
        }
        let reach = plan.index.activity_reach.get(side).copied().unwrap_or(0);
        if reach > 0 {
            let activity = self.world.entity(from).activity.clone();
            let keep = Keep { after: self.now.minus(reach), most };
            self.world.entity_mut(into).activity.merge(&activity, keep);
            for aggregate in plan.index.active.get(side).into_iter().flatten() {
                self.aggregate_changed(into, *aggregate);
            }
        }
        self.touched.insert(into);
    }

    fn take_series(&mut self, into: Eid, series: &Series, need: &Need, most: usize) {
        let after = if need.reach == 0 { Instant::MAX } else { self.now.minus(need.reach) };
        let own = series_mut(&mut self.world.entity_mut(into).series, series.event);
        own.absorb(series, Keep { after, most });
        for aggregate in &need.aggregates {
            self.aggregate_changed(into, *aggregate);
        }
    }
}

/// The slot of a contact that a fact fills.
fn slot_of(kind: &FactKind, subject: Subject) -> Option<u16> {
    match kind {
        FactKind::Slot(slot, _) if subject == Subject::Contact => Some(*slot),
        _ => None,
    }
}
