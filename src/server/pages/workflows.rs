//! All workflows, by what they are doing.
//!
//! With a thousand of them the page has less than 200 KB, so a row has no more than it needs: cells have no closing tags
//! (source: the HTML standard, 13.1.2.4), and how they are called on a small screen stands in the style.

use super::fault::Fault;
use super::shell::{self, Part};
use super::view::{at, count, grouped, nothing, number, percent, short, text, workflow};
use super::visitor::Visitor;
use crate::server::api::workflows::{Wanted, list};
use crate::server::state::State;
use axum::Router;
use axum::extract::{Query, State as Shared};
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, PreEscaped, html};
use serde_json::Value;
use std::fmt::Write;

pub(super) fn routes() -> Router<State> {
    Router::new().route("/", get(show))
}

/// (state, heading, what it means).
const GROUPS: [(&str, &str, &str); 3] = [
    ("live", "Live", "They enrol, and what they prepare goes out."),
    ("draft", "Draft", "They run in the shadow: nothing leaves, their numbers say what would have."),
    ("disabled", "Disabled", "Nobody comes in, and who is in stands still."),
];

async fn show(Shared(state): Shared<State>, visitor: Visitor) -> Result<Response, Fault> {
    let all = list(Shared(state.clone()), visitor.actor.clone(), Query(Wanted { state: None })).await?.0;
    let running = state.handle.ask(|core| {
        let version =
            core.version().map(|version| (version.number, version.at.to_string(), version.by.clone()));
        (version, core.world.open_rows().count())
    });
    let (version, waiting) = running.await?;
    let rows = all["workflows"].as_array().map(Vec::as_slice).unwrap_or_default();
    let sum = |name: &str| grouped(rows.iter().map(|row| count(&row[name])).sum());
    let body = html! {
        header.title {
            div {
                h1 { "Workflows" }
                @if let Some((number, when, by)) = version {
                    p.quiet { "Version " a href={ "/deploys/" (number) } { (number) } ", deployed by " (by) " " (at(&when)) }
                }
            }
            input.search #search type="search" placeholder="Filter by name" aria-label="Filter by name" data-filter="table.workflows tbody tr";
        }
        div.tiles {
            (tile("In a workflow now", &sum("enrolled_now"), None))
            (tile("Enrolled so far", &sum("enrolled"), None))
            (tile("Reached their goal", &sum("goals"), None))
            (tile("With something in the outbox", &grouped(waiting as u64), Some("/outbox")))
        }
        @if rows.is_empty() { (nothing("No project runs here yet: deploy one with `wf deploy`.")) }
        @for (word, heading, meaning) in GROUPS {
            (group(word, heading, meaning, rows))
        }
    };
    Ok(shell::page(&visitor, Part::Workflows, "Workflows", body))
}

/// A number with what it is.
pub(super) fn tile(what: &str, number: &str, to: Option<&str>) -> Markup {
    let inside = html! { span.label { (what) } strong { (number) } };
    let Some(to) = to else { return html! { div.tile { (inside) } } };
    html! { a.tile href=(to) { (inside) } }
}

fn group(word: &str, heading: &str, meaning: &str, rows: &[Value]) -> Markup {
    let own: Vec<&Value> = rows.iter().filter(|row| row["state"] == word).collect();
    if own.is_empty() {
        return html! {};
    }
    html! {
        section {
            h2 { (heading) " " span.count { (own.len()) } }
            p.quiet { (meaning) }
            table.workflows.lean {
                thead { tr {
                    th scope="col" { "Workflow" } th scope="col" { "In it now" } th scope="col" { "Enrolled" }
                    th scope="col" { "Finished" } th scope="col" { "Goal rate" } th scope="col" { "Failures" }
                    th scope="col" { "Last activity" }
                } }
                tbody { (PreEscaped(own.iter().map(|row| line(row)).collect::<String>())) }
            }
        }
    }
}

fn line(row: &Value) -> String {
    let name = text(&row["name"]);
    let shown = html! { (name) }.into_string();
    let drift = if row["drift"] == true { " <b>by hand</b>" } else { "" };
    let failed = count(&row["failed"]);
    let mut line = format!("<tr><td><a href=\"{}\">{shown}</a>{drift}", workflow(name));
    for cell in [number(&row["enrolled_now"]), number(&row["enrolled"]), number(&row["finished"])] {
        let _ = write!(line, "<td>{cell}");
    }
    let _ = write!(line, "<td>{}", percent(&row["goal_rate_per_mille"]));
    let _ = write!(line, "<td{}>{}", if failed > 0 { " class=bad" } else { "" }, grouped(failed));
    let _ = write!(line, "<td>{}", row["last_activity"].as_str().map_or_else(|| "–".into(), short));
    line
}
