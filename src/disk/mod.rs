//! The door to the file system for what must outlive the process.
//!
//! In: paths, bytes and the offset that they belong to. Out: what the file system answers, once: nothing is retried or
//! hidden here, so a failed sync is told as one. Invariant: `journal` and `seen` touch no file but through this trait,
//! and so a disk in memory can stand in its place, which fails, forgets and tears on demand (tests/it/disk).
//! Not here: what the bytes mean; which errors are fatal.

mod files;
mod real;

pub use files::open_files;
pub use real::RealDisk;

use std::any::Any;
use std::fmt::Debug;
use std::io;
use std::path::Path;

/// How a file is opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// To be read; it must exist.
    Read,
    /// To be read and written; it must exist.
    Write,
    /// To be read and written; empty, whatever it was.
    New,
}

/// A lock that is held until this is dropped.
pub type Lock = Box<dyn Any + Send + Sync>;

/// A file system.
pub trait Disk: Send + Sync + Debug {
    /// Makes a folder and those above it; one that is there already is fine.
    fn make_folder(&self, path: &Path) -> io::Result<()>;
    /// The names in a folder, sorted.
    fn names(&self, folder: &Path) -> io::Result<Vec<String>>;
    /// Opens a file.
    fn open(&self, path: &Path, access: Access) -> io::Result<Box<dyn File>>;
    /// Gives a file another name in the same folder, in place of what had it; durable after [`Disk::sync_folder`].
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file; durable after [`Disk::sync_folder`].
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Returns when the names of a folder are on disk.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
    /// Takes the lock that a file stands for, until what is returned is dropped; made if need be. The error is of kind
    /// `WouldBlock` if another holds it.
    fn lock(&self, path: &Path) -> io::Result<Lock>;
    /// 16 bytes that nobody can foresee.
    fn random(&self) -> io::Result<[u8; 16]>;
}

/// An open file. It can be read and written through a shared reference: offsets are always given.
pub trait File: Send + Sync + Debug {
    /// How many bytes it has.
    fn size(&self) -> io::Result<u64>;
    /// Reads what there is from an offset on, perhaps less than asked for; 0 at the end.
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Writes at an offset, perhaps less than asked for.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize>;
    /// Makes it that long, with room for all of it set aside on the disk where the file system can; it reads as zeros.
    fn reserve(&self, bytes: u64) -> io::Result<()>;
    /// Returns when its bytes and its length are on disk. After an error nobody knows which are.
    fn sync(&self) -> io::Result<()>;
}

impl dyn File + '_ {
    /// Writes all of it.
    pub fn write_all_at(&self, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.write_at(bytes, offset) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    bytes = bytes.get(written..).unwrap_or(&[]);
                    offset += written as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads until the buffer is full or the file ends; how many bytes it got.
    pub fn read_full_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut filled = 0;
        while let Some(rest) = into.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.read_at(rest, offset + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }
}

/// All of a small file; `None` if there is none.
pub fn read_whole(disk: &dyn Disk, path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = match disk.open(path, Access::Read) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = vec![0; file.size()? as usize];
    let read = file.read_full_at(&mut bytes, 0)?;
    bytes.truncate(read);
    Ok(Some(bytes))
}

/// Puts a small file in the place of what had its name: all of it is on disk when this returns, or the old one is.
pub fn replace(disk: &dyn Disk, folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let new = folder.join(format!("{name}.new"));
    let file = disk.open(&new, Access::New)?;
    file.write_all_at(bytes, 0)?;
    file.sync()?;
    disk.rename(&new, &folder.join(name))?;
    disk.sync_folder(folder)
}
