//! The server as a process: what clients get, what people see, what a kill leaves.

mod api;
#[cfg(feature = "browser")]
mod browser;
mod clients;
mod connections;
mod counts;
mod crash;
mod crash_delivery;
#[cfg(feature = "browser")]
mod driver;
mod hostile;
mod mail;
mod pages;
mod reload;
mod tracking;
mod trial;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const WRITE: &str = "write-key";
const ADMIN: &str = "admin-token";

pub(super) const TRIAL: &str = r#"
event "welcomed" { }
event "nudged" { }
attributes of contact {
  plan   text
  email  email
}
segment "Trial" of contact where plan = "trial"
workflow "Nurture" {
  live
  when contact enters segment "Trial"
  every time
  do
    record "welcomed"
    wait 3d
    record "nudged"
  exit when plan = "paid"
}
"#;

/// A folder of a test, empty.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("server").join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// A project of one file in a folder.
fn project(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("project");
    std::fs::create_dir_all(&path).unwrap();
    std::fs::write(path.join("wayfare.toml"), "name = \"t\"\n").unwrap();
    std::fs::write(path.join("main.wf"), text).unwrap();
    path
}

/// A server that is killed when this is dropped.
struct Served {
    child: Child,
    address: String,
    /// What the link for the first user of the pages holds, while there is none.
    setup: Option<String>,
}

impl Served {
    fn start(folder: &Path, more: &[&str]) -> Self {
        Self::start_with(folder, more, &[])
    }

    /// With further variables.
    fn start_with(folder: &Path, more: &[&str], variables: &[(String, PathBuf)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wf"));
        command.arg("serve").arg(folder.join("project")).arg("--data").arg(folder.join("data"));
        command.args(["--listen", "127.0.0.1:0"]).args(more);
        command.env("WAYFARE_WRITE_KEY", WRITE).env("WAYFARE_ADMIN_TOKEN", ADMIN);
        command.envs(variables.iter().map(|(name, path)| (name, path)));
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(folder.join("stderr")).unwrap());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").unwrap_or_else(|| panic!("{line}"));
        let address = address.to_owned();
        let known = folder.join("data/users.json").exists();
        let setup = (!known).then(|| {
            let mut further = (&mut lines).lines().map(Result::unwrap);
            further
                .find_map(|line| line.rsplit_once("/setup?token=").map(|(_, token)| token.to_owned()))
                .unwrap()
        });
        Self { child, address, setup }
    }

    /// One request; the status and the body.
    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, String) {
        exchange(&self.address, method, path, headers, body).unwrap()
    }

    fn get(&self, path: &str) -> serde_json::Value {
        let (status, body) = self.ask("GET", path, &[("authorization", &format!("Bearer {ADMIN}"))], b"");
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    fn post(&self, path: &str, body: &serde_json::Value) -> (u16, serde_json::Value) {
        let headers = [("authorization", &*format!("Bearer {ADMIN}")), ("content-type", "application/json")];
        let (status, body) = self.ask("POST", path, &headers, body.to_string().as_bytes());
        (status, serde_json::from_str(&body).unwrap())
    }

    fn batch(&self, messages: &[serde_json::Value]) -> std::io::Result<(u16, String)> {
        let body = serde_json::json!({ "batch": messages }).to_string();
        let key = data_encoding::BASE64.encode(format!("{WRITE}:").as_bytes());
        let headers = [("authorization", &*format!("Basic {key}"))];
        exchange(&self.address, "POST", "/v1/batch", &headers, body.as_bytes())
    }

    /// Ends it as an operator does; whether it ended well.
    fn stop(mut self) -> bool {
        let done = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        done.success() && self.child.wait().unwrap().success()
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn exchange(
    address: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(std::time::Duration::from_secs(30)))?;
    let mut request = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    stream.write_all(request.as_bytes())?;
    // Who refuses a body early may close before all of it was taken.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    let text = String::from_utf8_lossy(&answer);
    let status = text.get(9..12).and_then(|status| status.parse().ok());
    let Some(status) = status else {
        return Err(read.err().unwrap_or(std::io::ErrorKind::UnexpectedEof.into()));
    };
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok((status, body.to_owned()))
}

fn identify(id: &str, message: &str, plan: &str) -> serde_json::Value {
    serde_json::json!({
        "type": "identify", "messageId": message, "userId": id,
        "traits": { "plan": plan, "email": format!("{id}@acme.example") },
    })
}

/// Waits for something that comes by itself.
fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..1_000 {
        if let Some(found) = look() {
            return found;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("it never came");
}
