//! Amazon SES: its events, in both forms (event publishing and notifications), one a recipient.
//!
//! Source: AWS, "Contents of event data that Amazon SES publishes to Amazon SNS", "Amazon SNS notification contents".

use super::json::{instant, some, text};
use super::{KEY, Kind, MailEvent, Notice, Reason};
use crate::base::Instant;
use data_encoding::BASE64;
use serde_json::Value;

/// What an event, or received mail, says. `id` and `at` are those of the notification.
pub(super) fn notice(message: &Value, id: Option<String>, at: Option<Instant>) -> Notice {
    let name =
        text(message, &["eventType"]).or_else(|| text(message, &["notificationType"])).unwrap_or_default();
    if name == "Received" {
        let content = text(message, &["content"]).unwrap_or_default();
        return Notice::Mail(BASE64.decode(content.as_bytes()).unwrap_or_else(|_| content.into_bytes()));
    }
    let detail = message.get(detail_name(&name)).unwrap_or(&Value::Null);
    let (kind, reason) = kind(&name, detail);
    let common = MailEvent {
        kind: Some(kind),
        at: instant(detail, &["timestamp"]).or(at),
        id,
        key: key(message),
        message: some(message, &["mail", "messageId"]),
        reason,
        description: description(&name, detail),
        url: some(detail, &["link"]),
        user_agent: some(detail, &["userAgent"]),
        ..MailEvent::default()
    };
    // One notification may be about several recipients; each is an event of its own.
    let id = |at: usize, to: &str| match (&common.id, at) {
        (Some(id), 1..) => Some(format!("{id}/{to}")),
        (id, _) => id.clone(),
    };
    let of = |(at, (to, said)): (usize, (String, Option<String>))| MailEvent {
        id: id(at, &to),
        recipient: Some(to),
        response: said,
        ..common.clone()
    };
    Notice::Events(recipients(message, &name, detail).into_iter().enumerate().map(of).collect())
}

/// The member of an event that tells more: its name with a small first letter.
fn detail_name(name: &str) -> &'static str {
    match name {
        "Bounce" => "bounce",
        "Complaint" => "complaint",
        "Delivery" => "delivery",
        "DeliveryDelay" => "deliveryDelay",
        "Reject" => "reject",
        "Open" => "open",
        "Click" => "click",
        "Rendering Failure" | "RenderingFailure" => "failure",
        "Subscription" => "subscription",
        _ => "send",
    }
}

fn kind(name: &str, detail: &Value) -> (Kind, Option<Reason>) {
    match name {
        "Send" => (Kind::Sent, None),
        "Delivery" => (Kind::Delivered, None),
        "DeliveryDelay" => (Kind::Deferred, None),
        // What SES calls transient is often a full mailbox or an absence: no reason to give the address up.
        "Bounce" if text(detail, &["bounceType"]).as_deref() == Some("Permanent") => {
            (Kind::Bounced, Some(Reason::Bounced))
        }
        "Bounce" => (Kind::Bounced, Some(Reason::Other)),
        "Complaint" => (Kind::Complained, Some(Reason::Spam)),
        "Reject" => (Kind::Rejected, Some(Reason::Blocked)),
        "Open" => (Kind::Opened, None),
        "Click" => (Kind::Clicked, None),
        "Rendering Failure" | "RenderingFailure" => (Kind::Failed, None),
        "Subscription" => {
            let prefers = |name: &str| {
                let new = detail.get("newTopicPreferences");
                new.and_then(|new| new.get(name)).and_then(Value::as_bool).unwrap_or(false)
            };
            (if prefers("unsubscribeAll") { Kind::Unsubscribed } else { Kind::Subscribed }, None)
        }
        _ => (Kind::Unknown, None),
    }
}

fn description(name: &str, detail: &Value) -> Option<String> {
    match name {
        "Bounce" => {
            let part = |name| text(detail, &[name]).unwrap_or_default();
            Some(format!("{}: {}", part("bounceType"), part("bounceSubType")))
        }
        "Complaint" => some(detail, &["complaintFeedbackType"]),
        "DeliveryDelay" => some(detail, &["delayType"]),
        "Reject" => some(detail, &["reason"]),
        _ => some(detail, &["errorMessage"]),
    }
}

/// Our key: a tag of the message, else a header of it.
fn key(message: &Value) -> Option<String> {
    let mail = message.get("mail")?;
    let tag = mail
        .get("tags")
        .and_then(|tags| tags.get(KEY))
        .and_then(|values| values.get(0))
        .and_then(Value::as_str);
    let id = mail.get("headers").and_then(Value::as_array).and_then(|headers| {
        let named = |header: &&Value| {
            text(header, &["name"]).is_some_and(|name| name.eq_ignore_ascii_case("message-id"))
        };
        text(headers.iter().find(named)?, &["value"])
    });
    let local = id
        .as_deref()
        .and_then(|id| id.trim_start_matches('<').split('@').next())
        .filter(|id| id.starts_with("wf_"));
    tag.or(local).map(str::to_owned)
}

/// Whom it is about, each with what the mail server said.
fn recipients(message: &Value, name: &str, detail: &Value) -> Vec<(String, Option<String>)> {
    let list =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let said = some(detail, &["smtpResponse"]);
    let listed = match name {
        "Bounce" => list(detail, "bouncedRecipients"),
        "Complaint" => list(detail, "complainedRecipients"),
        "DeliveryDelay" => list(detail, "delayedRecipients"),
        "Delivery" => list(detail, "recipients"),
        _ => Vec::new(),
    };
    let all = if listed.is_empty() {
        list(message.get("mail").unwrap_or(&Value::Null), "destination")
    } else {
        listed
    };
    let one = |value: &Value| match value {
        Value::String(address) => Some((address.clone(), said.clone())),
        other => {
            Some((text(other, &["emailAddress"])?, some(other, &["diagnosticCode"]).or_else(|| said.clone())))
        }
    };
    all.iter().filter_map(one).collect()
}
