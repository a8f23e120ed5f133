//! The listings of a project's plan.

use super::Failure;
use crate::project::Project;
use serde_json::Value;

/// A workflow's listing.
pub(super) struct Listing {
    /// The workflow's name.
    pub(super) workflow: String,
    /// Its text; ends with a line end.
    pub(super) text: String,
}

/// What a project compiles to, ready to print.
pub(super) struct Made {
    /// One listing a workflow, by name.
    pub(super) listings: Vec<Listing>,
    /// The content hash of the plan.
    pub(super) hash: String,
    /// The whole plan.
    pub(super) json: Value,
}
