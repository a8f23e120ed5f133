//! A server from its start to its end.

use super::hooks::Desk;
use super::keys::{Keys, KeysError};
use super::settings::{BadConfig, Config};
use super::state::State;
use crate::base::Instant;
use crate::connect::Client;
use crate::project::Bundle;
use crate::runtime::delivery::{self, BadDelivery};
use crate::runtime::{Clock, Dispatch, First, Options, RealClock, Runtime, RuntimeError, SpedClock};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc::UnboundedReceiver;

/// How long requests may go on after it was told to end.
const GRACE: Duration = Duration::from_secs(10);

/// How a server is run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The project that runs where nothing ever ran.
    pub project: Option<PathBuf>,
    /// Where everything is kept.
    pub data: PathBuf,
    /// The file with its settings, if not `server.toml` in the usual places.
    pub config: Option<PathBuf>,
    /// Where it listens.
    pub listen: SocketAddr,
    /// How many times as fast time passes: for trials.
    pub speed: f64,
    /// How many bytes entities may take in memory.
    pub cache: usize,
}

/// Why a server can't start or go on.
#[derive(Debug)]
pub enum ServeError {
    /// The data folder can't be made.
    Data(PathBuf, io::Error),
    /// The keys.
    Keys(KeysError),
    /// It can't listen there.
    Listen(SocketAddr, io::Error),
    /// The runtime.
    Runtime(RuntimeError),
    /// The file with its settings.
    Config(BadConfig),
    /// Settings with which nothing can be delivered.
    Settings(String),
    /// Delivery can't start.
    Delivery(BadDelivery),
    /// Anything else of the system.
    Io(io::Error),
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data(path, error) => write!(f, "the folder `{}` can't be made: {error}", path.display()),
            Self::Keys(error) => error.fmt(f),
            Self::Listen(address, error) => write!(f, "can't listen on {address}: {error}"),
            Self::Runtime(error) => error.fmt(f),
            Self::Config(error) => error.fmt(f),
            Self::Settings(why) => f.write_str(why),
            Self::Delivery(error) => error.fmt(f),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ServeError {}

impl ServeError {
    /// One thing to do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Data(..) => "name another one: `--data DIR`",
            Self::Keys(_) => "allow it to be read and written, or remove it: keys are then made anew",
            Self::Listen(..) => "name another address: `--listen 127.0.0.1:8081`",
            Self::Runtime(error) => error.help(),
            Self::Config(_) | Self::Settings(_) | Self::Delivery(_) => {
                "see docs/email.md and docs/operations.md for the keys of server.toml"
            }
            Self::Io(_) => "see to the machine and start again: what was acknowledged is there",
        }
    }
}

impl From<RuntimeError> for ServeError {
    fn from(error: RuntimeError) -> Self {
        Self::Runtime(error)
    }
}

/// A server that listens.
pub struct Server {
    threads: tokio::runtime::Runtime,
    runtime: Runtime,
    rows: UnboundedReceiver<Dispatch>,
    deliver: delivery::Settings,
    listener: TcpListener,
    state: State,
    /// Where it listens.
    pub address: SocketAddr,
    /// Whether its keys were just made.
    pub keys_made: bool,
}

impl Server {
    /// Starts: everything is recovered and it listens when this returns.
    pub fn start(settings: &Settings) -> Result<Self, ServeError> {
        let data = &settings.data;
        std::fs::create_dir_all(data).map_err(|error| ServeError::Data(data.clone(), error))?;
        let project = settings.project.as_deref();
        let config = Config::find(settings.config.as_deref(), project, data).map_err(ServeError::Config)?;
        let deliver = config.delivery(data).map_err(ServeError::Settings)?;
        let threads =
            tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(ServeError::Io)?;
        let address = settings.listen;
        let listener = threads
            .block_on(TcpListener::bind(address))
            .map_err(|error| ServeError::Listen(address, error))?;
        let (runtime, rows) = start(settings)?;
        let (keys, keys_made) = Keys::open(data).map_err(ServeError::Keys)?;
        let address = listener.local_addr().map_err(ServeError::Io)?;
        let state = State {
            handle: runtime.handle(),
            keys: Arc::new(keys),
            data: Arc::new(data.clone()),
            mail: desk(&deliver)?,
            counts: Arc::default(),
        };
        Ok(Self { threads, runtime, rows, deliver, listener, state, address, keys_made })
    }

    /// Its keys.
    pub fn keys(&self) -> &Keys {
        &self.state.keys
    }

    /// What was found at the start that people should know.
    pub fn notes(&self) -> &[String] {
        &self.runtime.notes
    }

    /// What every request may need.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Serves until the process is told to end (SIGTERM, SIGINT), or can't go on.
    pub fn run(self) -> Result<(), ServeError> {
        let Self { threads, runtime, rows, deliver, listener, state, .. } = self;
        let handle = state.handle.clone();
        let delivery = {
            let _inside = threads.enter();
            delivery::start(handle.clone(), rows, deliver).map_err(ServeError::Delivery)?
        };
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let served = threads.block_on(async {
            let mut stopping = stopped.clone();
            let router = super::router(state);
            let serving = axum::serve(listener, router).with_graceful_shutdown(async move {
                let _ = stopping.wait_for(|stop| *stop).await;
            });
            let mut serving = std::pin::pin!(serving.into_future());
            tokio::select! {
                served = &mut serving => return served,
                () = told() => {}
                () = failed(&handle) => {}
            }
            let _ = stop.send(true);
            tokio::time::timeout(GRACE, serving).await.unwrap_or(Ok(()))
        });
        threads.block_on(delivery.stop());
        drop(handle);
        let ended = runtime.stop();
        threads.shutdown_timeout(Duration::from_secs(1));
        served.map_err(ServeError::Io)?;
        Ok(ended?)
    }
}

/// What comes back of e-mail goes here.
fn desk(deliver: &delivery::Settings) -> Result<Option<Arc<Desk>>, ServeError> {
    let Some(mail) = deliver.mail.clone() else { return Ok(None) };
    let client = Client::new(deliver.network.clone());
    let client = client.map_err(|error| ServeError::Delivery(BadDelivery::Network(error)))?;
    Ok(Some(Arc::new(Desk::new(mail, Arc::clone(&deliver.secrets), client))))
}

fn start(settings: &Settings) -> Result<(Runtime, UnboundedReceiver<Dispatch>), ServeError> {
    let first = settings.project.as_deref().map(Bundle::take).transpose().map_err(RuntimeError::Bundle)?;
    let first = first.map(|bundle| First { bundle, by: "wf serve".into() });
    let clock: Arc<dyn Clock> = if settings.speed > 1.0 {
        Arc::new(SpedClock::new(RealClock.now().max(Instant(0)), settings.speed))
    } else {
        Arc::new(RealClock)
    };
    let options = Options { clock, cache: settings.cache, ..Options::new(&settings.data) };
    Ok(Runtime::start(&options, first)?)
}

/// Returns when the process is told to end.
async fn told() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (term, hangup) = (signal(SignalKind::terminate()), signal(SignalKind::hangup()));
        if let (Ok(mut term), Ok(mut hangup)) = (term, hangup) {
            loop {
                tokio::select! {
                    _ = term.recv() => return,
                    _ = tokio::signal::ctrl_c() => return,
                    // Without a listener it would end the process as a kill does.
                    _ = hangup.recv() => tracing::warn!("server.toml and the keys are read at the start: start again to change them"),
                }
            }
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

/// Returns when the runtime can't go on.
async fn failed(handle: &crate::runtime::Handle) {
    while handle.status().fault.is_none() {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
