//! Signed tokens that stand in addresses and URLs for a message: opens, clicks, unsubscribing, bounces, answers.
//!
//! In: what the token is for, the message's key. Out: 52 letters and digits that mean nothing to whoever sees them and
//! can't be made up; read back only with the key. A token refers to what is stored and carries no address, URL or
//! name, so there is no open redirect and nothing to leak. It never ends: mail is read, and left, years later.
//! Layout: key number, purpose, message (16), link (2), the first 12 bytes of HMAC-SHA256 over a fixed text and all
//! before it; as base 32 in lower case, since the local part of an address may lose its case on the way.

use data_encoding::{Encoding, HEXLOWER, Specification};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::fmt;
use std::sync::LazyLock;

/// What a token is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Purpose {
    /// The pixel of a message.
    Open,
    /// A link of a message, by its place among the links that were stored with it.
    Click(u16),
    /// Stop such messages to its recipient.
    Unsubscribe,
    /// The address that bounces of a message go to.
    Bounce,
    /// The address that answers to a message go to.
    Reply,
}

/// The idempotency key of a message, `wf_` and 32 hexadecimal digits, as 16 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageKey([u8; 16]);

impl MessageKey {
    /// Reads it; `None`: it is none.
    pub fn parse(key: &str) -> Option<Self> {
        let hex = key.strip_prefix("wf_").filter(|hex| hex.len() == 32)?;
        HEXLOWER.decode(hex.as_bytes()).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Display for MessageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "wf_{}", HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for MessageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The keys that tokens are signed with: the first signs, all are accepted.
#[derive(Clone)]
pub struct Keys(Vec<(u8, Hmac<Sha256>)>);

/// A secret that is too short to sign with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WeakKey;

impl fmt::Display for WeakKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a key that tokens are signed with has at least {SHORTEST} bytes; make one with `openssl rand -hex 32`"
        )
    }
}

impl std::error::Error for WeakKey {}

/// The shortest key, in bytes.
const SHORTEST: usize = 16;
/// What is signed before the token's own bytes, so that a signature is good for nothing else.
const DOMAIN: &[u8] = b"wayfare token 1";
const BODY: usize = 20;
const MAC: usize = 12;

static BASE32: LazyLock<Option<Encoding>> = LazyLock::new(|| {
    let mut spec = Specification::new();
    spec.symbols.push_str("abcdefghijklmnopqrstuvwxyz234567");
    spec.translate.from.push_str("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    spec.translate.to.push_str("abcdefghijklmnopqrstuvwxyz");
    spec.encoding().ok()
});

impl Keys {
    /// The key that signs, then former ones that are still accepted.
    pub fn new<'k>(keys: impl IntoIterator<Item = &'k [u8]>) -> Result<Self, WeakKey> {
        let key = |key: &[u8]| {
            let number = Sha256::digest([b"number of ", key].concat()).first().copied()?;
            let mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
            (key.len() >= SHORTEST).then_some((number, mac))
        };
        let keys = keys.into_iter().map(key).collect::<Option<Vec<_>>>().ok_or(WeakKey)?;
        if keys.is_empty() { Err(WeakKey) } else { Ok(Self(keys)) }
    }

    /// The token for a message.
    pub fn token(&self, purpose: Purpose, message: MessageKey) -> String {
        let Some(((number, mac), base32)) = self.0.first().zip(BASE32.as_ref()) else { return String::new() };
        let (kind, link) = code(purpose);
        let mut bytes = vec![*number, kind];
        bytes.extend(message.0);
        bytes.extend(link.to_be_bytes());
        let mac = mac.clone().chain_update(DOMAIN).chain_update(&bytes).finalize().into_bytes();
        bytes.extend(mac.iter().take(MAC));
        base32.encode(&bytes)
    }

    /// What a token is for and of which message; `None`: it was not made here.
    pub fn read(&self, token: &str) -> Option<(Purpose, MessageKey)> {
        let bytes = BASE32.as_ref()?.decode(token.as_bytes()).ok()?;
        let (body, mac) = bytes.split_at_checked(BODY).filter(|(_, mac)| mac.len() == MAC)?;
        let [number, kind, message @ .., high, low] = body else { return None };
        // Two keys may bear the same number.
        let signed = self.0.iter().filter(|(known, _)| known == number).any(|(_, key)| {
            key.clone().chain_update(DOMAIN).chain_update(body).verify_truncated_left(mac).is_ok()
        });
        let purpose = purpose(*kind, u16::from_be_bytes([*high, *low]))?;
        signed.then_some((purpose, MessageKey(message.try_into().ok()?)))
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.0.len())
    }
}

fn code(purpose: Purpose) -> (u8, u16) {
    match purpose {
        Purpose::Open => (1, 0),
        Purpose::Click(link) => (2, link),
        Purpose::Unsubscribe => (3, 0),
        Purpose::Bounce => (4, 0),
        Purpose::Reply => (5, 0),
    }
}

fn purpose(kind: u8, link: u16) -> Option<Purpose> {
    Some(match (kind, link) {
        (1, 0) => Purpose::Open,
        (2, link) => Purpose::Click(link),
        (3, 0) => Purpose::Unsubscribe,
        (4, 0) => Purpose::Bounce,
        (5, 0) => Purpose::Reply,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(texts: &[&str]) -> Keys {
        Keys::new(texts.iter().map(|text| text.as_bytes())).unwrap()
    }

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    fn message() -> MessageKey {
        MessageKey::parse("wf_00112233445566778899aabbccddeeff").unwrap()
    }

    #[test]
    fn reads_what_it_wrote_in_either_case() {
        let keys = keys(&[KEY]);
        for purpose in
            [Purpose::Open, Purpose::Click(65_535), Purpose::Unsubscribe, Purpose::Bounce, Purpose::Reply]
        {
            let token = keys.token(purpose, message());
            assert_eq!(token.len(), 52);
            assert_eq!(keys.read(&token), Some((purpose, message())));
            assert_eq!(keys.read(&token.to_uppercase()), Some((purpose, message())));
        }
    }

    #[test]
    fn refuses_what_is_changed_anywhere() {
        let keys = keys(&[KEY]);
        let token = keys.token(Purpose::Click(7), message());
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'a' { b'b' } else { b'a' };
            assert_eq!(keys.read(std::str::from_utf8(&changed).unwrap()), None, "at {at}");
        }
        assert_eq!(keys.read(""), None);
        assert_eq!(keys.read(token.get(..51).unwrap()), None);
    }

    #[test]
    fn a_former_key_still_reads_and_a_strange_one_does_not() {
        let old = keys(&[KEY]).token(Purpose::Unsubscribe, message());
        let rotated = keys(&["another key of enough bytes", KEY]);
        assert_eq!(rotated.read(&old), Some((Purpose::Unsubscribe, message())));
        assert_ne!(rotated.token(Purpose::Unsubscribe, message()), old);
        assert_eq!(keys(&["another key of enough bytes"]).read(&old), None);
        assert!(Keys::new([b"short".as_slice()]).is_err());
    }
}
