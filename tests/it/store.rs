//! `wf run --store`: the world goes on where it was, whatever happened in between.

use crate::cli::Folder;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use wayfare::store::Store;

fn ravenstack() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/ravenstack")
}

/// The lines of the history, so many of them.
fn lines(count: usize) -> Vec<String> {
    let file = std::fs::File::open(ravenstack().join("history.jsonl.gz")).unwrap();
    let text = std::io::read_to_string(flate2::read::GzDecoder::new(file)).unwrap();
    text.lines().take(count).map(str::to_owned).collect()
}

fn export(store: &Path) -> String {
    let mut text = Vec::new();
    Store::export(store, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

fn play(folder: &Folder, history: &str, store: &str) -> crate::cli::Ran {
    let project = ravenstack();
    folder.wf(&["run", project.to_str().unwrap(), "--history", history, "--store", store, "--summary"])
}

#[test]
fn one_go_and_ten_give_the_same_bytes() {
    let folder = Folder::new();
    let all = lines(3_000);
    folder.write("all.jsonl", all.join("\n").as_bytes());
    play(&folder, "all.jsonl", "one").exits(0);
    for part in all.chunks(300) {
        folder.write("part.jsonl", part.join("\n").as_bytes());
        play(&folder, "part.jsonl", "ten").exits(0);
    }
    let one = export(&folder.path().join("one"));
    assert!(one.lines().count() > 3_000, "{}", one.lines().count());
    assert!(one == export(&folder.path().join("ten")));
}

#[test]
fn s7_2_no_message_is_applied_twice() {
    let folder = Folder::new();
    folder.write("all.jsonl", lines(500).join("\n").as_bytes());
    play(&folder, "all.jsonl", "kept").exits(0);
    let before = export(&folder.path().join("kept"));
    let again = play(&folder, "all.jsonl", "kept").exits(0);
    assert!(again.stderr.contains("500 seen before and dropped"), "{}", again.stderr);
    assert!(before == export(&folder.path().join("kept")));
}

/// How many times it is killed, and when: a linear congruence makes the moments.
const KILLS: u64 = 12;

#[test]
fn a_killed_run_goes_on_as_if_nothing_had_been() {
    let folder = Folder::new();
    folder.write("all.jsonl", lines(12_000).join("\n").as_bytes());
    play(&folder, "all.jsonl", "calm").exits(0);
    let mut moment = 0x5eed_u64;
    for _ in 0..KILLS {
        moment = moment.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut command = Command::new(env!("CARGO_BIN_EXE_wf"));
        command.arg("run").arg(ravenstack()).args([
            "--history",
            "all.jsonl",
            "--store",
            "killed",
            "--summary",
        ]);
        command.current_dir(folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(Duration::from_millis(50 + (moment >> 33) % 1_500));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    play(&folder, "all.jsonl", "killed").exits(0);
    assert!(export(&folder.path().join("calm")) == export(&folder.path().join("killed")));
}

#[test]
fn what_is_wrong_with_a_store_is_said() {
    let folder = Folder::with(&[("full/letter.txt", "dear"), ("new/wayfare-store", "wayfare store 9\n")]);
    folder.write("all.jsonl", lines(20).join("\n").as_bytes());
    let refused = |store: &str, said: &str| {
        let ran = play(&folder, "all.jsonl", store).exits(2);
        assert!(ran.stderr.contains(said) && ran.stderr.contains("help: "), "{store}: {}", ran.stderr);
    };
    refused("full", "`full` is not a store");
    refused("new", "has version 9, newer");
    play(&folder, "all.jsonl", "kept").exits(0);
    let lock = std::fs::File::options().write(true).open(folder.path().join("kept/lock")).unwrap();
    lock.lock().unwrap();
    refused("kept", "`kept` is in use");
    drop(lock);
}

/// Runs a script in a name space of its own, in which it may mount; `None`, with a line that says so, where that can't be.
fn mounting(script: &str) -> Option<String> {
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", script])
            .env("NO_COLOR", "1")
            .output()
    };
    if !unshare("mount -t tmpfs tmpfs /mnt").is_ok_and(|output| output.status.success()) {
        println!("skipped: nothing can be mounted here");
        return None;
    }
    let output = unshare(script).unwrap();
    Some([output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat())
}

#[test]
fn a_full_disk_is_said_and_loses_nothing() {
    let folder = Folder::new();
    folder.write("all.jsonl", lines(3_000).join("\n").as_bytes());
    let (wf, project, at) = (env!("CARGO_BIN_EXE_wf"), ravenstack(), folder.path());
    let run = format!(
        "{wf} run {} --history {at}/all.jsonl --summary --store {at}/small/store",
        project.display(),
        at = at.display()
    );
    let script = format!(
        "cd {at} && mkdir small && mount -t tmpfs -o size=1m tmpfs small && {run}; echo first: $?;
         mount -o remount,size=200m small && {run}; echo second: $?; cp -r small/store kept",
        at = at.display()
    );
    let Some(said) = mounting(&script) else { return };
    assert!(said.contains("/small/store` is full") && said.contains("first: 2"), "{said}");
    assert!(said.contains("second: 0"), "{said}");
    play(&folder, "all.jsonl", "calm").exits(0);
    assert!(export(&at.join("kept")) == export(&at.join("calm")));
}

#[test]
fn a_folder_that_can_not_be_written_is_said() {
    let folder = Folder::new();
    folder.write("all.jsonl", lines(20).join("\n").as_bytes());
    play(&folder, "all.jsonl", "store").exits(0);
    let (wf, project, at) = (env!("CARGO_BIN_EXE_wf"), ravenstack(), folder.path().display());
    let run = format!("{wf} run {} --history {at}/all.jsonl --summary --store", project.display());
    let script = format!(
        "cd {at} && mount --bind . . && mount -o remount,bind,ro . && cd {at}; {run} {at}/store; echo old: $?; {run} {at}/new; echo new: $?"
    );
    let Some(said) = mounting(&script) else { return };
    for (store, rc) in [("store", "old: 2"), ("new", "new: 2")] {
        assert!(said.contains(&format!("/{store}` can't be written")) && said.contains(rc), "{said}");
    }
    assert!(said.contains("help: allow it to be written, or name another folder"), "{said}");
}

#[test]
fn damage_is_seen() {
    let folder = Folder::new();
    folder.write("all.jsonl", lines(400).join("\n").as_bytes());
    play(&folder, "all.jsonl", "kept").exits(0);
    let tree = sled::open(folder.path().join("kept/world")).unwrap();
    let (key, value) = tree.iter().next().unwrap().unwrap();
    let mut damaged = value.to_vec();
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    tree.insert(key, damaged).unwrap();
    tree.flush().unwrap();
    drop(tree);
    let ran = play(&folder, "all.jsonl", "kept").exits(2);
    assert!(ran.stderr.contains("is damaged: the checksum of a value is wrong"), "{}", ran.stderr);
}

#[test]
fn an_unfinished_snapshot_of_the_tree_is_removed() {
    let folder = Folder::new();
    folder.write("all.jsonl", lines(50).join("\n").as_bytes());
    play(&folder, "all.jsonl", "kept").exits(0);
    let left = folder.path().join("kept/world/snap.00000000000000FF.generating");
    std::fs::File::create(&left).unwrap().write_all(b"half").unwrap();
    play(&folder, "all.jsonl", "kept").exits(0);
    assert!(!left.exists());
}

const BEFORE: &str = r#"
attributes of account { plan text }
connector chat { base "https://chat.example" }
action chat.post(channel text, message template) through chat { post "/m" json { message: message } }
workflow "Welcome" {
  live
  when account is created
  do
    chat.post "\#a" "one"
    wait 2d
    chat.post "\#a" "two"
  exit when plan = "none"
}
workflow "Gone soon" { live when account is created do wait 30d exit when plan = "none" }
"#;

const AFTER: &str = r#"
attributes of account { plan text  seats number }
connector chat { base "https://chat.example" }
action chat.post(channel text, message template) through chat { post "/m" json { message: message } }
segment "Large" of account where seats > 3
workflow "Hello" was "Welcome" {
  live
  when account is created
  do
    chat.post "\#a" "one"
    wait 4d
    chat.post "\#a" "three"
  exit when plan = "none"
}
workflow "Large ones" { live when account enters segment "Large" do chat.post "\#a" "large" exit when plan = "none" }
"#;

fn group(id: u32, account: &str, at: &str, traits: &str) -> String {
    format!(
        r#"{{"type":"group","messageId":"m{id}","groupId":"{account}","userId":"u","timestamp":"{at}","traits":{traits}}}"#
    )
}

/// S8.1, S8.3, S8.6: the project of a store may change.
#[test]
fn s8_3_a_store_goes_on_in_a_changed_project() {
    let folder = Folder::new();
    folder.write("p.wf", BEFORE.replace("\\#", "#").as_bytes());
    let first = [
        group(1, "acme", "2026-01-05T09:00:00Z", r#"{"plan":"pro","seats":9}"#),
        group(2, "bolt", "2026-01-06T09:00:00Z", r#"{"plan":"pro","seats":"many"}"#),
    ];
    folder.write("1.jsonl", first.join("\n").as_bytes());
    let run = |history: &str, store: &str| {
        folder.wf(&["run", "p.wf", "--history", history, "--store", store, "--output", "json"]).exits(0)
    };
    run("1.jsonl", "kept");
    folder.write("p.wf", AFTER.replace("\\#", "#").as_bytes());
    folder.write("2.jsonl", group(3, "acme", "2026-01-10T09:00:00Z", r#"{"seats":4}"#).as_bytes());
    let ran = run("2.jsonl", "kept");
    insta::assert_snapshot!("store_changed_project", format!("{}---\n{}", ran.stdout, ran.stderr));
    // It is laid out for the new text now, and goes on without a word.
    let again = run("2.jsonl", "kept");
    assert!(!again.stderr.contains("has changed"), "{}", again.stderr);
}

/// S3.5: moving a store twice from the same beginning gives the same bytes.
#[test]
fn the_same_change_gives_the_same_bytes() {
    let folder = Folder::new();
    let other = ravenstack_changed(&folder);
    folder.write("all.jsonl", lines(2_000).join("\n").as_bytes());
    folder.write("more.jsonl", lines(2_200)[2_000..].join("\n").as_bytes());
    for store in ["one", "two"] {
        play(&folder, "all.jsonl", store).exits(0);
        folder.wf(&["run", &other, "--history", "more.jsonl", "--store", store, "--summary"]).exits(0);
    }
    assert!(export(&folder.path().join("one")) == export(&folder.path().join("two")));
}

/// The RavenStack project with other waits.
fn ravenstack_changed(folder: &Folder) -> String {
    let mut open = vec![(ravenstack(), "other".to_owned())];
    while let Some((from, to)) = open.pop() {
        for entry in std::fs::read_dir(&from).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{to}/{}", path.file_name().unwrap().to_string_lossy());
            if path.is_dir() {
                open.push((path, name));
            } else if path.extension().is_none_or(|ending| ending != "gz") {
                let text = std::fs::read_to_string(&path).unwrap();
                folder.write(
                    &name,
                    text.replace("wait 7d", "wait 5d").replace("wait 3d", "wait 4d").as_bytes(),
                );
            }
        }
    }
    "other".to_owned()
}
