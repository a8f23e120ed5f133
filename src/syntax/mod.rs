//! Text to tree: the grammar, lowering to the AST, comments kept aside. The only user of pest.

pub mod ast;
mod ast_expr;
mod ast_step;
mod comments;
mod lower;
mod mistakes;
mod nesting;
mod parse;
mod words;

pub use comments::Comment;
pub use parse::{Parsed, parse, parse_arg, parse_condition, parse_statements, parse_steps, parse_trigger};

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
