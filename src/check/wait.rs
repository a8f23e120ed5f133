//! Waits.

use super::checked::*;
use super::flow::Flow;
use super::team::count;
use crate::base::Span;
use crate::diag::{Code, Diagnostic};
use crate::syntax::ast::{self, ExprKind as Written};
use crate::value::Type;

impl Flow<'_, '_> {
    /// A wait.
    pub(super) fn wait(&mut self, wait: &ast::Wait) -> Option<Wait> {
        match wait {
            ast::Wait::For(delay) => Some(Wait::For(self.delay(delay)?)),
            ast::Wait::Until { what, at_most, else_exit } => {
                let limit = at_most.as_ref().map(|delay| self.delay(delay));
                let made = self.until(what)?;
                if *else_exit && at_most.is_none() {
                    self.else_exit(&made, what)?;
                }
                let at_most = match limit {
                    Some(limit) => Some(limit?),
                    None => None,
                };
                Some(Wait::Until { what: made, at_most, else_exit: *else_exit })
            }
        }
    }

    fn delay(&mut self, delay: &ast::Delay) -> Option<Delay> {
        match delay {
            ast::Delay::Period(period) => Some(Delay::Period(self.cx.period(period, "wait")?)),
            ast::Delay::BusinessDays { count: days, calendar } => {
                let days = count(self.cx, days, "a number of business days", 1_000);
                let calendar = calendar.as_ref().map(|name| self.cx.calendar(name));
                let calendar = match calendar {
                    Some(calendar) => Some(calendar?),
                    None => None,
                };
                Some(Delay::BusinessDays { count: days?, calendar })
            }
        }
    }

    fn until(&mut self, what: &ast::WaitUntil) -> Option<WaitUntil> {
        match what {
            ast::WaitUntil::Clock { time, calendar } => {
                let calendar = match calendar {
                    Some(name) => Some(self.cx.calendar(name)?),
                    None => None,
                };
                Some(WaitUntil::Clock { time: time.node, calendar })
            }
            ast::WaitUntil::Performs { event, filter } => {
                let event = self.cx.event(event)?;
                let filter = match filter {
                    Some(filter) => Some(self.cx.condition(filter, &self.env.scope().awaiting(event))?),
                    None => None,
                };
                Some(WaitUntil::Performs { event, filter })
            }
            ast::WaitUntil::Mail { what, template } => self.mail(what.node, template),
            ast::WaitUntil::Date { offset, attribute } => {
                Some(WaitUntil::Date(self.cx.time_expr(attribute, Some(offset), &self.env.scope())?))
            }
            ast::WaitUntil::Condition(condition) => self.condition(condition),
        }
    }

    /// A message of an earlier step.
    fn mail(&mut self, what: MailEvent, name: &ast::Text) -> Option<WaitUntil> {
        let template = self.cx.template(name)?;
        if self.sends.contains(&template.raw()) {
            return Some(WaitUntil::Mail { what, template });
        }
        let message = format!("no step before this one sends `{}`", name.value);
        let wrong = Diagnostic::new(Code::NotSentBefore, name.at.0, message);
        self.cx.fail(wrong.help(format!("send it first: `email \"{}\" to: …`", name.value)))
    }

    /// A condition; a bare attribute of type time or date is its instant.
    fn condition(&mut self, condition: &ast::Expr) -> Option<WaitUntil> {
        let instant = matches!(
            condition.kind,
            Written::Path(_) | Written::Instant(_) | Written::Date(_) | Written::Relative { .. }
        );
        if instant {
            let found = self.cx.value(condition, &self.env.scope(), None)?;
            if matches!(found.ty, Type::Time | Type::Date) {
                return Some(WaitUntil::Date(found));
            }
            if found.ty == Type::Bool {
                return Some(WaitUntil::Condition(found));
            }
        }
        if let Some(written) = written_with_sign(condition) {
            let message = "an instant before or after another is written in words";
            let wrong = Diagnostic::new(Code::NotACondition, condition.at.0, message);
            return self.cx.fail(wrong.help(format!("write `{written}`")).fix(condition.at.0, written));
        }
        Some(WaitUntil::Condition(self.cx.condition(condition, &self.env.scope())?))
    }

    /// `else exit` without `at most` means something only where an instant can be past.
    fn else_exit(&mut self, made: &WaitUntil, what: &ast::WaitUntil) -> Option<()> {
        if matches!(made, WaitUntil::Date(_)) {
            return Some(());
        }
        let message = "this wait can't time out, so `else exit` never happens";
        let wrong = Diagnostic::new(Code::PointlessElseExit, place(what), message);
        self.cx.fail(wrong.help("say how long it waits at most: `at most 7d else exit`"))
    }
}

/// `trial_ends_at - 3d` as `3d before trial_ends_at`.
fn written_with_sign(condition: &ast::Expr) -> Option<String> {
    let Written::Arithmetic { op, left, right } = &condition.kind else { return None };
    let (Written::Path(path), Written::Period(period)) = (&left.kind, &right.kind) else { return None };
    match op.node {
        ast::ArithmeticOp::Subtract => Some(format!("{period} before {}", path.text())),
        ast::ArithmeticOp::Add => Some(format!("{period} after {}", path.text())),
        _ => None,
    }
}

/// What a wait is for, in the text.
pub(super) fn place(what: &ast::WaitUntil) -> Span {
    match what {
        ast::WaitUntil::Clock { time, .. } => time.span(),
        ast::WaitUntil::Performs { event, .. } => event.at.0,
        ast::WaitUntil::Mail { what, template } => what.span().to(template.at.0),
        ast::WaitUntil::Date { attribute, .. } => attribute.at.0,
        ast::WaitUntil::Condition(condition) => condition.at.0,
    }
}
