//! The listings of a project's plan.

use super::Failure;
use crate::plan::listing;
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

/// The listings of a project without errors.
pub(super) fn of(project: &Project) -> Result<Made, Failure> {
    let Some(plan) = &project.plan else { return Err(Failure::new("the project has errors")) };
    let failed = |error: &dyn std::fmt::Display| Failure::new(format!("the plan can't be written: {error}"));
    let listings = plan.workflows.iter().map(|workflow| Listing {
        workflow: workflow.name.to_string(),
        text: listing::listing(plan, workflow),
    });
    Ok(Made {
        listings: listings.collect(),
        hash: plan.hash().map_err(|error| failed(&error))?,
        json: serde_json::to_value(plan).map_err(|error| failed(&error))?,
    })
}
