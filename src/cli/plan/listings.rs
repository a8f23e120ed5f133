//! The listings of a project's plan.

use super::Failure;
use crate::plan::listing::Lister;
use crate::project::Project;
use serde_json::Value;

/// A workflow's listing.
pub(super) struct Listing {
    /// The workflow's name.
    pub(super) workflow: String,
    /// Its text; ends with a line end.
    pub(super) text: String,
    /// The content hash of the workflow.
    pub(super) hash: String,
    /// The listing as data.
    pub(super) sheet: Value,
}

/// What a project compiles to, ready to print.
pub(super) struct Made {
    /// One listing a workflow, by name.
    pub(super) listings: Vec<Listing>,
    /// The content hash of the plan.
    pub(super) hash: String,
}

/// The listings of a project without errors.
pub(super) fn of(project: &Project) -> Result<Made, Failure> {
    let plan = project.plan.as_ref().ok_or_else(|| Failure::new("the project has no plan"))?;
    let lister = Lister::new(plan);
    let mut listings = Vec::with_capacity(plan.workflows.len());
    for workflow in &plan.workflows {
        let sheet = lister.sheet(workflow);
        listings.push(Listing {
            workflow: workflow.name.to_string(),
            text: sheet.text(),
            hash: sheet.hash(),
            sheet: serde_json::to_value(&sheet).map_err(|error| Failure::new(error.to_string()))?,
        });
    }
    Ok(Made { listings, hash: plan.hash().map_err(|error| Failure::new(error.to_string()))? })
}
