//! Random projects, as text in pieces that can be left out one by one.

use super::random::Random;
use super::words::{Words, condition};
use std::fmt::Write as _;

/// A project in pieces.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The zone of whoever has none.
    pub zone: String,
    /// Declarations, each whole.
    pub declarations: Vec<String>,
    pub workflows: Vec<Flow>,
}

/// A workflow in pieces.
#[derive(Clone, Debug, Default)]
pub struct Flow {
    pub name: String,
    pub was: Option<String>,
    pub on_edit: Option<String>,
    pub state: String,
    pub triggers: Vec<String>,
    pub only_if: Option<String>,
    pub policy: String,
    pub steps: Vec<String>,
    pub ends: Vec<String>,
}

/// What every project has: the generator's words.
const BASE: &str = r#"attributes of account { status one of (trial, paid, churned) plan text seats number onboarded bool renewal date trial_ends time tags list of text owner user timezone text contract time from "contractAt" }
attributes of contact { email email role text score number last_seen time birthday date vip bool status text timezone text }
event "Login" { }
event "Export" { format text pages number }
event "Paid" { amount number }
team "T" { "ana@acme.com" "bo@acme.com" }
calendar "office" { zone "Europe/Paris" mon..fri 09:00..18:00 closed 2026-03-30 }
calendar "night" { mon..sun 22:00..06:00 }
template "hello" { subject "Hello {{ contact.role | default: 'you' }}" text "{{ account.plan }} {{ contact.score | default: 0 }}" }
template "plain" { subject "Plan" text "{{ account.plan }}" }
connector chat { base "https://chat.example" }
action chat.post(channel text, message template) through chat { post "/m" json { message: message } }"#;

impl Draft {
    /// The whole text.
    pub fn text(&self) -> String {
        let mut text = format!("{BASE}\n");
        for declaration in &self.declarations {
            let _ = writeln!(text, "{declaration}");
        }
        for flow in &self.workflows {
            text += &flow.text();
        }
        text
    }
}

impl Flow {
    fn text(&self) -> String {
        let was = self.was.as_ref().map_or(String::new(), |was| format!(" was \"{was}\""));
        let mut text = format!(
            "workflow \"{}\"{was} {{\n  {}\n  when {}\n",
            self.name,
            self.state,
            self.triggers.join(" or when ")
        );
        if let Some(only_if) = &self.only_if {
            let _ = writeln!(text, "  if {only_if}");
        }
        let _ = write!(text, "  {}\n  do\n", self.policy);
        for step in &self.steps {
            let _ = writeln!(text, "    {step}");
        }
        for end in &self.ends {
            let _ = writeln!(text, "  {end}");
        }
        if let Some(on_edit) = &self.on_edit {
            let _ = writeln!(text, "  on edit {on_edit}");
        }
        text + "}\n"
    }
}

/// Makes a project.
pub fn draft(random: &mut Random) -> Draft {
    let mut words = Words::default();
    let zone =
        random.one(&["UTC", "UTC", "Europe/Paris", "America/New_York", "Pacific/Auckland"]).to_string();
    let flows = 1 + random.below(3);
    words.workflows = (0..flows).map(|at| (format!("W{at}"), random.percent(70))).collect();
    let mut declarations = Vec::new();
    for at in 0..random.below(3) {
        declarations.push(derived(random, &mut words, at));
    }
    for at in 0..=random.below(3) {
        let account = random.percent(65);
        let condition = condition(random, &words, account, 2);
        let name = format!("S{at}");
        declarations.push(format!("segment \"{name}\" of {} where {condition}", subject(account)));
        words.segments.push((name, account));
    }
    for account in [true, false] {
        if random.percent(40) {
            let conditions: Vec<String> = (0..2).map(|_| condition(random, &words, account, 1)).collect();
            declarations.push(format!(
                "stages of {} {{ stage \"A\" stage \"B\" when {} stage \"C\" when {} }}",
                subject(account),
                conditions[0],
                conditions[1]
            ));
            words.staged.push(account);
        }
        if random.percent(40) {
            let (bad, good) = (condition(random, &words, account, 1), condition(random, &words, account, 1));
            declarations
                .push(format!("health of {} {{ good when {good} bad when {bad} }}", subject(account)));
            if words.staged.contains(&account) && random.percent(50) {
                let own = condition(random, &words, account, 1);
                declarations
                    .push(format!("health of {} in stage \"B\" {{ bad when {own} }}", subject(account)));
            }
            words.healthy.push(account);
        }
    }
    if random.percent(25) {
        let what = random.one(&[
            "2 emails per contact in 2d",
            "1 chat.post per account in 36h",
            "1 emails per account in 1d",
            "2 chat.post per contact in 1d",
        ]);
        declarations.push(format!("limit {what}"));
    }
    let names = words.workflows.clone();
    let workflows =
        names.iter().map(|(name, account)| super::make_flow::flow(random, &words, name, *account)).collect();
    Draft { zone, declarations, workflows }
}

pub fn subject(account: bool) -> &'static str {
    if account { "account" } else { "contact" }
}

fn derived(random: &mut Random, words: &mut Words, at: usize) -> String {
    let account = random.percent(60);
    let whose = subject(account);
    match random.below(4) {
        0 => {
            let condition = condition(random, words, account, 1);
            words.bools.push((format!("flag{at}"), account));
            format!("attributes of {whose} {{ flag{at} bool = {condition} }}")
        }
        1 => {
            let value = super::words::number(random, words, account);
            words.numbers.push((format!("sum{at}"), account));
            format!("attributes of {whose} {{ sum{at} number = {value} }}")
        }
        2 => {
            words.numbers.push((format!("count{at}"), account));
            let period = super::words::period(random);
            format!("attributes of {whose} {{ count{at} number = count of \"Login\" in last {period} }}")
        }
        _ => {
            words.times.push((format!("since{at}"), account));
            let which = random.one(&["first", "last"]);
            format!("attributes of {whose} {{ since{at} time = {which} \"Export\" }}")
        }
    }
}
