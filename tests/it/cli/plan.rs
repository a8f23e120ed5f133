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
