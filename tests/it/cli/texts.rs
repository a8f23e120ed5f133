//! `wf fmt` and `wf graph`.

use super::Folder;

const UGLY: &str = "event   \"Login\" {   }\n";

fn pretty() -> String {
    let folder = Folder::new();
    folder.wf_with(&["fmt", "-"], UGLY, &[]).exits(0).stdout
}

#[test]
fn fmt_writes_what_changes_and_prints_its_name() {
    let folder = Folder::with(&[("a.wf", UGLY), ("sub/b.wf", &pretty()), ("c.txt", UGLY)]);
    let ran = folder.wf(&["fmt"]).exits(0);
    assert_eq!(ran.stdout, "a.wf\n");
    assert_eq!(ran.stderr, "ok: 1 file changed, 1 unchanged\n");
    assert_eq!(folder.read("a.wf"), pretty());
    assert_eq!(folder.read("c.txt"), UGLY);
    assert_eq!(folder.wf(&["fmt"]).exits(0).stderr, "ok: 0 files changed, 2 unchanged\n");
}

#[test]
fn fmt_check_and_diff_write_nothing_and_exit_with_1() {
    let folder = Folder::with(&[("a.wf", UGLY)]);
    assert_eq!(folder.wf(&["fmt", "--check"]).exits(1).stdout, "a.wf\n");
    let diff = folder.wf(&["fmt", "--diff", "a.wf"]).exits(1).stdout;
    assert!(diff.contains("--- a.wf") && diff.contains("-event   \"Login\""), "{diff}");
    assert_eq!(folder.read("a.wf"), UGLY);
    folder.write("a.wf", pretty().as_bytes());
    assert_eq!(folder.wf(&["fmt", "--check"]).exits(0).stdout, "");
    assert_eq!(folder.wf(&["fmt", "--diff"]).exits(0).stdout, "");
}

#[test]
fn fmt_reports_a_file_with_errors_and_goes_on() {
    let folder = Folder::with(&[("a.wf", "segment of"), ("b.wf", UGLY)]);
    let ran = folder.wf(&["fmt"]).exits(1);
    assert_eq!(ran.stdout, "b.wf\n");
    assert!(ran.stderr.contains("a.wf:1:"), "{}", ran.stderr);
    assert!(ran.stderr.ends_with("1 file changed, 0 unchanged, 1 with errors\n"), "{}", ran.stderr);
    assert_eq!(folder.read("a.wf"), "segment of");
}

#[test]
fn fmt_of_standard_input_goes_to_standard_output() {
    let folder = Folder::new();
    assert_eq!(folder.wf_with(&["fmt", "-"], &pretty(), &[]).exits(0).stdout, pretty());
    assert_eq!(folder.wf_with(&["fmt", "--check", "-"], UGLY, &[]).exits(1).stdout, "<stdin>\n");
    assert_eq!(folder.wf_with(&["fmt", "--check", "-"], &pretty(), &[]).exits(0).stdout, "");
    let broken = folder.wf_with(&["fmt", "-"], "segment of", &[]).exits(1);
    assert_eq!(broken.stdout, "");
    assert!(broken.stderr.contains("<stdin>:1:"), "{}", broken.stderr);
}

const WORKFLOW: &str = r##"
attributes of account { status one of (trial, paid, churned) seats number }
event "Login" { }
action ping(message text) { post "https://example.com/ping" json { message: message } }
workflow "Say \"hi\" <b>" {
  live
  when account matches status = trial or when account performs "Login"
  if seats >= 3 # only teams
  once
  do
    ping "#1 \"a\"" if seats > 4
    if seats > 10 { ping "big" } else if seats > 5 { ping "middle" exit if status = churned } else { wait 2d }
    wait until status = paid at most 7d else exit
    split { 50% "a" { ping "a" } 50% "b" { goal } }
  goal when status = paid
  exit when status = churned
}
"##;

#[test]
fn graphs_draw_the_flow_in_the_words_of_the_text() {
    let folder = Folder::with(&[("a.wf", WORKFLOW)]);
    insta::assert_snapshot!("mermaid", folder.wf(&["graph", "a.wf"]).exits(0).stdout);
    insta::assert_snapshot!("dot", folder.wf(&["graph", "a.wf", "--output", "dot"]).exits(0).stdout);
    let named = folder.wf(&["graph", "a.wf", "--workflow", "Say"]).exits(2);
    assert!(named.stderr.contains("there is no workflow `Say`"), "{}", named.stderr);
}

#[test]
fn a_project_with_errors_is_not_drawn() {
    let folder = Folder::with(&[("a.wf", "segment of")]);
    let ran = folder.wf(&["graph", "a.wf"]).exits(1);
    assert_eq!(ran.stdout, "");
    assert!(ran.stderr.contains("a.wf:1:") && ran.stderr.ends_with("1 error\n"), "{}", ran.stderr);
}
