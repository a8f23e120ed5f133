//! What every request may need; cheap to clone.

use super::keys::Keys;
use crate::runtime::Handle;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// What every request may need.
#[derive(Clone)]
pub struct State {
    /// The runtime.
    pub handle: Handle,
    /// Who may do what.
    pub keys: Arc<Keys>,
    /// The data folder.
    pub data: Arc<PathBuf>,
    /// What comes back of e-mail; none: the settings have no mail.
    pub mail: Option<Arc<super::hooks::Desk>>,
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
