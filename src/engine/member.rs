//! Who belongs to whom: memberships begin and end, entities come and go, and what is counted over pairs follows
//! (semantics S5.1). Facts are worked out behind it, in [`super::propagate`].

use super::effect::{Exited, LogKind};
use super::entity::{Link, Links};
use super::turn::Turn;
use super::world::Eid;
use crate::base::Instant;
use crate::plan::Subject;
use crate::plan::expr::RelId;
use crate::value::{Snapshot, Value};
use std::sync::Arc;

/// The relation number under which an entity counts all that it is linked with.
pub(super) const ALL: u32 = u32::MAX;

impl Turn<'_> {
    /// Counts an entity in (or out) of all that it is linked with.
    pub(super) fn related_created(&mut self, eid: Eid, by: i32) {
        let others: Vec<Eid> = match &self.world.entity(eid).links {
            Links::Account { contacts, .. } => contacts.iter().copied().collect(),
            Links::Contact(links) => links.iter().map(|link| link.account).collect(),
        };
        for other in others {
            self.count_all(other, by);
            let contact = if self.world.entity(eid).subject == Subject::Contact { eid } else { other };
            self.push_pairs(contact);
        }
    }

    pub(super) fn count_all(&mut self, outer: Eid, by: i32) {
        let plan = self.plan;
        let entity = self.world.entity_mut(outer);
        entity.add_count(ALL, by);
        let side = entity.subject.index();
        for relation in plan.index.outer_of.get(side).into_iter().flatten() {
            self.relation_changed(outer, *relation);
        }
    }

    pub(super) fn push_pairs(&mut self, contact: Eid) {
        self.touched.insert(contact);
        self.work.extend(self.plan.index.relation_facts.iter().map(|fact| (*fact, contact)));
    }

    /// A contact becomes a member of an account.
    pub(super) fn join(&mut self, contact: Eid, account: Eid, since: Instant) {
        let id = Arc::clone(&self.world.entity(account).id);
        let earlier = |link: &Link| {
            (link.since, Arc::clone(&self.world.entity(link.account).id)) < (since, Arc::clone(&id))
        };
        let links = self.world.entity(contact).accounts();
        if links.iter().any(|link| link.account == account) {
            return;
        }
        let place = links.partition_point(earlier);
        let link = Link { account, since, met: super::entity::Bits::default(), nexts: Vec::new() };
        if let Links::Contact(links) = &mut self.world.entity_mut(contact).links {
            links.insert(place, link);
        }
        if let Links::Account { contacts, .. } = &mut self.world.entity_mut(account).links {
            contacts.insert(contact);
        }
        self.linked(contact, account, 1, place == 0);
    }

    /// A contact leaves an account.
    pub(super) fn leave(&mut self, contact: Eid, account: Eid) {
        let Some(place) =
            self.world.entity(contact).accounts().iter().position(|link| link.account == account)
        else {
            return;
        };
        self.unmeet(contact, place);
        if let Links::Contact(links) = &mut self.world.entity_mut(contact).links {
            links.remove(place);
        }
        if let Links::Account { contacts, .. } = &mut self.world.entity_mut(account).links {
            contacts.remove(&contact);
        }
        self.linked(contact, account, -1, place == 0);
    }

    /// Takes a pair out of every count.
    fn unmeet(&mut self, contact: Eid, place: usize) {
        let plan = self.plan;
        for (relation, at) in plan.pool.relations().iter().zip(0u32..) {
            let id = RelId(at);
            let Some(link) = self.world.entity_mut(contact).accounts_mut().get_mut(place) else { return };
            let account = link.account;
            if link.met.set(id.0, false) {
                let outer = if relation.over == Subject::Contact { account } else { contact };
                self.world.entity_mut(outer).add_count(id.0, -1);
                self.relation_changed(outer, id);
            }
        }
    }

    fn linked(&mut self, contact: Eid, account: Eid, by: i32, first: bool) {
        self.touched.extend([contact, account]);
        if self.world.entity(contact).created {
            self.count_all(account, by);
        }
        if self.world.entity(account).created {
            self.count_all(contact, by);
        }
        self.push_pairs(contact);
        if first {
            self.account_of_changed(contact);
        }
    }

    /// Facts of a contact that read *its account* read another now.
    fn account_of_changed(&mut self, contact: Eid) {
        let plan = self.plan;
        self.work.extend(plan.index.through_account.iter().map(|fact| (*fact, contact)));
    }

    /// An entity is gone: its enrolments end, its memberships too, and nothing fires.
    pub(super) fn delete(&mut self, eid: Eid) {
        self.end(eid, &Exited::Deleted);
    }

    /// The enrolments of an entity end for that reason.
    pub(super) fn end_runs(&mut self, eid: Eid, why: &Exited) {
        let mut keys = self.watched_runs(eid);
        keys.sort_unstable();
        for key in keys {
            self.exit(key, None, LogKind::Exited(why.clone()));
        }
    }

    /// Nothing is left of an entity but that it was known; its enrolments end for that reason.
    pub(super) fn end(&mut self, eid: Eid, why: &Exited) {
        self.end_runs(eid, why);
        let links: Vec<(Eid, Eid)> = match &self.world.entity(eid).links {
            Links::Account { contacts, .. } => contacts.iter().map(|contact| (*contact, eid)).collect(),
            Links::Contact(links) => links.iter().map(|link| (eid, link.account)).collect(),
        };
        self.related_created_out(eid);
        for (contact, account) in links {
            self.leave(contact, account);
        }
        self.forget_loads(eid);
        let entity = self.world.entity_mut(eid);
        entity.created = false;
        entity.nexts.clear();
        entity.arms.clear();
        entity.bits = super::entity::Bits::default();
        entity.series.clear();
        entity.activity = super::activity::Activity::default();
        entity.snapshot = Snapshot::default();
        self.touched.insert(eid);
    }

    /// Its owner has one entity fewer.
    fn forget_loads(&mut self, eid: Eid) {
        let snapshot = &self.world.entity(eid).snapshot;
        let held: Vec<(u16, Value)> =
            (0..snapshot.len() as u16).map(|slot| (slot, snapshot.value(slot))).collect();
        for (slot, value) in held {
            self.world.count_load(self.plan, eid, slot, (&value, &Value::Missing));
        }
    }

    fn related_created_out(&mut self, eid: Eid) {
        if self.world.entity(eid).created {
            self.related_created(eid, -1);
        }
        self.world.entity_mut(eid).created = false;
    }
}
