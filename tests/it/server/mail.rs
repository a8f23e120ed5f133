//! What comes back of a message: the pixel, a link, unsubscribing, bounces; from a mail that really left.

use super::{Served, folder, project};
use crate::connect::server::Server;
use serde_json::json;
use std::time::{Duration, Instant};

const MAIL: &str = r#"
attributes of contact { plan text  email email }
segment "Trial" of contact where plan = "trial"
template "welcome" { subject "Welcome" html "<p>Hello <a href='https://acme.example/start?a=1'>start</a></p>" }
template "again" { subject "Again" html "<p>Again <a href='https://acme.example/'>start</a></p>" }
connector post { base "BASE" }
action post.send(to text, subject text, html text = missing, headers object) through post {
  post "/mail" json { to: to, subject: subject, html: html, headers: headers }
}
workflow "Welcome" {
  live
  when contact enters segment "Trial"
  every time
  do
    html "welcome" to: contact send: automatic
    wait until clicked "welcome" at most 3d
    html "again" to: contact send: automatic reply: thread
}
"#;

const SETTINGS: &str = r#"
[mail]
from = "Acme <team@acme.example>"
provider = "post.send"
url = "https://t.acme.example"
reply_domain = "reply.acme.example"
signing_keys = ["KEY"]
[mail.webhooks]
inbound_credentials = "INBOUND"
[delivery]
allow = ["127.0.0.0/8"]
"#;

fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "{what} never came");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The path behind a start in a text.
fn path<'t>(text: &'t str, start: &str) -> &'t str {
    let rest = &text[text.find(start).unwrap_or_else(|| panic!("{start} in {text}"))..];
    let rest = &rest["https://t.acme.example".len()..];
    &rest[..rest.find(['"', '>', '\'']).unwrap()]
}

#[test]
fn a_message_is_opened_clicked_answered_in_its_thread_and_unsubscribed_from() {
    let sink = Server::answering(200, r#"{"id":"p1"}"#);
    let folder = folder("mail");
    let root = project(&folder, &MAIL.replace("BASE", &sink.base()));
    std::fs::write(root.join("server.toml"), SETTINGS).unwrap();
    let secret = |name: &str, value: &str| {
        let path = folder.join(name);
        std::fs::write(&path, value).unwrap();
        (format!("{name}_FILE"), path)
    };
    let secrets = [secret("KEY", "a key of sixteen bytes or more"), secret("INBOUND", "user:password")];
    let served = Served::start_with(&folder, &[], &secrets);
    let ann = json!({ "type": "identify", "messageId": "1", "userId": "ann", "traits": { "plan": "trial", "email": "ann@acme.example" } });
    assert_eq!(served.batch(&[ann]).unwrap().0, 200);
    let first = until("the first message", || sink.seen().first().map(crate::connect::server::Seen::json));
    let logged = |what: &str| {
        let log = served.get("/api/v1/log?limit=200").to_string();
        log.contains(what).then_some(())
    };
    // Of a message that has not left nothing can be reported.
    until("the end of its attempt", || logged("\"event\":\"sent\""));
    let html = first["html"].as_str().unwrap();
    let browser = [("user-agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")];
    let (status, _) = served.ask("GET", path(html, "https://t.acme.example/o/"), &browser, b"");
    assert_eq!(status, 200);
    let link = path(html, "https://t.acme.example/c/");
    let (status, _) = served.ask("HEAD", link, &browser, b"");
    assert_eq!(status, 302);
    until("the open", || logged("opened"));
    // Nobody follows a link within five seconds.
    let (status, _) = served.ask("GET", link, &browser, b"");
    assert_eq!(status, 302);
    until("the click of a machine", || logged("clicked by a machine"));
    let forged = link.replace("/c/", "/c/a");
    assert_eq!(served.ask("GET", &forged, &browser, b"").0, 404);
    let list = first["headers"]["List-Unsubscribe"].as_str().unwrap();
    let page = path(list, "https://t.acme.example/u/");
    let (status, body) = served.ask("GET", page, &browser, b"");
    assert!(status == 200 && body.contains("<form"), "{status} {body}");
    assert!(logged("unsubscribed").is_none(), "looking changes nothing");
    let form = [("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(served.ask("POST", page, &form, b"List-Unsubscribe=One-Click").0, 200);
    until("unsubscribing", || logged("unsubscribed"));
    // Without credentials nothing is read.
    assert_eq!(served.ask("POST", "/hooks/mail/inbound", &[], b"From: a@b.example\r\n\r\nHi").0, 401);
    assert_eq!(served.ask("POST", "/hooks/mail/postmark", &[], b"{}").0, 404);
    assert!(served.stop());
}
