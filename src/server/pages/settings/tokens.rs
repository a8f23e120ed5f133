//! Keys of programs: the write key masked, tokens made and revoked.

use super::{ROLES, Told, admin, options, page, role, unfit};
use crate::server::auth::Role;
use crate::server::keys::{Keys, Token, random};
use crate::server::pages::fault::Fault;
use crate::server::pages::forms::Form;
use crate::server::pages::shell::token;
use crate::server::pages::visitor::Visitor;
use crate::server::problem::Problem;
use crate::server::state::State;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use maud::{Markup, html};
use sha2::{Digest, Sha256};

/// Most tokens.
const MOST: usize = 1_000;

/// The keys, and for an admin the tokens.
pub(super) fn keys(state: &State, visitor: &Visitor) -> Markup {
    let keys = state.keys.get();
    html! {
        section.card {
            h2 { "Keys of programs" }
            dl.facts { dt { "Write key" } dd { code { (masked(&keys.write)) } br; span.quiet { "For messages: what Segment's clients call a write key." } } }
            @if visitor.can(Role::Admin) {
                h3 { "Tokens of the management API" }
                @if keys.tokens.is_empty() { p.quiet { "None but the first, which does everything." } }
                ul.plain { @for known in &keys.tokens { li.row {
                    span { (known.name) " " span.badge { (word(known.role)) } }
                    form.inline method="post" action="/settings/tokens/revoke" data-ask={ "Revoke " (known.name) "?" } {
                        (token(visitor)) input type="hidden" name="name" value=(known.name); button.danger { "Revoke" }
                    }
                } } }
                details { summary { "Make a token" } form method="post" action="/settings/tokens" {
                    (token(visitor))
                    label { "Who has it" input name="name" autocomplete="off" required; }
                    label { "Role" select name="role" { (options(Role::Read)) } }
                    button.primary { "Make it" }
                } }
            }
        }
    }
}

fn word(role: Role) -> &'static str {
    ROLES.iter().find(|(known, ..)| *known == role).map_or("", |(_, word, _)| word)
}

/// All but the first letters of a secret.
fn masked(secret: &str) -> String {
    let shown: String = secret.chars().take(if secret.len() >= 20 { 4 } else { 0 }).collect();
    format!("{shown}••••••••")
}

/// Changes the tokens on disk and from now on; the inner error says why they stay.
fn change(
    state: &State,
    change: impl FnOnce(&mut Vec<Token>) -> Result<(), String>,
) -> Result<Result<(), String>, Fault> {
    let changed = Keys::change(&state.data, change).map_err(|error| Problem::internal(error.to_string()))?;
    Ok(changed.map(|keys| state.keys.set(keys)))
}

pub(super) async fn make(Shared(state): Shared<State>, form: Form) -> Result<Response, Fault> {
    let (visitor, fields) = admin(form)?;
    let (name, role) = (fields.get("name").trim().to_owned(), role(fields.get("role"))?);
    let secret = random().map_err(|error| Problem::internal(error.to_string()))?;
    let made = format!("wft_{secret}");
    let sha256 = HEXLOWER.encode(&Sha256::digest(&made));
    let added = change(&state, |tokens| {
        if name.is_empty() || name.chars().count() > 64 || name.chars().any(char::is_control) {
            return Err("a token's name has 1 to 64 characters".into());
        }
        if tokens.len() >= MOST || tokens.iter().any(|known| known.name == name) {
            return Err(format!("there is a token `{name}` already, or there are {MOST}"));
        }
        tokens.push(Token { name, role, sha256 });
        Ok(())
    });
    match added? {
        Ok(()) => Ok(page(&state, &visitor, &Told { wrong: None, made: Some(made) })),
        Err(why) => Ok(unfit(&state, &visitor, why)),
    }
}

pub(super) async fn revoke(Shared(state): Shared<State>, form: Form) -> Result<Response, Fault> {
    let (visitor, fields) = admin(form)?;
    let name = fields.get("name");
    let revoked = change(&state, |tokens| {
        let place = tokens.iter().position(|known| known.name == name);
        let place = place.ok_or_else(|| format!("there is no token `{name}`"))?;
        tokens.remove(place);
        Ok(())
    });
    match revoked? {
        Ok(()) => Ok((StatusCode::SEE_OTHER, [(LOCATION, "/settings")]).into_response()),
        Err(why) => Ok(unfit(&state, &visitor, why)),
    }
}
