//! The management API, under `/api/v1`: JSON, bearer tokens, problem documents.
//!
//! In: requests of people and programs. Out: what the world is, and changes of it as records with their actor. Lists
//! come in pages: `limit` and `after` (or `before`, in the log), and `next` in the answer while there is more.

#![allow(clippy::indexing_slicing, reason = "what is indexed is an object that was made here")]

pub(in crate::server) mod deploys;
pub(in crate::server) mod entities;
pub(in crate::server) mod log;
mod openapi;
pub(in crate::server) mod outbox;
pub(in crate::server) mod rejects;
pub(in crate::server) mod report;
pub(in crate::server) mod workflows;

use super::auth::{Actor, Role};
use super::problem::Problem;
use super::state::State;
use crate::engine::InputKind;
use crate::plan::Subject;
use crate::runtime::Record;
use axum::Router;
use axum::routing::get;
use serde::Deserialize;

/// Rows of one page at most.
const MOST: usize = 1_000;

/// Its routes.
pub fn routes() -> Router<State> {
    let api = Router::new()
        .merge(workflows::routes())
        .merge(entities::routes())
        .merge(log::routes())
        .merge(deploys::routes())
        .merge(outbox::routes())
        .merge(rejects::routes())
        .route("/stats/email", get(report::email))
        .route("/status", get(rejects::status))
        .route("/openapi.json", get(openapi::document));
    Router::new().nest("/api/v1", api)
}

/// Which part of a list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::server) struct Paging {
    pub limit: Option<usize>,
    pub after: Option<String>,
}

impl Paging {
    fn limit(&self) -> usize {
        self.limit.unwrap_or(100).clamp(1, MOST)
    }
}

fn subject(word: &str) -> Result<Subject, Problem> {
    match word {
        "account" => Ok(Subject::Account),
        "contact" => Ok(Subject::Contact),
        other => {
            let other: String = other.chars().take(40).collect();
            Err(Problem::missing(format!("`{other}` is neither `account` nor `contact`")))
        }
    }
}

/// Journals what a person wants; it is applied when this returns.
async fn change(state: &State, actor: &Actor, kind: InputKind) -> Result<(), Problem> {
    actor.may(Role::Operate)?;
    state.handle.submit(vec![Record::person(actor.name.clone(), kind)]).await?;
    Ok(())
}
