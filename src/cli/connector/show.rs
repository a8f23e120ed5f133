//! `wf connector show`

use super::super::{Failure, Outcome, Output, Result};
use super::{list, secrets};
use crate::diag::suggest;
use crate::plan::listing::Lister;
use crate::plan::{ActionId, ConnectorPlan, Plan};
use crate::project::Project;

pub(super) fn run(project: &Project, name: &str, out: &mut Output) -> Result {
    let Some(plan) = &project.plan else { return Ok(Outcome::Findings) };
    let known = plan.connectors.iter().zip(0u32..).find(|(connector, _)| *connector.name == *name);
    let Some((connector, at)) = known else {
        let near = suggest::did_you_mean(name, plan.connectors.iter().map(|connector| &*connector.name));
        return Err(Failure::new(format!("there is no connector `{name}`")).help(near));
    };
    for line in lines(plan, connector, at) {
        out.result_line(&line);
    }
    for missing in secrets::missing(&secrets::names(connector)) {
        out.note_line(&missing);
    }
    Ok(Outcome::Clean)
}

fn lines(plan: &Plan, connector: &ConnectorPlan, at: u32) -> Vec<String> {
    let mut lines = vec![format!("connector {}", connector.name)];
    lines.push(format!("  base: {}", list::base(connector)));
    lines.push(format!("  auth: {}", list::auth(connector)));
    for rate in &connector.rates {
        let by = rate.by.as_ref().map_or_else(String::new, |by| format!(" per {by}"));
        lines.push(format!("  rate: {} per {}{by}", rate.count, rate.per));
    }
    lines.extend(connector.idempotency.as_ref().map(|name| format!("  idempotency: {name}")));
    lines.extend(connector.timeout.map(|timeout| format!("  timeout: {timeout}")));
    let lister = Lister::new(plan);
    for (action, place) in plan.actions.iter().zip(0u32..).filter(|(action, _)| action.through == Some(at)) {
        lines.push(format!("\naction {}", action.name));
        lines.extend(
            lister.action_lines(ActionId::Declared(place)).into_iter().map(|line| format!("  {line}")),
        );
    }
    lines
}
