//! `wf connect`: lets Wayfare into what belongs to a person.

use super::{Failure, Outcome, Output, Result};
use crate::connect::guard::Allowed;
use crate::connect::mail::Address;
use crate::connect::mail::gmail::{Authorization, Callback, Google, Grants, read_callback};
use crate::connect::secret::{Environment, Secret, Secrets};
use crate::connect::{Client, Settings, oauth};
use clap::{Args, Subcommand};
use ring::rand::{SecureRandom, SystemRandom};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Let Wayfare into somebody's account
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  wf connect gmail ana@acme.com")]
pub struct Connect {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    Gmail(Gmail),
}

/// Let Wayfare leave drafts in a sender's own Gmail
///
/// Prints an address to open in the sender's browser, waits for the consent, and keeps the token in a file that only
/// its owner can read. Google's permission for drafts would allow sending too; Wayfare only writes drafts. The
/// application that asks is yours: a "desktop app" of your Google Cloud project, its id and secret in `GOOGLE_CLIENT_ID`
/// and `GOOGLE_CLIENT_SECRET`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
struct Gmail {
    /// The sender's address
    #[arg(value_name = "SENDER")]
    sender: String,
    /// The data folder of the server that leaves the drafts
    #[arg(long, value_name = "DIR", default_value = "wayfare-data")]
    data: PathBuf,
    /// The folder that tokens are kept in [default: gmail in the data folder]
    #[arg(long, value_name = "FOLDER")]
    tokens: Option<PathBuf>,
    /// Forget the sender's token instead
    #[arg(long)]
    forget: bool,
    /// Where Google is, for trials with an emulator on this machine
    #[arg(long, value_name = "URL", hide = true)]
    google: Option<Url>,
}

const EXAMPLE: &str = "\
Examples:
  wf connect gmail ana@acme.com
  wf connect gmail ana@acme.com --data /var/lib/wayfare
  wf connect gmail ana@acme.com --forget

Exit codes: 0 done, 1 the sender said no, 2 wrong use.";

/// The longest request that is read from the browser, in bytes.
const LONGEST: u64 = 16 << 10;
/// How long the browser may take over its request.
const PATIENCE: Duration = Duration::from_secs(10);

impl Connect {
    pub(super) fn run(self, out: &mut Output) -> Result {
        match self.what {
            What::Gmail(gmail) => gmail.run(out),
        }
    }
}

fn failed(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(error.to_string())
}

impl Gmail {
    fn run(self, out: &mut Output) -> Result {
        let sender = Address::parse(&self.sender).map_err(|error| failed(&error))?;
        let folder = self.tokens.clone().unwrap_or_else(|| self.data.join("gmail"));
        let grants = Grants::new(folder, Arc::new(Environment));
        if self.forget {
            let was = grants.forget(&sender);
            out.note_line(&format!(
                "{} of {sender}",
                if was { "forgot the token" } else { "there was no token" }
            ));
            return Ok(Outcome::Clean);
        }
        let google = self.google()?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| failed(&error))?;
        let port = listener.local_addr().map_err(|error| failed(&error))?.port();
        let mut random = [0; 48];
        SystemRandom::new()
            .fill(&mut random)
            .map_err(|_| Failure::new("this machine gives no randomness"))?;
        let authorization = Authorization::new(&random, port);
        let page = authorization.url(&google, &grants, sender.as_str()).map_err(|error| failed(&error))?;
        out.note_line(&format!("Open this in the browser of {sender}, and allow it:\n"));
        out.result_line(page.as_str());
        out.note_line("\nWaiting for the consent; Ctrl-C ends it.");
        let code = match wait(&listener, authorization.state())? {
            Ok(code) => code,
            Err(said) => {
                out.note_line(&format!("nothing was kept: Google says `{said}`"));
                return Ok(Outcome::Findings);
            }
        };
        let refresh = self.exchange(&google, &grants, &authorization, &code)?;
        let path = grants.keep(&sender, &refresh).map_err(|error| failed(&error))?;
        out.note_line(&format!("\nDrafts can be left for {sender}; the token is in {}", path.display()));
        Ok(Outcome::Clean)
    }

    fn google(&self) -> std::result::Result<Google, Failure> {
        let real =
            Google::real("GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET").map_err(|error| failed(&error))?;
        let Some(base) = &self.google else { return Ok(real) };
        real.moved(base).map_err(|error| failed(&error))
    }

    /// The refresh token for a code.
    fn exchange(
        &self,
        google: &Google,
        secrets: &dyn Secrets,
        authorization: &Authorization,
        code: &Secret,
    ) -> std::result::Result<Secret, Failure> {
        let here = self.google.as_ref().and_then(Url::host_str);
        let allowed = Allowed::parse(here).map_err(|error| failed(&error))?;
        let client =
            Client::new(Settings { allowed, ..Settings::default() }).map_err(|error| failed(&error))?;
        let request = authorization.exchange(google, secrets, code).map_err(|error| failed(&error))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let answer = runtime.map_err(|error| failed(&error))?.block_on(client.send(&request));
        let answer =
            answer.map_err(|fault| Failure::new(format!("Google can't be asked for a token: {fault:?}")))?;
        let token = oauth::read(&answer, &request.redactor).map_err(|none| Failure::new(none.reason))?;
        token.refresh.ok_or_else(|| Failure::new("Google gave no refresh token").help(Some("begin again")))
    }
}

/// Waits for the browser to come back with a code, or with Google's word for no. What belongs to no attempt of ours is
/// answered and passed over.
fn wait(
    listener: &TcpListener,
    state: &str,
) -> std::result::Result<std::result::Result<Secret, String>, Failure> {
    loop {
        let (stream, _) = listener.accept().map_err(|error| failed(&error))?;
        let Ok(line) = first_line(&stream) else { continue };
        let (status, text, done) = match read_callback(&line, state) {
            Ok(Callback::Code(code)) => {
                ("200 OK", "Wayfare may leave drafts. You can close this page.", Some(Ok(code)))
            }
            Ok(Callback::Denied(said)) => {
                ("200 OK", "Nothing was allowed. You can close this page.", Some(Err(said)))
            }
            Ok(Callback::Other) => ("404 Not Found", "There is nothing here.", None),
            Err(_) => ("400 Bad Request", "This belongs to another attempt.", None),
        };
        let _ = say(stream, status, text);
        if let Some(done) = done {
            return Ok(done);
        }
    }
}

fn first_line(stream: &TcpStream) -> std::io::Result<String> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut line = String::new();
    let mut lines = BufReader::new(stream.take(LONGEST));
    lines.read_line(&mut line)?;
    // A browser whose request is not read to its end sees no answer.
    let mut rest = String::new();
    while lines.read_line(&mut rest)? > 2 {
        rest.clear();
    }
    Ok(line)
}

fn say(mut stream: TcpStream, status: &str, text: &str) -> std::io::Result<()> {
    let (length, kind) = (text.len(), "text/plain; charset=utf-8");
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nCache-Control: no-store\r\n\
         Connection: close\r\n\r\n{text}"
    )?;
    stream.flush()
}
