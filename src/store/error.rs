//! What can be wrong with a store, each thing in its own words.

use crate::plan::StoredError;
use std::io;
use std::path::PathBuf;

/// Why a store can't be used.
#[derive(Debug)]
pub enum StoreError {
    /// The folder holds something else.
    NotAStore(PathBuf),
    /// Written by a newer version of the program.
    Newer {
        /// Where.
        folder: PathBuf,
        /// Its version.
        version: u32,
    },
    /// Another process has it open.
    InUse(PathBuf),
    /// It is not allowed to be written.
    ReadOnly(PathBuf),
    /// The disk is full.
    Full(PathBuf),
    /// What is in it can't be right.
    Corrupt {
        /// Where.
        folder: PathBuf,
        /// What.
        what: String,
    },
    /// The plan that its world is laid out for can't be read.
    Plan {
        /// Where.
        folder: PathBuf,
        /// Why.
        error: StoredError,
    },
    /// Anything else of the disk.
    Io {
        /// Where.
        folder: PathBuf,
        /// What.
        error: io::Error,
    },
}

impl StoreError {
    pub(super) fn io(folder: &std::path::Path, error: io::Error) -> Self {
        let folder = folder.to_owned();
        match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly(folder),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full(folder),
            _ => Self::Io { folder, error },
        }
    }

    /// Damage, told again.
    pub fn clone_damage(&self) -> Self {
        match self {
            Self::Corrupt { folder, what } => Self::Corrupt { folder: folder.clone(), what: what.clone() },
            other => Self::Corrupt { folder: PathBuf::new(), what: other.to_string() },
        }
    }

    /// One thing to do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::NotAStore(_) => "name an empty folder, or one that does not exist yet",
            Self::Newer { .. } => "use the version of `wf` that wrote it, or another folder",
            Self::InUse(_) => "wait until the other `wf` has ended",
            Self::ReadOnly(_) => "allow it to be written, or name another folder",
            Self::Full(_) => "free some space and run the same command again: nothing is applied twice",
            Self::Corrupt { .. } => "remove the folder and play the history from its beginning",
            Self::Plan { .. } => {
                "use the version of `wf` that wrote it, or remove the folder and play the history from its beginning"
            }
            Self::Io { .. } => "see to the disk and run the same command again: nothing is applied twice",
        }
    }
}

impl std::fmt::Display for StoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotAStore(folder) => write!(f, "`{}` is not a store", folder.display()),
            Self::Newer { folder, version } => {
                write!(
                    f,
                    "the store `{}` has version {version}, newer than this `wf` knows",
                    folder.display()
                )
            }
            Self::InUse(folder) => write!(f, "the store `{}` is in use", folder.display()),
            Self::ReadOnly(folder) => write!(f, "the store `{}` can't be written", folder.display()),
            Self::Full(folder) => write!(f, "the disk of the store `{}` is full", folder.display()),
            Self::Corrupt { folder, what } => {
                write!(f, "the store `{}` is damaged: {what}", folder.display())
            }
            Self::Plan { folder, error } => {
                write!(f, "the plan in the store `{}`: {error}", folder.display())
            }
            Self::Io { folder, error } => write!(f, "the store `{}`: {error}", folder.display()),
        }
    }
}

impl std::error::Error for StoreError {}
