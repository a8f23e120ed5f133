//! Delivery: what has its turn in the outbox is sent, and what comes of it is an input again (semantics S6.1 to S6.3).
//!
//! In: rows whose turn has come ([`Dispatch`]), the first of them those that were under way when the process ended. Out:
//! requests and mail through `connect`; inputs: an attempt begins, it succeeded, it failed. Invariants: an attempt begins
//! with a durable input, so that what leaves was not withdrawn; a connector or host that hangs holds up no other; what
//! waits here are ids, and everything else is asked of the core when its turn comes. Not here: order within an
//! enrolment, retries, withdrawing (the engine's), what a request looks like (`connect`).
//! Words easily confused: a *lane* keeps an enrolment's rows in order, a *pool* shares workers among all enrolments.

mod job;
mod pools;
mod post;
mod rates;
mod worker;

use super::core::Dispatch;
use super::handle::Handle;
use crate::connect::mail::gmail::Google;
use crate::connect::mail::settings::{BadSettings, MailSettings};
use crate::connect::secret::{Environment, Secrets};
use crate::connect::{self, Client, Connections, NoClient};
use crate::engine::RowId;
use job::Cut;
use pools::{Pools, Route, Work};
use post::Post;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinHandle, JoinSet};
use worker::Office;

/// Rows that are looked up at one time.
const BATCH: usize = 256;
/// How long attempts under way may take when it ends; what takes longer is made again at the next start.
const GRACE: Duration = Duration::from_secs(10);

/// How things are delivered.
#[derive(Clone)]
pub struct Settings {
    /// Attempts under way at one time to one host of one connector; 32 by default.
    pub most: usize,
    /// Attempts under way at one time in all; 1,024 by default.
    pub total: usize,
    /// What may be reached, and whose certificates are trusted.
    pub network: connect::Settings,
    /// `[mail]`; none: e-mail waits.
    pub mail: Option<MailSettings>,
    /// Where Google is, if not where it usually is.
    pub google: Option<Google>,
    /// Where secrets come from.
    pub secrets: Arc<dyn Secrets>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            most: 32,
            total: 1_024,
            network: connect::Settings::default(),
            mail: None,
            google: None,
            secrets: Arc::new(Environment),
        }
    }
}

/// Settings with which nothing can be delivered.
#[derive(Debug)]
pub enum BadDelivery {
    /// Those of mail.
    Mail(BadSettings),
    /// Those of the network.
    Network(NoClient),
}

impl fmt::Display for BadDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mail(error) => error.fmt(f),
            Self::Network(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BadDelivery {}

/// Delivery under way.
pub struct Delivery {
    end: watch::Sender<bool>,
    renewal: Renewal,
    task: JoinHandle<()>,
}

/// Gives a delivery other settings; cheap to clone.
#[derive(Clone)]
pub struct Renewal {
    handle: Handle,
    renewed: UnboundedSender<Means>,
}

impl Renewal {
    /// Attempts that begin from now on go by these settings; the error: nothing can be delivered with them, and the old
    /// ones stay.
    pub fn renew(&self, settings: Settings) -> Result<(), BadDelivery> {
        let means = Means::new(self.handle.clone(), settings)?;
        // Who has ended delivers no more.
        let _ = self.renewed.send(means);
        Ok(())
    }
}

/// What attempts are made with, by the settings.
struct Means {
    office: Arc<Office>,
    cut: Cut,
    total: usize,
}

impl Means {
    fn new(handle: Handle, settings: Settings) -> Result<Self, BadDelivery> {
        let Settings { most, total, network, mail, google, secrets } = settings;
        let client = Client::new(network).map_err(BadDelivery::Network)?;
        let smtp = mail.as_ref().and_then(|mail| mail.smtp.as_ref()).map(|smtp| smtp.connections);
        let provider = mail.as_ref().and_then(|mail| mail.provider.as_deref()).map(Arc::from);
        let cut = Cut { most, mail: smtp.unwrap_or(most), provider };
        let post = mail.map(|mail| Post::new(mail, google, Arc::clone(&secrets))).transpose();
        let post = post.map_err(BadDelivery::Mail)?;
        let office = Arc::new(Office { handle, connections: Connections::new(client, secrets), post });
        Ok(Self { office, cut, total })
    }
}

impl Delivery {
    /// Through which it is given other settings.
    pub fn renewal(&self) -> Renewal {
        self.renewal.clone()
    }

    /// Takes nothing on any more, and waits a while for what is under way. Stop it before the runtime, so that what
    /// comes of it is still taken.
    pub async fn stop(self) {
        let _ = self.end.send(true);
        let _ = self.task.await;
    }
}

/// Delivers what has its turn, on the present tokio runtime, until it is stopped.
pub fn start(
    handle: Handle,
    receiver: UnboundedReceiver<Dispatch>,
    settings: Settings,
) -> Result<Delivery, BadDelivery> {
    let Means { office, cut, total } = Means::new(handle.clone(), settings)?;
    let (end, ends) = watch::channel(false);
    let (renewed, renewals) = unbounded_channel();
    let (running, whose) = (JoinSet::new(), HashMap::new());
    let desk = Desk { office, cut, pools: Pools::new(total), running, whose, renewals };
    let task = tokio::spawn(desk.run(receiver, ends));
    Ok(Delivery { end, renewal: Renewal { handle, renewed }, task })
}

/// Gives rows to workers.
struct Desk {
    office: Arc<Office>,
    cut: Cut,
    pools: Pools,
    running: JoinSet<()>,
    /// Which task has which row, of which pool.
    whose: HashMap<Id, (RowId, Arc<str>)>,
    /// Other settings come here.
    renewals: UnboundedReceiver<Means>,
}

impl Desk {
    async fn run(mut self, mut receiver: UnboundedReceiver<Dispatch>, mut ends: watch::Receiver<bool>) {
        let mut batch = Vec::new();
        loop {
            let wake = self.pools.wake();
            tokio::select! {
                came = receiver.recv_many(&mut batch, BATCH) => {
                    if came == 0 || self.take(std::mem::take(&mut batch)).await.is_none() {
                        break;
                    }
                }
                Some(done) = self.running.join_next_with_id() => self.done(done),
                () = sleep(wake), if wake.is_some() => {}
                Some(means) = self.renewals.recv() => self.renew(means),
                _ = ends.changed() => break,
            }
            self.begin();
        }
        let finish = async { while self.running.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(GRACE, finish).await;
        self.running.shutdown().await;
        if let Some(post) = &self.office.post {
            post.close().await;
        }
    }

    /// What is under way goes on as it began.
    fn renew(&mut self, means: Means) {
        let old = std::mem::replace(&mut self.office, means.office);
        self.cut = means.cut;
        self.pools.resize(means.total);
        tokio::spawn(async move {
            while Arc::strong_count(&old) > 1 {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            if let Some(post) = &old.post {
                post.close().await;
            }
        });
    }

    /// Finds out which way rows go; `None`: the runtime has stopped.
    async fn take(&mut self, batch: Vec<Dispatch>) -> Option<()> {
        let work = batch.into_iter().map(|dispatch| match dispatch {
            Dispatch::Offered(row) => Work { row, again: false },
            Dispatch::Resumed(row) => Work { row, again: true },
        });
        let (work, cut) = (work.collect::<Vec<_>>(), self.cut.clone());
        let routes = self.office.handle.ask(move |core| {
            let routes = work.into_iter().filter_map(|work| Some((work, job::route(core, work.row, &cut)?)));
            routes.collect::<Vec<(Work, Route)>>()
        });
        for (work, route) in routes.await.ok()? {
            self.pools.put(work, Arc::new(route));
        }
        Some(())
    }

    fn begin(&mut self) {
        while let Some((work, route)) = self.pools.next(Instant::now()) {
            let task = self.running.spawn(Arc::clone(&self.office).attempt(work));
            self.whose.insert(task.id(), (work.row, Arc::clone(&route.pool)));
        }
    }

    fn done(&mut self, done: Result<(Id, ()), JoinError>) {
        let (id, broke) = match &done {
            Ok((id, ())) => (*id, false),
            Err(error) => (error.id(), error.is_panic()),
        };
        let Some((row, pool)) = self.whose.remove(&id) else { return };
        if broke {
            let task = self.running.spawn(Arc::clone(&self.office).broke(row));
            self.whose.insert(task.id(), (row, pool));
        } else {
            self.pools.done(&pool);
        }
    }
}

async fn sleep(until: Option<Instant>) {
    if let Some(until) = until {
        tokio::time::sleep_until(until.into()).await;
    }
}
