//! A million contacts with a thousand workflows: taking them in, memory, start-up after a kill, lateness of timers.

use crate::client::{Client, Served, between, instant, now, setting, shares};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// So many a second fall due, for so many seconds.
const DUE: i64 = 1_000;
const SECONDS: i64 = 10;

fn project() -> String {
    let mut text = String::from(
        "event \"woken\" { }\nattributes of contact { plan text  seats number  due time }\n\
         workflow \"Wake\" { live when contact matches due is present once do wait until due record \"woken\" exit when plan = \"gone\" }\n",
    );
    for n in 0..1_000 {
        text.push_str(&format!(
            "segment \"S{n}\" of contact where plan = \"p{n}\"\nworkflow \"W{n}\" {{ live when contact enters segment \"S{n}\" if seats >= 3 every time do wait 30d exit when plan = \"gone\" }}\n"
        ));
    }
    text
}

fn identify(n: u64, due: i64) -> String {
    format!(
        r#"{{"type":"identify","messageId":"i{n}","userId":"u{n}","traits":{{"plan":"p{}","seats":{},"due":"{}"}}}}"#,
        n % 1_000,
        n % 5,
        instant(due)
    )
}

/// Takes in so many contacts over 8 connections, each with its own due date.
fn fill(served: &Served, count: u64, due: impl Fn(u64) -> i64 + Sync) -> Duration {
    let (next, begun) = (AtomicU64::new(0), Instant::now());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut client = Client::new(&served.address);
                loop {
                    let first = next.fetch_add(100, Ordering::Relaxed);
                    if first >= count {
                        return;
                    }
                    client.batch(&(first..first + 100).map(|n| identify(n, due(n))).collect::<Vec<_>>());
                }
            });
        }
    });
    begun.elapsed()
}

pub fn all() {
    let count = setting("WAYFARE_LOAD_ENTITIES", 1_000_000);
    let served = Served::new("scale", &project(), "");
    println!("1,001 workflows: ready on an empty folder in {:.2} s", served.ready.as_secs_f64());
    let far = now() + 400 * 24 * 3_600_000;
    let took = fill(&served, count, |_| far);
    println!(
        "{count} contacts taken in at {:.0}/s; memory {} MiB",
        count as f64 / took.as_secs_f64(),
        served.memory()
    );
    std::thread::sleep(Duration::from_secs(5));
    let served = served.again();
    println!("after a kill: ready in {:.2} s, memory {} MiB", served.ready.as_secs_f64(), served.memory());
    lateness(&served, count);
    println!("memory {} MiB", served.memory());
}

/// The due dates of some move to the next seconds: those fall due among all the others.
fn lateness(served: &Served, count: u64) {
    let seen = served.follow("Wake");
    let soon = now() + 15_000;
    let moved = (DUE * SECONDS) as u64;
    let step = (count / moved).max(1);
    let mut client = Client::new(&served.address);
    for first in (0..moved).step_by(100) {
        let message = |n: u64| {
            let due = instant(soon + n as i64 * 1000 / DUE);
            format!(
                r#"{{"type":"identify","messageId":"d{n}","userId":"u{}","traits":{{"due":"{due}"}}}}"#,
                n * step
            )
        };
        client.batch(&(first..first + 100).map(message).collect::<Vec<_>>());
    }
    assert!(now() < soon, "moving the dates took too long");
    let mut times = Vec::new();
    for line in seen {
        if line.contains("\"action\"") {
            let at = between(&line, "\"at\":\"", "\"")
                .and_then(|at| chrono::DateTime::parse_from_rfc3339(at).ok());
            times.push((now() - at.unwrap().timestamp_millis()) as f64);
            if times.len() as u64 == moved {
                break;
            }
        }
    }
    println!("timers, {count} pending, {DUE} due a second: late by {}", shares(&mut times));
}
