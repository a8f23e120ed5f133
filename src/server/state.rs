//! What every request may need; cheap to clone.

use super::accept::Limits;
use super::hooks::Desk;
use super::keys::Keys;
use super::live::Live;
use super::wrong_keys::WrongKeys;
use crate::runtime::Handle;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use tokio::sync::watch;

/// What every request may need.
#[derive(Clone)]
pub struct State {
    /// The runtime.
    pub handle: Handle,
    /// Who may do what.
    pub keys: Live<Keys>,
    /// Who may sign in to the pages, and who is signed in.
    pub people: Arc<super::pages::People>,
    /// The data folder.
    pub data: Arc<PathBuf>,
    /// What comes back of e-mail; none: the settings have no mail.
    pub mail: Live<Option<Arc<Desk>>>,
    /// What connections may do.
    pub limits: watch::Receiver<Limits>,
    /// Who showed wrong keys of late.
    pub wrong_keys: Arc<WrongKeys>,
    /// Numbers for the metrics.
    pub counts: Arc<Counts>,
}

/// Numbers of requests since the start.
#[derive(Debug, Default)]
pub struct Counts {
    /// Messages taken.
    pub messages: AtomicU64,
    /// Messages that were refused for what they are.
    pub rejected: AtomicU64,
    /// Messages without an id.
    pub unnamed: AtomicU64,
    /// Requests with a wrong key.
    pub unauthorized: AtomicU64,
}
