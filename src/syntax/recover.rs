//! Finding the other mistakes in a declaration that did not parse.
//!
//! In: a scanned file, the piece that failed, where it failed. Out: all its mistakes, each once. Behind a mistake it
//! goes on at the next item (clause, step, attribute, statement …) that begins a line, and reads to the end of each pair of
//! braces until the next mistake. Invariant: every round begins behind the one before, so it ends; what is missing a
//! bracket is only reported where nothing else is wrong, for most unbalanced brackets follow from another mistake.
//! Not here: what to call a mistake (`mistakes`).

use super::failure::{Failure, read};
use super::scan::{Kind, Scan, Token};
use super::split::Piece;
use super::{Rule, brackets, mistakes, nesting};
use crate::base::{FileId, Span};
use crate::diag::{Code, Diagnostic};

/// Mistakes reported in one declaration, at most.
const MAX_MISTAKES: usize = 20;

/// How many tokens of a condition are looked through for the brace behind it.
const FAR: usize = 60;

/// What stands in a pair of brackets, item by item.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Inside {
    /// The clauses of a workflow and the steps of its `do`.
    Workflow,
    Steps,
    Arms,
    Attributes,
    Stages,
    Health,
    Calendar,
    Template,
    Connector,
    Action,
    Test,
    /// Fields, members, values: too small to go on in.
    Other,
}

/// The first mistake of a piece.
pub(super) fn first(scan: &Scan<'_>, piece: Piece, file: FileId, failure: &Failure) -> Diagnostic {
    if failure.too_deep {
        return nesting::too_deep(Span::new(file, failure.at, failure.at));
    }
    let scene = mistakes::Scene { scan, piece, file, failure };
    match brackets::unbalanced(scan, piece, file) {
        Some(unbalanced) if failure.at >= unbalanced.seen_at => unbalanced.diagnostic,
        // A clause among steps where a brace is missing: the brace of the steps.
        Some(unbalanced) if unbalanced.is_open() && scan.word(scan.at(failure.at)) == "when" => {
            unbalanced.diagnostic
        }
        _ => mistakes::explain(&scene),
    }
}

/// All mistakes of a piece.
pub(super) fn all(scan: &Scan<'_>, piece: Piece, file: FileId, failure: &Failure) -> Vec<Diagnostic> {
    let mut found = vec![first(scan, piece, file, failure)];
    // Behind a missing bracket nothing stands where it seems to.
    let askew = found.iter().any(|found| found.code == Code::UnclosedBracket && !found.others.is_empty());
    if failure.too_deep || askew {
        return found;
    }
    let mut search = Search::new(scan, piece);
    let mut failed = scan.at(failure.at);
    while found.len() < MAX_MISTAKES && search.go_on_behind(failed) {
        let Some(failure) = search.read_items() else { break };
        failed = scan.at(failure.at).max(search.at);
        let unbalanced = brackets::unbalanced(scan, piece, file);
        if failure.too_deep || unbalanced.is_some_and(|unbalanced| failure.at >= unbalanced.seen_at) {
            break;
        }
        found.push(mistakes::explain(&mistakes::Scene { scan, piece, file, failure: &failure }));
    }
    found
}

/// Whether a mistake stands in a line of its own behind a whole declaration, at the margin: then it is not part of it.
pub(super) fn is_behind(scan: &Scan<'_>, decl: Span, mistake: Span) -> bool {
    let token = scan.tokens.get(scan.at(mistake.start as usize));
    mistake.start >= decl.end && token.is_some_and(|token| scan.indent(*token) == Some(0))
}

/// A walk over the tokens of a piece that knows in what it stands.
struct Search<'s, 't> {
    scan: &'s Scan<'t>,
    piece: Piece,
    inside: Vec<Inside>,
    /// The next token.
    at: usize,
    /// The first `do`.
    do_at: usize,
    on_one_line: bool,
}

impl<'s, 't> Search<'s, 't> {
    fn new(scan: &'s Scan<'t>, piece: Piece) -> Self {
        let place = |at: usize| scan.tokens.get(at).map_or(0, |token| token.start);
        let text = scan.text.get(place(piece.first)..place(piece.end.saturating_sub(1))).unwrap_or_default();
        let do_at = (piece.first..piece.end).find(|at| scan.word(*at) == "do").unwrap_or(piece.end);
        Self { scan, piece, inside: Vec::new(), at: piece.first, do_at, on_one_line: !text.contains('\n') }
    }

    /// Walks to the first item behind the token that failed; `false` at the end of the piece.
    fn go_on_behind(&mut self, failed: usize) -> bool {
        while self.at < self.piece.end {
            let at = self.at;
            if at > failed && self.begins_item(at) {
                return true;
            }
            self.step_over();
        }
        false
    }

    /// Goes one token on, into or out of a bracket.
    fn step_over(&mut self) {
        match self.scan.kind(self.at) {
            Some(Kind::Open) => self.inside.push(self.opens(self.at)),
            Some(Kind::Close) => {
                self.inside.pop();
            }
            _ => {}
        }
        self.at += 1;
    }

    /// Reads on, from one closing brace to the next, until something fails; `None` at the end of the piece.
    fn read_items(&mut self) -> Option<Failure> {
        loop {
            while self.at < self.piece.end && matches!(self.scan.word(self.at), "}" | ")" | "]" | ",") {
                self.step_over();
            }
            let token = *self.scan.tokens.get(self.at).filter(|_| self.at < self.piece.end)?;
            let text = self.scan.blank.get(token.start..self.end())?;
            let what = match self.scan.str(token) {
                "else" => Rule::next_else,
                _ => rest(self.current(), self.at > self.do_at)?,
            };
            match read(what, text, token.start) {
                Ok(mut pairs) => {
                    let read = pairs.next().map_or(0, |pair| pair.as_span().end());
                    let behind = self.scan.tokens.partition_point(|other| other.start < token.start + read);
                    let behind = behind.max(self.at + 1);
                    while self.at < behind {
                        self.step_over();
                    }
                }
                Err(failure) => return Some(failure),
            }
        }
    }

    fn end(&self) -> usize {
        let last = self.piece.end.checked_sub(1).and_then(|last| self.scan.tokens.get(last));
        last.map_or(0, |token| token.end)
    }

    fn head(&self) -> &str {
        self.scan.word(self.piece.first)
    }

    fn current(&self) -> Inside {
        self.inside.last().copied().unwrap_or(match self.head() {
            "when" | "draft" | "live" | "disabled" => Inside::Workflow,
            _ => Inside::Other,
        })
    }

    /// What the bracket at `at` holds.
    fn opens(&self, at: usize) -> Inside {
        let (before, last) = (self.scan.word(at.wrapping_sub(1)), self.scan.word(at.wrapping_sub(2)));
        if self.scan.word(at) != "{" {
            return Inside::Other;
        }
        match self.current() {
            Inside::Workflow | Inside::Steps | Inside::Arms => match before {
                "split" => Inside::Arms,
                ":" | "," => Inside::Other,
                _ if last == "record" => Inside::Other,
                _ => Inside::Steps,
            },
            Inside::Other if self.inside.is_empty() => holds(self.head()),
            _ => Inside::Other,
        }
    }

    /// Whether the token at `at` begins an item that reading may go on with.
    fn begins_item(&self, at: usize) -> bool {
        let Some(token) = self.scan.tokens.get(at) else { return false };
        let word = self.scan.str(*token);
        if !self.on_one_line && self.scan.indent(*token).is_none() {
            return false;
        }
        match self.current() {
            Inside::Workflow => CLAUSES.contains(&word) && !self.hangs(at) || self.begins_step(at, *token),
            Inside::Steps => self.begins_step(at, *token),
            Inside::Arms => self.scan.word(at + 1) == "%",
            Inside::Attributes => {
                token.kind == Kind::Word && self.scan.kind(at + 1) == Some(Kind::Word) && !self.on_one_line
            }
            Inside::Other => false,
            inside => begins(inside).contains(&word),
        }
    }

    fn begins_step(&self, at: usize, token: Token) -> bool {
        let word = self.scan.str(token);
        if STEPS.contains(&word) {
            return !self.hangs(at);
        }
        let call = matches!(self.scan.kind(at + 1), Some(Kind::Text | Kind::OpenText))
            || self.scan.word(at + 2) == ":";
        let takes_text =
            ["segment", "workflow", "stage", "performs", "of", "did", "for", "in", "not"].contains(&word);
        token.kind == Kind::Word && call && !takes_text && !CLAUSES.contains(&word)
    }

    /// An `if` that goes on with the line before: a guard, no branch. A branch opens its block before the next line.
    fn hangs(&self, at: usize) -> bool {
        let in_clauses = self.current() == Inside::Workflow && at < self.do_at;
        if self.scan.word(at) != "if" || in_clauses {
            return false;
        }
        let behind = self.scan.tokens.iter().skip(at + 1).take(FAR);
        let line = behind.take_while(|token| self.scan.indent(**token).is_none());
        !{ line }.any(|token| self.scan.str(*token) == "{")
    }
}

/// Words that begin a step; an action's name begins one too.
pub(super) const STEPS: [&str; 14] = [
    "if", "wait", "split", "exit", "goal", "set", "assign", "record", "add", "remove", "start", "stop",
    "label", "else",
];

/// Words that begin a clause.
pub(super) const CLAUSES: [&str; 12] =
    ["description", "draft", "live", "disabled", "when", "if", "once", "every", "do", "exit", "goal", "on"];

fn holds(head: &str) -> Inside {
    match head {
        "workflow" => Inside::Workflow,
        "attributes" | "event" => Inside::Attributes,
        "stages" => Inside::Stages,
        "health" => Inside::Health,
        "calendar" => Inside::Calendar,
        "template" => Inside::Template,
        "connector" => Inside::Connector,
        "action" => Inside::Action,
        "test" => Inside::Test,
        _ => Inside::Other,
    }
}

/// The rule of what follows up to the closing brace.
fn rest(inside: Inside, behind_do: bool) -> Option<Rule> {
    Some(match inside {
        Inside::Workflow if behind_do => Rule::rest_do,
        Inside::Workflow => Rule::rest_clauses,
        Inside::Steps => Rule::rest_steps,
        Inside::Arms => Rule::rest_arms,
        Inside::Attributes => Rule::rest_attrs,
        Inside::Stages => Rule::rest_stages,
        Inside::Health => Rule::rest_health,
        Inside::Calendar => Rule::rest_calendar,
        Inside::Template => Rule::rest_parts,
        Inside::Connector => Rule::rest_connector,
        Inside::Action => Rule::rest_action,
        Inside::Test => Rule::rest_stmts,
        Inside::Other => return None,
    })
}

/// The words that begin an item.
fn begins(inside: Inside) -> &'static [&'static str] {
    match inside {
        Inside::Stages => &["stage"],
        Inside::Health => &["good", "average", "bad"],
        Inside::Calendar => &["zone", "closed", "mon", "tue", "wed", "thu", "fri", "sat", "sun"],
        Inside::Template => &["subject", "text", "html", "markdown"],
        Inside::Connector => {
            &["base", "auth", "rate", "header", "idempotency", "timeout", "ok", "retry", "fail", "keep"]
        }
        Inside::Action => &["get", "post", "put", "patch", "delete", "ok", "retry", "fail", "keep"],
        Inside::Test => &["at", "after", "account", "contact", "expect", "enrol"],
        _ => &[],
    }
}
