//! The bounds of what the machine numbers: one more than fits is an error in words, and what fits is a plan whose numbers
//! are its own. Trees are made from one that was parsed, for texts of that size take long to parse.

use wayfare::base::{FileId, SourceMap};
use wayfare::check::checked::Settings;
use wayfare::check::{Input, NoAssets, SourceAst, check};
use wayfare::diag::{Code, Diagnostic, render};
use wayfare::plan;
use wayfare::syntax::ast::{ClauseKind, Decl, DeclKind, Expr, ExprKind, File, TriggerKind};

/// As docs/diagnostics/too-many.md says.
const MOST: usize = 60_000;

/// A text, and its tree with more in it.
struct Grown {
    sources: SourceMap,
    file: File,
}

impl Grown {
    fn of(text: &str, grow: impl FnOnce(&mut Vec<Decl>)) -> Self {
        let mut sources = SourceMap::new();
        let parsed = wayfare::syntax::parse(sources.add("grown.wf", text), text);
        assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
        let mut file = parsed.file;
        grow(&mut file.decls);
        Self { sources, file }
    }

    /// What is wrong, as people see it.
    fn wrong(&self) -> String {
        let files = vec![SourceAst { id: FileId::default(), ast: &self.file, std: false, stem: "grown" }];
        let input = Input { files, settings: Settings::default(), assets: &NoAssets, modules: &[] };
        let (checked, found) = check(&input);
        let wrong: Vec<&Diagnostic> = found.iter().filter(|one| one.is_error()).collect();
        assert!(wrong.iter().all(|one| one.code == Code::TooMany));
        if wrong.is_empty() {
            let plan = plan::lower(&checked, &self.sources);
            assert_eq!(plan.validate(), Ok(()));
        }
        wrong.iter().map(|one| render::human(one, &self.sources, false)).collect()
    }
}

fn repeated<T: Clone>(items: &mut Vec<T>, count: usize, name: impl Fn(&mut T, usize)) {
    let first = items.pop().unwrap();
    items.extend((0..count).map(|at| {
        let mut item = first.clone();
        name(&mut item, at);
        item
    }));
}

fn attributes(count: usize) -> String {
    let grow = |decls: &mut Vec<Decl>| {
        let DeclKind::Attributes(block) = &mut decls[0].kind else { panic!() };
        repeated(&mut block.items, count, |item, at| item.name.node = format!("a{at}"));
    };
    Grown::of("attributes of account {\n  onboarded bool\n}\n", grow).wrong()
}

fn properties(count: usize) -> String {
    let grow = |decls: &mut Vec<Decl>| {
        let DeclKind::Event(event) = &mut decls[0].kind else { panic!() };
        repeated(event.properties.as_mut().unwrap(), count, |item, at| item.name.node = format!("p{at}"));
    };
    Grown::of("event \"Login\" {\n  site text\n}\n", grow).wrong()
}

/// One of them is the `matches` trigger.
fn facts(count: usize) -> String {
    let text = "workflow \"W\" {\n  when account matches id = \"a\"\n  do wait 1d\n}\nsegment \"S\" of account where id = \"b\"\n";
    let grow = |decls: &mut Vec<Decl>| {
        repeated(decls, count - 1, |decl, at| {
            let DeclKind::Segment(segment) = &mut decl.kind else { panic!() };
            segment.name.value = format!("S{at}");
            number(&mut segment.condition, at);
        });
    };
    Grown::of(text, grow).wrong()
}

/// Another text on the right of the comparison.
fn number(condition: &mut Expr, at: usize) {
    let ExprKind::Compare { right, .. } = &mut condition.kind else { panic!() };
    let ExprKind::Text(text) = &mut right.kind else { panic!() };
    text.value = at.to_string();
}

fn comparisons(count: usize) -> String {
    let text = "workflow \"W\" {\n  when account matches id = \"a\" or id = \"b\"\n  do wait 1d\n}\n";
    let grow = |decls: &mut Vec<Decl>| {
        let DeclKind::Workflow(workflow) = &mut decls[0].kind else { panic!() };
        let ClauseKind::When(triggers) = &mut workflow.clauses[0].kind else { panic!() };
        let TriggerKind::Matches(condition) = &mut triggers[0].kind else { panic!() };
        let ExprKind::Or(parts) = &mut condition.kind else { panic!() };
        parts.pop();
        repeated(parts, count, number);
    };
    Grown::of(text, grow).wrong()
}

#[test]
fn what_fits_is_planned_and_one_more_is_an_error() {
    let kinds: [(&str, fn(usize) -> String); 4] = [
        ("attributes", attributes),
        ("properties", properties),
        ("facts", facts),
        ("comparisons", comparisons),
    ];
    let mut said = Vec::new();
    for (name, wrong) in kinds {
        assert_eq!(wrong(MOST), "", "{name}");
        said.push(wrong(MOST + 1));
    }
    insta::assert_snapshot!(said.join("\n"));
}
