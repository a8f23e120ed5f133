//! What a workflow did, in tables: by step, by e-mail, by reason; who is in it.

use crate::server::pages::view::{
    at, count, encoded, entity_link, grouped, nothing, text, when, workflow as page,
};
use maud::{Markup, html};
use serde_json::Value;

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// A number of a table; a zero is quiet.
fn cell(label: &str, number: u64) -> Markup {
    html! { td.n data-label=(label) { @if number == 0 { span.quiet { "0" } } @else { (grouped(number)) } } }
}

/// Each step with its counts.
pub(super) fn steps(workflow: &Value) -> Markup {
    const HEADS: [(&str, &str); 4] =
        [("Done", "done"), ("Waited", "waited"), ("Skipped", "skipped"), ("Failed", "failed")];
    html! {
        section {
            h2 { "Steps" }
            table.stack {
                thead { tr { th scope="col" { "Step" } th.n scope="col" { "Here now" } @for (head, _) in HEADS { th.n scope="col" { (head) } } } }
                tbody { @for step in list(&workflow["steps"]) { tr {
                    td { span.quiet { (text(&step["step"])) " " } code { (text(&step["text"])) } }
                    (cell("Here now", count(&step["at_now"])))
                    @for (head, name) in HEADS { (cell(head, count(&step["counts"][name]))) }
                } } }
            }
        }
    }
}

/// What became of e-mails, by step.
pub(super) fn mail(workflow: &Value) -> Markup {
    const EVENTS: [&str; 7] =
        ["sent", "delivered", "opened", "clicked", "replied", "bounced", "unsubscribed"];
    let any = |step: &&Value| EVENTS.iter().any(|event| count(&step["counts"]["rows"][*event]) > 0);
    let steps: Vec<&Value> = list(&workflow["steps"]).iter().filter(any).collect();
    if steps.is_empty() {
        return html! {};
    }
    html! {
        section {
            h2 { "E-mail" }
            table.stack {
                thead { tr { th scope="col" { "Step" } @for event in EVENTS { th.n scope="col" { (event) } } } }
                tbody { @for step in steps { tr {
                    td { code { (text(&step["text"])) } }
                    @for event in EVENTS { (cell(event, count(&step["counts"]["rows"][event]))) }
                } } }
            }
        }
    }
}

/// Who is in it now: the first of them.
pub(super) fn inside(workflow: &Value, inside: &Value) -> Markup {
    let rows = list(&inside["enrolments"]);
    html! {
        section {
            h2 { "In it now " span.count { (grouped(count(&workflow["enrolled_now"]))) } }
            @if rows.is_empty() { (nothing("Nobody is in it.")) } @else {
                table.stack {
                    thead { tr { th scope="col" { "Who" } th scope="col" { "Since" } th scope="col" { "At step" } th scope="col" { "Doing" } } }
                    tbody { @for row in rows { tr {
                        td { (entity_link(text(&row["entity"]))) @if row["draft"] == true { " " span.badge.is-draft { "draft" } } }
                        td data-label="Since" { (when(&row["started"])) }
                        td data-label="At step" { code { (text(&row["step"])) } }
                        td data-label="Doing" { (text(&row["doing"])) @if let Some(until) = row["until"].as_str() { " until " (at(until)) } }
                    } } }
                }
                @if inside["next"].is_string() { p.quiet { "These are the first " (rows.len()) "; all stand in the " a href={ (page(text(&workflow["name"]))) "/log?kind=enrolled" } { "log" } "." } }
            }
        }
    }
}

/// Why enrolments ended, did not begin, were passed over.
pub(super) fn reasons(workflow: &Value) -> Markup {
    const TABLES: [(&str, &str, &str); 3] = [
        ("Left early, because", "exits", "exited"),
        ("Not enrolled, because", "reasons_not_enrolled", "not-enrolled"),
        ("Steps skipped, because", "skipped", "skipped"),
    ];
    html! {
        @for (title, field, kind) in TABLES {
            section {
                h2 { (title) }
                (bars(&workflow[field]))
                p.quiet { a href={ (page(text(&workflow["name"]))) "/log?kind=" (encoded(kind)) } { "In the log" } }
            }
        }
    }
}

/// Counts by a word, the most first, each with a bar.
fn bars(words: &Value) -> Markup {
    let mut rows: Vec<(&str, u64)> = words
        .as_object()
        .into_iter()
        .flatten()
        .map(|(word, number)| (word.as_str(), count(number)))
        .collect();
    rows.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let most = rows.first().map_or(1, |(_, most)| *most).max(1);
    if rows.is_empty() {
        return nothing("None.");
    }
    html! {
        table.bars { tbody { @for (word, number) in rows { tr {
            th scope="row" { (word) meter min="0" max=(most) value=(number) { (number) } }
            td.n { (grouped(number)) }
        } } } }
    }
}
