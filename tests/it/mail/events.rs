//! Webhooks of mail services: what they say in one vocabulary, and that nothing is taken without its proof.

use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::Sha256;
use std::fmt::Write as _;
use wayfare::base::Instant;
use wayfare::connect::mail::events::*;
use wayfare::connect::secret::Secret;

/// When all of the requests were signed.
pub(super) const NOW: Instant = Instant(1_767_603_660_000);

pub(super) fn cases(service: &str) -> Vec<Value> {
    let path = format!("{}/tests/cases/mail/events/{service}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A request as a service would sign it.
pub(super) struct Signed {
    pub proof: Proof,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Signed {
    pub fn read(&self, now: Instant) -> Result<Vec<MailEvent>, Refused> {
        let headers: Vec<(&str, &str)> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        events(&self.proof, &Hook { headers: &headers, body: &self.body }, now, &mut Seen::default())
    }
}

fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    Hmac::<Sha256>::new_from_slice(key).unwrap().chain_update(text).finalize().into_bytes().to_vec()
}

pub(super) fn sendgrid(events: &[Value]) -> Signed {
    let random = SystemRandom::new();
    let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.as_ref(), &random).unwrap();
    // A public key of P-256 as DER has these bytes before its point.
    let spki = HEXLOWER.decode(b"3059301306072a8648ce3d020106082a8648ce3d030107034200").unwrap();
    let public_key = BASE64.encode(&[spki.as_slice(), key.public_key().as_ref()].concat());
    let body = Value::Array(events.to_vec()).to_string().into_bytes();
    let timestamp = (NOW.0 / 1000).to_string();
    let signature = key.sign(&random, &[timestamp.as_bytes(), &body].concat()).unwrap();
    Signed {
        proof: Proof::SendGrid { public_key },
        headers: vec![
            ("X-Twilio-Email-Event-Webhook-Signature".into(), BASE64.encode(signature.as_ref())),
            ("X-Twilio-Email-Event-Webhook-Timestamp".into(), timestamp),
        ],
        body,
    }
}

pub(super) fn mailgun(event: &Value, token: &str) -> Signed {
    let timestamp = (NOW.0 / 1000).to_string();
    let signature = HEXLOWER.encode(&hmac(b"key-0123456789", format!("{timestamp}{token}").as_bytes()));
    let body = json!({ "signature": { "timestamp": timestamp, "token": token, "signature": signature }, "event-data": event });
    let proof = Proof::Mailgun { signing_key: Secret::new("key-0123456789") };
    let headers = vec![("Content-Type".into(), "application/json".into())];
    Signed { proof, headers, body: body.to_string().into_bytes() }
}

pub(super) fn postmark(event: &Value) -> Signed {
    let authorization = format!("Basic {}", BASE64.encode(b"wayfare:hush"));
    Signed {
        proof: Proof::Postmark { credentials: Secret::new("wayfare:hush") },
        headers: vec![("Authorization".into(), authorization)],
        body: event.to_string().into_bytes(),
    }
}

pub(super) fn resend(event: &Value, id: &str) -> Signed {
    let (body, timestamp) = (event.to_string(), (NOW.0 / 1000).to_string());
    let signature = BASE64.encode(&hmac(&[7; 24], format!("{id}.{timestamp}.{body}").as_bytes()));
    Signed {
        proof: Proof::Resend { secret: Secret::new(format!("whsec_{}", BASE64.encode(&[7; 24]))) },
        headers: vec![
            ("svix-id".into(), id.into()),
            ("svix-timestamp".into(), timestamp),
            ("svix-signature".into(), format!("v1,{} v1,{signature}", BASE64.encode(&[0; 32]))),
        ],
        body: body.into_bytes(),
    }
}

/// All cases of a service, signed.
pub(super) fn signed(service: &str) -> Vec<Signed> {
    let cases = cases(service);
    match service {
        "sendgrid" => vec![sendgrid(&cases)],
        "mailgun" => {
            cases.iter().enumerate().map(|(at, event)| mailgun(event, &format!("token-{at}"))).collect()
        }
        "postmark" => cases.iter().map(postmark).collect(),
        _ => cases.iter().enumerate().map(|(at, event)| resend(event, &format!("msg_{at}"))).collect(),
    }
}

fn line(event: &MailEvent) -> String {
    let json = serde_json::to_value(event).unwrap();
    let fields = json
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, value)| !value.is_null() && **value != Value::Bool(false));
    fields.fold(String::new(), |mut line, (name, value)| {
        let _ = write!(line, "{name}={value} ");
        line
    })
}

#[test]
fn every_service_in_one_vocabulary() {
    for service in ["sendgrid", "mailgun", "postmark", "resend"] {
        let signed = signed(service);
        let read = signed.iter().flat_map(|signed| signed.read(NOW).unwrap()).map(|event| line(&event));
        insta::assert_snapshot!(service, read.collect::<Vec<_>>().join("\n"));
    }
}

#[test]
fn nothing_is_taken_that_was_changed() {
    for service in ["sendgrid", "mailgun", "postmark", "resend"] {
        let refused = |change: &dyn Fn(&mut Signed)| {
            let mut one = signed(service).swap_remove(0);
            change(&mut one);
            matches!(one.read(NOW), Err(Refused::Unproven(_)))
        };
        assert!(!refused(&|_| {}), "{service}");
        assert!(refused(&|one| one.headers.clear()) || service == "mailgun", "{service}: no headers");
        if service != "postmark" {
            // Mailgun signs its token alone: what else is changed must not matter to the proof, and the token can't be.
            let changed = String::from_utf8(signed(service).swap_remove(0).body).unwrap();
            let changed = if service == "mailgun" {
                changed.replace("token-0", "token-9")
            } else {
                changed.replace("ann@", "eve@")
            };
            assert!(refused(&|one| one.body = changed.clone().into_bytes()), "{service}: body");
        }
        let other = |one: &mut Signed| {
            one.proof = match &one.proof {
                Proof::SendGrid { .. } => sendgrid(&[]).proof,
                Proof::Mailgun { .. } => Proof::Mailgun { signing_key: Secret::new("another") },
                Proof::Postmark { .. } => Proof::Postmark { credentials: Secret::new("wayfare:hus") },
                Proof::Resend { .. } => {
                    Proof::Resend { secret: Secret::new(format!("whsec_{}", BASE64.encode(&[8; 24]))) }
                }
            }
        };
        assert!(refused(&other), "{service}: key");
        for at in [0, 1] {
            let broken = |one: &mut Signed| {
                if let Some((_, value)) = one.headers.get_mut(at) {
                    value.insert(0, '0');
                }
            };
            assert!(
                refused(&broken) || service == "mailgun" || (at == 1 && service == "postmark"),
                "{service}: header {at}"
            );
        }
    }
}

#[test]
fn what_is_old_or_came_before_is_refused() {
    let day = 24 * 3_600_000;
    for service in ["sendgrid", "mailgun", "resend"] {
        let one = signed(service).swap_remove(0);
        assert_eq!(one.read(NOW.plus(2 * day)), Err(Refused::Stale), "{service}");
        assert_eq!(one.read(NOW.minus(day)), Err(Refused::Stale), "{service}");
    }
    let one = signed("mailgun").swap_remove(0);
    let mut seen = Seen::default();
    let hook = Hook { headers: &[], body: &one.body };
    let token = events(&one.proof, &hook, NOW, &mut seen).unwrap().swap_remove(0).id.unwrap();
    // Not taken yet: a request that failed on our side may come again.
    assert!(events(&one.proof, &hook, NOW, &mut seen).is_ok());
    seen.take(&token, NOW);
    assert_eq!(events(&one.proof, &hook, NOW, &mut seen), Err(Refused::Replayed));
}

#[test]
fn garbage_is_no_panic() {
    for body in [
        "",
        "{",
        "[]",
        "null",
        "[1]",
        "{\"signature\":7}",
        "{\"signature\":{\"timestamp\":\"x\",\"token\":\"\",\"signature\":\"zz\"}}",
    ] {
        for mut one in
            ["sendgrid", "mailgun", "postmark", "resend"].map(|service| signed(service).swap_remove(0))
        {
            one.body = body.into();
            let _ = one.read(NOW);
        }
    }
    let odd = json!({ "RecordType": "Bounce", "Type": 7, "ID": {}, "BouncedAt": "yesterday", "Email": [] });
    assert_eq!(postmark(&odd).read(NOW).unwrap().len(), 1);
}

const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:ses-events";
const CERTIFICATE: &[u8] = include_bytes!("../../cases/mail/sns/certificate.pem");

fn sns(message: &Value) -> Result<Envelope, Refused> {
    let body = message.to_string();
    Envelope::read(&Hook { headers: &[], body: body.as_bytes() }, &[TOPIC.to_owned()])
}

fn messages() -> Vec<Value> {
    serde_json::from_str(include_str!("../../cases/mail/sns/messages.json")).unwrap()
}

#[test]
fn amazons_messages_are_read_in_both_versions_of_the_signature() {
    let mut out = String::new();
    for message in messages() {
        let envelope = sns(&message).unwrap();
        assert!(envelope.certificate_url().unwrap().starts_with("https://sns.eu-west-1.amazonaws.com/"));
        envelope.verify(CERTIFICATE, NOW).unwrap();
        match envelope.notice() {
            Ok(Notice::Events(events)) => {
                events.iter().for_each(|event| out.push_str(&format!("{}\n", line(event))));
            }
            other => out.push_str(&format!("{other:?}\n")),
        }
    }
    insta::assert_snapshot!("ses", out);
}

#[test]
fn amazons_messages_are_refused_when_they_are_not_amazons() {
    let first = messages().swap_remove(0);
    let changed = |name: &str, value: &str| {
        let mut message = first.clone();
        message[name] = value.into();
        message
    };
    for name in ["Message", "MessageId", "Timestamp", "Signature", "SignatureVersion"] {
        let envelope = sns(&changed(name, "2026-01-05T09:00:00.001Z")).unwrap();
        assert!(matches!(envelope.verify(CERTIFICATE, NOW), Err(Refused::Unproven(_))), "{name}");
    }
    assert!(sns(&changed("TopicArn", "arn:aws:sns:eu-west-1:666:evil")).is_err());
    assert!(matches!(
        sns(&changed("Type", "Evil")).unwrap().verify(CERTIFICATE, NOW),
        Err(Refused::Unproven(_))
    ));
    for url in [
        "http://sns.eu-west-1.amazonaws.com/x.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.example/x.pem",
        "https://evil.example/sns.eu-west-1.amazonaws.com/x.pem",
        "https://user@sns.eu-west-1.amazonaws.com/x.pem",
        "https://sns.eu-west-1.amazonaws.com:444/x.pem",
        "https://sns.eu-west-1.amazonaws.com/x",
        "https://sns..amazonaws.com/x.pem",
        "https://sns.eu-west-1.amazonaws.com\\@evil.example/x.pem",
        "",
    ] {
        assert!(sns(&changed("SigningCertURL", url)).unwrap().certificate_url().is_err(), "{url}");
    }
    let whole = sns(&first).unwrap();
    assert_eq!(whole.verify(CERTIFICATE, NOW.plus(48 * 3_600_000)), Err(Refused::Stale));
    assert!(whole.verify(b"no certificate", NOW).is_err());
}
