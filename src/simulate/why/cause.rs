//! The smallest set of conditions that stands between what is and what is wanted.
//!
//! In: a checked condition and a way to ask whether a leaf holds. Out: the leaves that would have to change, each with
//! what is wanted of it; empty if the condition is as wanted. Of alternatives the first smallest is named.
//! Invariant: depth is bounded, as the parser bounds the nesting of conditions. Tests: below.

use crate::check::checked::{Expr, ExprKind};

/// How deep conditions nest at most (the parser allows less).
const DEPTH: u32 = 400;

/// The leaves that keep `condition` from being `wanted`, each with what is wanted of it.
pub(super) fn failing<'e>(
    condition: &'e Expr,
    wanted: bool,
    holds: &mut impl FnMut(&'e Expr) -> bool,
) -> Vec<(&'e Expr, bool)> {
    within(condition, wanted, holds, 0)
}

fn within<'e>(
    condition: &'e Expr,
    wanted: bool,
    holds: &mut impl FnMut(&'e Expr) -> bool,
    depth: u32,
) -> Vec<(&'e Expr, bool)> {
    if depth >= DEPTH {
        return Vec::new();
    }
    let (parts, all_needed) = match &condition.kind {
        ExprKind::Not(inner) => return within(inner, !wanted, holds, depth + 1),
        ExprKind::And(parts) => (parts, wanted),
        ExprKind::Or(parts) => (parts, !wanted),
        _ if holds(condition) == wanted => return Vec::new(),
        _ => return vec![(condition, wanted)],
    };
    let sets = parts.iter().map(|part| within(part, wanted, holds, depth + 1));
    if all_needed { sets.flatten().collect() } else { sets.min_by_key(Vec::len).unwrap_or_default() }
}

/// Every leaf of a condition.
pub(super) fn leaves<'e>(condition: &'e Expr, found: &mut Vec<&'e Expr>) {
    let mut open = vec![condition];
    while let Some(at) = open.pop() {
        match &at.kind {
            ExprKind::Not(inner) => open.push(inner),
            ExprKind::And(parts) | ExprKind::Or(parts) => open.extend(parts),
            _ => found.push(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;
    use crate::value::{Type, Value};

    /// A leaf: a text names it, `holds` below says whether it is so.
    fn leaf(name: &str) -> Expr {
        Expr::constant(Value::Text(name.into()), Type::Bool, Span::default())
    }

    fn joined(kind: ExprKind) -> Expr {
        Expr { kind, ty: Type::Bool, span: Span::default() }
    }

    fn and(parts: Vec<Expr>) -> Expr {
        joined(ExprKind::And(parts))
    }

    fn or(parts: Vec<Expr>) -> Expr {
        joined(ExprKind::Or(parts))
    }

    fn not(inner: Expr) -> Expr {
        joined(ExprKind::Not(Box::new(inner)))
    }

    /// The names of the failing leaves; those in capitals hold, and `!` stands before one that must not.
    fn named(condition: &Expr, wanted: bool) -> String {
        let name = |leaf: &Expr| match &leaf.kind {
            ExprKind::Const(Value::Text(name)) => name.to_string(),
            _ => panic!("no leaf"),
        };
        let mut holds = |leaf: &Expr| name(leaf).chars().all(char::is_uppercase);
        let found = failing(condition, wanted, &mut holds);
        let words: Vec<_> = found
            .iter()
            .map(|(leaf, wanted)| format!("{}{}", if *wanted { "" } else { "!" }, name(leaf)))
            .collect();
        words.join(" ")
    }

    #[test]
    fn an_and_needs_all_of_its_failing_parts() {
        assert_eq!(named(&and(vec![leaf("a"), leaf("B"), leaf("c")]), true), "a c");
        assert_eq!(named(&and(vec![leaf("A"), leaf("B")]), true), "");
    }

    #[test]
    fn an_or_needs_its_smallest_alternative() {
        let two = and(vec![leaf("a"), leaf("b")]);
        assert_eq!(named(&or(vec![two.clone(), leaf("c")]), true), "c");
        assert_eq!(named(&or(vec![two.clone(), and(vec![leaf("C"), leaf("d")])]), true), "d");
        assert_eq!(named(&or(vec![two, leaf("C")]), true), "");
    }

    #[test]
    fn a_not_turns_the_rules_round() {
        assert_eq!(named(&not(and(vec![leaf("A"), leaf("B")])), true), "!A");
        assert_eq!(named(&not(or(vec![leaf("A"), leaf("b"), leaf("C")])), true), "!A !C");
        assert_eq!(named(&not(not(leaf("a"))), true), "a");
        assert_eq!(named(&or(vec![leaf("A"), not(leaf("b"))]), false), "!A b");
    }
}
