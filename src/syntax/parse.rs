//! The entry: a file, or a fragment.
//!
//! In: a text. Out: its tree, its comments, and all that is wrong, each with its place. A file is scanned, cut into its
//! declarations, and each is read by itself: one that does not parse is left out of the tree and looked through for more
//! mistakes. Tests: tests/it/parse.rs.

use super::allow::{Allow, allows};
use super::failure::{Failure, read};
use super::lower::Lower;
use super::scan::Scan;
use super::split::{Piece, guesses, split};
use super::stump::stump;
use super::{Comment, Pair, Rule, Stump, ast, nesting, recover};
use crate::base::{FileId, Span};
use crate::diag::{Code, Diagnostic};

/// What a file says.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// The tree.
    pub file: ast::File,
    /// Its comments in order.
    pub comments: Vec<Comment>,
    /// What its comments allow (`# wf: allow(…)`).
    pub allows: Vec<Allow>,
    /// What is wrong, in the order of its places.
    pub diagnostics: Vec<Diagnostic>,
}

impl Parsed {
    /// Takes in what a piece gave: a declaration, or its stump.
    fn take(&mut self, scan: &Scan<'_>, piece: Piece, decl: Option<ast::Decl>) {
        match decl {
            Some(decl) => self.file.decls.push(decl),
            None => self.file.stumps.extend(stump(scan, piece)),
        }
    }
}

/// The longest file, in bytes: over a thousand workflows. Whatever stands in it is read within a second.
pub const MAX_FILE: usize = 1024 * 1024;

/// Mistakes reported in one file, at most; as many warnings beside them.
pub const MAX_MISTAKES: usize = 200;

/// Reads a file.
pub fn parse(file: FileId, text: &str) -> Parsed {
    if text.len() > MAX_FILE {
        let stumps = vec![Stump::of_anything()];
        let file_tree = ast::File { stumps, ..ast::File::default() };
        return Parsed { file: file_tree, diagnostics: vec![too_long(file)], ..Parsed::default() };
    }
    let scan = Scan::new(file, text);
    let mut parsed = Parsed::default();
    for piece in split(&scan) {
        let (decl, mut diagnostics) = on_enough_stack(&scan, piece, file, || declaration(&scan, piece, file));
        let guesses =
            if diagnostics.iter().any(Diagnostic::is_error) { guesses(&scan, piece) } else { Vec::new() };
        if guesses.len() < 2 {
            parsed.take(&scan, piece, decl);
            parsed.diagnostics.append(&mut diagnostics);
        }
        for piece in guesses.into_iter().filter(|guess| *guess != piece) {
            let (decl, mut diagnostics) =
                on_enough_stack(&scan, piece, file, || declaration(&scan, piece, file));
            parsed.take(&scan, piece, decl);
            parsed.diagnostics.append(&mut diagnostics);
        }
    }
    parsed.diagnostics.sort_by_key(|found| (found.primary.span, found.code));
    parsed.diagnostics.dedup();
    parsed.diagnostics.truncate(MAX_MISTAKES);
    let (allows, mut wrong) = allows(&scan, &parsed.file);
    parsed.diagnostics.append(&mut wrong);
    parsed.allows = allows;
    parsed.comments = scan.comments;
    parsed
}

fn too_long(file: FileId) -> Diagnostic {
    Diagnostic::new(Code::TooLong, Span::new(file, 0, 0), "this file is longer than 1 MiB")
        .help("divide it: all `.wf` files of a project are read as one")
}

type Outcome<T> = (Option<T>, Vec<Diagnostic>);

/// Reads one piece; where it has errors behind a declaration that is whole, that declaration is kept.
fn declaration(scan: &Scan<'_>, piece: Piece, file: FileId) -> Outcome<ast::Decl> {
    let (text, base) = piece_text(scan, piece);
    match lowered(file, Rule::one_decl, text, base, |lower, pair| lower.decl(pair.into_inner().next()?)) {
        Ok(made) => made,
        Err(failure) => {
            let diagnostics = recover::all(scan, piece, file, &failure);
            let first = lowered(file, Rule::next_decl, text, base, |lower, pair| {
                lower.decl(pair.into_inner().next()?)
            });
            let kept = first.ok().and_then(|(decl, _)| decl).filter(|decl| {
                // A declaration that ends within the line of its mistake is hardly what was meant.
                diagnostics.iter().all(|found| recover::is_behind(scan, decl.at.0, found.primary.span))
            });
            (kept, diagnostics)
        }
    }
}

/// Reads a text and lowers what pest made of it. What has errors gives no tree.
fn lowered<T>(
    file: FileId,
    what: Rule,
    text: &str,
    base: usize,
    make: impl FnOnce(&mut Lower, Pair<'_>) -> Option<T>,
) -> Result<Outcome<T>, Failure> {
    let mut pairs = read(what, text, base)?;
    let mut lower = Lower::new(file, base);
    let made = pairs.next().and_then(|pair| make(&mut lower, pair));
    if made.is_none() && lower.diagnostics.is_empty() {
        return Err(Failure { at: base, expected: vec![what], too_deep: false });
    }
    let made = made.filter(|_| !lower.diagnostics.iter().any(Diagnostic::is_error));
    Ok((made, lower.diagnostics))
}

/// Runs `read` here, or on a stack of its own where the piece nests deep.
fn on_enough_stack<T: Send>(
    scan: &Scan<'_>,
    piece: Piece,
    file: FileId,
    read: impl FnOnce() -> Outcome<T> + Send,
) -> Outcome<T> {
    match nesting::is_deep(scan, piece, file) {
        Err(too_deep) => (None, vec![*too_deep]),
        Ok(false) => read(),
        Ok(true) => std::thread::scope(|scope| {
            let builder = std::thread::Builder::new().stack_size(nesting::STACK);
            let run = builder.spawn_scoped(scope, read).ok().and_then(|thread| thread.join().ok());
            run.unwrap_or_else(|| {
                let start = scan.tokens.get(piece.first).map_or(0, |token| token.start);
                (None, vec![nesting::too_deep(Span::new(file, start, start))])
            })
        }),
    }
}

fn piece_text<'s>(scan: &'s Scan<'_>, piece: Piece) -> (&'s str, usize) {
    let start = scan.tokens.get(piece.first).map_or(0, |token| token.start);
    let end =
        piece.end.checked_sub(1).and_then(|last| scan.tokens.get(last)).map_or(start, |token| token.end);
    (scan.blank.get(start..end).unwrap_or_default(), start)
}

fn fragment<T: Send>(
    file: FileId,
    text: &str,
    what: Rule,
    make: impl FnOnce(&mut Lower, Pair<'_>) -> Option<T> + Send,
) -> Outcome<T> {
    let scan = Scan::new(file, text);
    let piece = Piece { first: 0, end: scan.tokens.len() };
    on_enough_stack(&scan, piece, file, || match lowered(file, what, &scan.blank, 0, make) {
        Ok(made) => made,
        Err(failure) => (None, vec![recover::first(&scan, piece, file, &failure)]),
    })
}

/// Reads a condition or a value.
pub fn parse_condition(file: FileId, text: &str) -> (Option<ast::Expr>, Vec<Diagnostic>) {
    fragment(file, text, Rule::one_cond, |lower, pair| lower.expr(pair.into_inner().next()?))
}

/// Reads the triggers of a workflow: `when … or when …`.
pub fn parse_trigger(file: FileId, text: &str) -> (Option<Vec<ast::Trigger>>, Vec<Diagnostic>) {
    fragment(file, text, Rule::one_trigger, |lower, pair| lower.triggers(pair.into_inner().next()?))
}

/// Reads steps, as they stand behind `do`.
pub fn parse_steps(file: FileId, text: &str) -> (Option<Vec<ast::Step>>, Vec<Diagnostic>) {
    fragment(file, text, Rule::all_steps, |lower, pair| lower.steps(pair.into_inner()))
}

/// Reads statements, as they stand in a test.
pub fn parse_statements(file: FileId, text: &str) -> (Option<Vec<ast::Statement>>, Vec<Diagnostic>) {
    fragment(file, text, Rule::all_stmts, |lower, pair| {
        pair.into_inner()
            .filter(|pair| pair.as_rule() == Rule::stmt)
            .map(|pair| lower.statement(pair))
            .collect()
    })
}

/// Reads an argument, as it stands behind `to:`.
pub fn parse_arg(file: FileId, text: &str) -> (Option<ast::Arg>, Vec<Diagnostic>) {
    fragment(file, text, Rule::one_arg, |lower, pair| lower.arg(pair.into_inner().next()?))
}

#[cfg(test)]
mod tests {
    use super::{FileId, Lower, Pair, Rule, Scan, ast, parse, read};
    use std::path::Path;

    /// The declarations of a file read in one go, by the grammar alone.
    fn whole(text: &str) -> Vec<ast::Decl> {
        let scan = Scan::new(FileId(0), text);
        let mut pairs = read(Rule::all_decls, &scan.blank, 0).unwrap();
        let mut lower = Lower::new(FileId(0), 0);
        let decls =
            pairs.next().into_iter().flat_map(Pair::into_inner).filter(|pair| pair.as_rule() == Rule::decl);
        decls.map(|pair| lower.decl(pair).unwrap()).collect()
    }

    fn files_below(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.path().is_dir() {
                files_below(&entry.path(), found);
            } else if entry.path().extension().is_some_and(|extension| extension == "wf") {
                found.push(std::fs::read_to_string(entry.path()).unwrap());
            }
        }
    }

    #[test]
    fn a_file_cut_into_declarations_says_the_same_as_the_file_read_in_one_go() {
        let mut files = Vec::new();
        for folder in ["stdlib", "examples", "tests/cases/parse/language"] {
            files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut files);
        }
        assert!(files.len() >= 5);
        for text in files {
            let parsed = parse(FileId(0), &text);
            assert_eq!(parsed.diagnostics.iter().filter(|found| found.is_error()).count(), 0);
            assert_eq!(parsed.file.decls, whole(&text));
        }
    }
}
