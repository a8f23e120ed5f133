//! Who looks at a page: a cookie to a session to an [`Actor`].

use super::fault::Fault;
use super::sessions::Session;
use super::view::encoded;
use crate::server::auth::{Actor, Role};
use crate::server::problem::Problem;
use crate::server::state::State;
use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use axum::http::request::Parts;
use axum::http::{Method, Uri};

/// The cookie with the id of a session.
const SESSION: &str = "wayfare_session";
/// The cookie of those who are not signed in yet, which their forms repeat.
pub(super) const GUEST: &str = "wayfare_guest";

/// Who looks at a page.
#[derive(Clone, Debug)]
pub(super) struct Visitor {
    pub actor: Actor,
    /// Stands in every form.
    pub token: String,
    /// The id of the session.
    pub id: String,
}

impl Visitor {
    /// Whether they may that: what they may not is not offered.
    pub fn can(&self, role: Role) -> bool {
        self.actor.role >= role
    }

    /// An error if they may not.
    pub fn may(&self, role: Role) -> Result<(), Fault> {
        Ok(self.actor.may(role)?)
    }
}

/// The value of a cookie.
pub(super) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(known, _)| *known == name).map(|(_, value)| value).next()
}

/// Whether the browser speaks to us by TLS, perhaps through a proxy.
fn is_secure(headers: &HeaderMap) -> bool {
    let value = headers.get("x-forwarded-proto").and_then(|value| value.to_str().ok());
    value.is_some_and(|value| value.split(',').next().is_some_and(|first| first.trim() == "https"))
}

/// A `Set-Cookie`; an empty value takes the cookie away.
fn set(headers: &HeaderMap, name: &str, value: &str) -> String {
    let secure = if is_secure(headers) { "; Secure" } else { "" };
    let ends = if value.is_empty() { "; Max-Age=0" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{ends}")
}

/// The cookie of a session.
pub(super) fn session_cookie(headers: &HeaderMap, id: &str) -> String {
    set(headers, SESSION, id)
}

/// The cookie of those who are not signed in yet.
pub(super) fn guest_cookie(headers: &HeaderMap, value: &str) -> String {
    set(headers, GUEST, value)
}

/// The session of a request.
pub(super) fn session(state: &State, headers: &HeaderMap) -> Option<Visitor> {
    let id = cookie(headers, SESSION)?;
    let (Session { token, .. }, actor) = state.people.session(id)?;
    Some(Visitor { actor, token, id: id.to_owned() })
}

/// Whether a request was made by a page of ours (source: Fetch Metadata; RFC 6454 for older browsers).
pub(super) fn is_ours(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text("origin") else { return true };
    let host = origin.split_once("://").map(|(_, host)| host);
    host.is_some() && host == text("host")
}

/// Where to go to sign in, and to come back.
fn sign_in(method: &Method, uri: &Uri) -> String {
    let back = uri.path_and_query().map(axum::http::uri::PathAndQuery::as_str);
    let back = back.filter(|path| *method == Method::GET && *path != "/");
    back.map_or_else(|| "/signin".into(), |path| format!("/signin?to={}", encoded(path)))
}

impl FromRequestParts<State> for Visitor {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Fault> {
        let known = session(state, &parts.headers);
        let known = known.ok_or_else(|| Fault::Stranger(sign_in(&parts.method, &parts.uri)))?;
        if parts.method != Method::GET && !is_ours(&parts.headers) {
            return Err(Problem::forbidden("this form was sent from another site").into());
        }
        Ok(known)
    }
}
