//! Mail that a service received for us and hands on by a webhook: the whole message where it comes along, else one made
//! of its headers and its text, which is all that answers need.
//!
//! Postmark: JSON, `RawEmail` if that is switched on. Mailgun: a form, `body-mime` if the route's address ends with
//! `mime`; signed. SendGrid: a form, `email` if "POST the raw, full MIME message" is on; it signs nothing, so its
//! address holds a user and a password, as Postmark's. SES: [`Notice::Mail`](super::super::events::Notice).

use super::super::events::{Hook, Proof, Refused, Seen, has_credentials, verify_form};
use crate::base::Instant;
use crate::connect::secret::Secret;
use mail_parser::{MessageParser, MimeHeaders};
use serde_json::Value;
use std::fmt::Write as _;

/// A message as received.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RawMail {
    /// The message.
    pub raw: Vec<u8>,
    /// The addresses that it was sent to.
    pub to: Vec<String>,
    /// Who sent it, by the envelope.
    pub from: Option<String>,
}

/// The message in a request. `credentials` (`user:password`) are those in the webhook's address, for SendGrid.
pub fn mail_of_hook(
    proof: &Proof,
    credentials: Option<&Secret>,
    hook: &Hook<'_>,
    now: Instant,
    seen: &Seen,
) -> Result<RawMail, Refused> {
    match proof {
        Proof::Postmark { credentials } => {
            require(hook, Some(credentials))?;
            let json =
                serde_json::from_slice(hook.body).map_err(|error| Refused::Malformed(error.to_string()))?;
            Ok(postmark(&json))
        }
        Proof::Mailgun { signing_key } => {
            let form = form(hook);
            let field =
                |name| value(&form, name).ok_or(Refused::Unproven("there is no signature in the form"));
            verify_form(signing_key, (field("timestamp")?, field("token")?, field("signature")?), now, seen)?;
            Ok(mailgun(&form))
        }
        Proof::SendGrid { .. } => {
            require(hook, credentials)?;
            Ok(sendgrid(&form(hook)))
        }
        Proof::Resend { .. } => Err(Refused::Malformed(
            "Resend hands on no messages, only that one came; let another service receive".into(),
        )),
    }
}

fn require(hook: &Hook<'_>, credentials: Option<&Secret>) -> Result<(), Refused> {
    let holds = credentials.is_some_and(|credentials| has_credentials(hook, credentials));
    if holds { Ok(()) } else { Err(Refused::Unproven("user and password are not those of the settings")) }
}

type Form = Vec<(String, String)>;

fn value<'f>(form: &'f Form, name: &str) -> Option<&'f str> {
    // The last: what senders can choose comes before what the service adds.
    form.iter().rfind(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// The fields of a form, in either encoding. A `multipart/form-data` body is read as the MIME that it is.
fn form(hook: &Hook<'_>) -> Form {
    let kind = hook.header("content-type").unwrap_or_default();
    if !kind.to_ascii_lowercase().starts_with("multipart/form-data") {
        return url::form_urlencoded::parse(hook.body).into_owned().collect();
    }
    let message =
        [format!("MIME-Version: 1.0\r\nContent-Type: {kind}\r\n\r\n").as_bytes(), hook.body].concat();
    let Some(message) = MessageParser::default().parse(&message) else { return Form::new() };
    let field = |part: &mail_parser::MessagePart<'_>| {
        let name = part.content_disposition()?.attribute("name")?.to_owned();
        Some((name, String::from_utf8_lossy(part.contents()).into_owned()))
    };
    message.parts.iter().filter_map(field).collect()
}

/// A message of headers and text. A header that is none is left out.
fn made(headers: &[(String, String)], text: &str) -> Vec<u8> {
    let mut raw = String::new();
    let made_of = ["content-type", "content-transfer-encoding", "mime-version"];
    for (name, value) in
        headers.iter().filter(|(name, _)| !made_of.contains(&name.to_ascii_lowercase().as_str()))
    {
        if name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':') && !name.is_empty() {
            let _ = write!(raw, "{name}: {}\r\n", super::super::address::one_line(value));
        }
    }
    raw.push_str("Content-Type: text/plain; charset=utf-8\r\n\r\n");
    raw.push_str(text);
    raw.into_bytes()
}

fn postmark(json: &Value) -> RawMail {
    let text = |name: &str| json.get(name).and_then(Value::as_str);
    let headers: Vec<(String, String)> = json
        .get("Headers")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|header| {
            Some((header.get("Name")?.as_str()?.to_owned(), header.get("Value")?.as_str()?.to_owned()))
        })
        .collect();
    let from = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("return-path"))
        .map(|(_, value)| value.clone());
    let mut all = headers;
    for name in ["From", "To", "Cc", "Subject", "Date"] {
        all.extend(text(name).map(|value| (name.to_owned(), value.to_owned())));
    }
    let raw = text("RawEmail")
        .map_or_else(|| made(&all, text("TextBody").unwrap_or_default()), |raw| raw.as_bytes().to_vec());
    RawMail { raw, to: text("OriginalRecipient").map(str::to_owned).into_iter().collect(), from }
}

fn mailgun(form: &Form) -> RawMail {
    let raw = value(form, "body-mime").map_or_else(
        || {
            let headers = value(form, "message-headers")
                .and_then(|json| serde_json::from_str::<Vec<(String, String)>>(json).ok());
            made(&headers.unwrap_or_default(), value(form, "body-plain").unwrap_or_default())
        },
        |raw| raw.as_bytes().to_vec(),
    );
    RawMail {
        raw,
        to: value(form, "recipient")
            .into_iter()
            .flat_map(|to| to.split(','))
            .map(|to| to.trim().to_owned())
            .collect(),
        from: value(form, "sender").map(str::to_owned),
    }
}

fn sendgrid(form: &Form) -> RawMail {
    let envelope: Value =
        value(form, "envelope").and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
    let to = envelope.get("to").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let raw = value(form, "email").map_or_else(
        || {
            let mut raw = value(form, "headers").unwrap_or_default().trim_end().as_bytes().to_vec();
            raw.extend_from_slice(b"\r\n\r\n");
            raw.extend_from_slice(value(form, "text").unwrap_or_default().as_bytes());
            raw
        },
        |raw| raw.as_bytes().to_vec(),
    );
    RawMail {
        raw,
        to: to.map(str::to_owned).collect(),
        from: envelope.get("from").and_then(Value::as_str).map(str::to_owned),
    }
}
