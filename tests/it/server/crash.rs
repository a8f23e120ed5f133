//! A server under load, killed at instants that nobody chose: what was acknowledged is there, once.

use super::*;
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Rounds: 6 in each test run, more where `WAYFARE_KILLS` asks for them.
pub(super) fn rounds() -> u64 {
    std::env::var("WAYFARE_KILLS").ok().and_then(|count| count.parse().ok()).unwrap_or(6)
}

/// Numbers that nobody chose, the same in each run.
pub(super) struct Dice(pub u64);

impl Dice {
    pub(super) fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

#[test]
fn what_was_acknowledged_survives_every_kill_once() {
    let folder = folder("crash");
    project(&folder, TRIAL);
    let acknowledged = Mutex::new(BTreeSet::new());
    let next = AtomicU64::new(0);
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for round in 0..rounds() {
        let served = Served::start(&folder, &[]);
        check(&served, &acknowledged.lock().unwrap(), round);
        let ending = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| load(&served, &next, &acknowledged, &ending));
            }
            std::thread::sleep(std::time::Duration::from_millis(30 + dice.roll() % 400));
            // In the middle of whatever it does.
            let _ = Command::new("kill").args(["-KILL", &served.child.id().to_string()]).status();
            ending.store(true, Ordering::SeqCst);
        });
    }
    let served = Served::start(&folder, &[]);
    check(&served, &acknowledged.lock().unwrap(), rounds());
    assert!(acknowledged.lock().unwrap().len() > 20, "too little was acknowledged to say anything");
    assert!(served.stop());
    let data = folder.join("data");
    let run = |args: &[&str]| {
        let done = Command::new(env!("CARGO_BIN_EXE_wf")).args(args).output().unwrap();
        (done.status.code().unwrap(), [done.stdout, done.stderr].concat())
    };
    // The store is what the journal makes; a backup is all that is needed.
    let (code, text) = run(&["verify", "--data", data.to_str().unwrap()]);
    let text = String::from_utf8(text).unwrap();
    assert!(code == 0 && text.contains("comes to what the store holds"), "{text}");
    let backup = folder.join("backup");
    assert_eq!(run(&["backup", backup.to_str().unwrap(), "--data", data.to_str().unwrap()]).0, 0);
    std::fs::remove_dir_all(&data).unwrap();
    assert_eq!(run(&["restore", backup.to_str().unwrap(), "--data", data.to_str().unwrap()]).0, 0);
    let served = Served::start(&folder, &[]);
    check(&served, &acknowledged.lock().unwrap(), rounds() + 1);
    assert!(served.stop());
}

/// Sends batches until the server is gone; notes what was acknowledged.
pub(super) fn load(
    served: &Served,
    next: &AtomicU64,
    acknowledged: &Mutex<BTreeSet<u64>>,
    ending: &AtomicBool,
) {
    while !ending.load(Ordering::SeqCst) {
        let first = next.fetch_add(5, Ordering::SeqCst);
        let batch: Vec<_> =
            (first..first + 5).map(|n| identify(&format!("c{n}"), &format!("m{n}"), "trial")).collect();
        match served.batch(&batch) {
            Ok((200, _)) => acknowledged.lock().unwrap().extend(first..first + 5),
            Ok((status, body)) => assert!(status == 503 || status == 429, "{status} {body}"),
            Err(_) => return,
        }
    }
}

/// Everybody of whom a message was acknowledged is in the workflow, once, and what is sent again is known.
fn check(served: &Served, acknowledged: &BTreeSet<u64>, round: u64) {
    let mut inside = BTreeSet::new();
    let mut after: Option<String> = None;
    loop {
        let next = after.map(|after| format!("&after={after}")).unwrap_or_default();
        let page = served.get(&format!("/api/v1/workflows/Nurture/enrolments?limit=1000{next}"));
        for row in page["enrolments"].as_array().unwrap() {
            let id = row["entity"].as_str().unwrap().strip_prefix("contact:c").unwrap();
            assert_eq!(row["number"], 1, "enrolled twice in round {round}: {row}");
            assert!(inside.insert(id.parse::<u64>().unwrap()), "twice in round {round}: {row}");
        }
        after = page["next"].as_str().map(str::to_owned);
        if after.is_none() {
            break;
        }
    }
    let lost: Vec<_> = acknowledged.difference(&inside).collect();
    assert!(lost.is_empty(), "acknowledged and lost in round {round}: {lost:?}");
    // Whole appends: five of each batch, or none.
    let batches: BTreeSet<u64> = inside.iter().map(|n| n / 5).collect();
    assert_eq!(batches.len() * 5, inside.len(), "a batch was torn in round {round}");
    if let Some(first) = acknowledged.first() {
        let again = identify(&format!("c{first}"), &format!("m{first}"), "trial");
        assert_eq!(served.batch(&[again]).unwrap().0, 200);
    }
}
