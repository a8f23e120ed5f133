//! A report as one page of HTML that needs nothing else: no script, no font, no picture from elsewhere.

use super::Report;
use std::fmt::Display;

/// The page's style: served with its hash, so that the policy needs no `unsafe-inline`.
pub const STYLE: &str = "\
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}\
body{max-width:60rem;margin:0 auto;padding:1rem}\
table{border-collapse:collapse;width:100%;margin-bottom:2rem}\
th,td{padding:.25rem .5rem;text-align:left;border-bottom:1px solid #8886;overflow-wrap:anywhere}\
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}\
svg{width:100%;height:auto}";

/// The page.
pub fn page(report: &Report) -> String {
    let name = escaped(&report.workflow);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{name}</title>\
         <style>{STYLE}</style></head><body><main><h1>{name}</h1>\n"
    );
    out.push_str(&totals(report));
    out.push_str(&format!("<h2>Steps</h2>\n{}", steps(report)));
    out.push_str(&format!("<h2>Day by day</h2>\n{}{}", chart(report), days(report)));
    for (about, words) in report.reasons() {
        let rows = words.iter().map(|(reason, count)| row(reason, &[*count]));
        let rows: Vec<String> = rows.collect();
        out.push_str(&format!("<h2>Reasons: {about}</h2>\n{}", table("Reason", &["Count"], &rows)));
    }
    out.push_str("</main></body></html>\n");
    out
}

fn totals(report: &Report) -> String {
    let heads = ["Now", "Finished", "Goals", "Failed"];
    let counts = [report.enrolled_now, report.finished, report.goals, report.failed];
    let body = table("Enrolled", &heads, &[row(report.enrolled, &counts)]);
    let rate = report.goal_rate_per_mille;
    let rate =
        rate.map(|rate| format!("<p>{}.{} % of those that ended converted.</p>\n", rate / 10, rate % 10));
    body + &rate.unwrap_or_default()
}

fn steps(report: &Report) -> String {
    let rows = report.steps.iter().map(|step| {
        let counts = &step.counts;
        let name = format!("{}: {}", step.step, step.text);
        row(name, &[counts.done, counts.waited, step.at_now, counts.skipped, counts.failed])
    });
    table("Step", &["Done", "Waited", "At now", "Skipped", "Failed"], &rows.collect::<Vec<_>>())
}

fn days(report: &Report) -> String {
    let rows = report.days.iter().map(|day| {
        let counts = day.counts;
        row(&day.day, &[counts.enrolled, counts.ended, counts.goals, counts.actions])
    });
    table("Day (UTC)", &["Enrolled", "Ended", "Goals", "Actions"], &rows.collect::<Vec<_>>())
}

/// Enrolments and goals of the last 90 days in which anything happened, as bars; the table below says the same.
fn chart(report: &Report) -> String {
    let days = report.days.get(report.days.len().saturating_sub(90)..).unwrap_or_default();
    let most = days.iter().map(|day| day.counts.enrolled.max(day.counts.goals)).max().unwrap_or(0).max(1);
    let mut out = String::from(
        "<svg viewBox=\"0 0 900 120\" role=\"img\" aria-label=\"Enrolments (blue) and goals (green) day by day\">",
    );
    for (at, day) in days.iter().enumerate() {
        let bars = [(0, day.counts.enrolled, "#3b82f6"), (4, day.counts.goals, "#16a34a")];
        for (shift, count, fill) in bars {
            let height = count.saturating_mul(110) / most;
            let (left, top) = (at * 10 + shift, 120 - height);
            out.push_str(&format!(
                "<rect x=\"{left}\" y=\"{top}\" width=\"4\" height=\"{height}\" fill=\"{fill}\"/>"
            ));
        }
    }
    out + "</svg>\n"
}

fn table(first: &str, heads: &[&str], rows: &[String]) -> String {
    if rows.is_empty() {
        return "<p>None.</p>\n".into();
    }
    let heads: String =
        heads.iter().map(|head| format!("<th scope=\"col\" class=\"n\">{head}</th>")).collect();
    let rows = rows.concat();
    format!(
        "<table><thead><tr><th scope=\"col\">{first}</th>{heads}</tr></thead><tbody>{rows}</tbody></table>\n"
    )
}

fn row(first: impl Display, counts: &[u64]) -> String {
    let cells: String = counts.iter().map(|count| format!("<td class=\"n\">{count}</td>")).collect();
    format!("<tr><td>{}</td>{cells}</tr>", escaped(&first.to_string()))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}
