//! A server from its start to its end.

use super::accept::{self, Limits, ServerSettings};
use super::keys::{Keys, KeysError};
use super::live::Live;
use super::reload::{Reload, desk, limits};
use super::settings::{BadConfig, Config};
use super::state::State;
use crate::base::Instant;
use crate::project::Bundle;
use crate::runtime::delivery::{self, BadDelivery};
use crate::runtime::{Clock, Dispatch, First, Options, RealClock, Runtime, RuntimeError, SpedClock};
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch;

/// How long requests may go on after it was told to end.
const GRACE: Duration = Duration::from_secs(10);

/// Where it listens if nothing else is said.
pub const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
/// What entities may take in memory if nothing else is said, in MiB.
pub const CACHE: usize = 512;

/// How a server is run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The project that runs where nothing ever ran.
    pub project: Option<PathBuf>,
    /// Where everything is kept.
    pub data: PathBuf,
    /// The file with its settings, if not `server.toml` in the usual places.
    pub config: Option<PathBuf>,
    /// Where it listens; none: where its settings say, else [`LISTEN`].
    pub listen: Option<SocketAddr>,
    /// How many times as fast time passes: for trials.
    pub speed: f64,
    /// How many bytes entities may take in memory; none: what its settings say, else [`CACHE`].
    pub cache: Option<usize>,
}

/// Why a server can't start or go on.
#[derive(Debug)]
pub enum ServeError {
    /// The data folder can't be made.
    Data(PathBuf, io::Error),
    /// The keys.
    Keys(KeysError),
    /// Those who may sign in.
    Users(super::pages::UsersError),
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
            Self::Users(error) => error.fmt(f),
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
            Self::Users(_) => {
                "allow it to be read and written, or mend it; without it the first user is set up anew"
            }
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
    settings: Settings,
    began: ServerSettings,
    limits: watch::Sender<Limits>,
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
        let address = settings.listen.or(config.server.listen).unwrap_or(LISTEN);
        let listener = threads
            .block_on(TcpListener::bind(address))
            .map_err(|error| ServeError::Listen(address, error))?;
        let (limits, looked) = watch::channel(limits(&config.server)?);
        let (runtime, rows) = start(settings, config.server.cache_mib)?;
        let (keys, keys_made) = Keys::open(data).map_err(ServeError::Keys)?;
        let address = listener.local_addr().map_err(ServeError::Io)?;
        let state = State {
            handle: runtime.handle(),
            keys: Live::new(keys),
            people: Arc::new(super::pages::People::open(data).map_err(ServeError::Users)?),
            data: Arc::new(data.clone()),
            mail: Live::new(desk(&deliver)?),
            limits: looked,
            wrong_keys: Arc::default(),
            counts: Arc::default(),
        };
        let (settings, began) = (settings.clone(), config.server);
        Ok(Self {
            threads,
            runtime,
            rows,
            deliver,
            listener,
            state,
            settings,
            began,
            limits,
            address,
            keys_made,
        })
    }

    /// Its keys.
    pub fn keys(&self) -> Arc<Keys> {
        self.state.keys.get()
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
        let Self { threads, runtime, rows, deliver, listener, state, settings, began, limits, .. } = self;
        let handle = state.handle.clone();
        // Before the first answer: who got one may tell it to end.
        let (delivery, mut signals) = {
            let _inside = threads.enter();
            let delivery = delivery::start(handle.clone(), rows, deliver).map_err(ServeError::Delivery)?;
            (delivery, Signals::new().map_err(ServeError::Io)?)
        };
        let renewal = delivery.renewal();
        let reload = Reload { settings, state: state.clone(), limits, began, delivery: renewal };
        let (stop, stopped) = watch::channel(false);
        threads.block_on(async {
            let limits = state.limits.clone();
            let serving = accept::serve(listener, super::router(state), limits, stopped, GRACE);
            let ending = async {
                tokio::select! {
                    () = signals.told(&reload) => {}
                    () = failed(&handle) => {}
                }
                let _ = stop.send(true);
            };
            tokio::join!(serving, ending);
        });
        threads.block_on(delivery.stop());
        drop((handle, reload));
        let ended = runtime.stop();
        threads.shutdown_timeout(Duration::from_secs(1));
        Ok(ended?)
    }
}

fn start(
    settings: &Settings,
    cache_mib: Option<usize>,
) -> Result<(Runtime, UnboundedReceiver<Dispatch>), ServeError> {
    let first = settings.project.as_deref().map(Bundle::take).transpose().map_err(RuntimeError::Bundle)?;
    let first = first.map(|bundle| First { bundle, by: "wf serve".into() });
    let clock: Arc<dyn Clock> = if settings.speed > 1.0 {
        Arc::new(SpedClock::new(RealClock.now().max(Instant(0)), settings.speed))
    } else {
        Arc::new(RealClock)
    };
    let cache = settings.cache.unwrap_or(cache_mib.unwrap_or(CACHE) << 20);
    let options = Options { cache, clock, ..Options::new(&settings.data) };
    Ok(Runtime::start(&options, first)?)
}

/// What the process is told from outside; heard from when this is made on.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Returns when the process is told to end.
    async fn told(&mut self, reload: &Reload) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.hangup.recv() => reload.now(),
            }
        }
    }
}

/// Returns when the runtime can't go on.
async fn failed(handle: &crate::runtime::Handle) {
    while handle.status().fault.is_none() {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
