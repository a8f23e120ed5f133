//! What mail services tell us, in one vocabulary.
//!
//! In: a request of a service ([`Hook`]: headers, raw body), what proves that it is theirs, the instant. Out: events
//! ([`MailEvent`]), or why nothing is taken ([`Refused`]). Invariant: no byte of a body is read as an event before the
//! proof holds. The words are those of the field (Anymail): see [`Kind`] and [`Reason`].
//! Not here: which message an event is about (the key in it, else the reference that sending gave), duplicates (by
//! [`MailEvent::id`]), what follows from an event.

mod json;
mod mailgun;
mod postmark;
mod resend;
mod sendgrid;
mod ses;
mod sns;

pub use self::mailgun::Seen;
pub use self::sns::{Envelope, Notice};

pub(super) use self::mailgun::verify_form;

use super::token::MessageKey;
use crate::base::Instant;
use crate::connect::secret::Secret;
use std::fmt;

/// A request that says it comes from a mail service.
#[derive(Clone, Copy, Debug)]
pub struct Hook<'a> {
    /// Its headers, names in any case.
    pub headers: &'a [(&'a str, &'a str)],
    /// Its body as received, byte for byte.
    pub body: &'a [u8],
}

impl<'a> Hook<'a> {
    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim())
    }
}

/// What happened to a message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The service took it and will try.
    Queued,
    /// The service sent it on.
    Sent,
    /// The service refused to send it: a list of its own, a rule, a bad address.
    Rejected,
    /// The service could not send it.
    Failed,
    /// The recipient's mail server refused it for good.
    Bounced,
    /// The recipient's mail server did not take it yet.
    Deferred,
    /// The recipient's mail server took it.
    Delivered,
    /// A machine answered it.
    Autoresponded,
    /// Somebody, or a machine, loaded its pixel.
    Opened,
    /// Somebody, or a machine, followed a link.
    Clicked,
    /// The recipient called it spam.
    Complained,
    /// The recipient wants no more.
    Unsubscribed,
    /// The recipient wants mail again.
    Subscribed,
    /// Somebody answered it.
    Replied,
    /// Something else.
    Unknown,
}

/// Why it was not delivered.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// There is no such address.
    Invalid,
    /// The address bounced, now or before.
    Bounced,
    /// It was tried for too long.
    TimedOut,
    /// A rule of the service or the recipient.
    Blocked,
    /// It was, or had been, called spam.
    Spam,
    /// The recipient had unsubscribed.
    Unsubscribed,
    /// Something else.
    Other,
}

/// One thing that happened to one message.
#[derive(Clone, PartialEq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct MailEvent {
    /// What.
    pub kind: Option<Kind>,
    /// When, by the service's clock.
    pub at: Option<Instant>,
    /// What tells this event from all others of the service; the same when it is sent again.
    pub id: Option<String>,
    /// Our key of the message, where it came along.
    pub key: Option<String>,
    /// What the service calls the message, or its Message-ID without brackets.
    pub message: Option<String>,
    /// The address.
    pub recipient: Option<String>,
    /// Why it was not delivered.
    pub reason: Option<Reason>,
    /// The service's words for it.
    pub description: Option<String>,
    /// The recipient's mail server's words.
    pub response: Option<String>,
    /// The link that was followed.
    pub url: Option<String>,
    /// The program with which.
    pub user_agent: Option<String>,
    /// A machine did it, on its own.
    pub machine: bool,
}

impl MailEvent {
    /// An event of a kind.
    pub fn new(kind: Kind) -> Self {
        Self { kind: Some(kind), ..Self::default() }
    }

    /// Our key, if it is one.
    pub fn message_key(&self) -> Option<MessageKey> {
        MessageKey::parse(self.key.as_deref()?)
    }
}

/// Under this name our key travels with a message as the service's own metadata, and comes back with its events.
pub const KEY: &str = "wayfare_key";

/// Why a request is not taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refused {
    /// It does not prove where it comes from: answer 401 or 403 and take nothing.
    Unproven(&'static str),
    /// It was sent too long ago, or lies in the future.
    Stale,
    /// It was taken before (Mailgun's token): answer 200, or it comes again.
    Replayed,
    /// It is proven, but can't be read: where, and why.
    Malformed(String),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unproven(why) => {
                write!(f, "the request does not prove that it comes from the mail service: {why}")
            }
            Self::Stale => f.write_str("the request was signed too long ago, or lies in the future"),
            Self::Replayed => f.write_str("the request was taken before"),
            Self::Malformed(why) => write!(f, "the request can't be read: {why}"),
        }
    }
}

impl std::error::Error for Refused {}

/// What proves that a request comes from a service.
#[derive(Clone, Debug)]
pub enum Proof {
    /// SendGrid: the public key of the signed event webhook, base64.
    SendGrid {
        /// As SendGrid's settings show it.
        public_key: String,
    },
    /// Mailgun: the HTTP webhook signing key.
    Mailgun {
        /// The key.
        signing_key: Secret,
    },
    /// Postmark, which signs nothing: user and password in the webhook's address.
    Postmark {
        /// `user:password`.
        credentials: Secret,
    },
    /// Resend: the signing secret (`whsec_…`).
    Resend {
        /// The secret.
        secret: Secret,
    },
}

/// The events of a request of SendGrid, Mailgun, Postmark or Resend. Those of Amazon SES come through [`Envelope`].
pub fn events(
    proof: &Proof,
    hook: &Hook<'_>,
    now: Instant,
    seen: &mut Seen,
) -> Result<Vec<MailEvent>, Refused> {
    match proof {
        Proof::SendGrid { public_key } => sendgrid::events(public_key, hook, now),
        Proof::Mailgun { signing_key } => mailgun::events(signing_key, hook, now, seen),
        Proof::Postmark { credentials } => postmark::events(credentials, hook),
        Proof::Resend { secret } => resend::events(secret, hook, now),
    }
}

/// Whether a request bears `user:password` as HTTP Basic credentials; compared in constant time.
pub fn has_credentials(hook: &Hook<'_>, credentials: &Secret) -> bool {
    let given = hook.header("authorization").and_then(|value| {
        let (scheme, encoded) = value.split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("basic")
            .then(|| data_encoding::BASE64.decode(encoded.trim().as_bytes()).ok())?
    });
    given.is_some_and(|given| same(&given, credentials.expose().as_bytes()))
}

/// Compared by their digests, so that neither length nor content shows in the time it takes.
fn same(a: &[u8], b: &[u8]) -> bool {
    use sha2::{Digest, Sha256};
    let (a, b) = (Sha256::digest(a), Sha256::digest(b));
    a.iter().zip(b.iter()).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

/// How old a signed request may be, in milliseconds, by each service's schedule of retries; and how far in the future.
fn is_fresh(signed: Instant, now: Instant, oldest: i64) -> bool {
    const AHEAD: i64 = 5 * 60_000;
    (now.minus(oldest)..=now.plus(AHEAD)).contains(&signed)
}

/// Seconds, as a text, as an instant.
fn seconds(text: &str) -> Option<Instant> {
    text.trim().parse::<i64>().ok()?.checked_mul(1000).map(Instant)
}
