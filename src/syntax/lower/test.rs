//! The statements of tests.

use super::expr::transpose;
use super::step::mail_event;
use super::{Lower, Parts};
use crate::base::Node;
use crate::syntax::ast::{
    ActionCheck, EntityExpectation, Expectation, Field, MailEvent, Statement, StatementKind, Subject, Test,
    Text,
};
use crate::syntax::{Pair, Rule};

impl Lower {
    pub(super) fn test(&mut self, pair: Pair<'_>) -> Option<Test> {
        let mut parts = Parts::of(pair);
        let name = parts.text(self)?;
        Some(Test { name, statements: parts.map(|pair| self.statement(pair)).collect::<Option<_>>()? })
    }

    /// The rule `stmt`.
    pub(in crate::syntax) fn statement(&mut self, pair: Pair<'_>) -> Option<Statement> {
        let at = self.at(&pair);
        let inner = Parts::of(pair).next()?;
        let rule = inner.as_rule();
        let mut parts = Parts::of(inner);
        let kind = match rule {
            Rule::at_stmt => StatementKind::At(self.instant(&parts.next()?)),
            Rule::after_stmt => StatementKind::After(self.period(&parts.next()?)),
            Rule::enrol => StatementKind::Enrol { id: parts.text(self)?, workflow: parts.text(self)? },
            Rule::expect => StatementKind::Expect(self.expectation(parts.next()?)?),
            _ => self.entity_statement(parts)?,
        };
        Some(Statement { kind, at })
    }

    fn entity_statement(&mut self, mut parts: Parts<'_>) -> Option<StatementKind> {
        let subject = parts.subject(self)?;
        let id = parts.text(self)?;
        let of = parts.text(self);
        let what = parts.next()?;
        match what.as_rule() {
            Rule::object => Some(StatementKind::Entity { subject, id, of, fields: self.object(what)? }),
            Rule::mail_act => self.mail_statement(&subject, id, what),
            _ => {
                let mut parts = Parts::of(what);
                let event = parts.text(self)?;
                let fields: Option<Vec<Field>> = transpose(parts.next().map(|part| self.object(part)))?;
                Some(StatementKind::Performs { subject, id, of, event, fields: fields.unwrap_or_default() })
            }
        }
    }

    fn mail_statement(&mut self, subject: &Node<Subject>, id: Text, act: Pair<'_>) -> Option<StatementKind> {
        if subject.node == Subject::Account {
            self.error(
                crate::diag::Code::Syntax,
                subject.span(),
                "only a contact opens, clicks or replies",
            )
            .help = Some("name the contact who does it: `contact \"…\"`".to_owned());
        }
        let mut parts = Parts::of(act.clone());
        let what = match parts.accept(Rule::mail_verb) {
            Some(verb) => self.node(&verb, mail_event(verb.as_str())),
            None => self.node(&act.into_inner().next()?, MailEvent::Replied),
        };
        Some(StatementKind::Mail { id, what, template: parts.text(self)? })
    }

    fn expectation(&mut self, pair: Pair<'_>) -> Option<Expectation> {
        let rule = pair.as_rule();
        let mut parts = Parts::of(pair);
        Some(match rule {
            Rule::nothing_more => Expectation::NothingMore,
            Rule::expect_no => {
                let action = self.path(&parts.next()?);
                Expectation::NoAction { action, args: parts.map(|arg| self.text(&arg)).collect() }
            }
            Rule::expect_entity => {
                let subject = parts.subject(self);
                let id = parts.text(self)?;
                Expectation::Entity { subject, id, what: self.entity_expectation(parts.next()?)? }
            }
            _ => {
                let action = self.path(&parts.next()?);
                let mut args = Vec::new();
                while let Some(arg) = parts.text(self) {
                    args.push(arg);
                }
                let checks = parts.map(|check| self.action_check(check)).collect::<Option<_>>()?;
                Expectation::Action { action, args, checks }
            }
        })
    }

    fn action_check(&mut self, pair: Pair<'_>) -> Option<ActionCheck> {
        let to = pair.clone().into_inner().next()?.as_rule() == Rule::k_to;
        let text = Parts::of(pair).text(self)?;
        Some(if to { ActionCheck::To(text) } else { ActionCheck::Containing(text) })
    }

    fn entity_expectation(&mut self, pair: Pair<'_>) -> Option<EntityExpectation> {
        let rule = pair.as_rule();
        if rule == Rule::cond {
            return Some(EntityExpectation::Holds(self.expr(pair)?));
        }
        let mut parts = Parts::of(pair);
        let negated = parts.has(Rule::k_not);
        let workflow = parts.text(self)?;
        Some(match rule {
            Rule::enrolled => EntityExpectation::Enrolled { negated, workflow },
            Rule::exited => {
                let because = transpose(parts.next().map(|part| self.expr(part)))?;
                EntityExpectation::Exited { workflow, because }
            }
            Rule::waiting => {
                let until = parts.next().map(|instant| self.instant(&instant));
                EntityExpectation::Waiting { workflow, until }
            }
            _ => EntityExpectation::Finished(workflow),
        })
    }
}
