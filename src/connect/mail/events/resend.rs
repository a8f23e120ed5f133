//! Resend's webhooks, signed as Svix does: Standard Webhooks with other names of headers.
//!
//! Source: Resend, "Event types", "Verify webhook requests"; Standard Webhooks 1.0.0.

use super::json::{instant, parse, some, text};
use super::{Hook, KEY, Kind, MailEvent, Reason, Refused, is_fresh};
use crate::base::Instant;
use crate::connect::mail::address::Mailbox;
use crate::connect::secret::Secret;
use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

/// Each attempt is signed anew, so a request is young.
const OLDEST: i64 = 5 * 60_000;

/// The event of a request.
pub(super) fn events(secret: &Secret, hook: &Hook<'_>, now: Instant) -> Result<Vec<MailEvent>, Refused> {
    let id = verify(secret, hook, now)?;
    Ok(vec![event(&parse(hook.body)?, id)])
}

fn verify<'h>(secret: &Secret, hook: &Hook<'h>, now: Instant) -> Result<&'h str, Refused> {
    let header = |name: &str| {
        let found = hook.header(&format!("svix-{name}")).or_else(|| hook.header(&format!("webhook-{name}")));
        found.ok_or(Refused::Unproven("a header of the signature is not there"))
    };
    let (id, timestamp, signatures) = (header("id")?, header("timestamp")?, header("signature")?);
    let key = secret.expose().strip_prefix("whsec_").unwrap_or(secret.expose());
    let key = BASE64
        .decode(key.as_bytes())
        .map_err(|_| Refused::Unproven("the secret in the settings is no base64"))?;
    let wrong = || Refused::Unproven("the signature does not hold");
    let mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| wrong())?;
    let mac = mac.chain_update(format!("{id}.{timestamp}.")).chain_update(hook.body);
    let holds =
        signatures.split(' ').filter_map(|signature| signature.strip_prefix("v1,")).any(|signature| {
            BASE64
                .decode(signature.as_bytes())
                .is_ok_and(|signature| mac.clone().verify_slice(&signature).is_ok())
        });
    if !holds {
        return Err(wrong());
    }
    let at = super::seconds(timestamp).ok_or(Refused::Stale)?;
    if is_fresh(at, now, OLDEST) { Ok(id) } else { Err(Refused::Stale) }
}

fn event(event: &Value, id: &str) -> MailEvent {
    let data = event.get("data").unwrap_or(&Value::Null);
    let kind = kind(&text(event, &["type"]).unwrap_or_default());
    let said = some(data, &["bounce", "message"]).or_else(|| some(data, &["failed", "reason"]));
    let to = data.get("to").and_then(|to| to.get(0).unwrap_or(to).as_str());
    MailEvent {
        kind: Some(kind),
        at: instant(event, &["created_at"]),
        id: Some(id.to_owned()),
        key: key(data),
        message: some(data, &["email_id"]),
        recipient: to
            .map(|to| Mailbox::parse(to).map_or_else(|_| to.to_owned(), |to| to.address.to_string())),
        reason: some(data, &["bounce", "message"]).map(|said| reason(data, &said)),
        description: said,
        response: None,
        url: some(data, &["click", "link"]),
        user_agent: some(data, &["click", "userAgent"]).or_else(|| some(data, &["open", "userAgent"])),
        machine: false,
    }
}

/// Tags come back as an object, or as a list of names and values.
fn key(data: &Value) -> Option<String> {
    some(data, &["tags", KEY]).or_else(|| {
        let tags = data.get("tags")?.as_array()?;
        tags.iter()
            .find(|tag| text(tag, &["name"]).as_deref() == Some(KEY))
            .and_then(|tag| some(tag, &["value"]))
    })
}

fn kind(name: &str) -> Kind {
    match name.strip_prefix("email.").unwrap_or(name) {
        "sent" => Kind::Sent,
        "scheduled" => Kind::Queued,
        "delivered" => Kind::Delivered,
        "delivery_delayed" => Kind::Deferred,
        "bounced" => Kind::Bounced,
        "complained" => Kind::Complained,
        "opened" => Kind::Opened,
        "clicked" => Kind::Clicked,
        "failed" => Kind::Failed,
        "suppressed" => Kind::Rejected,
        _ => Kind::Unknown,
    }
}

/// By the kind of bounce where there is one, else by what the message says.
fn reason(data: &Value, said: &str) -> Reason {
    match text(data, &["bounce", "subType"]).as_deref() {
        Some("Suppressed" | "OnAccountSuppressionList") => Reason::Blocked,
        Some("NoEmail") => Reason::Invalid,
        _ if said.contains("suppressed sending") => Reason::Blocked,
        Some("General" | "MailboxFull") => Reason::Bounced,
        _ if said.contains("bounce message") => Reason::Bounced,
        _ => Reason::Other,
    }
}
