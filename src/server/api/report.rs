//! The report on a workflow, as JSON, CSV or one page of HTML.

use super::workflows::{counts, of, present};
use super::{Actor, Problem, State};
use crate::report::{Report, StepRow, csv, html};
use axum::Json;
use axum::extract::{Path, Query, State as Shared};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64;
use serde::Deserialize;
use sha2::{Digest, Sha256};

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Json,
    Csv,
    Html,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    since: Option<String>,
    #[serde(default)]
    format: Format,
}

pub(super) async fn report(
    Shared(state): Shared<State>,
    _: Actor,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let since = super::log::instant("since", asked.since.as_deref())?;
    let report = of(&state, name, move |core, at, workflow| {
        let counts = counts(core, workflow);
        let now = present(core).remove(&at).unwrap_or_default();
        let steps = workflow.steps.iter().map(|step| StepRow {
            step: step.name().to_string(),
            text: step.text.to_string(),
            at_now: now.get(step.name()).copied().unwrap_or_default(),
            counts: counts.steps.get(step.name()).cloned().unwrap_or_default(),
        });
        Report::of(&workflow.name, counts, steps.collect(), since)
    });
    let report = report.await?;
    Ok(match asked.format {
        Format::Json => Json(report).into_response(),
        Format::Csv => {
            let kept = "attachment; filename=\"report.csv\"";
            let headers = [(CONTENT_TYPE, "text/csv; charset=utf-8"), (CONTENT_DISPOSITION, kept)];
            (headers, csv::text(&report)).into_response()
        }
        Format::Html => {
            let hash = BASE64.encode(&Sha256::digest(html::STYLE.as_bytes()));
            let policy =
                format!("default-src 'none'; style-src 'sha256-{hash}'; frame-ancestors 'none'; sandbox");
            let kind = "text/html; charset=utf-8".to_owned();
            ([(CONTENT_TYPE, kind), (CONTENT_SECURITY_POLICY, policy)], html::page(&report)).into_response()
        }
    })
}
