//! Random workflows.

use super::make::{Flow, subject};
use super::random::Random;
use super::words::{Words, condition, period, plain};

/// What a workflow's text may name.
struct Scope<'w> {
    words: &'w Words,
    account: bool,
    /// `event.…` is known: its only trigger is `performs "Paid"`.
    paid: bool,
    splits: usize,
}

pub fn flow(random: &mut Random, words: &Words, name: &str, account: bool) -> Flow {
    let paid = random.percent(20);
    let mut scope = Scope { words, account, paid, splits: 0 };
    let triggers = if paid {
        let filter = if random.percent(40) { " where amount > 3" } else { "" };
        vec![format!("{} performs \"Paid\"{filter}", subject(account))]
    } else {
        (0..=random.below(2))
            .map(|_| format!("{} {}", subject(account), trigger(random, words, account)))
            .collect()
    };
    let only_if = random.percent(30).then(|| condition(random, words, account, 1));
    let steps = (0..=random.below(5)).map(|_| step(random, &mut scope, 1)).collect();
    let mut ends = Vec::new();
    if random.percent(50) {
        ends.push(format!("exit when {}", condition(random, words, account, 1)));
    }
    if random.percent(25) {
        ends.push(format!("goal when {}", condition(random, words, account, 1)));
    }
    let state = match random.below(12) {
        0 => "draft",
        1 => "disabled",
        _ => "live",
    };
    Flow {
        name: name.into(),
        was: None,
        on_edit: None,
        state: state.into(),
        triggers,
        only_if,
        policy: policy(random, paid),
        steps,
        ends,
    }
}

fn policy(random: &mut Random, paid: bool) -> String {
    match random.below(6) {
        0 => "once".into(),
        1 => "every time, restart".into(),
        2 => "every time, at most once per 36h".into(),
        3 if paid => "every time, in parallel by event.amount".into(),
        4 if paid => "every time, restart, in parallel by event.amount".into(),
        _ => "every time".into(),
    }
}

fn trigger(random: &mut Random, words: &Words, account: bool) -> String {
    let segments: Vec<&String> =
        words.segments.iter().filter(|(_, of)| *of == account).map(|(name, _)| name).collect();
    match random.below(16) {
        0..=2 if !segments.is_empty() => {
            let way = random.one(&["enters", "leaves", "enters"]);
            format!("{way} segment \"{}\"", random.one(&segments))
        }
        3 if words.staged.contains(&account) => {
            random.one(&["enters stage \"B\"", "leaves stage \"A\"", "enters stage \"A\""]).to_string()
        }
        4 if words.healthy.contains(&account) => random
            .one(&["health drops", "health rises to good", "health changes", "health drops to bad"])
            .to_string(),
        5..=6 => changes(random, account),
        7..=8 => format!("matches {}", condition(random, words, account, 1)),
        9..=10 => performs(random, account),
        11 => "is created".into(),
        12..=13 => reaches(random, account),
        14 => random
            .one(&[
                "reaches monday 09:00 in \"office\"",
                "reaches 31st of month 09:00",
                "reaches sunday 02:30",
                "reaches 1st of month 00:00 in \"night\"",
            ])
            .to_string(),
        _ => random.one(&["is enrolled by hand", "is created"]).to_string(),
    }
}

fn changes(random: &mut Random, account: bool) -> String {
    let list: &[&str] = if account {
        &[
            "status becomes paid",
            "status becomes trial",
            "plan changes",
            "plan changes from \"free\" to \"pro\"",
            "seats changes",
            "onboarded becomes true",
            "renewal changes",
            "owner changes",
        ]
    } else {
        &[
            "role becomes \"admin\"",
            "score changes",
            "vip becomes true",
            "last_seen changes",
            "role changes to \"viewer\"",
        ]
    };
    random.one(list).to_string()
}

fn performs(random: &mut Random, account: bool) -> String {
    let outer = if account { "account.seats" } else { "contact.score" };
    match random.below(4) {
        0 => "performs \"Login\"".into(),
        1 => "performs \"Export\" where format = \"pdf\"".into(),
        2 => format!("performs \"Export\" where pages > {outer}"),
        _ => "performs \"Export\"".into(),
    }
}

fn reaches(random: &mut Random, account: bool) -> String {
    let base: &[&str] =
        if account { &["renewal", "trial_ends", "contract"] } else { &["last_seen", "birthday"] };
    let base = random.one(base);
    match random.below(3) {
        0 => format!("reaches {base}"),
        1 => format!("reaches {} before {base}", period(random)),
        _ => format!("reaches {} after {base}", period(random)),
    }
}

fn step(random: &mut Random, scope: &mut Scope<'_>, depth: usize) -> String {
    let (words, account) = (scope.words, scope.account);
    let guard = if random.percent(20) {
        format!(" if {}", condition(random, words, account, 1))
    } else {
        String::new()
    };
    match random.below(if depth > 0 { 13 } else { 11 }) {
        0..=3 => {
            let wait = wait(random, scope);
            if wait.ends_with('}') { wait } else { wait + &guard }
        }
        4..=5 => change(random, scope) + &guard,
        6 => tag(random, scope) + &guard,
        7..=8 => call(random, scope) + &guard,
        9 => flow_step(random, scope) + &guard,
        10 => match random.below(4) {
            0 => format!("exit if {}", plain(random, words, account)),
            1 => format!("goal if {}", plain(random, words, account)),
            _ => format!("chat.post \"#x\" \"at {{{{ now }}}}\"{guard}"),
        },
        11 => {
            let (a, b) = (step(random, scope, depth - 1), step(random, scope, depth - 1));
            let test = condition(random, words, account, 1);
            if random.percent(60) {
                format!("if {test} {{ {a} }} else {{ {b} }}")
            } else {
                format!("if {test} {{ {a} {b} }}")
            }
        }
        _ => {
            let (a, b) = (step(random, scope, 0), step(random, scope, 0));
            scope.splits += 1;
            format!("label \"split {}\": split {{ 50% \"a\" {{ {a} }} 50% \"b\" {{ {b} }} }}", scope.splits)
        }
    }
}

fn wait(random: &mut Random, scope: &Scope<'_>) -> String {
    let limit = match random.below(3) {
        0 => String::new(),
        1 => format!(" at most {}", period(random)),
        _ => format!(" at most {} else exit", period(random)),
    };
    let base: &[&str] = if scope.account { &["renewal", "trial_ends"] } else { &["last_seen", "birthday"] };
    match random.below(10) {
        0..=2 => format!("wait {}", period(random)),
        3 => format!("wait {} business days in \"office\"", 1 + random.below(2)),
        4 => format!(
            "wait until {}",
            random.one(&["09:00", "02:30", "09:00 in \"office\"", "23:00 in \"night\""])
        ),
        5..=6 => {
            let timed = if !limit.is_empty() && !limit.ends_with("exit") && random.percent(40) {
                format!(" if timed out {{ {} }}", change(random, scope))
            } else {
                String::new()
            };
            format!("wait until ({}){limit}{timed}", condition(random, scope.words, scope.account, 1))
        }
        7 => format!("wait until performs \"{}\"{limit}", random.one(&["Login", "Export", "Paid"])),
        8 => format!("wait until {} before {}{limit}", period(random), random.one(base)),
        _ => format!("wait until {}{limit}", random.one(base)),
    }
}

fn change(random: &mut Random, scope: &Scope<'_>) -> String {
    let list: &[&str] = if scope.account {
        &[
            "set seats: seats + 1",
            "set plan: \"gold\"",
            "set status: paid",
            "set status: trial",
            "set renewal: missing",
            "set onboarded: true",
            "set seats: 3 plan: \"pro\"",
            "assign owner: next of \"T\"",
            "assign owner: least loaded of \"T\"",
            "assign owner: \"ana@acme.com\"",
            "assign owner: missing",
            "record \"Login\"",
            "record \"Export\" { pages: seats format: \"pdf\" }",
            "record \"Paid\" { amount: 5 }",
        ]
    } else {
        &[
            "set score: score + 1",
            "set role: \"admin\"",
            "set vip: true",
            "set role: missing",
            "record \"Login\"",
            "record \"Export\" { pages: score }",
            "record \"Paid\" { amount: 4 }",
            "set score: 2 role: \"viewer\"",
        ]
    };
    random.one(list).to_string()
}

fn tag(random: &mut Random, scope: &Scope<'_>) -> String {
    if scope.account {
        random.one(&["add tag \"vip\"", "remove tag \"vip\"", "add tag \"new\""]).to_string()
    } else {
        change(random, scope)
    }
}

fn call(random: &mut Random, scope: &Scope<'_>) -> String {
    if scope.paid && random.percent(40) {
        return "chat.post \"#paid\" \"{{ event.amount }} of {{ account.seats }}\"".into();
    }
    let list: &[&str] = if scope.account {
        &[
            "notify \"T\" \"{{ account.plan }} {{ account.seats | default: 0 }}\"",
            "email \"hello\" to: contacts",
            "email \"hello\" to: contacts where role = \"admin\"",
            "email \"hello\" to: contacts where score > account.seats",
            "email \"plain\" to: owner",
            "chat.post \"#x\" \"{{ account.id }}\"",
            "chat.post channel: plan message: \"hi\"",
        ]
    } else {
        &[
            "email \"hello\" to: contact",
            "notify \"T\" \"{{ contact.role }}\"",
            "chat.post \"#x\" \"{{ account.plan }}\"",
            "email \"hello\" to: contact send: automatic",
        ]
    };
    random.one(list).to_string()
}

fn flow_step(random: &mut Random, scope: &Scope<'_>) -> String {
    let (name, account) = random.one(&scope.words.workflows);
    let verb = random.one(&["start", "stop", "start"]);
    match (scope.account, account) {
        (a, b) if a == *b => format!("{verb} \"{name}\""),
        (true, false) => {
            format!(
                "{verb} \"{name}\" for: contacts where {}",
                plain(random, &Words { quiet: scope.words.quiet, ..Words::default() }, false)
            )
        }
        _ => change(random, scope),
    }
}
