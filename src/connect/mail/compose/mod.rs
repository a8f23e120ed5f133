//! From what a step prepared to a complete message (RFC 5322, MIME).
//!
//! In: a [`Letter`]: rendered texts, people, the idempotency key, the instant. Out: a [`Composed`] for SMTP, Gmail and
//! SES, or the same headers as a list for services that take fields ([`headers`]).
//! Invariants: the same letter composes to the same bytes, on every machine (Message-ID and boundary come from the key,
//! the date is given); no text can add a header; every line is ASCII (but for an international local part) and at
//! most 998 bytes long. Not here: which texts there are ([`body`]), tracking, signatures, sending.
//! Words easily confused: a *letter* is data, a *message* is its bytes; the *sender* in the envelope gets the
//! bounces, `From` is whom people see.

mod body;
mod header;
mod html;
mod markdown;
mod plain;

pub use self::body::{Body, Form, Parts, Unfit, body};
pub use self::header::{Header, headers};
pub use self::html::is_mjml;
pub use self::plain::plain;

use super::address::{Address, Mailbox, ascii_domain};
use super::unsubscribe::Unsubscribe;
use crate::base::Instant;
use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::message::{MultiPart, SinglePart};
use sha2::{Digest, Sha256};
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Everything that goes into one message to one recipient.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Whom people see as the sender.
    pub from: Mailbox,
    /// Where answers go, if not there.
    pub reply_to: Option<Mailbox>,
    /// Where bounces go, if not to `from`.
    pub bounces_to: Option<Address>,
    /// Who gets it.
    pub to: Mailbox,
    /// The subject; made one line, and `Re: …` in a thread.
    pub subject: String,
    /// The texts.
    pub body: Body,
    /// The idempotency key (semantics S6.1).
    pub key: String,
    /// The instant that the message bears as its date.
    pub at: Instant,
    /// The messages that it answers.
    pub thread: Option<Thread>,
    /// How to stop getting such messages.
    pub unsubscribe: Option<Unsubscribe>,
    /// Nobody wrote or looked at it, and nobody should answer by machine (RFC 3834): a notification of the team.
    pub automatic: bool,
}

/// What a message follows up on (`reply: thread`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Thread {
    /// The Message-IDs of the thread, the oldest first, each as sent, with or without its angle brackets.
    pub messages: Vec<String>,
    /// The subject of the first.
    pub subject: String,
}

/// A message as it goes out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Composed {
    /// Its Message-ID, without the angle brackets.
    pub message_id: String,
    /// The envelope's sender.
    pub sender: Address,
    /// The envelope's recipient.
    pub recipient: Address,
    /// The message, with CRLF line ends, as before the doubling of dots.
    pub bytes: Vec<u8>,
}

/// A letter that can't be composed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Uncomposable(String);

impl fmt::Display for Uncomposable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the message can't be put together: {}", self.0)
    }
}

impl std::error::Error for Uncomposable {}

/// Composes a letter.
pub fn compose(letter: &Letter) -> Result<Composed, Uncomposable> {
    let sender = letter.bounces_to.as_ref().unwrap_or(&letter.from.address).clone();
    let recipient = letter.to.address.clone();
    let refused = |error: &dyn fmt::Display| Uncomposable(error.to_string());
    let envelope = lettre::address::Envelope::new(Some(sender.lettre()), vec![recipient.lettre()]);
    let builder = lettre::Message::builder()
        .from(lettre::message::Mailbox::new(None, letter.from.address.lettre()))
        .date(date(letter.at))
        .envelope(envelope.map_err(|error| refused(&error))?);
    let text = part(&letter.body.text, ContentType::TEXT_PLAIN);
    let message = match &letter.body.html {
        Some(html) => {
            let parts = MultiPart::alternative().boundary(boundary(&letter.key)).build();
            builder.multipart(parts.singlepart(text).singlepart(part(html, ContentType::TEXT_HTML)))
        }
        None => builder.singlepart(text),
    };
    let mut message = message.map_err(|error| refused(&error))?;
    for header in headers(letter) {
        message.headers_mut().insert_raw(header.encoded());
    }
    Ok(Composed { message_id: message_id(letter), sender, recipient, bytes: message.formatted() })
}

/// Never 7 or 8 bit, so that no line is too long, no relay changes the text, and no boundary can be in it.
fn part(text: &str, kind: ContentType) -> SinglePart {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let other = text.bytes().filter(|byte| !byte.is_ascii()).count();
    let encoding = if other > text.len() / 3 {
        ContentTransferEncoding::Base64
    } else {
        ContentTransferEncoding::QuotedPrintable
    };
    SinglePart::builder().header(kind).header(encoding).body(text)
}

/// The Message-ID that a letter goes out with, without the angle brackets: its key at its sender's domain.
pub fn message_id(letter: &Letter) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let key = &letter.key;
    let local =
        if !key.is_empty() && key.len() <= 64 && key.chars().all(fits) { key.clone() } else { hashed(key) };
    // An address literal is no good right-hand side of an id.
    let domain = ascii_domain(letter.from.address.domain()).filter(|domain| !domain.starts_with('['));
    format!("{local}@{}", domain.as_deref().unwrap_or("localhost"))
}

/// `=_` can stand in neither quoted-printable nor base64.
fn boundary(key: &str) -> String {
    format!("=_{}", hashed(key))
}

fn hashed(key: &str) -> String {
    let hash = Sha256::digest(key.as_bytes());
    data_encoding::HEXLOWER.encode(hash.get(..16).unwrap_or_default())
}

/// A date that headers can say: the years 1970 to 9999.
fn date(at: Instant) -> SystemTime {
    let ms = at.clamp(Instant(0), Instant::LAST).0.unsigned_abs();
    UNIX_EPOCH + Duration::from_millis(ms)
}
