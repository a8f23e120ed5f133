//! The world on disk, written behind: the only user of sled.
//!
//! In: checkpoints of a world ([`Store::checkpoint`]): the entities touched since the last one, new lines of the log,
//! ids of messages taken, and what there is one of. Out: that world again ([`Store::open`]), and a dump that is equal
//! for equal worlds ([`Store::export`]). A world is laid out for a plan, which is kept with it: a changed project's plan
//! is handed in by [`Store::adopt`], and gets there with the world that was moved to it, in one batch. Lines of the log
//! name workflows and steps, so that they can be read behind any change. Invariant: a checkpoint is one atomic batch with the position that it stands
//! for, and counts only when sled's file is synced, as `flush` alone does not do that; every value has a version and
//! a checksum, looked at when it is read. Timers are not stored: they follow from the entities. Ids of messages are
//! kept for good, which is more than the seven days of S7.2 and makes a line's file and number needless.
//! Not here: when to write, moving a world to a changed project. Tests: tests/it/store.rs.

pub mod checkpoint;
mod error;
mod folder;
mod frame;
pub mod log;
mod met;

pub use error::StoreError;

use crate::base::Instant;
use crate::engine::entity::Entity;
use crate::engine::life::Life;
use crate::engine::{Line, LogEntry, LogKind, World};
use crate::plan::{Plan, stored};
use folder::Folder;
use frame::Kind;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

/// A store that this process holds.
pub struct Store {
    folder: Folder,
    tree: sled::Db,
    /// Contents of more than one chunk: how many each has.
    long: BTreeMap<(u8, u64), u16>,
    meta: Meta,
    /// A plan that is to be written with the next checkpoint, in its stored form.
    adopted: Option<Vec<u8>>,
}

/// What a store held.
pub struct Stored {
    /// The world; empty in a new store.
    pub world: World,
    /// The ids of the messages taken.
    pub seen: Vec<Arc<str>>,
    /// The plan that the world is laid out for.
    pub plan: Plan,
    /// Whether that is another than the project's: the world has to be moved.
    pub changed: bool,
}

/// What there is one of.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
struct Meta {
    /// The hash of the project's plan, as it was before anything of an older one had to live on in it.
    project: String,
    /// The instant of the last input.
    now: Instant,
    /// How many messages were taken: the position in the order of inputs.
    applied: u64,
    /// How many lines the log has.
    logged: u64,
    /// How many entities there are.
    entities: u64,
    turns: BTreeMap<Arc<str>, u64>,
    loads: BTreeMap<(u8, u16, Arc<str>), i64>,
    life: Life,
}

/// The memory that sled may take for its pages, in bytes.
const CACHE: u64 = 64 * 1024 * 1024;

type Result<T> = std::result::Result<T, StoreError>;

impl Store {
    /// Opens the store in a folder, or begins one there, and reads its world.
    pub fn open(path: &Path, plan: &Plan) -> Result<(Self, Stored)> {
        let mut store = Self::raw(path)?;
        let contents = store.contents()?;
        if contents.is_empty() {
            store.meta = Meta { now: Instant::MIN, ..Meta::default() };
            store.adopt(plan, plan)?;
            let world = World::simulated();
            return Ok((store, Stored { world, seen: Vec::new(), plan: plan.clone(), changed: false }));
        }
        store.meta = store.one(&contents, Kind::Meta, 0)?;
        let hash = plan.hash().map_err(|error| damaged(path, error.to_string()))?;
        let changed = store.meta.project != hash;
        let kept = contents.get(&(Kind::Plan as u8, 0)).ok_or_else(|| damaged(path, "its plan is lost"))?;
        let kept = stored::read(kept).map_err(|error| StoreError::Plan { folder: path.to_owned(), error })?;
        let stored = store.stored(&contents, kept, changed)?;
        Ok((store, stored))
    }

    /// From the next checkpoint on the world is laid out for this plan, which comes of that of a project.
    pub fn adopt(&mut self, plan: &Plan, project: &Plan) -> Result<()> {
        let path = &self.folder.path;
        self.meta.project = project.hash().map_err(|error| damaged(path, error.to_string()))?;
        self.adopted = Some(stored::write(plan).map_err(|error| damaged(path, error.to_string()))?);
        Ok(())
    }

    /// The tree, without a look at what is in it.
    fn raw(path: &Path) -> Result<Self> {
        let folder = Folder::take(path)?;
        folder.clean().map_err(|error| StoreError::io(path, error))?;
        let config = sled::Config::new().path(folder.tree()).cache_capacity(CACHE);
        let tree = guarded(path, || config.open())?;
        Ok(Self { folder, tree, long: BTreeMap::new(), meta: Meta::default(), adopted: None })
    }

    /// Every content by kind and number, whole and checked.
    fn contents(&mut self) -> Result<BTreeMap<(u8, u64), Vec<u8>>> {
        let path = self.folder.path.clone();
        let pairs = guarded(&path, || self.tree.iter().collect::<sled::Result<Vec<_>>>())?;
        let mut contents: BTreeMap<(u8, u64), Vec<u8>> = BTreeMap::new();
        let mut open: Option<((u8, u64), u16, u16)> = None;
        for (key, value) in &pairs {
            let (kind, number, chunk) =
                frame::read_key(key).ok_or_else(|| damaged(&path, "a key is no key of a store"))?;
            let (count, part) = frame::read_value(key, value).map_err(|what| damaged(&path, what))?;
            let (expected, of) = match open {
                Some((at, next, of)) if at == (kind, number) && next < of => (next, of),
                Some((_, next, of)) if next < of => return Err(damaged(&path, "a chunk of a value is lost")),
                _ => (0, count),
            };
            if chunk != expected || count != of {
                return Err(damaged(&path, "the chunks of a value don't fit together"));
            }
            open = Some(((kind, number), chunk + 1, of));
            contents.entry((kind, number)).or_default().extend_from_slice(part);
            if of > 1 {
                self.long.insert((kind, number), of);
            }
        }
        match open {
            Some((_, next, of)) if next < of => Err(damaged(&path, "a chunk of a value is lost")),
            _ => Ok(contents),
        }
    }

    fn one<T: DeserializeOwned>(
        &self,
        contents: &BTreeMap<(u8, u64), Vec<u8>>,
        kind: Kind,
        number: u64,
    ) -> Result<T> {
        let lost = || damaged(&self.folder.path, format!("{kind:?} {number} is lost").to_lowercase());
        let content = contents.get(&(kind as u8, number)).ok_or_else(lost)?;
        postcard::from_bytes(content)
            .map_err(|error| damaged(&self.folder.path, format!("{kind:?} {number}: {error}").to_lowercase()))
    }

    fn stored(&self, contents: &BTreeMap<(u8, u64), Vec<u8>>, plan: Plan, changed: bool) -> Result<Stored> {
        let mut world = World::simulated();
        world.now = self.meta.now;
        world.turns = self.meta.turns.clone();
        world.loads = self.meta.loads.clone();
        world.life = self.meta.life.clone();
        for number in 0..self.meta.entities {
            world.restore(self.one::<Entity>(contents, Kind::Entity, number)?);
        }
        let ids = 0..self.meta.applied;
        let seen =
            ids.map(|number| self.one::<Arc<str>>(contents, Kind::Seen, number)).collect::<Result<_>>()?;
        Ok(Stored { world, seen, plan, changed })
    }

    /// Writes what changed since the last checkpoint: all of it is on disk when this returns, or none of it.
    /// Lines of the log come with the plan that they are in.
    pub fn checkpoint(
        &mut self,
        world: &mut World,
        seen: &[Arc<str>],
        log: &[(&Plan, &[LogEntry])],
    ) -> Result<()> {
        let mut batch = sled::Batch::default();
        let mut meta = self.meta.clone();
        for eid in world.take_dirty() {
            self.put(&mut batch, Kind::Entity, eid.0.into(), world.entity(eid))?;
        }
        for id in seen {
            self.put(&mut batch, Kind::Seen, meta.applied, id)?;
            meta.applied += 1;
        }
        let lines = log.iter().flat_map(|(plan, lines)| lines.iter().map(move |line| (*plan, line)));
        for (plan, entry) in lines.filter(|(_, entry)| !matches!(entry.kind, LogKind::Fact(_))) {
            self.put(&mut batch, Kind::Log, meta.logged, &Line::of(plan, entry))?;
            meta.logged += 1;
        }
        (meta.now, meta.entities) = (world.now, world.len() as u64);
        (meta.turns, meta.loads) = (world.turns.clone(), world.loads.clone());
        meta.life = world.life.clone();
        self.put(&mut batch, Kind::Meta, 0, &meta)?;
        if let Some(plan) = self.adopted.clone() {
            self.put_bytes(&mut batch, Kind::Plan, 0, &plan)?;
        }
        self.write(batch)?;
        self.adopted = None;
        self.meta = meta;
        Ok(())
    }

    fn put<T: Serialize>(
        &mut self,
        batch: &mut sled::Batch,
        kind: Kind,
        number: u64,
        what: &T,
    ) -> Result<()> {
        let content =
            postcard::to_stdvec(what).map_err(|error| damaged(&self.folder.path, error.to_string()))?;
        self.put_bytes(batch, kind, number, &content)
    }

    fn put_bytes(&mut self, batch: &mut sled::Batch, kind: Kind, number: u64, content: &[u8]) -> Result<()> {
        let parts = frame::frame(kind, number, content).ok_or_else(|| {
            damaged(&self.folder.path, format!("{kind:?} {number} is too long").to_lowercase())
        })?;
        let count = parts.len() as u16;
        let before = self.long.remove(&(kind as u8, number)).unwrap_or(1);
        for (key, value) in parts {
            batch.insert(&key, value);
        }
        for chunk in count..before {
            batch.remove(&frame::key(kind, number, chunk));
        }
        if count > 1 {
            self.long.insert((kind as u8, number), count);
        }
        Ok(())
    }

    fn write(&self, batch: sled::Batch) -> Result<()> {
        let path = &self.folder.path;
        guarded(path, || {
            self.tree.apply_batch(batch)?;
            self.tree.flush()
        })?;
        let file = File::open(self.folder.tree().join("db")).map_err(|error| StoreError::io(path, error))?;
        file.sync_data().map_err(|error| StoreError::io(path, error))
    }

    /// Writes everything that a store holds as text, one content a line, in order: equal for equal worlds.
    pub fn export(path: &Path, out: &mut impl Write) -> Result<()> {
        let mut store = Self::raw(path)?;
        for ((kind, number), content) in store.contents()? {
            let hex = content.iter().fold(String::new(), |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            });
            writeln!(out, "{} {number} {hex}", char::from(kind))
                .map_err(|error| StoreError::io(path, error))?;
        }
        Ok(())
    }
}

fn damaged(path: &Path, what: impl Into<String>) -> StoreError {
    StoreError::Corrupt { folder: path.to_owned(), what: what.into() }
}

/// Asks sled; it tells of some damage by a panic, at any read.
fn guarded<T>(path: &Path, ask: impl FnOnce() -> sled::Result<T>) -> Result<T> {
    let answer = catch_unwind(AssertUnwindSafe(ask));
    match answer.map_err(|_| damaged(path, "its pages can't be read"))? {
        Ok(value) => Ok(value),
        Err(sled::Error::Io(error)) => Err(StoreError::io(path, error)),
        Err(error) => Err(damaged(path, error.to_string())),
    }
}
