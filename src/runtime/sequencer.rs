//! The sequencer: one thread that gives everything its place in time and makes it durable before anybody is told.
//!
//! A turn takes what is waiting, at most [`TURN_RECORDS`] records: one instant, one append, one sync. Instants never go
//! back, whatever the clock does. When nothing comes, a tick is journalled at the instant at which time alone has
//! something to do.

use super::clock::Clock;
use super::error::Refused;
use super::handle::{Applied, CoreJob, Job, Receipt, Shared, Submission, TURN_BYTES, TURN_RECORDS};
use super::record::Record;
use crate::base::Instant;
use crate::engine::InputKind;
use crate::journal::{Entry, JournalError, Order, Position};
use crate::seen::{Seen, SeenError};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

/// How long it sleeps at most: the clock may be set.
const NAP: Duration = Duration::from_secs(1);

pub(super) struct Sequencer<O> {
    pub queue: Receiver<Job>,
    pub to_core: Sender<CoreJob>,
    pub order: O,
    pub seen: Seen,
    pub clock: Arc<dyn Clock>,
    pub shared: Arc<Shared>,
    /// The instant of the last record.
    pub last: Instant,
}

/// What is taken in one turn.
#[derive(Default)]
struct Turn {
    jobs: Vec<Submission>,
    records: usize,
    bytes: usize,
    stop: bool,
}

impl Turn {
    fn add(&mut self, job: Job) {
        match job {
            Job::Submit(job) => {
                self.records += job.records.len();
                self.bytes += job.bytes;
                self.jobs.push(job);
            }
            Job::Wake => {}
            Job::Stop => self.stop = true,
        }
    }

    fn is_full(&self) -> bool {
        self.stop || self.records >= TURN_RECORDS || self.bytes >= TURN_BYTES
    }
}

/// What of a turn is new.
struct Fresh {
    /// For each job, for each of its records: whether it is new.
    taken: Vec<Vec<bool>>,
    bodies: usize,
}

impl<O: Order> Sequencer<O> {
    /// Runs until it is told to stop, or the journal fails; gives the journal and the ids back.
    pub fn run(mut self) -> (O, Seen) {
        loop {
            let mut turn = Turn::default();
            match self.queue.recv_timeout(self.nap()) {
                Ok(job) => turn.add(job),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => turn.stop = true,
            }
            while !turn.is_full() {
                match self.queue.try_recv() {
                    Ok(job) => turn.add(job),
                    Err(_) => break,
                }
            }
            let stop = turn.stop;
            if let Err(why) = self.take(turn.jobs) {
                self.shared.fail(&why);
                break;
            }
            if stop {
                break;
            }
        }
        self.shared.ending.store(true, Ordering::SeqCst);
        for job in self.queue.try_iter() {
            if let Job::Submit(job) = job {
                let _ = job.done.send(Err(Refused::Stopped(self.shared.why())));
            }
        }
        let _ = self.to_core.send(CoreJob::Stop);
        (self.order, self.seen)
    }

    /// When time has something to do that it was not yet told to do.
    fn due(&self) -> Option<Instant> {
        let due = Instant(self.shared.next_due.load(Ordering::SeqCst));
        (due > self.last && due < Instant::MAX).then_some(due)
    }

    fn nap(&self) -> Duration {
        self.due().map_or(NAP, |due| self.clock.until(due).min(NAP))
    }

    /// The error is why nothing can go on.
    fn take(&mut self, jobs: Vec<Submission>) -> Result<(), String> {
        let now = self.clock.now().max(self.last);
        if jobs.is_empty() {
            let Some(due) = self.due().filter(|due| *due <= now) else { return Ok(()) };
            self.shared.latest.fetch_max(now.0 - due.0, Ordering::Relaxed);
            return self.tick(now);
        }
        let bytes = jobs.iter().map(|job| job.bytes).sum();
        self.shared.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
        match self.fresh(&jobs) {
            Ok(fresh) => self.append(now, jobs, &fresh),
            Err(SeenError::Full(_)) => {
                self.seen.revert();
                refuse(jobs, &Refused::Full("the disk is full: ids of messages can't be kept".into()));
                Ok(())
            }
            Err(error) => {
                refuse(jobs, &Refused::Stopped(error.to_string()));
                Err(error.to_string())
            }
        }
    }

    fn tick(&mut self, now: Instant) -> Result<(), String> {
        let record = Record::machine(InputKind::Tick);
        let body = record.encode().map_err(|error| error.to_string())?;
        match self.order.append(&[Entry { at: now, body: &body }]) {
            Ok(position) => {
                self.done(position, now);
                self.hand_on(vec![Applied { position, at: now, record, compiled: None }]);
                Ok(())
            }
            // Time stands still until there is room; what was acknowledged is safe.
            Err(JournalError::Full(_)) => {
                std::thread::sleep(NAP);
                Ok(())
            }
            Err(error) => Err(error.to_string()),
        }
    }

    fn fresh(&mut self, jobs: &[Submission]) -> Result<Fresh, SeenError> {
        let mut fresh = Fresh { taken: Vec::with_capacity(jobs.len()), bodies: 0 };
        for job in jobs {
            let mut taken = Vec::with_capacity(job.records.len());
            for (id, _) in &job.records {
                let is_new = match id {
                    Some(id) => self.seen.insert(id.as_bytes())?,
                    None => true,
                };
                fresh.bodies += usize::from(is_new);
                taken.push(is_new);
            }
            fresh.taken.push(taken);
        }
        Ok(fresh)
    }

    fn append(&mut self, now: Instant, jobs: Vec<Submission>, fresh: &Fresh) -> Result<(), String> {
        let kept = jobs.iter().zip(&fresh.taken).flat_map(|(job, taken)| job.records.iter().zip(taken));
        let bodies = kept.filter(|(_, taken)| **taken).map(|((_, body), _)| &**body);
        let entries: Vec<Entry<'_>> = bodies.map(|body| Entry { at: now, body }).collect();
        let appended = if entries.is_empty() { Ok(None) } else { self.order.append(&entries).map(Some) };
        drop(entries);
        match appended {
            Ok(last) => {
                if let Some(last) = last {
                    self.seen.commit(last, now);
                    self.done(last, now);
                }
                let first = last.map_or(0, |last| last.0 + 1 - fresh.bodies as u64);
                self.acknowledge(now, jobs, fresh, first);
                Ok(())
            }
            Err(error @ (JournalError::Full(_) | JournalError::TooLong { .. })) => {
                self.seen.revert();
                let is_full = matches!(error, JournalError::Full(_));
                let why = error.to_string();
                refuse(jobs, &if is_full { Refused::Full(why) } else { Refused::TooLong(why) });
                Ok(())
            }
            Err(error) => {
                refuse(jobs, &Refused::Stopped(error.to_string()));
                Err(error.to_string())
            }
        }
    }

    fn done(&mut self, last: Position, at: Instant) {
        self.last = at;
        self.shared.appends.fetch_add(1, Ordering::Relaxed);
        self.shared.durable.store(last.0, Ordering::Relaxed);
    }

    /// Hands the records on and tells who waits. The core has them first, so that what is asked afterwards sees them.
    fn acknowledge(&self, at: Instant, jobs: Vec<Submission>, fresh: &Fresh, first: u64) {
        let mut next = first;
        let (mut applied, mut receipts) = (Vec::with_capacity(fresh.bodies), Vec::with_capacity(jobs.len()));
        for (mut job, taken) in jobs.into_iter().zip(&fresh.taken) {
            let mut positions = Vec::with_capacity(taken.len());
            for ((place, record), taken) in job.decoded.into_iter().enumerate().zip(taken) {
                let position = taken.then_some(Position(next));
                next += u64::from(*taken);
                positions.push(position);
                if let Some(position) = position {
                    let compiled = job.compiled.remove(&place);
                    applied.push(Applied { position, at, record, compiled });
                }
            }
            let duplicates = positions.iter().filter(|position| position.is_none()).count();
            self.shared.duplicates.fetch_add(duplicates as u64, Ordering::Relaxed);
            receipts.push((job.done, Receipt { positions, at }));
        }
        if !applied.is_empty() {
            self.hand_on(applied);
        }
        for (done, receipt) in receipts {
            let _ = done.send(Ok(receipt));
        }
    }

    fn hand_on(&self, applied: Vec<Applied>) {
        let _ = self.to_core.send(CoreJob::Apply(applied));
    }
}

fn refuse(jobs: Vec<Submission>, why: &Refused) {
    for job in jobs {
        let _ = job.done.send(Err(why.clone()));
    }
}
