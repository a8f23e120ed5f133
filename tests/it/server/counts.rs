//! What the API and the commands count is what a recount of the log gives: while it runs, behind a restart, and behind the
//! loss of the store, when all of it is made anew from the journal.

use super::*;
use serde_json::{Value, json};

const SPLIT: &str = r#"
event "welcomed" { }
event "bought" { }
attributes of contact {
  plan   text
  email  email
}
segment "Trial" of contact where plan = "trial"
workflow "Nurture" {
  live
  when contact enters segment "Trial"
  every time
  do
    label "which": split {
      50% "short" {
        record "welcomed"
      }
      50% "long" {
        record "welcomed"
        wait 3d
      }
    }
    wait 5d
  goal when did "bought"
  exit when plan = "paid"
}
"#;

/// Every line of the log, oldest first.
fn lines(served: &Served) -> Vec<Value> {
    let (mut lines, mut before) = (Vec::new(), String::new());
    loop {
        let page = served.get(&format!("/api/v1/log?limit=37{before}"));
        lines.extend(page["lines"].as_array().unwrap().clone());
        match page["next"].as_u64() {
            Some(next) => before = format!("&before={next}"),
            None => break,
        }
    }
    lines.reverse();
    lines
}

/// What the API says of the workflow, held against its lines; all of it, to be compared with what it says later.
fn adds_up(served: &Served) -> [Value; 3] {
    let lines = lines(served);
    let of = |kind: &str| lines.iter().filter(|line| line["kind"] == kind).count() as u64;
    let detail = served.get("/api/v1/workflows/Nurture");
    let report = served.get("/api/v1/workflows/Nurture/report");
    let ended = of("finished") + of("exited") + of("goal");
    for counts in [&detail, &report] {
        assert_eq!(counts["enrolled"], of("enrolled"), "{counts}");
        assert_eq!(counts["enrolled_now"], of("enrolled") - ended);
        assert_eq!((&counts["goals"], &counts["finished"]), (&json!(of("goal")), &json!(of("finished"))));
        let here = counts["steps"].as_array().unwrap().iter().filter_map(|step| step["at_now"].as_u64());
        assert_eq!(here.sum::<u64>(), of("enrolled") - ended, "who stands where: {counts}");
    }
    let arms = report["splits"][0]["arms"].as_array().unwrap();
    assert_eq!(arms.iter().filter_map(|arm| arm["enrolled"].as_u64()).sum::<u64>(), of("arm"));
    let weeks = report["cohorts"].as_array().unwrap().iter().filter_map(|week| week["enrolled"].as_u64());
    assert_eq!((weeks.sum::<u64>(), &report["time_to_goal"]["count"]), (of("enrolled"), &json!(of("goal"))));
    let (mut present, mut after) = (Vec::new(), String::new());
    loop {
        let page = served.get(&format!("/api/v1/workflows/Nurture/enrolments?limit=7{after}"));
        present.extend(page["enrolments"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(present.len() as u64, of("enrolled") - ended, "who is in");
    [detail, report, json!(present)]
}

fn played(served: &Served) {
    let mut messages = Vec::new();
    for n in 0..60 {
        messages.push(identify(&format!("c{n}"), &format!("i{n}"), "trial"));
        let bought = json!({ "type": "track", "messageId": format!("t{n}"), "userId": format!("c{n}"),
            "event": "bought", "properties": {} });
        messages.extend((n % 3 == 0).then_some(bought));
        messages.extend((n % 7 == 0).then(|| identify(&format!("c{n}"), &format!("p{n}"), "paid")));
        messages.extend((n % 14 == 0).then(|| identify(&format!("c{n}"), &format!("b{n}"), "trial")));
    }
    for some in messages.chunks(20) {
        assert_eq!(served.batch(some).unwrap().0, 200);
    }
}

#[test]
fn counts_add_up_while_it_runs_behind_a_restart_and_from_the_journal() {
    let folder = folder("counts");
    project(&folder, SPLIT);
    let served = Served::start(&folder, &[]);
    played(&served);
    let before = adds_up(&served);
    assert!(before[1]["goals"].as_u64() > Some(0) && before[0]["exited"].as_u64() > Some(0), "{}", before[1]);
    assert!(served.stop());
    let served = Served::start(&folder, &[]);
    assert_eq!(adds_up(&served), before);
    assert!(served.stop());
    std::fs::remove_dir_all(folder.join("data/store")).unwrap();
    let served = Served::start(&folder, &[]);
    assert_eq!(adds_up(&served), before);
}

#[test]
fn reports_and_tables_fit_the_terminal() {
    let folder = folder("tables");
    project(&folder, SPLIT);
    let served = Served::start(&folder, &[]);
    played(&served);
    let wf = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wf"));
        command.args(args).env("WAYFARE_SERVER", format!("http://{}", served.address));
        command.env("WAYFARE_TOKEN", ADMIN).env("NO_COLOR", "1").env("COLUMNS", "80").stdin(Stdio::null());
        let done = command.output().unwrap();
        let text = [done.stdout, done.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        assert!(done.status.success(), "{args:?}: {text}");
        text
    };
    for args in [
        &["ls", "--state", "live"][..],
        &["open", "Nurture"],
        &["report", "Nurture", "--since", "30d"],
        &["stats", "email"],
        &["stats", "email", "Nurture"],
    ] {
        let text = wf(args);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{args:?}:\n{text}");
    }
    let text = wf(&["report", "Nurture", "--since", "1d"]);
    for part in ["since the beginning", "Arms of", "Day by day", "on average", "week of", "Failures\nnone"] {
        assert!(text.contains(part), "{part}:\n{text}");
    }
    let csv = wf(&["report", "Nurture", "--output", "csv"]);
    assert!(csv.starts_with("about,name,measure,count") && csv.contains("\"arm\","), "{csv}");
    assert!(wf(&["report", "Nurture", "--output", "html"]).starts_with("<!doctype html>"));
    let report: Value = serde_json::from_str(&wf(&["report", "Nurture", "--output", "json"])).unwrap();
    assert_eq!(report["workflow"], "Nurture");
    let mail: Value = serde_json::from_str(&wf(&["stats", "email", "--output", "json"])).unwrap();
    assert_eq!(mail["workflows"], json!([]));
    assert!(wf(&["logs", "Nurture", "--kind", "arm", "--since", "1h"]).contains("takes arm "));
}
