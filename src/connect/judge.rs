//! What an answer means, by the rules of the action and its connector.
//!
//! In: a [`Call`], and what came of one attempt: an answer, or none. Out: an [`Outcome`]. Where a declaration is silent:
//! 2xx is a success, 408, 425, 429 and 5xx and broken connections are tried again, anything else is final.
//! Invariant: no outcome holds a secret, and no text of one is longer than what is kept for the log.

use super::answer::{Response, Shown};
use super::attempt::Fault;
use super::call::{Call, Sight};
use super::redact::Redactor;
use super::retry_after;
use crate::base::Instant;
use crate::plan::RulesPlan;
use crate::plan::expr::{self, ExprId};
use crate::value::Value;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// The longest reason that is kept, in characters.
const REASON: usize = 300;
/// The longest value that is kept, as JSON in bytes.
const KEPT_VALUE: usize = 16 << 10;

/// What came of one attempt.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Outcome {
    /// It is done.
    Ok {
        /// Values for later steps, by name.
        kept: Vec<(Arc<str>, Value)>,
        /// What the service calls what it made, if it says so.
        reference: Option<Arc<str>>,
        /// The answer.
        response: Shown,
    },
    /// It may work later.
    Retry {
        /// Why not now, in words.
        reason: String,
        /// Not before so long, if the service says so.
        after: Option<Duration>,
        /// The answer, if there was one.
        response: Option<Shown>,
        /// Whether the service may have done it all the same.
        maybe_delivered: bool,
    },
    /// It will not work.
    Fail {
        /// Why, in words.
        reason: String,
        /// The answer, if there was one.
        response: Option<Shown>,
    },
}

/// The verdict of the rules on an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    Ok,
    Retry,
    Fail,
}

/// What the rules say of an answer.
pub(super) fn verdict(sight: &Sight<'_>, rules: &RulesPlan, response: &Response) -> Verdict {
    let pool = &sight.call.plan.pool;
    let status = response.status();
    let any = |conditions: &[expr::CondId], otherwise: bool| match conditions {
        [] => otherwise,
        some => some.iter().any(|condition| expr::eval(pool, *condition, sight)),
    };
    if any(&rules.ok, (200..300).contains(&status)) {
        Verdict::Ok
    } else if any(&rules.retry, is_passing(status)) {
        Verdict::Retry
    } else {
        Verdict::Fail
    }
}

/// Whether a status says that the same request may work later.
pub fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 425 | 429) || status >= 500
}

/// The outcome of an answer that came at an instant.
pub(super) fn judge(
    call: Call<'_>,
    found: &[Value],
    response: &Response,
    to: (&Redactor, Instant),
) -> Outcome {
    let sight = Sight::new(call, found, Some(response));
    let rules = &call.action.rules;
    let shown = response.shown(to.0);
    match verdict(&sight, rules, response) {
        Verdict::Ok => {
            Outcome::Ok { kept: kept(&sight), reference: reference(&sight, response), response: shown }
        }
        Verdict::Retry => not_now(&sight, rules, response, to),
        Verdict::Fail => {
            Outcome::Fail { reason: reason(&sight, rules, response, to.0), response: Some(shown) }
        }
    }
}

/// The outcome of an answer that says: later.
pub(super) fn not_now(
    sight: &Sight<'_>,
    rules: &RulesPlan,
    response: &Response,
    (redactor, now): (&Redactor, Instant),
) -> Outcome {
    Outcome::Retry {
        reason: reason(sight, rules, response, redactor),
        after: retry_after::read(response.header("Retry-After"), now),
        // A service that turns a request away at once has not begun with it; any other may have.
        maybe_delivered: !matches!(response.status(), 425 | 429 | 503),
        response: Some(response.shown(redactor)),
    }
}

/// The outcome where no answer came; `main`: it was the request itself, no lookup.
pub(super) fn fault(fault: Fault, main: bool) -> Outcome {
    let retry =
        |reason, maybe_delivered| Outcome::Retry { reason, after: None, response: None, maybe_delivered };
    match fault {
        Fault::Refused(reason) => Outcome::Fail { reason, response: None },
        Fault::Unreachable(reason) => retry(reason, false),
        Fault::Broken(reason) => retry(reason, main),
    }
}

/// Why, in the words of the service where the declaration says where they stand.
pub(super) fn reason(
    sight: &Sight<'_>,
    rules: &RulesPlan,
    response: &Response,
    redactor: &Redactor,
) -> String {
    let status = response.status();
    let said = rules.fail.map(|fail| expr::value(&sight.call.plan.pool, fail, sight));
    let said = said.filter(|said| !said.is_missing()).map(|said| said.to_string());
    let said = said.filter(|said| !said.trim().is_empty());
    let answered = match response.header("Location").filter(|_| (300..400).contains(&status)) {
        Some(to) => format!("answered {status}: a redirect to {to}, which is not followed"),
        None => format!("answered {}", status_words(status)),
    };
    let cut = if response.is_whole() { "" } else { " (the answer was too long to be read to its end)" };
    let reason = match said {
        Some(said) => format!("{said} ({answered}){cut}"),
        None => format!("{answered}{cut}"),
    };
    short(&redactor.masked(&reason))
}

/// One line, at most so long.
pub(super) fn short(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(REASON) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

fn status_words(status: u16) -> String {
    let known = reqwest::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    known.map_or_else(|| status.to_string(), |words| format!("{status} {words}"))
}

fn kept(sight: &Sight<'_>) -> Vec<(Arc<str>, Value)> {
    let value = |(name, value): &(Arc<str>, ExprId)| {
        let value = expr::value(&sight.call.plan.pool, *value, sight);
        (value.to_json_text().len() <= KEPT_VALUE).then(|| (Arc::clone(name), value))
    };
    sight.call.keep.iter().filter_map(value).collect()
}

/// The first value that the action itself keeps, else the `id` of the answer.
fn reference(sight: &Sight<'_>, response: &Response) -> Option<Arc<str>> {
    let own = sight.call.action.rules.keep.first();
    let value = match own {
        Some((_, value)) => expr::value(&sight.call.plan.pool, *value, sight),
        None => response.json().get("id").clone(),
    };
    match value {
        Value::Text(id) if !id.is_empty() && id.len() <= 200 => Some(id),
        Value::Number(id) => Some(id.normalize().to_string().into()),
        _ => None,
    }
}
