//! Commands against a running server: all they know comes from its management API.

#![allow(clippy::indexing_slicing, reason = "a JSON value answers `null` where nothing is")]

mod deploy;
mod log;
mod mail;
mod outbox;
mod report;
mod show;
mod since;
mod table;
mod workflows;

pub use deploy::{Deploy, Rollback, Versions};
pub use log::Logs;
pub use mail::Stats;
pub use outbox::Outbox;
pub use report::Report;
pub use show::Show;
pub use workflows::{Disable, Enable, Ls, Open};

use super::{Failure, Outcome, Output, Result};
use crate::connect::to_our_own;
use clap::{Args, ValueEnum};
use serde_json::Value;
use url::Url;

/// Which server, and who asks.
#[derive(Args, Debug)]
pub struct Server {
    /// The server
    #[arg(
        long,
        value_name = "URL",
        env = "WAYFARE_SERVER",
        hide_env_values = true,
        default_value = "http://127.0.0.1:8080"
    )]
    server: Url,
    /// The file that holds the token; else it is taken from `WAYFARE_TOKEN` or `WAYFARE_ADMIN_TOKEN`
    #[arg(long, value_name = "FILE")]
    token_file: Option<std::path::PathBuf>,
}

/// How to print.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Format {
    /// For people
    Human,
    /// What the server answered
    Json,
}

type Asked<T> = std::result::Result<T, Failure>;

impl Server {
    fn token(&self) -> Asked<String> {
        if let Some(file) = &self.token_file {
            let text = std::fs::read_to_string(file);
            let text = text.map_err(|error| Failure::new(format!("`{}`: {error}", file.display())))?;
            return Ok(text.trim().to_owned());
        }
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        set("WAYFARE_TOKEN").or_else(|| set("WAYFARE_ADMIN_TOKEN")).ok_or_else(|| {
            Failure::new("no token is given")
                .help(Some("set WAYFARE_TOKEN, or name a file: `--token-file FILE`"))
        })
    }

    /// The address of a resource: each part is one segment of the path.
    fn address(&self, parts: &[&str], query: &[(&str, String)]) -> Asked<Url> {
        let mut url = self.server.clone();
        let wrong = || Failure::new(format!("`{}` is no server's address", self.server));
        url.path_segments_mut().map_err(|()| wrong())?.pop_if_empty().extend(["api", "v1"]).extend(parts);
        for (name, value) in query {
            url.query_pairs_mut().append_pair(name, value);
        }
        Ok(url)
    }

    /// Asks, and gives the answer; a problem that the server names is a failure in its words.
    fn get(&self, parts: &[&str], query: &[(&str, String)]) -> Asked<Value> {
        self.exchange(self.address(parts, query)?, None)
    }

    /// Asks for what is no JSON.
    fn get_text(&self, parts: &[&str], query: &[(&str, String)]) -> Asked<String> {
        let (is_good, text) = self.answer(self.address(parts, query)?, None)?;
        if is_good { Ok(text) } else { Err(problem(&self.read(&text)?)) }
    }

    pub(super) fn post(&self, parts: &[&str], body: &Value) -> Asked<Value> {
        self.exchange(self.address(parts, &[])?, Some(body.to_string()))
    }

    fn exchange(&self, url: Url, body: Option<String>) -> Asked<Value> {
        let (is_good, text) = self.answer(url, body)?;
        let value = self.read(&text)?;
        if is_good { Ok(value) } else { Err(problem(&value)) }
    }

    fn read(&self, text: &str) -> Asked<Value> {
        let wrong = |_| Failure::new(format!("{} does not answer as a Wayfare server", self.server));
        serde_json::from_str(text).map_err(wrong)
    }

    /// Whether it is what was asked for, and what it is.
    fn answer(&self, url: Url, body: Option<String>) -> Asked<(bool, String)> {
        let token = self.token()?;
        block(async {
            let client = to_our_own().map_err(|error| Failure::new(error.to_string()))?;
            let request = match body {
                Some(body) => client.post(url).header("content-type", "application/json").body(body),
                None => client.get(url),
            };
            let answer = request.bearer_auth(token).send().await.map_err(|error| self.unreachable(&error))?;
            let is_good = answer.status().is_success();
            let text = answer.text().await.map_err(|error| self.unreachable(&error))?;
            Ok((is_good, text))
        })
    }

    fn unreachable(&self, error: &dyn std::error::Error) -> Failure {
        let mut cause = error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        Failure::new(format!("{} can't be reached: {cause}", self.server))
            .help(Some("is `wf serve` running there? `--server URL` names another one"))
    }
}

fn block<T>(work: impl Future<Output = Asked<T>>) -> Asked<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::new(error.to_string()))?.block_on(work)
}

/// A problem document in words (source: RFC 9457).
fn problem(value: &Value) -> Failure {
    let mut words = value["detail"].as_str().unwrap_or("the server refused it").to_owned();
    for fault in value["errors"].as_array().into_iter().flatten().take(20) {
        let (at, detail) = (fault["pointer"].as_str(), fault["detail"].as_str());
        words.push_str(&format!("\n  {}: {}", at.unwrap_or_default(), detail.unwrap_or_default()));
    }
    Failure::new(words)
}

/// Prints what the server answered, for people by `human`.
fn print(format: Format, value: &Value, out: &mut Output, human: impl FnOnce(&Value) -> String) -> Outcome {
    match format {
        Format::Json => out.result_line(&format!("{value:#}")),
        Format::Human => out.result(&human(value)),
    }
    Outcome::Clean
}

/// A value of an answer as a cell.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".into(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Thousandths in per cent.
fn percent(value: &Value) -> String {
    value.as_u64().map_or_else(|| "-".into(), |rate| format!("{}.{}%", rate / 10, rate % 10))
}

/// A step with its counts.
fn step_row(step: &Value) -> Vec<String> {
    let counts = ["done", "waited", "skipped", "failed"].map(|field| match &step["counts"][field] {
        Value::Null => "0".into(),
        count => cell(count),
    });
    [cell(&step["step"]), cell(&step["text"]), cell(&step["at_now"])].into_iter().chain(counts).collect()
}
