//! DKIM signatures (RFC 6376; Ed25519: RFC 8463), relaxed in headers and body.
//!
//! In: a message as composed, the key, the second. Out: the header to put before it. The headers that RFC 8058 wants
//! covered are among those that are signed; `From` and those that people see are signed once more than they are there,
//! so that none can be added. Why not a crate: those that sign bring an RSA that leaks by its timing (RUSTSEC-2023-0071)
//! or a second TLS stack; `ring` is here already. Not here: publishing the key, verifying.

use crate::base::Instant;
use data_encoding::BASE64;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use std::fmt;
use std::sync::Arc;

/// What messages are signed with.
#[derive(Clone)]
pub struct Dkim {
    domain: String,
    selector: String,
    key: Arc<Key>,
}

enum Key {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// A key that can't be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BadDkim {
    /// It is neither PEM nor base64.
    NotBase64,
    /// It is no RSA key of 2048 to 4096 bits and no Ed25519 key.
    NotAKey,
    /// Domain or selector is no name of the DNS.
    Name,
}

impl fmt::Display for BadDkim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotBase64 => "the DKIM key is neither PEM nor the base64 between PEM's lines",
            Self::NotAKey => {
                "the DKIM key is no RSA key of 2048 to 4096 bits, nor an Ed25519 key (PKCS#8 or PKCS#1)"
            }
            Self::Name => {
                "domain and selector of DKIM have to be names of the DNS, such as `acme.com` and `wf1`"
            }
        })
    }
}

impl std::error::Error for BadDkim {}

impl fmt::Debug for Dkim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dkim({}._domainkey.{})", self.selector, self.domain)
    }
}

/// Headers that are signed where they are.
const SIGNED: [&str; 13] = [
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "reply-to",
    "in-reply-to",
    "references",
    "mime-version",
    "content-type",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "auto-submitted",
];
/// Headers that are signed once more, so that one that is added breaks the signature.
const SEALED: [&str; 5] = ["from", "to", "subject", "date", "reply-to"];

impl Dkim {
    /// With a private key: PEM, or the base64 in it.
    pub fn new(domain: &str, selector: &str, key: &str) -> Result<Self, BadDkim> {
        let domain = super::address::ascii_domain(domain).ok_or(BadDkim::Name)?;
        let fits = |name: &str| {
            !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
        };
        if !fits(&domain) || !fits(selector) {
            return Err(BadDkim::Name);
        }
        let der = der(key).ok_or(BadDkim::NotBase64)?;
        let key = Arc::new(self::key(&der).ok_or(BadDkim::NotAKey)?);
        Ok(Self { domain, selector: selector.to_owned(), key })
    }

    /// The message with its signature before it.
    pub fn signed(&self, message: &[u8], at: Instant) -> Vec<u8> {
        let (head, body) = split(message);
        let headers = headers(head);
        let (mut names, mut input) = (Vec::new(), Vec::new());
        for name in SIGNED {
            for (_, value) in headers.iter().filter(|(known, _)| known == name) {
                names.push(name);
                input.extend(format!("{name}:{value}\r\n").into_bytes());
            }
        }
        names.extend(SEALED);
        let (kind, seconds) = (self.kind(), at.0.div_euclid(1000));
        let body_hash = BASE64.encode(digest(&SHA256, &relaxed_body(body)).as_ref());
        let unsigned = format!(
            "v=1; a={kind}; c=relaxed/relaxed; d={}; s={}; t={seconds};\r\n h={};\r\n bh={body_hash};\r\n b=",
            self.domain,
            self.selector,
            names.join(":\r\n  "),
        );
        input.extend(format!("dkim-signature:{}", relaxed(&unsigned)).into_bytes());
        let signature = folded(&BASE64.encode(&self.sign(&input)));
        let mut out = format!("DKIM-Signature: {unsigned}{signature}\r\n").into_bytes();
        out.extend_from_slice(message);
        out
    }

    fn kind(&self) -> &'static str {
        match *self.key {
            Key::Rsa(_) => "rsa-sha256",
            Key::Ed25519(_) => "ed25519-sha256",
        }
    }

    fn sign(&self, input: &[u8]) -> Vec<u8> {
        match &*self.key {
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                // Randomness only blinds the arithmetic; the signature is the same each time. It can't fail for a key
                // and a buffer of these lengths.
                let _ = key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input, &mut signature);
                signature
            }
            // RFC 8463 signs the hash.
            Key::Ed25519(key) => key.sign(digest(&SHA256, input).as_ref()).as_ref().to_vec(),
        }
    }
}

/// The bytes of a key: what stands between the lines of PEM, or all of it. `\n` may be written out, as in variables.
fn der(key: &str) -> Option<Vec<u8>> {
    let key = key.replace("\\n", "\n");
    let base64 = match key.split("-----").collect::<Vec<_>>().as_slice() {
        [_, _, body, ..] => (*body).to_owned(),
        _ => key,
    };
    let base64: String = base64.chars().filter(|c| !c.is_whitespace()).collect();
    BASE64.decode(base64.as_bytes()).ok().filter(|der| !der.is_empty())
}

fn key(der: &[u8]) -> Option<Key> {
    if der.len() == 32 {
        return Ed25519KeyPair::from_seed_unchecked(der).ok().map(Key::Ed25519);
    }
    let rsa = RsaKeyPair::from_pkcs8(der).or_else(|_| RsaKeyPair::from_der(der)).ok().map(Key::Rsa);
    rsa.or_else(|| Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).ok().map(Key::Ed25519))
}

/// Headers and body, without the empty line between them.
fn split(message: &[u8]) -> (&[u8], &[u8]) {
    let at = message.windows(4).position(|window| window == b"\r\n\r\n");
    at.and_then(|at| Some((message.get(..at + 2)?, message.get(at + 4..)?))).unwrap_or((message, &[]))
}

/// (name in lower case, relaxed value) of each header, the last first: that is the order in which equals are signed.
fn headers(head: &[u8]) -> Vec<(String, String)> {
    let head = String::from_utf8_lossy(head);
    let mut all: Vec<(String, String)> = Vec::new();
    for line in head.split("\r\n").filter(|line| !line.is_empty()) {
        match (line.starts_with([' ', '\t']), all.last_mut(), line.split_once(':')) {
            (true, Some((_, value)), _) => value.push_str(line),
            (false, _, Some((name, value))) => all.push((name.trim().to_ascii_lowercase(), value.to_owned())),
            _ => {}
        }
    }
    all.into_iter().rev().map(|(name, value)| (name, relaxed(&value))).collect()
}

/// A value with each run of white space as one space, none at the ends.
fn relaxed(value: &str) -> String {
    value.split([' ', '\t', '\r', '\n']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A body with each run of white space in a line as one space, none at the ends of lines, no empty lines at the end.
fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + 2);
    for line in body.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut space = false;
        for byte in line {
            if matches!(byte, b' ' | b'\t') {
                space = true;
                continue;
            }
            if std::mem::take(&mut space) {
                out.push(b' ');
            }
            out.push(*byte);
        }
        out.extend_from_slice(b"\r\n");
    }
    while out.ends_with(b"\r\n\r\n") {
        out.truncate(out.len() - 2);
    }
    if out == b"\r\n" { Vec::new() } else { out }
}

/// In lines of 72.
fn folded(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(72).map(|line| line.iter().collect::<String>()).collect::<Vec<_>>().join("\r\n  ")
}
