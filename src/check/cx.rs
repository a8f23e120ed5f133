//! What the passes of `check` share: the names, the result as it grows, the diagnostics, and the entrances to the
//! checking of expressions.
//!
//! Every entrance gives `None` only after it has reported an error, so a caller drops what depends on it in silence.

use super::Input;
use super::checked::*;
use super::collect::Names;
use super::scope::Scope;
use crate::base::{Idx, Span};
use crate::diag::{Code, Diagnostic};
use crate::syntax::ast;
use crate::value::{Type, Value, Words};
use std::collections::HashMap;
use std::sync::Arc;

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
    pub stage_words: [Words; 2],
    pub(super) aggregates: HashMap<String, Idx<Aggregate>>,
    pub(super) texts: HashMap<Arc<str>, ()>,
}

impl<'a> Cx<'a> {
    /// The state before the first pass.
    pub fn new(input: &'a Input<'a>, names: &'a Names<'a>, diags: Vec<Diagnostic>) -> Self {
        let out = Checked { settings: input.settings.clone(), ..Checked::default() };
        let stage_words = [Words::from([]), Words::from([])];
        let (aggregates, texts) = (HashMap::new(), HashMap::new());
        Self { input, names, out, diags, stage_words, aggregates, texts }
    }

    /// The result and all diagnostics.
    pub fn finish(self) -> (Checked, Vec<Diagnostic>) {
        (self.out, self.diags)
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
        if let Some((known, ())) = self.texts.get_key_value(text) {
            return Arc::clone(known);
        }
        let shared: Arc<str> = text.into();
        self.texts.insert(Arc::clone(&shared), ());
        shared
    }

    /// A condition: an expression of type bool.
    pub fn condition(&mut self, _expr: &ast::Expr, _scope: &Scope<'_>) -> Option<Expr> {
        None
    }

    /// A value; with an expected type it must fit: a bare or quoted word becomes a word of its `one of` type, a text
    /// an address, and `missing` is allowed (it clears).
    pub fn value(&mut self, _expr: &ast::Expr, _scope: &Scope<'_>, _expected: Option<&Type>) -> Option<Expr> {
        None
    }

    /// A literal of an expected type, `missing` too.
    pub fn constant(&mut self, _expr: &ast::Expr, _expected: &Type) -> Option<Value> {
        None
    }

    /// An attribute or a built-in of the entity at hand, or of one that is named (`account.status`).
    pub fn attribute_path(&mut self, _path: &ast::Path, _scope: &Scope<'_>) -> Option<Expr> {
        None
    }

    /// An attribute of type time or date, moved by an offset if there is one.
    pub fn time_expr(
        &mut self,
        _path: &ast::Path,
        _offset: Option<&ast::Offset>,
        _scope: &Scope<'_>,
    ) -> Option<Expr> {
        None
    }

    /// The type that a written type means (`stage` and `health` have none).
    pub fn written_type(&mut self, _ty: &ast::TypeExpr) -> Option<Type> {
        None
    }

    /// The segment of that name.
    pub fn segment(&mut self, _name: &ast::Text) -> Option<Idx<Segment>> {
        None
    }

    /// The segment of that name, which must be of this subject.
    pub fn segment_of(&mut self, _name: &ast::Text, _subject: Subject) -> Option<Idx<Segment>> {
        None
    }

    /// The event of that name.
    pub fn event(&mut self, _name: &ast::Text) -> Option<Idx<Event>> {
        None
    }

    /// The property of that name of an event.
    pub fn property(&mut self, _event: Idx<Event>, _name: &str, _span: Span) -> Option<Idx<Property>> {
        None
    }

    /// The workflow of that name.
    pub fn workflow(&mut self, _name: &ast::Text) -> Option<Idx<Workflow>> {
        None
    }

    /// The calendar of that name.
    pub fn calendar(&mut self, _name: &ast::Text) -> Option<Idx<Calendar>> {
        None
    }

    /// The team of that name.
    pub fn team(&mut self, _name: &ast::Text) -> Option<Idx<Team>> {
        None
    }

    /// The template of that name.
    pub fn template(&mut self, _name: &ast::Text) -> Option<Idx<MessageTemplate>> {
        None
    }

    /// The stage of that name of a subject, by its place.
    pub fn stage(&mut self, _subject: Subject, _name: &ast::Text) -> Option<usize> {
        None
    }

    /// A period that must be more than nothing and at most ten years.
    pub fn period(&mut self, _period: &crate::base::Node<crate::base::Period>, _what: &str) -> Option<crate::base::Period> {
        None
    }
}
