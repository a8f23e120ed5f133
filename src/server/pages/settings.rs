//! Who may come in: one's own password, users and their roles, keys of programs.

mod tokens;

use super::fault::Fault;
use super::forms::{Fields, Form};
use super::people::Refusal;
use super::shell::{self, Part, token};
use super::users::SHORTEST;
use super::visitor::Visitor;
use crate::server::auth::Role;
use crate::server::problem::Problem;
use crate::server::state::State;
use axum::Router;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use maud::{Markup, html};

pub(super) fn routes() -> Router<State> {
    Router::new()
        .route("/settings", get(show))
        .route("/settings/password", post(password))
        .route("/settings/tokens", post(tokens::make))
        .route("/settings/tokens/revoke", post(tokens::revoke))
        .route("/settings/users", post(add))
        .route("/settings/users/role", post(set_role))
        .route("/settings/users/remove", post(remove))
}

/// (role, what it allows).
const ROLES: [(Role, &str, &str); 3] = [
    (Role::Read, "read", "look at everything"),
    (Role::Operate, "operate", "work with the outbox, enrol, disable and enable"),
    (Role::Admin, "admin", "deploy, and see to keys and users"),
];

fn role(word: &str) -> Result<Role, Fault> {
    let known = ROLES.iter().find(|(_, known, _)| *known == word);
    Ok(known.map(|(role, ..)| *role).ok_or_else(|| Problem::bad("this is no role: read, operate, admin"))?)
}

async fn show(Shared(state): Shared<State>, visitor: Visitor) -> Response {
    page(&state, &visitor, &Told::default())
}

/// What came of the last form.
#[derive(Default)]
struct Told {
    wrong: Option<String>,
    /// A token that was just made, which is shown this once.
    made: Option<String>,
}

/// The page, with what came of the last form.
fn page(state: &State, visitor: &Visitor, told: &Told) -> Response {
    let body = html! {
        header.title { div { h1 { "Settings" } } }
        @if let Some(wrong) = &told.wrong { p.flash.is-bad role="alert" { (wrong) } }
        @if let Some(made) = &told.made { p.flash role="status" { "The token, which is shown this once: " code { (made) } } }
        div.columns { (own(visitor)) (tokens::keys(state, visitor)) }
        @if visitor.can(Role::Admin) { (users(state, visitor)) }
    };
    shell::page(visitor, Part::Settings, "Settings", body)
}

fn own(visitor: &Visitor) -> Markup {
    html! {
        section.card {
            h2 { "Your password" }
            form method="post" action="/settings/password" {
                (token(visitor))
                label { "The present one" input type="password" name="old" autocomplete="current-password" required; }
                label { "A new one, at least " (SHORTEST) " characters" input type="password" name="new" minlength=(SHORTEST) autocomplete="new-password" required; }
                button.primary { "Change it" }
            }
        }
    }
}

fn users(state: &State, visitor: &Visitor) -> Markup {
    html! {
        section {
            h2 { "Users" }
            table.stack {
                thead { tr { th scope="col" { "Name" } th scope="col" { "Role" } th scope="col" { span.quiet { "Remove" } } } }
                tbody { @for (name, role) in state.people.users() { tr {
                    td { (name) @if *visitor.actor.name == *name { " " span.badge { "you" } } }
                    td data-label="Role" { form.inline method="post" action="/settings/users/role" {
                        (token(visitor)) input type="hidden" name="name" value=(name);
                        select name="role" aria-label={ "Role of " (name) } data-submit { @for (known, word, _) in ROLES { option value=(word) selected[known == role] { (word) } } }
                        noscript { button { "Change" } }
                    } }
                    td { form.inline method="post" action="/settings/users/remove" data-ask={ "Remove " (name) "?" } {
                        (token(visitor)) input type="hidden" name="name" value=(name); button.danger { "Remove" }
                    } }
                } } }
            }
            details { summary { "Let somebody in" } form.card method="post" action="/settings/users" {
                (token(visitor))
                label { "Name" input name="name" autocomplete="off" required; }
                label { "First password, at least " (SHORTEST) " characters" input type="password" name="password" minlength=(SHORTEST) autocomplete="new-password" required; }
                label { "Role" select name="role" { (options(Role::Operate)) } }
                button.primary { "Add" }
            } }
        }
    }
}

fn options(chosen: Role) -> Markup {
    html! { @for (role, word, allows) in ROLES { option value=(word) selected[role == chosen] { (word) ": " (allows) } } }
}

/// Back to the page, or the page with what was wrong.
fn done(state: &State, visitor: &Visitor, did: Result<(), Refusal>) -> Result<Response, Fault> {
    match did {
        Ok(()) => Ok((StatusCode::SEE_OTHER, [(LOCATION, "/settings")]).into_response()),
        Err(Refusal::Fault(why)) => Err(Problem::internal(why).into()),
        Err(Refusal::Unfit(why)) => Ok(unfit(state, visitor, why)),
        Err(Refusal::Wait(seconds)) => Err(Problem::bad(format!("try again in {seconds} s")).into()),
    }
}

async fn password(Shared(state): Shared<State>, form: Form) -> Result<Response, Fault> {
    let Form { visitor, fields } = form;
    let people = &state.people;
    let did = match people.is_right(&visitor.actor.name, fields.get("old")).await {
        Ok(true) => people.set_password(&visitor.actor.name, fields.get("new"), Some(&visitor.id)).await,
        Ok(false) => Err(Refusal::Unfit("the present password is another one".into())),
        Err(refusal) => Err(refusal),
    };
    done(&state, &visitor, did)
}

/// The page with what was wrong.
fn unfit(state: &State, visitor: &Visitor, why: String) -> Response {
    let told = Told { wrong: Some(why), made: None };
    (StatusCode::UNPROCESSABLE_ENTITY, page(state, visitor, &told)).into_response()
}

/// A form that only an admin may send.
fn admin(form: Form) -> Result<(Visitor, Fields), Fault> {
    form.visitor.may(Role::Admin)?;
    Ok((form.visitor, form.fields))
}

async fn add(Shared(state): Shared<State>, form: Form) -> Result<Response, Fault> {
    let (visitor, fields) = admin(form)?;
    let role = role(fields.get("role"))?;
    let did = state.people.add(fields.get("name").trim(), fields.get("password"), role).await;
    done(&state, &visitor, did)
}

async fn set_role(Shared(state): Shared<State>, form: Form) -> Result<Response, Fault> {
    let (visitor, fields) = admin(form)?;
    let did = state.people.set_role(fields.get("name"), role(fields.get("role"))?);
    done(&state, &visitor, did)
}

async fn remove(Shared(state): Shared<State>, form: Form) -> Result<Response, Fault> {
    let (visitor, fields) = admin(form)?;
    let did = state.people.remove(fields.get("name"));
    done(&state, &visitor, did)
}
