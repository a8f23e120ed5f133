//! The ids of the messages that were taken, for as long as the same message may come again.
//!
//! In: ids, with the position and the instant of the journal's record that they went into. Out: whether an id is new
//! (semantics S7.2: it is known for at least seven days). Invariants: an id that was committed is known until it is
//! older than the window; memory is bounded: the youngest ids as they are, of all others about two bytes each. It is a
//! view of the journal, and can be lost: what no file covers is fed again at the start ([`Opened::feed_from`]), so the
//! journal has to keep the records after [`Seen::covered`].
//!
//! An id is kept as a keyed hash of 128 bits. The youngest are in a hash set; when that is full, or a day is over, it
//! becomes an immutable sorted file that names the records that it covers. Files of a day are merged, by sizes, so there
//! are few. A new id asks the filter of each file, in memory; only one in a thousand of those answers is wrong and costs a
//! read. Files wholly older than the window are removed.
//! Not here: reading the journal, waiting for it, the clock. Tests: tests/it/seen.

mod error;
mod filter;
mod folder;
mod hash;
mod run;
mod tidy;
mod worker;
mod write;

pub use error::SeenError;
pub use folder::{Opened, Sealed};

use crate::base::Instant;
use crate::disk::{Disk, Lock, RealDisk};
use crate::journal::Position;
use hash::BuildPlain;
use run::{Cover, Run};
use std::collections::{HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use worker::{Frozen, Worker};
use write::Place;

type Ids = HashSet<u128, BuildPlain>;
type Result<T> = std::result::Result<T, SeenError>;

/// How many sets may wait for their files; past that, whoever brings more ids waits too.
const WAITING: usize = 4;

/// How ids are kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// For how long an id is known at least, in milliseconds.
    pub window: i64,
    /// The span of one file at most, in milliseconds: ids are known for at most this much longer than the window.
    pub span: i64,
    /// How many ids are held before they become a file; each takes about 17 bytes.
    pub young: usize,
    /// The bits of memory for each older id. With 16 about one look in a thousand reads a file for nothing.
    pub bits: u32,
    /// Whether files are written in threads of their own; without them, commits wait for that.
    pub threads: bool,
}

/// A day in milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1000;

impl Default for Options {
    fn default() -> Self {
        // With the last batch as many as fit into a table of 2^20 places.
        Self { window: 7 * DAY, span: DAY, young: 900_000, bits: 16, threads: true }
    }
}

/// The ids that were seen.
#[derive(Debug)]
pub struct Seen {
    place: Place,
    options: Options,
    /// The youngest, those not committed yet among them.
    young: Ids,
    /// Those not committed yet.
    fresh: Vec<u128>,
    /// Sets on their way to files, oldest first.
    frozen: VecDeque<Arc<Frozen>>,
    /// Whether the oldest of these is being written.
    sealing: bool,
    /// Whether files are being merged.
    merging: bool,
    /// Why the last file could not be written.
    trouble: Option<SeenError>,
    /// Where a file is damaged, if one was found to be while it was merged.
    damaged: Option<(PathBuf, u64)>,
    /// The files, oldest first.
    runs: Vec<Arc<Run>>,
    /// What the young ones cover.
    cover: Cover,
    worker: Worker,
    /// Held as long as this lives.
    _lock: Lock,
}

impl Seen {
    /// Opens what is known, in a folder. `journal` are the first and the last record that the journal has; ids of later
    /// ones are forgotten, for their messages are not there. Before new ids are asked for, those of the records from
    /// [`Opened::feed_from`] on are to be inserted and committed again.
    pub fn open(folder: &Path, journal: (Position, Position), options: &Options) -> Result<(Self, Opened)> {
        Self::open_on(Arc::new(RealDisk), folder, journal, options)
    }

    /// Opens what is known on a disk.
    pub fn open_on(
        disk: Arc<dyn Disk>,
        folder: &Path,
        journal: (Position, Position),
        options: &Options,
    ) -> Result<(Self, Opened)> {
        let folder::Found { runs, opened, key, lock } = folder::find(&*disk, folder, journal)?;
        let place = Place { disk, folder: folder.to_owned(), key, bits: options.bits };
        let worker = Worker::start(place.clone(), options.threads)?;
        let after = Position(opened.feed_from.0.saturating_sub(1));
        let last = runs.last().map_or(Instant::MIN, |run| run.cover.last);
        let seen = Self {
            place,
            options: options.clone(),
            young: table(options),
            fresh: Vec::new(),
            frozen: VecDeque::new(),
            sealing: false,
            merging: false,
            trouble: None,
            damaged: None,
            runs,
            cover: Cover { after, upto: after, first: last, last },
            worker,
            _lock: lock,
        };
        Ok((seen, opened))
    }

    /// Whether an id is new; from now on it is known. It counts when it is committed.
    ///
    /// After an error nothing is known of this id; those not committed are best taken back. It is [`SeenError::Full`]
    /// when no more can be held until there is room on the disk.
    pub fn insert(&mut self, id: &[u8]) -> Result<bool> {
        if let Some((file, offset)) = &self.damaged {
            return Err(SeenError::Damaged { file: file.clone(), offset: *offset });
        }
        if self.frozen.len() >= WAITING {
            self.make_room()?;
        }
        let hash = self.place.key.hash(id);
        if self.knows(hash)? {
            return Ok(false);
        }
        self.young.insert(hash);
        self.fresh.push(hash);
        Ok(true)
    }

    /// Whether an id is known.
    pub fn contains(&mut self, id: &[u8]) -> Result<bool> {
        self.knows(self.place.key.hash(id))
    }

    fn knows(&mut self, hash: u128) -> Result<bool> {
        if self.young.contains(&hash) || self.frozen.iter().any(|frozen| frozen.ids.contains(&hash)) {
            return Ok(true);
        }
        for run in self.runs.iter().rev() {
            match run.contains(hash) {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(error) => {
                    self.give_up(&error);
                    return Err(error);
                }
            }
        }
        Ok(false)
    }

    /// A file that is not what was written is marked, so that the next start makes it anew from the journal. If that
    /// fails, the damage is met again.
    fn give_up(&self, error: &SeenError) {
        if let SeenError::Damaged { file, .. } = error {
            let mut bad = file.clone().into_os_string();
            bad.push(folder::BAD);
            let _ = self.place.disk.rename(file, Path::new(&bad));
        }
    }

    /// Says that all ids inserted so far belong to records up to this one, of this instant, and that these are durable.
    pub fn commit(&mut self, upto: Position, at: Instant) {
        self.take_done();
        self.fresh.clear();
        if self.cover.upto == self.cover.after {
            self.cover.first = at;
        }
        (self.cover.upto, self.cover.last) = (upto, at);
        if self.young.len() >= self.options.young || self.day(self.cover.first) != self.day(at) {
            self.seal();
        }
        self.tidy(at);
    }

    /// Takes back the ids that were not committed: their records did not become durable.
    pub fn revert(&mut self) {
        for hash in self.fresh.drain(..) {
            self.young.remove(&hash);
        }
    }

    /// Begins to write the ids that are committed and in no file yet into one, so that the journal's records for them
    /// are no longer needed. It is done when [`Seen::covered`] says so. Nothing is begun while ids wait for their commit.
    pub fn seal(&mut self) {
        if self.cover.upto == self.cover.after || !self.fresh.is_empty() {
            return;
        }
        let ids = std::mem::replace(&mut self.young, table(&self.options));
        self.frozen.push_back(Arc::new(Frozen { cover: self.cover, ids }));
        self.cover.after = self.cover.upto;
        self.start_sealing();
    }

    /// Waits until all that was sealed is on disk.
    pub fn settle(&mut self) -> Result<()> {
        while !self.frozen.is_empty() {
            self.make_room()?;
        }
        Ok(())
    }

    /// Up to which record all ids are in files: the journal has to keep those after it.
    pub fn covered(&self) -> Position {
        self.frozen.front().map_or(self.cover.after, |frozen| frozen.cover.after)
    }

    /// Why the last file could not be written, if it could not; it is tried again.
    pub fn trouble(&self) -> Option<&SeenError> {
        self.trouble.as_ref()
    }

    /// The files as they are now, to be copied by another thread.
    pub fn sealed(&self) -> Sealed {
        Sealed { place: self.place.clone(), runs: self.runs.clone() }
    }

    /// How many ids are known, those counted twice that were fed again over a gap.
    pub fn len(&self) -> u64 {
        let frozen: usize = self.frozen.iter().map(|frozen| frozen.ids.len()).sum();
        self.runs.iter().map(|run| run.count).sum::<u64>() + (self.young.len() + frozen) as u64
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many files there are.
    pub fn files(&self) -> usize {
        self.runs.len()
    }

    /// The bytes of memory that are taken, about.
    pub fn memory(&self) -> usize {
        let set = |ids: &Ids| ids.capacity() / 7 * 8 * (size_of::<u128>() + 1);
        let frozen: usize = self.frozen.iter().map(|frozen| set(&frozen.ids)).sum();
        self.runs.iter().map(|run| run.memory()).sum::<usize>() + set(&self.young) + frozen
    }
}

/// An empty set with room for the young ids and a batch more: it never grows while others wait.
fn table(options: &Options) -> Ids {
    Ids::with_capacity_and_hasher(options.young + options.young / 64, BuildPlain::default())
}
