//! Mailgun's webhooks. The signature is in the body, and covers its timestamp and token only.
//!
//! Source: Mailgun, "Securing webhooks", "Webhook payloads". The token is good for one request: see [`Seen`].

use super::json::{parse, seconds, some, text};
use super::{Hook, KEY, Kind, MailEvent, Reason, Refused, is_fresh};
use crate::base::Instant;
use crate::connect::secret::Secret;
use data_encoding::HEXLOWER_PERMISSIVE;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use std::collections::BTreeMap;

/// Mailgun tries for some 8 hours.
const OLDEST: i64 = 12 * 3_600_000;

/// Tokens that were taken, for as long as their requests would be fresh.
#[derive(Clone, Debug, Default)]
pub struct Seen(BTreeMap<String, Instant>);

impl Seen {
    /// Whether a token was taken before.
    pub fn contains(&self, token: &str) -> bool {
        self.0.contains_key(token)
    }

    /// A token is taken: do this when its events are safe, or a request that failed half way could not come again.
    pub fn take(&mut self, token: &str, now: Instant) {
        self.0.retain(|_, taken| now.minus(2 * OLDEST) <= *taken);
        self.0.insert(token.to_owned(), now);
    }
}

/// The event of a request. Its [`MailEvent::id`] is the token to take.
pub(super) fn events(
    key: &Secret,
    hook: &Hook<'_>,
    now: Instant,
    seen: &mut Seen,
) -> Result<Vec<MailEvent>, Refused> {
    let body = parse(hook.body)
        .map_err(|_| Refused::Unproven("the body is no JSON, so there is no signature in it"))?;
    let part = |name| {
        some(&body, &["signature", name]).ok_or(Refused::Unproven("there is no signature in the body"))
    };
    let (timestamp, token, signature) = (part("timestamp")?, part("token")?, part("signature")?);
    verify_form(key, (&timestamp, &token, &signature), now, seen)?;
    let data = body.get("event-data").ok_or_else(|| Refused::Malformed("there is no `event-data`".into()))?;
    Ok(vec![event(data, token)])
}

/// Verifies timestamp, token and signature, wherever in a body they stand.
pub(in super::super) fn verify_form(
    key: &Secret,
    (timestamp, token, signature): (&str, &str, &str),
    now: Instant,
    seen: &Seen,
) -> Result<(), Refused> {
    let wrong = Refused::Unproven("the signature does not hold");
    let signature = HEXLOWER_PERMISSIVE.decode(signature.as_bytes()).map_err(|_| wrong.clone())?;
    let mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()).map_err(|_| wrong.clone())?;
    mac.chain_update(timestamp).chain_update(token).verify_slice(&signature).map_err(|_| wrong)?;
    let at = super::seconds(timestamp).ok_or(Refused::Stale)?;
    if !is_fresh(at, now, OLDEST) {
        return Err(Refused::Stale);
    }
    if seen.contains(token) { Err(Refused::Replayed) } else { Ok(()) }
}

fn event(data: &Value, token: String) -> MailEvent {
    let name = text(data, &["event"]).unwrap_or_default();
    let temporary = text(data, &["severity"]).as_deref() == Some("temporary");
    let kind = kind(&name, temporary);
    let rejected = kind == Kind::Rejected;
    let reason = some(data, &["reason"]).map(|reason| match reason.as_str() {
        "bounce" | "suppress-bounce" => Reason::Bounced,
        "suppress-unsubscribe" => Reason::Unsubscribed,
        "suppress-complaint" => Reason::Spam,
        "old" => Reason::TimedOut,
        _ => Reason::Other,
    });
    let said = some(data, &["delivery-status", "description"]);
    let to = some(data, &["recipient"]).or_else(|| some(data, &["message", "headers", "to"]));
    MailEvent {
        kind: Some(kind),
        at: seconds(data, &["timestamp"]),
        id: Some(token),
        key: some(data, &["user-variables", KEY]),
        message: some(data, &["message", "headers", "message-id"])
            .map(|id| id.trim_start_matches('<').trim_end_matches('>').to_owned()),
        recipient: to
            .map(|to| super::super::address::Mailbox::parse(&to).map_or(to, |to| to.address.to_string())),
        reason: reason.or(rejected.then_some(Reason::Other)),
        description: said.or_else(|| some(data, &["reject", "reason"])),
        response: some(data, &["delivery-status", "message"]),
        url: some(data, &["url"]),
        user_agent: some(data, &["client-info", "user-agent"]),
        machine: some(data, &["client-info", "bot"]).is_some(),
    }
}

/// A temporary failure is no bounce: Mailgun goes on trying.
fn kind(name: &str, temporary: bool) -> Kind {
    match name {
        "accepted" => Kind::Queued,
        "rejected" => Kind::Rejected,
        "delivered" => Kind::Delivered,
        "failed" if temporary => Kind::Deferred,
        "failed" => Kind::Bounced,
        "opened" => Kind::Opened,
        "clicked" => Kind::Clicked,
        "unsubscribed" => Kind::Unsubscribed,
        "complained" => Kind::Complained,
        _ => Kind::Unknown,
    }
}
