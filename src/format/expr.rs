//! Conditions and values: broken before `and`, `or`, `+` and `-`, and inside the brackets of lists.
//!
//! In: an expression. Out: its tokens, with the places where a long one may break. The tree is bounded in depth by
//! `syntax`, so walking it may recurse; sums, which lean to the left, are walked in a loop.

use super::doc::Gap;
use super::print::{Printer, Shape};
use crate::syntax::ast::{Expr, ExprKind};

impl Printer<'_> {
    /// An expression, with the words before it.
    pub fn expr(&mut self, expr: &Expr) {
        self.before(expr.at);
        match &expr.kind {
            ExprKind::Or(operands) | ExprKind::And(operands) => self.chain(operands),
            ExprKind::Arithmetic { .. } => self.sum(expr),
            ExprKind::Negative(operand) => {
                self.token();
                self.doc.gap(Gap::Tight);
                self.expr(operand);
            }
            ExprKind::In { value, list, .. } => {
                self.expr(value);
                self.list(Shape::VALUES, list, |item| item.at.0, Self::expr);
            }
            ExprKind::Matches { value, regex } => {
                self.expr(value);
                self.whole(regex.at);
            }
            kind => {
                for operand in operands(kind) {
                    self.expr(operand);
                }
            }
        }
        self.through(expr.at);
    }

    /// `a and b and c`, broken before each word.
    fn chain(&mut self, operands: &[Expr]) {
        self.group(|p| {
            for (at, operand) in operands.iter().enumerate() {
                if at > 0 {
                    p.doc.gap(Gap::Line(1));
                }
                p.operand(operand);
            }
        });
    }

    /// `a + b * c - d`, broken before `+` and `-`.
    fn sum(&mut self, expr: &Expr) {
        let mut first = expr;
        let mut rest = Vec::new();
        while let ExprKind::Arithmetic { left, right, .. } = &first.kind {
            rest.push(right);
            first = left;
        }
        self.group(|p| {
            p.expr(first);
            for operand in rest.into_iter().rev() {
                if matches!(p.peek(), "+" | "-") {
                    p.doc.gap(Gap::Line(1));
                }
                p.operand(operand);
            }
        });
    }

    /// An operand with the word before it; what follows its first token stands further in.
    fn operand(&mut self, operand: &Expr) {
        self.settle();
        self.doc.indent();
        self.expr(operand);
        self.doc.dedent();
    }
}

/// The expressions directly in one that is laid out as its words come.
fn operands(kind: &ExprKind) -> Vec<&Expr> {
    match kind {
        ExprKind::Compare { left, right, .. } => vec![left, right],
        ExprKind::Between { value, low, high } => vec![value, low, high],
        ExprKind::TextTest { value, part, .. } => vec![value, part],
        ExprKind::Not(value)
        | ExprKind::Paren(value)
        | ExprKind::Presence { value, .. }
        | ExprKind::Within { value, .. }
        | ExprKind::Quantified { condition: value, .. } => vec![value],
        ExprKind::InSegment { of: value, .. }
        | ExprKind::InWorkflow { of: value, .. }
        | ExprKind::CountOf { condition: value, .. }
        | ExprKind::Did { filter: value, .. }
        | ExprKind::Aggregate { filter: value, .. } => value.as_deref().into_iter().collect(),
        _ => Vec::new(),
    }
}
