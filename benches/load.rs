//! How fast a server takes messages, and how soon: a load generator on the loopback, bounded in time.
//!
//! `cargo bench --bench load` starts a server on an empty folder, sends batches of 100 over 8 connections, then single
//! messages over 32, for a few seconds each, and prints acknowledged-durable messages a second with the times from POST
//! to acknowledged. `WAYFARE_LOAD_SECONDS` makes it longer.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, clippy::cast_precision_loss)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const PROJECT: &str = r#"
event "Login" {
  seats  number
}
attributes of contact {
  plan  text
}
segment "Trial" of contact where plan = "trial"
segment "Active" of contact where count of "Login" in last 7d >= 3
workflow "Nurture" {
  live
  when contact enters segment "Active"
  every time, at most once per 30d
  do
    wait 3d
  exit when plan = "paid"
}
"#;

/// A server on an empty folder.
fn serve(folder: &std::path::Path) -> (Child, String) {
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder.join("project")).unwrap();
    std::fs::write(folder.join("project/wayfare.toml"), "name = \"load\"\n").unwrap();
    std::fs::write(folder.join("project/main.wf"), PROJECT).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_wf"));
    command.arg("serve").arg(folder.join("project")).arg("--data").arg(folder.join("data"));
    command.args(["--listen", "127.0.0.1:0"]).env("WAYFARE_WRITE_KEY", "key").env("RUST_LOG", "error");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, line.trim().strip_prefix("listening on http://").unwrap().to_owned())
}

static NEXT: AtomicU64 = AtomicU64::new(0);

fn message() -> String {
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let who = n.wrapping_mul(2_654_435_761) % 20_000;
    format!(
        r#"{{"type":"track","messageId":"m{n}","userId":"u{who}","event":"Login","properties":{{"seats":{}}},"context":{{"library":{{"name":"load","version":"1"}}}}}}"#,
        n % 50
    )
}

/// One connection that posts until the time is over; the times from POST to acknowledged.
fn client(address: &str, path: &str, each: usize, until: Instant) -> Vec<Duration> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut times = Vec::new();
    while Instant::now() < until {
        let body = if each == 1 {
            message()
        } else {
            format!(r#"{{"batch":[{}]}}"#, (0..each).map(|_| message()).collect::<Vec<_>>().join(","))
        };
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Basic a2V5Og==\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let begun = Instant::now();
        stream.write_all([head.as_bytes(), body.as_bytes()].concat().as_slice()).unwrap();
        if answer(&mut stream) == 200 {
            times.push(begun.elapsed());
        } else {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    times
}

fn answer(stream: &mut TcpStream) -> u16 {
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    loop {
        let read = stream.read(&mut part).unwrap();
        assert!(read > 0, "the server closed the connection");
        bytes.extend_from_slice(&part[..read]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0_usize) {
            return text.get(9..12).and_then(|status| status.parse().ok()).unwrap();
        }
    }
}

fn run(name: &str, address: &str, path: &str, connections: usize, each: usize) {
    let seconds = std::env::var("WAYFARE_LOAD_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    let begun = Instant::now();
    let until = begun + Duration::from_secs(seconds);
    let mut times: Vec<Duration> = std::thread::scope(|scope| {
        let clients: Vec<_> =
            (0..connections).map(|_| scope.spawn(|| client(address, path, each, until))).collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    });
    let rate = (times.len() * each) as f64 / begun.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or_default();
    println!("{name}: {rate:.0} messages/s, POST to acknowledged p50 {:?}, p99 {:?}", at(0.5), at(0.99));
}

fn main() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("load");
    let (mut child, address) = serve(&folder);
    for _ in 0..3 {
        run("batches of 100 over 8 connections", &address, "/v1/batch", 8, 100);
    }
    for _ in 0..3 {
        run("single messages over 32 connections", &address, "/v1/track", 32, 1);
    }
    child.kill().unwrap();
    child.wait().unwrap();
}
