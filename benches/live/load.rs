//! Messages acknowledged and durable a second; and how soon at half of that.

use crate::client::{Client, Served, between, now, setting, shares};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const PROJECT: &str = r#"
event "Login" { seats number }
event "Probe" { sent number }
event "probed" { }
attributes of contact { plan text }
segment "Trial" of contact where plan = "trial"
segment "Active" of contact where count of "Login" in last 7d >= 3
workflow "Nurture" {
  live
  when contact enters segment "Active"
  every time, at most once per 30d
  do wait 3d
  exit when plan = "paid"
}
workflow "Probe" {
  live
  when contact performs "Probe"
  every time, in parallel by event.sent
  do record "probed"
  exit when plan = "paid"
}
"#;

/// Contacts that the messages are of.
const CONTACTS: u64 = 20_000;

static NEXT: AtomicU64 = AtomicU64::new(0);

fn message() -> String {
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let who = n.wrapping_mul(2_654_435_761) % CONTACTS;
    format!(
        r#"{{"type":"track","messageId":"m{n}","userId":"u{who}","event":"Login","properties":{{"seats":{}}},"context":{{"library":{{"name":"load","version":"1"}}}}}}"#,
        n % 50
    )
}

/// Messages of one connection, one request after the other, or so many requests a second.
fn client(address: &str, each: usize, until: Instant, pace: Option<Duration>) -> Vec<f64> {
    let (mut client, mut times, mut next) = (Client::new(address), Vec::new(), Instant::now());
    while Instant::now() < until {
        if let Some(pace) = pace {
            std::thread::sleep(next.saturating_duration_since(Instant::now()));
            next += pace;
        }
        let body = match each {
            1 => message(),
            _ => format!(r#"{{"batch":[{}]}}"#, (0..each).map(|_| message()).collect::<Vec<_>>().join(",")),
        };
        let begun = Instant::now();
        if client.post(if each == 1 { "/v1/track" } else { "/v1/batch" }, &body) == 200 {
            times.push(begun.elapsed().as_secs_f64() * 1e3);
        } else {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    times
}

/// Messages a second.
fn run(served: &Served, (connections, each): (usize, usize), rate: Option<f64>) -> f64 {
    let begun = Instant::now();
    let until = begun + Duration::from_secs(setting("WAYFARE_LOAD_SECONDS", 5));
    let pace = rate.map(|rate| Duration::from_secs_f64((connections * each) as f64 / rate));
    let mut times: Vec<f64> = std::thread::scope(|scope| {
        let spawn = |_| scope.spawn(|| client(&served.address, each, until, pace));
        let clients: Vec<_> = (0..connections).map(spawn).collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    });
    let rate = (times.len() * each) as f64 / begun.elapsed().as_secs_f64();
    println!(
        "{rate:8.0} messages/s, {each} a request, {connections} connections: POST to acknowledged {}",
        shares(&mut times)
    );
    rate
}

/// From POST to the action in the log, while others keep the server busy.
fn probes(served: &Served, until: Instant) {
    let seen = served.follow("Probe");
    let address = served.address.clone();
    let sender = std::thread::spawn(move || {
        let mut client = Client::new(&address);
        let mut n = 0_u64;
        while Instant::now() < until {
            n += 1;
            let at = now();
            client.post("/v1/track", &format!(r#"{{"type":"track","messageId":"p{at}-{n}","userId":"probe{}","event":"Probe","properties":{{"sent":{at}}}}}"#, n % 5_000));
            std::thread::sleep(Duration::from_millis(5));
        }
        let at = now();
        client.post("/v1/track", &format!(r#"{{"type":"track","messageId":"end{at}","userId":"end0","event":"Probe","properties":{{"sent":{at}}}}}"#));
    });
    let mut times = Vec::new();
    for line in seen {
        // The time of the event is the time of its POST: the enrolment's line shows when it was taken in.
        if line.contains("\"action\"") {
            let at = between(&line, "\"at\":\"", "\"")
                .and_then(|at| chrono::DateTime::parse_from_rfc3339(at).ok());
            times.push((now() - at.unwrap().timestamp_millis()) as f64);
            if line.contains("contact:end0") {
                break;
            }
        }
    }
    sender.join().unwrap();
    println!("         action in the log after it was taken: {}", shares(&mut times));
}

pub fn all() {
    let served = Served::new("load", PROJECT, "");
    let mut client = Client::new(&served.address);
    client.identify("u", CONTACTS);
    client.identify("probe", 5_000);
    client.identify("end", 10);
    for shape in [(8, 100), (32, 1)] {
        let mut rates: Vec<f64> = (0..3).map(|_| run(&served, shape, None)).collect();
        rates.sort_by(f64::total_cmp);
        let half = rates[1] / 2.0;
        println!("at half of the median:");
        let until = Instant::now() + Duration::from_secs(setting("WAYFARE_LOAD_SECONDS", 5));
        std::thread::scope(|scope| {
            scope.spawn(|| run(&served, shape, Some(half)));
            probes(&served, until);
        });
    }
    println!("memory {} MiB", served.memory());
}
