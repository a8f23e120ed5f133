//! Checkpoints of a server's world: written behind, one atomic batch each, read back one value at a time.
//!
//! In: what changed since the last one ([`Change`]). Out: the directory of all entities and what there is one of
//! ([`Found`]); single entities, bodies of rows and lines of the log, whenever they are asked for ([`Shelf`]). Invariant:
//! a checkpoint holds all that records up to its position did, and nothing of later ones. It is a view: the journal can
//! make it anew. No entity is read at the start, so that takes as long as the directory is large.

use super::folder::Folder;
use super::frame::{self, Kind};
use super::log::{Blocks, LogShelf};
use super::{StoreError, damaged, guarded};
use crate::base::Instant;
use crate::engine::effect::Prepared;
use crate::engine::entity::Entity;
use crate::engine::life::Life;
use crate::engine::outbox::Suppression;
use crate::engine::world::{Known, Vault};
use crate::engine::{Eid, Line, RowId};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

type Result<T> = std::result::Result<T, StoreError>;

/// Entities in one page of the directory.
const PAGE: usize = 64;
/// The memory that sled may take for its pages, in bytes.
const CACHE: u64 = 64 << 20;

/// What there is one of.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Meta {
    /// The last record that is in it.
    pub position: u64,
    /// Its instant.
    pub at: Instant,
    /// The instant of the last input.
    pub now: Instant,
    /// The key of the hashes of ids.
    pub key: (u64, u64),
    /// How many entities there are.
    pub entities: u32,
    /// How many lines the log has.
    pub logged: u64,
    /// For each team: how many have been assigned in turn.
    pub turns: BTreeMap<Arc<str>, u64>,
    /// How many entities have a user in a slot.
    pub loads: BTreeMap<(u8, u16, Arc<str>), i64>,
    /// What belongs to no entity.
    pub life: Life,
}

/// Suppressed addresses, each with why and since when.
pub type Addresses = Vec<(Arc<str>, Suppression, Instant)>;

/// What changed since the last checkpoint.
pub struct Change {
    /// What there is one of.
    pub meta: Meta,
    /// Entities as they are, with their lines of the directory.
    pub entities: Vec<(Eid, Known, Arc<Entity>)>,
    /// Bodies of rows; none: the row is over.
    pub bodies: Vec<(RowId, Option<Arc<Prepared>>)>,
    /// Messages that have left: their numbers, their rows, and what is kept of them.
    pub posted: Vec<(u64, RowId, Vec<u8>)>,
    /// New lines of the log.
    pub lines: Vec<Line>,
    /// Suppressed addresses by bucket, whole.
    pub suppressed: Vec<(u16, Addresses)>,
    /// The plan that the world is laid out for, in its stored form, if it changed.
    pub plan: Option<Vec<u8>>,
    /// What others want kept with it, by number.
    pub extras: Vec<(u64, Vec<u8>)>,
}

/// What a store held when it was opened.
pub struct Found {
    /// What there is one of; `None`: the store is new.
    pub meta: Option<Meta>,
    /// The directory, by entity.
    pub directory: Vec<Known>,
    /// Every suppressed address.
    pub suppressed: Addresses,
    /// The plan, in its stored form.
    pub plan: Option<Vec<u8>>,
    /// What others wanted kept, by number.
    pub extras: BTreeMap<u64, Vec<u8>>,
}

/// Reads single values, from any thread.
pub struct Shelf {
    pub(super) tree: sled::Db,
    pub(super) folder: Folder,
}

/// Writes checkpoints.
pub struct Checkpoints {
    shelf: Arc<Shelf>,
    directory: Vec<Known>,
    blocks: Blocks,
    batch: sled::Batch,
}

/// Where two stores differ: the kind, the number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference(pub String);

/// The bucket of an address.
pub fn bucket(address: &str) -> u16 {
    (crc32fast::hash(address.as_bytes()) & 0xfff) as u16
}

impl Shelf {
    pub(super) fn path(&self) -> &Path {
        &self.folder.path
    }

    pub(super) fn content(&self, kind: Kind, number: u64) -> Result<Option<Vec<u8>>> {
        let Some(first) = self.chunk(kind, number, 0)? else { return Ok(None) };
        let (count, mut content) = first;
        for chunk in 1..count {
            let lost = || damaged(self.path(), "a chunk of a value is lost");
            let (of, part) = self.noted(self.chunk(kind, number, chunk)?.ok_or_else(lost))?;
            if of != count {
                return self.noted(Err(damaged(self.path(), "the chunks of a value don't fit together")));
            }
            content.extend(part);
        }
        Ok(Some(content))
    }

    fn chunk(&self, kind: Kind, number: u64, chunk: u16) -> Result<Option<(u16, Vec<u8>)>> {
        let key = frame::key(kind, number, chunk);
        let got = self.noted(guarded(self.path(), || self.tree.get(key)))?;
        let Some(value) = got else { return Ok(None) };
        let read = frame::read_value(&key, &value).map_err(|what| damaged(self.path(), what));
        let (count, part) = self.noted(read)?;
        Ok(Some((count, part.to_vec())))
    }

    pub(super) fn get<T: DeserializeOwned>(&self, kind: Kind, number: u64) -> Result<Option<T>> {
        let Some(content) = self.content(kind, number)? else { return Ok(None) };
        let read = postcard::from_bytes(&content);
        let wrong = |error| damaged(self.path(), format!("{kind:?} {number}: {error}").to_lowercase());
        self.noted(read.map(Some).map_err(wrong))
    }

    /// What would be sent for a row; `None`: nothing is kept.
    pub fn body(&self, row: RowId) -> Result<Option<Prepared>> {
        self.get(Kind::Body, row_number(row))
    }

    /// What is kept of a message that has left, by its number.
    pub fn posted(&self, number: u64) -> Result<Option<Vec<u8>>> {
        self.content(Kind::Posted, number)
    }

    /// What is kept of the message that a row was.
    pub fn posted_row(&self, row: RowId) -> Result<Option<Vec<u8>>> {
        match self.get(Kind::PostedRow, row_number(row))? {
            Some(number) => self.posted(number),
            None => Ok(None),
        }
    }

    fn every(&self, kind: Kind) -> Result<Vec<u64>> {
        let path = self.path();
        let keys =
            guarded(path, || self.tree.scan_prefix([kind as u8]).keys().collect::<sled::Result<Vec<_>>>())?;
        let numbers = keys.iter().filter_map(|key| frame::read_key(key));
        Ok(numbers.filter(|(_, _, chunk)| *chunk == 0).map(|(_, number, _)| number).collect())
    }

    fn find(&self) -> Result<Found> {
        let meta: Option<Meta> = self.get(Kind::Meta, 1)?;
        let count = meta.as_ref().map_or(0, |meta| meta.entities as usize);
        let mut directory = Vec::with_capacity(count);
        for page in 0..count.div_ceil(PAGE) {
            let lost = || damaged(self.path(), format!("page {page} of the directory is lost"));
            let known: Vec<Known> = self.get(Kind::Directory, page as u64)?.ok_or_else(lost)?;
            directory.extend(known);
        }
        if directory.len() != count {
            return Err(damaged(
                self.path(),
                format!("the directory has {} entities, not {count}", directory.len()),
            ));
        }
        let mut suppressed = Vec::new();
        for bucket in self.every(Kind::Suppressed)? {
            let some: Option<Addresses> = self.get(Kind::Suppressed, bucket)?;
            suppressed.extend(some.unwrap_or_default());
        }
        let mut extras = BTreeMap::new();
        for number in self.every(Kind::Extra)? {
            extras.extend(self.content(Kind::Extra, number)?.map(|content| (number, content)));
        }
        let plan = self.content(Kind::Plan, 1)?;
        Ok(Found { meta, directory, suppressed, plan, extras })
    }
}

impl Vault for Shelf {
    fn load(&self, eid: Eid) -> std::result::Result<Entity, String> {
        let entity: Option<Entity> =
            self.get(Kind::Entity, eid.0.into()).map_err(|error| error.to_string())?;
        let lost = || damaged(self.path(), format!("entity {} is lost", eid.0));
        self.noted(entity.ok_or_else(lost)).map_err(|error| error.to_string())
    }
}

fn row_number(row: RowId) -> u64 {
    u64::from(row.entity.0) << 32 | u64::from(row.number)
}

impl Checkpoints {
    /// Opens the store in a folder, or begins one there.
    pub fn open(path: &Path) -> Result<(Self, Found)> {
        let folder = Folder::take(path)?;
        folder.clean().map_err(|error| StoreError::io(path, error))?;
        super::met::none_met(path)?;
        let config = sled::Config::new().path(folder.tree()).cache_capacity(CACHE).flush_every_ms(None);
        let tree = guarded(path, || config.open())?;
        let shelf = Arc::new(Shelf { tree, folder });
        let found = shelf.find()?;
        let logged = found.meta.as_ref().map_or(0, |meta| meta.logged);
        let blocks = Blocks::open(&shelf, logged)?;
        let directory = found.directory.clone();
        Ok((Self { shelf, directory, blocks, batch: sled::Batch::default() }, found))
    }

    /// What reads single values.
    pub fn shelf(&self) -> Arc<Shelf> {
        Arc::clone(&self.shelf)
    }

    /// What reads the log.
    pub fn log(&self) -> LogShelf {
        LogShelf::new(Arc::clone(&self.shelf))
    }

    /// Writes a checkpoint: all of it is on disk when this returns, or none of it.
    pub fn write(&mut self, change: Change) -> Result<()> {
        self.batch = sled::Batch::default();
        let mut pages = BTreeSet::new();
        for (eid, known, entity) in &change.entities {
            self.put(Kind::Entity, eid.0.into(), &**entity)?;
            self.note(*eid, known.clone());
            pages.insert(eid.0 as usize / PAGE);
        }
        for page in pages {
            let from = page * PAGE;
            let to = self.directory.len().min(from + PAGE);
            let known = self.directory.get(from..to).unwrap_or(&[]).to_vec();
            self.put(Kind::Directory, page as u64, &known)?;
        }
        for (row, body) in &change.bodies {
            match body {
                Some(prepared) => self.put(Kind::Body, row_number(*row), &**prepared)?,
                None => self.remove(Kind::Body, row_number(*row))?,
            }
        }
        for (number, row, content) in &change.posted {
            self.put_bytes(Kind::Posted, *number, content)?;
            self.put(Kind::PostedRow, row_number(*row), number)?;
        }
        for (bucket, some) in &change.suppressed {
            self.put(Kind::Suppressed, (*bucket).into(), some)?;
        }
        for (number, content) in &change.extras {
            self.put_bytes(Kind::Extra, *number, content)?;
        }
        if let Some(plan) = &change.plan {
            self.put_bytes(Kind::Plan, 1, plan)?;
        }
        self.lines(change.lines)?;
        self.put(Kind::Meta, 1, &change.meta)?;
        self.commit()
    }

    fn note(&mut self, eid: Eid, known: Known) {
        let at = eid.0 as usize;
        if at >= self.directory.len() {
            let empty = Known { hash: 0, timer: Instant::MAX, open: false, stands: Box::default() };
            self.directory.resize(at + 1, empty);
        }
        if let Some(line) = self.directory.get_mut(at) {
            *line = known;
        }
    }

    fn lines(&mut self, lines: Vec<Line>) -> Result<()> {
        for block in self.blocks.add(lines) {
            let content = block.encode().map_err(|error| damaged(self.shelf.path(), error))?;
            self.put_bytes(Kind::Log, block.number, &content)?;
            for key in block.keys() {
                self.batch.insert(&key, &[]);
            }
        }
        Ok(())
    }

    fn put<T: Serialize>(&mut self, kind: Kind, number: u64, what: &T) -> Result<()> {
        let content =
            postcard::to_stdvec(what).map_err(|error| damaged(self.shelf.path(), error.to_string()))?;
        self.put_bytes(kind, number, &content)
    }

    fn put_bytes(&mut self, kind: Kind, number: u64, content: &[u8]) -> Result<()> {
        let too_long = || damaged(self.shelf.path(), format!("{kind:?} {number} is too long").to_lowercase());
        let parts = frame::frame(kind, number, content).ok_or_else(too_long)?;
        let (count, before) = (parts.len() as u16, self.chunks(kind, number)?);
        for (key, value) in parts {
            self.batch.insert(&key, value);
        }
        (count..before).for_each(|chunk| self.batch.remove(&frame::key(kind, number, chunk)));
        Ok(())
    }

    fn remove(&mut self, kind: Kind, number: u64) -> Result<()> {
        for chunk in 0..self.chunks(kind, number)? {
            self.batch.remove(&frame::key(kind, number, chunk));
        }
        Ok(())
    }

    /// How many chunks a content has now.
    fn chunks(&self, kind: Kind, number: u64) -> Result<u16> {
        Ok(self.shelf.chunk(kind, number, 0)?.map_or(0, |(count, _)| count))
    }

    fn commit(&mut self) -> Result<()> {
        let (path, batch) = (self.shelf.path().to_owned(), std::mem::take(&mut self.batch));
        guarded(&path, || {
            self.shelf.tree.apply_batch(batch)?;
            self.shelf.tree.flush()
        })?;
        // sled's flush leaves the bytes with the system.
        let file =
            File::open(self.shelf.folder.tree().join("db")).map_err(|error| StoreError::io(&path, error))?;
        file.sync_data().map_err(|error| StoreError::io(&path, error))
    }

    /// Reads every value; gives how many there are.
    pub fn verify(&self) -> Result<u64> {
        let path = self.shelf.path();
        let mut values = 0;
        for pair in self.shelf.tree.iter() {
            let (key, value) = guarded(path, || pair)?;
            if frame::read_key(&key).is_some() {
                frame::read_value(&key, &value).map_err(|what| damaged(path, what))?;
                values += 1;
            }
        }
        Ok(values)
    }

    /// Compares what is in two stores, but for what only says where they are and how they came to be: the plan, whose
    /// stored form is made anew, and what others keep beside the world.
    pub fn compare(&self, other: &Self) -> Result<std::result::Result<(), Difference>> {
        let kept = |store: &Self| -> Result<BTreeMap<Vec<u8>, Vec<u8>>> {
            let path = store.shelf.path().to_owned();
            let mut found = BTreeMap::new();
            for pair in store.shelf.tree.iter() {
                let (key, value) = guarded(&path, || pair)?;
                let compared = key.first().is_some_and(|kind| b"ebdslxw".contains(kind));
                if compared {
                    found.insert(key.to_vec(), value.to_vec());
                }
            }
            Ok(found)
        };
        let (mine, theirs) = (kept(self)?, kept(other)?);
        let keys: BTreeSet<&Vec<u8>> = mine.keys().chain(theirs.keys()).collect();
        let differs = keys.into_iter().find(|key| mine.get(*key) != theirs.get(*key));
        Ok(match differs {
            None => Ok(()),
            Some(key) => {
                let kind = key.first().map_or('?', |kind| char::from(*kind));
                let number = frame::read_key(key).map_or(0, |(_, number, _)| number);
                Err(Difference(format!("`{kind}` {number}")))
            }
        })
    }
}
