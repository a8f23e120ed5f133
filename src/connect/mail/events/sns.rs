//! The envelope in which Amazon SNS brings the events of SES.
//!
//! In: a request. Out, step by step: [`Envelope::read`]; the certificate to fetch ([`Envelope::certificate_url`], only
//! ever from Amazon's own hosts, over HTTPS); [`Envelope::verify`] with it, then a [`Notice`]: events, or the address
//! that confirms a subscription, which is given out for topics that the settings name and no others.
//! Source: AWS, "Verifying the signatures of Amazon SNS messages", "HTTP/HTTPS subscription confirmation JSON format".

use super::json::{parse, some, text};
use super::{Hook, MailEvent, Refused, is_fresh, ses};
use crate::base::Instant;
use data_encoding::BASE64;
use ring::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, RsaParameters,
    UnparsedPublicKey,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::Value;
use webpki::EndEntityCert;

/// SNS tries for an hour by its usual policy, for 23 days at most by one of one's own.
const OLDEST: i64 = 24 * 3_600_000;

/// A message of SNS, not yet verified.
#[derive(Clone, Debug)]
pub struct Envelope {
    kind: String,
    body: Value,
}

/// What a verified message says.
#[derive(Clone, PartialEq, Debug)]
pub enum Notice {
    /// Events.
    Events(Vec<MailEvent>),
    /// Fetch this, once, without following redirects, to confirm the subscription.
    Confirm(String),
    /// Mail that SES received for us, whole (RFC 5322).
    Mail(Vec<u8>),
    /// Nothing to be done.
    Nothing,
}

impl Envelope {
    /// Reads a request. Only messages of these topics (ARNs) are taken.
    pub fn read(hook: &Hook<'_>, topics: &[String]) -> Result<Self, Refused> {
        let body = parse(hook.body).map_err(|_| Refused::Unproven("the body is no JSON"))?;
        let kind = text(&body, &["Type"]).ok_or(Refused::Unproven("the message has no type"))?;
        if hook.header("x-amz-sns-message-type").is_some_and(|said| said != kind) {
            return Err(Refused::Unproven("header and body name two types"));
        }
        let topic = text(&body, &["TopicArn"]).unwrap_or_default();
        if !topics.contains(&topic) {
            return Err(Refused::Unproven("the topic is not in the settings"));
        }
        Ok(Self { kind, body })
    }

    /// Where the certificate is that signed it: `https://sns.REGION.amazonaws.com/….pem` and nowhere else.
    pub fn certificate_url(&self) -> Result<String, Refused> {
        let url = text(&self.body, &["SigningCertURL"]).unwrap_or_default();
        let is_pem = url.rsplit('.').next() == Some("pem") && !url.contains(['?', '#']);
        if is_amazon(&url) && is_pem {
            Ok(url)
        } else {
            Err(Refused::Unproven("the certificate is not Amazon's"))
        }
    }

    /// Verifies it with the certificate (PEM) from [`Envelope::certificate_url`].
    pub fn verify(&self, certificate: &[u8], now: Instant) -> Result<(), Refused> {
        let wrong = || Refused::Unproven("the signature does not hold");
        let signature = text(&self.body, &["Signature"]).ok_or_else(wrong)?;
        let signature = BASE64.decode(signature.as_bytes()).map_err(|_| wrong())?;
        let algorithm: &RsaParameters = match text(&self.body, &["SignatureVersion"]).as_deref() {
            Some("1") => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            Some("2") => &RSA_PKCS1_2048_8192_SHA256,
            _ => return Err(Refused::Unproven("the signature is of an unknown version")),
        };
        let certificate = CertificateDer::from_pem_slice(certificate);
        let certificate = certificate.map_err(|_| Refused::Unproven("the certificate can't be read"))?;
        let certificate = EndEntityCert::try_from(&certificate);
        let certificate = certificate.map_err(|_| Refused::Unproven("the certificate can't be read"))?;
        let spki = certificate.subject_public_key_info();
        let key = rsa_key(&spki).ok_or(Refused::Unproven("the certificate holds no RSA key"))?;
        UnparsedPublicKey::new(algorithm, key)
            .verify(self.signed()?.as_bytes(), &signature)
            .map_err(|_| wrong())?;
        let at = text(&self.body, &["Timestamp"]).and_then(|at| Instant::parse(&at)).ok_or(Refused::Stale)?;
        if is_fresh(at, now, OLDEST) { Ok(()) } else { Err(Refused::Stale) }
    }

    /// What is signed: names and values, a line each, in the order of their names.
    fn signed(&self) -> Result<String, Refused> {
        let names: &[&str] = match self.kind.as_str() {
            "Notification" => &["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
            "SubscriptionConfirmation" | "UnsubscribeConfirmation" => {
                &["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
            }
            _ => return Err(Refused::Unproven("the message is of an unknown type")),
        };
        let line = |name: &&str| text(&self.body, &[name]).map(|value| format!("{name}\n{value}\n"));
        Ok(names.iter().filter_map(line).collect())
    }

    /// What it says. Ask only when it is verified.
    pub fn notice(&self) -> Result<Notice, Refused> {
        match self.kind.as_str() {
            "SubscriptionConfirmation" => {
                let url = text(&self.body, &["SubscribeURL"]).unwrap_or_default();
                if is_amazon(&url) {
                    Ok(Notice::Confirm(url))
                } else {
                    Err(Refused::Unproven("the address that confirms is not Amazon's"))
                }
            }
            "Notification" => {
                let message = text(&self.body, &["Message"]).unwrap_or_default();
                // SES says so once, in plain words, behind a new subscription.
                let Ok(message) = serde_json::from_str::<Value>(&message) else { return Ok(Notice::Nothing) };
                let id = some(&self.body, &["MessageId"]);
                let at = text(&self.body, &["Timestamp"]).and_then(|at| Instant::parse(&at));
                Ok(ses::notice(&message, id, at))
            }
            _ => Ok(Notice::Nothing),
        }
    }
}

/// A page of SNS: HTTPS, `sns.REGION.amazonaws.com` (or `.com.cn`), no user, no port.
fn is_amazon(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let region = host.strip_prefix("sns.").and_then(|host| {
        host.strip_suffix(".amazonaws.com").or_else(|| host.strip_suffix(".amazonaws.com.cn"))
    });
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    region.is_some_and(|region| !region.is_empty() && region.chars().all(fits))
        && url.chars().all(|c| c.is_ascii_graphic() && c != '\\')
}

/// The key in a `SubjectPublicKeyInfo`: a sequence of the algorithm and a bit string, which holds the key.
fn rsa_key(spki: &[u8]) -> Option<&[u8]> {
    const RSA: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
    let (whole, _) = element(spki, 0x30)?;
    let (algorithm, rest) = element(whole, 0x30)?;
    let (bits, _) = element(rest, 0x03)?;
    algorithm.starts_with(&RSA).then(|| bits.strip_prefix(&[0]))?
}

/// One element of DER with that tag: its content, and what follows it.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (length, rest) = match length {
        short if *short < 0x80 => (usize::from(*short), rest),
        long => {
            let (digits, rest) = rest.split_at_checked(usize::from(long & 0x7f))?;
            (digits.len() <= 4)
                .then(|| (digits.iter().fold(0, |all, digit| all << 8 | usize::from(*digit)), rest))?
        }
    };
    let (content, rest) = rest.split_at_checked(length)?;
    (*first == tag).then_some((content, rest))
}
