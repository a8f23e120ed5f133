//! SendGrid's event webhook, signed.
//!
//! Source: Twilio SendGrid, "Getting started with the event webhook security features" and "Event webhook reference".

use super::json::{parse, seconds, some, text};
use super::{Hook, KEY, Kind, MailEvent, Reason, Refused, is_fresh};
use crate::base::Instant;
use data_encoding::BASE64;
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use serde_json::Value;

/// SendGrid tries for 24 hours.
const OLDEST: i64 = 25 * 3_600_000;
/// What comes before the point in the DER of a public key on P-256.
const SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// The events of a request.
pub(super) fn events(public_key: &str, hook: &Hook<'_>, now: Instant) -> Result<Vec<MailEvent>, Refused> {
    verify(public_key, hook, now)?;
    match parse(hook.body)? {
        Value::Array(events) => Ok(events.iter().map(event).collect()),
        _ => Err(Refused::Malformed("a list of events was expected".into())),
    }
}

fn verify(public_key: &str, hook: &Hook<'_>, now: Instant) -> Result<(), Refused> {
    let header = |name, why| hook.header(name).ok_or(Refused::Unproven(why));
    let signature = header("X-Twilio-Email-Event-Webhook-Signature", "there is no signature")?;
    let timestamp = header("X-Twilio-Email-Event-Webhook-Timestamp", "there is no timestamp")?;
    let signature =
        BASE64.decode(signature.as_bytes()).map_err(|_| Refused::Unproven("the signature is no base64"))?;
    let key: String = public_key.chars().filter(|c| !c.is_whitespace()).collect();
    let key = BASE64.decode(key.as_bytes()).ok();
    let point = key.as_deref().and_then(|key| key.strip_prefix(&SPKI));
    let point = point.ok_or(Refused::Unproven("the public key in the settings is none on P-256"))?;
    let signed = [timestamp.as_bytes(), hook.body].concat();
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point);
    key.verify(&signed, &signature).map_err(|_| Refused::Unproven("the signature does not hold"))?;
    let at = super::seconds(timestamp).ok_or(Refused::Stale)?;
    if is_fresh(at, now, OLDEST) { Ok(()) } else { Err(Refused::Stale) }
}

fn event(event: &Value) -> MailEvent {
    let name = text(event, &["event"]).unwrap_or_default();
    let (kind, dropped) = (kind(&name), name == "dropped");
    let said = some(event, &["response"]).or_else(|| some(event, &["reason"]));
    let why = some(event, &["type"]).or_else(|| some(event, &["reason"])).unwrap_or_default();
    MailEvent {
        kind: Some(kind),
        at: seconds(event, &["timestamp"]),
        id: some(event, &["sg_event_id"]),
        key: some(event, &[KEY]),
        message: some(event, &["smtp-id"]).or_else(|| some(event, &["sg_message_id"])).map(|id| bare(&id)),
        recipient: some(event, &["email"]),
        reason: dropped.then(|| reason(&why)),
        description: if dropped { some(event, &["reason"]) } else { None },
        response: if dropped { None } else { said },
        url: some(event, &["url"]),
        user_agent: some(event, &["useragent"]),
        machine: event.get("sg_machine_open").and_then(Value::as_bool).unwrap_or(false),
    }
}

fn bare(id: &str) -> String {
    id.trim().trim_start_matches('<').trim_end_matches('>').to_owned()
}

fn kind(name: &str) -> Kind {
    match name {
        "processed" => Kind::Queued,
        "deferred" => Kind::Deferred,
        "delivered" => Kind::Delivered,
        "bounce" => Kind::Bounced,
        "dropped" => Kind::Rejected,
        "open" => Kind::Opened,
        "click" => Kind::Clicked,
        "spamreport" => Kind::Complained,
        "unsubscribe" | "group_unsubscribe" => Kind::Unsubscribed,
        "group_resubscribe" => Kind::Subscribed,
        _ => Kind::Unknown,
    }
}

/// Of what SendGrid dropped, never handing it on.
fn reason(said: &str) -> Reason {
    match said.to_ascii_lowercase().as_str() {
        "invalid" => Reason::Invalid,
        "bounce" | "bounced address" => Reason::Bounced,
        "blocked" => Reason::Blocked,
        "expired" => Reason::TimedOut,
        "unsubscribed address" => Reason::Unsubscribed,
        _ => Reason::Other,
    }
}
