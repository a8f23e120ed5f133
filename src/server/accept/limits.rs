//! `[server]` of server.toml.

use crate::connect::guard::Allowed;
use serde::Deserialize;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// `[server]`.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerSettings {
    /// Where it listens, if the command line does not say.
    pub listen: Option<SocketAddr>,
    /// How much memory accounts and contacts may take, in MiB, if the command line does not say.
    pub cache_mib: Option<usize>,
    /// Connections that may be open at one time; who comes then is answered 503.
    pub connections: usize,
    /// Seconds that the head of a request may take to come.
    pub header_seconds: u64,
    /// Seconds that the body of a request may take to come.
    pub body_seconds: u64,
    /// Seconds that a connection may be open without a request.
    pub idle_seconds: u64,
    /// Seconds that a client may take nothing of what it is sent.
    pub stall_seconds: u64,
    /// Wrong keys that one address may show in a minute; then it is answered 429.
    pub wrong_keys: u32,
    /// Networks of proxies whose `X-Forwarded-For` is believed.
    pub proxies: Vec<String>,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            listen: None,
            cache_mib: None,
            connections: 10_000,
            header_seconds: 10,
            body_seconds: 30,
            idle_seconds: 75,
            stall_seconds: 60,
            wrong_keys: 60,
            proxies: Vec::new(),
        }
    }
}

/// What connections may do.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How many may be open at one time.
    pub connections: usize,
    /// How long the head of a request may take to come.
    pub header: Duration,
    /// How long its body.
    pub body: Duration,
    /// How long one may be open without a request.
    pub idle: Duration,
    /// How long a client may take nothing of what it is sent.
    pub stall: Duration,
    /// Wrong keys of one address in a minute.
    pub wrong_keys: u32,
    /// Proxies that are believed.
    pub proxies: Arc<Allowed>,
}

impl ServerSettings {
    /// What connections may do; the error says what of it can't be.
    pub fn limits(&self) -> Result<Limits, String> {
        let seconds = |name: &str, seconds: u64| match seconds {
            1..=86_400 => Ok(Duration::from_secs(seconds)),
            _ => Err(format!("`server.{name}` is 1 to 86400")),
        };
        if !(1..=1_000_000).contains(&self.connections) {
            return Err("`server.connections` is 1 to 1000000".into());
        }
        if self.wrong_keys == 0 {
            return Err("`server.wrong_keys` is at least 1".into());
        }
        let proxies = Allowed::parse(self.proxies.iter().map(String::as_str));
        Ok(Limits {
            connections: self.connections,
            header: seconds("header_seconds", self.header_seconds)?,
            body: seconds("body_seconds", self.body_seconds)?,
            idle: seconds("idle_seconds", self.idle_seconds)?,
            stall: seconds("stall_seconds", self.stall_seconds)?,
            wrong_keys: self.wrong_keys,
            proxies: Arc::new(proxies.map_err(|bad| format!("`server.proxies`: {bad}"))?),
        })
    }
}
