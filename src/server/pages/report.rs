//! The report on a workflow, drawn; as CSV and as one file of HTML for whoever wants to keep it.

use super::fault::Fault;
use super::view::workflow as address;
use super::visitor::Visitor;
use super::workflow;
use crate::report::html::body;
use crate::server::api::report::{Asked, Format, of_workflow, report};
use crate::server::state::State;
use axum::Router;
use axum::extract::{Path, Query, State as Shared};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_DISPOSITION;
use axum::response::Response;
use axum::routing::get;
use maud::{PreEscaped, html};
use serde::Deserialize;

pub(super) fn routes() -> Router<State> {
    Router::new()
        .route("/w/{name}/report", get(show))
        .route("/w/{name}/report.csv", get(csv))
        .route("/w/{name}/report.html", get(file))
}

#[derive(Clone, Default, Deserialize)]
struct Since {
    #[serde(default)]
    since: String,
}

impl Since {
    fn instant(&self) -> Option<String> {
        let text = self.since.trim();
        let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
        Some(whole).filter(|text| !text.is_empty())
    }
}

async fn show(
    Shared(state): Shared<State>,
    visitor: Visitor,
    Path(name): Path<String>,
    Query(asked): Query<Since>,
) -> Result<Response, Fault> {
    let known = workflow::known(&state, &visitor, &name).await?;
    let report = of_workflow(&state, name.clone(), asked.instant().as_deref()).await?;
    let here = address(&name);
    let since = super::view::encoded(&asked.since);
    let body = html! {
        form.filters method="get" action={ (here) "/report" } {
            label { "Days since" input type="date" name="since" value=(asked.since.get(..10).unwrap_or_default()); }
            button { "Show" }
            a.button href={ (here) "/report.csv?since=" (since) } { "CSV" }
            a.button href={ (here) "/report.html?since=" (since) } { "One file of HTML" }
        }
        div.report.scroll tabindex="0" role="region" aria-label="The report" { (PreEscaped(body(&report))) }
    };
    Ok(workflow::page(&visitor, &known, "Report", body))
}

async fn given(
    state: State,
    visitor: Visitor,
    name: String,
    since: Since,
    format: Format,
) -> Result<Response, Fault> {
    let asked = Query(Asked { since: since.instant(), format });
    Ok(report(Shared(state), visitor.actor, Path(name), asked).await?)
}

async fn csv(
    Shared(state): Shared<State>,
    visitor: Visitor,
    Path(name): Path<String>,
    Query(since): Query<Since>,
) -> Result<Response, Fault> {
    given(state, visitor, name, since, Format::Csv).await
}

async fn file(
    Shared(state): Shared<State>,
    visitor: Visitor,
    Path(name): Path<String>,
    Query(since): Query<Since>,
) -> Result<Response, Fault> {
    let mut page = given(state, visitor, name, since, Format::Html).await?;
    let kept = HeaderValue::from_static("attachment; filename=\"report.html\"");
    page.headers_mut().insert(CONTENT_DISPOSITION, kept);
    Ok(page)
}
