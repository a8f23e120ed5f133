//! Reports: what they show adds up, and what stands in them is inert.

use std::collections::BTreeMap;
use wayfare::base::Instant;
use wayfare::report::{Report, StepRow, csv, html};
use wayfare::stats::{ArmCounts, Cohort, Counts, DayCounts, MailCounts, StepCounts, TimeToGoal};

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
        arms: BTreeMap::from([(
            "@first".into(),
            BTreeMap::from([(HOSTILE.into(), ArmCounts { enrolled: 4, ended: 2, goals: 1 })]),
        )]),
        to_goal: TimeToGoal { counts: vec![0, 0, 1], sum: 1_800_000 },
        cohorts: BTreeMap::from([(2857, Cohort { enrolled: 5, ended: vec![1, 1], goals: vec![0, 1] })]),
        mails: BTreeMap::from([(
            "@first".into(),
            BTreeMap::from([(HOSTILE.into(), MailCounts { sent: 4, opened: 3, ..MailCounts::default() })]),
        )]),
        failures: BTreeMap::from([("\t=refused".into(), 1)]),
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
    assert_eq!((late.days.len(), late.enrolled, late.in_period.enrolled), (1, 5, 3));
    assert_eq!((all.splits[0].arms[0].goal_rate_per_mille, all.failed), (Some(500), 1));
    assert_eq!(
        (all.time_to_goal.mean_ms, all.time_to_goal.half_below_ms),
        (Some(1_800_000), Some(3_600_000))
    );
    assert_eq!((&*all.cohorts[0].week, all.cohorts.len(), late.cohorts.len()), ("2024-09-30", 1, 1));
    assert_eq!((all.mail.all.sent, &*all.mail.steps[0].step), (4, "@first"));
}

#[test]
fn no_cell_of_csv_begins_a_formula() {
    let text = csv::text(&report(None));
    assert!(text.contains("\"step\",\"'@first\",\"sent\",4\r\n"), "{text}");
    assert!(text.contains("\"'=\"\"<script>"), "{text}");
    assert!(text.contains("\"reason\",\"'\t=refused\",\"failed\",1\r\n"), "{text}");
    assert!(text.contains("\"e-mail\",\"'@first: ="), "{text}");
    let begins = |cell: &str| cell.trim_matches('"').starts_with(['=', '+', '-', '@', '\t', '\r']);
    assert!(!text.lines().flat_map(|line| line.split("\",\"")).any(begins), "{text}");
}

#[test]
fn html_of_names_and_texts_is_inert() {
    let page = html::page(&report(None));
    assert!(!page.contains("<script") && page.contains("&lt;script&gt;"), "{page}");
    assert_eq!(page.matches("<title>2024-10-0").count(), 4, "{page}");
    assert!(page.contains("Arms of") && page.contains("50.0 %") && page.contains("30m on average"), "{page}");
    assert!(!page.contains("http"), "nothing is loaded from elsewhere");
}
