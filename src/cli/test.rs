//! `wf test`: the `test` blocks of a project.

use super::report::FORMAT_VERSION;
use super::run::load_whole;
use super::{Failure, Outcome, Output, Result};
use crate::plan;
use crate::project::Project;
use crate::simulate::test::Coverage;
use crate::simulate::{Failure as Unmet, TestResult, run_tests};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Run the tests of a project, in virtual time
///
/// Runs every `test` block, each in a world of its own, and prints what was expected and did not come, with the
/// timeline of what happened instead. Nothing leaves the machine.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub struct Test {
    /// A project's folder or one below it, or a single .wf file
    #[arg(default_value = ".", value_name = "PATH")]
    path: PathBuf,
    /// Run only the tests whose name contains this
    #[arg(long, value_name = "NAME")]
    filter: Option<String>,
    /// How to print the results
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FORMAT")]
    output: Format,
    /// Tell which steps and branches no test reached
    #[arg(long)]
    coverage: bool,
}

const EXAMPLE: &str = "\
Examples:
  wf test
  wf test examples/trial-nurture --coverage
  wf test --filter pays --output junit > report.xml";

/// How to print.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Format {
    /// For people
    Human,
    /// One object with a `format_version`
    Json,
    /// `JUnit`'s XML, for CI
    Junit,
}

impl Test {
    pub(super) fn run(self, out: &mut Output) -> Result {
        let project = load_whole(self.path.clone(), out)?;
        let (plan, conditions) = plan::lower_tests(&project.checked, &project.sources);
        let results = run_tests(&project.checked, &plan, &conditions, self.filter.as_deref());
        if let (true, Some(filter)) = (results.is_empty(), &self.filter) {
            return Err(Failure::new(format!("no test's name contains `{filter}`")));
        }
        let coverage = self.coverage.then(|| Coverage::of(&plan, &results));
        match self.output {
            Format::Human => human(&project, &results, coverage.as_ref(), out),
            Format::Json => out.result_line(&as_json(&project, &results, coverage.as_ref()).to_string()),
            Format::Junit => out.result_line(&junit(&project, &results)),
        }
        let failed = results.iter().filter(|result| result.failure.is_some()).count();
        out.note_line(&format!("{} passed, {failed} failed", results.len() - failed));
        Ok(if failed == 0 { Outcome::Clean } else { Outcome::Findings })
    }
}

fn human(project: &Project, results: &[TestResult], coverage: Option<&Coverage>, out: &mut Output) {
    for result in results {
        match &result.failure {
            None => out.result_line(&format!("ok    {}", result.name)),
            Some(unmet) => {
                out.result_line(&format!("FAIL  {}", result.name));
                out.result(&explained(project, unmet));
            }
        }
    }
    for workflow in coverage.into_iter().flat_map(|coverage| &coverage.workflows) {
        let head = format!(
            "{:>3}%  {}  ({} of {})",
            workflow.percent(),
            workflow.workflow,
            workflow.reached,
            workflow.all
        );
        out.result_line(&head);
        for missed in &workflow.missed {
            out.result_line(&format!("      not reached: {missed}"));
        }
    }
}

/// Where, what was expected, and what happened instead.
fn explained(project: &Project, unmet: &Unmet) -> String {
    let mut text = String::new();
    if let Some((file, position)) = project.sources.locate(unmet.span) {
        let line = project.sources.slice(unmet.span).split_whitespace().collect::<Vec<_>>().join(" ");
        text.push_str(&format!("  {file}:{}:{}: {line}\n", position.line, position.column));
    }
    text.push_str(&format!("  at {}: {}\n", unmet.at, unmet.message));
    text.push_str(if unmet.timeline.is_empty() { "  nothing happened\n" } else { "  what happened:\n" });
    for line in &unmet.timeline {
        text.push_str(&format!("    {line}\n"));
    }
    text
}

fn as_json(project: &Project, results: &[TestResult], coverage: Option<&Coverage>) -> Value {
    let test = |result: &TestResult| {
        let failure = result.failure.as_ref().map(|unmet| {
            let place = project.sources.locate(unmet.span);
            json!({
                "file": place.map(|(file, _)| file),
                "line": place.map(|(_, position)| position.line),
                "at": unmet.at.to_string(),
                "message": unmet.message,
                "timeline": unmet.timeline,
            })
        });
        json!({ "name": &*result.name, "passed": result.failure.is_none(), "failure": failure })
    };
    json!({
        "format_version": FORMAT_VERSION,
        "tests": results.iter().map(test).collect::<Vec<_>>(),
        "coverage": coverage,
    })
}

fn junit(project: &Project, results: &[TestResult]) -> String {
    use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
    let mut suite = TestSuite::new(project.checked.settings.name.clone());
    for result in results {
        let status = match &result.failure {
            None => TestCaseStatus::success(),
            Some(unmet) => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_message(unmet.message.clone());
                status.set_description(explained(project, unmet));
                status
            }
        };
        suite.add_test_case(TestCase::new(result.name.to_string(), status));
    }
    let mut report = Report::new("wf test");
    report.add_test_suite(suite);
    report.to_string().unwrap_or_default()
}
