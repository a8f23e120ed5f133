//! The commands of README and tutorial, run one after the other as a reader would.

use super::{blocks, read};
use crate::cli::{Folder, Ran};
use std::path::Path;

/// The commands of a page: what stands in lines indented by four, comments left out.
fn commands(page: &str) -> Vec<Vec<String>> {
    let mut fenced = false;
    let mut found = Vec::new();
    for line in page.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        }
        if let Some(line) = line.strip_prefix("    ").filter(|line| !fenced && !line.starts_with(' ')) {
            let line = line.split(" # ").next().unwrap();
            found.extend(line.split(" && ").map(words).filter(|words| !words.is_empty()));
        }
    }
    found
}

/// The words of a command line; quotes hold words together.
fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for (at, part) in line.split('"').enumerate() {
        if at % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

/// A reader in a folder, who may go into another.
struct Reader {
    folder: Folder,
    below: String,
}

impl Reader {
    fn run(&mut self, command: &[String]) -> Option<Ran> {
        let args: Vec<&str> = command.iter().map(String::as_str).collect();
        match args.as_slice() {
            ["wf", args @ ..] | ["cargo", "run", "--release", "--quiet", "--", args @ ..] => {
                Some(self.folder.wf_in(&self.below, args))
            }
            ["cd", below] => {
                (*below).clone_into(&mut self.below);
                None
            }
            ["rm", files @ ..] => {
                for file in files {
                    std::fs::remove_file(self.folder.path().join(&self.below).join(file)).unwrap();
                }
                None
            }
            ["cargo", "test"] | ["cargo", "install", "--path", "."] | ["use", ..] => None,
            other => panic!("a reader can't be made to run {other:?}"),
        }
    }
}

fn copy(from: &Path, to: &Folder, name: &str) {
    for entry in walkdir::WalkDir::new(from).into_iter().map(Result::unwrap) {
        if entry.file_type().is_file() {
            let below = entry.path().strip_prefix(from).unwrap();
            to.write(&format!("{name}/{}", below.display()), &std::fs::read(entry.path()).unwrap());
        }
    }
}

#[test]
fn the_commands_of_the_readme_run() {
    let mut reader = Reader { folder: Folder::new(), below: String::new() };
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    for example in ["ravenstack", "trial-nurture"] {
        copy(&examples.join(example), &reader.folder, &format!("examples/{example}"));
    }
    let commands = commands(&read("README.md"));
    assert!(commands.len() > 8, "{commands:?}");
    for command in commands {
        if let Some(ran) = reader.run(&command) {
            assert_eq!(ran.code, Some(0), "{command:?}\n{}{}", ran.stdout, ran.stderr);
        }
    }
}

#[test]
fn what_a_reader_of_the_tutorial_writes_and_runs_works() {
    let page = read("docs/tutorial.md");
    let mut reader = Reader { folder: Folder::new(), below: String::new() };
    let mut written = 0;
    for (at, section) in page.split("\n## ").enumerate() {
        let mut write = |reader: &Reader| {
            for block in blocks(section) {
                let file =
                    block.file.unwrap_or_else(|| panic!("the block of line {} has no file", block.line));
                reader.folder.write(&format!("{}/{file}", reader.below), block.text.as_bytes());
                written += 1;
            }
        };
        write(&reader);
        for command in commands(section) {
            if command.iter().any(|word| word == "history.jsonl.gz") {
                write_history(&reader);
            }
            if let Some(ran) = reader.run(&command) {
                assert_eq!(ran.code, Some(0), "section {at}: {command:?}\n{}{}", ran.stdout, ran.stderr);
            }
        }
    }
    assert!(written > 4);
}

/// A small history, for the reader has none yet.
fn write_history(reader: &Reader) {
    let line = r#"{"type":"group","messageId":"1","userId":"ann","groupId":"acme","traits":{"name":"Acme","status":"trial","seats":5},"timestamp":"2026-01-05T09:00:00Z"}"#;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, format!("{line}\n").as_bytes()).unwrap();
    reader.folder.write(&format!("{}/history.jsonl.gz", reader.below), &packed.finish().unwrap());
}
