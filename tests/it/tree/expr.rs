//! Conditions and values.

use super::{joined, optional, text, word};
use wayfare::syntax::ast::*;

/// An expression, on one line.
pub(crate) fn expr(of: &Expr) -> String {
    match &of.kind {
        ExprKind::Or(items) => format!("(or{})", joined(items, expr)),
        ExprKind::And(items) => format!("(and{})", joined(items, expr)),
        ExprKind::Not(inner) => format!("(not {})", expr(inner)),
        ExprKind::Paren(inner) => format!("[{}]", expr(inner)),
        ExprKind::Negative(inner) => format!("(- {})", expr(inner)),
        ExprKind::Compare { op, left, right } => {
            format!("({} {} {})", sign(op.node), expr(left), expr(right))
        }
        ExprKind::Arithmetic { op, left, right } => {
            let sign = match op.node {
                ArithmeticOp::Add => "+",
                ArithmeticOp::Subtract => "-",
                ArithmeticOp::Multiply => "*",
                ArithmeticOp::Divide => "/",
            };
            format!("({sign} {} {})", expr(left), expr(right))
        }
        ExprKind::Between { value, low, high } => {
            format!("(between {} {} {})", expr(value), expr(low), expr(high))
        }
        ExprKind::In { value, negated, list } => {
            format!("({}in {}{})", not(*negated), expr(value), joined(list, expr))
        }
        ExprKind::InSegment { of, negated, segment } => {
            let of = optional("", of.as_ref(), |of| expr(of));
            format!("({}in-segment{of} {})", not(*negated), text(segment))
        }
        ExprKind::InWorkflow { of, negated, workflow } => {
            let of = optional("", of.as_ref(), |of| expr(of));
            format!("({}in-workflow{of} {})", not(*negated), text(workflow))
        }
        ExprKind::TextTest { op, value, part } => {
            format!("({} {} {})", word(op.node), expr(value), expr(part))
        }
        ExprKind::Matches { value, regex } => format!("(matches {} /{}/)", expr(value), regex.node),
        ExprKind::Presence { value, present } => {
            format!("({} {})", if *present { "present" } else { "missing" }, expr(value))
        }
        ExprKind::Within { value, next, period } => {
            format!("(within {} {} {})", expr(value), if *next { "next" } else { "last" }, period.node)
        }
        _ => over_others(of),
    }
}

/// What asks contacts, accounts or events.
fn over_others(of: &Expr) -> String {
    match &of.kind {
        ExprKind::Quantified { quantifier, over, condition } => {
            format!("({} {} {})", word(quantifier.node), word(over.node), expr(condition))
        }
        ExprKind::CountOf { over, condition } => {
            format!("(count {}{})", word(over.node), optional("", condition.as_ref(), |it| expr(it)))
        }
        ExprKind::Did { negated, event, filter, times, window } => {
            let filter = optional("where ", filter.as_ref(), |it| expr(it));
            let times = optional("", times.as_ref(), |times| {
                format!("{} {}", if times.at_least { "at-least" } else { "at-most" }, times.count.node)
            });
            format!("({}did {}{filter}{times}{})", not(*negated), text(event), window_of(window.as_ref()))
        }
        ExprKind::Aggregate { function, property, event, filter, window } => {
            let property = optional("", property.as_ref(), Path::text);
            let filter = optional("where ", filter.as_ref(), |it| expr(it));
            let window = window_of(window.as_ref());
            format!("({}{property} {}{filter}{window})", word(function.node), text(event))
        }
        ExprKind::ActiveDays(window) => format!("(active-days{})", window_of(Some(window))),
        _ => leaf(of),
    }
}

fn leaf(of: &Expr) -> String {
    match &of.kind {
        ExprKind::Path(path) => path.text(),
        ExprKind::Text(of) => text(of),
        ExprKind::Number(number) => number.to_string(),
        ExprKind::Percent(number) => format!("{number}%"),
        ExprKind::Bool(value) => value.to_string(),
        ExprKind::Missing => "<missing>".into(),
        ExprKind::Now => "<now>".into(),
        ExprKind::TimedOut => "<timed out>".into(),
        ExprKind::Period(period) => period.to_string(),
        ExprKind::Moving { period, ago } => {
            format!("({} {})", if *ago { "ago" } else { "from-now" }, period.node)
        }
        ExprKind::Relative { period, before, of } => {
            format!("({} {} {})", if *before { "before" } else { "after" }, period.node, of.text())
        }
        ExprKind::Instant(at) => at.to_string(),
        ExprKind::Date(date) => date.to_string(),
        ExprKind::Clock(at) => clock(*at),
        other => panic!("printed above: {other:?}"),
    }
}

fn window_of(window: Option<&Window>) -> String {
    optional("", window, |window| {
        format!("{} {}", if window.previous { "previous" } else { "last" }, window.period.node)
    })
}

fn not(negated: bool) -> &'static str {
    if negated { "not-" } else { "" }
}

fn sign(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "=",
        CompareOp::Ne => "!=",
        CompareOp::Lt => "<",
        CompareOp::Le => "<=",
        CompareOp::Gt => ">",
        CompareOp::Ge => ">=",
    }
}

pub(super) fn clock(at: Clock) -> String {
    format!("{:02}:{:02}", at.0 / 60, at.0 % 60)
}
