//! Wayfare: customer journeys as code. The modules stand in the order in which data flows.

pub mod base;
pub mod diag;
pub mod syntax;
pub mod format;
