//! Delivery: a runtime with a service on this machine that counts what comes.

use crate::connect::server::{Act, Seen, Server};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use wayfare::base::Instant;
use wayfare::connect::guard::Allowed;
use wayfare::connect::mail::settings::MailSettings;
use wayfare::ingest::Message;
use wayfare::project::Bundle;
use wayfare::runtime::delivery::{self, Delivery, Settings};
use wayfare::runtime::{First, Handle, Options, Record, Runtime, SpedClock};
use wayfare::store::log::Query;

fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("delivery").join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

fn project(text: &str) -> First {
    let files =
        [("wayfare.toml".to_owned(), "name = \"t\"\n".to_owned()), ("main.wf".to_owned(), text.to_owned())];
    First { bundle: Bundle { files: files.into() }, by: "tests".into() }
}

fn options(data: &Path) -> Options {
    let journal = wayfare::journal::Options { segment: 1 << 20, ahead: false };
    // An hour is 3.6 s: pauses between attempts are short.
    let clock = Arc::new(SpedClock::new(Instant::parse("2026-03-02T09:00:00.000Z").unwrap(), 1_000.0));
    Options { clock, journal, pause: Duration::from_millis(20), ..Options::new(data) }
}

fn settings(mail: Option<&str>) -> Settings {
    let network = wayfare::connect::Settings {
        allowed: Allowed::parse(["127.0.0.0/8"]).unwrap(),
        ..wayfare::connect::Settings::default()
    };
    let mail = mail.map(|mail| toml::from_str::<MailSettings>(mail).unwrap());
    Settings { network, mail, ..Settings::default() }
}

fn contact(id: &str, traits: &str) -> Record {
    let text = format!(
        r#"{{"type":"identify","messageId":"m-{id}","userId":"{id}","traits":{{"plan":"trial",{traits}}}}}"#
    );
    let parsed = Message::parse(&text).unwrap();
    Record::message(parsed.id.clone(), parsed.input(Instant::MAX))
}

/// A runtime that delivers.
struct Running {
    tokio: tokio::runtime::Runtime,
    runtime: Runtime,
    delivery: Delivery,
}

impl Running {
    fn start(data: &Path, first: Option<First>, settings: Settings) -> Self {
        let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (runtime, dispatches) = Runtime::start(&options(data), first).unwrap();
        let _inside = tokio.enter();
        let delivery = delivery::start(runtime.handle(), dispatches, settings).unwrap();
        Self { tokio, runtime, delivery }
    }

    fn handle(&self) -> Handle {
        self.runtime.handle()
    }

    fn submit(&self, record: Record) {
        self.handle().submit_waiting(vec![record]).unwrap();
    }

    /// Delivers until something has come about.
    fn until(&self, done: impl Fn() -> bool) {
        self.tokio.block_on(async {
            for _ in 0..2_000 {
                if done() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            panic!("it never came: {:?}", self.lines().await);
        });
    }

    /// What the log says of rows, oldest first.
    async fn lines(&self) -> Vec<String> {
        let page = self.handle().log(Query { limit: 1000, ..Query::default() }).await.unwrap();
        let lines = page.lines.iter().rev().map(|(_, line)| line);
        lines
            .map(|line| format!("{} {}", line.entity.0, wayfare::simulate::words::kind(&line.kind)))
            .collect()
    }

    /// How many rows are open.
    fn open(&self) -> u64 {
        self.handle().status().open_rows
    }

    fn stop(self) {
        self.tokio.block_on(self.delivery.stop());
        self.runtime.stop().unwrap();
    }

    /// Ends delivery as a crash would: what is under way is dropped.
    fn crash(self) {
        drop(self.delivery);
        drop(self.tokio);
        self.runtime.stop().unwrap();
    }
}

fn crm(base: &str, hanging: &str) -> String {
    format!(
        r#"
attributes of contact {{ plan text  email email  team text }}
segment "Trial" of contact where plan = "trial"
connector crm {{ base "{base}"  idempotency header "Idempotency-Key"  rate 1 per 100ms per team }}
action crm.note(text text, team text = "all") through crm {{ post "/notes" json {{ text: text }} }}
connector old {{ base "{hanging}"  timeout 60s }}
action old.note(text text) through old {{ post "/notes" json {{ text: text }} }}
workflow "Notes" {{
  live
  when contact enters segment "Trial"
  every time
  do
    old.note text: "to nobody"
    crm.note text: "first"
    crm.note text: "second"
    crm.note text: "third"
}}
"#
    )
}

fn texts(seen: &[Seen]) -> Vec<String> {
    seen.iter().map(|seen| seen.json()["text"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn rows_go_in_order_are_tried_again_under_their_key_and_wait_for_no_host_that_hangs() {
    let data = folder("order");
    let sink = Server::new(|_, number| match number {
        1 => Act::Answer(500, "", String::new()),
        2 => Act::Answer(429, "Retry-After: 60\r\n", String::new()),
        3 => Act::BreakOff,
        _ => Act::Answer(200, "", "{}".into()),
    });
    let hanging = Server::new(|_, _| Act::Stall);
    let running = Running::start(&data, Some(project(&crm(&sink.base(), &hanging.base()))), settings(None));
    running.submit(contact("ann", r#""email":"ann@acme.example""#));
    running.until(|| sink.seen().len() == 6);
    let seen = sink.seen();
    assert_eq!(texts(&seen), ["first", "first", "first", "first", "second", "third"]);
    let keys: Vec<_> = seen.iter().map(|seen| seen.header("Idempotency-Key").unwrap()).collect();
    assert!(keys[..4].iter().all(|key| *key == keys[0] && key.starts_with("wf_")), "{keys:?}");
    assert!(keys[3] != keys[4] && keys[4] != keys[5], "{keys:?}");
    assert_eq!(hanging.seen().len(), 1);
    running.crash();
}

#[test]
fn what_was_under_way_is_sent_again_under_its_key() {
    let data = folder("resumed");
    let lives = Arc::new(AtomicBool::new(false));
    let is_alive = Arc::clone(&lives);
    let sink = Server::new(move |_, _| {
        if is_alive.load(Ordering::SeqCst) { Act::Answer(200, "", "{}".into()) } else { Act::Stall }
    });
    let hanging = Server::answering(200, "{}");
    let text = crm(&sink.base(), &hanging.base());
    let running = Running::start(&data, Some(project(&text)), settings(None));
    running.submit(contact("ann", r#""email":"ann@acme.example""#));
    running.until(|| sink.seen().len() == 1);
    running.crash();
    lives.store(true, Ordering::SeqCst);
    let running = Running::start(&data, None, settings(None));
    running.until(|| sink.seen().len() == 4 && running.open() == 0);
    let seen = sink.seen();
    assert_eq!(texts(&seen), ["first", "first", "second", "third"]);
    assert_eq!(seen[0].header("Idempotency-Key"), seen[1].header("Idempotency-Key"));
    running.stop();
    // Nothing is left to be done.
    let running = Running::start(&data, None, settings(None));
    running.submit(contact("bob", r#""email":"bob@acme.example""#));
    running.until(|| sink.seen().len() == 7 && running.open() == 0);
    running.stop();
}

const MAIL: &str = r#"
attributes of contact { plan text  email email }
segment "Trial" of contact where plan = "trial"
template "welcome" { subject "Welcome" text "Hello {{ contact.email }}" }
connector post { base "BASE" }
action post.send(to text, from text, subject text, text text) through post {
  post "/mail" json { to: to, from: from, subject: subject, text: text }
}
team "CSM" { "ana@acme.example" "bo@acme.example" }
workflow "Welcome" {
  live
  when contact enters segment "Trial"
  every time
  do
    email "welcome" to: contact send: automatic
    notify "CSM" "Somebody came."
}
"#;

#[test]
fn mail_goes_the_way_that_the_settings_say_and_a_team_is_told_one_by_one() {
    let data = folder("mail");
    // The first message to the second of the team is not taken.
    let refused = AtomicBool::new(false);
    let sink = Server::new(move |seen, _| {
        if seen.json()["to"] == "bo@acme.example" && !refused.swap(true, Ordering::SeqCst) {
            Act::Answer(503, "", String::new())
        } else {
            Act::Answer(200, "", r#"{"id":"p1"}"#.into())
        }
    });
    let mail = "from = \"Acme <team@acme.example>\"\nprovider = \"post.send\"";
    let text = MAIL.replace("BASE", &sink.base());
    let running = Running::start(&data, Some(project(&text)), settings(Some(mail)));
    running.submit(contact("ann", r#""email":"ann@acme.example""#));
    running.until(|| sink.seen().len() == 4 && running.open() == 0);
    let mut to: Vec<String> =
        sink.seen().iter().map(|seen| seen.json()["to"].as_str().unwrap().to_owned()).collect();
    to.sort();
    assert_eq!(to, ["ana@acme.example", "ann@acme.example", "bo@acme.example", "bo@acme.example"]);
    running.stop();
}
