//! Drafts in the sender's own Gmail (Gmail API v1, `users.drafts.create`).
//!
//! In: a composed message, the sender, a thread to answer in. Out: requests, and what their answers mean. Gmail knows no
//! idempotency key: after an attempt of which nobody knows what became, the drafts are searched for our Message-ID
//! first, and what is found is the draft. The permission that is asked for (`gmail.compose`) would allow sending too;
//! nothing here sends. Not here: tokens of the senders ([`Grants`] keeps them), review, retries.

mod authorize;
mod grants;

pub use self::authorize::{Authorization, Callback, Google, NotAuthorized, read_callback};
pub use self::grants::{BadGrant, Grants};

use super::compose::Composed;
use crate::connect::oauth::Token;
use crate::connect::redact::Redactor;
use crate::connect::{Fault, Outcome, Request, Response, is_passing};
use crate::plan::Method;
use crate::value::Value;
use data_encoding::BASE64URL;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

const TIMEOUT: Duration = Duration::from_secs(30);

/// The permission to write drafts; Gmail has none that does not also allow sending.
pub const SCOPE: &str = "https://www.googleapis.com/auth/gmail.compose";

/// The request that leaves a draft; in a thread, if it answers one of the sender's own.
pub fn draft(base: &Url, token: &Token, message: &Composed, thread: Option<&str>) -> Option<Request> {
    let mut content = serde_json::json!({ "raw": BASE64URL.encode(&message.bytes) });
    if let (Some(thread), Some(content)) = (thread, content.as_object_mut()) {
        content.insert("threadId".into(), thread.into());
    }
    let body = serde_json::json!({ "message": content }).to_string();
    let url = base.join("/gmail/v1/users/me/drafts").ok()?;
    Some(request(Method::Post, url, token, Some(body.into_bytes())))
}

/// The request that looks for a draft by its Message-ID.
pub fn search(base: &Url, token: &Token, message_id: &str) -> Option<Request> {
    let mut url = base.join("/gmail/v1/users/me/drafts").ok()?;
    url.query_pairs_mut()
        .append_pair("q", &format!("rfc822msgid:{message_id}"))
        .append_pair("maxResults", "1");
    Some(request(Method::Get, url, token, None))
}

fn request(method: Method, url: Url, token: &Token, body: Option<Vec<u8>>) -> Request {
    let mut redactor = Redactor::default();
    redactor.know(token.access.expose());
    let mut headers = vec![
        ("Authorization".to_owned(), format!("Bearer {}", token.access.expose())),
        ("Accept".to_owned(), "application/json".to_owned()),
        ("User-Agent".to_owned(), concat!("Wayfare/", env!("CARGO_PKG_VERSION")).to_owned()),
    ];
    if body.is_some() {
        headers.push(("Content-Type".into(), "application/json".into()));
    }
    Request {
        method,
        url,
        headers,
        body,
        connector: "gmail".into(),
        timeout: TIMEOUT,
        confidential: true,
        redactor,
    }
}

/// The draft in the answer to [`search`], if there is one.
pub fn found(response: &Response, redactor: &Redactor) -> Option<Outcome> {
    let drafts = response.json().get("drafts");
    let first = if let Value::List(drafts) = drafts { drafts.first()? } else { return None };
    (response.status() == 200).then(|| made(first, response, redactor))
}

fn made(draft: &Value, response: &Response, redactor: &Redactor) -> Outcome {
    let id = text(draft.get("id"));
    let message = draft.get("message");
    let kept = [
        ("draft", text(draft.get("id"))),
        ("message", text(message.get("id"))),
        ("thread", text(message.get("threadId"))),
    ];
    let kept = kept.into_iter().filter_map(|(name, value)| Some((name.into(), Value::Text(value?))));
    Outcome::Ok { kept: kept.collect(), reference: id, response: response.shown(redactor) }
}

fn text(value: &Value) -> Option<Arc<str>> {
    if let Value::Text(text) = value { Some(Arc::clone(text)) } else { None }
}

/// What the answer to [`draft`] means. `Outcome::Ok` keeps `draft`, `message` and `thread`.
pub fn judge(came: Result<&Response, Fault>, redactor: &Redactor) -> Outcome {
    let response = match came {
        Ok(response) => response,
        Err(fault) => return super::outcome::of_fault(fault),
    };
    let json = response.json();
    if (200..300).contains(&response.status()) && text(json.get("id")).is_some() {
        return made(json, response, redactor);
    }
    let error = json.get("error");
    let reasons: Vec<Arc<str>> = match error.get("errors") {
        Value::List(errors) => errors.iter().filter_map(|error| text(error.get("reason"))).collect(),
        _ => Vec::new(),
    };
    let said = text(error.get("message")).unwrap_or_else(|| "no reason given".into());
    let reason = format!("Gmail answered {}: {said}", response.status());
    let reason = redactor.masked(&reason).chars().take(300).collect();
    let response_shown = Some(response.shown(redactor));
    // Limits come as 403; a token that was withdrawn is mended by a person (`wf connect gmail`).
    let limited = reasons.iter().any(|reason| {
        matches!(&**reason, "rateLimitExceeded" | "userRateLimitExceeded" | "dailyLimitExceeded")
    });
    if is_passing(response.status()) || response.status() == 401 || limited {
        let after = response
            .header("retry-after")
            .and_then(|after| after.trim().parse().ok())
            .map(Duration::from_secs);
        Outcome::Retry { reason, after, response: response_shown, maybe_delivered: response.status() >= 500 }
    } else {
        Outcome::Fail { reason, response: response_shown }
    }
}
