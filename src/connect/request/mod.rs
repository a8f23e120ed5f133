//! Requests of declared actions, built: pure.
//!
//! In: a [`Call`], what was found before it, secrets, a token where the connector uses one, the instant of the attempt.
//! Out: a [`Request`], or why none can be made ([`Unready`]). Invariants: no value can add a header, leave its segment
//! of a path or its field of a form; nothing of a request that holds a secret is shown.
//! Not here: sending (`send`), tokens (`oauth`), what an answer means (`judge`).

mod address;
mod args;
mod auth;
mod body;
mod headers;
mod path;
mod sign;

pub(super) use auth::basic;
pub use sign::{BadKey, signature};

use super::call::{Call, Sight, Unready};
use super::oauth::Token;
use super::redact::Redactor;
use super::secret::Secrets;
use crate::base::Instant;
use crate::plan::Method;
use crate::plan::expr;
use crate::plan::{ArgPlan, RequestPlan};
use crate::value::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// The host of a text that is an address of the web, in lower case, with its port where it is not the usual one.
pub fn host(text: &str) -> Option<String> {
    let url = Url::parse(text.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// How long an attempt may take where the connector says nothing.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What is sent.
#[derive(Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The address.
    pub url: Url,
    /// (name, value), each name once.
    pub headers: Vec<(String, String)>,
    /// The body; none: no body at all.
    pub body: Option<Vec<u8>>,
    /// The connector, or the action where it goes through none.
    pub connector: Arc<str>,
    /// The longest that it may take.
    pub timeout: Duration,
    /// Whether a secret is in its address or its headers: it does not go over a line that anyone can read.
    pub confidential: bool,
    /// The secrets that it holds.
    pub redactor: Redactor,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

/// The method as HTTP writes it.
pub fn method_word(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
    }
}

impl Request {
    /// The whole request as it goes over the wire, secrets masked.
    pub fn shown(&self) -> String {
        let mut text = format!("{} {}\n", method_word(self.method), self.url);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\n"));
        }
        if let Some(body) = &self.body {
            text.push_str(&format!("\n{}\n", String::from_utf8_lossy(body)));
        }
        self.redactor.masked(&text).into_owned()
    }
}

/// What requests are made with besides the call.
#[derive(Clone, Copy)]
pub struct With<'a> {
    /// Where secrets come from.
    pub secrets: &'a dyn Secrets,
    /// The access token, where the connector uses OAuth.
    pub token: Option<&'a Token>,
    /// The instant of the attempt.
    pub at: Instant,
    /// Where connectors are, if not where they say.
    pub bases: Option<&'a Bases>,
}

/// Addresses in place of those of connectors, by the connector's name: a sandbox, a gateway, a stand-in.
pub type Bases = BTreeMap<Arc<str>, String>;

/// Whether all that a lookup reads is known: by something missing nothing can be found.
pub(super) fn is_known(sight: &Sight<'_>, request: &RequestPlan) -> bool {
    let mut known = true;
    request.args(&mut |arg| {
        if let ArgPlan::Value(value) = arg {
            known &= !expr::value(&sight.call.plan.pool, *value, sight).is_missing();
        }
    });
    known
}

/// The text of an argument.
pub(super) fn said(sight: &Sight<'_>, arg: &ArgPlan) -> Result<String, Unready> {
    Ok(address::plain(&args::value(sight, arg)?))
}

/// Builds a request.
pub(super) fn build(
    call: Call<'_>,
    found: &[Value],
    request: &RequestPlan,
    with: With<'_>,
) -> Result<Request, Unready> {
    let sight = Sight::new(call, found, None);
    let mut redactor = Redactor::default();
    let base = address::base(&call, with, &mut redactor)?;
    let url = address::url(&sight, base.as_deref(), request)?;
    let body = body::body(&sight, &request.body)?;
    let mut headers = headers::Headers::default();
    let connector = call.connector();
    if let Some(kind) = body.as_ref().map(|body| body.kind) {
        headers.put("Content-Type", kind.into());
    }
    headers.declared(&sight, connector, request)?;
    headers.put("User-Agent", concat!("Wayfare/", env!("CARGO_PKG_VERSION")).into());
    if let Some(name) = connector.and_then(|connector| connector.idempotency.as_deref()) {
        headers.put(name, call.key.into());
    }
    let bytes = body.map(|body| body.bytes);
    let secret_base = !redactor.is_empty();
    let secret_header = auth::auth(&call, with, bytes.as_deref(), (&mut headers, &mut redactor))?;
    Ok(Request {
        method: request.method,
        url,
        headers: headers.checked()?,
        body: bytes,
        connector: connector.map_or(&call.action.name, |connector| &connector.name).clone(),
        timeout: timeout(connector),
        confidential: secret_base || secret_header,
        redactor,
    })
}

fn timeout(connector: Option<&crate::plan::ConnectorPlan>) -> Duration {
    let said = connector.and_then(|connector| connector.timeout).map(crate::base::Period::at_most);
    said.and_then(|ms| u64::try_from(ms).ok()).map_or(TIMEOUT, Duration::from_millis)
}
