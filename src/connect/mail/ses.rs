//! Sending through Amazon SES (API v2): the whole message, signed with Signature Version 4.
//!
//! In: a composed message, keys, the instant of the attempt. Out: a request, which `connect` sends and whose answer
//! [`judge`] reads. Why not a declaration: the signature covers the request itself, with keys derived from the day.
//! Source: AWS, "SES API v2: SendEmail", "Create a signed AWS API request".

use super::compose::Composed;
use super::events::KEY;
use crate::base::Instant;
use crate::connect::redact::Redactor;
use crate::connect::secret::Secret;
use crate::connect::{Fault, Outcome, Request, Response, is_passing};
use crate::plan::Method;
use crate::value::Value;
use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::time::Duration;
use url::Url;

/// How SES is reached.
#[derive(Clone, Debug)]
pub struct Ses {
    /// The region, `eu-west-1`.
    pub region: String,
    /// The address, if not the region's own.
    pub endpoint: Option<Url>,
    /// The access key's id.
    pub key_id: Secret,
    /// The access key.
    pub key: Secret,
    /// The token of temporary keys.
    pub session_token: Option<Secret>,
    /// The configuration set, which says where events go.
    pub configuration_set: Option<String>,
}

const TIMEOUT: Duration = Duration::from_secs(30);

/// The request that sends a message.
pub fn request(ses: &Ses, message: &Composed, key: &str, now: Instant) -> Option<Request> {
    let host = format!("https://email.{}.amazonaws.com", ses.region);
    let endpoint = ses.endpoint.clone().map_or_else(|| Url::parse(&host).ok(), Some)?;
    let url = endpoint.join("/v2/email/outbound-emails").ok()?;
    let mut body = serde_json::json!({
        "Destination": { "ToAddresses": [message.recipient.as_str()] },
        "Content": { "Raw": { "Data": BASE64.encode(&message.bytes) } },
        "EmailTags": [{ "Name": KEY, "Value": key }],
    });
    if let (Some(set), Some(body)) = (&ses.configuration_set, body.as_object_mut()) {
        body.insert("ConfigurationSetName".into(), set.as_str().into());
    }
    // Bounces come as events; the sender of the envelope would have to be verified too.
    let body = body.to_string().into_bytes();
    let mut redactor = Redactor::default();
    redactor.know(ses.key.expose());
    let mut headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
    if let Some(token) = &ses.session_token {
        redactor.know(token.expose());
        headers.push(("X-Amz-Security-Token".into(), token.expose().into()));
    }
    let signed =
        sign(&Signing { ses, service: "ses", method: "POST", url: &url, body: &body, now }, &headers)?;
    headers.extend(signed);
    Some(Request {
        method: Method::Post,
        url,
        headers,
        body: Some(body),
        connector: "ses".into(),
        timeout: TIMEOUT,
        confidential: true,
        redactor,
    })
}

/// What is signed.
struct Signing<'a> {
    ses: &'a Ses,
    service: &'a str,
    method: &'a str,
    url: &'a Url,
    body: &'a [u8],
    now: Instant,
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    // HMAC takes keys of any length.
    Hmac::<Sha256>::new_from_slice(key)
        .map(|mac| mac.chain_update(text).finalize().into_bytes().to_vec())
        .unwrap_or_default()
}

/// The headers `X-Amz-Date` and `Authorization` (Signature Version 4). Paths and queries that need no encoding.
fn sign(what: &Signing<'_>, headers: &[(String, String)]) -> Option<Vec<(String, String)>> {
    let at = what.now.to_utc()?;
    let (stamp, day) = (at.format("%Y%m%dT%H%M%SZ").to_string(), at.format("%Y%m%d").to_string());
    let host = match what.url.port() {
        Some(port) => format!("{}:{port}", what.url.host_str()?),
        None => what.url.host_str()?.to_owned(),
    };
    let mut signed: Vec<(String, String)> =
        headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
    signed.extend([("host".to_owned(), host), ("x-amz-date".to_owned(), stamp.clone())]);
    signed.sort();
    let names = signed.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(";");
    let lines: String = signed.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let (method, path, query) = (what.method, what.url.path(), what.url.query().unwrap_or_default());
    let hash = |bytes: &[u8]| HEXLOWER.encode(&Sha256::digest(bytes));
    let canonical = format!("{method}\n{path}\n{query}\n{lines}\n{names}\n{}", hash(what.body));
    let scope = format!("{day}/{}/{}/aws4_request", what.ses.region, what.service);
    let to_sign = format!("AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{}", hash(canonical.as_bytes()));
    let key = hmac(format!("AWS4{}", what.ses.key.expose()).as_bytes(), &day);
    let key = [what.ses.region.as_str(), what.service, "aws4_request"]
        .iter()
        .fold(key, |key, part| hmac(&key, part));
    let signature = HEXLOWER.encode(&hmac(&key, &to_sign));
    let credential = format!("{}/{scope}", what.ses.key_id.expose());
    let authorization =
        format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}");
    Some(vec![("X-Amz-Date".into(), stamp), ("Authorization".into(), authorization)])
}

/// What an answer means. SES's id of the message is the reference, and becomes its Message-ID.
pub fn judge(came: Result<&Response, Fault>, redactor: &Redactor) -> Outcome {
    let response = match came {
        Ok(response) => response,
        Err(fault) => return super::outcome::of_fault(fault),
    };
    let shown = response.shown(redactor);
    let text = |name: &str| match response.json().get(name) {
        Value::Text(text) => Some(std::sync::Arc::clone(text)),
        _ => None,
    };
    if let (200, Some(id)) = (response.status(), text("MessageId")) {
        return Outcome::Ok { kept: Vec::new(), reference: Some(id), response: shown };
    }
    let kind = response
        .header("x-amzn-ErrorType")
        .unwrap_or_default()
        .split(':')
        .next()
        .unwrap_or_default()
        .to_owned();
    let said = text("message").or_else(|| text("Message")).unwrap_or_else(|| "no reason given".into());
    let reason = format!("Amazon SES answered {} {kind}: {said}", response.status());
    let reason: String = redactor.masked(&reason).chars().take(300).collect();
    // Keys, limits and a paused account are mended by people or by time; the message is not at fault.
    let passing = [
        "TooManyRequestsException",
        "LimitExceededException",
        "SendingPausedException",
        "AccountSuspendedException",
        "ExpiredTokenException",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
        "AccessDeniedException",
        "Throttling",
        "ThrottlingException",
    ];
    if is_passing(response.status()) || passing.contains(&kind.as_str()) {
        Outcome::Retry { reason, after: None, response: Some(shown), maybe_delivered: false }
    } else {
        Outcome::Fail { reason, response: Some(shown) }
    }
}
