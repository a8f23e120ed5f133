//! Expressions and aggregates, on one line each.

use super::super::checked::*;
use super::super::collect::subject_word;
use crate::value::{Level, Type, Value};
use std::fmt::Write;

/// The text that two aggregates share if they say the same.
pub(in crate::check) fn aggregate_key(aggregate: &Aggregate) -> String {
    aggregate_text(None, aggregate)
}

pub(super) fn aggregate_text(checked: Option<&Checked>, aggregate: &Aggregate) -> String {
    let mut out = format!("{} ", subject_word(aggregate.subject));
    match &aggregate.function {
        Function::ActiveDays => out.push_str("active-days"),
        Function::Of { function, event, property, filter } => {
            let name = format!("{function:?}").to_lowercase();
            let _ = match checked.and_then(|checked| checked.events.get(*event)) {
                Some(event) => {
                    let property = property.and_then(|property| event.properties.get(property));
                    let of = property.map_or(String::new(), |property| format!(" {}", property.name));
                    write!(out, "{name}{of} {:?}", event.name)
                }
                None => write!(out, "{name} {property:?} {event:?}"),
            };
            if let Some(filter) = filter {
                let _ = write!(out, " where {}", expression(checked, filter));
            }
        }
    }
    let _ = match aggregate.window {
        Window::All => Ok(()),
        Window::Last(period) => write!(out, " last {}", exact(period)),
        Window::Previous(period) => write!(out, " previous {}", exact(period)),
    };
    out
}

/// An expression; names are shown where the project is given, else indices.
pub(super) fn expression(checked: Option<&Checked>, expr: &Expr) -> String {
    let mut writer = Writer { out: String::new(), checked };
    writer.expr(expr);
    writer.out
}

struct Writer<'c> {
    out: String,
    checked: Option<&'c Checked>,
}

impl Writer<'_> {
    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Const(of) => self.text(&value(of)),
            ExprKind::Now => self.text("now"),
            ExprKind::Moving { period, ago } => {
                let sign = if *ago { '-' } else { '+' };
                self.text(&format!("now{sign}{}", exact(*period)));
            }
            ExprKind::Shift { base, period, before } => {
                let sign = if *before { "-" } else { "+" };
                self.form(&format!("shift{sign}{}", exact(*period)), [&**base]);
            }
            ExprKind::Not(inner) => self.form("not", [&**inner]),
            ExprKind::And(items) => self.form("and", items),
            ExprKind::Or(items) => self.form("or", items),
            ExprKind::Compare { op, left, right } => self.form(compare_sign(*op), [&**left, &**right]),
            ExprKind::In { value, list } => self.form("in", std::iter::once(&**value).chain(list)),
            ExprKind::TextTest { op, value, part } => {
                let name = match op {
                    TextOp::Contains => "contains",
                    TextOp::StartsWith => "starts-with",
                    TextOp::EndsWith => "ends-with",
                };
                self.form(name, [&**value, &**part]);
            }
            ExprKind::Matches { value, regex } => self.form(&format!("matches /{regex}/"), [&**value]),
            ExprKind::IsMissing(inner) => self.form("missing", [&**inner]),
            ExprKind::Arithmetic { op, left, right } => {
                let sign = match op {
                    ArithmeticOp::Add => "+",
                    ArithmeticOp::Subtract => "-",
                    ArithmeticOp::Multiply => "*",
                    ArithmeticOp::Divide => "/",
                };
                self.form(sign, [&**left, &**right]);
            }
            ExprKind::Negative(inner) => self.form("-", [&**inner]),
            ExprKind::Quantified { quantifier, over, condition } => {
                let name = format!("{quantifier:?} {}", subject_word(*over)).to_lowercase();
                self.form(&name, [&**condition]);
            }
            ExprKind::CountOf { over, condition } => {
                self.form(&format!("count {}", subject_word(*over)), condition.as_deref());
            }
            _ => self.leaf(expr),
        }
    }

    fn leaf(&mut self, expr: &Expr) {
        let checked = self.checked;
        let text = match &expr.kind {
            ExprKind::Attribute { of, attribute } => {
                let found = checked.and_then(|checked| checked.attributes.get(*attribute));
                let name = found.map_or(format!("{attribute:?}"), |found| found.name.to_string());
                format!("{}{name}:{}", whose(*of), tag(&expr.ty))
            }
            ExprKind::BuiltIn { of, which, .. } => format!("{}{which:?}", whose(*of)).to_lowercase(),
            ExprKind::InSegment { of, segment } => {
                let found = checked.and_then(|checked| checked.segments.get(*segment));
                let name = found.map_or(format!("{segment:?}"), |found| format!("{:?}", found.name));
                format!("({}in-segment {name})", whose(*of))
            }
            ExprKind::InWorkflow { of, workflow } => {
                let found = checked.and_then(|checked| checked.workflows.get(*workflow));
                let name = found.map_or(format!("{workflow:?}"), |found| format!("{:?}", found.name));
                format!("({}in-workflow {name})", whose(*of))
            }
            ExprKind::EventProperty(properties) | ExprKind::EnrollingProperty(properties) => {
                let text = |(event, property): &(crate::base::Idx<Event>, crate::base::Idx<Property>)| {
                    let event = checked.and_then(|checked| checked.events.get(*event));
                    let found = event.and_then(|event| event.properties.get(*property));
                    found.map_or(format!("{property:?}"), |found| found.name.to_string())
                };
                let names: Vec<String> = properties.iter().map(text).collect();
                let which =
                    if matches!(expr.kind, ExprKind::EnrollingProperty(_)) { "enrolling-" } else { "" };
                format!("{which}event.{}:{}", names.join("|"), tag(&expr.ty))
            }
            ExprKind::EventContact => "event.contact".into(),
            ExprKind::Param(at) => format!("param.{at}:{}", tag(&expr.ty)),
            ExprKind::Kept(at) => format!("kept.{at}"),
            ExprKind::Response(parts) => format!("response.{}", parts.join(".")),
            ExprKind::Aggregate { of, aggregate } => format!("{}aggregate.{}", whose(*of), aggregate.raw()),
            _ => "timed-out".into(),
        };
        self.text(&text);
    }

    fn form<'e>(&mut self, head: &str, operands: impl IntoIterator<Item = &'e Expr>) {
        self.out.push('(');
        self.out.push_str(head);
        for operand in operands {
            self.out.push(' ');
            self.expr(operand);
        }
        self.out.push(')');
    }

    fn text(&mut self, text: &str) {
        self.out.push_str(text);
    }
}

/// A value as it is written.
pub(super) fn value(value: &Value) -> String {
    match value {
        Value::Missing => "missing".into(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => format!("{text:?}"),
        Value::Time(at) => at.to_string(),
        Value::Date(date) => date.to_string(),
        Value::Period(period) => exact(*period),
        Value::Level(of) => level(*of).into(),
        Value::List(items) => format!("{items:?}"),
        Value::Map(fields) => format!("{fields:?}"),
    }
}

/// The type in a word.
fn tag(ty: &Type) -> String {
    match ty {
        Type::OneOf(_) => "word".into(),
        Type::List(of) => format!("list-of-{}", tag(of)),
        other => other.to_string(),
    }
}

fn compare_sign(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "=",
        CompareOp::Ne => "!=",
        CompareOp::Lt => "<",
        CompareOp::Le => "<=",
        CompareOp::Gt => ">",
        CompareOp::Ge => ">=",
    }
}

fn whose(who: Who) -> &'static str {
    match who {
        Who::This => "",
        Who::Outer => "outer.",
        Who::Account => "account.",
    }
}

pub(super) fn level(level: Level) -> &'static str {
    match level {
        Level::Bad => "bad",
        Level::Average => "average",
        Level::Good => "good",
    }
}

/// A period without loss: months and days are lengths of their own.
pub(super) fn exact(period: crate::base::Period) -> String {
    match period.months {
        0 => period.to_string(),
        months => format!("{months}mo{}d{}ms", period.days, period.millis),
    }
}
