//! Connections to one mail server: so many at a time, kept for a while, each good for so many messages.

use super::session::{connect, deliver};
use super::settings::{BadSmtp, SmtpSettings};
use crate::connect::mail::compose::Composed;
use crate::connect::secret::Secret;
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// How long a connection may be idle. Servers close them after 5 minutes at the earliest (RFC 5321), many sooner.
const IDLE: Duration = Duration::from_secs(30);
/// How many messages go over one connection.
const MESSAGES: u32 = 100;

/// How a message came not to be taken.
#[derive(Debug)]
pub(super) enum Failure {
    /// The server refused, for good or for now.
    Answered { status: u16, said: String, permanent: bool },
    /// It was not handed over: why.
    NotSent(String),
    /// This server will never take it: why.
    Unfit(String),
    /// It was handed over, and nobody knows what became of it: why.
    Unknown(String),
}

pub(super) struct Pool {
    settings: SmtpSettings,
    tls: Option<TlsParameters>,
    idle: Mutex<Vec<Kept>>,
    slots: Semaphore,
}

struct Kept {
    connection: AsyncSmtpConnection,
    since: Instant,
    messages: u32,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pool({}:{})", self.settings.host, self.settings.port)
    }
}

impl Pool {
    pub fn new(settings: SmtpSettings) -> Result<Self, BadSmtp> {
        let tls = settings.check()?;
        let slots = Semaphore::new(settings.connections.min(Semaphore::MAX_PERMITS));
        Ok(Self { settings, tls, idle: Mutex::default(), slots })
    }

    /// Sends a message over a kept connection, else over a new one.
    pub async fn send(
        &self,
        message: &Composed,
        password: Option<&Secret>,
    ) -> Result<(u16, String), Failure> {
        let _slot = self.slots.acquire().await.map_err(|_| Failure::NotSent("sending has ended".into()))?;
        if let Some(kept) = self.take() {
            match self.over(kept, message).await {
                // The server may have closed it while it was idle.
                Err(Failure::NotSent(_)) => {}
                done => return done,
            }
        }
        let connection = connect(&self.settings, self.tls.as_ref(), password).await?;
        self.over(Kept { connection, since: Instant::now(), messages: 0 }, message).await
    }

    async fn over(&self, mut kept: Kept, message: &Composed) -> Result<(u16, String), Failure> {
        let (done, listens) = deliver(&mut kept.connection, message, self.settings.timeout).await;
        kept.messages += 1;
        if listens && kept.messages < MESSAGES {
            kept.since = Instant::now();
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(kept);
        } else if listens {
            let _ = kept.connection.quit().await;
        }
        done
    }

    /// The connection that was used last; those that have been idle for too long are dropped.
    fn take(&self) -> Option<Kept> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|kept| kept.since.elapsed() < IDLE);
        idle.pop()
    }

    pub async fn close(&self) {
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        for mut kept in idle {
            let _ = tokio::time::timeout(Duration::from_secs(2), kept.connection.quit()).await;
        }
    }
}
