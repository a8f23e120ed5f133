//! From a data folder to a runtime: everything opened, the last checkpoint taken in, the rest of the journal replayed.

use super::clock::{Clock, RealClock};
use super::core::{Core, Dispatch};
use super::core_loop::CoreLoop;
use super::error::RuntimeError;
use super::handle::{Applied, CoreJob, Handle, Job, QUEUE, Shared};
use super::record::{Deploy, Record, What};
use super::sequencer::Sequencer;
use super::stored::{core, fresh_key};
use crate::base::Instant;
use crate::journal::{self, Cut, Journal, Position};
use crate::project::Bundle;
use crate::seen::{self, Seen};
use crate::store::StoreError;
use crate::store::checkpoint::{Change, Checkpoints, Found};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::{broadcast, mpsc as async_mpsc};

/// Records that are replayed between two checkpoints.
const REPLAY: u64 = 100_000;

/// How a runtime is kept.
#[derive(Clone)]
pub struct Options {
    /// Where everything lies.
    pub data: PathBuf,
    /// How many bytes entities may take in memory.
    pub cache: usize,
    /// How long a checkpoint waits for the one before.
    pub pause: Duration,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// How the journal is kept.
    pub journal: journal::Options,
}

impl Options {
    /// The usual ones.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            cache: 512 << 20,
            pause: Duration::from_secs(1),
            clock: Arc::new(RealClock),
            journal: journal::Options::default(),
        }
    }
}

/// A runtime, until it is stopped.
pub struct Runtime {
    handle: Handle,
    sequencer: JoinHandle<(Journal, Seen)>,
    core: JoinHandle<Core>,
    checkpoints: JoinHandle<()>,
    /// What was found at the start that people should know.
    pub notes: Vec<String>,
    /// Whether this was the first start.
    pub is_new: bool,
}

/// What is to run, where nothing ever ran.
pub struct First {
    /// The project's files.
    pub bundle: Bundle,
    /// Who starts it.
    pub by: Arc<str>,
}

impl Runtime {
    /// Starts in a data folder. What has to be delivered comes out of the second part, beginning with what was under
    /// way when it ended.
    pub fn start(
        options: &Options,
        first: Option<First>,
    ) -> Result<(Self, async_mpsc::UnboundedReceiver<Dispatch>), RuntimeError> {
        let mut notes = Vec::new();
        let (journal, recovered) = Journal::open(&options.data.join("journal"), &options.journal)?;
        notes.extend(recovered.cut.as_ref().map(cut_note));
        let (checkpoints, found) = open_store(&options.data, recovered.first, &mut notes)?;
        let last = recovered.last.map_or(Position::START, |(position, _)| position);
        let (seen, opened) =
            Seen::open(&options.data.join("seen"), (recovered.first, last), &seen::Options::default())?;
        notes.extend(opened.lost.iter().map(lost_note));
        let mut starting = Starting::new(options, checkpoints, found, (journal, seen), None)?;
        starting.replay(last)?;
        starting.feed(opened.feed_from)?;
        let is_new = starting.core_loop.core.versions.is_empty();
        if is_new {
            starting.first(first.ok_or(RuntimeError::NoProject)?)?;
        }
        starting.go(notes, is_new)
    }

    /// How others speak to it.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Whether it goes on.
    pub fn is_running(&self) -> bool {
        !self.handle.shared.ending.load(Ordering::SeqCst)
    }

    /// Ends it: what was acknowledged is applied and in a checkpoint when this returns. The error is why it ended
    /// before.
    pub fn stop(self) -> Result<(), RuntimeError> {
        let _ = self.handle.to_sequencer.send(Job::Stop);
        let ended = self.sequencer.join().is_ok();
        let core = self.core.join();
        drop(self.handle.to_core);
        let ended = self.checkpoints.join().is_ok() && core.is_ok() && ended;
        let fault =
            self.handle.shared.fault.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        match fault {
            Some(why) => Err(RuntimeError::Fault(why)),
            None if ended => Ok(()),
            None => Err(RuntimeError::Fault("a thread ended with a panic".into())),
        }
    }
}

fn cut_note(cut: &Cut) -> String {
    format!(
        "{} bytes at the end of `{}` were left of an append that was never acknowledged; they don't count",
        cut.bytes,
        cut.file.display()
    )
}

fn lost_note((first, last): &(Position, Position)) -> String {
    format!(
        "ids of the messages in records {first} to {last} are lost: one of these that comes again is taken twice"
    )
}

/// Opens the store. One that is damaged is put aside, if the journal can make it anew.
fn open_store(
    data: &Path,
    first: Position,
    notes: &mut Vec<String>,
) -> Result<(Checkpoints, Found), RuntimeError> {
    let path = data.join("store");
    match Checkpoints::open(&path) {
        Err(error @ StoreError::Corrupt { .. }) if first.0 <= 1 => {
            let names = (1..1_000).map(|n| data.join(format!("store.damaged-{n}")));
            let aside = names.into_iter().find(|path| !path.exists());
            let aside = aside.unwrap_or_else(|| data.join("store.damaged"));
            std::fs::rename(&path, &aside).map_err(|_| RuntimeError::Store(error.clone_damage()))?;
            notes.push(format!(
                "{error}; it was put aside as `{}` and is made anew from the journal",
                aside.display()
            ));
            Ok(Checkpoints::open(&path)?)
        }
        other => Ok(other?),
    }
}

/// A runtime that is starting.
pub(super) struct Starting<'o> {
    options: &'o Options,
    core_loop: CoreLoop,
    journal: Journal,
    seen: Seen,
    pub checkpoints: Checkpoints,
    to_core: Sender<CoreJob>,
    queue: Receiver<Job>,
    changes: Receiver<Change>,
    dispatches: async_mpsc::UnboundedReceiver<Dispatch>,
}

impl<'o> Starting<'o> {
    /// `key` is for the hashes of ids; without one it is that of the store, or a fresh one.
    pub fn new(
        options: &'o Options,
        checkpoints: Checkpoints,
        found: Found,
        (journal, seen): (Journal, Seen),
        key: Option<(u64, u64)>,
    ) -> Result<Self, RuntimeError> {
        let key = key.or(found.meta.as_ref().map(|meta| meta.key)).map_or_else(fresh_key, Ok)?;
        let plan_written = found.plan.is_some();
        let core = core(options, &checkpoints, found, key)?;
        let (to_core, jobs) = mpsc::channel();
        let (to_sequencer, queue) = mpsc::sync_channel(QUEUE);
        let (to_checkpoints, changes) = mpsc::channel();
        let (dispatches, dispatched) = async_mpsc::unbounded_channel();
        let shared = Arc::new(Shared::default());
        shared.checkpointed.store(core.position.0, Ordering::SeqCst);
        let core_loop = CoreLoop {
            versions_written: core.versions.len(),
            rejected_written: core.rejected,
            plan_written,
            core,
            jobs,
            shared,
            to_sequencer,
            to_checkpoints,
            lines: broadcast::channel(1024).0,
            dispatches,
            key,
            cache: options.cache,
            pause: options.pause,
            most_dirty: 200_000,
            flight: None,
            last: std::time::Instant::now(),
        };
        Ok(Self {
            options,
            core_loop,
            journal,
            seen,
            checkpoints,
            to_core,
            queue,
            changes,
            dispatches: dispatched,
        })
    }

    /// Applies what the journal has behind the checkpoint, up to a record.
    pub fn replay(&mut self, upto: Position) -> Result<(), RuntimeError> {
        let mut reader = self.journal.read_from(self.core_loop.core.position.next())?;
        let mut since = 0;
        while let Some(read) = reader.read()?.filter(|read| read.position <= upto) {
            let wrong = |why| RuntimeError::Record(read.position.0, why);
            let record = Record::decode(read.body).map_err(wrong)?;
            let (position, at) = (read.position, read.at);
            self.core_loop.core.apply(Applied { position, at, record, compiled: None })?;
            since += 1;
            if since == REPLAY {
                since = 0;
                self.checkpoint()?;
            }
        }
        Ok(())
    }

    /// A checkpoint while nobody waits.
    pub fn checkpoint(&mut self) -> Result<(), RuntimeError> {
        self.core_loop.core.lines_out.clear();
        self.core_loop.core.dispatches_out.clear();
        self.core_loop.send()?;
        for change in self.changes.try_iter() {
            let position = change.meta.position;
            self.checkpoints.write(change)?;
            self.core_loop.shared.checkpointed.store(position, Ordering::SeqCst);
        }
        self.core_loop.landed();
        Ok(())
    }

    /// Makes the ids of messages known that no file covers.
    fn feed(&mut self, from: Position) -> Result<(), RuntimeError> {
        let mut reader = self.journal.read_from(from)?;
        while let Some(read) = reader.read()? {
            let wrong = |why| RuntimeError::Record(read.position.0, why);
            if let Some(id) = Record::decode(read.body).map_err(wrong)?.id {
                self.seen.insert(id.as_bytes())?;
            }
            self.seen.commit(read.position, read.at);
        }
        Ok(())
    }

    /// Deploys what is to run where nothing ever ran.
    fn first(&mut self, first: First) -> Result<(), RuntimeError> {
        let project = first.bundle.load(&self.core_loop.core.projects.join("1"))?;
        if project.plan.is_none() {
            return Err(RuntimeError::Mistakes(project.diagnostics));
        }
        let note = "the first start".into();
        let deploy = Deploy { bundle: first.bundle, backfill: Vec::new(), resume: Vec::new(), note };
        let record = Record { by: first.by, id: None, what: What::Deploy(Box::new(deploy)) };
        let body = record.encode().map_err(|error| RuntimeError::Fault(error.to_string()))?;
        let at = self.journal.last().map_or(Instant::MIN, |(_, at)| at).max(self.options.clock.now());
        let position = self.journal.append(&[journal::Entry { at, body: &body }])?;
        let compiled = Some(Arc::new(project));
        self.core_loop.core.apply(Applied { position, at, record, compiled })
    }

    fn go(
        mut self,
        notes: Vec<String>,
        is_new: bool,
    ) -> Result<(Runtime, async_mpsc::UnboundedReceiver<Dispatch>), RuntimeError> {
        self.core_loop.core.resume();
        self.core_loop.core.lines_out.clear();
        self.core_loop.publish();
        let shared = Arc::clone(&self.core_loop.shared);
        let (last, at) = self.journal.last().unwrap_or((Position::START, Instant::MIN));
        shared.durable.store(last.0, Ordering::SeqCst);
        let handle = Handle {
            to_sequencer: self.core_loop.to_sequencer.clone(),
            to_core: self.to_core.clone(),
            shared: Arc::clone(&shared),
            lines: self.core_loop.lines.clone(),
            log: self.checkpoints.log(),
            clock: Arc::clone(&self.options.clock),
            reads: self.journal.reads(),
        };
        let sequencer = Sequencer {
            queue: self.queue,
            to_core: self.to_core.clone(),
            order: self.journal,
            seen: self.seen,
            clock: Arc::clone(&self.options.clock),
            shared: Arc::clone(&shared),
            last: at,
        };
        let (core_loop, checkpoints, changes) = (self.core_loop, self.checkpoints, self.changes);
        let to_core = self.to_core;
        let runtime = Runtime {
            handle,
            sequencer: named("sequencer", move || sequencer.run())?,
            core: named("core", move || core_loop.run())?,
            checkpoints: named("checkpoints", move || write_all(checkpoints, &changes, &to_core, &shared))?,
            notes,
            is_new,
        };
        Ok((runtime, self.dispatches))
    }
}

fn write_all(
    mut checkpoints: Checkpoints,
    changes: &Receiver<Change>,
    to_core: &Sender<CoreJob>,
    shared: &Shared,
) {
    for change in changes {
        let position = change.meta.position;
        if let Err(error) = checkpoints.write(change) {
            shared.fail(&error.to_string());
            return;
        }
        shared.checkpoints.fetch_add(1, Ordering::Relaxed);
        shared.checkpointed.store(position, Ordering::SeqCst);
        let _ = to_core.send(CoreJob::Checkpointed);
    }
}

fn named<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, RuntimeError> {
    let builder = std::thread::Builder::new().name(name.into()).stack_size(64 << 20);
    builder.spawn(work).map_err(RuntimeError::Thread)
}
