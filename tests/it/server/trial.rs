//! The example that the README points at, from the event to what arrives: a mail that a person edits and sends, Slack, a
//! task in the CRM, a webhook; then it pays, and what was pending is withdrawn. Mail and Slack are other people's
//! programs (`.ci/counterparts`); no server of Salesforce runs offline, so its part only says what its reference says.

use super::{Served, folder};
use crate::connect::server::{Act, Server as Sink};
use crate::counterpart::{self, Server};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How many times as fast time passes: three days are five seconds.
const SPEED: &str = "50000";
/// What must stand nowhere in what the server writes.
const SECRETS: [(&str, &str); 6] = [
    ("SLACK_BOT_TOKEN", "test_token_admin"),
    ("SALESFORCE_CLIENT_ID", "a-client-id-5f1c"),
    ("SALESFORCE_CLIENT_SECRET", "a-client-secret-77ab"),
    ("WEBHOOK_SECRET", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="),
    ("SMTP_PASSWORD", "hush"),
    ("KEY", "a signing key of sixteen bytes or more"),
];
const CRM_TOKEN: &str = "00D-access-token-1234";

struct Services {
    _mail: Server,
    _slack: Server,
    letters: PathBuf,
    slack: String,
    smtp: u16,
    crm: Sink,
    hook: Sink,
}

impl Services {
    fn start(folder: &Path) -> Option<Self> {
        let letters = folder.join("letters");
        fs::create_dir_all(&letters).unwrap();
        let mut command = counterpart::python("smtp_sink.py")?;
        command.arg(&letters).arg("plain");
        let mut mail = Server::start(command);
        let smtp = mail.line().parse().unwrap();
        let mut command = counterpart::node("emulate/dist/index.js")?;
        let seed = folder.join("seed.yaml");
        fs::write(&seed, "slack:\n  team: { name: Acme, domain: acme }\n  channels: [{ name: trials }]\n")
            .unwrap();
        let port = counterpart::free_port();
        command.args(["start", "--service", "slack", "--port", &port.to_string(), "--seed"]).arg(&seed);
        let slack = Server::start(command);
        counterpart::listening(port);
        let crm = Sink::new(|seen, _| match seen.path.as_str() {
            "/services/oauth2/token" => {
                Act::Answer(200, "", json!({ "access_token": CRM_TOKEN, "token_type": "Bearer" }).to_string())
            }
            _ => Act::Answer(201, "", json!({ "id": "00T1", "success": true, "errors": [] }).to_string()),
        });
        let (hook, slack_base) = (Sink::answering(204, ""), format!("http://127.0.0.1:{port}"));
        Some(Self { _mail: mail, _slack: slack, letters, slack: slack_base, smtp, crm, hook })
    }

    fn settings(&self) -> String {
        let (port, slack) = (self.smtp, &self.slack);
        format!(
            "[mail]\nfrom = \"Acme <team@acme.com>\"\nurl = \"http://t.acme.com\"\nsigning_keys = [\"KEY\"]\n\
             [mail.smtp]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n\
             [delivery]\nallow = [\"127.0.0.0/8\"]\n[connectors.slack]\nbase = \"{slack}/api\"\n"
        )
    }

    /// The example with its addresses in place of the real ones.
    fn project(&self, folder: &Path) {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/trial-nurture");
        let to = folder.join("project");
        for entry in walkdir::WalkDir::new(&from) {
            let entry = entry.unwrap();
            let at = to.join(entry.path().strip_prefix(&from).unwrap());
            if entry.file_type().is_dir() {
                fs::create_dir_all(&at).unwrap();
                continue;
            }
            let text = fs::read_to_string(entry.path()).unwrap();
            let hook = format!("{}/hooks/trials", self.hook.base());
            // The emulator knows channels without their `#` alone.
            let text = text.replace("https://data.acme.com/hooks/trials", &hook);
            fs::write(at, text.replace("slack \"#trials\"", "slack \"trials\"")).unwrap();
        }
        fs::write(to.join("server.toml"), self.settings()).unwrap();
    }

    fn letters(&self) -> Vec<String> {
        let files = fs::read_dir(&self.letters).unwrap().map(|entry| entry.unwrap().path());
        let letters = files.filter(|path| path.extension().is_some_and(|ending| ending == "eml"));
        letters.map(|path| fs::read_to_string(path).unwrap()).collect()
    }

    /// What stands in the channel.
    fn channel(&self) -> String {
        let ask = |method: &str, body: Value| {
            let body = body.to_string();
            let headers =
                [("authorization", "Bearer test_token_admin"), ("content-type", "application/json")];
            let address = self.slack.strip_prefix("http://").unwrap();
            super::exchange(address, "POST", &format!("/api/{method}"), &headers, body.as_bytes()).unwrap().1
        };
        let list = ask("conversations.list", json!({}));
        let at = list.find("\"name\":\"trials\"").unwrap_or_else(|| panic!("{list}"));
        let id = list[..at].rsplit("\"id\":\"").next().unwrap().split('"').next().unwrap();
        ask("conversations.history", json!({ "channel": id }))
    }
}

fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(start.elapsed() < Duration::from_secs(120), "{what} never came");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn messages(account: &str) -> [Value; 2] {
    let context = json!({ "groupId": account });
    let contact = format!("ann-{account}");
    let email = format!("ann@{account}.example");
    [
        json!({ "type": "identify", "messageId": format!("i{account}"), "userId": contact, "context": context,
            "traits": { "email": email, "first_name": "Ann", "role": "admin" } }),
        json!({ "type": "group", "messageId": format!("g{account}"), "userId": contact, "groupId": account, "traits": {
            "name": account, "status": "trial", "seats": 5, "trial_ends_at": "2099-01-01T00:00:00Z",
            "salesforce_id": format!("001-{account}") } }),
    ]
}

fn rows(served: &Served, state: &str) -> Vec<Value> {
    let list = served.get(&format!("/api/v1/outbox?state={state}&limit=500"));
    list["rows"].as_array().unwrap().clone()
}

const ACCOUNTS: [&str; 4] = ["acme", "bolt", "crane", "dyno"];

#[test]
fn a_trial_is_welcomed_nudged_called_and_pays() {
    let folder = folder("trial");
    let Some(services) = Services::start(&folder) else { return };
    services.project(&folder);
    let mut secrets: Vec<(String, PathBuf)> =
        SECRETS.iter().map(|(name, value)| ((*name).to_owned(), value.into())).collect();
    secrets.push(("SALESFORCE_INSTANCE_URL".into(), services.crm.base().into()));
    secrets.push((
        "SALESFORCE_TOKEN_URL".into(),
        format!("{}/services/oauth2/token", services.crm.base()).into(),
    ));
    secrets.push(("RUST_LOG".into(), "trace".into()));
    let served = Served::start_with(&folder, &["--speed", SPEED], &secrets);
    let batch: Vec<Value> = ACCOUNTS.iter().flat_map(|account| messages(account)).collect();
    assert_eq!(served.batch(&batch).unwrap().0, 200);
    let used = json!({ "type": "track", "messageId": "t1", "userId": "ann-acme", "event": "Report Exported",
        "context": { "groupId": "acme" } });
    assert_eq!(served.batch(&[used]).unwrap().0, 200);
    review(&served, &services);
    until("the word in Slack", || {
        services.channel().contains("acme has exported its first report").then_some(())
    });
    let task =
        until("the task", || services.crm.seen().into_iter().find(|seen| seen.path.ends_with("/Task")));
    assert_eq!(task.header("authorization"), Some(&*format!("Bearer {CRM_TOKEN}")));
    assert!(task.json()["Subject"].as_str().unwrap().starts_with("Call "), "{task:?}");
    assert!(task.json()["WhatId"].as_str().unwrap().starts_with("001-"), "{task:?}");
    let hook = until("the webhook", || services.hook.seen().into_iter().next());
    assert_eq!(hook.json()["type"], "trial.halfway");
    assert!(
        hook.header("webhook-signature").is_some_and(|signature| signature.starts_with("v1,")),
        "{hook:?}"
    );
    pays(&served);
    let log = served.get("/api/v1/log?workflow=Trial%20nurture&limit=500").to_string();
    for word in [
        "enrolled",
        "welcome",
        "edited",
        "sent",
        "first report",
        "salesforce.task",
        "trial.halfway",
        "withdrawn",
    ] {
        assert!(log.contains(word), "{word} is not in {log}");
    }
    let seen =
        ["status", "outbox?limit=500", "log?limit=1000", "rejects", "workflows", "deploys", "openapi.json"];
    let answers: Vec<String> =
        seen.iter().map(|path| served.get(&format!("/api/v1/{path}")).to_string()).collect();
    assert!(served.stop());
    no_secret_is_written(&folder, &answers.join("\n"));
}

/// The welcome mail waits, is edited, is sent, and arrives as it was edited.
fn review(served: &Served, services: &Services) {
    let welcome = until("the welcome mail", || {
        rows(served, "review")
            .into_iter()
            .find(|row| row["template"] == "welcome" && row["entity"] == "account:bolt")
    });
    assert!(services.letters().is_empty(), "nothing leaves before a person says so");
    let path = format!("/api/v1/outbox/{}", welcome["row"].as_str().unwrap());
    let parts = json!({ "parts": { "subject": "Welcome aboard, edited by a person" } });
    let (status, body) = served.post(&format!("{path}/edit"), &parts);
    assert_eq!(status, 200, "{body}");
    let (status, body) = served.post(&format!("{path}/send"), &json!({}));
    assert_eq!(status, 200, "{body}");
    let letter = until("the letter", || services.letters().into_iter().next());
    assert!(letter.contains("Subject: Welcome aboard, edited by a person"), "{letter}");
    assert!(letter.contains("To: ") && letter.contains("ann@bolt.example"), "{letter}");
}

/// All pay: nothing that waits for a person is left.
fn pays(served: &Served) {
    assert!(!rows(served, "review").is_empty());
    let pay = |account: &&str| {
        json!({ "type": "group", "messageId": format!("p{account}"), "userId": format!("ann-{account}"),
            "groupId": account, "traits": { "status": "paid" } })
    };
    let paid: Vec<Value> = ACCOUNTS.iter().map(pay).collect();
    assert_eq!(served.batch(&paid).unwrap().0, 200);
    until("withdrawing", || rows(served, "review").is_empty().then_some(()));
    let detail = served.get("/api/v1/workflows/Trial%20nurture");
    assert_eq!(detail["goals"], ACCOUNTS.len(), "{detail}");
}

/// No secret is in the data, in what was logged, or in what was answered.
fn no_secret_is_written(folder: &Path, answers: &str) {
    let mut written = vec![("answers".to_owned(), answers.as_bytes().to_vec())];
    for entry in walkdir::WalkDir::new(folder).into_iter().flatten() {
        let inside = |name: &str| entry.path().starts_with(folder.join(name));
        if entry.file_type().is_file() && (inside("data") || inside("stderr")) {
            written.push((entry.path().display().to_string(), fs::read(entry.path()).unwrap()));
        }
    }
    assert!(written.iter().any(|(name, bytes)| name.ends_with("stderr") && !bytes.is_empty()));
    let holds = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(written.iter().any(|(_, bytes)| holds(bytes, "ann@bolt.example")), "what is known is found");
    // The password is a word of English.
    let own = |secret: &&str| secret.len() > 4;
    for secret in SECRETS.iter().map(|(_, value)| *value).chain([CRM_TOKEN]).filter(own) {
        for (name, bytes) in &written {
            assert!(!holds(bytes, secret), "`{secret}` is written in {name}");
        }
    }
}
