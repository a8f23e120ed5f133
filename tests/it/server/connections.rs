//! Connections that don't get on, too many of them, and keys that are guessed.

use super::*;
use serde_json::json;

/// A server with these settings under `[server]`.
fn served(name: &str, settings: &str) -> Served {
    let folder = folder(name);
    std::fs::write(project(&folder, TRIAL).join("server.toml"), format!("[server]\n{settings}\n")).unwrap();
    Served::start(&folder, &[])
}

fn connect(served: &Served) -> TcpStream {
    let stream = TcpStream::connect(&served.address).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(60))).unwrap();
    stream
}

/// All that comes until the other side ends.
fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // Who is cut off may see a reset instead of an end.
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn who_does_not_get_on_is_cut_off() {
    let served = served("slow", "header_seconds = 1\nbody_seconds = 1\nidle_seconds = 2\nstall_seconds = 1");
    // Says nothing; a head that trickles; one answer, then nothing.
    let mut silent = connect(&served);
    let mut trickling = connect(&served);
    trickling.write_all(b"GET /healthz HTTP/1.1\r\nhost:").unwrap();
    let mut idle = connect(&served);
    idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    assert_eq!(rest(&mut silent), "");
    assert_eq!(rest(&mut trickling), "");
    assert!(rest(&mut idle).starts_with("HTTP/1.1 200"));
    // A body that does not come is told so.
    let mut body = connect(&served);
    body.write_all(b"POST /v1/track HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{").unwrap();
    let said = rest(&mut body);
    assert!(said.starts_with("HTTP/1.1 408") && said.contains("took more than 1s"), "{said}");
    // Who asks on and on and takes no answer: at last nothing can be written to it.
    let mut deaf = connect(&served);
    let asks = "GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n".repeat(100);
    while deaf.write_all(asks.as_bytes()).is_ok() {}
    assert!(served.stop());
}

#[test]
fn who_is_one_too_many_is_told_so() {
    let served = served("many", "connections = 20");
    let mut open: Vec<_> = (0..20).map(|_| connect(&served)).collect();
    for stream in &mut open {
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        let mut answer = [0; 15];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200 OK");
    }
    let mut late = connect(&served);
    late.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let said = rest(&mut late);
    assert!(said.starts_with("HTTP/1.1 503") && said.contains("retry-after: 5"), "{said}");
    let (_, document) = said.split_once("\r\n\r\n").unwrap();
    let document: serde_json::Value = serde_json::from_str(document).unwrap();
    assert_eq!(document["status"], 503);
    drop(open);
    until(|| {
        exchange(&served.address, "GET", "/healthz", &[], b"").ok().filter(|(status, _)| *status == 200)
    });
    assert!(served.stop());
}

/// A number of a process that Linux tells, in its units.
fn number_of(file: &str, name: &str, place: usize) -> Option<usize> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().nth(place)?.parse().ok()
}

#[test]
fn ten_thousand_connections_take_bounded_memory_and_hold_nobody_up() {
    let served = served("thousands", "connections = 100000\nheader_seconds = 600");
    let files = number_of("/proc/self/limits", "Max open files", 0).unwrap_or(1_024);
    let count = files.saturating_sub(500).clamp(100, 10_000);
    let memory = format!("/proc/{}/status", served.child.id());
    let before = number_of(&memory, "VmRSS:", 0);
    let mut open: Vec<_> = (0..count).map(|_| TcpStream::connect(&served.address).unwrap()).collect();
    for stream in &mut open {
        stream.write_all(b"POST /v1/batch HTTP/1.1\r\nhost: x\r\nx-").unwrap();
    }
    assert_eq!(served.batch(&[identify("ann", "1", "trial")]).unwrap().0, 200);
    if let (Some(before), Some(now)) = (before, number_of(&memory, "VmRSS:", 0)) {
        let each = now.saturating_sub(before) / count;
        assert!(each < 32, "a connection takes {each} KiB: {before} grew to {now} with {count}");
    }
    drop(open);
    assert!(served.stop());
}

#[test]
fn who_guesses_keys_has_to_wait_and_nobody_else() {
    let served = served("guesses", "wrong_keys = 3\nproxies = [\"127.0.0.0/8\"]");
    let ask = |client: &str, token: &str| {
        let headers = [("authorization", &*format!("Bearer {token}")), ("x-forwarded-for", client)];
        served.ask("GET", "/api/v1/status", &headers, b"").0
    };
    let guesses: Vec<_> = (0..4).map(|n| ask("192.0.2.1", &n.to_string())).collect();
    assert_eq!(guesses, [401, 401, 401, 429]);
    assert_eq!(ask("192.0.2.1", ADMIN), 429, "nor is it told which key is right");
    assert_eq!(ask("192.0.2.2", ADMIN), 200);
    let send = |client: &str, key: &str| {
        let body = json!({ "userId": "ann", "event": "Login", "writeKey": key }).to_string();
        served.ask("POST", "/v1/track", &[("x-forwarded-for", client)], body.as_bytes())
    };
    let guesses: Vec<_> = (0..4).map(|n| send("192.0.2.3", &n.to_string()).0).collect();
    assert_eq!(guesses, [401, 401, 401, 429]);
    assert_eq!(send("192.0.2.4", WRITE).0, 200);
    assert!(served.stop());
}

#[test]
fn a_wrong_key_in_the_head_is_refused_before_the_body_has_come() {
    let served = served("early", "");
    let mut stream = connect(&served);
    let head =
        "POST /v1/batch HTTP/1.1\r\nhost: x\r\nauthorization: Basic eDo=\r\ncontent-length: 400000\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let said = rest(&mut stream);
    assert!(said.starts_with("HTTP/1.1 401") && said.contains("write key"), "{said}");
    assert!(served.stop());
}
