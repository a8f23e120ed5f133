//! The file that becomes the next segment, filled with zeros ahead of time.
//!
//! A sync of bytes that are there already is cheap; one that makes a file longer is not. So a thread keeps one file
//! ready. It fills it piece by piece as the live segment fills up, twice as fast, so that the disk is never asked for
//! a whole segment at once. A failure is kept until the file is needed, and then tried anew: a disk that is full today
//! is no reason to stop before the live segment is.

use super::JournalError;
use crate::disk::{Access, Disk, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// The name of the file that is kept ready.
pub(super) const SPARE: &str = "spare";
/// How many bytes are filled and synced at once.
const PIECE: usize = 2 * 1024 * 1024;
static ZEROS: [u8; PIECE] = [0; PIECE];

/// Makes files of zeros.
#[derive(Clone, Debug)]
struct Maker {
    disk: Arc<dyn Disk>,
    path: PathBuf,
}

/// A file of zeros, and its name.
pub(super) type Made = (Box<dyn File>, PathBuf);

impl Maker {
    fn begin(&self, bytes: u64) -> io::Result<Box<dyn File>> {
        let file = self.disk.open(&self.path, Access::New)?;
        file.reserve(bytes)?;
        Ok(file)
    }

    fn whole(&self, bytes: u64) -> io::Result<Box<dyn File>> {
        let file = self.begin(bytes)?;
        let mut filled = 0;
        while filled < bytes {
            filled = fill(&*file, filled, bytes)?;
        }
        Ok(file)
    }
}

/// Fills the next piece from an offset on; where it ends.
fn fill(file: &dyn File, from: u64, bytes: u64) -> io::Result<u64> {
    let piece = (bytes - from).min(PIECE as u64);
    file.write_all_at(ZEROS.get(..piece as usize).unwrap_or(&ZEROS), from)?;
    file.sync()?;
    Ok(from + piece)
}

/// Makes one now. What is left of it after a failure is removed: it may be what fills the disk.
pub(super) fn make(disk: &Arc<dyn Disk>, path: &Path, bytes: u64) -> Result<Made, JournalError> {
    let maker = Maker { disk: Arc::clone(disk), path: path.to_owned() };
    match maker.whole(bytes) {
        Ok(file) => Ok((file, maker.path)),
        Err(error) => {
            let _ = disk.remove(path);
            Err(JournalError::io(path, error))
        }
    }
}

/// How far the file that is kept ready has come.
#[derive(Debug)]
enum Stage {
    Filling,
    Ready(Box<dyn File>),
    Failed(io::Error),
    /// Handed out; its name is not free yet.
    Taken,
}

#[derive(Debug)]
struct State {
    stage: Stage,
    /// How long the file is to be.
    bytes: u64,
    /// How many bytes may be filled.
    allowed: u64,
    ending: bool,
}

/// How the next segment stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ahead {
    /// It will be made when it is needed, or is being made.
    Making,
    /// It is there.
    Ready,
    /// It could not be made; this is why. It is tried again.
    Failed(String),
}

/// The thread that keeps a file ready.
#[derive(Debug)]
pub(super) struct Spares {
    shared: Arc<(Mutex<State>, Condvar)>,
    thread: Option<JoinHandle<()>>,
    maker: Maker,
}

impl Spares {
    pub fn start(disk: &Arc<dyn Disk>, folder: &Path, bytes: u64) -> Result<Self, JournalError> {
        let maker = Maker { disk: Arc::clone(disk), path: folder.join(SPARE) };
        let state = State { stage: Stage::Filling, bytes, allowed: 0, ending: false };
        let shared = Arc::new((Mutex::new(state), Condvar::new()));
        let (theirs, with) = (Arc::clone(&shared), maker.clone());
        let thread = std::thread::Builder::new()
            .name("journal-spare".into())
            .spawn(move || Thread { shared: theirs, maker: with }.run())
            .map_err(|error| JournalError::io(&maker.path, error))?;
        Ok(Self { shared, thread: Some(thread), maker })
    }

    /// Says how much of the live segment is used, so that filling keeps ahead.
    pub fn used(&self, bytes: u64, of: u64) {
        let mut state = lock(&self.shared.0);
        let share = u128::from(bytes) * 2 * u128::from(state.bytes) / u128::from(of.max(1));
        let before = state.allowed / PIECE as u64;
        state.allowed = state.allowed.max(share as u64);
        if state.allowed / PIECE as u64 > before {
            if matches!(state.stage, Stage::Failed(_)) {
                state.stage = Stage::Filling;
            }
            self.shared.1.notify_all();
        }
    }

    /// The file, as soon as it is ready. [`Spares::free`] follows when it has another name.
    pub fn take(&self) -> Result<Made, JournalError> {
        let mut state = lock(&self.shared.0);
        if !matches!(state.stage, Stage::Ready(_)) {
            state.stage = Stage::Filling;
        }
        state.allowed = u64::MAX;
        self.shared.1.notify_all();
        while matches!(state.stage, Stage::Filling) {
            state = self.shared.1.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        match std::mem::replace(&mut state.stage, Stage::Taken) {
            Stage::Ready(file) => Ok((file, self.maker.path.clone())),
            Stage::Failed(error) => {
                let told = io::Error::new(error.kind(), error.to_string());
                state.stage = Stage::Failed(error);
                Err(JournalError::io(&self.maker.path, told))
            }
            stage => {
                state.stage = stage;
                Err(JournalError::io(&self.maker.path, io::Error::other("it is in use")))
            }
        }
    }

    /// How long the file is, or will be.
    pub fn bytes(&self) -> u64 {
        lock(&self.shared.0).bytes
    }

    /// Says that the file that was taken has another name now, and how long the next one is to be.
    pub fn free(&self, bytes: u64) {
        let mut state = lock(&self.shared.0);
        (state.stage, state.bytes, state.allowed) = (Stage::Filling, bytes, 0);
        self.shared.1.notify_all();
    }

    pub fn stage(&self) -> Ahead {
        match &lock(&self.shared.0).stage {
            Stage::Filling | Stage::Taken => Ahead::Making,
            Stage::Ready(_) => Ahead::Ready,
            Stage::Failed(error) => Ahead::Failed(error.to_string()),
        }
    }
}

impl Drop for Spares {
    fn drop(&mut self) {
        lock(&self.shared.0).ending = true;
        self.shared.1.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Thread {
    shared: Arc<(Mutex<State>, Condvar)>,
    maker: Maker,
}

impl Thread {
    fn run(self) {
        while self.wait(|state| matches!(state.stage, Stage::Filling) && state.allowed > 0) {
            match self.fill() {
                Ok(Some(file)) => self.reach(Stage::Ready(file)),
                Ok(None) => return,
                Err(error) => {
                    let _ = self.maker.disk.remove(&self.maker.path);
                    self.reach(Stage::Failed(error));
                }
            }
        }
    }

    /// A file filled as fast as is allowed; `None` if the journal is closed meanwhile.
    fn fill(&self) -> io::Result<Option<Box<dyn File>>> {
        let bytes = lock(&self.shared.0).bytes;
        let file = self.maker.begin(bytes)?;
        let mut filled = 0;
        while filled < bytes {
            if !self.wait(|state| state.allowed > filled) {
                return Ok(None);
            }
            filled = fill(&*file, filled, bytes)?;
        }
        Ok(Some(file))
    }

    /// Waits for something; `false` if the journal is closed meanwhile.
    fn wait(&self, until: impl Fn(&State) -> bool) -> bool {
        let mut state = lock(&self.shared.0);
        while !state.ending && !until(&state) {
            state = self.shared.1.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        !state.ending
    }

    fn reach(&self, stage: Stage) {
        lock(&self.shared.0).stage = stage;
        self.shared.1.notify_all();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
