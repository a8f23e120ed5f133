//! How others speak to a runtime: from any thread, any number of them.

use super::clock::Clock;
use super::core::{Core, line_kind};
use super::error::{LogError, Refused, RuntimeError};
use super::record::{Record, What, clamp};
use crate::base::Instant;
use crate::engine::Line;
use crate::journal::{Position, Reads};
use crate::project::Project;
use crate::store::log::{LogPage, LogShelf, Query};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{broadcast, oneshot};

/// Records that one append takes at most.
pub(super) const TURN_RECORDS: usize = 2_500;
/// Bytes that one append takes at most.
pub(super) const TURN_BYTES: usize = 4 << 20;
/// Submissions that wait for the sequencer at most.
pub(super) const QUEUE: usize = 1_024;
/// Bytes that wait for the sequencer at most.
const QUEUE_BYTES: usize = 64 << 20;
/// Records that are durable and not applied yet at most; past that nothing more is taken.
const LAG: u64 = 50_000;

/// That records are durable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// The position of each record, in order; none: it was seen before.
    pub positions: Vec<Option<Position>>,
    /// Their instant.
    pub at: Instant,
}

impl Receipt {
    /// How many were seen before.
    pub fn duplicates(&self) -> usize {
        self.positions.iter().filter(|position| position.is_none()).count()
    }
}

/// What waits for the sequencer.
pub(super) enum Job {
    Submit(Submission),
    Wake,
    Stop,
}

pub(super) struct Submission {
    /// (record's id, body).
    pub records: Vec<(Option<Arc<str>>, Vec<u8>)>,
    pub bytes: usize,
    /// The compiled project of each deploy among them, by its place.
    pub compiled: BTreeMap<usize, Arc<Project>>,
    pub done: oneshot::Sender<Result<Receipt, Refused>>,
    pub decoded: Vec<Record>,
}

/// What waits for the core.
pub(super) enum CoreJob {
    Apply(Vec<Applied>),
    Ask(Box<dyn FnOnce(&mut Core) + Send>),
    Checkpointed,
    Stop,
}

/// A durable record.
pub(super) struct Applied {
    pub position: Position,
    pub at: Instant,
    pub record: Record,
    pub compiled: Option<Arc<Project>>,
}

/// Numbers that threads share.
#[derive(Debug)]
pub(super) struct Shared {
    pub queued_bytes: AtomicUsize,
    pub durable: AtomicU64,
    pub applied: AtomicU64,
    /// When time alone has something to do next.
    pub next_due: AtomicI64,
    pub appends: AtomicU64,
    pub duplicates: AtomicU64,
    pub refused: AtomicU64,
    pub checkpoints: AtomicU64,
    pub checkpointed: AtomicU64,
    pub entities: AtomicU64,
    pub resident: AtomicU64,
    pub timers: AtomicU64,
    pub open_rows: AtomicU64,
    pub log_lines: AtomicU64,
    /// Lateness of timers: the worst since the start, in milliseconds.
    pub latest: AtomicI64,
    pub ending: AtomicBool,
    /// Why it ended, if it did not end by itself.
    pub fault: Mutex<Option<String>>,
}

impl Default for Shared {
    fn default() -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            queued_bytes: AtomicUsize::new(0),
            durable: zero(),
            applied: zero(),
            next_due: AtomicI64::new(i64::MAX),
            appends: zero(),
            duplicates: zero(),
            refused: zero(),
            checkpoints: zero(),
            checkpointed: zero(),
            entities: zero(),
            resident: zero(),
            timers: zero(),
            open_rows: zero(),
            log_lines: zero(),
            latest: AtomicI64::new(0),
            ending: AtomicBool::new(false),
            fault: Mutex::new(None),
        }
    }
}

impl Shared {
    /// Says why nothing goes on; what was said first stays.
    pub fn fail(&self, why: &str) {
        let mut fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        fault.get_or_insert_with(|| why.to_owned());
        self.ending.store(true, Ordering::SeqCst);
    }

    pub fn why(&self) -> String {
        let fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        fault.clone().unwrap_or_else(|| "it is ending".into())
    }
}

/// How a runtime does.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Status {
    /// The last record that is durable.
    pub durable: u64,
    /// The last record that is applied.
    pub applied: u64,
    /// The last record that is in a checkpoint.
    pub checkpointed: u64,
    /// How many appends there were.
    pub appends: u64,
    /// How many messages had been seen before.
    pub duplicates: u64,
    /// How many submissions were refused.
    pub refused: u64,
    /// How many checkpoints were written.
    pub checkpoints: u64,
    /// How many entities are known.
    pub entities: u64,
    /// How many bytes the resident ones take.
    pub resident: u64,
    /// How many entities wait for time.
    pub timers: u64,
    /// How many entities have open rows in their outbox.
    pub open_rows: u64,
    /// How many lines of the log were written since the start.
    pub log_lines: u64,
    /// How many bytes wait for the sequencer.
    pub queued_bytes: u64,
    /// The worst lateness of a timer since the start, in milliseconds.
    pub latest: i64,
    /// Why it has stopped, if it has.
    pub fault: Option<String>,
}

/// How others speak to a runtime.
#[derive(Clone)]
pub struct Handle {
    pub(super) to_sequencer: SyncSender<Job>,
    pub(super) to_core: Sender<CoreJob>,
    pub(super) shared: Arc<Shared>,
    pub(super) lines: broadcast::Sender<Arc<Vec<Line>>>,
    pub(super) log: LogShelf,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) reads: Reads,
}

impl Handle {
    /// Submits records, in this order, as one: all of them are durable when this returns, or none is. What was seen
    /// before is left out.
    pub async fn submit(&self, records: Vec<Record>) -> Result<Receipt, Refused> {
        self.submit_compiled(records, BTreeMap::new()).await
    }

    /// Submits records of which some are deploys, with their compiled projects by their places.
    pub async fn submit_compiled(
        &self,
        records: Vec<Record>,
        compiled: BTreeMap<usize, Arc<Project>>,
    ) -> Result<Receipt, Refused> {
        let answer = self.begin(records, compiled)?;
        answer.await.unwrap_or_else(|_| Err(Refused::Stopped(self.shared.why())))
    }

    /// The same, from a thread that may wait.
    pub fn submit_waiting(&self, records: Vec<Record>) -> Result<Receipt, Refused> {
        let answer = self.begin(records, BTreeMap::new())?;
        answer.blocking_recv().unwrap_or_else(|_| Err(Refused::Stopped(self.shared.why())))
    }

    fn begin(
        &self,
        records: Vec<Record>,
        compiled: BTreeMap<usize, Arc<Project>>,
    ) -> Result<oneshot::Receiver<Result<Receipt, Refused>>, Refused> {
        if self.shared.ending.load(Ordering::SeqCst) {
            return Err(Refused::Stopped(self.shared.why()));
        }
        let bodies = records.iter().map(|record| {
            let body = record.encode().map_err(|error| Refused::TooLong(error.to_string()))?;
            Ok((record.id.clone(), body))
        });
        let bodies = bodies.collect::<Result<Vec<_>, Refused>>()?;
        let bytes = bodies.iter().map(|(_, body)| body.len()).sum();
        let (done, answer) = oneshot::channel();
        let lag = self.shared.durable.load(Ordering::Relaxed);
        let lag = lag.saturating_sub(self.shared.applied.load(Ordering::Relaxed));
        let queued = self.shared.queued_bytes.fetch_add(bytes, Ordering::Relaxed);
        let job = Submission { records: bodies, bytes, compiled, done, decoded: records };
        let sent = if lag > LAG || queued + bytes > QUEUE_BYTES {
            Err(TrySendError::Full(Job::Wake))
        } else {
            self.to_sequencer.try_send(Job::Submit(job))
        };
        sent.map(|()| answer).map_err(|error| {
            self.shared.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
            self.shared.refused.fetch_add(1, Ordering::Relaxed);
            match error {
                TrySendError::Full(_) => Refused::Overloaded(1),
                TrySendError::Disconnected(_) => Refused::Stopped(self.shared.why()),
            }
        })
    }

    /// Asks something of the world as it is behind everything that was durable before. The question must be quick:
    /// everything else waits for it.
    pub async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Core) -> T + Send + 'static,
    ) -> Result<T, Refused> {
        let answer = self.put(question)?;
        answer.await.map_err(|_| Refused::Stopped(self.shared.why()))
    }

    /// The same, from a thread that may wait.
    pub fn ask_waiting<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Core) -> T + Send + 'static,
    ) -> Result<T, Refused> {
        let answer = self.put(question)?;
        answer.blocking_recv().map_err(|_| Refused::Stopped(self.shared.why()))
    }

    fn put<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Core) -> T + Send + 'static,
    ) -> Result<oneshot::Receiver<T>, Refused> {
        let (done, answer) = oneshot::channel();
        let ask = Box::new(move |core: &mut Core| {
            let answer = question(core);
            // What could not be read back is no answer.
            if core.sound().is_ok() {
                let _ = done.send(answer);
            }
        });
        let sent = self.to_core.send(CoreJob::Ask(ask));
        sent.map_err(|_| Refused::Stopped(self.shared.why())).map(|()| answer)
    }

    /// Lines of the log from now on, as they come. Who is too slow misses some, and is told.
    pub fn follow(&self) -> broadcast::Receiver<Arc<Vec<Line>>> {
        self.lines.subscribe()
    }

    /// Lines of the log, latest first.
    pub async fn log(&self, query: Query) -> Result<LogPage, LogError> {
        let asked = query.clone();
        let fresh = self.ask(move |core| core.unwritten(&asked)).await.map_err(LogError::Refused)?;
        let log = self.log.clone();
        let page = tokio::task::spawn_blocking(move || log.page(&query, fresh, line_kind)).await;
        let stopped = |_| LogError::Refused(Refused::Stopped(self.shared.why()));
        page.map_err(stopped)?.map_err(LogError::Store)
    }

    /// Goes through everything that is durable, from the first record that is kept on; for a thread that may wait.
    pub fn history(&self, mut take: impl FnMut(Instant, Record)) -> Result<(), RuntimeError> {
        let mut reader = self.reads.read_from(self.reads.first())?;
        while let Some(read) = reader.read()? {
            let mut record =
                Record::decode(read.body).map_err(|why| RuntimeError::Record(read.position.0, why))?;
            if let What::Input(kind) = record.what {
                record.what = What::Input(clamp(kind, read.at));
            }
            take(read.at, record);
        }
        Ok(())
    }

    /// Copies the journal while it goes on, for a thread that may wait; gives the last record of the copy.
    pub fn backup(&self, to: &std::path::Path) -> Result<u64, RuntimeError> {
        let last = self.reads.last();
        self.reads.backup(&to.join("journal"), last)?;
        Ok(last.0)
    }

    /// What time it is here.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// How it does.
    pub fn status(&self) -> Status {
        let load = |number: &AtomicU64| number.load(Ordering::Relaxed);
        let shared = &*self.shared;
        Status {
            durable: load(&shared.durable),
            applied: load(&shared.applied),
            checkpointed: load(&shared.checkpointed),
            appends: load(&shared.appends),
            duplicates: load(&shared.duplicates),
            refused: load(&shared.refused),
            checkpoints: load(&shared.checkpoints),
            entities: load(&shared.entities),
            resident: load(&shared.resident),
            timers: load(&shared.timers),
            open_rows: load(&shared.open_rows),
            log_lines: load(&shared.log_lines),
            queued_bytes: shared.queued_bytes.load(Ordering::Relaxed) as u64,
            latest: shared.latest.load(Ordering::Relaxed),
            fault: shared.fault.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}
