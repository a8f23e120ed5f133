//! Parsed to Checked: names, types, templates, lints.
//!
//! In: the trees of all files of a project, its settings, a way to read template files. Out: [`Checked`] and every
//! diagnostic; the result is whole only if none of them is an error. Invariant: after it an unresolved name can't
//! be represented. Not here: reading files and finding `std` modules (the project's loader), instructions (`plan`).
//! Tests: tests/it/check.rs over tests/cases/check and docs/diagnostics.

mod action;
mod args;
mod arith;
mod broken;
pub mod builtin;
mod calendar;
mod call;
mod capacity;
mod change;
pub mod checked;
mod checked_expr;
mod checked_flow;
mod collect;
mod compare;
mod connector;
mod cx;
mod declared;
mod define;
mod events;
mod expect;
mod explain;
mod expr;
mod flow;
mod graph;
mod lints;
mod liquid;
mod listing;
mod lookup;
mod message;
mod names;
mod once;
mod recipient;
mod relate;
mod resolve;
mod scope;
mod team;
mod test;
mod time;
mod trigger;
mod types;
mod wait;
mod words;
mod workflow;

pub use checked::Checked;
pub use listing::listing;

use crate::base::FileId;
use crate::diag::Diagnostic;
use crate::syntax::ast;
use checked::Settings;
use std::sync::Arc;

/// What is checked.
pub struct Input<'a> {
    /// The trees of all files: those of `std` modules first, then the project's in the order of their paths.
    pub files: Vec<SourceAst<'a>>,
    /// What `wayfare.toml` says.
    pub settings: Settings,
    /// Where the texts of template files come from.
    pub assets: &'a dyn Assets,
    /// The modules of the standard library that there are (`saas` for `std.saas`), used or not.
    pub modules: &'a [&'a str],
}

/// The tree of one file.
pub struct SourceAst<'a> {
    /// The file.
    pub id: FileId,
    /// Its tree.
    pub ast: &'a ast::File,
    /// Whether it is a module of the standard library.
    pub std: bool,
    /// Its name without folder and ending: the name of its bare workflow.
    pub stem: &'a str,
}

/// Files that a project's text names.
pub trait Assets {
    /// The text of the file at `path`, relative to the project, that `from` names; its id is of the same source map,
    /// so that diagnostics can point into it. The error says in a few words why not.
    fn read(&self, path: &str, from: FileId) -> Result<(FileId, Arc<str>), String>;
}

/// No files at all.
pub struct NoAssets;

impl Assets for NoAssets {
    fn read(&self, _: &str, _: FileId) -> Result<(FileId, Arc<str>), String> {
        Err("there is no such file".into())
    }
}

/// Finds every name, types every expression, puts every argument in its place.
pub fn check(input: &Input<'_>) -> (Checked, Vec<Diagnostic>) {
    let (names, diags) = collect::collect(input);
    let mut cx = cx::Cx::new(input, &names, diags);
    define::declare(&mut cx);
    define::define(&mut cx);
    graph::order(&mut cx);
    flows(&mut cx);
    cx.finish()
}

/// Everything that stands on the definitions: actions, messages, workflows, tests.
fn flows(cx: &mut cx::Cx<'_>) {
    let mut sent = message::Sent::default();
    calendar::calendars(cx);
    team::teams(cx);
    action::actions(cx);
    connector::connectors(cx);
    team::limits(cx);
    message::templates(cx);
    workflow::workflows(cx, &mut sent);
    message::check(cx, &sent);
    test::tests(cx);
    capacity::check(cx);
    lints::check(cx);
}
