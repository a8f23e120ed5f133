//! Mail that comes in: real bounces and made-up ones, answers, machines that answer, complaints.

use super::events::NOW;
use serde_json::json;
use std::fmt::Write as _;
use wayfare::connect::mail::events::{Hook, Kind, MailEvent, Proof, Reason, Seen};
use wayfare::connect::mail::inbound::{Received, mail_of_hook, received};
use wayfare::connect::mail::{Keys, MessageKey, Purpose};
use wayfare::connect::secret::Secret;

const KEY: &str = "wf_00112233445566778899aabbccddeeff";

fn keys() -> Keys {
    Keys::new([b"0123456789abcdef0123456789abcdef".as_slice()]).unwrap()
}

fn address(purpose: Purpose) -> String {
    format!("m+{}@reply.acme.example", keys().token(purpose, MessageKey::parse(KEY).unwrap()))
}

fn read(raw: &str, to: &[&str], from: Option<&str>) -> Vec<MailEvent> {
    match received(raw.replace('\n', "\r\n").as_bytes(), to, from, &keys(), NOW) {
        Received::Events(events) => events,
        Received::Ignored(_) => Vec::new(),
    }
}

fn one(raw: &str, to: &[&str], from: Option<&str>) -> MailEvent {
    let mut events = read(raw, to, from);
    assert_eq!(events.len(), 1, "{events:?}");
    events.swap_remove(0)
}

/// OpenSMTPD's bounce as recorded, for a message of ours.
fn opensmtpd() -> String {
    include_str!("../../cases/mail/opensmtpd-bounce.eml")
        .replace("\r\n", "\n")
        .replace("run42.step3@acme.test", &format!("{KEY}@acme.test"))
}

#[test]
fn a_real_bounce_is_found_by_the_message_id_that_it_quotes() {
    let bounce = one(&opensmtpd(), &["team@acme.test"], Some(""));
    assert_eq!(bounce.kind, Some(Kind::Bounced));
    assert_eq!(bounce.key.as_deref(), Some(KEY));
    assert_eq!(bounce.recipient.as_deref(), Some("perm@example.com"));
    assert_eq!(bounce.reason, Some(Reason::Invalid));
    // The report says 5.0.0; the words around it say what the other server said.
    assert_eq!(bounce.description.as_deref(), Some("5.1.1"));
    assert_eq!(bounce.response.as_deref(), Some("550 5.1.1 User unknown"));
    assert_eq!(bounce.id.as_deref(), Some("b9c6905db9f86755@vm"));
}

#[test]
fn a_bounce_of_a_message_that_is_not_ours_is_nothing() {
    let other = include_str!("../../cases/mail/opensmtpd-bounce.eml").replace("\r\n", "\n");
    assert_eq!(read(&other, &["team@acme.test"], Some("")), Vec::new());
}

fn report(fields: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail Returned to Sender\nMessage-ID: <r1@mx.example>\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\nMIME-Version: 1.0\n\n--b\n\
         Content-Type: text/plain\n\nSorry.\n\n--b\nContent-Type: message/delivery-status\n\n\
         Reporting-MTA: dns; mx.example\n\n{fields}\n--b--\n"
    )
}

#[test]
fn reports_of_all_kinds() {
    let mut out = String::new();
    for fields in [
        "Final-Recipient: rfc822; Ann@customer.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1\n <ann@customer.example>: unknown\n",
        "Original-Recipient: rfc822;ann@customer.example\nFinal-Recipient: rfc822;ann@inner.example\nAction: failed\nStatus: 5.7.1\n",
        "Final-Recipient: rfc822; ann@customer.example\nAction: delayed\nStatus: 4.4.1\nWill-Retry-Until: Tue, 6 Jan 2026 09:00:00 +0000\n",
        "Final-Recipient: rfc822; ann@customer.example\nAction: failed\nStatus: 4.4.7\n",
        "Final-Recipient: rfc822; ann@customer.example\nAction: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 mailbox full\n",
        "Final-Recipient: rfc822; ann@customer.example\nAction: relayed\nStatus: 2.1.5\n",
        "Final-Recipient: rfc822; ann@customer.example\nAction: failed\nStatus: nonsense\n\nFinal-Recipient: rfc822; bo@customer.example\nAction: delivered\n",
    ] {
        let events = read(&report(fields), &[&address(Purpose::Bounce)], Some(""));
        let said = events.iter().map(|it| {
            format!("{:?} {:?} {:?} {:?} {:?}", it.kind, it.recipient, it.reason, it.description, it.response)
        });
        let _ = writeln!(out, "{}", said.collect::<Vec<_>>().join("; "));
    }
    insta::assert_snapshot!(out);
}

#[test]
fn a_bounce_in_words_alone_is_taken_at_the_address_for_bounces() {
    let qmail = "From: MAILER-DAEMON@mx.example\nSubject: failure notice\nDate: Mon, 5 Jan 2026 09:00:00 +0000\n\n\
                 Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message.\n\n\
                 <ann@customer.example>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 no such user\n";
    let bounce = one(qmail, &[&address(Purpose::Bounce)], Some(""));
    assert_eq!((bounce.kind, bounce.reason), (Some(Kind::Bounced), Some(Reason::Invalid)));
    assert_eq!(bounce.recipient.as_deref(), Some("ann@customer.example"));
    assert_eq!(read(qmail, &["team@acme.example"], Some("")), Vec::new());
}

#[test]
fn answers_are_found_by_address_and_by_what_they_quote() {
    let plain = "From: Ann <Ann@customer.example>\nSubject: Re: Welcome\nMessage-ID: <a1@customer.example>\n\nThanks!\n";
    let reply = one(plain, &[&address(Purpose::Reply)], Some("ann@customer.example"));
    assert_eq!((reply.kind, reply.key.as_deref()), (Some(Kind::Replied), Some(KEY)));
    assert_eq!(reply.recipient.as_deref(), Some("ann@customer.example"));
    assert_eq!(reply.id.as_deref(), Some("a1@customer.example"));
    for header in [
        format!("In-Reply-To: <{KEY}@acme.example>"),
        format!("References: <x@y.z> <{KEY}@acme.example>\n <later@customer.example>"),
        format!("To: {}", address(Purpose::Reply)),
        format!("Delivered-To: {}", address(Purpose::Reply).to_uppercase()),
    ] {
        let reply = one(&format!("{header}\n{plain}"), &["inbox@acme.example"], None);
        assert_eq!((reply.kind, reply.key.as_deref()), (Some(Kind::Replied), Some(KEY)), "{header}");
    }
    assert_eq!(read(plain, &["inbox@acme.example"], None), Vec::new());
    let forged = address(Purpose::Reply).replace("m+a", "m+b").replace("m+", "m+x");
    assert_eq!(read(plain, &[&forged], None), Vec::new());
}

#[test]
fn machines_that_answer_are_no_answers() {
    for (header, from) in [
        ("Auto-Submitted: auto-replied", None),
        ("X-Autoreply: yes", None),
        ("Precedence: auto_reply", None),
        ("Precedence: bulk", None),
        ("Return-Path: <>", None),
        ("Subject: Out of Office: Welcome", None),
        ("Subject: =?utf-8?q?R=C3=A9ponse_automatique?=", None),
        ("X-Nothing: x", Some("<>")),
    ] {
        let raw = format!(
            "{header}\nFrom: ann@customer.example\nIn-Reply-To: <{KEY}@acme.example>\n\nI am away.\n"
        );
        let event = one(&raw, &["inbox@acme.example"], from);
        assert_eq!(event.kind, Some(Kind::Autoresponded), "{header}");
    }
    let person =
        format!("Auto-Submitted: no\nFrom: ann@customer.example\nIn-Reply-To: <{KEY}@acme.example>\n\nHi.\n");
    assert_eq!(one(&person, &[], None).kind, Some(Kind::Replied));
}

#[test]
fn complaints_and_wishes_to_unsubscribe() {
    let feedback = |kind: &str| {
        format!(
            "From: fbl@isp.example\nSubject: complaint\nContent-Type: multipart/report; report-type=feedback-report; boundary=\"b\"\n\
             MIME-Version: 1.0\n\n--b\nContent-Type: text/plain\n\nThis is a complaint.\n--b\nContent-Type: message/feedback-report\n\n\
             Feedback-Type: {kind}\nUser-Agent: ISP/1.0\nVersion: 1\nOriginal-Rcpt-To: <ann@customer.example>\n\n--b\n\
             Content-Type: message/rfc822\n\nFrom: team@acme.example\nMessage-ID: <{KEY}@acme.example>\nSubject: Welcome\n\nHello\n--b--\n"
        )
    };
    let abuse = one(&feedback("abuse"), &["fbl@acme.example"], None);
    assert_eq!(
        (abuse.kind, abuse.reason, abuse.key.as_deref()),
        (Some(Kind::Complained), Some(Reason::Spam), Some(KEY))
    );
    assert_eq!(abuse.recipient.as_deref(), Some("ann@customer.example"));
    assert_eq!(one(&feedback("opt-out"), &[], None).kind, Some(Kind::Unsubscribed));
    let leave = "From: ann@customer.example\nSubject: unsubscribe\n\n";
    let event = one(leave, &[&address(Purpose::Unsubscribe)], Some("ann@customer.example"));
    assert_eq!((event.kind, event.key.as_deref()), (Some(Kind::Unsubscribed), Some(KEY)));
}

#[test]
fn services_hand_on_mail_in_their_own_forms() {
    let raw = format!(
        "From: ann@customer.example\r\nIn-Reply-To: <{KEY}@acme.example>\r\nSubject: Re\r\n\r\nHi\r\n"
    );
    let basic = format!("Basic {}", data_encoding::BASE64.encode(b"a:b"));
    let credentials = Secret::new("a:b");
    let read = |proof: &Proof, kind: &str, body: &str| {
        let headers = [("Authorization", basic.as_str()), ("Content-Type", kind)];
        let mail = mail_of_hook(
            proof,
            Some(&credentials),
            &Hook { headers: &headers, body: body.as_bytes() },
            NOW,
            &Seen::default(),
        )?;
        let to: Vec<&str> = mail.to.iter().map(String::as_str).collect();
        Ok::<_, wayfare::connect::mail::events::Refused>(received(
            &mail.raw,
            &to,
            mail.from.as_deref(),
            &keys(),
            NOW,
        ))
    };
    let replied =
        |found: Received| matches!(found, Received::Events(events) if events[0].kind == Some(Kind::Replied));
    let postmark = Proof::Postmark { credentials: credentials.clone() };
    let headers = json!([{ "Name": "In-Reply-To", "Value": format!("<{KEY}@acme.example>") }]);
    let parsed = json!({ "From": "ann@customer.example", "OriginalRecipient": "r@acme.example", "Headers": headers, "TextBody": "Hi" });
    assert!(replied(read(&postmark, "application/json", &parsed.to_string()).unwrap()));
    assert!(replied(read(&postmark, "application/json", &json!({ "RawEmail": raw }).to_string()).unwrap()));
    let other = Proof::Postmark { credentials: Secret::new("a:c") };
    assert!(read(&other, "application/json", &parsed.to_string()).is_err());

    let sendgrid = Proof::SendGrid { public_key: String::new() };
    let form = format!(
        "--x\r\nContent-Disposition: form-data; name=\"envelope\"\r\n\r\n{{\"to\":[\"r@acme.example\"],\"from\":\"ann@customer.example\"}}\r\n\
         --x\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\n{raw}\r\n--x--\r\n"
    );
    assert!(replied(read(&sendgrid, "multipart/form-data; boundary=x", &form).unwrap()));

    let token = super::events::mailgun(&json!({}), "t1");
    let signature: serde_json::Value = serde_json::from_slice(&token.body).unwrap();
    let field = |name: &str| signature["signature"][name].as_str().unwrap().to_owned();
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("recipient", "r@acme.example").append_pair("sender", "ann@customer.example");
    form.append_pair(
        "message-headers",
        &json!([["In-Reply-To", format!("<{KEY}@acme.example>")], ["From", "ann@customer.example"]])
            .to_string(),
    );
    form.append_pair("body-plain", "Hi");
    for name in ["timestamp", "token", "signature"] {
        form.append_pair(name, &field(name));
    }
    let form = form.finish();
    assert!(replied(read(&token.proof, "application/x-www-form-urlencoded", &form).unwrap()));
    assert!(
        read(&token.proof, "application/x-www-form-urlencoded", &form.replace("token=t1", "token=t2"))
            .is_err()
    );
}
