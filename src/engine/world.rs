//! The world: every entity, the timer index, teams' turns. Without clock or I/O.
//!
//! An entity is resident (in memory) or away (kept by a [`Vault`], which hands it out when it is asked for), so that memory
//! is bounded by what is resident and some 40 bytes for each entity that is known. Whether one is resident changes
//! nothing of what is worked out.
//!
//! Invariant: an entity's `timer` is its only entry in the timer index, and is the minimum of all that waits in it; an
//! entity that changed since the last [`World::take_dirty`], or is not yet [`World::settled`], is resident.
//! Look-ups by id are by a hash table that is never iterated; everything that is iterated is ordered.

use super::entity::Entity;
use super::life::Life;
use super::outbox::Suppression;
use super::present::{Present, Stand};
use crate::base::Instant;
use crate::plan::{Plan, Subject};
use crate::value::Value;
use hashbrown::HashTable;
use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;
use std::cell::{Cell, OnceCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::hash::Hasher;
use std::sync::Arc;

/// Names an entity of a world: its place in the order in which entities became known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Eid(pub u32);

/// What keeps the entities that are not resident.
pub trait Vault: Send + Sync {
    /// The entity as it was when it was last settled; the error says why it can't be had.
    fn load(&self, eid: Eid) -> Result<Entity, String>;
}

/// Everything that the engine knows.
#[derive(Clone, Default)]
pub struct World {
    places: Vec<Place>,
    ids: HashTable<u32>,
    key: HashKey,
    timers: BTreeSet<(Instant, Eid)>,
    vault: Option<Arc<dyn Vault>>,
    fault: OnceCell<String>,
    dirty: Vec<Eid>,
    suppressed: BTreeMap<Arc<str>, (Suppression, Instant)>,
    dirty_addresses: BTreeSet<Arc<str>>,
    /// Entities with open rows in their outbox.
    open: BTreeSet<Eid>,
    present: Present,
    /// Bytes of what is resident, as last measured.
    resident: Cell<usize>,
    hand: usize,
    /// The instant of the last input.
    pub now: Instant,
    /// For each team, by name: how many have been assigned in turn.
    pub turns: BTreeMap<Arc<str>, u64>,
    /// For (subject's index, slot, address): how many entities have that user there.
    pub loads: BTreeMap<(u8, u16, Arc<str>), i64>,
    /// What outlives a deploy and belongs to no entity.
    pub life: Life,
    /// Every workflow that is not disabled runs as live: in tests.
    pub all_live: bool,
    /// Nothing is delivered: every action succeeds at once, and a value kept from its response is `<its name>`.
    pub simulated: bool,
    /// Steps taken: (workflow, from this op, to that), where they are asked for.
    pub trace: Option<BTreeSet<(u32, u32, u32)>>,
    /// Whether changes of facts are logged.
    pub log_facts: bool,
}

/// The key of the hash of ids, so that nobody can choose ids whose hashes are equal.
pub type HashKey = (u64, u64);

/// What is known of an entity whether or not it is resident.
#[derive(Clone)]
struct Place {
    entity: OnceCell<Arc<Entity>>,
    hash: u64,
    /// As last measured, in bytes.
    size: Cell<u32>,
    /// Asked for since the hand last came by.
    used: Cell<bool>,
    dirty: bool,
    settled: bool,
}

/// The line of a directory: all that a world needs of an entity that is away.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Known {
    /// The hash of its kind and id.
    pub hash: u64,
    /// Its entry in the timer index ([`Instant::MAX`]: none).
    pub timer: Instant,
    /// Whether it has open rows in its outbox.
    pub open: bool,
    /// Where its enrolments stand.
    pub stands: Box<[Stand]>,
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

    /// An empty world whose entities may be away.
    pub fn with_vault(vault: Arc<dyn Vault>, key: HashKey) -> Self {
        Self { vault: Some(vault), key, ..Self::new() }
    }

    /// How many entities are known.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Why an entity could not be had: what was worked out since then must not be used.
    pub fn fault(&self) -> Option<&str> {
        self.fault.get().map(String::as_str)
    }

    fn hash(&self, subject: Subject, id: &str) -> u64 {
        let mut hasher = SipHasher13::new_with_keys(self.key.0, self.key.1);
        hasher.write_u8(subject.index() as u8);
        hasher.write(id.as_bytes());
        hasher.finish()
    }

    fn hash_at(places: &[Place], at: u32) -> u64 {
        places.get(at as usize).map_or(0, |place| place.hash)
    }

    /// The entity of that id, or the one that it turned out to be.
    pub fn find(&self, subject: Subject, id: &str) -> Option<Eid> {
        self.find_itself(subject, id).map(|eid| self.lasting(eid))
    }

    /// The entity of that id, whatever became of it.
    pub fn find_itself(&self, subject: Subject, id: &str) -> Option<Eid> {
        self.find_hashed(self.hash(subject, id), subject, id)
    }

    /// What an entity turned out to be: mostly itself.
    pub fn lasting(&self, mut eid: Eid) -> Eid {
        while let Some(into) = self.entity(eid).merged {
            eid = into;
        }
        eid
    }

    fn find_hashed(&self, hash: u64, subject: Subject, id: &str) -> Option<Eid> {
        let same = |at: &u32| {
            Self::hash_at(&self.places, *at) == hash && {
                let entity = self.entity(Eid(*at));
                entity.subject == subject && &*entity.id == id
            }
        };
        self.ids.find(hash, same).map(|at| Eid(*at))
    }

    /// The entity of that id, made known if it is not.
    pub fn mention(&mut self, subject: Subject, id: &Arc<str>) -> Eid {
        let hash = self.hash(subject, id);
        if let Some(known) = self.find_hashed(hash, subject, id) {
            return self.lasting(known);
        }
        let entity = Entity { mentioned: self.now, ..Entity::new(subject, Arc::clone(id)) };
        let eid = self.add(hash, Instant::MAX, Some(entity));
        self.mark(eid);
        eid
    }

    /// Takes a stored entity in, in its place.
    pub fn restore(&mut self, entity: Entity) -> Eid {
        let hash = self.hash(entity.subject, &entity.id);
        let (open, stands) = (entity.has_open_rows(), entity.stands.clone());
        let eid = self.add(hash, entity.timer, Some(entity));
        self.note_open(eid, open);
        self.present.moved(eid, &[], &stands);
        eid
    }

    /// Takes in what is known of an entity that is away, in its place.
    pub fn restore_known(&mut self, known: &Known) -> Eid {
        let eid = self.add(known.hash, known.timer, None);
        self.note_open(eid, known.open);
        self.present.moved(eid, &[], &known.stands);
        eid
    }

    fn note_open(&mut self, eid: Eid, open: bool) {
        if open {
            self.open.insert(eid);
        } else if !self.open.is_empty() {
            self.open.remove(&eid);
        }
    }

    fn add(&mut self, hash: u64, timer: Instant, entity: Option<Entity>) -> Eid {
        let eid = Eid(self.places.len() as u32);
        if timer != Instant::MAX {
            self.timers.insert((timer, eid));
        }
        let (entity, size) = match entity {
            Some(entity) => {
                let size = entity.memory();
                (OnceCell::from(Arc::new(entity)), size)
            }
            None => (OnceCell::new(), 0),
        };
        self.resident.set(self.resident.get() + size);
        let (size, used) = (Cell::new(size as u32), Cell::new(true));
        self.places.push(Place { entity, hash, size, used, dirty: false, settled: true });
        let places = &self.places;
        self.ids.insert_unique(hash, eid.0, |at| Self::hash_at(places, *at));
        eid
    }

    /// An entity.
    #[expect(
        clippy::indexing_slicing,
        reason = "an Eid is only ever made by this world, which forgets no entity"
    )]
    #[inline]
    pub fn entity(&self, eid: Eid) -> &Entity {
        let place = &self.places[eid.0 as usize];
        place.used.set(true);
        match place.entity.get() {
            Some(entity) => entity,
            None => place.entity.get_or_init(|| self.load(eid)),
        }
    }

    #[cold]
    fn load(&self, eid: Eid) -> Arc<Entity> {
        let loaded = match &self.vault {
            Some(vault) => vault.load(eid),
            None => Err("it is kept nowhere".to_owned()),
        };
        let entity = loaded.unwrap_or_else(|error| {
            self.fault.get_or_init(|| format!("entity {}: {error}", eid.0));
            Entity::new(Subject::Account, "".into())
        });
        let size = entity.memory();
        self.resident.set(self.resident.get() + size);
        if let Some(place) = self.places.get(eid.0 as usize) {
            place.size.set(size as u32);
        }
        Arc::new(entity)
    }

    /// An entity as it is now: it stays as it is while the world goes on.
    pub fn share(&self, eid: Eid) -> Option<Arc<Entity>> {
        self.entity(eid);
        self.places.get(eid.0 as usize)?.entity.get().cloned()
    }

    /// An entity, to change. What was [shared](Self::share) stays as it was.
    #[expect(
        clippy::indexing_slicing,
        clippy::missing_panics_doc,
        reason = "an Eid is only ever made by this world, which forgets no entity"
    )]
    pub fn entity_mut(&mut self, eid: Eid) -> &mut Entity {
        if self.places[eid.0 as usize].entity.get().is_none() {
            self.entity(eid);
        }
        self.mark(eid);
        let place = &mut self.places[eid.0 as usize];
        place.used.set(true);
        #[expect(clippy::expect_used, reason = "it was made resident above")]
        Arc::make_mut(place.entity.get_mut().expect("resident"))
    }

    fn mark(&mut self, eid: Eid) {
        if let Some(place) = self.places.get_mut(eid.0 as usize)
            && !place.dirty
        {
            (place.dirty, place.settled) = (true, false);
            self.dirty.push(eid);
        }
    }

    /// The entities that may have changed since the last call, in order. They stay resident until they are
    /// [settled](Self::settled).
    pub fn take_dirty(&mut self) -> Vec<Eid> {
        let mut dirty = std::mem::take(&mut self.dirty);
        dirty.sort_unstable();
        for eid in &dirty {
            if let Some(place) = self.places.get_mut(eid.0 as usize) {
                place.dirty = false;
            }
        }
        dirty
    }

    /// How many entities the next [`Self::take_dirty`] would give.
    pub fn dirty(&self) -> usize {
        self.dirty.len()
    }

    /// Says that the vault has these as they were when they were last taken by [`Self::take_dirty`].
    pub fn settled(&mut self, eids: &[Eid]) {
        for eid in eids {
            if let Some(place) = self.places.get_mut(eid.0 as usize) {
                place.settled = !place.dirty;
            }
        }
    }

    /// Bytes that the resident entities take, as last measured.
    pub fn resident_bytes(&self) -> usize {
        self.resident.get()
    }

    /// Measures entities again, such as those just taken by [`Self::take_dirty`].
    pub fn measure(&mut self, eids: &[Eid]) {
        for place in eids.iter().filter_map(|eid| self.places.get(eid.0 as usize)) {
            let size = place.entity.get().map_or(0, |entity| entity.memory());
            let before = place.size.replace(size as u32) as usize;
            self.resident.set((self.resident.get() + size).saturating_sub(before));
        }
    }

    /// Sends settled entities away until what is resident takes at most so many bytes, those first that were not asked
    /// for of late. Nothing is sent away without a vault.
    pub fn shrink(&mut self, bytes: usize) {
        if self.vault.is_none() {
            return;
        }
        // Twice round: the first time what was used of late gets away.
        for _ in 0..self.places.len().saturating_mul(2) {
            if self.resident.get() <= bytes {
                return;
            }
            self.hand = if self.hand + 1 < self.places.len() { self.hand + 1 } else { 0 };
            let Some(place) = self.places.get_mut(self.hand) else { return };
            if place.settled && place.entity.get().is_some() && !place.used.replace(false) {
                place.entity.take();
                let size = place.size.replace(0) as usize;
                self.resident.set(self.resident.get().saturating_sub(size));
            }
        }
    }

    /// The entity's line of a directory.
    pub fn known(&self, eid: Eid) -> Known {
        let hash = Self::hash_at(&self.places, eid.0);
        let entity = self.entity(eid);
        let stands = entity.stands.clone();
        Known { hash, timer: entity.timer, open: entity.has_open_rows(), stands }
    }

    /// All entities, in the order in which they became known; makes each of them resident.
    pub fn iter(&self) -> impl Iterator<Item = (Eid, &Entity)> {
        (0..self.places.len() as u32).map(|at| (Eid(at), self.entity(Eid(at))))
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

    fn note_stands(&mut self, eid: Eid) {
        let entity = self.entity(eid);
        let stands = entity.runs.iter().map(Stand::of);
        if stands.clone().eq(entity.stands.iter().copied()) {
            return;
        }
        let stands: Box<[Stand]> = stands.collect();
        let before = std::mem::replace(&mut self.entity_mut(eid).stands, stands.clone());
        self.present.moved(eid, &before, &stands);
    }

    /// Who is in which workflow, and where.
    pub fn present(&self) -> &Present {
        &self.present
    }

    /// Brings an entity's entries in the indices up to date: of timers, of open rows, of who is where.
    pub fn retime(&mut self, eid: Eid) {
        self.note_stands(eid);
        let entity = self.entity(eid);
        let (old, new, open) = (entity.timer, entity.next_timer(), entity.has_open_rows());
        self.note_open(eid, open);
        if old == new {
            return;
        }
        self.entity_mut(eid).timer = new;
        if old != Instant::MAX {
            self.timers.remove(&(old, eid));
        }
        if new != Instant::MAX {
            self.timers.insert((new, eid));
        }
    }

    /// How many entities have that user in that slot; counted where a `least loaded of` asks for it.
    pub fn load_of(&self, subject: Subject, slot: u16, user: &Arc<str>) -> i64 {
        self.loads.get(&(subject.index() as u8, slot, Arc::clone(user))).copied().unwrap_or(0)
    }

    /// Counts an entity for another user.
    pub(super) fn count_load(&mut self, plan: &Plan, eid: Eid, slot: u16, change: (&Value, &Value)) {
        if plan.index.loads.is_empty() {
            return;
        }
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

    /// Why nothing goes to an address; `None`: it may.
    pub fn suppressed(&self, address: &str) -> Option<Suppression> {
        if self.suppressed.is_empty() {
            return None;
        }
        self.suppressed.get(&*address.to_lowercase()).map(|(why, _)| *why)
    }

    /// From now on nothing goes to an address, or it may again.
    pub fn suppress(&mut self, address: &str, why: Option<Suppression>, at: Instant) {
        let address: Arc<str> = address.to_lowercase().into();
        match why {
            Some(why) => {
                self.suppressed.entry(Arc::clone(&address)).or_insert((why, at));
            }
            None => {
                self.suppressed.remove(&address);
            }
        }
        self.dirty_addresses.insert(address);
    }

    /// Every address to which nothing goes, with why and since when, in order.
    pub fn suppressions(&self) -> impl Iterator<Item = (&Arc<str>, Suppression, Instant)> {
        self.suppressed.iter().map(|(address, (why, at))| (address, *why, *at))
    }

    /// The addresses of which that may have changed since the last call.
    pub fn take_dirty_addresses(&mut self) -> BTreeSet<Arc<str>> {
        std::mem::take(&mut self.dirty_addresses)
    }

    /// Takes a stored suppression in.
    pub fn restore_suppression(&mut self, address: Arc<str>, why: Suppression, at: Instant) {
        self.suppressed.insert(address, (why, at));
    }

    /// The entities that have open rows in their outbox, in order.
    pub fn open_rows(&self) -> impl Iterator<Item = Eid> {
        self.open.iter().copied()
    }

    /// How many entities have open rows in their outbox.
    pub fn open_entities(&self) -> usize {
        self.open.len()
    }

    /// How many entries the timer index has.
    pub fn timers(&self) -> usize {
        self.timers.len()
    }

    /// The bytes that every known entity costs here, resident or not.
    pub const BYTES_KNOWN: usize = size_of::<Place>() + 2 * size_of::<u32>();
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World")
            .field("now", &self.now)
            .field("entities", &self.places.len())
            .finish_non_exhaustive()
    }
}
