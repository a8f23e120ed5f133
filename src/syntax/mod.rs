//! Text to tree: the grammar, lowering to the AST, comments kept aside. The only user of pest.
//!
//! In: the text of one file. Out: [`Parsed`]: its tree, its comments, what its comments allow, and every mistake in it.
//! Total: any text gives its best tree and its diagnostics, whose places lie inside the text, on character boundaries.
//! The way of a file: `scan` (tokens, comments) -> `split` (declarations) -> pest (grammar/wf.pest) -> `lower` (tree);
//! what fails goes to `recover` (more mistakes behind the first) and `mistakes` (what to call them).
//! Not here: names, types and what they mean (`check`), layout (`format`), which files there are (`project`).
//! Tests: `tests/it/parse.rs`, `tests/it/parse_errors.rs`, `tests/it/parse_mutations.rs`, `tests/it/allow.rs`.

pub mod allow;
pub mod ast;
mod brackets;
mod comments;
mod failure;
mod lower;
mod mistakes;
mod nesting;
mod parse;
mod recover;
mod scan;
mod split;
mod stump;
mod words;

pub use allow::Allow;
pub use comments::Comment;
pub use parse::{
    MAX_FILE, MAX_MISTAKES, Parsed, parse, parse_arg, parse_condition, parse_statements, parse_steps,
    parse_trigger,
};

pub use stump::Stump;

mod grammar {
    //! What pest makes of the grammar.
    #![allow(missing_docs, clippy::pedantic, reason = "generated")]

    #[derive(pest_derive::Parser)]
    #[grammar = "grammar/wf.pest"]
    pub(in crate::syntax) struct Grammar;
}

use grammar::Grammar;
use grammar::Rule;
type Pair<'i> = pest::iterators::Pair<'i, Rule>;
type Pairs<'i> = pest::iterators::Pairs<'i, Rule>;
