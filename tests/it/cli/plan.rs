//! `wf plan`: listings, kept and compared.

use super::Folder;
use std::path::Path;
use wayfare::plan::Plan;
use wayfare::project::{Target, load};

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
fn plans_are_printed_as_text_and_as_json() {
    let folder = Folder::with(&[("wayfare.toml", ""), ("a.wf", TRIAL)]);
    let text = folder.wf(&["plan", "--workflow", "Trial: 1"]).exits(0).stdout;
    insta::assert_snapshot!("plan", text);
    let json = folder.wf(&["plan", "--output", "json", "--workflow", "Trial: 1"]).exits(0).stdout;
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["format_version"], 1);
    assert_eq!(value["workflows"][0]["listing"], text.as_str());
    assert_eq!(value["workflows"].as_array().unwrap().len(), 1);
    assert_eq!(value["hash"].as_str().unwrap().len(), 64);
    folder.wf(&["plan", "--workflow", "Trial: 1", "--check", "plans"]).exits(2);
}

#[test]
fn a_plan_comes_back_from_its_stored_form() {
    for example in ["trial-nurture", "churn-save", "renewals", "ravenstack"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example);
        let plan = load(Target::Path(path.clone())).unwrap().plan.expect("a clean example");
        let bytes = plan.to_bytes().unwrap();
        let back = Plan::from_bytes(&bytes).unwrap();
        assert_eq!(back.to_bytes().unwrap(), bytes, "{example}");
        assert_eq!(load(Target::Path(path)).unwrap().plan.unwrap().hash(), plan.hash(), "{example}");
        let mut other = bytes.clone();
        other[0] = 99;
        assert!(Plan::from_bytes(&other).unwrap_err().to_string().contains("version 99"));
        assert!(Plan::from_bytes(&bytes[..bytes.len() / 2]).is_err());
    }
}
