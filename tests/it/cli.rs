//! The `wf` binary as a user meets it: commands, exit codes, what goes where.

mod help;
mod new;
mod plan;
mod played;
mod settings;
mod texts;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder that goes away with the test.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("wayfare-cli-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path.canonicalize().unwrap())
    }

    /// A folder with these files.
    pub(super) fn with(files: &[(&str, &str)]) -> Self {
        let folder = Self::new();
        for (name, text) in files {
            folder.write(name, text.as_bytes());
        }
        folder
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    pub(super) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap()
    }

    /// Runs `wf` in this folder.
    pub(super) fn wf(&self, args: &[&str]) -> Ran {
        self.wf_with(args, "", &[])
    }

    /// Runs `wf` in a folder below this one.
    pub(super) fn wf_in(&self, below: &str, args: &[&str]) -> Ran {
        start(&self.0.join(below), args, "", &[])
    }

    /// Runs `wf` in this folder with that standard input and environment.
    pub(super) fn wf_with(&self, args: &[&str], stdin: &str, env: &[(&str, &str)]) -> Ran {
        start(&self.0, args, stdin, env)
    }
}

fn start(folder: &Path, args: &[&str], stdin: &str, env: &[(&str, &str)]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wf"));
    for name in ["NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "COLUMNS"] {
        command.env_remove(name);
    }
    command.args(args).current_dir(folder).envs(env.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that reads no input may be gone before it is given any.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What a command did.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Ran {
    #[track_caller]
    pub(super) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}

const CLEAN: &str = "segment \"New\" of account where created_at > 7d ago\n";

#[test]
fn a_clean_project_exits_with_0_and_says_ok() {
    let folder = Folder::with(&[("wayfare.toml", "name = \"a\"\n"), ("a.wf", "event \"Login\" {\n}\n")]);
    let ran = folder.wf(&["check"]).exits(0);
    assert_eq!(ran.stdout, "");
    assert_eq!(ran.stderr, "ok: 1 file, 0 workflows\n");
}

#[test]
fn findings_are_the_result_and_exit_with_1() {
    let folder = Folder::with(&[("wayfare.toml", "name = \"a\"\n"), ("sub/a.wf", "segment of\n")]);
    let ran = folder.wf(&["check"]).exits(1);
    assert!(ran.stdout.contains("sub/a.wf:1:"), "{}", ran.stdout);
    assert!(ran.stderr.starts_with("1 file, 0 workflows: 1 error"), "{}", ran.stderr);
    let below = folder.wf(&["check", "sub"]).exits(1);
    assert_eq!(below.stdout, ran.stdout, "a folder below a project is that project");
}

#[test]
fn a_broken_file_does_not_hide_the_others() {
    let folder = Folder::with(&[("wayfare.toml", ""), ("a.wf", "segment of\n"), ("b.wf", "team \"x\" 3\n")]);
    folder.write("c.wf", b"event \"A\" { }\n# \xff\n");
    let ran = folder.wf(&["check"]).exits(2);
    for place in ["a.wf:1:", "b.wf:1:", "c.wf:2:3", "can't be read: it is not UTF-8"] {
        assert!(ran.stdout.contains(place), "{place} in\n{}", ran.stdout);
    }
    insta::assert_snapshot!("unreadable", ran.stdout);
}

#[test]
fn an_allowance_silences_its_warning_and_is_reported_where_there_is_none() {
    const FLOW: &str = "when account is created do set tags: missing exit when tags contains \"x\"";
    let with = |comment: &str| {
        let segment = "segment \"New\" of account where created_at > 7d ago";
        let text = format!("attributes of account {{ tags list of text }}\n{comment}\n{segment}\n{FLOW}\n");
        Folder::with(&[("a.wf", &text)]).wf(&["check", "a.wf", "--deny", "warnings"])
    };
    let ran = with("").exits(1);
    assert!(ran.stdout.starts_with("unused-segment"), "{}", ran.stdout);
    let ran = with("# wf: allow(unused-segment) the server asks for it").exits(0);
    assert_eq!(ran.stdout, "");
    let ran = with("# wf: allow(unused-team) there is no team").exits(1);
    insta::assert_snapshot!("unused_allow", ran.stdout);
}

#[test]
fn json_has_a_version_and_places() {
    let folder = Folder::with(&[("a.wf", "\nsegment of\n")]);
    let ran = folder.wf(&["check", "a.wf", "--output", "json"]).exits(1);
    let value: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(value["format_version"], 1);
    assert_eq!(value["project"], "a");
    assert_eq!(value["summary"]["errors"], 1);
    let found = &value["diagnostics"][0];
    assert_eq!((&found["code"], &found["severity"]), (&"missing-quotes".into(), &"error".into()));
    assert_eq!((&found["file"], &found["start"]["line"]), (&"a.wf".into(), &2.into()));
}

#[test]
fn a_text_can_come_from_standard_input() {
    let folder = Folder::new();
    folder.wf_with(&["check", "-"], CLEAN, &[]);
    let ran = folder.wf_with(&["check", "-"], "segment of", &[]).exits(1);
    assert!(ran.stdout.contains("<stdin>:1:"), "{}", ran.stdout);
}

#[test]
fn wrong_use_exits_with_2_and_leaves_standard_output_alone() {
    let folder = Folder::with(&[("notes.txt", "")]);
    for (args, said) in [
        (&["chekc"][..], "check"),
        (&["check", "--output", "xml"], "xml"),
        (&["check"], "there is no `wayfare.toml`"),
        (&["check", "nowhere"], "`nowhere` can't be read: there is no such file"),
        (&["check", "notes.txt"], "is not a `.wf` file"),
        (&["fmt", "-", "a.wf"], "`-` stands alone"),
        (&["std", "show", "slak"], "did you mean `std.slack`?"),
        (&["explain-code", "sintax"], "did you mean `syntax`?"),
        (&["completions", "klingon"], "klingon"),
    ] {
        let ran = folder.wf(args).exits(2);
        assert_eq!(ran.stdout, "", "{args:?}");
        assert!(ran.stderr.contains(said), "{args:?}: {}", ran.stderr);
    }
}

#[test]
fn nested_projects_hidden_folders_and_target_are_left_out() {
    let broken = "segment of";
    let folder = Folder::with(&[
        ("wayfare.toml", ""),
        ("inner/wayfare.toml", ""),
        ("inner/a.wf", broken),
        (".git/b.wf", broken),
        ("target/c.wf", broken),
        ("d.txt", broken),
        ("e.wf", "event \"A\" { }"),
    ]);
    let ran = folder.wf(&["check"]).exits(0);
    assert_eq!(ran.stderr, "ok: 1 file, 0 workflows\n");
    folder.wf(&["check", "inner"]).exits(1);
}

#[cfg(unix)]
#[test]
fn a_loop_of_links_is_no_loop() {
    let folder = Folder::with(&[("wayfare.toml", ""), ("sub/a.wf", "event \"A\" { }")]);
    std::os::unix::fs::symlink(folder.path(), folder.path().join("sub/up")).unwrap();
    std::os::unix::fs::symlink("nowhere", folder.path().join("gone.wf")).unwrap();
    let ran = folder.wf(&["check"]).exits(2);
    assert!(ran.stdout.contains("`gone.wf` can't be read"), "{}", ran.stdout);
    assert!(ran.stderr.starts_with("1 file,"), "{}", ran.stderr);
}

#[test]
fn colour_follows_the_argument_then_the_environment() {
    let folder = Folder::with(&[("a.wf", "segment of")]);
    let coloured = |args: &[&str], env: &[(&str, &str)]| {
        let args: Vec<_> = ["check", "a.wf"].iter().chain(args).copied().collect();
        folder.wf_with(&args, "", env).stdout.contains('\u{1b}')
    };
    assert!(!coloured(&[], &[]), "no terminal");
    assert!(coloured(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(coloured(&["--color=always"], &[]));
    assert!(coloured(&[], &[("FORCE_COLOR", "1")]));
    assert!(coloured(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[], &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[], &[("CLICOLOR_FORCE", "0")]));
    assert!(!coloured(&["--color", "never"], &[("FORCE_COLOR", "1")]));
    let help = folder.wf(&["--color", "always", "--help"]).exits(0).stdout;
    assert!(help.contains('\u{1b}'), "help too");
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let folder = Folder::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_wf"));
    command.args(["std", "show", "std.saas"]).current_dir(folder.path());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn the_standard_library_can_be_read() {
    let folder = Folder::new();
    let list = folder.wf(&["std", "list"]).exits(0).stdout;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut modules = Vec::new();
    for entry in std::fs::read_dir(root.join("stdlib")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "wf") {
            modules.push((path.file_stem().unwrap().to_str().unwrap().to_owned(), path));
        }
    }
    modules.sort();
    let listed: Vec<_> = list.lines().map(|line| line.split_whitespace().next().unwrap()).collect();
    let wanted: Vec<_> = modules.iter().map(|(stem, _)| format!("std.{stem}")).collect();
    assert_eq!(listed, wanted, "src/project/library.rs lists what stdlib/ holds");
    for (stem, path) in modules {
        let shown = folder.wf(&["std", "show", &stem]).exits(0).stdout;
        assert_eq!(shown, std::fs::read_to_string(path).unwrap());
    }
}

#[test]
fn every_shell_gets_its_completions() {
    let folder = Folder::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = folder.wf(&["completions", shell]).exits(0).stdout;
        assert!(script.contains("explain-code"), "{shell}");
    }
}

#[test]
fn the_version_is_told() {
    let ran = Folder::new().wf(&["--version"]).exits(0);
    assert_eq!(ran.stdout, format!("wf {}\n", env!("CARGO_PKG_VERSION")));
}
