//! The outbox: what people and delivery do with what was prepared, as scripts under tests/cases/outbox, each with the
//! timeline that it gives.
//!
//! A case is a project, a line `----`, and a script: an instant (`2026-01-05T09:00Z`, or `+3d` behind the last) and what
//! happens then (a row is one of the account `acme`): `account ID {…}`, `contact ID of ACCOUNT {…}`, `contact ID performs "Event"`, `row N VERB …`, `tick`,
//! `suppress ADDRESS`, `take out ID of "Workflow"`.

use super::conformance::plan;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use wayfare::base::Instant;
use wayfare::check::checked::{Settings, Subject};
use wayfare::engine::outbox::{Report, Suppression};
use wayfare::engine::{Effects, Input, InputKind, RowEffect, RowId, RowInput, World, apply};
use wayfare::plan::Plan;
use wayfare::simulate::words;
use wayfare::value::Value;

/// A script at play.
struct Script {
    plan: Plan,
    world: World,
    at: Instant,
    out: String,
}

impl Script {
    fn line(&mut self, line: &str) {
        let (at, rest) = line.split_once(' ').unwrap_or((line, "tick"));
        self.at = match at.strip_prefix('+') {
            Some(period) => self.at.plus(millis(period)),
            None => Instant::parse(at).unwrap(),
        };
        let kind = self.input(rest.trim());
        self.out.push_str(&format!("\n{} {}\n", self.at, rest.trim()));
        let effects = apply(&mut self.world, &self.plan, &Input { at: self.at, kind });
        self.print(&effects);
    }

    fn input(&self, text: &str) -> InputKind {
        let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
        let time = self.at;
        match verb {
            "tick" => InputKind::Tick,
            "account" => {
                let (id, traits) = rest.split_once(' ').unwrap();
                InputKind::Group { account: id.into(), contact: None, traits: traits.into(), time }
            }
            "join" => {
                let (id, account) = rest.split_once(" of ").unwrap();
                InputKind::Group {
                    account: account.into(),
                    contact: Some(id.into()),
                    traits: "{}".into(),
                    time,
                }
            }
            "contact" => {
                let (id, traits) = rest.split_once(' ').unwrap();
                InputKind::Identify { contact: id.into(), account: None, traits: traits.into(), time }
            }
            "event" => {
                let (id, event) = rest.split_once(' ').unwrap();
                let (contact, event, properties) = (Some(id.into()), event.into(), "{}".into());
                InputKind::Track { contact, account: None, event, properties, time }
            }
            "suppress" => {
                InputKind::Suppress { address: rest.into(), why: Some(Suppression::ByHand), by: "ann".into() }
            }
            "out" => {
                let (id, workflow) = rest.split_once(' ').unwrap();
                InputKind::TakeOut { subject: Subject::Account, id: id.into(), workflow: workflow.into() }
            }
            "row" => self.row(rest),
            other => panic!("{other}"),
        }
    }

    fn row(&self, text: &str) -> InputKind {
        let (row, rest) = text.split_once(' ').unwrap();
        let entity = self.world.find(Subject::Account, "acme").unwrap();
        let row = RowId { entity, number: row.parse().unwrap() };
        let (verb, more) = rest.split_once(' ').unwrap_or((rest, ""));
        let by: Arc<str> = "ann@acme.com".into();
        let pair = |pair: &str| -> (Arc<str>, Value) {
            let (name, value) = pair.split_once('=').unwrap();
            (name.into(), Value::Text(value.into()))
        };
        let (what, by) = match verb {
            "begins" => (RowInput::Attempt, "".into()),
            "succeeds" => {
                let kept = more.split_whitespace().map(pair).collect();
                (RowInput::Succeeded { reference: Some("ref-1".into()), kept, answer: None }, "".into())
            }
            "fails" => {
                let (after, reason) = more.split_once(' ').unwrap();
                let after = after.strip_prefix("after=").map(millis);
                let reason = if after.is_some() { reason } else { more };
                (RowInput::Failed { reason: reason.into(), again: true, after, answer: None }, "".into())
            }
            "fails-for-good" => {
                (RowInput::Failed { reason: more.into(), again: false, after: None, answer: None }, "".into())
            }
            "edit" => (RowInput::Edit(vec![pair(more)]), by),
            "send" => (RowInput::Send { anyway: more == "anyway" }, by),
            "discard" => (RowInput::Discard, by),
            "retry" => (RowInput::Retry, by),
            "is" => (RowInput::Report { what: report(more), time: self.at, detail: "".into() }, "".into()),
            other => panic!("{other}"),
        };
        InputKind::Row { row, what, by }
    }

    fn print(&mut self, effects: &Effects) {
        for entry in &effects.log {
            let entity = words::entity(&self.world, entry.entity);
            self.out.push_str(&format!("  {} {entity} {}\n", entry.at, words::sentence(entry)));
        }
        for (row, effect) in &effects.rows {
            let effect = match effect {
                RowEffect::Body(prepared) => {
                    format!("body for {}", prepared.to.as_deref().unwrap_or("nobody"))
                }
                RowEffect::Edited(parts) => format!("edited {parts:?}"),
                RowEffect::Offered => "offered".into(),
                RowEffect::Send(attempt) => format!("send, attempt {attempt}"),
                RowEffect::Over => "over".into(),
            };
            self.out.push_str(&format!("  row {row}: {effect}\n"));
        }
        for reject in &effects.rejects {
            self.out.push_str(&format!("  refused: {}: {}\n", reject.name, reject.reason));
        }
    }
}

fn report(word: &str) -> Report {
    let all = [Report::Delivered, Report::Opened, Report::OpenedByMachine, Report::Clicked, Report::Replied];
    let all = all.into_iter().chain([Report::Bounced, Report::Complained, Report::Unsubscribed]);
    all.into_iter().find(|one| one.word() == word).unwrap()
}

fn millis(text: &str) -> i64 {
    let at = text.find(|c: char| !c.is_ascii_digit()).unwrap();
    let unit = match &text[at..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        other => panic!("{other}"),
    };
    text[..at].parse::<i64>().unwrap() * unit
}

#[test]
fn every_script_gives_its_timeline() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/outbox");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots/outbox");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let (project, lines) = text.split_once("\n----\n").unwrap();
        let rules = Settings { retry_for: 3_600_000, ..Settings::default() };
        let mut script =
            Script { plan: plan(project, rules), world: World::new(), at: Instant(0), out: String::new() };
        for line in lines.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            script.line(line);
        }
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        settings.bind(|| insta::assert_snapshot!(name, script.out));
    }
}
