//! What the passes of `check` share: the names, the result as it grows, the diagnostics.
//!
//! The entrances to names are in `lookup` and `resolve` ([`Cx::segment`], [`Cx::attribute_path`]), those to
//! expressions in `expr` ([`Cx::condition`], [`Cx::value`], [`Cx::constant`]) and `time` ([`Cx::time_expr`]). Every
//! one gives `None` only after an error is reported, here or by the parser, so a caller drops what depends on it in
//! silence.

use super::Input;
use super::checked::*;
use super::names::Names;
use crate::base::{Idx, Span};
use crate::diag::{Code, Diagnostic};
use crate::value::Words;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What is named somewhere, by index.
#[derive(Debug, Default)]
pub struct Used {
    pub segments: HashSet<u32>,
    pub events: HashSet<u32>,
    pub workflows: HashSet<u32>,
    pub calendars: HashSet<u32>,
    pub teams: HashSet<u32>,
    pub templates: HashSet<u32>,
}

/// The state of checking.
pub struct Cx<'a> {
    /// What is checked.
    pub input: &'a Input<'a>,
    /// Every declared name.
    pub names: &'a Names<'a>,
    /// The result as it grows. Attributes (with types), events and their properties, and stage names are complete
    /// before the first expression is checked.
    pub out: Checked,
    /// What is wrong.
    pub diags: Vec<Diagnostic>,
    /// The names of the stages of accounts and of contacts; empty where there are none.
    pub stage_words: BySubject<Words>,
    /// What is named somewhere.
    pub used: Used,
    pub(super) aggregates: HashMap<String, Idx<Aggregate>>,
    texts: HashSet<Arc<str>>,
    pub(super) regexes: HashSet<Arc<str>>,
}

impl<'a> Cx<'a> {
    /// The state before the first pass.
    pub fn new(input: &'a Input<'a>, names: &'a Names<'a>, diags: Vec<Diagnostic>) -> Self {
        let out = Checked { settings: input.settings.clone(), ..Checked::default() };
        let stage_words = BySubject::new(Words::from([]), Words::from([]));
        Self {
            input,
            names,
            out,
            diags,
            stage_words,
            used: Used::default(),
            aggregates: HashMap::new(),
            texts: HashSet::new(),
            regexes: HashSet::new(),
        }
    }

    /// The result and all diagnostics.
    pub fn finish(self) -> (Checked, Vec<Diagnostic>) {
        (self.out, self.names.broken.without_followers(self.diags))
    }

    /// Takes a diagnostic in.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diags.push(diagnostic);
    }

    /// Takes an error in, and gives nothing.
    pub fn fail<T>(&mut self, diagnostic: Diagnostic) -> Option<T> {
        self.diags.push(diagnostic);
        None
    }

    /// A plain error: what is wrong, and where.
    pub fn error<T>(&mut self, code: Code, span: Span, message: impl Into<String>) -> Option<T> {
        self.fail(Diagnostic::new(code, span, message))
    }

    /// The one shared copy of a text.
    pub fn intern(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let shared: Arc<str> = text.into();
        self.texts.insert(Arc::clone(&shared));
        shared
    }
}
