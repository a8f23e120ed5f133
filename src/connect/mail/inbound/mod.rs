//! Mail that comes in: bounces, answers, complaints, wishes to unsubscribe.
//!
//! In: a message as received, and the addresses of its envelope. Out: [`Received`]: events about messages of ours, or why
//! it is none of our business. A message of ours is found by the signed token in the address it was sent to, else by
//! our Message-ID in what it quotes. Invariant: whatever a stranger writes, the worst that it does is to be taken for an
//! answer to a message whose id its writer has seen. Lenient about form: real bounces often have none.
//! Not here: receiving mail, other people's services ([`mail_of_hook`] reads their webhooks).

mod automatic;
mod bounce;
mod hook;

pub use self::hook::{RawMail, mail_of_hook};

use super::events::{Kind, MailEvent, Reason};
use super::token::{Keys, MessageKey, Purpose};
use crate::base::Instant;
use mail_parser::{HeaderValue, Message, MessageParser, PartType};
use sha2::{Digest, Sha256};

/// A message, and what came of it.
#[derive(Clone, PartialEq, Debug)]
pub enum Received {
    /// What it says about messages of ours.
    Events(Vec<MailEvent>),
    /// Nothing: why, in words.
    Ignored(&'static str),
}

/// Reads a message. `to` are the addresses that it was sent to by its envelope, `from` who sent it (empty: nobody, a
/// bounce).
pub fn received(raw: &[u8], to: &[&str], from: Option<&str>, keys: &Keys, now: Instant) -> Received {
    let Some(message) = MessageParser::default().parse(raw) else {
        return Received::Ignored("it is no message");
    };
    let token = token(&message, to, keys);
    let common = MailEvent { at: Some(now), id: Some(id(&message, raw)), ..MailEvent::default() };
    if let Some(events) = bounce::events(&message, raw, token, &common) {
        return events;
    }
    let automatic = automatic::is_automatic(&message, from);
    let event =
        |kind, key: MessageKey| MailEvent { kind: Some(kind), key: Some(key.to_string()), ..common.clone() };
    match token {
        Some((Purpose::Unsubscribe, key)) => Received::Events(vec![MailEvent {
            reason: Some(Reason::Unsubscribed),
            ..event(Kind::Unsubscribed, key)
        }]),
        // What comes to the address for bounces and looks like none: a machine that ignores the standards.
        Some((Purpose::Bounce, key)) if automatic => Received::Events(vec![event(Kind::Autoresponded, key)]),
        _ => match token.map(|(_, key)| key).or_else(|| quoted(&message)) {
            None => Received::Ignored("it answers no message of ours"),
            Some(key) => {
                let kind = if automatic { Kind::Autoresponded } else { Kind::Replied };
                Received::Events(vec![MailEvent { recipient: sender(&message), ..event(kind, key) }])
            }
        },
    }
}

/// The same for the same message, however often it comes.
fn id(message: &Message<'_>, raw: &[u8]) -> String {
    message.message_id().map_or_else(
        || data_encoding::HEXLOWER.encode(Sha256::digest(raw).get(..16).unwrap_or_default()),
        |id| id.chars().take(200).collect(),
    )
}

fn sender(message: &Message<'_>) -> Option<String> {
    message.from()?.first()?.address().map(str::to_ascii_lowercase)
}

/// The token in an address that the message was sent to: by the envelope, else by its headers.
fn token(message: &Message<'_>, to: &[&str], keys: &Keys) -> Option<(Purpose, MessageKey)> {
    let headers = ["Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To"];
    let delivered = headers.iter().filter_map(|name| message.header_raw(*name)).map(str::to_owned);
    let named = [message.to(), message.cc()].into_iter().flatten().flat_map(|list| list.iter());
    let named = named.filter_map(|address| address.address()).map(str::to_owned);
    to.iter().map(ToString::to_string).chain(delivered).chain(named).find_map(|address| {
        let local = address.trim().trim_start_matches('<').rsplit_once('@')?.0.to_owned();
        keys.read(local.rsplit_once('+')?.1)
    })
}

/// The message of ours that a message answers: by `In-Reply-To`, else by the last of its `References`.
fn quoted(message: &Message<'_>) -> Option<MessageKey> {
    let ids = |value: &HeaderValue<'_>| match value {
        HeaderValue::Text(id) => vec![id.to_string()],
        HeaderValue::TextList(ids) => ids.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    };
    let answered = ids(message.in_reply_to()).into_iter();
    answered.chain(ids(message.references()).into_iter().rev()).find_map(|id| key_of_id(&id))
}

/// Our key in a Message-ID, if it is one of ours.
pub fn key_of_id(id: &str) -> Option<MessageKey> {
    MessageKey::parse(id.trim().trim_start_matches('<').split('@').next()?)
}

/// All parts of a message with their content types, those of messages inside it too.
fn parts<'m>(message: &'m Message<'m>, depth: u8, all: &mut Vec<(String, &'m [u8])>) {
    use mail_parser::MimeHeaders;
    for part in &message.parts {
        if let (PartType::Message(inner), true) = (&part.body, depth < 5) {
            parts(inner, depth + 1, all);
        }
        let kind = part.content_type().map_or_else(
            || "text/plain".to_owned(),
            |kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default()).to_ascii_lowercase(),
        );
        all.push((kind, part.contents()));
    }
}
