//! The folder of a store: what marks it as one, and the lock that one process holds.

use super::StoreError;
use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Says that a folder is a store, and of which version.
const MARK: &str = "wayfare-store";
/// Held while a process works with the store.
const LOCK: &str = "lock";
/// The version of the folder's layout.
const VERSION: u32 = 1;

/// A folder that this process holds.
#[derive(Debug)]
pub(super) struct Folder {
    pub path: PathBuf,
    /// Held as long as this lives.
    _lock: File,
}

impl Folder {
    /// Takes the folder; makes it if it does not exist or is empty.
    pub fn take(path: &Path) -> Result<Self, StoreError> {
        let wrong = |error| StoreError::io(path, error);
        fs::create_dir_all(path).map_err(wrong)?;
        let mark = path.join(MARK);
        let is_store = mark.try_exists().map_err(wrong)?;
        if !is_store && !is_free(path).map_err(wrong)? {
            return Err(StoreError::NotAStore(path.to_owned()));
        }
        let lock = File::options().create(true).truncate(false).write(true).open(path.join(LOCK));
        let lock = lock.map_err(wrong)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => return Err(wrong(error)),
        }
        if is_store {
            check(path, &mark)?;
        } else {
            write_mark(path, &mark).map_err(wrong)?;
        }
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// Where the tree lies.
    pub fn tree(&self) -> PathBuf {
        self.path.join("world")
    }

    /// A snapshot of the tree that was never finished would be taken for its newest.
    pub fn clean(&self) -> std::io::Result<()> {
        let tree = self.tree();
        if !tree.try_exists()? {
            return Ok(());
        }
        for entry in fs::read_dir(tree)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with("snap.") && name.ends_with(".generating") {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

/// Whether nothing lies there but what an interrupted beginning leaves.
fn is_free(path: &Path) -> std::io::Result<bool> {
    for entry in fs::read_dir(path)? {
        let name = entry?.file_name();
        if name != LOCK && name != "wayfare-store.new" {
            return Ok(false);
        }
    }
    Ok(true)
}

fn check(path: &Path, mark: &Path) -> Result<(), StoreError> {
    let text = fs::read_to_string(mark).map_err(|error| StoreError::io(path, error))?;
    let version = text.strip_prefix("wayfare store ").and_then(|rest| rest.trim().parse::<u32>().ok());
    match version {
        None => Err(StoreError::NotAStore(path.to_owned())),
        Some(version) if version > VERSION => Err(StoreError::Newer { folder: path.to_owned(), version }),
        Some(_) => Ok(()),
    }
}

fn write_mark(path: &Path, mark: &Path) -> std::io::Result<()> {
    let new = path.join("wayfare-store.new");
    let mut file = File::create(&new)?;
    file.write_all(format!("wayfare store {VERSION}\n").as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, mark)?;
    File::open(path)?.sync_all()
}
