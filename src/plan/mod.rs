//! Checked to Plan.

pub mod expr;
