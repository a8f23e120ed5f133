//! What can be wrong with a journal, each thing in its own words.

use super::Position;
use crate::base::Instant;
use std::io;
use std::path::{Path, PathBuf};

/// Why a journal can't be opened, read or written.
#[derive(Debug)]
pub enum JournalError {
    /// The folder holds something else.
    NotAJournal(PathBuf),
    /// The file that says which journal it is is not there, though segments are.
    NoLabel(PathBuf),
    /// Written by a newer version of the program.
    Newer {
        /// The file that says so.
        file: PathBuf,
        /// Its version.
        version: u32,
    },
    /// Another process has it open.
    InUse(PathBuf),
    /// It is not allowed to be written.
    ReadOnly(PathBuf),
    /// The disk is full.
    Full(PathBuf),
    /// A file is not what was written.
    Damaged {
        /// Which.
        file: PathBuf,
        /// Where in it, in bytes.
        offset: u64,
        /// The record that should be there; `Position::START` if it is the file's own head that is damaged.
        position: Position,
        /// What is wrong.
        what: String,
    },
    /// Records that were acknowledged are not there, with the files that held them.
    Missing {
        /// The folder.
        folder: PathBuf,
        /// The first that is missing.
        from: Position,
        /// The last that is missing.
        to: Position,
    },
    /// An earlier write failed, so nothing more is written.
    Stopped {
        /// The failure.
        why: String,
    },
    /// A record is older than the one before it.
    WentBack {
        /// Its instant.
        at: Instant,
        /// That of the one before it.
        last: Instant,
    },
    /// A record is longer than [`MAX_BODY`](super::MAX_BODY).
    TooLong {
        /// Its length in bytes.
        bytes: usize,
    },
    /// A record that is no longer kept.
    Dropped {
        /// The record asked for.
        position: Position,
        /// The first that is kept.
        first: Position,
    },
    /// A record that was never written.
    NotYet {
        /// The record asked for.
        position: Position,
        /// The last that there is.
        last: Position,
    },
    /// A backup needs an empty folder.
    NotEmpty(PathBuf),
    /// Anything else of the disk.
    Io {
        /// The file or folder.
        file: PathBuf,
        /// What it says.
        error: io::Error,
    },
}

impl JournalError {
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
            Self::NotAJournal(_) => "name an empty folder, or one that does not exist yet",
            Self::NoLabel(_) => "bring it back from a backup: nothing was changed or left out",
            Self::Newer { .. } => "use the version of `wf` that wrote it",
            Self::InUse(_) => "wait until the other `wf` has ended",
            Self::ReadOnly(_) => "allow it to be read and written by this user",
            Self::Full(_) => {
                "free some space: what was acknowledged is kept, and more is taken in as soon as there is room"
            }
            Self::Damaged { .. } => {
                "see to the disk, then bring the file back from a backup: nothing was changed or left out"
            }
            Self::Missing { .. } => "bring the files back from a backup: nothing was changed or left out",
            Self::Stopped { .. } => "see to the disk and start again: what was acknowledged is kept",
            Self::WentBack { .. } => "give no instant before that of the last record",
            Self::TooLong { .. } => "send less at once",
            Self::Dropped { .. } => "begin at the first record that is kept, or bring back a backup",
            Self::NotYet { .. } => "bring back the journal that belongs to this store",
            Self::NotEmpty(_) => "name an empty folder, or one that does not exist yet",
            Self::Io { .. } => "see to the disk and start again: what was acknowledged is kept",
        }
    }
}

impl std::fmt::Display for JournalError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotAJournal(folder) => write!(f, "`{}` is not a journal", folder.display()),
            Self::NoLabel(file) => write!(f, "`{}` is missing, though segments are there", file.display()),
            Self::Newer { file, version } => {
                write!(f, "`{}` has version {version}, newer than this `wf` knows", file.display())
            }
            Self::InUse(folder) => write!(f, "the journal `{}` is in use", folder.display()),
            Self::ReadOnly(file) => write!(f, "`{}` can't be read and written", file.display()),
            Self::Full(file) => write!(f, "the disk of `{}` is full", file.display()),
            Self::Damaged { file, offset, position: Position::START, what } => {
                write!(f, "`{}` is damaged at byte {offset}: {what}", file.display())
            }
            Self::Damaged { file, offset, position, what } => {
                write!(f, "`{}` is damaged at byte {offset}, record {position}: {what}", file.display())
            }
            Self::Missing { folder, from, to } => {
                write!(f, "the journal `{}` lacks the records {from} to {to}", folder.display())
            }
            Self::Stopped { why } => write!(f, "the journal has stopped: {why}"),
            Self::WentBack { at, last } => write!(f, "a record of {at} can't stand behind one of {last}"),
            Self::TooLong { bytes } => write!(f, "a record of {bytes} bytes is too long"),
            Self::Dropped { position, first } => {
                write!(f, "record {position} is no longer kept: the journal begins with {first}")
            }
            Self::NotYet { position, last } => {
                write!(f, "record {position} was never written: the journal ends with {last}")
            }
            Self::NotEmpty(folder) => write!(f, "`{}` is not empty", folder.display()),
            Self::Io { file, error } => write!(f, "`{}`: {error}", file.display()),
        }
    }
}

impl std::error::Error for JournalError {}
