//! The core: the world, and what of it others look at. One thread owns it; see `core_loop`.
//!
//! In: durable records in their order. Out: the changed world, lines of the log, rejects, rows to deliver. Invariant: a
//! replay of the same records goes the same way; only what is handed on may differ, and rows say themselves whether
//! they are still to be sent.

use super::error::RuntimeError;
use super::handle::Applied;
use super::posted::PostedBy;
use super::record::{Deploy, Record, RefusedMessage, What, clamp};
use crate::base::Instant;
use crate::engine::effect::Prepared;
use crate::engine::migrate::{self, Table};
use crate::engine::{Effects, Input, InputKind, Line, LogEntry, RowEffect, RowId, World};
use crate::journal::Position;
use crate::plan::Plan;
use crate::project::{Bundle, Project};
use crate::stats::Stats;
use crate::store::checkpoint::Shelf;
use crate::store::log::Query;
use crate::value::Value;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

/// Rejects that are kept to be looked at.
const REJECTS: usize = 10_000;
/// Outcomes of deploys that are kept for who asked for them.
const OUTCOMES: usize = 16;

/// A version of the workflows that was deployed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Version {
    /// From 1.
    pub number: u32,
    /// Who deployed it.
    pub by: Arc<str>,
    /// When.
    pub at: Instant,
    /// Why, in their words.
    pub note: String,
    /// The project's files.
    pub bundle: Arc<Bundle>,
}

/// A message that was refused, or the part of one that its declaration refuses.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Rejected {
    /// From 1.
    pub number: u64,
    /// When.
    pub at: Instant,
    /// The message's id.
    pub message: Option<Arc<str>>,
    /// Whom it is about: `account:acme`.
    pub entity: Option<Arc<str>>,
    /// The event, of an event.
    pub event: Option<Arc<str>>,
    /// The trait or property; none: the whole message.
    pub name: Option<Arc<str>>,
    /// Why.
    pub reason: Arc<str>,
    /// The beginning of a message that was refused as a whole.
    pub text: Option<Arc<str>>,
}

/// What is to be done about a row of the outbox.
#[derive(Clone, Debug)]
pub enum Dispatch {
    /// Its turn has come: begin an attempt.
    Offered(RowId),
    /// An attempt of it was under way when the process ended: make it again.
    Resumed(RowId),
}

pub(super) type Bodies = BTreeMap<RowId, Option<Arc<Prepared>>>;

/// The world, and what of it others look at.
pub struct Core {
    /// The world.
    pub world: World,
    /// What it is laid out for.
    pub plan: Arc<Plan>,
    /// The project that it comes from.
    pub project: Option<Arc<Project>>,
    /// Every deploy, oldest first.
    pub versions: Vec<Version>,
    /// The last record that was applied.
    pub position: Position,
    /// Its instant.
    pub at: Instant,
    /// Messages, and parts of messages, that were refused, the latest.
    pub rejects: VecDeque<Rejected>,
    /// How many there have been.
    pub rejected: u64,
    /// How many lines the log has.
    pub logged: u64,
    /// Lines that are in no checkpoint yet, and not on their way into one.
    pub(super) fresh: Vec<Line>,
    /// Lines on their way into a checkpoint.
    pub(super) flying: Arc<Vec<Line>>,
    /// Counts by workflow, step and day.
    pub stats: Stats,
    pub(super) tables: BTreeMap<u64, Arc<Table>>,
    /// Bodies that are in no checkpoint yet; none: the row is over.
    pub(super) bodies: Bodies,
    /// Bodies on their way into a checkpoint.
    pub(super) flying_bodies: Bodies,
    /// Messages that have left and are in no checkpoint yet.
    pub(super) posted: PostedBy,
    /// Messages on their way into a checkpoint.
    pub(super) flying_posted: PostedBy,
    pub(super) shelf: Arc<Shelf>,
    /// Where projects are laid out.
    pub(super) projects: PathBuf,
    /// What to hand on.
    pub(super) lines_out: Vec<Line>,
    pub(super) dispatches_out: Vec<Dispatch>,
    /// Whether versions changed since the last checkpoint.
    pub(super) versions_changed: bool,
}

impl Core {
    /// What would be sent for a row; `None`: the row is over.
    pub fn body(&self, row: RowId) -> Result<Option<Arc<Prepared>>, RuntimeError> {
        match self.bodies.get(&row).or_else(|| self.flying_bodies.get(&row)) {
            Some(known) => Ok(known.clone()),
            None => Ok(self.shelf.body(row)?.map(Arc::new)),
        }
    }

    /// What the deploy at a position did.
    pub fn table(&self, position: Position) -> Option<Arc<Table>> {
        self.tables.get(&position.0).cloned()
    }

    /// The lines of the log that are asked for and in no checkpoint yet, latest first, at most one more than the limit;
    /// with the number of the first line that is in none.
    pub fn unwritten(&self, query: &Query) -> (u64, Vec<(u64, Line)>) {
        let first = self.logged - (self.flying.len() + self.fresh.len()) as u64;
        let numbered = (first..).zip(self.flying.iter().chain(&self.fresh)).collect::<Vec<_>>();
        let asked =
            numbered.into_iter().rev().filter(|(number, line)| query.admits(*number, line, line_kind));
        (first, asked.take(query.limit + 1).map(|(number, line)| (number, line.clone())).collect())
    }

    /// The project that runs, if one does.
    pub fn version(&self) -> Option<&Version> {
        self.versions.last()
    }

    pub(super) fn apply(&mut self, applied: Applied) -> Result<(), RuntimeError> {
        let Applied { position, at, record, compiled } = applied;
        let Record { by, id, what } = record;
        match what {
            What::Input(kind) => {
                let about = About::of(&kind);
                let effects =
                    crate::engine::apply(&mut self.world, &self.plan, &Input { at, kind: clamp(kind, at) });
                let plan = Arc::clone(&self.plan);
                self.take(&plan, effects, Some((id, about)))?;
            }
            What::Posted(posted) => self.post(posted),
            What::Refused(refused) => self.refuse(*refused, at),
            What::Deploy(deploy) => self.deploy((position, at), &by, &deploy, compiled)?,
        }
        (self.position, self.at) = (position, at);
        self.sound()
    }

    /// The error: something could not be read back, and what was worked out since then must not be used.
    pub(super) fn sound(&self) -> Result<(), RuntimeError> {
        match self.world.fault() {
            Some(fault) => Err(RuntimeError::Fault(fault.to_owned())),
            None => Ok(()),
        }
    }

    fn deploy(
        &mut self,
        (position, at): (Position, Instant),
        by: &Arc<str>,
        deploy: &Deploy,
        compiled: Option<Arc<Project>>,
    ) -> Result<(), RuntimeError> {
        let number = self.versions.len() as u32 + 1;
        let project = match compiled {
            Some(project) => project,
            None => Arc::new(deploy.bundle.load(&self.projects.join(number.to_string()))?),
        };
        let Some(new) = project.plan.clone() else {
            return Err(RuntimeError::Mistakes(project.diagnostics.clone()));
        };
        let old = Arc::clone(&self.plan);
        let done = migrate::deploy(&mut self.world, &old, new, at, &deploy.options());
        self.take(&old, done.before, None)?;
        self.plan = Arc::new(done.plan);
        let plan = Arc::clone(&self.plan);
        self.take(&plan, done.effects, None)?;
        self.tables.insert(position.0, Arc::new(done.table));
        while self.tables.len() > OUTCOMES {
            self.tables.pop_first();
        }
        self.project = Some(project);
        let (bundle, note) = (Arc::new(deploy.bundle.clone()), deploy.note.clone());
        self.versions.push(Version { number, by: Arc::clone(by), at, note, bundle });
        self.versions_changed = true;
        Ok(())
    }

    fn take(
        &mut self,
        plan: &Arc<Plan>,
        effects: Effects,
        of: Option<(Option<Arc<str>>, About)>,
    ) -> Result<(), RuntimeError> {
        let Effects { log, rejects, rows } = effects;
        self.log(plan, &log);
        for (row, effect) in rows {
            self.row(row, effect)?;
        }
        if let Some((id, about)) = of {
            for reject in rejects {
                self.reject(reject, id.clone(), about.clone());
            }
        }
        Ok(())
    }

    fn log(&mut self, plan: &Plan, log: &[LogEntry]) {
        self.logged += log.len() as u64;
        for entry in log {
            let line = Line::of(plan, entry);
            self.stats.add(&line);
            self.lines_out.push(line.clone());
            self.fresh.push(line);
        }
    }

    fn reject(&mut self, reject: crate::engine::effect::Reject, message: Option<Arc<str>>, about: About) {
        let About { entity, event } = about;
        let (at, name) = (self.world.now, Some(reject.name));
        let reason = reject.reason;
        self.keep(Rejected { number: 0, at, message, entity, event, name, reason, text: None });
    }

    fn refuse(&mut self, refused: RefusedMessage, at: Instant) {
        let RefusedMessage { message, text, reason } = refused;
        let text = Some(text).filter(|text| !text.is_empty());
        self.keep(Rejected { number: 0, at, message, entity: None, event: None, name: None, reason, text });
    }

    fn keep(&mut self, rejected: Rejected) {
        self.rejected += 1;
        self.rejects.push_back(Rejected { number: self.rejected, ..rejected });
        while self.rejects.len() > REJECTS {
            self.rejects.pop_front();
        }
    }

    fn row(&mut self, row: RowId, effect: RowEffect) -> Result<(), RuntimeError> {
        match effect {
            RowEffect::Body(prepared) => {
                self.bodies.insert(row, Some(Arc::new(*prepared)));
            }
            RowEffect::Edited(parts) => {
                if let Some(before) = self.body(row)? {
                    self.bodies.insert(row, Some(Arc::new(edited(&before, parts))));
                }
            }
            RowEffect::Offered => self.dispatches_out.push(Dispatch::Offered(row)),
            // Whoever began the attempt sends it.
            RowEffect::Send(_) => {}
            RowEffect::Over => {
                self.bodies.insert(row, None);
            }
        }
        Ok(())
    }

    /// What was under way when the process ended, or has its turn: to be handed on at the start.
    pub(super) fn resume(&mut self) {
        let open: Vec<_> = self.world.open_rows().collect();
        self.dispatches_out.clear();
        for entity in open {
            let outbox = &self.world.entity(entity).outbox;
            let rows = outbox.iter().flat_map(|outbox| outbox.rows.iter());
            for row in rows {
                let id = RowId { entity, number: row.number };
                if row.state == crate::engine::outbox::RowState::Sending {
                    self.dispatches_out.push(Dispatch::Resumed(id));
                } else if row.offered {
                    self.dispatches_out.push(Dispatch::Offered(id));
                }
            }
        }
    }
}

/// The kind of a line, as queries name it.
pub fn line_kind(line: &Line) -> &'static str {
    crate::simulate::words::kind(&line.kind)
}

fn edited(before: &Prepared, parts: Vec<(Arc<str>, Value)>) -> Prepared {
    let mut after = before.clone();
    for (name, value) in parts {
        match after.args.iter_mut().find(|(known, _)| *known == name) {
            Some((_, held)) => *held = value,
            None => after.args.push((name, value)),
        }
    }
    after
}

/// Whom and what an input is about, for rejects.
#[derive(Clone)]
struct About {
    entity: Option<Arc<str>>,
    event: Option<Arc<str>>,
}

impl About {
    fn of(kind: &InputKind) -> Self {
        let named = |word: &str, id: &Arc<str>| Some(format!("{word}:{id}").into());
        let (entity, event) = match kind {
            InputKind::Group { account, .. } => (named("account", account), None),
            InputKind::Identify { contact, .. } => (named("contact", contact), None),
            InputKind::Track { contact, account, event, .. } => {
                let contact = contact.as_ref().and_then(|id| named("contact", id));
                let account = account.as_ref().and_then(|id| named("account", id));
                (contact.or(account), Some(Arc::clone(event)))
            }
            _ => (None, None),
        };
        Self { entity, event }
    }
}
