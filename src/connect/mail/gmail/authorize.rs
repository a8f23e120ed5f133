//! A sender lets us into their Gmail: OAuth 2 for applications on a person's machine (RFC 8252), with PKCE (RFC 7636).
//!
//! The browser goes to Google ([`Authorization::url`]) and comes back to a port of this machine ([`read_callback`]);
//! the code that it brings is exchanged for a refresh token ([`Authorization::exchange`]). Pure: randomness, the port
//! and the browser are the caller's.

use super::SCOPE;
use crate::connect::Request;
use crate::connect::redact::Redactor;
use crate::connect::secret::{NoSecret, Secret, Secrets};
use crate::plan::{Base, Method, OAuth};
use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Google's addresses, and the application that asks.
#[derive(Clone, Debug)]
pub struct Google {
    /// Where people consent.
    pub consent: Url,
    /// Where codes and refresh tokens are exchanged.
    pub token: Url,
    /// Where Gmail is.
    pub api: Url,
    /// The name of the secret with the application's id.
    pub client_id: Arc<str>,
    /// The name of the secret with its secret, which is none for applications of this kind, and yet has to be sent.
    pub client_secret: Arc<str>,
}

impl Google {
    /// Google itself, with the names of the application's secrets.
    pub fn real(client_id: &str, client_secret: &str) -> Result<Self, url::ParseError> {
        Ok(Self {
            consent: Url::parse("https://accounts.google.com/o/oauth2/v2/auth")?,
            token: Url::parse("https://oauth2.googleapis.com/token")?,
            api: Url::parse("https://gmail.googleapis.com")?,
            client_id: client_id.into(),
            client_secret: client_secret.into(),
        })
    }

    /// The same application at another place that has all of it: an emulator, a gateway.
    pub fn moved(self, base: &Url) -> Result<Self, url::ParseError> {
        let at = |path: &str| base.join(path);
        Ok(Self { consent: at("/o/oauth2/v2/auth")?, token: at("/oauth2/token")?, api: at("/")?, ..self })
    }

    /// How a sender's access tokens are asked for, with the secret of that name as the refresh token.
    pub fn oauth(&self, refresh: &Arc<str>) -> OAuth {
        OAuth {
            refresh_secret: Some(Arc::clone(refresh)),
            token_url: Base::Address(self.token.as_str().into()),
            client_id_secret: Arc::clone(&self.client_id),
            client_secret_secret: Arc::clone(&self.client_secret),
            scope: None,
            basic: false,
        }
    }
}

/// An attempt to be let in.
#[derive(Clone, Debug)]
pub struct Authorization {
    state: String,
    verifier: Secret,
    redirect: String,
}

/// What the browser brought back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Callback {
    /// The code to exchange.
    Code(Secret),
    /// The person said no, or Google did: its word for it.
    Denied(String),
    /// Another request (the browser asks for an icon): answer 404 and wait on.
    Other,
}

/// Why somebody is not let in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NotAuthorized {
    /// The answer bears another attempt's mark: somebody else's, or an old one.
    WrongState,
    /// The request can't be read.
    Unreadable,
}

impl fmt::Display for NotAuthorized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WrongState => "what came back belongs to another attempt; begin again",
            Self::Unreadable => "what came back can't be read",
        })
    }
}

impl std::error::Error for NotAuthorized {}

impl Authorization {
    /// An attempt, of 48 random bytes, that comes back to this port of 127.0.0.1.
    pub fn new(random: &[u8; 48], port: u16) -> Self {
        let (state, verifier) = random.split_at(16);
        Self {
            state: BASE64URL_NOPAD.encode(state),
            verifier: Secret::new(BASE64URL_NOPAD.encode(verifier)),
            redirect: format!("http://127.0.0.1:{port}/"),
        }
    }

    /// The page to open; `sender` is the account to choose.
    pub fn url(&self, google: &Google, secrets: &dyn Secrets, sender: &str) -> Result<Url, NoSecret> {
        let client_id = secrets.secret(&google.client_id)?;
        let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(self.verifier.expose()));
        let mut url = google.consent.clone();
        url.query_pairs_mut()
            .append_pair("client_id", client_id.expose())
            .append_pair("redirect_uri", &self.redirect)
            .append_pair("response_type", "code")
            .append_pair("scope", SCOPE)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            .append_pair("state", &self.state)
            // A refresh token comes with the first consent only, unless it is asked for anew.
            .append_pair("access_type", "offline")
            .append_pair("prompt", "consent")
            .append_pair("login_hint", sender);
        Ok(url)
    }

    /// The request that exchanges a code for tokens; read its answer with [`crate::connect::oauth::read`].
    pub fn exchange(
        &self,
        google: &Google,
        secrets: &dyn Secrets,
        code: &Secret,
    ) -> Result<Request, NoSecret> {
        let (client_id, client_secret) =
            (secrets.secret(&google.client_id)?, secrets.secret(&google.client_secret)?);
        let mut redactor = Redactor::default();
        for secret in [code, &self.verifier, &client_secret] {
            redactor.know(secret.expose());
        }
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code.expose())
            .append_pair("redirect_uri", &self.redirect)
            .append_pair("client_id", client_id.expose())
            .append_pair("client_secret", client_secret.expose())
            .append_pair("code_verifier", self.verifier.expose());
        Ok(Request {
            method: Method::Post,
            url: google.token.clone(),
            headers: vec![
                ("Content-Type".into(), "application/x-www-form-urlencoded".into()),
                ("Accept".into(), "application/json".into()),
            ],
            body: Some(form.finish().into_bytes()),
            connector: "gmail".into(),
            timeout: Duration::from_secs(30),
            confidential: true,
            redactor,
        })
    }

    /// The mark of this attempt.
    pub fn state(&self) -> &str {
        &self.state
    }
}

/// Reads the first line of the request that the browser comes back with (`GET /?code=…&state=… HTTP/1.1`).
pub fn read_callback(line: &str, state: &str) -> Result<Callback, NotAuthorized> {
    let mut words = line.split_whitespace();
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        return Err(NotAuthorized::Unreadable);
    };
    let url = Url::parse("http://127.0.0.1/")
        .and_then(|base| base.join(target))
        .map_err(|_| NotAuthorized::Unreadable)?;
    let field =
        |name: &str| url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned());
    let (code, error) = (field("code"), field("error"));
    if method != "GET" || url.path() != "/" || (code.is_none() && error.is_none()) {
        return Ok(Callback::Other);
    }
    if field("state").as_deref() != Some(state) {
        return Err(NotAuthorized::WrongState);
    }
    Ok(match (code, error) {
        (_, Some(error)) => Callback::Denied(error.chars().filter(|c| !c.is_control()).take(100).collect()),
        (Some(code), None) => Callback::Code(Secret::new(code)),
        (None, None) => Callback::Other,
    })
}
