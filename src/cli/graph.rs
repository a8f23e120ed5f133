//! `wf graph`: how a workflow runs, drawn with the words of its text.

use super::input::Where;
use super::{Failure, Outcome, Output, Result, report};
use crate::check::checked::Workflow;
use crate::diag::suggest;
use crate::graph::{graph, text};
use crate::project::Project;
use clap::{Args, ValueEnum};

/// Draw how workflows run
///
/// Triggers, conditions, steps, branches, waits and exits, in the words of the text, as Mermaid (which Git hosts and
/// many editors show) or as Graphviz dot.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub struct Graph {
    #[command(flatten)]
    place: Where,
    /// Only this workflow
    #[arg(long, value_name = "NAME")]
    workflow: Option<String>,
    /// The language of the drawing
    #[arg(long, value_enum, default_value_t = Format::Mermaid, value_name = "FORMAT")]
    output: Format,
}

const EXAMPLE: &str = "\
Examples:
  wf graph --workflow \"Trial nurture\"
  wf graph examples/churn-save --output dot | dot -Tsvg > churn-save.svg";

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Format {
    /// Mermaid
    Mermaid,
    /// Graphviz
    Dot,
}

impl Graph {
    pub(super) fn run(self, out: &mut Output) -> Result {
        let project = self.place.load()?;
        if let Some(outcome) = report::refuse(&project, out) {
            return Ok(outcome);
        }
        let workflows = select(&project, self.workflow.as_deref())?;
        let graphs: Vec<_> = workflows.iter().map(|workflow| graph(workflow, &project.sources)).collect();
        out.result(&match self.output {
            Format::Mermaid => text::mermaid(&graphs),
            Format::Dot => text::dot(&graphs),
        });
        Ok(Outcome::Clean)
    }
}

/// The workflow of that name, or all.
pub(super) fn select<'a>(
    project: &'a Project,
    name: Option<&str>,
) -> std::result::Result<Vec<&'a Workflow>, Failure> {
    let workflows = &project.checked.workflows;
    let Some(name) = name else { return Ok(workflows.values().collect()) };
    if let Some(workflow) = workflows.values().find(|workflow| &*workflow.name == name) {
        return Ok(vec![workflow]);
    }
    let help = suggest::did_you_mean(name, workflows.values().map(|workflow| &*workflow.name));
    Err(Failure::new(format!("there is no workflow `{name}`")).help(help))
}
