//! Each kind of action against each fault: the outcome, and what the log says. The table is that of docs/operations.md.

use super::server::{Act, Server, nobody, self_signed};
use super::*;
use std::fmt::Write;
use std::time::Duration;

/// What goes wrong.
struct Fault {
    name: &'static str,
    /// Where services are.
    base: String,
    /// The services' owner, so that they live as long.
    _server: Option<Server>,
}

impl Fault {
    fn of(name: &'static str, act: impl Fn() -> Act + Send + Sync + 'static) -> Self {
        let server = Server::new(move |seen, _| {
            if seen.path.ends_with("/token") { Act::Answer(200, "", token(seen)) } else { act() }
        });
        Self { name, base: server.base(), _server: Some(server) }
    }

    fn at(name: &'static str, base: String) -> Self {
        Self { name, base, _server: None }
    }
}

/// The answer of a service that hands out tokens.
pub(super) fn token(seen: &super::server::Seen) -> String {
    let base = format!("http://{}", seen.header("host").unwrap());
    format!(r#"{{"access_token":"MARKER-access","instance_url":"{base}","token_type":"Bearer"}}"#)
}

fn faults() -> Vec<Fault> {
    let answer = |status, headers: &'static str| move || Act::Answer(status, headers, "{}".into());
    vec![
        Fault::at("nothing listens", nobody()),
        Fault::at("certificate that nobody trusts", self_signed()),
        Fault::at("private address", "https://169.254.169.254".into()),
        Fault::of("breaks off in its answer", || Act::BreakOff),
        Fault::of("never answers", || Act::Stall),
        Fault::of("429, `Retry-After: 2`", answer(429, "Retry-After: 2\r\n")),
        Fault::of("500", answer(500, "")),
        Fault::of("503", answer(503, "")),
        Fault::of("redirect to 169.254.169.254", answer(302, "Location: http://169.254.169.254/latest\r\n")),
        Fault::of("100 MB of answer", || Act::Flood(100 << 20)),
        Fault::of("401", answer(401, "")),
        Fault::of("404", answer(404, "")),
    ]
}

/// A call of each kind.
fn calls(base: &str) -> Vec<Case> {
    let plan = || patient(based(library(), base), 400);
    let known = || {
        let id = |name| (name, text("42"));
        about(
            &[id("hubspot_id"), id("hubspot_owner_id"), id("salesforce_id"), id("salesforce_owner_id")],
            &[],
        )
    };
    let said = ("message", text("Hello"));
    let url: &'static str = Box::leak(format!("{base}/hook").into_boxed_str());
    vec![
        Case::new(plan(), "webhook", &[("url", text(url))], known()),
        Case::new(plan(), "slack", &[("channel", text("#a")), said.clone()], known()),
        Case::new(plan(), "slack.webhook", std::slice::from_ref(&said), known()),
        Case::new(plan(), "teams", &[said], known()),
        Case::new(plan(), "hubspot.task", &[("subject", text("Call"))], known()),
        Case::new(plan(), "salesforce.task", &[("subject", text("Call"))], known()),
        Case::new(plan(), "intercom.note", &[("body", text("Hi")), ("to", text("7"))], known()),
    ]
}

/// What people see: the outcome in a word, and the reason.
fn words(outcome: &Outcome) -> (String, String) {
    match outcome {
        Outcome::Ok { response, .. } => ("done".into(), format!("answered {}", response.status)),
        Outcome::Retry { reason, after, maybe_delivered, .. } => {
            let doubt = if *maybe_delivered { ", in doubt" } else { "" };
            let after =
                after.map_or_else(String::new, |after| format!(" after {} s", Duration::as_secs(&after)));
            (format!("again{after}{doubt}"), reason.clone())
        }
        Outcome::Fail { reason, .. } => ("final".into(), reason.clone()),
    }
}

/// Without what differs from run to run.
fn steady(reason: &str, base: &str) -> String {
    let host = base.split("://").last().unwrap();
    let host = host.split(':').next().unwrap();
    reason.replace(host, "HOST").replace("0.4 s", "20 s").replace('|', "\\|")
}

fn table() -> String {
    let faults = faults();
    let kinds: Vec<&str> = calls("http://x").iter().map(|case| case.action).collect();
    let mut table = format!("| the service | {} | the log says |\n", kinds.join(" | "));
    writeln!(table, "|{}", " --- |".repeat(kinds.len() + 2)).unwrap();
    for fault in &faults {
        let connections = connections(Fixed::library(&fault.base));
        let outcomes: Vec<_> =
            calls(&fault.base).iter().map(|case| words(&case.send(&connections))).collect();
        let cells: Vec<&str> = outcomes.iter().map(|(word, _)| word.as_str()).collect();
        let said = steady(&outcomes[0].1, &fault.base);
        writeln!(table, "| {} | {} | {said} |", fault.name, cells.join(" | ")).unwrap();
    }
    table
}

/// The table of docs/operations.md is what happens; a stale one is written anew.
#[test]
fn every_fault_ends_as_the_table_of_the_docs_says() {
    const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operations.md");
    const BEGIN: &str = "<!-- faults: written by tests/it/connect/faults.rs -->\n\n";
    const END: &str = "\n<!-- end of faults -->";
    let page = std::fs::read_to_string(PATH).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let fresh = format!("{before}{BEGIN}{}{END}{after}", table());
    if fresh != page {
        std::fs::write(PATH, &fresh).unwrap();
        panic!("the table of faults in docs/operations.md was stale and is written anew");
    }
}

/// A lookup that is not sent can have done nothing, and one address of two does not hide the other.
#[test]
fn an_answer_is_read_only_so_far() {
    let server = Server::new(|_, _| Act::Flood(100 << 20));
    let case = Case::new(
        plan(
            "connector c { base \"https://c.example\" ok when response.json.ok = true }
              action c.a(x text) through c { post \"/a\" json { x: x } }",
        ),
        "c.a",
        &[("x", text("1"))],
        about(&[], &[]),
    );
    let case = Case { plan: based(case.plan, &server.base()), ..case };
    let Outcome::Fail { reason, response } = case.send(&connections(Fixed::default())) else { panic!() };
    assert_eq!(reason, "answered 200 OK (the answer was too long to be read to its end)");
    let response = response.unwrap();
    assert!(!response.whole && response.text.len() <= wayfare::connect::KEPT);
}
