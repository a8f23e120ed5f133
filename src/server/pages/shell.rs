//! What stands around every page: the head, the way to the other pages, who is signed in.

use super::assets::address;
use super::visitor::Visitor;
use crate::server::auth::Role;
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

/// Where a page stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    Workflows,
    Outbox,
    People,
    Log,
    Deploys,
    Rejects,
    Settings,
}

/// (part, name, address).
const PARTS: [(Part, &str, &str); 7] = [
    (Part::Workflows, "Workflows", "/"),
    (Part::Outbox, "Outbox", "/outbox"),
    (Part::People, "Customers", "/customers"),
    (Part::Log, "Log", "/log"),
    (Part::Deploys, "Deploys", "/deploys"),
    (Part::Rejects, "Rejects", "/rejects"),
    (Part::Settings, "Settings", "/settings"),
];

/// htmx without what the policy forbids: styles and code inside the page.
const HTMX: &str = r#"{"includeIndicatorStyles":false,"allowEval":false,"allowScriptTags":false,"selfRequestsOnly":true,"historyCacheSize":0}"#;

fn head(title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            meta name="htmx-config" content=(HTMX);
            title { (title) " · Wayfare" }
            link rel="icon" href=(address("icon.svg"));
            link rel="stylesheet" href=(address("wayfare.css"));
            script src=(address("htmx.js")) defer {}
            script src=(address("wayfare.js")) defer {}
        }
    }
}

/// The mark and the name.
pub(super) fn logo() -> Markup {
    html! { span.logo { img src=(address("icon.svg")) alt="" width="24" height="24"; "Wayfare" } }
}

/// A page for someone who is signed in.
pub(super) fn page(visitor: &Visitor, part: Part, title: &str, body: Markup) -> Response {
    let role = match visitor.actor.role {
        Role::Read => "read",
        Role::Operate => "operate",
        Role::Admin => "admin",
    };
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            (head(title))
            body {
                a.skip href="#main" { "To the content" }
                header.top {
                    a.home href="/" { (logo()) }
                    nav aria-label="Main" {
                        @for (known, name, to) in PARTS {
                            a href=(to) aria-current=[(known == part).then_some("page")] { (name) }
                        }
                    }
                    form.who method="post" action="/signout" {
                        (token(visitor))
                        span { (visitor.actor.name) span.quiet { " · " (role) } }
                        button.plain { "Sign out" }
                    }
                }
                main #main tabindex="-1" { (body) }
            }
        }
    };
    Html(markup.into_string()).into_response()
}

/// A page for whoever is not, or where nothing else is to be shown.
pub(super) fn bare(title: &str, body: Markup) -> Html<String> {
    let markup = html! {
        (DOCTYPE)
        html lang="en" { (head(title)) body.bare { main #main { (body) } } }
    };
    Html(markup.into_string())
}

/// The field that says that a form is of this session.
pub(super) fn token(visitor: &Visitor) -> Markup {
    html! { input type="hidden" name="token" value=(visitor.token); }
}

/// A button that changes something.
pub(super) fn act(visitor: &Visitor, to: &str, class: &str, words: &str) -> Markup {
    html! { form.inline method="post" action=(to) { (token(visitor)) button class=(class) { (words) } } }
}
