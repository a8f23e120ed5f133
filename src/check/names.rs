//! Every declared name of a project, with the index that its declaration will have in `Checked`.
//!
//! Made by `collect`, read by everything behind it.

use super::broken::Broken;
use super::checked::{self, BySubject, Subject};
use crate::base::{Idx, Span};
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

    /// The entry of that index (not for attributes of contacts, whose indices go on behind those of accounts).
    pub fn at(&self, idx: Idx<T>) -> Option<&Entry<'a, T, D>> {
        self.entries.get(idx.index())
    }

    /// The names, for suggestions.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| &*entry.name)
    }

    /// Sorts by name and gives the indices anew.
    fn sort(&mut self) {
        self.entries.sort_by(|a, b| a.name.cmp(&b.name));
        self.number_from(0);
    }

    fn number_from(&mut self, first: u32) {
        for (at, entry) in self.entries.iter_mut().enumerate() {
            entry.idx = Idx::new(first + at as u32);
            if let Some(place) = self.by_name.get_mut(&entry.name) {
                *place = at;
            }
        }
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
    /// Attributes of accounts and of contacts; one arena holds both, those of accounts first.
    pub attributes: BySubject<Table<'a, checked::Attribute, ast::Attribute>>,
    /// Events; what is declared of each adds up in [`Names::properties`].
    pub events: Table<'a, checked::Event, ast::EventDecl>,
    /// The properties of each event, by its index.
    pub properties: Vec<Table<'a, checked::Property, ast::Attribute>>,
    /// Segments.
    pub segments: Table<'a, checked::Segment, ast::Segment>,
    /// Stages of accounts and of contacts: tree, place of the head, whether the standard library's.
    pub stages: BySubject<Option<(&'a ast::Stages, Span, bool)>>,
    /// Health blocks of accounts and of contacts, in order: tree, place of the head, whether the standard library's.
    pub health: BySubject<Vec<(&'a ast::Health, Span, bool)>>,
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
    /// What declarations that did not parse leave open.
    pub broken: Broken,
}

impl Names<'_> {
    /// Gives the final indices, once everything is collected.
    pub(super) fn settle(&mut self) {
        self.workflows.sort();
        let accounts = self.attributes[Subject::Account].entries.len() as u32;
        self.attributes[Subject::Contact].number_from(accounts);
    }

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
