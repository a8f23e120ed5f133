//! The report on a workflow, as JSON, CSV or one page of HTML.

use super::workflows::{counts, of, present};
use super::{Actor, Problem, State};
use crate::base::Instant;
use crate::plan::WorkflowPlan;
use crate::report::{MailReport, Report, StepRow, csv, html};
use crate::stats::{Counts, MailCounts};
use axum::Json;
use axum::extract::{Path, Query, State as Shared};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::server) enum Format {
    #[default]
    Json,
    Csv,
    Html,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::server) struct Asked {
    pub since: Option<String>,
    #[serde(default)]
    pub format: Format,
}

pub(in crate::server) async fn report(
    Shared(state): Shared<State>,
    _: Actor,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let report = of_workflow(&state, name, asked.since.as_deref()).await?;
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

/// The report on a workflow.
pub(in crate::server) async fn of_workflow(
    state: &State,
    name: String,
    since: Option<&str>,
) -> Result<Report, Problem> {
    let since = super::log::instant("since", since)?;
    let report = of(state, name, move |core, at, workflow| {
        let counts = counts(core, workflow);
        let now = present(core, at, workflow);
        let steps = workflow.steps.iter().map(|step| StepRow {
            step: step.name().to_string(),
            text: step.text.to_string(),
            at_now: now.get(step.name()).copied().unwrap_or_default(),
            counts: counts.steps.get(step.name()).cloned().unwrap_or_default(),
        });
        Report::of(&workflow.name, counts, steps.collect(), since)
    });
    report.await
}

/// The e-mail of a workflow.
pub(super) fn mail(workflow: &WorkflowPlan, counts: &Counts, since: Option<Instant>) -> MailReport {
    let text = |name: &str| {
        let step = workflow.steps.iter().find(|step| &**step.name() == name)?;
        Some(step.text.to_string())
    };
    MailReport::of(counts, text, since)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mail {
    workflow: Option<String>,
    since: Option<String>,
}

/// The e-mail of all workflows that sent some, or of one.
pub(super) async fn email(
    Shared(state): Shared<State>,
    _: Actor,
    Query(asked): Query<Mail>,
) -> Result<Json<Value>, Problem> {
    let since = super::log::instant("since", asked.since.as_deref())?;
    let row = move |workflow: &WorkflowPlan, counts: &Counts| {
        let mail = mail(workflow, counts, since);
        let shown = json!({
            "workflow": workflow.name, "all": mail.all, "steps": mail.steps, "days": mail.days,
        });
        (mail.all, shown)
    };
    let rows = if let Some(name) = asked.workflow {
        vec![of(&state, name, move |core, _, workflow| row(workflow, counts(core, workflow))).await?]
    } else {
        let all = state.handle.ask(move |core| {
            let shown = core.plan.workflows.iter().filter(|workflow| !workflow.removed);
            let some = shown.map(|workflow| (workflow, counts(core, workflow)));
            let some = some.filter(|(_, counts)| !counts.mails.is_empty());
            some.map(|(workflow, counts)| row(workflow, counts)).collect::<Vec<_>>()
        });
        all.await?
    };
    let mut all = MailCounts::default();
    for (counts, _) in &rows {
        all.join(counts);
    }
    let rows: Vec<Value> = rows.into_iter().map(|(_, row)| row).collect();
    Ok(Json(json!({ "all": all, "workflows": rows })))
}
