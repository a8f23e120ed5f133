//! A report as one page of HTML that needs nothing else: no script, no font, no picture from elsewhere.

use super::chart::{BLUE, GREEN, bars, funnel};
use super::{CohortRow, Report, length, percent};
use crate::stats::{DayCounts, MailCounts};
use std::fmt::Display;

/// The page's style: served with its hash, so that the policy needs no `unsafe-inline`.
pub const STYLE: &str = "\
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}\
body{max-width:60rem;margin:0 auto;padding:1rem}\
table{border-collapse:collapse;width:100%;margin-bottom:2rem}\
th,td{padding:.25rem .5rem;text-align:left;border-bottom:1px solid #8886;overflow-wrap:break-word}\
th:first-child,td:first-child{min-width:9rem}\
@media(max-width:40rem){table{display:block;overflow-x:auto}}\
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;overflow-wrap:normal}\
svg{width:100%;height:auto}";

/// The page.
pub fn page(report: &Report) -> String {
    let name = escaped(&report.workflow);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{name}</title>\
         <style>{STYLE}</style></head><body><main><h1>{name}</h1>\n"
    );
    out.push_str(&body(report));
    out.push_str("</main></body></html>\n");
    out
}

/// What stands in the page: for a page that has a heading and a style of its own.
pub fn body(report: &Report) -> String {
    let mut out = String::new();
    out.push_str(&totals(report));
    out.push_str(&format!("<h2>Steps</h2>\n{}", steps(report)));
    out.push_str(&splits(report));
    out.push_str(&format!("<h2>Day by day</h2>\n{}{}", days_chart(report), days(report)));
    out.push_str(&format!("<h2>Time to goal</h2>\n{}", times(report)));
    out.push_str(&format!("<h2>By week of enrolment</h2>\n{}", cohorts(report)));
    out.push_str(&format!("<h2>E-mail</h2>\n{}", mail(report)));
    for (about, words) in report.reasons() {
        let rows = words.iter().map(|(reason, count)| row(reason, &[*count]));
        let rows: Vec<String> = rows.collect();
        out.push_str(&format!("<h2>Reasons: {about}</h2>\n{}", table("Reason", &["Count"], &rows)));
    }
    out
}

fn totals(report: &Report) -> String {
    let heads = ["Enrolled", "Now", "Ended", "Finished", "Goals", "Actions", "Failed"];
    let all = [
        report.enrolled.to_string(),
        report.enrolled_now.to_string(),
        (report.enrolled - report.enrolled_now).to_string(),
        report.finished.to_string(),
        report.goals.to_string(),
        String::new(),
        report.failed.to_string(),
    ];
    let DayCounts { enrolled, ended, goals, actions, failed } = report.in_period;
    let period = [enrolled, ended, goals, actions, failed].map(|count| count.to_string());
    let [enrolled, ended, goals, actions, failed] = period;
    let shown = [enrolled, String::new(), ended, String::new(), goals, actions, failed];
    let since = report.since.as_ref().map(|since| cells(format!("Since {since}"), &shown));
    let rows: Vec<String> = [cells("Since the beginning", &all)].into_iter().chain(since).collect();
    let rate = report.goal_rate_per_mille;
    let rate = rate.map(|rate| format!("<p>{} of those that ended converted.</p>\n", percent(Some(rate))));
    table("", &heads, &rows) + &rate.unwrap_or_default()
}

fn steps(report: &Report) -> String {
    let name = |step: &super::StepRow| format!("{}: {}", step.step, step.text);
    let bars: Vec<(String, u64)> =
        report.steps.iter().map(|step| (name(step), step.counts.done + step.counts.waited)).collect();
    let rows = report.steps.iter().map(|step| {
        let counts = &step.counts;
        row(name(step), &[counts.done, counts.waited, step.at_now, counts.skipped, counts.failed])
    });
    let heads = ["Done", "Waited", "At now", "Skipped", "Failed"];
    funnel("How often each step was come to", &bars) + &table("Step", &heads, &rows.collect::<Vec<_>>())
}

fn splits(report: &Report) -> String {
    let mut out = String::new();
    for split in &report.splits {
        let name = split.text.as_deref().unwrap_or(&split.split);
        out.push_str(&format!("<h2>Arms of {}</h2>\n", escaped(name)));
        let rows = split.arms.iter().map(|arm| {
            let counts = [arm.enrolled, arm.ended, arm.goals].map(|count| count.to_string());
            let [enrolled, ended, goals] = counts;
            cells(&arm.arm, &[enrolled, ended, goals, percent(arm.goal_rate_per_mille)])
        });
        out.push_str(&table("Arm", &["Enrolled", "Ended", "Goals", "Goal rate"], &rows.collect::<Vec<_>>()));
    }
    out
}

fn days(report: &Report) -> String {
    let rows = report.days.iter().map(|day| {
        let counts = day.counts;
        row(&day.day, &[counts.enrolled, counts.ended, counts.goals, counts.actions, counts.failed])
    });
    let heads = ["Enrolled", "Ended", "Goals", "Actions", "Failed"];
    table("Day (UTC)", &heads, &rows.collect::<Vec<_>>())
}

/// Enrolments and goals of the last 90 days in which anything happened.
fn days_chart(report: &Report) -> String {
    let days = last(&report.days).iter();
    let groups = days.map(|day| (day.day.clone(), vec![day.counts.enrolled, day.counts.goals]));
    let name = "Enrolments (blue) and goals (green) day by day";
    bars(name, &[("enrolled", BLUE), ("goals", GREEN)], &groups.collect::<Vec<_>>())
}

fn last<T>(days: &[T]) -> &[T] {
    days.get(days.len().saturating_sub(90)..).unwrap_or_default()
}

fn times(report: &Report) -> String {
    let times = &report.time_to_goal;
    let label =
        |below: Option<i64>| below.map_or_else(|| "longer".into(), |below| format!("< {}", length(below)));
    let groups: Vec<_> =
        times.counts.iter().map(|class| (label(class.below_ms), vec![class.count])).collect();
    let some = groups.iter().filter(|(_, counts)| counts.iter().any(|count| *count > 0));
    let rows: Vec<String> = some.map(|(label, counts)| row(label, counts)).collect();
    let mean = times.mean_ms.map(|mean| {
        let half = times.half_below_ms.map(|half| format!("; half of them in less than {}", length(half)));
        format!("<p>{} on average{}.</p>\n", length(mean), half.unwrap_or_default())
    });
    let chart = bars("Goals by the time that they took", &[("goals", GREEN)], &groups);
    chart + &mean.unwrap_or_default() + &table("Time", &["Goals"], &rows)
}

/// Converted until so many weeks behind the enrolment, of those who enrolled in a week.
fn cohorts(report: &Report) -> String {
    const SHOWN: usize = 9;
    let until = |row: &CohortRow, weeks: usize| row.goals.iter().take(weeks + 1).sum::<u64>();
    let rows = report.cohorts.iter().map(|row| {
        let rate = |weeks: usize| (until(row, weeks) * 1000).checked_div(row.enrolled);
        let rates = (0..SHOWN).map(|weeks| percent(rate(weeks)));
        let ended = row.ended.iter().sum::<u64>().to_string();
        let all = [row.enrolled.to_string(), ended].into_iter().chain(rates);
        cells(&row.week, &all.collect::<Vec<_>>())
    });
    let heads = ["Enrolled", "Ended", "1 week", "2", "3", "4", "5", "6", "7", "8", "9 weeks"];
    let about = "<p>Converted within so many weeks of their own enrolment.</p>\n";
    let table = table("Week of", &heads, &rows.collect::<Vec<_>>());
    if report.cohorts.is_empty() { table } else { about.to_owned() + &table }
}

fn mail(report: &Report) -> String {
    let heads = MailCounts::default().measures().map(|(word, _)| word);
    let counts = |counts: &MailCounts| counts.measures().map(|(_, count)| count);
    let mut rows: Vec<String> = report
        .mail
        .steps
        .iter()
        .map(|mail| row(format!("{}: {}", mail.step, mail.template), &counts(&mail.counts)))
        .collect();
    if rows.len() > 1 {
        rows.push(row("All", &counts(&report.mail.all)));
    }
    let days = last(&report.mail.days).iter();
    let groups: Vec<_> =
        days.map(|day| (day.day.clone(), vec![day.counts.sent, day.counts.opened])).collect();
    let name = "Messages sent (blue) and opened (green) day by day";
    let chart = bars(name, &[("sent", BLUE), ("opened", GREEN)], &groups);
    chart + &table("Step and template", &heads, &rows)
}

fn table(first: &str, heads: &[&str], rows: &[String]) -> String {
    if rows.is_empty() {
        return "<p>None.</p>\n".into();
    }
    let heads: String =
        heads.iter().map(|head| format!("<th scope=\"col\" class=\"n\">{head}</th>")).collect();
    let first = if first.is_empty() { "<td></td>".into() } else { format!("<th scope=\"col\">{first}</th>") };
    let rows = rows.concat();
    format!("<table><thead><tr>{first}{heads}</tr></thead><tbody>{rows}</tbody></table>\n")
}

fn row(first: impl Display, counts: &[u64]) -> String {
    cells(first, &counts.iter().map(u64::to_string).collect::<Vec<_>>())
}

fn cells(first: impl Display, rest: &[String]) -> String {
    let rest: String = rest.iter().map(|cell| format!("<td class=\"n\">{cell}</td>")).collect();
    format!("<tr><td>{}</td>{rest}</tr>", escaped(&first.to_string()))
}

/// Text that is no markup.
pub(super) fn escaped(text: &str) -> String {
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
