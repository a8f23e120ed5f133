//! The pages of the server, without a browser: who may what, what a form must show, what is inert.

use super::{Served, TRIAL, folder, identify, project};
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;

/// A workflow whose every name is an attack, and whose message waits for a person.
pub(super) const HOSTILE: &str = r#"
attributes of contact { plan text  email email  name text }
segment "Trial" of contact where plan = "trial"
template "t<i>" { subject "Hi {{ contact.name | default: \"you\" }}" text "Dear {{ contact.name | default: \"you\" }}, hello." }
workflow "W <script>alert(1)</script> & \"q\"" {
  description "Says </p><img src=x onerror=alert(2)>"
  live
  when contact enters segment "Trial"
  every time
  do
    email "t<i>" to: contact
    wait 3d
}
"#;
const NAME: &str = "W%20%3Cscript%3Ealert%281%29%3C%2Fscript%3E%20%26%20%22q%22";
const PASSWORD: &str = "correct horse";

pub(super) struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }

    /// The cookie of a session that it sets.
    fn session(&self) -> Option<String> {
        let at = self.head.find("wayfare_session=")? + "wayfare_session=".len();
        let value = self.head[at..].split(';').next()?.to_owned();
        Some(value).filter(|value| !value.is_empty())
    }

    /// The value of a hidden field.
    fn field(&self, name: &str) -> String {
        let from = format!("name=\"{name}\" value=\"");
        let at = self.body.find(&from).unwrap_or_else(|| panic!("no {name} in {}", self.body)) + from.len();
        self.body[at..].split('"').next().unwrap().to_owned()
    }
}

pub(super) fn fetch(
    served: &Served,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut stream = TcpStream::connect(&served.address).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(60))).unwrap();
    let mut request =
        format!("{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", served.address);
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let text = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    Answer { status: head[9..12].parse().unwrap(), head: head.to_owned(), body: body.to_owned() }
}

/// A browser that is signed in.
pub(super) struct Browser<'s> {
    served: &'s Served,
    session: String,
    /// What its forms hold.
    token: String,
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(
            |byte| {
                if byte.is_ascii_alphanumeric() { (byte as char).to_string() } else { format!("%{byte:02X}") }
            },
        )
        .collect()
}

fn form(fields: &[(&str, &str)]) -> String {
    let pairs = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// Sends a form of those who are not signed in: the cookie and the field are the same.
fn as_guest(served: &Served, path: &str, fields: &[(&str, &str)]) -> Answer {
    let token = "g".repeat(43);
    let cookie = format!("wayfare_guest={token}");
    let body = form(&[fields, &[("token", token.as_str())]].concat());
    fetch(served, "POST", path, &[("cookie", &cookie)], &body)
}

impl<'s> Browser<'s> {
    /// The first user, by the link of the start.
    pub fn first(served: &'s Served) -> Self {
        let link = served.setup.as_deref().unwrap();
        assert_eq!(fetch(served, "GET", &format!("/setup?token={link}"), &[], "").status, 200);
        let fields = [("link", link), ("name", "ann"), ("password", PASSWORD)];
        Self::entered(served, &as_guest(served, "/setup", &fields))
    }

    fn sign_in(served: &'s Served, name: &str) -> Self {
        Self::entered(served, &as_guest(served, "/signin", &[("name", name), ("password", PASSWORD)]))
    }

    fn entered(served: &'s Served, answer: &Answer) -> Self {
        assert_eq!(answer.status, 303, "{}{}", answer.head, answer.body);
        let mut browser = Self { served, session: answer.session().unwrap(), token: String::new() };
        browser.token = browser.get("/settings").field("token");
        browser
    }

    fn cookie(&self) -> String {
        format!("wayfare_session={}", self.session)
    }

    fn get(&self, path: &str) -> Answer {
        fetch(self.served, "GET", path, &[("cookie", &self.cookie())], "")
    }

    fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = form(&[fields, &[("token", self.token.as_str())]].concat());
        fetch(self.served, "POST", path, &[("cookie", &self.cookie())], &body)
    }
}

fn hostile(name: &str) -> Served {
    let folder = folder(name);
    project(&folder, HOSTILE);
    let served = Served::start(&folder, &[]);
    let contact = json!({
        "type": "identify", "messageId": "1", "userId": "<b>x</b>",
        "traits": { "plan": "trial", "email": "x@acme.example", "name": "<script>alert(3)</script>", "odd": "<svg onload=alert(4)>" },
    });
    served.batch(&[contact]).unwrap();
    served
}

/// (method, path, the role that it needs), every page.
const ROUTES: [(&str, &str, &str); 34] = [
    ("GET", "/", "read"),
    ("GET", "/w/NAME", "read"),
    ("GET", "/w/NAME/source", "read"),
    ("GET", "/w/NAME/versions", "read"),
    ("GET", "/w/NAME/log", "read"),
    ("GET", "/w/NAME/report", "read"),
    ("GET", "/w/NAME/report.csv", "read"),
    ("GET", "/w/NAME/report.html", "read"),
    ("POST", "/w/NAME/disable", "operate"),
    ("POST", "/w/NAME/enable", "operate"),
    ("GET", "/log", "read"),
    ("GET", "/outbox", "read"),
    ("GET", "/outbox/ROW", "read"),
    ("POST", "/outbox/ROW/edit", "operate"),
    ("POST", "/outbox/ROW/send", "operate"),
    ("POST", "/outbox/ROW/discard", "operate"),
    ("POST", "/outbox/ROW/retry", "operate"),
    ("GET", "/customers", "read"),
    ("GET", "/e/contact/ID", "read"),
    ("GET", "/e/contact/ID?why=NAME", "read"),
    ("POST", "/e/contact/ID/enrol", "operate"),
    ("POST", "/e/contact/ID/exit", "operate"),
    ("GET", "/deploys", "read"),
    ("GET", "/deploys/1", "read"),
    ("POST", "/deploys/1/rollback", "admin"),
    ("GET", "/rejects", "read"),
    ("GET", "/settings", "read"),
    ("POST", "/settings/password", "read"),
    ("POST", "/settings/users", "admin"),
    ("POST", "/settings/users/role", "admin"),
    ("POST", "/settings/users/remove", "admin"),
    ("POST", "/settings/tokens", "admin"),
    ("POST", "/settings/tokens/revoke", "admin"),
    ("POST", "/signout", "read"),
];

fn path(path: &str) -> String {
    path.replace("NAME", NAME).replace("ROW", "0-1").replace("ID", "%3Cb%3Ex%3C%2Fb%3E")
}

/// Fields that a form of that path needs, so that only the role can be wrong.
fn fields(path: &str) -> Vec<(&'static str, &'static str)> {
    match path {
        "/outbox/ROW/edit" => vec![("part.subject", "Hello")],
        "/e/contact/ID/enrol" | "/e/contact/ID/exit" => {
            vec![("workflow", "W <script>alert(1)</script> & \"q\"")]
        }
        _ => vec![("name", "nobody"), ("role", "read"), ("password", "short"), ("old", "x"), ("new", "y")],
    }
}

#[test]
fn every_page_asks_who_it_is_and_what_they_may() {
    let served = hostile("page-roles");
    let ann = Browser::first(&served);
    for role in ["read", "operate"] {
        assert_eq!(
            ann.post("/settings/users", &[("name", role), ("password", PASSWORD), ("role", role)]).status,
            303
        );
    }
    let rank = |role: &str| ["read", "operate", "admin"].iter().position(|known| *known == role).unwrap();
    let others = ["read", "operate"].map(|role| Browser::sign_in(&served, role));
    for (method, route, needed) in ROUTES {
        let there = path(route);
        let stranger = fetch(&served, method, &there, &[], "");
        assert_eq!(
            (stranger.status, stranger.header("location").starts_with("/signin")),
            (303, true),
            "{method} {route}"
        );
        for role in ["read", "operate"] {
            // A right call of a role that has it would change what later lines stand on.
            if method == "POST" && rank(role) >= rank(needed) {
                continue;
            }
            let browser = &others[rank(role)];
            let answer =
                if method == "GET" { browser.get(&there) } else { browser.post(&there, &fields(route)) };
            let wanted = if rank(role) >= rank(needed) { 200 } else { 403 };
            assert_eq!(answer.status, wanted, "{method} {route} as {role}: {}", answer.body);
        }
        if method == "GET" {
            let page = ann.get(&there);
            assert_eq!(page.status, 200, "{route}: {}", page.body);
            assert_policy(&page, route);
        } else {
            // From elsewhere, without the token, with another's.
            let cookie = ann.cookie();
            let good = form(&[&fields(route)[..], &[("token", ann.token.as_str())]].concat());
            let elsewhere = [("cookie", &*cookie), ("sec-fetch-site", "cross-site")];
            assert_eq!(fetch(&served, "POST", &there, &elsewhere, &good).status, 403, "{route}");
            let elsewhere = [("cookie", &*cookie), ("origin", "https://evil.example")];
            assert_eq!(fetch(&served, "POST", &there, &elsewhere, &good).status, 403, "{route}");
            for token in ["", "x"] {
                let bad = form(&[&fields(route)[..], &[("token", token)]].concat());
                assert_eq!(
                    fetch(&served, "POST", &there, &[("cookie", &cookie)], &bad).status,
                    403,
                    "{route}"
                );
            }
        }
    }
}

/// What every page says of what it may load; nothing inside it runs or styles.
fn assert_policy(page: &Answer, route: &str) {
    let policy = page.header("content-security-policy");
    if !route.contains("report.") {
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{route}: {policy}"
        );
        assert!(!policy.contains("unsafe"), "{route}: {policy}");
        for inside in ["<style", " style=", " onclick=", "javascript:"] {
            assert!(!page.body.contains(inside), "{route}: {inside}");
        }
        let scripts = page.body.matches("<script").count();
        assert_eq!(scripts, page.body.matches("<script src=\"/assets/").count(), "{route}");
    }
    assert_eq!(page.header("x-content-type-options"), "nosniff", "{route}");
    for attack in ["<script>alert", "<img src=x", "<b>x</b>", "<svg onload", "t<i>"] {
        assert!(!page.body.contains(attack) || route.ends_with("csv"), "{route}: {attack}");
    }
}

#[test]
fn a_session_is_new_at_each_sign_in_and_over_when_it_is_signed_out() {
    let served = hostile("page-sessions");
    let stranger = fetch(&served, "GET", "/log?kind=goal", &[], "");
    assert_eq!(stranger.header("location"), "/signin?to=%2Flog%3Fkind%3Dgoal");
    let ann = Browser::first(&served);
    // The link is used up.
    let link = served.setup.as_deref().unwrap();
    assert_eq!(fetch(&served, "GET", &format!("/setup?token={link}"), &[], "").status, 404);
    let again = [("link", link), ("name", "eve"), ("password", PASSWORD)];
    assert_eq!(as_guest(&served, "/setup", &again).status, 422);
    // An id that somebody else chose is never taken over.
    let (chosen, token) = ("a".repeat(43), "g".repeat(43));
    let cookie = format!("wayfare_session={chosen}; wayfare_guest={token}");
    let body = form(&[("name", "ann"), ("password", PASSWORD), ("token", &token)]);
    let answer = fetch(&served, "POST", "/signin", &[("cookie", &cookie)], &body);
    let session = answer.session().unwrap();
    assert!(answer.status == 303 && session != chosen && session != ann.session);
    assert!(
        answer.head.contains("HttpOnly; SameSite=Lax") && !answer.head.contains("Secure"),
        "{}",
        answer.head
    );
    let secure = [("cookie", &*cookie), ("x-forwarded-proto", "https")];
    assert!(fetch(&served, "POST", "/signin", &secure, &body).head.contains("SameSite=Lax; Secure"));
    // Where to go on is a page of ours.
    for (to, there) in
        [("/log", "/log"), ("//evil.example", "/"), ("https://evil.example", "/"), ("/\\evil", "/")]
    {
        let body = form(&[("name", "ann"), ("password", PASSWORD), ("token", &token), ("to", to)]);
        assert_eq!(
            fetch(&served, "POST", "/signin", &[("cookie", &cookie)], &body).header("location"),
            there
        );
    }
    // Without the cookie of the form nobody signs anybody in.
    assert_eq!(fetch(&served, "POST", "/signin", &[], &body).status, 403);
    let other = Browser::sign_in(&served, "ann");
    assert_eq!(ann.post("/signout", &[]).status, 303);
    assert_eq!((ann.get("/").status, other.get("/").status), (303, 200));
    // A changed password ends the sessions elsewhere.
    let third = Browser::sign_in(&served, "ann");
    let change = [("old", PASSWORD), ("new", "another horse")];
    assert_eq!(other.post("/settings/password", &change).status, 303);
    assert_eq!((third.get("/").status, other.get("/").status), (303, 200));
    // Wrong tries are heard more and more seldom.
    let wrong = |_| as_guest(&served, "/signin", &[("name", "ann"), ("password", "wrong")]).status;
    let tries: Vec<u16> = (0..6).map(wrong).collect();
    assert!(tries[..5].iter().all(|status| *status == 422) && tries[5] == 429, "{tries:?}");
    assert!(served.stop());
}

#[test]
fn a_draft_is_edited_and_let_go_and_a_workflow_turned_off_and_on() {
    let served = hostile("page-work");
    let ann = Browser::first(&served);
    let desk = ann.get("/outbox");
    assert!(desk.body.contains("Dear &lt;script&gt;alert(3)"), "{}", desk.body);
    let list = [("state", "review"), ("workflow", "")];
    let edit = [&list[..], &[("part.subject", "Welcome"), ("part.text", "Dear X,\r\nhello.")]].concat();
    assert_eq!(ann.post("/outbox/0-1/edit", &edit).header("location"), "/outbox/0-1?state=review&workflow=");
    let page = ann.get("/outbox/0-1");
    assert!(page.body.contains("Dear X,\nhello.") && page.body.contains("Edited by</dt>"), "{}", page.body);
    assert_eq!(ann.post("/outbox/0-1/send", &list).status, 303);
    assert_eq!(ann.post("/outbox/0-1/send", &list).status, 409);
    assert!(!ann.get("/outbox?state=review").body.contains("0-1"));
    let workflow = path("/w/NAME");
    assert_eq!(ann.post(&format!("{workflow}/disable"), &[]).status, 303);
    assert!(ann.get("/").body.contains("<b>by hand</b>"));
    assert_eq!(ann.post(&format!("{workflow}/enable?resume=true"), &[]).status, 303);
    assert!(!ann.get("/").body.contains("<b>by hand</b>"));
    let log = served.get("/api/v1/log?kind=outbox");
    let approved =
        |line: &serde_json::Value| line["detail"]["event"] == "approved" && line["detail"]["by"] == "ann";
    assert!(log["lines"].as_array().unwrap().iter().any(approved), "{log}");
    let missing = ann.get("/w/nothing");
    assert!(missing.status == 404 && missing.body.contains("Nothing is here"), "{}", missing.body);
    assert!(served.stop());
}

#[test]
fn a_token_is_made_shown_once_and_revoked() {
    let served = hostile("page-tokens");
    let ann = Browser::first(&served);
    let made = ann.post("/settings/tokens", &[("name", "ci"), ("role", "read")]);
    assert_eq!(made.status, 200, "{}", made.body);
    let at = made.body.find("wft_").unwrap();
    let token: String =
        made.body[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || "_-".contains(*c)).collect();
    let bearer = format!("Bearer {token}");
    let ask = || served.ask("GET", "/api/v1/status", &[("authorization", &bearer)], b"").0;
    assert_eq!(ask(), 200);
    assert!(!ann.get("/settings").body.contains(&token));
    assert_eq!(ann.post("/settings/tokens", &[("name", "ci"), ("role", "read")]).status, 422);
    assert_eq!(ann.post("/settings/tokens/revoke", &[("name", "ci")]).status, 303);
    assert_eq!(ask(), 401);
    assert!(served.stop());
}

#[test]
fn a_thousand_workflows_are_a_small_page() {
    let folder = folder("page-thousand");
    let one = |number: usize| {
        TRIAL[TRIAL.find("workflow").unwrap()..].replace("Nurture", &format!("Nurture campaign {number}"))
    };
    let flows: String = (0..1_000).map(one).collect();
    project(&folder, &format!("{}{flows}", &TRIAL[..TRIAL.find("workflow").unwrap()]));
    let served = Served::start(&folder, &[]);
    served.batch(&[identify("ann", "1", "trial")]).unwrap();
    let ann = Browser::first(&served);
    let page = ann.get("/");
    assert_eq!(page.body.matches("<tr><td>").count(), 1_000);
    assert!(page.body.len() < 200_000, "{}", page.body.len());
    assert!(served.stop());
}
