//! `wf why`, case by case: the first line of a file is the command, the rest what it prints.
//!
//! A stale case is written anew and fails: look at it, and run the test again.

use std::path::Path;
use std::process::Command;

/// The words of a command line; quoted ones hold spaces.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('"').enumerate();
    parts
        .flat_map(|(at, part)| match at % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        })
        .collect()
}

fn printed(line: &str) -> String {
    let words = words(line);
    let mut command = Command::new(env!("CARGO_BIN_EXE_wf"));
    command.args(&words[1..]).current_dir(env!("CARGO_MANIFEST_DIR")).env("NO_COLOR", "1");
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    format!("{line}\n{text}")
}

#[test]
fn every_case_says_what_it_said() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/why");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "txt"));
    files.sort();
    assert!(files.len() >= 8, "{} cases", files.len());
    let mut stale = Vec::new();
    for file in files {
        let kept = std::fs::read_to_string(&file).unwrap();
        let said = printed(kept.lines().next().unwrap());
        if kept != said {
            std::fs::write(&file, &said).unwrap();
            stale.push(file);
        }
    }
    assert!(stale.is_empty(), "stale, and written anew: {stale:?}");
}
