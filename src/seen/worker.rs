//! Threads that write, merge and remove files, so that those who take in messages do not wait for it.

use super::SeenError;
use super::run::{Cover, Run};
use super::write::Place;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// Hashes on their way to a file.
#[derive(Debug)]
pub(super) struct Frozen {
    pub cover: Cover,
    pub ids: super::Ids,
}

/// What is to be done.
#[derive(Debug)]
pub(super) enum Job {
    Seal(Arc<Frozen>),
    Merge(Vec<Arc<Run>>),
    Remove(PathBuf),
}

/// What was done.
#[derive(Debug)]
pub(super) enum Done {
    Sealed(Result<Run, SeenError>),
    Merged(Result<Option<Run>, SeenError>),
    Removed,
}

/// Does the work, in threads or at once.
#[derive(Debug)]
pub(super) enum Worker {
    /// Whoever asks waits for it; for tests that need each operation in its order.
    Inline(Place, VecDeque<Done>),
    Threads(Threads),
}

/// One thread for what can't wait, one for the rest.
#[derive(Debug)]
pub(super) struct Threads {
    seal: Option<Sender<Job>>,
    rest: Option<Sender<Job>>,
    done: Receiver<Done>,
    handles: Vec<JoinHandle<()>>,
}

impl Worker {
    pub fn start(place: Place, threads: bool) -> Result<Self, SeenError> {
        if !threads {
            return Ok(Self::Inline(place, VecDeque::new()));
        }
        let (send, done) = channel();
        let (seal, sealer) = thread("seen-seal", place.clone(), send.clone())?;
        let (rest, merger) = thread("seen-merge", place, send)?;
        Ok(Self::Threads(Threads { seal: Some(seal), rest: Some(rest), done, handles: vec![sealer, merger] }))
    }

    pub fn send(&mut self, job: Job) {
        match self {
            Self::Inline(place, done) => done.push_back(work(place, job)),
            Self::Threads(threads) => {
                let to = if matches!(job, Job::Seal(_)) { &threads.seal } else { &threads.rest };
                // A thread ends only when its sender is dropped.
                let _ = to.as_ref().map(|to| to.send(job));
            }
        }
    }

    /// What was done, if anything was.
    pub fn done(&mut self) -> Option<Done> {
        match self {
            Self::Inline(_, done) => done.pop_front(),
            Self::Threads(threads) => threads.done.try_recv().ok(),
        }
    }

    /// Waits for something to be done; `None` if nothing is at work.
    pub fn wait(&mut self) -> Option<Done> {
        match self {
            Self::Inline(_, done) => done.pop_front(),
            Self::Threads(threads) => threads.done.recv().ok(),
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        (self.seal, self.rest) = (None, None);
        for handle in self.handles.drain(..) {
            let _ = handle.join();
        }
    }
}

fn thread(name: &str, place: Place, done: Sender<Done>) -> Result<(Sender<Job>, JoinHandle<()>), SeenError> {
    let (send, jobs) = channel::<Job>();
    let folder = place.folder.clone();
    let handle = std::thread::Builder::new()
        .name(name.into())
        .spawn(move || {
            for job in jobs {
                let _ = done.send(work(&place, job));
            }
        })
        .map_err(|error| SeenError::io(&folder, error))?;
    Ok((send, handle))
}

fn work(place: &Place, job: Job) -> Done {
    match job {
        Job::Seal(frozen) => {
            let mut hashes: Vec<u128> = frozen.ids.iter().copied().collect();
            hashes.sort_unstable();
            Done::Sealed(place.seal(frozen.cover, &hashes))
        }
        Job::Merge(runs) => Done::Merged(place.merge(&runs)),
        Job::Remove(path) => {
            // What can't be removed now is found again at the next start.
            let _ = place.disk.remove(&path);
            Done::Removed
        }
    }
}
