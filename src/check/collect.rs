//! The first pass: every declared name gets the index that it will have, before anything is read.
//!
//! In: the trees. Out: [`Names`] and what is wrong with the names themselves. Invariant: the index of an [`Entry`] is
//! the place at which its declaration will be pushed onto the arena of `Checked`; the order is that of the files (the
//! standard library first) and of the text, of workflows that of their names. What the project declares replaces,
//! whole, what the standard library declares under the same name. Not here: what a declaration holds.

use super::checked::Subject;
use super::names::{Names, Table};
use super::{Input, SourceAst};
use crate::base::{Idx, Span};
use crate::diag::{Code, Diagnostic, suggest};
use crate::syntax::ast::{self, AttributeSource, DeclKind};

/// Names that mean something already (S1.4, and the heads of paths).
const RESERVED: [&str; 9] =
    ["id", "created_at", "stage", "health", "account", "contact", "event", "response", "entity"];

/// Collects every declared name.
pub fn collect<'a>(input: &'a Input<'a>) -> (Names<'a>, Vec<Diagnostic>) {
    let mut collector = Collector { input, names: Names::default(), diags: Vec::new() };
    let (std, own): (Vec<_>, Vec<_>) = input.files.iter().partition(|file| file.std);
    for file in std.into_iter().chain(own) {
        collector.file(file);
    }
    collector.names.settle();
    (collector.names, collector.diags)
}

struct Collector<'a> {
    input: &'a Input<'a>,
    names: Names<'a>,
    diags: Vec<Diagnostic>,
}

impl<'a> Collector<'a> {
    fn file(&mut self, file: &SourceAst<'a>) {
        for stump in &file.ast.stumps {
            self.names.broken.add(stump, file.stem);
        }
        let mut bare: Option<Span> = None;
        for decl in &file.ast.decls {
            let span = decl.at.0;
            if let DeclKind::Workflow(workflow) = &decl.kind
                && workflow.name.is_none()
            {
                if let Some(first) = bare {
                    self.second_bare(span, first);
                    continue;
                }
                bare = Some(span);
            }
            self.decl(&decl.kind, span, file);
        }
    }

    fn second_bare(&mut self, span: Span, first: Span) {
        let second =
            Diagnostic::new(Code::SecondBareWorkflow, span, "a file has at most one workflow without a name")
                .other(first, "the first one")
                .help("give this one a name: `workflow \"…\" { when … }`");
        self.diags.push(second);
    }

    fn decl(&mut self, decl: &'a DeclKind, span: Span, file: &SourceAst<'a>) {
        let std = file.std;
        let (names, diags) = (&mut self.names, &mut self.diags);
        match decl {
            DeclKind::Use(path) => self.module(path),
            DeclKind::Attributes(block) => self.attributes(block, std),
            DeclKind::Event(event) => self.event(event, std),
            DeclKind::Segment(it) => names.segments.put("segment", Spelled::of(&it.name, std), it, diags),
            DeclKind::Stages(it) => self.stages(it, span, std),
            DeclKind::Health(it) => self.health(it, span, std),
            DeclKind::Team(it) => names.teams.put("team", Spelled::of(&it.name, std), it, diags),
            DeclKind::Calendar(it) => names.calendars.put("calendar", Spelled::of(&it.name, std), it, diags),
            DeclKind::Limit(it) => names.limits.push((it, span)),
            DeclKind::Template(it) => names.templates.put("template", Spelled::of(&it.name, std), it, diags),
            DeclKind::Workflow(it) => {
                let name = it
                    .name
                    .as_ref()
                    .map_or(Spelled { name: file.stem, span, std }, |name| Spelled::of(name, std));
                names.workflows.put("workflow", name, it, diags);
            }
            DeclKind::Connector(it) => {
                let name = Spelled { name: &it.name.node, span: it.name.span(), std };
                names.connectors.put("connector", name, it, diags);
            }
            DeclKind::Action(it) => {
                let name = it.name.text();
                names.actions.put("action", Spelled { name: &name, span: it.name.at.0, std }, it, diags);
            }
            DeclKind::Test(it) => names.tests.put("test", Spelled::of(&it.name, std), it, diags),
        }
    }

    /// `use std.saas`: which files come in is the loader's; here only whether there is such a module.
    fn module(&mut self, path: &ast::Path) {
        let (name, span, modules) = (path.text(), path.at.0, self.input.modules);
        let stem = name.strip_prefix("std.");
        if stem.is_some_and(|stem| modules.contains(&stem)) {
            return;
        }
        self.names.broken.add_module();
        let unknown = Diagnostic::new(Code::UnknownModule, span, format!("there is no module `{name}`"));
        let near = suggest::nearest(stem.unwrap_or(&name), modules.iter().copied());
        self.diags.push(match near {
            Some(near) => {
                unknown.help(format!("did you mean `std.{near}`?")).fix(span, format!("std.{near}"))
            }
            None => unknown.help("`wf std list` shows the modules that there are"),
        });
    }

    fn attributes(&mut self, block: &'a ast::Attributes, std: bool) {
        for item in &block.items {
            let span = item.name.span();
            if RESERVED.contains(&item.name.node.as_str()) {
                self.reserved(&item.name.node, span);
                continue;
            }
            let table = &mut self.names.attributes[block.subject.node];
            put_attribute("attribute", table, item, std, &mut self.diags);
        }
    }

    fn reserved(&mut self, name: &str, span: Span) {
        let message = format!("`{name}` has a meaning of its own");
        let reserved = Diagnostic::new(Code::ReservedName, span, message);
        self.diags.push(match name {
            "id" | "created_at" | "stage" | "health" => {
                reserved.label("every account and contact has it undeclared").help("leave this line out")
            }
            _ => reserved.help(format!("give it another name, such as `{name}_1 … from \"{name}\"`")),
        });
    }

    fn event(&mut self, event: &'a ast::EventDecl, std: bool) {
        let spelled = Spelled::of(&event.name, std);
        let idx = self.names.events.get(spelled.name).map(|entry| entry.idx);
        let idx = idx.unwrap_or_else(|| {
            self.names.properties.push(Table::default());
            self.names.events.add(spelled, event)
        });
        let Some(table) = self.names.properties.get_mut(idx.index()) else { return };
        for item in event.properties.iter().flatten() {
            if item.name.node == "contact" {
                let message = "`contact` has a meaning of its own";
                let reserved = Diagnostic::new(Code::ReservedName, item.name.span(), message);
                self.diags.push(reserved.label("`event.contact` is who did it").help("give it another name"));
                continue;
            }
            if let AttributeSource::Derived(expr) = &item.source {
                let derived =
                    Diagnostic::new(Code::DerivedProperty, expr.at.0, "a property can't be worked out");
                self.diags.push(derived.help("leave `= …` out: properties come with the event"));
            }
            put_attribute("property", table, item, std, &mut self.diags);
        }
    }

    fn stages(&mut self, stages: &'a ast::Stages, span: Span, std: bool) {
        let slot = &mut self.names.stages[stages.subject.node];
        let message = || format!("the stages of {} are declared twice", subject_word(stages.subject.node));
        match slot {
            Some((_, first, was_std)) if *was_std == std => {
                let twice =
                    Diagnostic::new(Code::DuplicateBlock, head(span, stages.subject.span()), message());
                self.diags.push(twice.other(*first, "first here").help("put all stages into one block"));
            }
            _ => *slot = Some((stages, head(span, stages.subject.span()), std)),
        }
    }

    fn health(&mut self, health: &'a ast::Health, span: Span, std: bool) {
        let blocks = &mut self.names.health[health.subject.node];
        if !std {
            blocks.retain(|(_, _, was_std)| !was_std);
        }
        let stage = health.stage.as_ref().map(|stage| stage.value.as_str());
        let end = health.stage.as_ref().map_or(health.subject.span(), |stage| stage.at.0);
        let span = head(span, end);
        let same =
            blocks.iter().find(|(block, ..)| block.stage.as_ref().map(|at| at.value.as_str()) == stage);
        if let Some((_, first, _)) = same {
            let message = "these health rules are declared twice";
            let twice = Diagnostic::new(Code::DuplicateBlock, span, message);
            self.diags.push(twice.other(*first, "first here").help("put all of these rules into one block"));
            return;
        }
        blocks.push((health, span, std));
    }
}

/// From the first word of a declaration to the end of its head.
fn head(whole: Span, end: Span) -> Span {
    Span { end: end.end, ..whole }
}

fn put_attribute<'a, T>(
    what: &str,
    table: &mut Table<'a, T, ast::Attribute>,
    item: &'a ast::Attribute,
    std: bool,
    diags: &mut Vec<Diagnostic>,
) {
    let spelled = Spelled { name: &item.name.node, span: item.name.span(), std };
    if let Some(first) = table.replace_or_add(spelled, item) {
        let message = format!("the {what} `{}` is declared twice", item.name.node);
        let twice = Diagnostic::new(Code::DuplicateAttribute, item.name.span(), message);
        diags.push(twice.other(first, "first here").help("take one of them out"));
    }
}

/// `account` or `contact`.
pub(super) fn subject_word(subject: Subject) -> &'static str {
    match subject {
        Subject::Account => "account",
        Subject::Contact => "contact",
    }
}

/// A name as written, with its place.
#[derive(Clone, Copy)]
pub(super) struct Spelled<'n> {
    pub(super) name: &'n str,
    pub(super) span: Span,
    /// In the standard library.
    pub(super) std: bool,
}

impl<'n> Spelled<'n> {
    fn of(text: &'n ast::Text, std: bool) -> Self {
        Self { name: &text.value, span: text.at.0, std }
    }
}

impl<'a, T, D> Table<'a, T, D> {
    /// Adds a declaration, or reports that the project has two of that name.
    fn put(&mut self, what: &str, name: Spelled<'_>, decl: &'a D, diags: &mut Vec<Diagnostic>) {
        if let Some(first) = self.replace_or_add(name, decl) {
            let message = format!("the {what} `{}` is declared twice", name.name);
            let twice = Diagnostic::new(Code::DuplicateName, name.span, message);
            diags.push(twice.other(first, "first here").help("give one of them another name"));
        }
    }

    /// Adds a declaration; the project's own takes the place of the standard library's. Gives the place of the one
    /// that has the name already, if both are of the same kind.
    fn replace_or_add(&mut self, name: Spelled<'_>, decl: &'a D) -> Option<Span> {
        let Some(at) = self.by_name.get(name.name).copied() else {
            self.add(name, decl);
            return None;
        };
        let entry = self.entries.get_mut(at)?;
        if entry.std == name.std {
            return Some(entry.span);
        }
        if entry.std {
            (entry.decl, entry.span, entry.std) = (decl, name.span, name.std);
        }
        None
    }

    fn add(&mut self, name: Spelled<'_>, decl: &'a D) -> Idx<T> {
        let idx = Idx::new(self.entries.len() as u32);
        let shared: std::sync::Arc<str> = name.name.into();
        self.by_name.insert(std::sync::Arc::clone(&shared), idx.index());
        self.entries.push(super::names::Entry { idx, name: shared, decl, span: name.span, std: name.std });
        idx
    }
}
