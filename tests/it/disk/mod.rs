//! A disk in memory that fails, forgets and tears on demand.
//!
//! It writes down every operation; [`cut`](power::cut) makes of any beginning of that what a power cut could leave.

pub mod power;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wayfare::disk::{Access, Disk, File, Lock};

/// The files of a disk with what is in them.
pub type Image = BTreeMap<PathBuf, Vec<u8>>;

/// What was done.
#[derive(Clone, Debug)]
pub enum Op {
    Create {
        path: PathBuf,
        inode: u64,
    },
    Write {
        inode: u64,
        offset: u64,
        bytes: Vec<u8>,
    },
    Reserve {
        inode: u64,
        bytes: u64,
    },
    Sync {
        inode: u64,
    },
    /// A sync that failed: what was not on disk never will be, and nobody knows.
    Lost {
        inode: u64,
    },
    Rename {
        from: PathBuf,
        to: PathBuf,
    },
    Remove {
        path: PathBuf,
    },
    SyncFolder {
        path: PathBuf,
    },
    /// Not of the disk: so much was acknowledged.
    Told(u64),
}

/// What goes wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The operation does nothing and says so.
    Error(io::ErrorKind),
    /// A write does the first half and says so.
    Short,
    /// A write does the first half and fails.
    Torn,
    /// A sync does nothing and says that it did.
    Lie,
}

#[derive(Debug, Default)]
struct State {
    names: BTreeMap<PathBuf, u64>,
    files: BTreeMap<u64, Vec<u8>>,
    locks: BTreeSet<PathBuf>,
    trace: Vec<Op>,
    inodes: u64,
    /// How many operations there were.
    count: u64,
    /// The operation that goes wrong, and how; all behind it too if the last says so.
    fault: Option<(u64, Fault, bool)>,
    /// How many bytes files may take together.
    room: Option<u64>,
}

/// A disk in memory.
#[derive(Clone, Default)]
pub struct Sim(Arc<Mutex<State>>);

impl std::fmt::Debug for Sim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sim")
    }
}

impl Sim {
    pub fn of(image: &Image) -> Self {
        let sim = Self::default();
        let mut state = sim.state();
        for (path, bytes) in image {
            state.inodes += 1;
            let inode = state.inodes;
            state.names.insert(path.clone(), inode);
            state.files.insert(inode, bytes.clone());
        }
        drop(state);
        sim
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What programs see.
    pub fn image(&self) -> Image {
        let state = self.state();
        state.names.iter().map(|(path, inode)| (path.clone(), state.files[inode].clone())).collect()
    }

    pub fn trace(&self) -> Vec<Op> {
        self.state().trace.clone()
    }

    pub fn told(&self, position: u64) {
        self.state().trace.push(Op::Told(position));
    }

    /// How many operations there were.
    pub fn count(&self) -> u64 {
        self.state().count
    }

    /// From now on only so many operations go well; the next one does this, and all behind it too if `all`.
    pub fn fail(&self, after: u64, fault: Fault, all: bool) {
        let mut state = self.state();
        state.fault = Some((state.count + after, fault, all));
    }

    pub fn heal(&self) {
        let mut state = self.state();
        (state.fault, state.room) = (None, None);
    }

    /// How many bytes files may take together from now on.
    pub fn room(&self, bytes: u64) {
        self.state().room = Some(bytes);
    }

    /// What all files take.
    pub fn used(&self) -> u64 {
        self.state().used()
    }

    pub fn flip(&self, path: &Path, bit: usize) {
        let mut state = self.state();
        let inode = state.names[path];
        state.files.get_mut(&inode).unwrap()[bit / 8] ^= 1 << (bit % 8);
    }

    pub fn put(&self, path: &Path, bytes: &[u8]) {
        let mut state = self.state();
        state.inodes += 1;
        let inode = state.inodes;
        state.names.insert(path.to_owned(), inode);
        state.files.insert(inode, bytes.to_vec());
    }

    pub fn delete(&self, path: &Path) {
        self.state().names.remove(path).unwrap();
    }

    fn file(&self, inode: u64) -> Box<dyn File> {
        Box::new(SimFile { sim: self.clone(), inode })
    }
}

impl State {
    /// Counts an operation; what goes wrong with it.
    fn operation(&mut self) -> Option<Fault> {
        let (at, fault, all) = self.fault.unwrap_or((u64::MAX, Fault::Short, false));
        let hit = self.count == at || (all && self.count > at);
        self.count += 1;
        hit.then_some(fault)
    }

    /// Counts an operation that can only fail as a whole.
    fn whole(&mut self) -> io::Result<()> {
        match self.operation() {
            Some(Fault::Error(kind)) => Err(kind.into()),
            Some(Fault::Torn) => Err(io::Error::other("input/output error")),
            _ => Ok(()),
        }
    }

    fn used(&self) -> u64 {
        self.names.values().map(|inode| self.files[inode].len() as u64).sum()
    }

    fn check_room(&self, inode: u64, size: u64) -> io::Result<()> {
        let more = size.saturating_sub(self.files[&inode].len() as u64);
        match self.room {
            Some(room) if self.used() + more > room => Err(io::ErrorKind::StorageFull.into()),
            _ => Ok(()),
        }
    }

    fn write(&mut self, inode: u64, bytes: &[u8], offset: u64) {
        apply_write(self.files.get_mut(&inode).unwrap(), bytes, offset);
        self.trace.push(Op::Write { inode, offset, bytes: bytes.to_vec() });
    }
}

pub(super) fn apply_write(file: &mut Vec<u8>, bytes: &[u8], offset: u64) {
    let end = offset as usize + bytes.len();
    if file.len() < end {
        file.resize(end, 0);
    }
    file[offset as usize..end].copy_from_slice(bytes);
}

impl Disk for Sim {
    fn make_folder(&self, _: &Path) -> io::Result<()> {
        self.state().whole()
    }

    fn names(&self, folder: &Path) -> io::Result<Vec<String>> {
        let mut state = self.state();
        state.whole()?;
        let within = state.names.keys().filter(|path| path.parent() == Some(folder));
        Ok(within.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect())
    }

    fn open(&self, path: &Path, access: Access) -> io::Result<Box<dyn File>> {
        let mut state = self.state();
        state.whole()?;
        if access != Access::New {
            let inode = *state.names.get(path).ok_or(io::ErrorKind::NotFound)?;
            return Ok(self.file(inode));
        }
        state.inodes += 1;
        let inode = state.inodes;
        state.names.insert(path.to_owned(), inode);
        state.files.insert(inode, Vec::new());
        state.trace.push(Op::Create { path: path.to_owned(), inode });
        Ok(self.file(inode))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.whole()?;
        let inode = state.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        state.names.insert(to.to_owned(), inode);
        state.trace.push(Op::Rename { from: from.to_owned(), to: to.to_owned() });
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.whole()?;
        state.names.remove(path).ok_or(io::ErrorKind::NotFound)?;
        state.trace.push(Op::Remove { path: path.to_owned() });
        Ok(())
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.whole()?;
        state.trace.push(Op::SyncFolder { path: path.to_owned() });
        Ok(())
    }

    fn lock(&self, path: &Path) -> io::Result<Lock> {
        let mut state = self.state();
        state.whole()?;
        if !state.locks.insert(path.to_owned()) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(Box::new(Held { sim: self.clone(), path: path.to_owned() }))
    }

    fn random(&self) -> io::Result<[u8; 16]> {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        self.state().whole()?;
        let mut random = crate::model::random::Random(COUNT.fetch_add(1, Ordering::Relaxed));
        let mut bytes = random.next().to_le_bytes().to_vec();
        bytes.extend(random.next().to_le_bytes());
        Ok(bytes.try_into().unwrap())
    }
}

struct Held {
    sim: Sim,
    path: PathBuf,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.sim.state().locks.remove(&self.path);
    }
}

#[derive(Debug)]
struct SimFile {
    sim: Sim,
    inode: u64,
}

impl File for SimFile {
    fn size(&self) -> io::Result<u64> {
        let mut state = self.sim.state();
        state.whole()?;
        Ok(state.files[&self.inode].len() as u64)
    }

    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut state = self.sim.state();
        state.whole()?;
        let there = state.files[&self.inode].get(offset as usize..).unwrap_or(&[]);
        let size = there.len().min(into.len());
        into[..size].copy_from_slice(&there[..size]);
        Ok(size)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let mut state = self.sim.state();
        let half = bytes.len().div_ceil(2);
        match state.operation() {
            Some(Fault::Error(kind)) => return Err(kind.into()),
            Some(Fault::Short) => {
                state.write(self.inode, &bytes[..half], offset);
                return Ok(half);
            }
            Some(Fault::Torn) => {
                state.write(self.inode, &bytes[..half], offset);
                return Err(io::Error::other("input/output error"));
            }
            Some(Fault::Lie) | None => {}
        }
        state.check_room(self.inode, offset + bytes.len() as u64)?;
        state.write(self.inode, bytes, offset);
        Ok(bytes.len())
    }

    fn reserve(&self, bytes: u64) -> io::Result<()> {
        let mut state = self.sim.state();
        state.whole()?;
        state.check_room(self.inode, bytes)?;
        let inode = self.inode;
        let file = state.files.get_mut(&inode).unwrap();
        let size = file.len().max(bytes as usize);
        file.resize(size, 0);
        state.trace.push(Op::Reserve { inode, bytes });
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.sim.state();
        let inode = self.inode;
        match state.operation() {
            None | Some(Fault::Short) => {
                state.trace.push(Op::Sync { inode });
                Ok(())
            }
            Some(Fault::Lie) => {
                state.trace.push(Op::Lost { inode });
                Ok(())
            }
            Some(Fault::Error(kind)) => {
                state.trace.push(Op::Lost { inode });
                Err(kind.into())
            }
            Some(Fault::Torn) => {
                state.trace.push(Op::Lost { inode });
                Err(io::Error::other("input/output error"))
            }
        }
    }
}
