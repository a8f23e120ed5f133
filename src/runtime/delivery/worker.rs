//! One attempt at one row: begun with an input, sent, and what came of it an input again.
//!
//! Dropped at any moment it leaves the row under way, and the next start makes the same attempt again under the same
//! key. What can't be submitted now is submitted later; only when the runtime has stopped is it given up.

use super::job::{Job, Lost, declared};
use super::pools::Work;
use super::post::Post;
use crate::connect::{Call, Connections, Outcome, Shown};
use crate::engine::effect::Answer;
use crate::engine::{InputKind, RowId, RowInput};
use crate::plan::ActionId;
use crate::runtime::error::Refused;
use crate::runtime::handle::Handle;
use crate::runtime::record::Record;
use std::sync::Arc;
use std::time::Duration;

/// What workers share.
pub(super) struct Office {
    pub handle: Handle,
    pub connections: Connections,
    pub post: Option<Post>,
}

impl Office {
    /// Makes an attempt at a row, if nothing speaks against it any more.
    pub async fn attempt(self: Arc<Self>, work: Work) {
        let _stopped = self.make(work).await;
    }

    async fn make(&self, work: Work) -> Result<(), Refused> {
        let id = work.row;
        if !work.again {
            self.submit(vec![row(id, RowInput::Attempt)]).await?;
        }
        let came = match self.handle.ask(move |core| Job::find(core, id)).await? {
            None => return Ok(()),
            Some(Ok(job)) => self.send(&job, work.again).await,
            Some(Err(Lost(reason))) => failed(reason),
        };
        self.submit(vec![row(id, input(came))]).await.map(drop)
    }

    /// A worker came to a bad end: its row is not left under way.
    pub async fn broke(self: Arc<Self>, id: RowId) {
        let came = Outcome::Retry {
            reason: "the attempt ended with an internal error".into(),
            after: None,
            response: None,
            maybe_delivered: true,
        };
        let _stopped = self.submit(vec![row(id, input(came))]).await;
    }

    async fn send(&self, job: &Job, again: bool) -> Outcome {
        match (job.prepared.action, &self.post) {
            (Some(ActionId::BuiltIn(action)), Some(post)) => post.send(self, job, (action, again)).await,
            (Some(ActionId::BuiltIn(_)), None) => {
                let reason = "no way of sending mail is set: server.toml has no `[mail]`".into();
                Outcome::Retry { reason, after: None, response: None, maybe_delivered: false }
            }
            _ => self.declared(job).await,
        }
    }

    async fn declared(&self, job: &Job) -> Outcome {
        let prepared = &*job.prepared;
        let Some(action) = declared(&job.plan, &prepared.name) else {
            return failed(format!("the action `{}` is no longer declared", prepared.name));
        };
        let Some(about) = &prepared.about else {
            return failed(format!("`{}` was prepared when it was built in", prepared.name));
        };
        let (args, key, keep) = (&prepared.args[..], &*prepared.key, &job.keep[..]);
        let call = Call { plan: &job.plan, action, args, about, key, keep };
        self.connections.attempt(call, self.handle.now()).await
    }

    /// Submits, as often as it takes.
    pub async fn submit(&self, records: Vec<Record>) -> Result<(), Refused> {
        loop {
            let pause = match self.handle.submit(records.clone()).await {
                Ok(_) => return Ok(()),
                Err(Refused::Overloaded(seconds)) => seconds,
                Err(Refused::Full(_)) => 5,
                Err(stopped) => return Err(stopped),
            };
            tokio::time::sleep(Duration::from_secs(pause.clamp(1, 60))).await;
        }
    }
}

pub(super) fn failed(reason: String) -> Outcome {
    Outcome::Fail { reason, response: None }
}

fn row(row: RowId, what: RowInput) -> Record {
    Record::machine(InputKind::Row { row, what, by: "".into() })
}

/// What came of an attempt, as an input.
fn input(came: Outcome) -> RowInput {
    match came {
        Outcome::Ok { kept, reference, response } => {
            RowInput::Succeeded { reference, kept, answer: Some(answer(response)) }
        }
        Outcome::Retry { reason, after, maybe_delivered, response } => RowInput::Failed {
            reason: if maybe_delivered { format!("{reason} (it may have arrived)") } else { reason }.into(),
            again: true,
            after: after.map(|after| i64::try_from(after.as_millis()).unwrap_or(i64::MAX)),
            answer: response.map(answer),
        },
        Outcome::Fail { reason, response } => RowInput::Failed {
            reason: reason.into(),
            again: false,
            after: None,
            answer: response.map(answer),
        },
    }
}

fn answer(shown: Shown) -> Arc<Answer> {
    Arc::new(Answer { status: shown.status, text: shown.text.into(), whole: shown.whole })
}
