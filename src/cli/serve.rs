//! `wf serve`: live workflows on live data.

use super::{Failure, Outcome, Output, Result};
use crate::server::{Server, Settings};
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;
use tracing_subscriber::EnvFilter;

/// Run a project's workflows on live data
///
/// Takes messages as Segment's client libraries send them, and keeps everything in one folder; nothing else has to be
/// installed. The first start deploys PROJECT; from then on what runs is changed by `wf deploy`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub struct Serve {
    /// The project that the first start deploys
    #[arg(value_name = "PROJECT")]
    project: Option<PathBuf>,
    /// Where everything is kept
    #[arg(long, value_name = "DIR", default_value = "wayfare-data")]
    data: PathBuf,
    /// The settings of mail and delivery [default: server.toml beside the project, else in the data folder]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where to listen [default: `server.listen` of server.toml, else 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// How much memory accounts and contacts may take, in MiB; those that were not needed of late are read back
    /// [default: `server.cache_mib` of server.toml, else 512]
    #[arg(long, value_name = "MIB")]
    cache: Option<usize>,
    /// Let time pass so many times as fast, for a trial in which days take seconds
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    speed: f64,
}

const EXAMPLE: &str = "\
Examples:
  wf serve examples/ravenstack
  wf serve . --data /var/lib/wayfare --listen 0.0.0.0:8080
  wf serve examples/trial-nurture --speed 86400      a day passes in a second

Environment: WAYFARE_WRITE_KEY and WAYFARE_ADMIN_TOKEN set the keys that are made at the first start; RUST_LOG chooses
what is logged. SIGTERM and SIGINT end it: what was acknowledged is kept. SIGHUP reads server.toml and keys.json again.";

impl Serve {
    pub(super) fn run(self, out: &mut Output) -> Result {
        log_to_stderr();
        let settings = Settings {
            project: self.project,
            data: self.data,
            config: self.config,
            listen: self.listen,
            speed: self.speed,
            cache: self.cache.map(|mib| mib << 20),
        };
        let refused =
            |error: crate::server::ServeError| Failure::new(error.to_string()).help(Some(error.help()));
        let server = Server::start(&settings).map_err(refused)?;
        welcome(&server, out);
        server.run().map_err(refused)?;
        out.note_line("ended; everything that was acknowledged is kept");
        Ok(Outcome::Clean)
    }
}

/// Human on a terminal, JSON otherwise.
fn log_to_stderr() {
    let filter = || EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let builder = tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter());
    // A second subscriber in one process, as in tests, is none.
    let _ = if terminal { builder.try_init() } else { builder.json().try_init() };
}

fn welcome(server: &Server, out: &mut Output) {
    let at = server.address;
    for note in server.notes() {
        out.note_line(&format!("note: {note}"));
    }
    out.result_line(&format!("listening on http://{at}"));
    if server.keys_made {
        out.result_line(&format!("write key    {}", server.keys().write));
        out.result_line(&format!("admin token  {}", server.keys().admin));
        out.note_line("\nThese keys are kept in the data folder; they are not shown again.");
    }
    if let Some(token) = server.state().people.setup() {
        out.result_line(&format!("first user   http://{at}/setup?token={token}"));
    }
    let key = if server.keys_made { server.keys().write.clone() } else { "WRITE_KEY".into() };
    // A customer is known from its first `identify`; before it, its events start nothing.
    out.note_line(&format!(
        "\nSend the first customer with an event:\n  curl -u {key}: http://{at}/v1/batch -H 'Content-Type: application/json' -d '{{\"batch\":[\n    \
         {{\"type\":\"identify\",\"messageId\":\"1\",\"userId\":\"ann\",\"traits\":{{\"email\":\"ann@acme.com\"}}}},\n    \
         {{\"type\":\"track\",\"messageId\":\"2\",\"userId\":\"ann\",\"event\":\"Login\"}}]}}'\n"
    ));
}
