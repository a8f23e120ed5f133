//! A process that appends as fast as it can is killed; what it had said to be acknowledged is there.

use super::{append, check};
use crate::cli::Folder;
use crate::model::random::Random;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use wayfare::journal::{Journal, Options};

/// Names the folder to the child.
const FOLDER: &str = "WAYFARE_TEST_JOURNAL";
/// How often the child is killed, if `WAYFARE_ROUNDS` does not say otherwise.
const ROUNDS: u64 = 12;

fn options() -> Options {
    Options { segment: 128 * 1024, ahead: true }
}

/// Record number n, the same in each process.
fn item(number: u64) -> super::Item {
    let mut random = Random(number);
    let length = random.below(1_500);
    (number as i64, (0..length).map(|_| random.next() as u8).collect())
}

/// Not a test by itself: what the child does until it is killed.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let (mut journal, recovered) = Journal::open(Path::new(&folder), &options()).unwrap();
    let mut last = recovered.last.map_or(0, |(position, _)| position.0);
    let mut out = std::io::stdout().lock();
    loop {
        let size = 1 + last % 40;
        let items: Vec<super::Item> = (last + 1..=last + size).map(item).collect();
        last = append(&mut journal, &items).unwrap().0;
        writeln!(out, "acknowledged {last}").unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn what_a_killed_process_acknowledged_is_there() {
    let home = Folder::new();
    let folder = home.path().join("journal");
    let mut random = Random(0xdead);
    let rounds = std::env::var("WAYFARE_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    for round in 0..rounds {
        let told = run(&folder, 1 + random.below(60));
        let (journal, _) = Journal::open(&folder, &options()).unwrap();
        let last = journal.last().unwrap().0.0;
        let written: Vec<super::Item> = (1..=last).map(item).collect();
        check(&journal, &written, told, &format!("round {round}"));
        assert_eq!(journal.reads().verify().unwrap().wrong.len(), 0);
    }
}

/// Lets a child append until it acknowledged so often, kills it, and returns what it acknowledged last.
fn run(folder: &Path, acknowledgements: usize) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "journal::kill::child", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut told = lines.filter_map(|line| line.rsplit_once("acknowledged ")?.1.parse().ok());
    let mut last = (&mut told).take(acknowledgements).last().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    last = told.last().unwrap_or(last);
    last
}
