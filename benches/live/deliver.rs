//! Webhooks a second to a sink on this machine, while another service hangs.

use crate::client::{Client, Served, now, setting, shares};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const PROJECT: &str = r#"
use std.webhook
event "Ping" { sent number  slow bool }
attributes of contact { plan text }
connector hanging { base "HANGING" timeout 60s }
action hanging.call(what text) through hanging { post "/never" }
workflow "Tell" {
  live
  when contact performs "Ping"
  every time, in parallel by event.sent
  do webhook "SINK/hook" body: { sent: event.sent }
  exit when plan = "paid"
}
workflow "Hang" {
  live
  when contact performs "Ping" where slow = true
  every time, in parallel by event.sent
  do hanging.call "ping"
  exit when plan = "paid"
}
"#;

/// A service that answers 204 and keeps when each came after it was sent; connections stay open.
fn sink(times: &Arc<Mutex<Vec<f64>>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let times = Arc::clone(times);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let times = Arc::clone(&times);
            std::thread::spawn(move || while requested(&stream, &times).is_some() {});
        }
    });
    format!("http://{address}")
}

fn requested(stream: &TcpStream, times: &Mutex<Vec<f64>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).ok()?;
    let sent =
        crate::client::between(&body, "\"sent\":", "}")?.trim_matches(['"', ' ']).parse::<f64>().ok()?;
    times.lock().unwrap().push(now() as f64 - (sent / 1000.0).floor());
    let mut stream = stream;
    stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").ok()
}

/// A service that takes connections and says nothing.
fn hanging() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || listener.incoming().flatten().collect::<Vec<_>>());
    format!("http://{address}")
}

pub fn all() {
    let times = Arc::default();
    let project = PROJECT.replace("SINK", &sink(&times)).replace("HANGING", &hanging());
    let served = Served::new("deliver", &project, "[delivery]\nallow = [\"127.0.0.0/8\"]\n");
    let (seconds, rate) = (setting("WAYFARE_LOAD_SECONDS", 5).max(10), setting("WAYFARE_LOAD_RATE", 1_000));
    let (mut client, begun, mut n) = (Client::new(&served.address), Instant::now(), 0);
    client.identify("u", 5_000);
    let begun = begun + begun.elapsed();
    // Ten messages each time, so many times a second.
    while begun.elapsed() < Duration::from_secs(seconds) {
        let at = now();
        let message = |n: u64| {
            let sent = at * 1000 + (n % 1000) as i64;
            format!(
                r#"{{"type":"track","messageId":"m{n}","userId":"u{}","event":"Ping","properties":{{"sent":{sent},"slow":{}}}}}"#,
                n % 5_000,
                n.is_multiple_of(10)
            )
        };
        client.batch(&(n..n + 10).map(message).collect::<Vec<_>>());
        n += 10;
        let next = Duration::from_secs_f64(n as f64 / rate as f64);
        std::thread::sleep(next.saturating_sub(begun.elapsed()));
    }
    let sent = begun.elapsed().as_secs_f64();
    while times.lock().unwrap().len() < n as usize && begun.elapsed() < Duration::from_secs(seconds + 20) {
        std::thread::sleep(Duration::from_millis(20));
    }
    let all = begun.elapsed().as_secs_f64();
    let mut times = times.lock().unwrap().clone();
    println!(
        "{:.0} events/s sent in {sent:.1} s, {} webhooks arrived within {all:.1} s",
        n as f64 / sent,
        times.len()
    );
    println!("from POST to arrival: {}", shares(&mut times));
}
