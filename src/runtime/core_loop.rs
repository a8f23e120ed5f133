//! The core's thread: applies what is durable, answers questions, hands on what is caused, and sends checkpoints off.
//!
//! A checkpoint is taken between two records: entities are shared, not copied, so those who ingest wait for no disk. At
//! most one is on its way; when too much has changed meanwhile, applying waits for it.

use super::core::{Core, Dispatch};
use super::error::RuntimeError;
use super::handle::{Applied, CoreJob, Job, Shared};
use crate::base::Instant;
use crate::engine::{Eid, Line};
use crate::plan::stored;
use crate::store::checkpoint::{Addresses, Change, Meta, bucket};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender};
use std::time::Duration;
use tokio::sync::{broadcast, mpsc};

/// Records after which what they caused is handed on.
const SHARE: usize = 128;

/// Where rejects are kept in a checkpoint.
pub(super) const REJECTS: u64 = 3;
/// Behind this number statistics are kept, a workflow each.
pub(super) const STATS: u64 = 1_000;
/// Behind this number versions are kept.
pub(super) const VERSIONS: u64 = 1_000_000;

pub(super) struct CoreLoop {
    pub core: Core,
    pub jobs: Receiver<CoreJob>,
    pub shared: Arc<Shared>,
    pub to_sequencer: SyncSender<Job>,
    pub to_checkpoints: Sender<Change>,
    pub lines: broadcast::Sender<Arc<Vec<Line>>>,
    pub dispatches: mpsc::UnboundedSender<Dispatch>,
    pub key: (u64, u64),
    /// How many bytes entities may take.
    pub cache: usize,
    /// How long a checkpoint waits for the one before.
    pub pause: Duration,
    /// How many changed entities the next checkpoint may hold while one is on its way.
    pub most_dirty: usize,
    pub flight: Option<Flight>,
    pub last: std::time::Instant,
    pub versions_written: usize,
    pub rejected_written: u64,
    pub plan_written: bool,
}

/// A checkpoint on its way.
pub(super) struct Flight {
    eids: Vec<Eid>,
    position: u64,
}

impl CoreLoop {
    /// Runs until it is told to stop, and writes a last checkpoint.
    pub fn run(mut self) -> Core {
        loop {
            let job = match self.jobs.recv_timeout(self.pause) {
                Ok(job) => job,
                Err(RecvTimeoutError::Timeout) => CoreJob::Checkpointed,
                Err(RecvTimeoutError::Disconnected) => CoreJob::Stop,
            };
            let went = match job {
                CoreJob::Apply(applied) => self.apply(applied),
                CoreJob::Ask(question) => {
                    question(&mut self.core);
                    self.core.sound()
                }
                CoreJob::Checkpointed => {
                    self.landed();
                    Ok(())
                }
                CoreJob::Stop => break,
            };
            let went = went.and_then(|()| self.checkpoint_if_due());
            if let Err(error) = went {
                self.shared.fail(&error.to_string());
                let _ = self.to_sequencer.try_send(Job::Stop);
                return self.core;
            }
        }
        if let Err(error) = self.last_checkpoint() {
            self.shared.fail(&error.to_string());
        }
        self.core
    }

    fn apply(&mut self, applied: Vec<Applied>) -> Result<(), RuntimeError> {
        for (number, one) in applied.into_iter().enumerate() {
            self.core.apply(one)?;
            // Who follows, and what is to be sent, does not wait for the rest of many.
            if number % SHARE == SHARE - 1 {
                self.publish();
            }
        }
        self.publish();
        Ok(())
    }

    /// Hands on what the records caused, and says how far it is.
    pub fn publish(&mut self) {
        let core = &mut self.core;
        if !core.lines_out.is_empty() {
            let lines = std::mem::take(&mut core.lines_out);
            self.shared.log_lines.fetch_add(lines.len() as u64, Ordering::Relaxed);
            let _ = self.lines.send(Arc::new(lines));
        }
        for dispatch in core.dispatches_out.drain(..) {
            let _ = self.dispatches.send(dispatch);
        }
        let due = core.world.next_timer().unwrap_or(Instant::MAX);
        let before = self.shared.next_due.swap(due.0, Ordering::SeqCst);
        self.shared.applied.store(core.position.0, Ordering::SeqCst);
        if due.0 < Instant::MAX.0 && due.0 != before {
            let _ = self.to_sequencer.try_send(Job::Wake);
        }
        self.shared.entities.store(core.world.len() as u64, Ordering::Relaxed);
        self.shared.resident.store(core.world.resident_bytes() as u64, Ordering::Relaxed);
        self.shared.timers.store(core.world.timers() as u64, Ordering::Relaxed);
        self.shared.open_rows.store(core.world.open_entities() as u64, Ordering::Relaxed);
    }

    fn checkpoint_if_due(&mut self) -> Result<(), RuntimeError> {
        // The word that it is on disk waits behind all that is to be applied.
        self.landed();
        if self.flight.is_some() && self.core.world.dirty() > self.most_dirty {
            self.wait()?;
        }
        let is_new = self.core.position.0 > self.shared.checkpointed.load(Ordering::SeqCst);
        if is_new && self.flight.is_none() && self.last.elapsed() >= self.pause {
            self.send()?;
        }
        Ok(())
    }

    /// Waits for the checkpoint on its way, answering nobody meanwhile.
    fn wait(&mut self) -> Result<(), RuntimeError> {
        let position = self.flight.as_ref().map_or(0, |flight| flight.position);
        while self.shared.checkpointed.load(Ordering::SeqCst) < position {
            if self.shared.ending.load(Ordering::SeqCst) && self.shared.why() != "it is ending" {
                return Err(RuntimeError::Fault(self.shared.why()));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        self.landed();
        Ok(())
    }

    /// Takes note of a checkpoint that is on disk.
    pub fn landed(&mut self) {
        let done = self.shared.checkpointed.load(Ordering::SeqCst);
        let Some(flight) = self.flight.take_if(|flight| flight.position <= done) else { return };
        self.core.world.settled(&flight.eids);
        self.core.world.measure(&flight.eids);
        self.core.world.shrink(self.cache);
        self.core.flying = Arc::default();
        self.core.flying_bodies.clear();
        self.core.flying_posted.clear();
    }

    /// Takes a checkpoint and sends it off.
    pub fn send(&mut self) -> Result<(), RuntimeError> {
        self.last = std::time::Instant::now();
        let change = self.change()?;
        let eids = change.entities.iter().map(|(eid, ..)| *eid).collect();
        self.flight = Some(Flight { eids, position: change.meta.position });
        if self.to_checkpoints.send(change).is_err() {
            return Err(RuntimeError::Fault(self.shared.why()));
        }
        Ok(())
    }

    /// Takes a checkpoint and waits until it is on disk.
    pub fn send_and_wait(&mut self) -> Result<(), RuntimeError> {
        self.wait()?;
        self.send()?;
        self.wait()
    }

    fn last_checkpoint(&mut self) -> Result<(), RuntimeError> {
        self.wait()?;
        if self.core.position.0 > self.shared.checkpointed.load(Ordering::SeqCst) {
            self.send_and_wait()
        } else {
            Ok(())
        }
    }

    fn change(&mut self) -> Result<Change, RuntimeError> {
        let core = &mut self.core;
        let entities = core.world.take_dirty().into_iter().filter_map(|eid| {
            let known = core.world.known(eid);
            core.world.share(eid).map(|entity| (eid, known, entity))
        });
        let entities = entities.collect();
        core.flying = Arc::new(std::mem::take(&mut core.fresh));
        core.flying_bodies = std::mem::take(&mut core.bodies);
        core.flying_posted = std::mem::take(&mut core.posted);
        let wrong = |error: postcard::Error| RuntimeError::Fault(error.to_string());
        let posted = core.flying_posted.iter().map(|(number, posted)| {
            Ok((*number, posted.row, postcard::to_stdvec(&**posted).map_err(wrong)?))
        });
        let posted = posted.collect::<Result<Vec<_>, RuntimeError>>()?;
        let suppressed = suppressed(core);
        let plan = if self.plan_written && !core.versions_changed {
            None
        } else {
            let written =
                stored::write(&core.plan).map_err(|error| RuntimeError::Fault(error.to_string()))?;
            Some(written)
        };
        let extras = self.extras()?;
        let core = &mut self.core;
        core.versions_changed = false;
        self.plan_written = true;
        Ok(Change {
            meta: Meta {
                position: core.position.0,
                at: core.at,
                now: core.world.now,
                key: self.key,
                entities: core.world.len() as u32,
                logged: core.logged,
                turns: core.world.turns.clone(),
                loads: core.world.loads.clone(),
                life: core.world.life.clone(),
            },
            entities,
            bodies: core.flying_bodies.iter().map(|(row, body)| (*row, body.clone())).collect(),
            posted,
            lines: core.flying.to_vec(),
            suppressed,
            plan,
            extras,
        })
    }

    fn extras(&mut self) -> Result<Vec<(u64, Vec<u8>)>, RuntimeError> {
        let wrong = |error: postcard::Error| RuntimeError::Fault(error.to_string());
        let mut extras: Vec<(u64, Vec<u8>)> = Vec::new();
        let kept = self.core.stats.take_changed().map_err(wrong)?;
        extras.extend(kept.into_iter().map(|(at, content)| (STATS + at, content)));
        let core = &self.core;
        for version in core.versions.iter().skip(self.versions_written) {
            let content = postcard::to_stdvec(version).map_err(wrong)?;
            extras.push((VERSIONS + u64::from(version.number), content));
        }
        self.versions_written = core.versions.len();
        if core.rejected != self.rejected_written {
            let content = postcard::to_stdvec(&(core.rejected, &core.rejects)).map_err(wrong)?;
            extras.push((REJECTS, content));
            self.rejected_written = core.rejected;
        }
        Ok(extras)
    }
}

/// The buckets of addresses of which something changed, whole.
fn suppressed(core: &mut Core) -> Vec<(u16, Addresses)> {
    let changed: BTreeSet<u16> =
        core.world.take_dirty_addresses().iter().map(|address| bucket(address)).collect();
    if changed.is_empty() {
        return Vec::new();
    }
    let mut buckets: BTreeMap<u16, Addresses> = changed.iter().map(|bucket| (*bucket, Vec::new())).collect();
    for (address, why, at) in core.world.suppressions() {
        if let Some(some) = buckets.get_mut(&bucket(address)) {
            some.push((Arc::clone(address), why, at));
        }
    }
    buckets.into_iter().collect()
}
