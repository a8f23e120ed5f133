//! What becomes of files: written, merged, removed.

use super::run::Run;
use super::worker::{Done, Job};
use super::{Result, Seen, SeenError};
use crate::base::Instant;
use std::sync::Arc;

/// How many files of about one size become one.
const FAN: usize = 4;

impl Seen {
    /// The number of the span that an instant lies in.
    pub(super) fn day(&self, at: Instant) -> i64 {
        at.0.div_euclid(self.options.span.max(1))
    }

    pub(super) fn start_sealing(&mut self) {
        if self.sealing {
            return;
        }
        if let Some(frozen) = self.frozen.front() {
            self.sealing = true;
            let job = Job::Seal(Arc::clone(frozen));
            self.worker.send(job);
        }
    }

    /// Takes note of what the threads have done.
    pub(super) fn take_done(&mut self) {
        while let Some(done) = self.worker.done() {
            self.note(done);
        }
    }

    /// Waits until one more set has its file.
    pub(super) fn make_room(&mut self) -> Result<()> {
        let before = self.frozen.len();
        self.start_sealing();
        while self.sealing {
            match self.worker.wait() {
                Some(done) => self.note(done),
                None => break,
            }
        }
        match self.trouble.take() {
            Some(error) if self.frozen.len() >= before => Err(error),
            trouble => {
                self.trouble = trouble;
                Ok(())
            }
        }
    }

    fn note(&mut self, done: Done) {
        match done {
            Done::Sealed(Ok(run)) => {
                (self.sealing, self.trouble) = (false, None);
                self.frozen.pop_front();
                self.runs.push(Arc::new(run));
                self.start_sealing();
            }
            Done::Sealed(Err(error)) => (self.sealing, self.trouble) = (false, Some(error)),
            Done::Merged(Ok(merged)) => {
                self.merging = false;
                self.replace(merged);
            }
            Done::Merged(Err(error)) => self.failed_merge(error),
            Done::Removed => {}
        }
    }

    /// A merge that failed is tried again with a later commit; damage is for the next start to mend.
    fn failed_merge(&mut self, error: SeenError) {
        self.merging = false;
        self.give_up(&error);
        if let SeenError::Damaged { file, offset } = &error {
            self.damaged = Some((file.clone(), *offset));
        }
        self.trouble = Some(error);
    }

    /// Puts a file in the place of those whose records it covers.
    fn replace(&mut self, merged: Option<Run>) {
        let Some(merged) = merged else { return };
        let within = |run: &Run| run.cover.after >= merged.cover.after && run.cover.upto <= merged.cover.upto;
        let at = self.runs.partition_point(|run| run.cover.after < merged.cover.after);
        let (old, kept): (Vec<_>, Vec<_>) = self.runs.drain(..).partition(|run| within(run));
        self.runs = kept;
        self.runs.insert(at.min(self.runs.len()), Arc::new(merged));
        for run in old {
            self.worker.send(Job::Remove(run.path.clone()));
        }
    }

    /// Removes what is older than the window, and merges what can be.
    pub(super) fn tidy(&mut self, at: Instant) {
        if self.merging || self.damaged.is_some() {
            return;
        }
        // The youngest file stays: it says up to where everything is known.
        while self.runs.len() > 1
            && let Some(run) = self.runs.first()
            && run.cover.last < at.minus(self.options.window)
        {
            self.worker.send(Job::Remove(run.path.clone()));
            self.runs.remove(0);
        }
        if let Some(group) = self.group() {
            self.merging = true;
            self.worker.send(Job::Merge(group));
        }
    }

    /// Neighbouring files of one day that are to be one: all of a day that is over, else those of about one size.
    fn group(&self) -> Option<Vec<Arc<Run>>> {
        let mut group: Vec<Arc<Run>> = Vec::new();
        for run in &self.runs {
            let fits = group.last().is_some_and(|last| {
                last.cover.upto == run.cover.after
                    && self.day(last.cover.first) == self.day(run.cover.first)
                    && (self.is_over(run) || self.tier(last) == self.tier(run))
            });
            if !fits {
                if self.is_ripe(&group) {
                    return Some(group);
                }
                group.clear();
            }
            group.push(Arc::clone(run));
        }
        self.is_ripe(&group).then_some(group)
    }

    fn is_ripe(&self, group: &[Arc<Run>]) -> bool {
        group.len() >= FAN || (group.len() > 1 && group.first().is_some_and(|run| self.is_over(run)))
    }

    /// Whether no more files will come of the day of this one.
    fn is_over(&self, run: &Run) -> bool {
        let next = self.frozen.front().map_or(&self.cover, |frozen| &frozen.cover);
        self.day(run.cover.first) < self.day(next.first)
    }

    /// Files of one tier are of about one size.
    fn tier(&self, run: &Run) -> u32 {
        let full = run.count / self.options.young.max(1) as u64;
        full.checked_ilog(FAN as u64).map_or(0, |tier| tier + 1)
    }
}
