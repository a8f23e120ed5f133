//! Chromium by `WebDriver` (source: the W3C's recommendation), as much of it as the tests of the pages need.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};

/// The key under which an element's name stands (source: `WebDriver`, 12.1).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser, ended when this is dropped.
pub(super) struct Driver {
    child: Child,
    address: String,
    session: String,
}

impl Driver {
    /// Starts one; none, where none is installed.
    pub fn start() -> Option<Self> {
        let mut child = crate::counterpart::debian("/usr/bin/chromedriver")?
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let told = lines.find_map(|line| {
            line.unwrap().rsplit_once("successfully on port ").map(|(_, port)| port.to_owned())
        });
        std::thread::spawn(move || lines.for_each(drop));
        let address = format!("127.0.0.1:{}", told.unwrap().trim_end_matches('.'));
        let options = json!({ "args": ["--headless=new", "--no-sandbox", "--hide-scrollbars", "--disable-dev-shm-usage"] });
        let mut driver = Self { child, address, session: String::new() };
        let asked = json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": options, "goog:loggingPrefs": { "browser": "ALL" } } } });
        let session = driver.call("POST", "/session", &asked);
        driver.session = format!("/session/{}", session["sessionId"].as_str().unwrap());
        Some(driver)
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if method == "POST" { body.to_string() } else { String::new() };
        let (status, answer) = exchange(&self.address, method, path, &body).unwrap();
        let mut answer: Value = serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{path}: {answer}"));
        assert_eq!(status, 200, "{path}: {answer}");
        answer["value"].take()
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.call("POST", &format!("{}{path}", self.session), body)
    }

    pub fn open(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    /// What a function of that text gives.
    pub fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// The same of one that calls the function that it is given.
    pub fn run_later(&self, script: &str) -> Value {
        self.post("/execute/async", &json!({ "script": script, "args": [] }))
    }

    fn element(&self, css: &str) -> String {
        let found = self.post("/element", &json!({ "using": "css selector", "value": css }));
        format!("/element/{}", found[ELEMENT].as_str().unwrap())
    }

    pub fn click(&self, css: &str) {
        self.post(&format!("{}/click", self.element(css)), &json!({}));
    }

    pub fn write(&self, css: &str, text: &str) {
        let element = self.element(css);
        self.post(&format!("{element}/clear"), &json!({}));
        self.post(&format!("{element}/value"), &json!({ "text": text }));
    }

    /// Presses a key for whatever has the focus.
    pub fn press(&self, key: &str) {
        let keys = json!([{ "type": "keyDown", "value": key }, { "type": "keyUp", "value": key }]);
        self.post("/actions", &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": keys }] }));
    }

    /// What stands on the page.
    pub fn text(&self) -> String {
        self.run("return document.body.innerText").as_str().unwrap_or_default().to_owned()
    }

    /// Waits until that stands on the page.
    pub fn until(&self, words: &str) {
        for _ in 0..1_000 {
            if self.text().contains(words) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        panic!("`{words}` never came: {}", self.text());
    }

    /// A command of the developer tools.
    pub fn tools(&self, command: &str, parameters: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    /// What the browser complained of.
    pub fn complaints(&self) -> Vec<Value> {
        let lines = self.post("/se/log", &json!({ "type": "browser" }));
        lines.as_array().unwrap().iter().filter(|line| line["level"] == "SEVERE").cloned().collect()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // The driver ends its browser when its session ends.
        let _ = exchange(&self.address, "DELETE", &self.session, "");
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One request; the driver leaves its connections open, so the length of the answer is what it says.
fn exchange(address: &str, method: &str, path: &str, body: &str) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(std::time::Duration::from_secs(60)))?;
    let head = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n");
    write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len())?;
    let mut reader = BufReader::new(stream);
    let (mut status, mut length) = (0, 0);
    for line in (&mut reader).lines() {
        let line = line?;
        if let Some(rest) = line.strip_prefix("HTTP/1.1 ") {
            status = rest.get(..3).and_then(|status| status.parse().ok()).unwrap_or(0);
        } else if let Some((_, value)) =
            line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        {
            length = value.trim().parse().unwrap_or(0);
        } else if line.is_empty() {
            break;
        }
    }
    let mut answer = vec![0; length];
    reader.read_exact(&mut answer)?;
    Ok((status, String::from_utf8_lossy(&answer).into_owned()))
}
