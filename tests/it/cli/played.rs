//! `wf run` and `wf test` as they are called: what is printed, refused, counted.

use super::Folder;
use serde_json::Value;

const PROJECT: &str = r##"
attributes of account { name text  seats number  plan text }
event "Login" { }
segment "Big" of account where seats > 3
connector slack { base "https://slack.com/api" }
action slack(channel text, message template) through slack { post "/m" json { message: message } }
workflow "W" {
  description "Greets the big ones."
  live
  when account enters segment "Big"
  once
  do
    label "hello": slack "#a" "{{ account.name }} is big."
    wait 2d
    if plan = "pro" { slack "#a" "still" } else { exit }
  exit when seats = 0
}
test "a big one is greeted" {
  at 2026-01-05T09:00Z
  account "a" { name: "A"  seats: 5 }
  expect slack "#a" containing "A is big"
}
"##;

const HISTORY: &str = r#"{"type":"group","messageId":"1","groupId":"a","traits":{"name":"A","seats":5},"timestamp":"2026-01-05T09:00:00Z"}
{"type":"group","messageId":"1","groupId":"a","traits":{"seats":0},"timestamp":"2026-01-05T10:00:00Z"}
not json
{"type":"group","messageId":"2","groupId":"b","traits":{"seats":"many"},"timestamp":"2030-01-05T10:00:00Z","receivedAt":"2026-01-05T11:00:00Z"}
{"type":"group","messageId":"3","groupId":"b","traits":{"seats":4},"timestamp":"2027-01-05T10:00:00Z"}
"#;

fn folder() -> Folder {
    Folder::with(&[("p.wf", PROJECT), ("h.jsonl", HISTORY)])
}

const RUN: [&str; 6] = ["run", "p.wf", "--history", "h.jsonl", "--until", "2026-06-01T00:00:00Z"];

#[test]
fn a_run_prints_an_object_a_line_in_order() {
    let ran = folder().wf(&[&RUN[..], &["--output", "json", "--facts"]].concat()).exits(0);
    let lines: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<_> = lines.iter().map(|line| line["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["fact", "enrolled", "action", "waiting", "exited"]);
    assert_eq!(lines[0]["detail"], serde_json::json!({ "fact": "Big", "from": false, "to": true }));
    assert_eq!(lines[2]["step"], "hello");
    assert_eq!(lines[2]["detail"]["args"]["message"], "A is big.");
    assert_eq!(lines[3]["detail"]["until"], "2026-01-07T09:00:00.000Z");
    for line in &lines {
        assert_eq!(line["entity"], "account:a");
        assert!(line["at"].as_str().unwrap().ends_with("00.000Z"), "{line}");
    }
}

#[test]
fn what_can_not_be_taken_is_counted_told_and_kept() {
    let folder = folder();
    let ran = folder.wf(&[&RUN[..], &["--summary", "--rejects", "rejects.jsonl"]].concat()).exits(0);
    for said in [
        "rejected: h.jsonl:3: not a message:",
        "rejected: h.jsonl:4: `seats`: expected a number, found text",
        "rejected: h.jsonl:5: it is of 2027-01-05T10:00:00.000Z, after the end of the run",
        "2 messages of 2 accounts and 0 contacts through 1 workflows; 1 seen before and dropped; 3 rejected",
        "1 of a `timestamp` after their arrival, which counts instead",
    ] {
        assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
    }
    let kept: Vec<Value> =
        folder.read("rejects.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let lines: Vec<_> = kept.iter().map(|line| line["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [3, 4, 5]);
    assert_eq!(kept[0]["text"], "not json");
}

#[test]
fn a_run_shows_only_what_is_asked_for() {
    let folder = folder();
    let of = |more: &[&str]| folder.wf(&[&RUN[..], more].concat());
    assert_eq!(of(&["--entity", "account:b", "--output", "json"]).exits(0).stdout, "");
    let wrong = of(&["--workflow", "w"]).exits(2);
    assert!(wrong.stderr.contains("there is no workflow `w`") && wrong.stderr.contains("did you mean `W`?"));
    let missing = folder.wf(&["run", "p.wf", "--history", "no.jsonl"]).exits(2);
    assert!(missing.stderr.contains("no.jsonl"), "{}", missing.stderr);
}

#[test]
fn tests_are_told_as_json_and_for_ci_with_what_they_did_not_reach() {
    let folder = folder();
    let json = folder.wf(&["test", "p.wf", "--output", "json", "--coverage"]).exits(0);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((&json["format_version"], &json["tests"][0]["passed"]), (&1.into(), &true.into()));
    let covered = folder.wf(&["test", "p.wf", "--coverage"]).exits(0);
    assert!(
        covered.stdout.contains("%  W  (") && covered.stdout.contains("not reached: "),
        "{}",
        covered.stdout
    );
    folder.write("bad.wf", PROJECT.replace("A is big\"", "A is small\"").as_bytes());
    let failed = folder.wf(&["test", "bad.wf", "--output", "junit"]).exits(1);
    assert!(
        failed.stdout.contains("failures=\"1\"") && failed.stdout.contains("bad.wf:"),
        "{}",
        failed.stdout
    );
    let none = folder.wf(&["test", "p.wf", "--filter", "nobody"]).exits(2);
    assert!(none.stderr.contains("no test's name contains `nobody`"), "{}", none.stderr);
}
