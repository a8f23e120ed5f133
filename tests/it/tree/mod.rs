//! The tree of a text, printed: one line a declaration, clause, step or item, nested by indentation, expressions as
//! `(operator operand …)`. Every part of the tree but places and comments is in it, so two texts print alike when
//! their trees are equal, and only then. What the signs mean: `"x"` a text, `x` a name or a word, `[x]` a pair of
//! parentheses that the user wrote, `name:value` an argument.

mod decl;
mod expr;
mod flow;
mod statement;

use wayfare::syntax::ast;

pub(crate) use expr::expr;
pub(crate) use flow::{arg, trigger};

/// Lines with their depth.
#[derive(Default)]
pub(crate) struct Lines {
    out: String,
    depth: usize,
}

impl Lines {
    fn line(&mut self, text: impl AsRef<str>) {
        self.out.push_str(&"  ".repeat(self.depth));
        self.out.push_str(text.as_ref().trim_end());
        self.out.push('\n');
    }

    fn inside(&mut self, write: impl FnOnce(&mut Self)) {
        self.depth += 1;
        write(self);
        self.depth -= 1;
    }
}

fn lines(write: impl FnOnce(&mut Lines)) -> String {
    let mut lines = Lines::default();
    write(&mut lines);
    lines.out
}

/// A whole file.
pub(crate) fn file(file: &ast::File) -> String {
    lines(|out| file.decls.iter().for_each(|it| decl::decl(out, it)))
}

/// Steps.
pub(crate) fn steps(steps: &[ast::Step]) -> String {
    lines(|out| flow::steps(out, steps))
}

/// Statements of a test.
pub(crate) fn statements(statements: &[ast::Statement]) -> String {
    lines(|out| statement::statements(out, statements))
}

fn text(text: &ast::Text) -> String {
    format!("{:?}", text.value)
}

fn texts(of: &[ast::Text]) -> String {
    joined(of, text)
}

/// The items with a space in front of each.
fn joined<T>(items: &[T], print: impl Fn(&T) -> String) -> String {
    items.iter().fold(String::new(), |out, item| out + " " + &print(item))
}

/// ` word printed`, where there is something.
fn optional<T>(word: &str, of: Option<&T>, print: impl Fn(&T) -> String) -> String {
    of.map_or(String::new(), |of| format!(" {word}{}", print(of)))
}

/// A variant in the words of the language: `StartsWith` as `starts-with`.
fn word(of: impl std::fmt::Debug) -> String {
    let mut out = String::new();
    for c in format!("{of:?}").chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
