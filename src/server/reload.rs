//! SIGHUP: settings and keys are read again, all or nothing.
//!
//! In: the files as they are now. Out: limits, keys, mail and delivery by them, for what begins from now on. What can't
//! change while it runs is named in the log; where anything of it is wrong the old ones stay, and the log says why.

use super::accept::{Limits, ServerSettings};
use super::hooks::Desk;
use super::keys::Keys;
use super::serve::{ServeError, Settings};
use super::settings::Config;
use super::state::State;
use crate::connect::Client;
use crate::runtime::delivery::{self, BadDelivery, Renewal};
use std::sync::Arc;
use tokio::sync::watch;

/// Reads again.
pub(super) struct Reload {
    pub settings: Settings,
    pub state: State,
    pub limits: watch::Sender<Limits>,
    /// What it was started with.
    pub began: ServerSettings,
    pub delivery: Renewal,
}

impl Reload {
    /// Reads again and says in the log what came of it.
    pub fn now(&self) {
        match self.read() {
            Ok(restart) if restart.is_empty() => tracing::info!("server.toml and keys.json were read again"),
            Ok(restart) => tracing::warn!(
                "server.toml and keys.json were read again; a restart is needed for {}",
                restart.join(", ")
            ),
            Err(error) => tracing::error!("nothing was read again, the old settings and keys stay: {error}"),
        }
    }

    /// Gives what a restart is needed for.
    fn read(&self) -> Result<Vec<&'static str>, ServeError> {
        let Settings { project, data, config, .. } = &self.settings;
        let config = Config::find(config.as_deref(), project.as_deref(), data).map_err(ServeError::Config)?;
        let limits = limits(&config.server)?;
        let keys = Keys::read(data).map_err(ServeError::Keys)?;
        let deliver = config.delivery(data).map_err(ServeError::Settings)?;
        let mail = desk(&deliver)?;
        self.delivery.renew(deliver).map_err(ServeError::Delivery)?;
        self.state.keys.set(keys);
        self.state.mail.set(mail);
        let _ = self.limits.send(limits);
        Ok(self.restart(&config.server))
    }

    fn restart(&self, new: &ServerSettings) -> Vec<&'static str> {
        let changed = [
            ("`server.listen`", self.settings.listen.is_none() && new.listen != self.began.listen),
            ("`server.cache_mib`", self.settings.cache.is_none() && new.cache_mib != self.began.cache_mib),
        ];
        changed.into_iter().filter(|(_, changed)| *changed).map(|(name, _)| name).collect()
    }
}

/// What connections may do: what is set, as far as the files that the system lets a process have open allow it.
pub(super) fn limits(settings: &ServerSettings) -> Result<Limits, ServeError> {
    let mut limits = settings.limits().map_err(ServeError::Settings)?;
    if let Some(files) = crate::disk::open_files() {
        // What is left is for the store, the journal and delivery.
        let most = files.saturating_sub(1_500).max(files / 2).max(1);
        if limits.connections > most {
            tracing::warn!("{files} files may be open at one time, so {most} connections: see `ulimit -n`");
            limits.connections = most;
        }
    }
    Ok(limits)
}

/// What comes back of e-mail goes here.
pub(super) fn desk(deliver: &delivery::Settings) -> Result<Option<Arc<Desk>>, ServeError> {
    let Some(mail) = deliver.mail.clone() else { return Ok(None) };
    let client = Client::new(deliver.network.clone());
    let client = client.map_err(|error| ServeError::Delivery(BadDelivery::Network(error)))?;
    Ok(Some(Arc::new(Desk::new(mail, Arc::clone(&deliver.secrets), client))))
}
