//! The summary of a run as a table.

use crate::simulate::Summary;
use crate::simulate::summary::Counts;
use std::collections::BTreeMap;

/// A row for each workflow, and under it where its enrolments went and what they did.
pub(super) fn table(summary: &Summary) -> String {
    let width = summary.workflows.keys().map(|name| name.chars().count()).max().unwrap_or(0).max(8);
    let mut text = format!(
        "{:<width$}  {:>8}  {:>8}  {:>8}  {:>8}  {:>8}\n",
        "workflow", "enrolled", "active", "finished", "goal", "exited"
    );
    for (name, counts) in &summary.workflows {
        let exited: u64 = counts.exited.values().sum();
        let Counts { enrolled, active, finished, goals, .. } = counts;
        text.push_str(&format!(
            "{name:<width$}  {enrolled:>8}  {active:>8}  {finished:>8}  {goals:>8}  {exited:>8}\n"
        ));
        for line in lines(counts) {
            text.push_str(&format!("    {line}\n"));
        }
    }
    text
}

fn lines(counts: &Counts) -> Vec<String> {
    let mut lines = Vec::new();
    let mut add = |head: &str, rest: String| {
        if !rest.is_empty() {
            lines.push(format!("{head}: {rest}"));
        }
    };
    if counts.draft {
        add("draft", "nothing of this would be sent".into());
    }
    add("did", listed(&counts.actions));
    add("exited", listed(&counts.exited));
    add("not enrolled", listed(&counts.not_enrolled));
    if counts.skipped + counts.failed > 0 {
        add("passed over", format!("{} skipped, {} failed", counts.skipped, counts.failed));
    }
    lines
}

fn listed<K: std::fmt::Display>(counts: &BTreeMap<K, u64>) -> String {
    counts.iter().map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
}
