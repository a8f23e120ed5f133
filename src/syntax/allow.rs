//! `# wf: allow(code, …) reason`: comments that silence a warning in one place.
//!
//! In: a scanned file. Out: [`Allow`]s, each with what it covers; [`filter`] takes what they allow out of a list of
//! diagnostics and reports those that silence nothing. A comment on a line of its own covers the declaration, step or
//! item that follows; one behind something covers that. How far an item goes is told by its brackets and its indent:
//! lines further in belong to it. Errors can't be allowed. Tests: tests/it/allow.rs.

use super::ast;
use super::scan::{Kind, Scan, Token};
use crate::base::Span;
use crate::diag::{Code, Diagnostic, Severity, suggest};

/// One allowed code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Allow {
    /// The warning that is allowed.
    pub code: Code,
    /// Why.
    pub reason: String,
    /// The code's place in the comment.
    pub span: Span,
    /// Where it is allowed.
    pub covers: Span,
}

impl Allow {
    fn silences(&self, found: &Diagnostic) -> bool {
        let place = found.primary.span;
        let inside = place.file == self.covers.file
            && place.start >= self.covers.start
            && place.end <= self.covers.end;
        found.code == self.code && found.severity == Severity::Warning && inside
    }
}

/// Takes out what is allowed, and adds a warning for every allowance that silenced nothing.
pub fn filter(diagnostics: Vec<Diagnostic>, allows: &[Allow]) -> Vec<Diagnostic> {
    let mut used = vec![false; allows.len()];
    let mut kept: Vec<Diagnostic> = Vec::with_capacity(diagnostics.len());
    for found in diagnostics {
        let mut silenced = false;
        for (allow, used) in allows.iter().zip(&mut used) {
            if allow.silences(&found) {
                (silenced, *used) = (true, true);
            }
        }
        if !silenced {
            kept.push(found);
        }
    }
    let idle = allows.iter().zip(used).filter(|(_, used)| !used);
    kept.extend(idle.map(|(allow, _)| {
        Diagnostic::new(Code::UnusedAllow, allow.span, format!("there is no `{}` here to allow", allow.code))
            .help("take the comment away")
    }));
    kept
}

/// The allowances of a file, and what is wrong with them.
pub(super) fn allows(scan: &Scan<'_>, file: &ast::File) -> (Vec<Allow>, Vec<Diagnostic>) {
    let (mut allows, mut wrong) = (Vec::new(), Vec::new());
    for comment in &scan.comments {
        let Some(order) = comment.text.trim_start_matches('#').trim_start().strip_prefix("wf:") else {
            continue;
        };
        let Some((codes, reason)) = split_order(order) else {
            let message = "a comment that begins with `wf:` is an order to `wf`, and this is none";
            wrong.push(
                Diagnostic::new(Code::BadAllow, comment.span, message)
                    .help("write `# wf: allow(code) reason`"),
            );
            continue;
        };
        if reason.is_empty() {
            let found = Diagnostic::new(Code::BadAllow, comment.span, "this allowance gives no reason");
            wrong.push(found.help("say why behind it: `# wf: allow(code) reason`"));
        }
        let covers = covered(scan, file, comment);
        for name in codes.split(',').map(str::trim) {
            let span = place_within(comment.span, &comment.text, name);
            match Code::parse(name) {
                Some(code) if code.severity() == Severity::Warning => {
                    allows.push(Allow { code, reason: reason.to_owned(), span, covers });
                }
                Some(_) => wrong.push(
                    Diagnostic::new(
                        Code::BadAllow,
                        span,
                        format!("`{name}` is an error and can't be allowed"),
                    )
                    .help("mend what it reports"),
                ),
                None => wrong.push(unknown(name, span)),
            }
        }
    }
    (allows, wrong)
}

/// The codes and the reason of `allow(…) reason`.
fn split_order(order: &str) -> Option<(&str, &str)> {
    let (codes, reason) =
        order.trim_start().strip_prefix("allow")?.trim_start().strip_prefix('(')?.split_once(')')?;
    Some((codes, reason.trim()))
}

fn unknown(name: &str, span: Span) -> Diagnostic {
    let names =
        Code::ALL.iter().filter(|code| code.severity() == Severity::Warning).map(|code| code.as_str());
    let found = Diagnostic::new(Code::BadAllow, span, format!("there is no warning `{name}`"));
    let help = suggest::did_you_mean(name, names);
    found.help(help.unwrap_or_else(|| "write the code that the warning shows in brackets".to_owned()))
}

fn place_within(comment: Span, text: &str, name: &str) -> Span {
    let Some(at) = text.find(name).filter(|_| !name.is_empty()) else { return comment };
    Span { start: comment.start + at as u32, end: comment.start + (at + name.len()) as u32, ..comment }
}

/// What the comment stands before, or behind.
fn covered(scan: &Scan<'_>, file: &ast::File, comment: &super::Comment) -> Span {
    let behind = scan.tokens.partition_point(|token| token.start < comment.span.start as usize);
    let first = if comment.own_line { behind } else { first_of_line(scan, behind.saturating_sub(1)) };
    let Some(token) = scan.tokens.get(first) else { return comment.span };
    let span = |end: usize| Span { start: token.start as u32, end: end as u32, ..comment.span };
    let decl = file.decls.iter().find(|decl| decl.at.0.start as usize == token.start);
    decl.map_or_else(|| span(end_of_item(scan, first, *token)), |decl| decl.at.0)
}

fn first_of_line(scan: &Scan<'_>, at: usize) -> usize {
    let begins = |at: &usize| scan.tokens.get(*at).is_some_and(|token| scan.indent(*token).is_some());
    (0..=at).rev().find(begins).unwrap_or(0)
}

/// The end of the item that begins at a token: up to the next line that is indented no further, outside its brackets.
fn end_of_item(scan: &Scan<'_>, first: usize, begin: Token) -> usize {
    let own = scan.indent(begin).unwrap_or(0);
    let (mut depth, mut end) = (0_usize, begin.end);
    for (at, token) in scan.tokens.iter().enumerate().skip(first) {
        let next_line = at > first && scan.indent(*token).is_some_and(|indent| indent <= own);
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close if depth == 0 => return end,
            Kind::Close => depth -= 1,
            _ if next_line && depth == 0 => return end,
            _ => {}
        }
        end = token.end;
    }
    end
}
