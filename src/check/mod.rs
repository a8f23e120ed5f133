//! Parsed to Checked: names, types, templates, lints.

pub mod checked;
mod checked_expr;
mod checked_flow;
