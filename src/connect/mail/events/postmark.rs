//! Postmark's webhooks. Postmark signs nothing: the address that it is given holds a user and a password.
//!
//! Source: Postmark, "Webhooks overview", "Bounce types", "Subscription change webhook".

use super::json::{instant, parse, some, text};
use super::{Hook, KEY, Kind, MailEvent, Reason, Refused, has_credentials};
use crate::connect::secret::Secret;
use serde_json::Value;

/// The event of a request.
pub(super) fn events(credentials: &Secret, hook: &Hook<'_>) -> Result<Vec<MailEvent>, Refused> {
    if !has_credentials(hook, credentials) {
        return Err(Refused::Unproven("user and password are not those of the settings"));
    }
    let event = parse(hook.body)?;
    if event.get("FromFull").is_some() {
        return Err(Refused::Malformed("this is inbound mail, which has an address of its own".into()));
    }
    let record = text(&event, &["RecordType"]).unwrap_or_default();
    Ok(vec![self::event(&event, &record)])
}

fn event(event: &Value, record: &str) -> MailEvent {
    let (kind, reason) = kind(event, record);
    let times = ["DeliveredAt", "BouncedAt", "ReceivedAt", "ChangedAt"];
    let (message, at) = (some(event, &["MessageID"]), times.iter().find_map(|name| instant(event, &[*name])));
    let recipient = some(event, &["Email"]).or_else(|| some(event, &["Recipient"]));
    // Only bounces have an id; of others message, kind, time, recipient (and link) together are one.
    let id = some(event, &["ID"]).filter(|id| id != "0").unwrap_or_else(|| {
        let time = times.iter().find_map(|name| text(event, &[*name])).unwrap_or_default();
        let (message, to) = (message.clone().unwrap_or_default(), recipient.clone().unwrap_or_default());
        [message, record.to_owned(), time, to, text(event, &["OriginalLink"]).unwrap_or_default()].join("/")
    });
    MailEvent {
        kind: Some(kind),
        at,
        id: Some(id),
        key: some(event, &["Metadata", KEY]),
        message,
        recipient,
        reason,
        description: some(event, &["Description"]),
        response: some(event, &["Details"]),
        url: some(event, &["OriginalLink"]),
        user_agent: some(event, &["UserAgent"]),
        machine: false,
    }
}

fn kind(event: &Value, record: &str) -> (Kind, Option<Reason>) {
    let named = |name| text(event, &[name]).and_then(|kind| of_type(&kind));
    match record {
        "Delivery" => (Kind::Delivered, None),
        "Open" => (Kind::Opened, None),
        "Click" => (Kind::Clicked, None),
        "Bounce" => named("Type").unwrap_or((Kind::Bounced, None)),
        "SpamComplaint" => named("Type").unwrap_or((Kind::Complained, None)),
        "SubscriptionChange" if event.get("SuppressSending") == Some(&Value::Bool(false)) => {
            (Kind::Subscribed, None)
        }
        // Postmark stops sending after a bounce or a complaint too, and says so here.
        "SubscriptionChange" => named("SuppressionReason").unwrap_or((Kind::Unsubscribed, None)),
        _ => (Kind::Unknown, None),
    }
}

/// What Postmark calls a bounce is often none.
fn of_type(kind: &str) -> Option<(Kind, Option<Reason>)> {
    Some(match kind {
        "HardBounce" | "SoftBounce" => (Kind::Bounced, Some(Reason::Bounced)),
        "VirusNotification" => (Kind::Bounced, Some(Reason::Other)),
        "Transient" | "DnsError" | "OpenRelayTest" => (Kind::Deferred, None),
        "AutoResponder" | "AddressChange" | "ChallengeVerification" => (Kind::Autoresponded, None),
        "SpamNotification" | "SpamComplaint" => (Kind::Complained, Some(Reason::Spam)),
        "Unsubscribe" | "ManualSuppression" => (Kind::Unsubscribed, Some(Reason::Unsubscribed)),
        "Subscribe" => (Kind::Subscribed, None),
        "BadEmailAddress" => (Kind::Rejected, Some(Reason::Invalid)),
        "ManuallyDeactivated" | "Blocked" | "DMARCPolicy" => (Kind::Rejected, Some(Reason::Blocked)),
        "Unconfirmed" => (Kind::Rejected, None),
        "SMTPApiError" | "TemplateRenderingFailed" => (Kind::Failed, None),
        "Unknown" => (Kind::Unknown, None),
        _ => return None,
    })
}
