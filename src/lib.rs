//! Wayfare: customer journeys as code. The modules stand in the order in which data flows.

pub mod base;
pub mod check;
pub mod cli;
pub mod diag;
pub mod format;
pub mod project;
pub mod syntax;
pub mod template;
pub mod value;
