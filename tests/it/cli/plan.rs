//! `wf plan`: listings on standard output, kept in a folder, compared with it.

use super::Folder;

const TEXT: &str = "\
attributes of account { status text  last_seen time }
workflow \"Quiet\" {
  draft
  when account matches last_seen < 14d ago
  once
  do
    set status: \"quiet\"
  exit when status = \"gone\"
}
";

fn project() -> Folder {
    Folder::with(&[("wayfare.toml", "name = \"a\"\n"), ("a.wf", TEXT)])
}

#[test]
fn a_listing_says_what_is_read_and_its_hashes() {
    let ran = project().wf(&["plan"]).exits(0);
    for line in ["# plan ", "# workflow ", "workflow \"Quiet\" about account", "flips at last_seen + 14d"] {
        assert!(ran.stdout.contains(line), "{line} in\n{}", ran.stdout);
    }
    assert_eq!(project().wf(&["plan"]).stdout, ran.stdout);
}

#[test]
fn json_has_a_version_the_hash_and_the_steps_as_data() {
    let ran = project().wf(&["plan", "--output", "json"]).exits(0);
    let value: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(value["format_version"], 1);
    assert_eq!(value["hash"].as_str().unwrap().len(), 64);
    let workflow = &value["workflows"][0];
    assert_eq!(workflow["hash"].as_str().unwrap().len(), 64);
    assert_eq!(workflow["sheet"]["name"], "Quiet");
    assert_eq!(workflow["sheet"]["steps"][0]["details"][0][1], "\"quiet\"");
    assert_eq!(workflow["sheet"]["reads"][0]["title"], "attributes");
}

#[test]
fn a_stale_listing_fails_with_a_diff_and_a_kept_one_passes() {
    let folder = project();
    folder.wf(&["plan", "--check", "plans"]).exits(1);
    folder.wf(&["plan", "--snapshot", "plans"]).exits(0);
    assert!(folder.read("plans/quiet.plan").contains("last_seen"));
    folder.wf(&["plan", "--check", "plans"]).exits(0);
    folder.write("a.wf", TEXT.replace("14d", "15d").as_bytes());
    let ran = folder.wf(&["plan", "--check", "plans"]).exits(1);
    assert!(ran.stdout.contains("flips at last_seen + 15d"), "{}", ran.stdout);
    assert!(ran.stderr.contains("1 stale listing"), "{}", ran.stderr);
}

#[test]
fn another_workflow_makes_no_listing_stale() {
    let folder = project();
    folder.wf(&["plan", "--snapshot", "plans"]).exits(0);
    let kept = folder.read("plans/quiet.plan");
    let more = "event \"E\" { }\nworkflow \"A\" {\n draft\n when account performs \"E\"\n once\n do\n wait 1d\n exit when status = \"x\"\n}\n";
    folder.write("0.wf", more.as_bytes());
    folder.wf(&["plan", "--snapshot", "plans"]).exits(0);
    assert_eq!(folder.read("plans/quiet.plan"), kept);
}

#[test]
fn wrong_names_and_broken_projects_are_refused() {
    let folder = project();
    let ran = folder.wf(&["plan", "--workflow", "Quite"]).exits(2);
    assert!(ran.stderr.contains("did you mean `Quiet`"), "{}", ran.stderr);
    folder.write("b.wf", b"segment of\n");
    assert_eq!(folder.wf(&["plan"]).exits(1).stdout, "");
}

const TRIAL: &str = "attributes of account { status one of (trial, paid) seats number }
segment \"Trial\" of account where status = trial
workflow \"Trial: 1\" { when account enters segment \"Trial\" once do wait 3d exit when status = paid }
workflow \"Other\" { when account is created once do wait 1d exit when seats > 3 }
";

#[test]
fn listings_are_kept_and_a_stale_one_fails_with_a_diff() {
    let folder = Folder::with(&[("wayfare.toml", ""), ("a.wf", TRIAL)]);
    assert_eq!(folder.wf(&["plan", "--check", "plans"]).exits(1).stdout.matches("+++").count(), 2);
    let kept = folder.wf(&["plan", "--snapshot", "plans"]).exits(0);
    assert_eq!(kept.stdout, "plans/other.plan\nplans/trial-1.plan\n");
    assert_eq!(folder.wf(&["plan", "--check", "plans"]).exits(0).stdout, "");
    assert_eq!(folder.wf(&["plan", "--snapshot", "plans"]).exits(0).stdout, "", "nothing changed");

    // The workflow's own text stays the same: only the segment that it hangs on changes.
    folder.write(
        "a.wf",
        TRIAL.replace("where status = trial", "where status = trial and seats > 2").as_bytes(),
    );
    let stale = folder.wf(&["plan", "--check", "plans"]).exits(1);
    assert!(stale.stdout.contains("--- plans/trial-1.plan"), "{}", stale.stdout);
    assert!(stale.stdout.contains("\n+") && stale.stdout.contains("seats > 2"), "{}", stale.stdout);
    assert!(!stale.stdout.contains("other.plan"), "{}", stale.stdout);
    assert!(stale.stderr.contains("`wf plan --snapshot plans` keeps it"), "{}", stale.stderr);
}

#[test]
fn listings_of_workflows_that_are_gone_are_told_and_taken_away() {
    let folder = Folder::with(&[("wayfare.toml", ""), ("a.wf", TRIAL)]);
    folder.write("plans/gone.plan", b"old");
    folder.write("plans/notes.txt", b"mine");
    let stale = folder.wf(&["plan", "--check", "plans"]).exits(1);
    assert!(stale.stdout.contains("plans/gone.plan: there is no such workflow any more"), "{}", stale.stdout);
    let kept = folder.wf(&["plan", "--snapshot", "plans"]).exits(0);
    assert!(kept.stdout.contains("plans/gone.plan (removed)"), "{}", kept.stdout);
    assert_eq!(folder.read("plans/notes.txt"), "mine");
}

#[test]
fn one_workflow_is_printed_as_it_is_kept() {
    let folder = Folder::with(&[("wayfare.toml", ""), ("a.wf", TRIAL)]);
    let text = folder.wf(&["plan", "--workflow", "Trial: 1"]).exits(0).stdout;
    let (hash, kept) = text.split_once("\n\n").unwrap();
    assert!(hash.starts_with("# plan "), "{hash}");
    insta::assert_snapshot!("plan", kept);
    let json = folder.wf(&["plan", "--output", "json", "--workflow", "Trial: 1"]).exits(0).stdout;
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(text.ends_with(value["workflows"][0]["listing"].as_str().unwrap()), "{json}");
    assert_eq!(value["workflows"].as_array().unwrap().len(), 1);
    folder.wf(&["plan", "--workflow", "Trial: 1", "--check", "plans"]).exits(2);
}
