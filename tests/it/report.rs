//! Reports: what they show adds up, and what stands in them is inert.

use std::collections::BTreeMap;
use wayfare::base::Instant;
use wayfare::report::{Report, StepRow, csv, html};
use wayfare::stats::{Counts, DayCounts, StepCounts};

const DAY: i64 = 24 * 60 * 60 * 1000;
const HOSTILE: &str = "=\"<script>alert(1)</script>'&";

fn report(since: Option<Instant>) -> Report {
    let day = |enrolled| DayCounts { enrolled, ended: 1, goals: 1, actions: 2, failed: 0 };
    let counts = Counts {
        enrolled: 5,
        finished: 1,
        goals: 1,
        exited: BTreeMap::from([(HOSTILE.into(), 1)]),
        days: BTreeMap::from([(20_000, day(2)), (20_001, day(3))]),
        ..Counts::default()
    };
    let step = StepRow {
        step: "@first".into(),
        text: HOSTILE.into(),
        at_now: 2,
        counts: StepCounts { done: 5, rows: BTreeMap::from([("sent".into(), 4)]), ..StepCounts::default() },
    };
    Report::of(HOSTILE, &counts, vec![step], since)
}

#[test]
fn totals_are_all_and_days_begin_with_since() {
    let (all, late) = (report(None), report(Some(Instant(20_001 * DAY + 5))));
    assert_eq!((all.enrolled, all.enrolled_now, all.goal_rate_per_mille), (5, 2, Some(333)));
    assert_eq!(all.days.iter().map(|day| &*day.day).collect::<Vec<_>>(), ["2024-10-04", "2024-10-05"]);
    assert_eq!(all.days.iter().map(|day| day.counts.enrolled).sum::<u64>(), all.enrolled);
    assert_eq!((late.days.len(), late.enrolled), (1, 5));
}

#[test]
fn no_cell_of_csv_begins_a_formula() {
    let text = csv::text(&report(None));
    assert!(text.contains("\"step\",\"'@first\",\"sent\",4\r\n"), "{text}");
    assert!(text.contains("\"'=\"\"<script>"), "{text}");
    let begins = |cell: &str| cell.trim_matches('"').starts_with(['=', '+', '-', '@']);
    assert!(!text.lines().flat_map(|line| line.split("\",\"")).any(begins), "{text}");
}

#[test]
fn html_of_names_and_texts_is_inert() {
    let page = html::page(&report(None));
    assert!(!page.contains("<script") && page.contains("&lt;script&gt;"), "{page}");
    assert_eq!(page.matches("<rect ").count(), 4, "{page}");
    assert!(!page.contains("http"), "nothing is loaded from elsewhere");
}
