//! What can be wrong with the ids that were seen, each thing in its own words.

use std::io;
use std::path::{Path, PathBuf};

/// Why ids can't be looked up or kept.
#[derive(Debug)]
pub enum SeenError {
    /// Another process has them open.
    InUse(PathBuf),
    /// They are not allowed to be written.
    ReadOnly(PathBuf),
    /// The disk is full, and so is the memory set aside.
    Full(PathBuf),
    /// Written by a newer version of the program.
    Newer {
        /// The file.
        file: PathBuf,
        /// Its version.
        version: u32,
    },
    /// A file is not what was written.
    Damaged {
        /// Which.
        file: PathBuf,
        /// Where in it, in bytes.
        offset: u64,
    },
    /// Anything else of the disk.
    Io {
        /// The file or folder.
        file: PathBuf,
        /// What it says.
        error: io::Error,
    },
}

impl SeenError {
    pub(super) fn io(file: &Path, error: io::Error) -> Self {
        let file = file.to_owned();
        match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly(file),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full(file),
            _ => Self::Io { file, error },
        }
    }

    /// One thing to do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::InUse(_) => "wait until the other `wf` has ended",
            Self::ReadOnly(_) => "allow it to be read and written by this user",
            Self::Full(_) => "free some space: more is taken in as soon as there is room",
            Self::Newer { .. } => "use the version of `wf` that wrote it",
            Self::Damaged { .. } => {
                "see to the disk and start again: the file is made anew from the journal, as far back as that reaches"
            }
            Self::Io { .. } => "see to the disk and start again: what is lost is made anew from the journal",
        }
    }
}

impl std::fmt::Display for SeenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::InUse(folder) => write!(f, "the ids of messages seen, `{}`, are in use", folder.display()),
            Self::ReadOnly(file) => write!(f, "`{}` can't be read and written", file.display()),
            Self::Full(file) => write!(f, "the disk of `{}` is full", file.display()),
            Self::Newer { file, version } => {
                write!(f, "`{}` has version {version}, newer than this `wf` knows", file.display())
            }
            Self::Damaged { file, offset } => {
                write!(f, "`{}` is damaged at byte {offset}", file.display())
            }
            Self::Io { file, error } => write!(f, "`{}`: {error}", file.display()),
        }
    }
}

impl std::error::Error for SeenError {}
