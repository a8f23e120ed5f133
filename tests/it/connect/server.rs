//! A service on a socket of this machine that does as it is told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What it does with a request.
pub enum Act {
    /// Answers with this status, these header lines, this body.
    Answer(u16, &'static str, String),
    /// Begins an answer and breaks off.
    BreakOff,
    /// Says nothing, until the client has had enough.
    Stall,
    /// Answers with so many bytes.
    Flood(usize),
}

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// The service.
pub struct Server {
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// One that asks what to do with each request, which is the so-maniest.
    pub fn new(act: impl Fn(&Seen, usize) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let (all, act) = (Arc::clone(&seen), Arc::new(act));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (all, act) = (Arc::clone(&all), Arc::clone(&act));
                thread::spawn(move || serve(stream, &all, &*act));
            }
        });
        Self { address, seen }
    }

    /// One that always answers the same.
    pub fn answering(status: u16, body: &str) -> Self {
        let body = body.to_owned();
        Self::new(move |_, _| Act::Answer(status, "", body.clone()))
    }

    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

/// An address that nothing listens at.
pub fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

fn serve(stream: TcpStream, all: &Mutex<Vec<Seen>>, act: &dyn Fn(&Seen, usize) -> Act) {
    let mut reader = BufReader::new(&stream);
    let Some(seen) = read(&mut reader) else { return };
    let number = {
        let mut all = all.lock().unwrap();
        all.push(seen.clone());
        all.len()
    };
    reply(&stream, act(&seen, number));
}

fn read(reader: &mut impl BufRead) -> Option<Seen> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split_whitespace();
    let mut seen =
        Seen { method: words.next()?.to_owned(), path: words.next()?.to_owned(), ..Seen::default() };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        seen.headers.push((name.to_owned(), value.to_owned()));
    }
    let length = seen.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    seen.body = String::from_utf8(body).unwrap();
    Some(seen)
}

/// Writes an answer; a client that went away is none of its business.
fn reply(mut stream: &TcpStream, act: Act) {
    let _ = match act {
        Act::Answer(status, headers, body) => stream.write_all(
            format!(
                "HTTP/1.1 {status} X\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            )
            .as_bytes(),
        ),
        Act::BreakOff => stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"ok\":"),
        Act::Stall => stream.read(&mut [0]).map(drop),
        Act::Flood(bytes) => flood(stream, bytes),
    };
}

fn flood(mut stream: &TcpStream, bytes: usize) -> std::io::Result<()> {
    stream.write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {bytes}\r\n\r\n").as_bytes())?;
    let piece = vec![b' '; 1 << 16];
    (0..bytes / piece.len()).try_for_each(|_| stream.write_all(&piece))
}

/// A TLS service whose certificate nobody has signed but itself.
pub fn self_signed() -> String {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.unwrap().with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key);
    let config = Arc::new(config.unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut tls = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            // The client breaks the handshake off.
            let _ = tls.complete_io(&mut stream);
        }
    });
    format!("https://{address}")
}
