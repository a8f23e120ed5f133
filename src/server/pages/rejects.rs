//! What was refused of messages, and why.

use super::fault::Fault;
use super::shell::{self, Part};
use super::view::{count, entity_link, grouped, nothing, text, when};
use super::visitor::Visitor;
use crate::server::api::Paging;
use crate::server::api::rejects::list;
use crate::server::state::State;
use axum::Router;
use axum::extract::{Query, State as Shared};
use axum::response::Response;
use axum::routing::get;
use maud::html;
use serde::Deserialize;

pub(super) fn routes() -> Router<State> {
    Router::new().route("/rejects", get(show))
}

#[derive(Deserialize)]
struct Asked {
    after: Option<String>,
}

async fn show(
    Shared(state): Shared<State>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Fault> {
    let paging = Query(Paging { limit: Some(100), after: asked.after });
    let found = list(Shared(state), visitor.actor.clone(), paging).await?.0;
    let rows = found["rejects"].as_array().map(Vec::as_slice).unwrap_or_default();
    let body = html! {
        header.title { div {
            h1 { "Rejects " span.count { (grouped(count(&found["count"]))) } }
            p.quiet { "Traits and properties that their declared type refuses. The rest of each message was taken. Mend them where they come from, or widen the type in the schema." }
        } }
        @if rows.is_empty() { (nothing("Every message fits.")) } @else {
            table.stack {
                thead { tr { th scope="col" { "When (UTC)" } th scope="col" { "Who" } th scope="col" { "Event" } th scope="col" { "What" } th scope="col" { "Why" } } }
                tbody { @for row in rows { tr {
                    td { (when(&row["at"])) }
                    td data-label="Who" { @if let Some(name) = row["entity"].as_str() { (entity_link(name)) } @else { "–" } }
                    td data-label="Event" { (row["event"].as_str().unwrap_or("–")) }
                    td data-label="What" { code { (text(&row["name"])) } }
                    td.wide data-label="Why" { (text(&row["reason"])) }
                } } }
            }
        }
        @if let Some(next) = found["next"].as_str() { p { a.button href={ "/rejects?after=" (next) } { "Older" } } }
    };
    Ok(shell::page(&visitor, Part::Rejects, "Rejects", body))
}
