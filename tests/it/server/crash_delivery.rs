//! A server killed while it delivers, at instants that nobody chose: nothing is missing at the other end, and what comes
//! twice comes under its key, once in each life of the server, and was under way when it was killed.

use super::crash::{Dice, rounds};
use super::*;
use crate::connect::server::{Act, Server as Sink};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const TELL: &str = r#"
use std.webhook
attributes of contact { plan text }
segment "Trial" of contact where plan = "trial"
workflow "Tell" {
  live
  when contact enters segment "Trial"
  every time
  do webhook "BASE/hook" body: { who: contact.id }
  exit when plan = "paid"
}
"#;

/// Attempts under way at one time.
const WORKERS: usize = 8;
const SETTINGS: &str = "[delivery]\nallow = [\"127.0.0.0/8\"]\nworkers_per_host = 8\n";
const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// What came: in which life of the server, under which key, about whom.
type Came = Arc<Mutex<Vec<(u64, String, String)>>>;

fn sink(life: &Arc<AtomicU64>, came: &Came) -> Sink {
    let (life, came) = (Arc::clone(life), Arc::clone(came));
    Sink::new(move |seen, number| {
        let who = seen.json()["data"]["who"].as_str().unwrap().to_owned();
        let key = seen.header("webhook-id").unwrap().to_owned();
        came.lock().unwrap().push((life.load(Ordering::SeqCst), key, who));
        // Some answers take their time, so that a kill finds requests under way.
        std::thread::sleep(Duration::from_millis(number as u64 % 7));
        Act::Answer(204, "", String::new())
    })
}

#[test]
fn what_was_due_arrives_after_every_kill_and_twice_only_under_its_key() {
    let folder = folder("crash_delivery");
    let (life, came) = (Arc::new(AtomicU64::new(0)), Came::default());
    let sink = sink(&life, &came);
    let root = project(&folder, &TELL.replace("BASE", &sink.base()));
    fs::write(root.join("server.toml"), SETTINGS).unwrap();
    let secret = [("WEBHOOK_SECRET".to_owned(), PathBuf::from(SECRET))];
    let (next, acknowledged) = (AtomicU64::new(0), Mutex::new(BTreeSet::new()));
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    for round in 0..rounds() {
        life.store(round, Ordering::SeqCst);
        let served = Served::start_with(&folder, &[], &secret);
        let ending = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| super::crash::load(&served, &next, &acknowledged, &ending));
            std::thread::sleep(Duration::from_millis(50 + dice.roll() % 400));
            let _ = Command::new("kill").args(["-KILL", &served.child.id().to_string()]).status();
            ending.store(true, Ordering::SeqCst);
        });
    }
    life.store(rounds(), Ordering::SeqCst);
    let served = Served::start_with(&folder, &[], &secret);
    let start = Instant::now();
    while !served.get("/api/v1/outbox?limit=1")["rows"].as_array().unwrap().is_empty() {
        assert!(start.elapsed() < Duration::from_secs(60), "the outbox is never empty");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(served.stop());
    let came = came.lock().unwrap().clone();
    check(&came, &acknowledged.lock().unwrap());
}

fn check(came: &[(u64, String, String)], acknowledged: &BTreeSet<u64>) {
    let mut keys: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut lives: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for (life, key, who) in came {
        keys.entry(who).or_default().insert(key);
        lives.entry(key).or_default().push(*life);
    }
    assert!(acknowledged.len() > 20, "too little was acknowledged to say anything");
    let lost = acknowledged.iter().filter(|n| !keys.contains_key(&*format!("c{n}")));
    assert_eq!(lost.collect::<Vec<_>>(), Vec::<&u64>::new(), "never arrived");
    let doubled = keys.iter().filter(|(_, keys)| keys.len() > 1).collect::<Vec<_>>();
    assert!(doubled.is_empty(), "under two keys: {doubled:?}");
    let mut again: BTreeMap<u64, usize> = BTreeMap::new();
    for (key, lives) in &lives {
        assert!(lives.is_sorted_by(|one, other| one < other), "twice in one life: {key} {lives:?}");
        for life in lives.iter().skip(1) {
            *again.entry(*life).or_default() += 1;
        }
    }
    let most = again.values().max().copied().unwrap_or_default();
    assert!(most <= WORKERS, "more came again than was under way: {again:?}");
    println!("{} requests about {} contacts, {again:?} came again", came.len(), keys.len());
}
