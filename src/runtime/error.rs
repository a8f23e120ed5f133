//! What can go wrong with a runtime, in words.

use crate::diag::Diagnostic;
use crate::journal::JournalError;
use crate::project::BundleError;
use crate::seen::SeenError;
use crate::store::StoreError;
use std::fmt;

/// Why records were not taken: nothing of them is durable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refused {
    /// Too much is waiting; try again after so many seconds.
    Overloaded(u64),
    /// The disk has no room for more.
    Full(String),
    /// It is ending, or has ended.
    Stopped(String),
    /// A record is too long.
    TooLong(String),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overloaded(seconds) => {
                write!(f, "too much is waiting: try again in {seconds} s")
            }
            Self::Full(why) | Self::TooLong(why) => f.write_str(why),
            Self::Stopped(why) => write!(f, "the server has stopped: {why}"),
        }
    }
}

impl std::error::Error for Refused {}

/// Why the log can't be read.
#[derive(Debug)]
pub enum LogError {
    /// The runtime does not answer.
    Refused(Refused),
    /// What is stored can't be read.
    Store(StoreError),
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LogError {}

/// Why a runtime can't start or go on.
#[derive(Debug)]
pub enum RuntimeError {
    /// The journal.
    Journal(JournalError),
    /// The ids of messages.
    Seen(SeenError),
    /// The checkpoints.
    Store(StoreError),
    /// A record of the journal can't be used.
    Record(u64, String),
    /// A project's files.
    Bundle(BundleError),
    /// A project that is to run has mistakes.
    Mistakes(Vec<Diagnostic>),
    /// There is nothing to run: no project was given, and none was ever deployed.
    NoProject,
    /// An entity could not be read back.
    Fault(String),
    /// A thread could not be had.
    Thread(std::io::Error),
}

impl fmt::Display for RuntimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Journal(error) => error.fmt(f),
            Self::Seen(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
            Self::Record(position, why) => write!(f, "record {position} of the journal: {why}"),
            Self::Bundle(error) => error.fmt(f),
            Self::Mistakes(found) => {
                write!(f, "the project has mistakes:")?;
                found.iter().filter(|one| one.is_error()).try_for_each(|one| write!(f, " {};", one.message))
            }
            Self::NoProject => {
                f.write_str("there is nothing to run: no project was given, and none was ever deployed")
            }
            Self::Fault(what) => write!(f, "what was stored can't be read back: {what}"),
            Self::Thread(error) => write!(f, "no thread can be had: {error}"),
        }
    }
}

impl std::error::Error for RuntimeError {}

impl RuntimeError {
    /// One thing to do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Journal(error) => error.help(),
            Self::Seen(_) => "see to the disk and start again: what was acknowledged is there",
            Self::Store(error) => error.help(),
            Self::Record(..) => "use the version of `wf` that wrote it",
            Self::Bundle(_) => "name a folder with a `wayfare.toml`",
            Self::Mistakes(_) => "`wf check` shows them with their places",
            Self::NoProject => "name a project: `wf serve PROJECT`",
            Self::Fault(_) => "see to the disk and start again",
            Self::Thread(_) => "allow this user more threads",
        }
    }
}

impl From<JournalError> for RuntimeError {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

impl From<SeenError> for RuntimeError {
    fn from(error: SeenError) -> Self {
        Self::Seen(error)
    }
}

impl From<StoreError> for RuntimeError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<BundleError> for RuntimeError {
    fn from(error: BundleError) -> Self {
        Self::Bundle(error)
    }
}
