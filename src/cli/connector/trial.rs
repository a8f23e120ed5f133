//! `wf connector try`

use super::super::report::{FORMAT_VERSION, print_json};
use super::super::run::{clock, load_whole};
use super::super::{Failure, Outcome, Output, Result};
use super::given::{self, pair};
use super::secrets::StandIns;
use crate::base::Instant;
use crate::connect::guard::Allowed;
use crate::connect::oauth::Token;
use crate::connect::secret::Environment;
use crate::connect::{self, Attempt, Call, Client, Connections, Settings, Step, With};
use crate::diag::suggest;
use crate::plan::{ActionPlan, Plan};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;

/// Make one call of an action
///
/// Sends it once, for real, and shows what was sent, what the answer means by the action's rules, and what is kept of it.
/// With --dry-run nothing is sent: the exact request is printed. Secrets are read from the environment and are masked.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub(super) struct Try {
    /// The action, as a step calls it
    #[arg(value_name = "ACTION")]
    action: String,
    /// A project's folder or one below it, or a single .wf file
    #[arg(value_name = "PROJECT", default_value = ".")]
    path: PathBuf,
    /// An argument; `2d` for a time is so long from now
    #[arg(long = "arg", value_name = "NAME=VALUE", value_parser = pair)]
    args: Vec<(String, String)>,
    /// An attribute that the request reads, such as `account.name=Acme`
    #[arg(long = "set", value_name = "ATTRIBUTE=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
    /// The idempotency key
    #[arg(long, value_name = "KEY", default_value = "wf_try")]
    key: String,
    /// Print the request and send nothing
    #[arg(long)]
    dry_run: bool,
    /// A private network, address or host that may be reached (`127.0.0.1`, `10.1.0.0/16`, `hooks.internal`)
    #[arg(long, value_name = "NETWORK")]
    allow: Vec<String>,
    /// How to print the outcome
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FORMAT", conflicts_with = "dry_run")]
    output: Format,
}

const EXAMPLE: &str = "\
Examples:
  wf connector try slack --arg channel='#test' --arg message='Hello' --dry-run
  wf connector try hubspot.task --arg subject='Call Acme' --arg due=2d --set account.hubspot_id=42

Exit codes: 0 done, 1 to be tried again or failed, 2 wrong use, 130 interrupted.";

/// How to print.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Format {
    /// For people
    Human,
    /// One object with a `format_version`
    Json,
}

impl Try {
    pub(super) fn run(self, out: &mut Output) -> Result {
        let project = load_whole(self.path.clone(), out)?;
        let Some(plan) = &project.plan else { return Ok(Outcome::Findings) };
        let action = self.action(plan)?;
        let now = clock();
        let args = given::args(action, &self.args, now)?;
        let about = given::about(plan, &self.set, now)?;
        let key = self.key.as_str();
        let call = Call { plan, action, args: &args, about: &about, key, keep: &action.rules.keep };
        if self.dry_run { Ok(dry(call, now, out)) } else { self.send(call, now, out) }
    }

    fn action<'p>(&self, plan: &'p Plan) -> std::result::Result<&'p ActionPlan, Failure> {
        let known = || plan.actions.iter().map(|action| &*action.name);
        plan.actions.iter().find(|action| *action.name == *self.action).ok_or_else(|| {
            let help = suggest::did_you_mean(&self.action, known()).unwrap_or_else(|| {
                format!("the project declares {}", known().collect::<Vec<_>>().join(", "))
            });
            Failure::new(format!("there is no declared action `{}`", self.action)).help(Some(help))
        })
    }

    fn send(&self, call: Call<'_>, now: Instant, out: &mut Output) -> Result {
        let wrong = |error: &dyn std::fmt::Display| Failure::new(error.to_string());
        let allowed = Allowed::parse(self.allow.iter().map(String::as_str)).map_err(|error| wrong(&error))?;
        let client =
            Client::new(Settings { allowed, ..Settings::default() }).map_err(|error| wrong(&error))?;
        let connections = Connections::new(client, Arc::new(Environment));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| wrong(&error))?;
        let mut sent = Vec::new();
        let mut see = |request: &connect::Request| sent.push(request.shown());
        let outcome = runtime.block_on(async {
            tokio::select! {
                outcome = connections.attempt_seen(call, now, &mut see) => Some(outcome),
                _ = tokio::signal::ctrl_c() => None,
            }
        });
        for warning in connections.warnings() {
            out.note_line(&format!("warning: {warning}"));
        }
        let Some(outcome) = outcome else {
            out.note_line("interrupted: what was sent may have been done all the same");
            return Ok(Outcome::Interrupted);
        };
        match self.output {
            Format::Human => human(&sent, &outcome, out),
            Format::Json => print_json(
                &json!({ "format_version": FORMAT_VERSION, "requests": sent, "outcome": machine(&outcome) }),
                out,
            ),
        }
        Ok(if matches!(outcome, connect::Outcome::Ok { .. }) { Outcome::Clean } else { Outcome::Findings })
    }
}

/// Prints what would be sent; what a lookup would find is its name in angle brackets.
fn dry(call: Call<'_>, now: Instant, out: &mut Output) -> Outcome {
    let secrets = StandIns::of(call.plan);
    let token = Token::placeholder();
    let mut attempt = Attempt::new(call);
    let with =
        With { secrets: &secrets, token: attempt.oauth().is_some().then_some(&token), at: now, bases: None };
    let outcome = loop {
        match attempt.next(with) {
            Step::Send(request) => {
                let looked = attempt.suppose();
                if let Some(name) = &looked {
                    out.result_line(&format!("# find {name}"));
                }
                out.result_line(&request.shown());
                if looked.is_none() {
                    break Outcome::Clean;
                }
            }
            Step::Done(connect::Outcome::Fail { reason, .. } | connect::Outcome::Retry { reason, .. }) => {
                out.note_line(&format!("nothing would be sent: {reason}"));
                break Outcome::Findings;
            }
            Step::Done(connect::Outcome::Ok { .. }) => break Outcome::Clean,
        }
    };
    for unset in secrets.unset() {
        out.note_line(&unset);
    }
    outcome
}

fn human(sent: &[String], outcome: &connect::Outcome, out: &mut Output) {
    for request in sent {
        out.result_line(request);
    }
    let response = match outcome {
        connect::Outcome::Ok { kept, reference, response } => {
            out.result_line(&format!("ok: answered {}", response.status));
            if let Some(reference) = reference {
                out.result_line(&format!("reference: {reference}"));
            }
            for (name, value) in kept {
                out.result_line(&format!("keep {name} = {}", value.to_json_text()));
            }
            Some(response)
        }
        connect::Outcome::Retry { reason, after, response, maybe_delivered } => {
            out.result_line(&format!("retry: {reason}"));
            if let Some(after) = after {
                out.result_line(&format!("not before: {} s from now", after.as_secs_f64()));
            }
            if *maybe_delivered {
                out.result_line("it may have been done all the same");
            }
            response.as_ref()
        }
        connect::Outcome::Fail { reason, response } => {
            out.result_line(&format!("failed: {reason}"));
            response.as_ref()
        }
    };
    if let Some(response) = response.filter(|response| !response.text.is_empty()) {
        out.result_line(&format!("\n{}{}", response.text, if response.whole { "" } else { "…" }));
    }
}

fn machine(outcome: &connect::Outcome) -> serde_json::Value {
    match outcome {
        connect::Outcome::Ok { kept, reference, response } => {
            let kept: serde_json::Map<_, _> =
                kept.iter().map(|(name, value)| (name.to_string(), value.to_json())).collect();
            json!({ "result": "ok", "kept": kept, "reference": reference, "response": response })
        }
        connect::Outcome::Retry { reason, after, response, maybe_delivered } => json!({
            "result": "retry", "reason": reason, "after_ms": after.map(|after| after.as_millis() as u64),
            "maybe_delivered": maybe_delivered, "response": response,
        }),
        connect::Outcome::Fail { reason, response } => {
            json!({ "result": "fail", "reason": reason, "response": response })
        }
    }
}
