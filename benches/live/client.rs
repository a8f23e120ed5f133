//! A server as a process, and clients of it over sockets that stay open.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// `key:` and `token`, as clients send them.
const KEY: &str = "Basic a2V5Og==";

/// A server that ends with this.
pub struct Served {
    child: Child,
    pub address: String,
    folder: PathBuf,
    /// How long it took from its start until it listened.
    pub ready: Duration,
}

impl Served {
    /// On an empty folder.
    pub fn new(name: &str, project: &str, settings: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("live").join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(folder.join("project")).unwrap();
        std::fs::write(folder.join("project/wayfare.toml"), "name = \"live\"\n").unwrap();
        std::fs::write(folder.join("project/main.wf"), project).unwrap();
        std::fs::write(folder.join("project/server.toml"), settings).unwrap();
        Self::start(folder)
    }

    fn start(folder: PathBuf) -> Self {
        let begun = Instant::now();
        let mut command = Command::new(env!("CARGO_BIN_EXE_wf"));
        command.arg("serve").arg(folder.join("project")).arg("--data").arg(folder.join("data"));
        command.args(["--listen", "127.0.0.1:0"]).env("WAYFARE_WRITE_KEY", "key");
        command.env("WAYFARE_ADMIN_TOKEN", "token").env("RUST_LOG", "error");
        command.env("WEBHOOK_SECRET", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
        let log = std::fs::File::create(folder.join("stderr")).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").unwrap().to_owned();
        Self { child, address, folder, ready: begun.elapsed() }
    }

    /// Killed at once, and started again.
    pub fn again(mut self) -> Self {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        Self::start(self.folder.clone())
    }

    /// Its memory, in MiB.
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) >> 10
    }

    /// The log of a workflow, line by line as it comes.
    pub fn follow(&self, workflow: &str) -> impl Iterator<Item = String> + use<> {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = format!(
            "GET /api/v1/log/follow?workflow={workflow} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer token\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        BufReader::new(stream).lines().map_while(Result::ok).filter(|line| line.starts_with('{'))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One connection.
pub struct Client {
    stream: TcpStream,
}

impl Client {
    pub fn new(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream }
    }

    /// Posts messages; the status.
    pub fn post(&mut self, path: &str, body: &str) -> u16 {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: {KEY}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        self.ask(&head, body).0
    }

    /// Posts a batch until it is taken.
    pub fn batch(&mut self, messages: &[String]) {
        let body = format!("{{\"batch\":[{}]}}", messages.join(","));
        while self.post("/v1/batch", &body) != 200 {
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Makes contacts known: one that was only mentioned has no facts and enters nothing.
    pub fn identify(&mut self, name: &str, count: u64) {
        for first in (0..count).step_by(100) {
            let message = |n: u64| {
                format!(
                    r#"{{"type":"identify","messageId":"{name}{n}","userId":"{name}{n}","traits":{{"plan":"trial"}}}}"#
                )
            };
            self.batch(&(first..count.min(first + 100)).map(message).collect::<Vec<_>>());
        }
    }

    fn ask(&mut self, head: &str, body: &str) -> (u16, String) {
        self.stream.write_all([head.as_bytes(), body.as_bytes()].concat().as_slice()).unwrap();
        let mut bytes = Vec::new();
        let mut part = [0; 16 << 10];
        loop {
            let read = self.stream.read(&mut part).unwrap();
            assert!(read > 0, "the server closed the connection");
            bytes.extend_from_slice(&part[..read]);
            let text = String::from_utf8_lossy(&bytes);
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let lower = head.to_lowercase();
            let length = lower.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0_usize) {
                return (text[9..12].parse().unwrap(), body.to_owned());
            }
        }
    }
}

/// Milliseconds since 1970.
pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}

/// A text as in `2026-01-05T09:00:00.000Z`.
pub fn instant(millis: i64) -> String {
    chrono::DateTime::from_timestamp_millis(millis)
        .unwrap()
        .to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// The text between two others.
pub fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    let rest = &text[text.find(start)? + start.len()..];
    Some(&rest[..rest.find(end)?])
}

/// p50 and p99 of times, in milliseconds.
pub fn shares(times: &mut [f64]) -> String {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or(f64::NAN);
    format!("p50 {:.1} ms, p99 {:.1} ms, {} of them", at(0.5), at(0.99), times.len())
}

/// A number so many seconds by the environment.
pub fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}
