//! Services: the requests that the declared ones make of a message, Amazon's signature, drafts in Gmail; and, where they
//! are installed, emulators of them (`emulate`, moto).

use super::letter;
use crate::connect::{Fixed, KEY, about, based, block_on, plan};
use crate::counterpart::{self, Server};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use url::Url;
use wayfare::base::Instant;
use wayfare::check::checked::Method;
use wayfare::connect::guard::Allowed;
use wayfare::connect::mail::deliver::{Draft, into_gmail, through_ses};
use wayfare::connect::mail::gmail::{Authorization, Callback, Google, Grants, NotAuthorized, read_callback};
use wayfare::connect::mail::ses::{self, Ses};
use wayfare::connect::mail::*;
use wayfare::connect::redact::Redactor;
use wayfare::connect::secret::{NoSecret, Secret, Secrets};
use wayfare::connect::{Attempt, Call, Client, Connections, Outcome, Request, Settings, Step, With, oauth};
use wayfare::plan::Plan;

const NOW: Instant = Instant(1_767_603_660_000);

fn message() -> Letter {
    let mut letter = letter("Welcome — ✓", "Hi\n", Some("<p>Hi <b>✓</b></p>"));
    letter.reply_to = Some(Mailbox::parse("\"Acme, Inc.\" <r+token@reply.acme.example>").unwrap());
    letter.thread =
        Some(Thread { messages: vec!["first@acme.example".into()], subject: "Your trial".into() });
    letter.unsubscribe = Some(Unsubscribe { url: "https://t.acme.example/u/abc".into(), mailto: None });
    letter
}

fn declared() -> Plan {
    plan("use std.postmark use std.sendgrid use std.mailgun use std.resend")
}

fn secrets() -> Fixed {
    Fixed::of(&[
        ("POSTMARK_TOKEN", "token-postmark"),
        ("SENDGRID_API_KEY", "SG.key"),
        ("MAILGUN_USER", "api"),
        ("MAILGUN_API_KEY", "key-mailgun"),
        ("RESEND_API_KEY", "test_token_admin"),
    ])
}

/// A letter through a declared service.
fn with_call<T>(plan: &Plan, action: &str, letter: &Letter, then: impl FnOnce(Call<'_>) -> T) -> T {
    let action = plan.actions.iter().find(|known| *known.name == *action).unwrap();
    provider::fits(action).unwrap();
    let args = provider::args(letter, &compose(letter).unwrap());
    let about = about(&[], &[]);
    then(Call { plan, action, args: &args, about: &about, key: KEY, keep: &[] })
}

#[test]
fn what_each_service_is_sent() {
    let plan = declared();
    let plain = letter("Hello", "Hi\n", None);
    for service in ["postmark", "sendgrid", "mailgun", "resend"] {
        let request = |letter: &Letter| {
            with_call(&plan, &format!("{service}.send"), letter, |call| {
                let secrets = secrets();
                match Attempt::new(call).next(With { secrets: &secrets, token: None, at: NOW, bases: None }) {
                    Step::Send(request) => pretty(&request),
                    Step::Done(outcome) => panic!("{outcome:?}"),
                }
            })
        };
        insta::assert_snapshot!(service, format!("{}\n\n{}", request(&message()), request(&plain)));
    }
}

/// A request with its body in lines.
fn pretty(request: &Request) -> String {
    let shown = request.shown();
    let (head, body) = shown.split_once("\n\n").unwrap();
    let body = match serde_json::from_str::<Value>(body) {
        Ok(json) => serde_json::to_string_pretty(&json).unwrap(),
        Err(_) => body.replace('&', "\n&"),
    };
    format!("{head}\n\n{body}")
}

#[test]
fn an_action_that_needs_more_than_a_message_has_is_no_way_to_send() {
    let text = "connector own { base \"https://mail.example\" }\n\
                action own.send(to text, campaign text, html text, list text = \"all\") through own { post \"/\" json { to: to campaign: campaign html: html list: list } }";
    let plan = plan(text);
    let said = provider::fits(&plan.actions[0]).unwrap_err().to_string();
    assert_eq!(
        said,
        "`own.send` can't send mail: no message has a value for `campaign`, `html`; give it a default"
    );
}

fn amazon(endpoint: Option<Url>) -> Ses {
    Ses {
        region: "eu-west-1".into(),
        endpoint,
        key_id: Secret::new("AKIDEXAMPLE"),
        key: Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
        session_token: None,
        configuration_set: Some("events".into()),
    }
}

#[test]
fn amazons_own_library_signs_the_same() {
    for (endpoint, token) in [(None, None), (Some("http://127.0.0.1:5000"), Some("session/token=="))] {
        let mut ses = amazon(endpoint.map(|it| Url::parse(it).unwrap()));
        ses.session_token = token.map(Secret::new);
        let request = ses::request(&ses, &compose(&message()).unwrap(), KEY, NOW).unwrap();
        let value = |name: &str| {
            request.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
        };
        let shown = request.shown();
        assert!(!shown.contains("bPxRfiCYEXAMPLEKEY") && !shown.contains("session/token"), "{shown}");
        let Some(command) = counterpart::python("sigv4.py") else { return };
        let asked = json!({
            "method": "POST", "url": request.url.as_str(), "body": String::from_utf8_lossy(request.body.as_ref().unwrap()),
            "headers": { "Content-Type": "application/json" }, "region": "eu-west-1", "at": NOW.0, "token": token,
            "key_id": ses.key_id.expose(), "key": ses.key.expose(),
        });
        let theirs: Value =
            serde_json::from_str(&counterpart::answer(command, asked.to_string().as_bytes())).unwrap();
        assert_eq!(value("Authorization").unwrap(), theirs["Authorization"]);
        assert_eq!(value("X-Amz-Date").unwrap(), theirs["X-Amz-Date"]);
    }
}

fn client() -> Client {
    let allowed = Allowed::parse(["127.0.0.1", "localhost"]).unwrap();
    Client::new(Settings { allowed, ..Settings::default() }).unwrap()
}

/// A plain request to a service on this machine.
fn ask(
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
) -> wayfare::connect::Response {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let request = Request {
        method,
        url: Url::parse(url).unwrap(),
        headers,
        body: body.map(|body| body.as_bytes().to_vec()),
        connector: "test".into(),
        timeout: std::time::Duration::from_secs(30),
        confidential: false,
        redactor: Redactor::default(),
    };
    block_on(client().send(&request)).unwrap()
}

#[test]
fn moto_takes_mail_of_verified_senders_and_refuses_others() {
    let Some(mut command) = counterpart::python_program("moto_server") else { return };
    let port = counterpart::free_port();
    command.args(["-H", "127.0.0.1", "-p", &port.to_string()]).stderr(std::process::Stdio::null());
    let _server = Server::start(command);
    counterpart::listening(port);
    let base = format!("http://127.0.0.1:{port}");
    let ses = amazon(Some(Url::parse(&base).unwrap()));
    let composed = compose(&message()).unwrap();
    let send = || block_on(through_ses(&client(), &ses, &composed, KEY, NOW));
    assert!(matches!(send(), Outcome::Fail { reason, .. } if reason.contains("MessageRejected")));
    let verify = json!({ "EmailIdentity": "team@acme.example" }).to_string();
    let signed = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260105/eu-west-1/ses/aws4_request, SignedHeaders=host, Signature=0";
    let headers = [("Authorization", signed), ("Content-Type", "application/json")];
    assert_eq!(
        ask(Method::Post, &format!("{base}/v2/email/identities"), &headers, Some(&verify)).status(),
        200
    );
    let sent = send();
    assert!(matches!(&sent, Outcome::Ok { reference: Some(_), .. }), "{sent:?}");
    let data = ask(Method::Get, &format!("{base}/moto-api/data.json"), &[], None);
    let data: Value = serde_json::from_str(&data.text()).unwrap();
    let kept = data["sesv2"]["SESV2Message"].as_array().or_else(|| data["ses"]["RawMessage"].as_array());
    assert!(
        kept.is_some_and(|kept| !kept.is_empty()) || data.to_string().contains("ann@customer.example"),
        "{data}"
    );
}

/// The emulator of Google and Resend: the address of each.
fn emulator(name: &str) -> Option<(Server, String, String)> {
    let google = "google:\n  users: [{ email: ana@acme.example, name: Ana }]\n";
    let mut command = counterpart::node("emulate/dist/index.js")?;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mail").join(name);
    fs::create_dir_all(&folder).unwrap();
    let seed = folder.join("seed.yaml");
    fs::write(&seed, google).unwrap();
    let port = counterpart::free_ports(2);
    command.args(["start", "--service", "google,resend", "--port", &port.to_string(), "--seed"]).arg(&seed);
    let server = Server::start(command);
    counterpart::listening(port);
    counterpart::listening(port + 1);
    Some((server, format!("http://127.0.0.1:{port}"), format!("http://127.0.0.1:{}", port + 1)))
}

#[test]
fn resend_sends_once_however_often_it_is_asked() {
    let Some((_server, _, base)) = emulator("resend") else { return };
    let plan = based(declared(), &base);
    let connections = Connections::new(client(), Arc::new(secrets()));
    let send = |letter: &Letter| {
        with_call(&plan, "resend.send", letter, |call| block_on(connections.attempt(call, NOW)))
    };
    let reference = |outcome: &Outcome| match outcome {
        Outcome::Ok { reference, .. } => reference.clone().unwrap(),
        other => panic!("{other:?}"),
    };
    let first = reference(&send(&message()));
    // Killed between the call and its ledger: the same key and the same bytes give the same message.
    assert_eq!(reference(&send(&message())), first);
    let emails =
        ask(Method::Get, &format!("{base}/emails"), &[("Authorization", "Bearer test_token_admin")], None);
    let emails: Value = serde_json::from_str(&emails.text()).unwrap();
    assert_eq!(emails["data"].as_array().unwrap().len(), 1, "{emails}");
    let changed = Letter { subject: "Another".into(), thread: None, ..message() };
    assert!(matches!(send(&changed), Outcome::Fail { .. }));
}

/// What the application is called.
struct Application;

impl Secrets for Application {
    fn secret(&self, name: &str) -> Result<Secret, NoSecret> {
        match name {
            "GOOGLE_CLIENT_ID" => Ok(Secret::new("wayfare-id")),
            "GOOGLE_CLIENT_SECRET" => Ok(Secret::new("wayfare-secret")),
            _ => Err(NoSecret::Unset(name.into())),
        }
    }

    fn rotated(&self, _: &str, _: &Secret) -> Result<(), String> {
        Ok(())
    }
}

fn google(base: &str) -> Google {
    let at = |path: &str| Url::parse(base).unwrap().join(path).unwrap();
    let (id, secret) = ("GOOGLE_CLIENT_ID".into(), "GOOGLE_CLIENT_SECRET".into());
    Google {
        consent: at("/o/oauth2/v2/auth"),
        token: at("/oauth2/token"),
        api: at("/"),
        client_id: id,
        client_secret: secret,
    }
}

/// Where the browser is sent when its owner has said yes.
fn consent(base: &str, page: &Url) -> String {
    let query: Vec<(String, String)> = page.query_pairs().into_owned().collect();
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("email", "ana@acme.example");
    for (name, value) in query.iter().filter(|(name, _)| name != "response_type") {
        form.append_pair(name, value);
    }
    let kind = [("Content-Type", "application/x-www-form-urlencoded")];
    let answer = ask(Method::Post, &format!("{base}/o/oauth2/v2/auth/callback"), &kind, Some(&form.finish()));
    assert_eq!(answer.status(), 302);
    answer.header("location").unwrap().to_owned()
}

/// The consent, as the browser of the sender gives it.
fn let_in(base: &str, google: &Google, grants: &Grants, ana: &Address) -> oauth::Token {
    let authorization = Authorization::new(&std::array::from_fn(|at| at as u8), 9999);
    let page = authorization.url(google, grants, ana.as_str()).unwrap();
    let back = consent(base, &page);
    let back = back.strip_prefix("http://127.0.0.1:9999").unwrap().to_owned();
    let Ok(Callback::Code(code)) = read_callback(&format!("GET {back} HTTP/1.1"), authorization.state())
    else {
        panic!("{back}")
    };
    let request = authorization.exchange(google, grants, &code).unwrap();
    let answer = block_on(client().send(&request)).unwrap();
    oauth::read(&answer, &request.redactor).unwrap()
}

#[test]
fn a_sender_lets_us_in_and_drafts_are_left_once() {
    let Some((_server, base, _)) = emulator("gmail") else { return };
    let google = google(&base);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mail/grants");
    let _ = fs::remove_dir_all(&folder);
    let grants = Arc::new(Grants::new(folder, Arc::new(Application)));
    let ana = Address::parse("Ana@acme.example").unwrap();
    let connections = Connections::new(client(), Arc::clone(&grants) as Arc<dyn Secrets>);
    let composed = compose(&message()).unwrap();
    let leave = |perhaps_there| {
        block_on(into_gmail(
            &connections,
            &google,
            Draft { sender: &ana, message: &composed, thread: None, perhaps_there },
        ))
    };
    // Not let in yet.
    assert!(
        matches!(leave(false), Outcome::Retry { reason, .. } if reason.contains("wf connect gmail Ana@acme.example"))
    );

    let token = let_in(&base, &google, &grants, &ana);
    let path = grants.keep(&ana, token.refresh.as_ref().unwrap()).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(grants.senders(), ["ana@acme.example"]);

    let id = |outcome: Outcome| match outcome {
        Outcome::Ok { reference, kept, .. } => {
            assert_eq!(
                kept.iter().map(|(name, _)| &**name).collect::<Vec<_>>(),
                ["draft", "message", "thread"]
            );
            reference.unwrap()
        }
        other => panic!("{other:?}"),
    };
    let first = id(leave(false));
    // After an attempt of which nobody knows what became: what is there is found, and nothing is added.
    assert_eq!(id(leave(true)), first);
    let bearer = format!("Bearer {}", token.access.expose());
    let headers = [("Authorization", bearer.as_str())];
    let drafts = ask(Method::Get, &format!("{base}/gmail/v1/users/me/drafts"), &headers, None);
    let drafts: Value = serde_json::from_str(&drafts.text()).unwrap();
    assert_eq!(drafts["drafts"].as_array().unwrap().len(), 1, "{drafts}");
    let draft =
        ask(Method::Get, &format!("{base}/gmail/v1/users/me/drafts/{first}?format=raw"), &headers, None);
    let draft: Value = serde_json::from_str(&draft.text()).unwrap();
    let raw = draft["message"]["raw"].as_str().unwrap().replace('=', "");
    let raw = data_encoding::BASE64URL_NOPAD.decode(raw.as_bytes()).unwrap();
    let raw = String::from_utf8(raw).unwrap();
    assert!(raw.contains(&format!("<{}>", composed.message_id)), "{raw}");

    // Withdrawn: parked, with what to do.
    grants.keep(&ana, &Secret::new("withdrawn")).unwrap();
    let connections = Connections::new(client(), Arc::clone(&grants) as Arc<dyn Secrets>);
    let parked = block_on(into_gmail(
        &connections,
        &google,
        Draft { sender: &ana, message: &composed, thread: None, perhaps_there: false },
    ));
    assert!(
        matches!(&parked, Outcome::Retry { reason, .. } if reason.contains("invalid_grant")),
        "{parked:?}"
    );
    assert!(grants.forget(&ana) && !grants.forget(&ana));
}

/// The whole of `wf connect gmail`, with the browser of the sender played by this test.
#[test]
fn the_command_lets_us_into_a_mailbox() {
    let Some((_server, base, _)) = emulator("command") else { return };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mail/command/tokens");
    let _ = fs::remove_dir_all(&folder);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_wf"));
    command.args(["connect", "gmail", "ana@acme.example", "--google", &base, "--tokens"]).arg(&folder);
    command.env("GOOGLE_CLIENT_ID", "wayfare-id").env("GOOGLE_CLIENT_SECRET", "wayfare-secret");
    let mut wf = Server::start(command);
    let page = Url::parse(&wf.line()).unwrap();
    let redirect = page.query_pairs().find(|(name, _)| name == "redirect_uri").unwrap().1.into_owned();
    // Somebody else's request, and one of another attempt, end nothing.
    assert_eq!(ask(Method::Get, &format!("{redirect}favicon.ico"), &[], None).status(), 404);
    assert_eq!(ask(Method::Get, &format!("{redirect}?code=x&state=y"), &[], None).status(), 400);
    let back = consent(&base, &page);
    assert_eq!(ask(Method::Get, &back, &[], None).status(), 200);
    assert!(wf.ended());
    let token = fs::read_to_string(folder.join("ana@acme.example.token")).unwrap();
    assert!(!token.is_empty());
}

#[test]
fn what_the_browser_brings_back() {
    let read = |line: &str| read_callback(line, "s1");
    assert_eq!(
        read("GET /?state=s1&code=abc%2F1&scope=x HTTP/1.1"),
        Ok(Callback::Code(Secret::new("abc/1")))
    );
    assert_eq!(
        read("GET /?state=s1&error=access_denied HTTP/1.1"),
        Ok(Callback::Denied("access_denied".into()))
    );
    assert_eq!(read("GET /favicon.ico HTTP/1.1"), Ok(Callback::Other));
    assert_eq!(read("POST /?state=s1&code=a HTTP/1.1"), Ok(Callback::Other));
    assert_eq!(read("GET /?state=s2&code=abc HTTP/1.1"), Err(NotAuthorized::WrongState));
    assert_eq!(read("GET /?code=abc HTTP/1.1"), Err(NotAuthorized::WrongState));
    assert_eq!(read(""), Err(NotAuthorized::Unreadable));
}

/// The request of Google's own client, as recorded.
#[test]
fn a_draft_is_asked_for_as_googles_own_client_does() {
    let token = oauth::Token::placeholder();
    let base = Url::parse("https://gmail.googleapis.com").unwrap();
    let composed =
        Composed { bytes: b"To: a@b.c\r\nSubject: s\r\n\r\nb".to_vec(), ..compose(&message()).unwrap() };
    let request = gmail::draft(&base, &token, &composed, Some("t1")).unwrap();
    assert_eq!((request.method, request.url.path()), (Method::Post, "/gmail/v1/users/me/drafts"));
    let body: Value = serde_json::from_slice(&request.body.unwrap()).unwrap();
    assert_eq!(
        body,
        json!({ "message": { "raw": "VG86IGFAYi5jDQpTdWJqZWN0OiBzDQoNCmI=", "threadId": "t1" } })
    );
}
