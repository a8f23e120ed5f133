//! Teams, and the limits of messages.

use super::builtin;
use super::checked::*;
use super::collect::subject_word;
use super::cx::Cx;
use super::once::firsts;
use crate::base::{Node, Span};
use crate::diag::{Code, Diagnostic, suggest};
use crate::syntax::ast;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use std::sync::Arc;

/// Checks all teams.
pub(super) fn teams(cx: &mut Cx<'_>) {
    let names = cx.names;
    for entry in names.teams.iter() {
        let members = members(cx, &entry.decl.members, entry.span);
        cx.out.teams.push(Team { name: Arc::clone(&entry.name), members, span: entry.span });
    }
}

fn members(cx: &mut Cx<'_>, members: &[ast::Text], team: Span) -> Vec<Arc<str>> {
    if members.is_empty() {
        let empty = Diagnostic::new(Code::EmptyTeam, team, "this team has no members");
        cx.report(empty.help("name at least one by its e-mail address"));
    }
    let folded: Vec<String> = members.iter().map(|member| member.value.to_lowercase()).collect();
    let placed = folded.iter().zip(members).map(|(name, member)| (name.as_str(), member.at.0));
    let first = firsts(cx, placed, (Code::DuplicateMember, "member"));
    let known = members.iter().zip(first).filter(|(_, first)| *first);
    known.filter_map(|(member, _)| address(cx, member)).collect()
}

/// An e-mail address, lower-cased.
pub(super) fn address(cx: &mut Cx<'_>, text: &ast::Text) -> Option<Arc<str>> {
    if is_address(&text.value) {
        return Some(cx.intern(&text.value.to_lowercase()));
    }
    let message = format!("`{}` is no e-mail address", text.value);
    cx.fail(Diagnostic::new(Code::BadAddress, text.at.0, message).help("write it as `name@example.com`"))
}

fn is_address(text: &str) -> bool {
    let odd = |c: char| c.is_whitespace() || c.is_control() || "<>(),;:\"[]\\".contains(c);
    text.split_once('@').is_some_and(|(local, domain)| {
        let labels = domain.split('.').all(|label| !label.is_empty() && !label.starts_with('-'));
        !local.is_empty()
            && text.len() <= 254
            && labels
            && domain.contains('.')
            && !domain.contains('@')
            && !text.contains(odd)
    })
}

/// A whole number from 1 to `most`.
pub(super) fn count(cx: &mut Cx<'_>, count: &Node<Decimal>, what: &str, most: u32) -> Option<u32> {
    let whole = Some(count.node).filter(Decimal::is_integer).and_then(|count| count.to_u32());
    if let Some(whole) = whole.filter(|whole| (1..=most).contains(whole)) {
        return Some(whole);
    }
    let message = format!("{what} has to be a whole number from 1 to {most}");
    cx.error(Code::BadCount, count.span(), message)
}

/// Checks all limits.
pub(super) fn limits(cx: &mut Cx<'_>) {
    let names = cx.names;
    for (limit, span) in &names.limits {
        let count = count(cx, &limit.count, "a limit", 1_000_000);
        let what = limited(cx, &limit.what);
        let window = cx.period(&limit.window, "limit's window");
        let (Some(count), Some(what), Some(window)) = (count, what, window) else { continue };
        let limit = Limit { count, what, per: limit.per.node, window, span: *span };
        let same =
            |other: &&Limit| (&other.what, other.per, other.window) == (&limit.what, limit.per, limit.window);
        if let Some(first) = cx.out.limits.iter().find(same).map(|first| first.span) {
            let message =
                format!("this is limited twice per {} for the same length of time", subject_word(limit.per));
            let twice = Diagnostic::new(Code::DuplicateLimit, *span, message);
            cx.report(twice.other(first, "first here").help("keep the stricter one"));
            continue;
        }
        cx.out.limits.push(limit);
    }
}

fn limited(cx: &mut Cx<'_>, what: &ast::Path) -> Option<LimitOf> {
    let name = what.text();
    if name == "emails" {
        return Some(LimitOf::Emails);
    }
    if let Some(action) = builtin::find(&name) {
        return Some(LimitOf::Action(ActionRef::BuiltIn(action)));
    }
    let names = cx.names;
    if let Some(action) = names.actions.get(&name) {
        return Some(LimitOf::Action(ActionRef::Declared(action.idx)));
    }
    let unknown =
        Diagnostic::new(Code::UnknownLimit, what.at.0, format!("there is no action `{name}` to limit"));
    let builtin = builtin::NAMES.iter().map(|(name, _)| *name);
    cx.fail(
        match suggest::nearest(
            &name,
            names.actions.names().chain(builtin).chain(["emails"]).take(cx.patience()),
        ) {
            Some(near) => unknown.help(format!("did you mean `{near}`?")).fix(what.at.0, near),
            None => unknown.help("limit `emails`, or an action by its name"),
        },
    )
}
