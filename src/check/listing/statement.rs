//! Tests.

use super::super::checked::*;
use super::super::collect::subject_word;
use super::expr::{exact, value};
use super::flow::action;
use super::{Lines, joined, name, word};
use crate::base::Idx;
use crate::value::Value;
use std::sync::Arc;

pub(super) fn tests(out: &mut Lines<'_>) {
    for test in &out.checked.tests {
        out.line(format!("test {:?}", test.name));
        out.inside(|out| test.statements.iter().for_each(|it| out.line(statement(out.checked, &it.kind))));
    }
}

fn statement(checked: &Checked, of: &TestStatementKind) -> String {
    match of {
        TestStatementKind::At(at) => format!("at {at}"),
        TestStatementKind::After(period) => format!("after {}", exact(*period)),
        TestStatementKind::Traits { entity: of, of: account, created_at, traits } => {
            let item = |(at, of): &(Idx<Attribute>, Value)| {
                let key = checked.attributes.get(*at).map_or("", |it| &it.name);
                format!("{key}:{}", value(of))
            };
            let created = created_at.map_or(String::new(), |at| format!(" created {at}"));
            format!("{}{}{created}{}", entity(of), inside(account.as_ref()), joined(traits, item))
        }
        TestStatementKind::Performs { entity: of, of: account, event, properties } => {
            let found = checked.events.get(*event);
            let item = |(at, of): &(Idx<Property>, Value)| {
                let key = found.and_then(|it| it.properties.get(*at)).map_or("", |it| &it.name);
                format!("{key}:{}", value(of))
            };
            let event = name(&checked.events, *event, |it| &it.name);
            format!("{}{} performs {event}{}", entity(of), inside(account.as_ref()), joined(properties, item))
        }
        TestStatementKind::Mail { contact, what, template } => {
            let template = name(&checked.templates, *template, |it| &it.name);
            format!("contact {contact:?} {} {template}", word(what))
        }
        TestStatementKind::Enrol { entity: of, workflow } => {
            format!("enrol {} in {}", entity(of), flow(checked, *workflow))
        }
        expectation => format!("expect {}", expected(checked, expectation)),
    }
}

fn expected(checked: &Checked, of: &TestStatementKind) -> String {
    match of {
        TestStatementKind::ExpectAction { negated, action: of, args, to, containing } => {
            let to = to.as_ref().map_or(String::new(), |to| format!(" to {to:?}"));
            let args = joined(args, |it| format!("{it:?}"));
            let containing = joined(containing, |it| format!("containing {it:?}"));
            format!("{}call {}{args}{to}{containing}", not(*negated), action(checked, *of))
        }
        TestStatementKind::ExpectEnrolled { negated, entity: of, workflow } => {
            format!("{} {}enrolled {}", entity(of), not(*negated), flow(checked, *workflow))
        }
        TestStatementKind::ExpectExited { entity: of, workflow, because } => {
            let because = because.map_or(String::new(), |at| format!(" because exit.{at}"));
            format!("{} exited {}{because}", entity(of), flow(checked, *workflow))
        }
        TestStatementKind::ExpectFinished { entity: of, workflow } => {
            format!("{} finished {}", entity(of), flow(checked, *workflow))
        }
        TestStatementKind::ExpectWaiting { entity: of, workflow, until } => {
            let until = until.map_or(String::new(), |until| format!(" until {until}"));
            format!("{} waiting {}{until}", entity(of), flow(checked, *workflow))
        }
        TestStatementKind::ExpectHolds { entity: of, condition } => {
            format!("{} {}", entity(of), super::expression(Some(checked), condition))
        }
        _ => "nothing-more".into(),
    }
}

fn entity(of: &TestEntity) -> String {
    format!("{} {:?}", subject_word(of.subject), of.id)
}

fn inside(account: Option<&Arc<str>>) -> String {
    account.map_or(String::new(), |id| format!(" of {id:?}"))
}

fn flow(checked: &Checked, at: Idx<Workflow>) -> String {
    name(&checked.workflows, at, |it| &it.name)
}

fn not(negated: bool) -> &'static str {
    if negated { "not-" } else { "" }
}
