//! Wayfare: customer journeys as code. The modules stand in the order in which data flows.

pub mod base;
pub mod check;
pub mod cli;
pub mod connect;
pub mod diag;
pub mod disk;
pub mod engine;
pub mod format;
pub mod graph;
pub mod ingest;
pub mod journal;
pub mod plan;
pub mod project;
pub mod report;
pub mod runtime;
pub mod seen;
pub mod server;
pub mod simulate;
pub mod stats;
pub mod store;
pub mod syntax;
pub mod template;
pub mod value;
