//! Text to tree: the grammar, lowering to the AST, comments kept aside. The only user of pest.

pub mod ast;
mod ast_expr;
mod ast_step;
