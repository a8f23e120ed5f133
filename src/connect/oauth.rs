//! OAuth 2 (RFC 6749): asking for a token, and reading the answer. Pure.
//!
//! In: what a connector declares, secrets. Out: the request for a token ([`request`]), and the [`Token`] in the answer
//! ([`read`]). Not here: when a token is asked for, and by whom first (`send::tokens`).

use super::answer::Response;
use super::call::Unready;
use super::judge::{is_passing, short};
use super::redact::Redactor;
use super::request::{Request, basic};
use super::secret::{Secret, Secrets};
use crate::plan::{Base, Method, OAuth};
use crate::value::Value;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// How long asking for a token may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// An access token.
#[derive(Clone)]
pub struct Token {
    /// The token.
    pub access: Secret,
    /// How long it holds, if the service says so.
    pub lasts: Option<Duration>,
    /// The refresh token that takes the place of the one that was used.
    pub refresh: Option<Secret>,
    /// Everything that came with it.
    fields: Value,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("access", &self.access)
            .field("lasts", &self.lasts)
            .finish_non_exhaustive()
    }
}

impl Token {
    /// A token as it is shown where none is asked for.
    pub fn placeholder() -> Self {
        Self { access: Secret::new("access token"), lasts: None, refresh: None, fields: Value::Missing }
    }

    /// A text that came with it, such as Salesforce's `instance_url`.
    pub fn field(&self, name: &str) -> Option<&str> {
        match self.fields.get(name) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Why there is no token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoToken {
    /// In words.
    pub reason: String,
    /// Whether asking again later may help.
    pub passing: bool,
}

/// The request for a token.
pub fn request(oauth: &OAuth, connector: &Arc<str>, secrets: &dyn Secrets) -> Result<Request, Unready> {
    let mut redactor = Redactor::default();
    let mut secret = |name: &str| {
        let secret = secrets.secret(name)?;
        redactor.know(secret.expose());
        Ok::<_, Unready>(secret)
    };
    let (id, key) = (secret(&oauth.client_id_secret)?, secret(&oauth.client_secret_secret)?);
    let refresh = match &oauth.refresh_secret {
        Some(name) => Some(secret(name)?),
        None => None,
    };
    let url = match &oauth.token_url {
        Base::Address(url) => url.to_string(),
        Base::Secret(name) => secret(name)?.expose().to_owned(),
        Base::Token(_) => {
            return Err(Unready::Unfit("the address for tokens can't come with a token".into()));
        }
    };
    let url = Url::parse(&url).map_err(|error| Unready::Unfit(format!("the address for tokens: {error}")))?;
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", if refresh.is_some() { "refresh_token" } else { "client_credentials" });
    form.extend_pairs(refresh.iter().map(|token| ("refresh_token", token.expose())));
    form.extend_pairs(oauth.scope.iter().map(|scope| ("scope", scope)));
    let mut headers = vec![
        ("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
        ("Accept".to_owned(), "application/json".to_owned()),
        ("User-Agent".to_owned(), concat!("Wayfare/", env!("CARGO_PKG_VERSION")).to_owned()),
    ];
    if oauth.basic {
        let both = basic(id.expose(), key.expose());
        redactor.know(&both);
        headers.push(("Authorization".to_owned(), format!("Basic {both}")));
    } else {
        form.append_pair("client_id", id.expose()).append_pair("client_secret", key.expose());
    }
    Ok(Request {
        method: Method::Post,
        url,
        headers,
        body: Some(form.finish().into_bytes()),
        connector: Arc::clone(connector),
        timeout: TIMEOUT,
        confidential: true,
        redactor,
    })
}

/// The token in an answer.
pub fn read(response: &Response, redactor: &Redactor) -> Result<Token, NoToken> {
    let json = response.json();
    let text = |name: &str| match json.get(name) {
        Value::Text(text) if !text.is_empty() => Some(Arc::clone(text)),
        _ => None,
    };
    let fits = |token: &Arc<str>| !token.chars().any(char::is_control);
    let status = response.status();
    if let Some(access) = text("access_token").filter(|token| (200..300).contains(&status) && fits(token)) {
        return Ok(Token {
            access: Secret::new(access),
            lasts: lasts(json.get("expires_in")),
            refresh: text("refresh_token").map(Secret::new),
            fields: json.clone(),
        });
    }
    let said: Vec<_> = ["error", "error_description"].into_iter().filter_map(text).collect();
    let said = if said.is_empty() { "no token in the answer".to_owned() } else { said.join(": ") };
    let reason = format!("no access token: {said} (answered {status})");
    Err(NoToken { reason: short(&redactor.masked(&reason)), passing: is_passing(status) })
}

/// Seconds, as a number or (some services) as a text.
fn lasts(expires_in: &Value) -> Option<Duration> {
    expires_in.to_string().parse::<u64>().ok().map(Duration::from_secs)
}
