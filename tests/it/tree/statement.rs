//! Tests.

use super::flow::{called, fields};
use super::{Lines, expr, joined, optional, text, word};
use wayfare::syntax::ast::*;

pub(super) fn statements(out: &mut Lines, of: &[Statement]) {
    of.iter().for_each(|it| out.line(statement(&it.kind)));
}

fn statement(of: &StatementKind) -> String {
    match of {
        StatementKind::At(at) => format!("at {}", at.node),
        StatementKind::After(period) => format!("after {}", period.node),
        StatementKind::Entity { subject, id, of, fields: given } => {
            let of = optional("of ", of.as_ref(), text);
            format!("{} {}{of} {}", word(subject.node), text(id), fields(given))
        }
        StatementKind::Performs { subject, id, of, event, fields: given } => {
            let of = optional("of ", of.as_ref(), text);
            format!("{} {}{of} performs {} {}", word(subject.node), text(id), text(event), fields(given))
        }
        StatementKind::Mail { id, what, template } => {
            format!("contact {} {} {}", text(id), word(what.node), text(template))
        }
        StatementKind::Enrol { id, workflow } => format!("enrol {} in {}", text(id), text(workflow)),
        StatementKind::Expect(of) => format!("expect {}", expectation(of)),
    }
}

fn expectation(of: &Expectation) -> String {
    match of {
        Expectation::NothingMore => "nothing-more".into(),
        Expectation::NoAction { action, args } => format!("no-call {}", called(action, args)),
        Expectation::Action { action, args, checks } => {
            let check = |of: &ActionCheck| match of {
                ActionCheck::To(to) => format!("to {}", text(to)),
                ActionCheck::Containing(part) => format!("containing {}", text(part)),
            };
            format!("call {}{}", called(action, args), joined(checks, check))
        }
        Expectation::Entity { subject, id, what } => {
            let subject = subject.as_ref().map_or(String::new(), |of| word(of.node) + " ");
            format!("{subject}{} {}", text(id), holds(what))
        }
    }
}

fn holds(of: &EntityExpectation) -> String {
    match of {
        EntityExpectation::Enrolled { negated, workflow } => {
            format!("{}enrolled {}", if *negated { "not-" } else { "" }, text(workflow))
        }
        EntityExpectation::Exited { workflow, because } => {
            format!("exited {}{}", text(workflow), optional("because ", because.as_ref(), expr))
        }
        EntityExpectation::Finished(workflow) => format!("finished {}", text(workflow)),
        EntityExpectation::Waiting { workflow, until } => {
            format!(
                "waiting {}{}",
                text(workflow),
                optional("until ", until.as_ref(), |at| at.node.to_string())
            )
        }
        EntityExpectation::Holds(condition) => format!("holds {}", expr(condition)),
    }
}
