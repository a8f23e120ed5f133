//! The world: every entity, the timer index, teams' turns. In memory, without clock or I/O.
//!
//! Invariant: an entity's `timer` is its only entry in the timer index, and is the minimum of all that waits in it.
//! Look-ups by id are by a hash table that is never iterated; everything that is iterated is ordered.

use super::entity::Entity;
use crate::base::Instant;
use crate::check::checked::Subject;
use crate::plan::Plan;
use crate::value::Value;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Names an entity of a world: its place in the order in which entities became known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Eid(pub u32);

/// Everything that the engine knows.
#[derive(Clone, Debug, Default)]
pub struct World {
    entities: Vec<Entity>,
    ids: [Lookup; 2],
    timers: BTreeSet<(Instant, Eid)>,
    /// The instant of the last input.
    pub now: Instant,
    /// For each team, by name: how many have been assigned in turn.
    pub turns: BTreeMap<Arc<str>, u64>,
    /// For (subject's index, slot, address): how many entities have that user there.
    pub loads: BTreeMap<(u8, u16, Arc<str>), i64>,
    /// Every workflow that is not disabled runs as live: in tests.
    pub all_live: bool,
    /// Nothing is delivered: every action succeeds at once, and a value kept from its response is `<its name>`.
    pub simulated: bool,
    /// Steps taken: (workflow, from this op, to that), where they are asked for.
    pub trace: Option<BTreeSet<(u32, u32, u32)>>,
    /// Whether changes of facts are logged.
    pub log_facts: bool,
    /// Entities touched since they were last asked for, where that is asked for.
    dirty: Option<BTreeSet<Eid>>,
}

/// Ids to places. Never iterated, so its order can't matter.
#[derive(Clone, Debug, Default)]
struct Lookup {
    map: std::collections::HashMap<Arc<str>, Eid>,
}

impl World {
    /// An empty world.
    pub fn new() -> Self {
        Self { now: Instant::MIN, ..Self::default() }
    }

    /// An empty world in which nothing is delivered.
    pub fn simulated() -> Self {
        Self { simulated: true, ..Self::new() }
    }

    /// How many entities are known.
    pub fn len(&self) -> usize {
        self.entities.len()
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.entities.is_empty()
    }

    /// The entity of that id.
    pub fn find(&self, subject: Subject, id: &str) -> Option<Eid> {
        self.ids.get(subject.index()).and_then(|lookup| lookup.map.get(id)).copied()
    }

    /// The entity of that id, made known if it is not.
    pub fn mention(&mut self, subject: Subject, id: &Arc<str>) -> Eid {
        if let Some(known) = self.find(subject, id) {
            return known;
        }
        let eid = Eid(self.entities.len() as u32);
        self.entities.push(Entity::new(subject, Arc::clone(id)));
        if let Some(dirty) = &mut self.dirty {
            dirty.insert(eid);
        }
        if let Some(lookup) = self.ids.get_mut(subject.index()) {
            lookup.map.insert(Arc::clone(id), eid);
        }
        eid
    }

    /// Takes a stored entity in, in its place.
    pub fn restore(&mut self, entity: Entity) -> Eid {
        let eid = Eid(self.entities.len() as u32);
        if let Some(lookup) = self.ids.get_mut(entity.subject.index()) {
            lookup.map.insert(Arc::clone(&entity.id), eid);
        }
        if entity.timer != Instant::MAX {
            self.timers.insert((entity.timer, eid));
        }
        self.entities.push(entity);
        eid
    }

    /// An entity.
    #[expect(
        clippy::indexing_slicing,
        reason = "an Eid is only ever made by this world, which forgets no entity"
    )]
    pub fn entity(&self, eid: Eid) -> &Entity {
        &self.entities[eid.0 as usize]
    }

    /// An entity, to change.
    #[expect(
        clippy::indexing_slicing,
        reason = "an Eid is only ever made by this world, which forgets no entity"
    )]
    pub fn entity_mut(&mut self, eid: Eid) -> &mut Entity {
        if let Some(dirty) = &mut self.dirty {
            dirty.insert(eid);
        }
        &mut self.entities[eid.0 as usize]
    }

    /// From now on it is noted which entities are touched, for [`Self::take_dirty`].
    pub fn note_dirty(&mut self) {
        self.dirty.get_or_insert_default();
    }

    /// The entities that may have changed since the last call, in order; none where that is not noted.
    pub fn take_dirty(&mut self) -> BTreeSet<Eid> {
        self.dirty.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// All entities, in the order in which they became known.
    pub fn iter(&self) -> impl Iterator<Item = (Eid, &Entity)> {
        self.entities.iter().enumerate().map(|(at, entity)| (Eid(at as u32), entity))
    }

    /// The first instant at which time alone has something to do.
    pub fn next_timer(&self) -> Option<Instant> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// Takes the entities out of the timer index that are due at that instant or before.
    pub fn due(&mut self, at: Instant) -> Vec<Eid> {
        let mut due = Vec::new();
        while let Some((first, eid)) = self.timers.first().copied() {
            if first > at {
                break;
            }
            self.timers.pop_first();
            self.entity_mut(eid).timer = Instant::MAX;
            due.push(eid);
        }
        due
    }

    /// Brings an entity's entry in the timer index up to date.
    pub fn retime(&mut self, eid: Eid) {
        let entity = self.entity_mut(eid);
        let (old, new) = (entity.timer, entity.next_timer());
        if old == new {
            return;
        }
        entity.timer = new;
        if old != Instant::MAX {
            self.timers.remove(&(old, eid));
        }
        if new != Instant::MAX {
            self.timers.insert((new, eid));
        }
    }

    /// How many entities have that user in that slot; counted where a `least loaded of` asks for it.
    pub fn load(&self, subject: Subject, slot: u16, user: &Arc<str>) -> i64 {
        self.loads.get(&(subject.index() as u8, slot, Arc::clone(user))).copied().unwrap_or(0)
    }

    /// Counts an entity for another user.
    pub(super) fn count_load(&mut self, plan: &Plan, eid: Eid, slot: u16, change: (&Value, &Value)) {
        let side = self.entity(eid).subject.index() as u8;
        if !plan.index.loads.contains(&(side, slot)) {
            return;
        }
        for (value, by) in [(change.0, -1), (change.1, 1)] {
            if let Value::Text(user) = value {
                *self.loads.entry((side, slot, Arc::clone(user))).or_default() += by;
            }
        }
    }

    /// How many entries the timer index has.
    pub fn timers(&self) -> usize {
        self.timers.len()
    }
}
