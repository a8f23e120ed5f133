//! Real mail servers, other people's parsers, verifiers and oracles. See [`crate::counterpart`].

use super::events::{NOW, cases, signed};
use super::letter;
use super::smtp::{run, settings};
use crate::counterpart::{self, Server};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use wayfare::connect::Outcome;
use wayfare::connect::mail::events::{Envelope, Hook, Kind, MailEvent, Notice, Proof, Reason};
use wayfare::connect::mail::inbound::{Received, received};
use wayfare::connect::mail::smtp::{Authentication, Smtp, SmtpSettings, Tls};
use wayfare::connect::mail::*;
use wayfare::connect::secret::Secret;

/// An empty folder for one test.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mail").join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

/// aiosmtpd, and the folder in which it keeps messages.
fn sink(name: &str, mode: &str) -> Option<(Server, u16, PathBuf)> {
    let mut command = counterpart::python("smtp_sink.py")?;
    let folder = folder(name);
    command.arg(&folder).arg(mode);
    let mut server = Server::start(command);
    let port = server.line().parse().unwrap();
    Some((server, port, folder))
}

fn to(address: &str) -> Composed {
    let mut letter = letter("Welcome — 50% off ✓", "Hi\n.leading dot\nbye ✓\n", Some("<p>Hi <b>✓</b></p>"));
    letter.to = Mailbox::new(Some("Ännchen, \"the\" first"), Address::parse(address).unwrap());
    letter.key = format!("wf_{:032x}", address.len());
    compose(&letter).unwrap()
}

fn facts(folder: &Path, number: u32) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join(format!("{number}.json"))).unwrap()).unwrap()
}

#[test]
fn a_mail_server_takes_refuses_and_puts_off() {
    let Some((_server, port, folder)) = sink("smtp", "plain") else { return };
    run(async {
        let smtp = Smtp::new(settings(port)).unwrap();
        let good = to("ann@customer.example");
        let taken = smtp.send(&good, None).await;
        assert!(
            matches!(&taken, Outcome::Ok { reference: Some(it), .. } if &**it == "kept1 Message accepted"),
            "{taken:?}"
        );
        assert_eq!(fs::read(folder.join("1.eml")).unwrap(), good.bytes);
        assert_eq!(facts(&folder, 1)["from"], "team@acme.example");
        assert!(matches!(smtp.send(&to("perm@customer.example"), None).await, Outcome::Fail { .. }));
        let later = smtp.send(&to("temp@customer.example"), None).await;
        assert!(matches!(later, Outcome::Retry { maybe_delivered: false, .. }));
        assert!(matches!(smtp.send(&to("late@customer.example"), None).await, Outcome::Fail { .. }));
        // One bad recipient holds nobody else back.
        assert!(matches!(smtp.send(&to("bo@customer.example"), None).await, Outcome::Ok { .. }));
        smtp.close().await;
    });
}

#[test]
fn encrypted_in_both_ways_and_only_to_whom_is_trusted() {
    for (mode, tls) in [("starttls", Tls::StartTls), ("implicit", Tls::Implicit)] {
        let Some((_server, port, folder)) = sink(mode, mode) else { return };
        let user = (mode == "starttls").then(|| ("ann".to_owned(), Authentication::Password));
        let strange = SmtpSettings { host: "localhost".into(), tls, user, ..settings(port) };
        let trusted = SmtpSettings {
            authorities: fs::read(folder.join("certificate.pem")).unwrap(),
            ..strange.clone()
        };
        let (hush, wrong) = (Secret::new("hush"), Secret::new("wrong"));
        run(async {
            let refused = Smtp::new(strange).unwrap().send(&to("ann@customer.example"), Some(&hush)).await;
            assert!(matches!(&refused, Outcome::Retry { maybe_delivered: false, .. }), "{refused:?}");
            let smtp = Smtp::new(trusted).unwrap();
            if mode == "starttls" {
                let refused = smtp.send(&to("ann@customer.example"), Some(&wrong)).await;
                assert!(
                    matches!(&refused, Outcome::Retry { reason, .. } if reason.contains("535")),
                    "{refused:?}"
                );
            }
            let taken = smtp.send(&to("ann@customer.example"), Some(&hush)).await;
            assert!(matches!(&taken, Outcome::Ok { .. }), "{mode}: {taken:?}");
            smtp.close().await;
        });
        let facts = facts(&folder, 1);
        // aiosmtpd notes STARTTLS only; the implicit kind takes no other connection.
        assert_eq!(facts["tls"], mode == "starttls");
        assert_eq!(facts["user"], if mode == "starttls" { json!("ann") } else { Value::Null });
    }
}

#[test]
fn pythons_strict_parser_reads_what_was_written() {
    let long = "a".repeat(2_000);
    let letters: Vec<(String, String, String)> = [
        ("Welcome", "Ann", "Hi\n"),
        ("Welcome — 50% off ✓ a very long subject line that needs folding because it is longer than one line", "Ännchen", "Grüße ✓\n"),
        ("=?utf-8?q?not_encoded?=", "A, \"B\" <c@d.e>", long.as_str()),
        (&"x".repeat(300), &"日本".repeat(6), "日本語のテキスト\n"),
        ("a\r\nBcc: x@y.z", "n\r\nBcc: x@y.z", "From here\n.\n..\n"),
    ]
    .map(|(subject, name, text)| (subject.to_owned(), name.to_owned(), text.to_owned()))
    .into();
    let composed: Vec<Composed> = letters
        .iter()
        .map(|(subject, name, text)| {
            let mut letter = letter(subject, text, Some(&format!("<p>{text}</p>")));
            letter.to = Mailbox::new(Some(name), letter.to.address);
            letter.unsubscribe =
                Some(Unsubscribe { url: "https://t.acme.example/u/abc".into(), mailto: None });
            compose(&letter).unwrap()
        })
        .collect();
    let all: Vec<String> = composed.iter().map(|it| data_encoding::BASE64.encode(&it.bytes)).collect();
    let Some(command) = counterpart::python("parse_message.py") else { return };
    let said = counterpart::answer(command, json!(all).to_string().as_bytes());
    let read: Vec<Value> = serde_json::from_str(&said).unwrap();
    for ((read, composed), (subject, name, text)) in read.iter().zip(&composed).zip(&letters) {
        assert_eq!(read["subject"], one_line(subject));
        assert_eq!(read["to"], json!([one_line(name), "ann@customer.example"]));
        assert_eq!(read["message_id"], format!("<{}>", composed.message_id));
        assert_eq!(read["date"], "2026-01-05T09:00:00+00:00");
        let same = |part: &Value, text: &str| part.as_str().unwrap().trim_end() == text.trim_end();
        assert!(same(&read["parts"]["text/plain"], text), "{read}");
        assert!(same(&read["parts"]["text/html"], &format!("<p>{text}</p>")), "{read}");
        assert_eq!(read["defects"], json!([]));
    }
}

/// Keys as OpenSSL makes them, with the record of the DNS: RSA in both forms, Ed25519.
fn dkim_keys() -> Option<Vec<(String, String)>> {
    let folder = folder("dkim");
    let openssl = |args: &[&str]| {
        let mut command = counterpart::debian("/usr/bin/openssl")?;
        let done = command.args(args).current_dir(&folder).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        Some(done.stdout)
    };
    openssl(&["genrsa", "-out", "rsa.pem", "2048"])?;
    openssl(&["rsa", "-in", "rsa.pem", "-traditional", "-out", "rsa1.pem"])?;
    openssl(&["genpkey", "-algorithm", "ed25519", "-out", "ed.pem"])?;
    let base64 = |bytes: &[u8]| data_encoding::BASE64.encode(bytes);
    let rsa = base64(&openssl(&["rsa", "-in", "rsa.pem", "-pubout", "-outform", "DER"])?);
    let ed = openssl(&["pkey", "-in", "ed.pem", "-pubout", "-outform", "DER"])?;
    let ed = base64(&ed[ed.len() - 32..]);
    let key = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let one_line = key("rsa.pem").replace('\n', "\\n");
    Some(vec![
        (key("rsa.pem"), format!("v=DKIM1; k=rsa; p={rsa}")),
        (key("rsa1.pem"), format!("v=DKIM1; k=rsa; p={rsa}")),
        (one_line, format!("v=DKIM1; k=rsa; p={rsa}")),
        (key("ed.pem"), format!("v=DKIM1; k=ed25519; p={ed}")),
    ])
}

#[test]
fn dkimpy_verifies_our_signatures_and_refuses_what_was_changed() {
    let Some(keys) = dkim_keys() else { return };
    let mut letter =
        letter("Welcome — ✓  two  spaces", "Hi  \n\n.leading dot \nbye ✓\n\n\n", Some("<p>Hi</p>"));
    letter.unsubscribe = Some(Unsubscribe { url: "https://t.acme.example/u/abc".into(), mailto: None });
    let bytes = compose(&letter).unwrap().bytes;
    for (key, record) in keys {
        let signed = Dkim::new("acme.example", "wf1", &key).unwrap().signed(&bytes, letter.at);
        let text = String::from_utf8(signed).unwrap();
        let head = text.split("\r\n\r\n").next().unwrap().to_ascii_lowercase();
        assert!(head.contains("list-unsubscribe:") && head.contains("list-unsubscribe-post:"));
        let one_click = "List-Unsubscribe-Post: List-Unsubscribe=One-Click";
        let changed = [
            text.replace("bye", "buy"),
            text.replace(one_click, "List-Unsubscribe-Post: List-Unsubscribe=Two-Clicks"),
            text.replace("https://t.acme.example/u/abc", "https://t.acme.example/u/abd"),
            text.replacen("From: Acme", "From: Evil", 1),
            text.replacen("From: Acme", "From: Evil <evil@evil.example>\r\nFrom: Acme", 1),
            text.replacen("Subject:", "Subject: Win\r\nSubject:", 1),
        ];
        assert!(changed.iter().all(|changed| *changed != text));
        // White space that relays change is no change.
        let spaced = text.replacen("Subject: ", "Subject:  ", 1);
        let all: Vec<String> = [&text, &spaced]
            .into_iter()
            .chain(&changed)
            .map(|message| data_encoding::BASE64.encode(message.as_bytes()))
            .collect();
        let Some(mut command) = counterpart::python("verify_dkim.py") else { return };
        command.arg(&record);
        let said = counterpart::answer(command, json!(all).to_string().as_bytes());
        assert_eq!(said.trim(), "[true, true, false, false, false, false, false, false]", "{text}");
    }
}

/// Fields in which we say more, or something else, on purpose: see the notes where each is read.
fn comparable(event: &MailEvent) -> Value {
    json!({
        "kind": event.kind, "at": event.at, "id": event.id, "message": event.message, "recipient": event.recipient,
        "reason": event.reason, "url": event.url, "user_agent": event.user_agent, "response": event.response,
    })
}

fn oracle(requests: &[Value]) -> Option<Vec<Value>> {
    let lines: String = requests.iter().map(|request| format!("{request}\n")).collect();
    let said = counterpart::answer(counterpart::python("anymail_oracle.py")?, lines.as_bytes());
    Some(said.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

#[test]
fn anymail_reads_the_same_in_webhooks() {
    for service in ["sendgrid", "mailgun", "postmark", "resend"] {
        let requests = signed(service);
        let key = |proof: &Proof| match proof {
            Proof::SendGrid { public_key } => public_key.clone(),
            Proof::Mailgun { signing_key: key } | Proof::Resend { secret: key } => key.expose().to_owned(),
            Proof::Postmark { .. } => String::new(),
        };
        let asked: Vec<Value> = requests.iter().map(|it| {
            json!({ "service": service, "key": key(&it.proof), "headers": it.headers, "body": String::from_utf8_lossy(&it.body) })
        }).collect();
        let Some(theirs) = oracle(&asked) else { return };
        for (request, theirs) in requests.iter().zip(&theirs) {
            assert_eq!(theirs["status"], 200, "{service}");
            for (ours, theirs) in request.read(NOW).unwrap().iter().zip(theirs["events"].as_array().unwrap())
            {
                let (mut ours, mut theirs) = (comparable(ours), theirs.clone());
                // Anymail has no kind for these yet; Postmark's events have no id of their own.
                let newer =
                    service == "resend" && matches!(ours["kind"].as_str(), Some("failed" | "rejected"));
                let unnamed = service == "postmark" && theirs["id"].is_null();
                for (field, ignored) in
                    [("kind", newer), ("id", unnamed), ("response", service == "sendgrid")]
                {
                    if ignored {
                        (ours[field], theirs[field]) = (Value::Null, Value::Null);
                    }
                }
                assert_eq!(ours, theirs, "{service}");
            }
        }
        let tampered: Vec<Value> = asked
            .iter()
            .map(|request| {
                let mut request = request.clone();
                request["body"] = request["body"]
                    .as_str()
                    .unwrap()
                    .replacen("token-", "tokem-", 1)
                    .replacen("\":\"", "\": \"", 1)
                    .into();
                request
            })
            .collect();
        if service != "postmark" {
            assert!(oracle(&tampered).unwrap().iter().all(|said| said["status"] != 200), "{service}");
        }
    }
}

#[test]
fn anymail_reads_the_same_in_amazons_notifications() {
    let messages: Vec<Value> =
        serde_json::from_str(include_str!("../../cases/mail/sns/messages.json")).unwrap();
    let asked: Vec<Value> = messages
        .iter()
        .map(|message| {
            let headers = json!([
                ["x-amz-sns-message-type", message["Type"]],
                ["x-amz-sns-message-id", message["MessageId"]]
            ]);
            json!({ "service": "ses", "key": "", "headers": headers, "body": message.to_string() })
        })
        .collect();
    let Some(theirs) = oracle(&asked) else { return };
    let known = cases("ses").len();
    for (message, theirs) in messages.iter().zip(theirs).take(known) {
        let topics = [message["TopicArn"].as_str().unwrap().to_owned()];
        let body = message.to_string();
        let envelope = Envelope::read(&Hook { headers: &[], body: body.as_bytes() }, &topics).unwrap();
        let Ok(Notice::Events(ours)) = envelope.notice() else { panic!("{message}") };
        assert_eq!(ours.len(), theirs["events"].as_array().unwrap().len());
        for (ours, theirs) in ours.iter().zip(theirs["events"].as_array().unwrap()) {
            let (mut ours, mut theirs) = (comparable(ours), theirs.clone());
            // Anymail has no kind for delays and subscriptions, and gives all recipients of one notice the same id.
            let newer = matches!(ours["kind"].as_str(), Some("deferred" | "unsubscribed"));
            let same = ours["id"].as_str().unwrap().starts_with(theirs["id"].as_str().unwrap());
            assert!(same);
            for (field, ignored) in [("kind", newer), ("response", newer), ("id", true)] {
                if ignored {
                    (ours[field], theirs[field]) = (Value::Null, Value::Null);
                }
            }
            assert_eq!(ours, theirs);
        }
    }
}

/// OpenSMTPD as a relay on this machine: what it can't deliver comes back to the sink as its bounce.
fn opensmtpd(sink: u16, folder: &Path) -> Option<(Server, u16)> {
    let mut command = counterpart::debian("/usr/sbin/smtpd")?;
    let port = counterpart::free_port();
    let text = format!(
        "listen on 127.0.0.1 port {port} hostname mx.acme.example\n\
         action \"relay\" relay host smtp://127.0.0.1:{sink}\n\
         match from any for any action \"relay\"\n"
    );
    let config = folder.join("smtpd.conf");
    fs::write(&config, text).unwrap();
    command.arg("-d").arg("-f").arg(&config).stderr(std::process::Stdio::null());
    let server = Server::start(command);
    counterpart::listening(port);
    Some((server, port))
}

#[test]
fn a_real_relay_bounces_and_the_bounce_finds_its_message() {
    let Some((_sink, sink, folder)) = sink("opensmtpd", "plain") else { return };
    let Some((_relay, port)) = opensmtpd(sink, &folder) else { return };
    let keys = Keys::new([b"0123456789abcdef0123456789abcdef".as_slice()]).unwrap();
    let message = MessageKey::parse("wf_00112233445566778899aabbccddeeff").unwrap();
    let mut letter = letter("Welcome", "Hi\n", Some("<p>Hi</p>"));
    letter.to = Mailbox::new(None, Address::parse("perm@customer.example").unwrap());
    let back = format!("b+{}@reply.acme.example", keys.token(Purpose::Bounce, message));
    letter.bounces_to = Some(Address::parse(&back).unwrap());
    let taken =
        run(async { Smtp::new(settings(port)).unwrap().send(&compose(&letter).unwrap(), None).await });
    assert!(matches!(&taken, Outcome::Ok { .. }), "{taken:?}");
    let bounce = folder.join("1.eml");
    for _ in 0..600 {
        if folder.join("1.json").exists() {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let raw = fs::read(&bounce).unwrap();
    let facts = facts(&folder, 1);
    let to = facts["to"][0].as_str().unwrap();
    assert_eq!(to, back);
    // By the address, and without it by the Message-ID that is quoted.
    for to in [to, "postmaster@acme.example"] {
        let Received::Events(events) = received(&raw, &[to], Some(""), &keys, NOW) else {
            panic!("{}", String::from_utf8_lossy(&raw))
        };
        assert_eq!(events.len(), 1);
        assert_eq!((events[0].kind, events[0].reason), (Some(Kind::Bounced), Some(Reason::Invalid)));
        assert_eq!(events[0].message_key(), Some(message));
        assert_eq!(events[0].recipient.as_deref(), Some("perm@customer.example"));
    }
}
