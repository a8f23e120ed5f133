//! SMTP, command by command: what each answer means, and what it means that none comes. The servers here only make
//! faults; real ones are in [`super::counterparts`].

use super::letter;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;
use wayfare::connect::Outcome;
use wayfare::connect::mail::smtp::{Authentication, BadSmtp, Smtp, SmtpSettings, Tls};
use wayfare::connect::mail::{Address, Composed, Mailbox, compose};
use wayfare::connect::secret::Secret;

pub(super) fn settings(port: u16) -> SmtpSettings {
    SmtpSettings {
        host: "127.0.0.1".into(),
        port,
        tls: Tls::None,
        unencrypted: false,
        user: None,
        hello: Some("wayfare.test".into()),
        connections: 2,
        authorities: Vec::new(),
        timeout: Duration::from_secs(20),
    }
}

pub(super) fn run<T>(doing: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(doing)
}

fn message() -> Composed {
    compose(&letter("Hello", "Hi\n.dot\n", None)).unwrap()
}

/// What a server says at each point; an empty answer cuts the connection.
#[derive(Clone, Copy)]
struct Script {
    greeting: &'static str,
    mail: &'static str,
    rcpt: &'static str,
    data: &'static str,
    end: &'static str,
}

const GOOD: Script = Script {
    greeting: "220 mx",
    mail: "250 ok",
    rcpt: "250 ok",
    data: "354 go",
    end: "250 2.0.0 q7 Message accepted",
};

fn talk(stream: TcpStream, script: Script) -> Option<usize> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    let mut out = stream;
    let mut say = |text: &str| {
        if text.is_empty() { None } else { out.write_all(format!("{text}\r\n").as_bytes()).ok() }
    };
    say(script.greeting)?;
    let mut messages = 0;
    while let Some(Ok(line)) = lines.next() {
        match line.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" => say("250-mx\r\n250 AUTH PLAIN LOGIN XOAUTH2")?,
            "AUTH" if line.ends_with("AGFubgBodXNo") => say("235 ok")?,
            "AUTH" => say("535 5.7.8 bad credentials")?,
            "MAIL" => say(script.mail)?,
            "RCPT" => say(script.rcpt)?,
            "DATA" => {
                say(script.data)?;
                if script.data.starts_with('3') {
                    lines.by_ref().map_while(Result::ok).find(|line| line == ".")?;
                    say(script.end)?;
                    messages += 1;
                }
            }
            "RSET" => say("250 ok")?,
            _ => break,
        }
    }
    Some(messages)
}

/// A server that talks by these scripts, one a connection; how many connections came in the end.
fn server(scripts: Vec<Script>) -> (u16, std::thread::JoinHandle<Vec<Option<usize>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve =
        move || scripts.into_iter().map(|script| talk(listener.accept().unwrap().0, script)).collect();
    (port, std::thread::spawn(serve))
}

fn outcome(script: Script) -> Outcome {
    let (port, served) = server(vec![script]);
    let outcome = run(async {
        let smtp = Smtp::new(settings(port)).unwrap();
        let outcome = smtp.send(&message(), None).await;
        smtp.close().await;
        outcome
    });
    served.join().unwrap();
    outcome
}

fn said(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Ok { reference, response, .. } => {
            format!("ok {} {}", reference.as_deref().unwrap_or("-"), response.status)
        }
        Outcome::Retry { reason, maybe_delivered, .. } => {
            format!("retry{}: {reason}", if *maybe_delivered { " (perhaps delivered)" } else { "" })
        }
        Outcome::Fail { reason, .. } => format!("fail: {reason}"),
    }
}

#[test]
fn what_each_answer_means() {
    let cases = [
        ("taken", GOOD),
        ("no such recipient", Script { rcpt: "550 5.1.1 no such user", ..GOOD }),
        ("grey listing", Script { rcpt: "451 4.7.1 later", ..GOOD }),
        ("sender refused", Script { mail: "553 5.7.1 not you", ..GOOD }),
        ("no more today", Script { data: "452 4.3.1 full", ..GOOD }),
        ("content refused", Script { end: "554 5.7.1 spam", ..GOOD }),
        ("content refused for now", Script { end: "451 4.3.0 later", ..GOOD }),
        ("busy", Script { greeting: "421 4.3.2 busy", ..GOOD }),
        ("no service", Script { greeting: "554 5.3.2 go away", ..GOOD }),
        ("cut before the envelope", Script { mail: "", ..GOOD }),
        ("cut before the message", Script { data: "", ..GOOD }),
        ("cut behind the message", Script { end: "", ..GOOD }),
        ("no SMTP", Script { greeting: "HTTP/1.1 400 Bad Request", ..GOOD }),
    ];
    let table = cases.map(|(name, script)| format!("{name}: {}", said(&outcome(script))));
    insta::assert_snapshot!(table.join("\n"));
}

#[test]
fn nobody_there() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let outcome = run(async { Smtp::new(settings(port)).unwrap().send(&message(), None).await });
    assert!(matches!(outcome, Outcome::Retry { maybe_delivered: false, .. }), "{outcome:?}");
}

#[test]
fn a_connection_is_used_again_and_replaced_when_it_was_closed() {
    // The first is closed by the server behind its message: the second message goes over a new one.
    let (port, served) = server(vec![GOOD, GOOD]);
    run(async {
        let smtp = Smtp::new(settings(port)).unwrap();
        for _ in 0..3 {
            assert!(matches!(smtp.send(&message(), None).await, Outcome::Ok { .. }));
        }
        smtp.close().await;
        assert!(matches!(smtp.send(&message(), None).await, Outcome::Ok { .. }));
        smtp.close().await;
    });
    assert_eq!(served.join().unwrap(), [Some(3), Some(1)]);
    let cutting = Script { end: "250 ok", ..GOOD };
    let (port, served) = server(vec![Script { mail: "", ..cutting }, GOOD]);
    run(async {
        let smtp = Smtp::new(settings(port)).unwrap();
        assert!(matches!(smtp.send(&message(), None).await, Outcome::Retry { maybe_delivered: false, .. }));
        assert!(matches!(smtp.send(&message(), None).await, Outcome::Ok { .. }));
        smtp.close().await;
    });
    assert_eq!(served.join().unwrap(), [None, Some(1)]);
}

#[test]
fn a_refusal_does_not_end_the_connection() {
    let (port, served) = server(vec![Script { rcpt: "550 5.1.1 no", ..GOOD }]);
    run(async {
        let smtp = Smtp::new(settings(port)).unwrap();
        for _ in 0..2 {
            assert!(matches!(smtp.send(&message(), None).await, Outcome::Fail { .. }));
        }
        smtp.close().await;
    });
    assert_eq!(served.join().unwrap(), [Some(0)]);
}

#[test]
fn a_wrong_password_is_the_settings_fault_and_a_right_one_is_not_shown() {
    let (port, served) = server(vec![GOOD, GOOD]);
    let with = SmtpSettings { user: Some(("ann".into(), Authentication::Password)), ..settings(port) };
    run(async {
        let smtp = Smtp::new(with.clone()).unwrap();
        let wrong = smtp.send(&message(), Some(&Secret::new("wrong-secret"))).await;
        assert!(matches!(&wrong, Outcome::Retry { reason, .. } if reason.contains("535")), "{wrong:?}");
        assert!(!format!("{wrong:?}{smtp:?}").contains("wrong-secret"));
        assert!(matches!(smtp.send(&message(), Some(&Secret::new("hush"))).await, Outcome::Ok { .. }));
        smtp.close().await;
    });
    served.join().unwrap();
}

#[test]
fn an_international_address_needs_a_server_that_takes_it() {
    let mut letter = letter("Hello", "Hi", None);
    letter.to = Mailbox::new(None, Address::parse("zoë@bücher.example").unwrap());
    let message = compose(&letter).unwrap();
    let (port, served) = server(vec![GOOD]);
    let outcome = run(async {
        let smtp = Smtp::new(settings(port)).unwrap();
        smtp.send(&message, None).await
    });
    assert!(matches!(&outcome, Outcome::Fail { reason, .. } if reason.contains("SMTPUTF8")), "{outcome:?}");
    served.join().unwrap();
}

#[test]
fn nothing_goes_in_the_open_to_another_machine() {
    let open = SmtpSettings { host: "mx.acme.example".into(), ..settings(25) };
    assert_eq!(Smtp::new(open.clone()).unwrap_err(), BadSmtp::Unencrypted);
    let meant = SmtpSettings { unencrypted: true, ..open };
    assert!(Smtp::new(meant.clone()).is_ok());
    let password = SmtpSettings { user: Some(("ann".into(), Authentication::Password)), ..meant };
    assert_eq!(Smtp::new(password).unwrap_err(), BadSmtp::PasswordInTheOpen);
    assert_eq!(
        Smtp::new(SmtpSettings { host: "not a host".into(), ..settings(25) }).unwrap_err(),
        BadSmtp::Host
    );
}
