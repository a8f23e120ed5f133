//! `wf new`, and projects from their files.

use super::Folder;

#[test]
fn a_new_project_checks_formats_and_tests_clean() {
    let folder = Folder::new();
    let ran = folder.wf(&["new", "acme"]).exits(0);
    assert!(ran.stdout.contains("acme/wayfare.toml\n"), "{}", ran.stdout);
    assert!(ran.stderr.contains("cd acme && wf check"), "{}", ran.stderr);
    let checked = folder.wf(&["check", "acme", "--deny", "warnings"]).exits(0);
    assert_eq!(checked.stderr, "ok: 3 files, 1 workflow\n");
    assert_eq!(folder.wf(&["fmt", "--diff", "acme"]).exits(0).stdout, "");
    folder.wf(&["test", "acme"]).exits(0);
    folder.wf(&["graph", "acme"]).exits(0);
    assert!(folder.read("acme/wayfare.toml").starts_with("name = \"acme\"\n"));
}

#[test]
fn a_new_project_overwrites_nothing() {
    let folder = Folder::with(&[("full/a.txt", ""), ("file", "")]);
    for (name, said) in [("full", "is not empty"), ("file", "is no folder")] {
        let ran = folder.wf(&["new", name]).exits(2);
        assert!(ran.stderr.contains(said), "{name}: {}", ran.stderr);
    }
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    folder.wf(&["new", "empty"]).exits(0);
}

#[test]
fn names_that_can_not_be_are_explained() {
    let folder = Folder::new();
    let long = "x".repeat(65);
    for (name, said) in [
        ("a b", "it has a ` ` in it"),
        ("1st", "it does not begin with a letter"),
        ("..", "it ends in no name"),
        (long.as_str(), "it is longer than 64 characters"),
    ] {
        let ran = folder.wf(&["new", name]).exits(2);
        assert!(ran.stderr.contains(said), "{name}: {}", ran.stderr);
        assert!(ran.stderr.contains("help: "), "{}", ran.stderr);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

fn template(path: &str) -> String {
    format!(
        "template \"t\" {{ subject \"s\" text file \"{path}\" }}\nworkflow \"w\" {{ when account is created do \
         email \"t\" to: contacts exit when health = bad }}\n"
    )
}

#[test]
fn template_files_stay_in_the_project() {
    let folder = Folder::with(&[("out.txt", "out"), ("p/in/mail.txt", "hello"), ("p/wayfare.toml", "")]);
    let check = |path: &str| {
        folder.write("p/a.wf", template(path).as_bytes());
        folder.wf(&["check", "p"])
    };
    check("in/mail.txt").exits(0);
    check("./in/mail.txt").exits(0);
    for (path, said) in [
        ("../out.txt", "would leave the project's folder"),
        ("/etc/hosts", "must be relative to the project's folder"),
        ("in/nothing.txt", "there is no such file"),
        ("in", "it is a folder"),
    ] {
        let ran = check(path).exits(1);
        assert!(ran.stdout.contains(said), "{path}: {}", ran.stdout);
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(folder.path().join("out.txt"), folder.path().join("p/link.txt")).unwrap();
        let ran = check("link.txt").exits(1);
        assert!(ran.stdout.contains("a link that leaves the project's folder"), "{}", ran.stdout);
    }
}

#[test]
fn the_order_of_files_does_not_matter_to_what_is_said() {
    let folder = Folder::with(&[("wayfare.toml", "")]);
    for name in ["b", "a", "c/d", "c/a", "B"] {
        folder.write(&format!("{name}.wf"), b"segment of\n");
    }
    let first = folder.wf(&["check", "--output", "json"]).exits(1).stdout;
    for _ in 0..5 {
        assert_eq!(folder.wf(&["check", "--output", "json"]).exits(1).stdout, first);
    }
}
