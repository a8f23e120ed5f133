//! Random histories: late and repeated messages, values that vanish, ties to the millisecond, nights in which clocks go
//! forward or back, month ends.

use super::random::Random;
use std::sync::Arc;
use wayfare::base::Instant;
use wayfare::check::checked::{MailEvent, Subject};
use wayfare::engine::{Input, InputKind};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

const BEGINNINGS: [&str; 8] = [
    "2026-01-05T09:00Z",
    "2026-03-27T20:00Z",
    "2026-03-06T22:00Z",
    "2026-10-23T22:00Z",
    "2026-10-30T05:30Z",
    "2026-01-29T23:00Z",
    "2024-02-27T11:00Z",
    "2026-12-30T12:00Z",
];

pub fn history(random: &mut Random) -> Vec<Input> {
    let mut at = Instant::parse(random.one::<&str>(&BEGINNINGS)).unwrap();
    let mut inputs: Vec<Input> = Vec::new();
    for _ in 0..4 + random.below(12) {
        let again = inputs.len() > 2 && random.percent(4);
        let kind = if again { inputs[random.below(inputs.len())].kind.clone() } else { kind(random, at) };
        inputs.push(Input { at, kind });
        at = at.plus(step(random));
    }
    for days in [1, 4, 40] {
        at = at.plus(days * DAY);
        inputs.push(Input { at, kind: InputKind::Tick });
    }
    inputs
}

fn step(random: &mut Random) -> i64 {
    *random.one(&[
        0,
        0,
        1,
        1_000,
        HOUR,
        HOUR,
        6 * HOUR,
        12 * HOUR,
        23 * HOUR,
        DAY,
        DAY,
        36 * HOUR,
        2 * DAY - 1,
        2 * DAY,
        3 * DAY,
        7 * DAY,
    ])
}

/// A message's own time: mostly now, sometimes late.
fn time(random: &mut Random, at: Instant) -> Instant {
    if random.percent(75) {
        return at;
    }
    at.minus(*random.one(&[1, HOUR / 2, HOUR, HOUR + 1, 12 * HOUR, DAY, 36 * HOUR, 3 * DAY]))
}

fn kind(random: &mut Random, at: Instant) -> InputKind {
    let account: Arc<str> = random.one(&["a", "a", "b"]).to_string().into();
    let contact: Arc<str> = random.one(&["x", "x", "y", "z"]).to_string().into();
    let time = time(random, at);
    match random.below(20) {
        0..=6 => {
            let contact = random.percent(55).then_some(contact);
            InputKind::Group { account, contact, traits: account_traits(random, at), time }
        }
        7..=10 => InputKind::Identify { contact, account: None, traits: contact_traits(random, at), time },
        11..=16 => {
            let (event, properties) = event(random);
            let (contact, account) = match random.below(4) {
                0 => (None, Some(account)),
                1 => (Some(contact), Some(account)),
                _ => (Some(contact), None),
            };
            InputKind::Track { contact, account, event, properties, time }
        }
        17 => {
            let (subject, id) =
                if random.percent(60) { (Subject::Account, account) } else { (Subject::Contact, contact) };
            let workflow = format!("W{}", random.below(3)).into();
            if random.percent(70) {
                InputKind::Enrol { subject, id, workflow }
            } else {
                InputKind::TakeOut { subject, id, workflow }
            }
        }
        18 => {
            let what = *random.one(&[MailEvent::Sent, MailEvent::Opened, MailEvent::Replied]);
            InputKind::Mail { contact, template: "hello".into(), what }
        }
        _ => gone(random, account, contact, time),
    }
}

fn gone(random: &mut Random, account: Arc<str>, contact: Arc<str>, time: Instant) -> InputKind {
    let event = |event: &str, contact: Option<Arc<str>>| InputKind::Track {
        contact,
        account: Some(Arc::clone(&account)),
        event: event.into(),
        properties: "{}".into(),
        time,
    };
    match random.below(4) {
        0 | 1 => event("Account Removed User", Some(contact)),
        2 => event("Account Deleted", None),
        _ if random.percent(50) => InputKind::Delete { subject: Subject::Contact, id: contact },
        _ => InputKind::Alias { previous: contact, contact: random.one(&["x", "y", "z"]).to_string().into() },
    }
}

fn event(random: &mut Random) -> (Arc<str>, Arc<str>) {
    let (event, properties) = match random.below(7) {
        0..=2 => ("Login", "{}".to_owned()),
        3 => ("Export", format!(r#"{{"format":"pdf","pages":{}}}"#, random.below(5))),
        4 => ("Export", format!(r#"{{"format":"csv","pages":{}}}"#, random.below(5))),
        5 => (
            "Paid",
            if random.percent(85) { format!(r#"{{"amount":{}}}"#, random.below(12)) } else { "{}".into() },
        ),
        _ => ("Other", "{}".into()),
    };
    (event.into(), properties.into())
}

/// An instant near `at`, often exactly a round length away.
fn near(random: &mut Random, at: Instant) -> Instant {
    let away = *random.one(&[0, 1, HOUR, 12 * HOUR, DAY, 36 * HOUR, 2 * DAY, 3 * DAY, 7 * DAY, 31 * DAY]);
    if random.percent(65) { at.plus(away) } else { at.minus(away) }
}

fn day(random: &mut Random, at: Instant) -> String {
    near(random, at).to_string()[..10].to_owned()
}

fn account_traits(random: &mut Random, at: Instant) -> Arc<str> {
    let mut fields = Vec::new();
    for _ in 0..random.below(4) {
        fields.push(match random.below(11) {
            0..=1 => format!(
                r#""status":{}"#,
                random.one(&["\"trial\"", "\"paid\"", "\"churned\"", "null", "\"nonsense\""])
            ),
            2 => format!(r#""plan":{}"#, random.one(&["\"free\"", "\"pro\"", "null"])),
            3..=4 => format!(r#""seats":{}"#, random.one(&["1", "2", "3", "4.5", "null"])),
            5 => format!(r#""onboarded":{}"#, random.one(&["true", "false", "null"])),
            6 => {
                if random.percent(85) {
                    format!(r#""renewal":"{}""#, day(random, at))
                } else {
                    r#""renewal":null"#.into()
                }
            }
            7 => {
                if random.percent(85) {
                    format!(r#""trial_ends":"{}""#, near(random, at))
                } else {
                    r#""trial_ends":null"#.into()
                }
            }
            8 => format!(r#""tags":{}"#, random.one(&["[\"vip\"]", "[]", "null"])),
            9 => format!(r#""contractAt":"{}""#, near(random, at)),
            _ => format!(r#""created_at":"{}""#, near(random, at).min(at)),
        });
    }
    if random.percent(20) {
        fields.push(format!(
            r#""timezone":{}"#,
            random.one(&["\"Europe/Paris\"", "\"America/New_York\"", "\"Pacific/Kiritimati\""])
        ));
    }
    object(fields)
}

fn contact_traits(random: &mut Random, at: Instant) -> Arc<str> {
    let mut fields = Vec::new();
    for _ in 0..=random.below(3) {
        fields.push(match random.below(8) {
            0..=1 => format!(r#""role":{}"#, random.one(&["\"admin\"", "\"viewer\"", "null"])),
            2 => format!(r#""score":{}"#, random.one(&["1", "2", "3", "null"])),
            3 => format!(r#""last_seen":"{}""#, near(random, at)),
            4 => format!(r#""vip":{}"#, random.one(&["true", "false", "null"])),
            5 => format!(r#""email":{}"#, random.one(&["\"X@Acme.com\"", "\"y@other.org\"", "null"])),
            6 => format!(r#""birthday":"{}""#, day(random, at)),
            _ => format!(r#""status":{}"#, random.one(&["\"new\"", "\"old\""])),
        });
    }
    object(fields)
}

/// The same key twice: the last one counts, everywhere.
fn object(fields: Vec<String>) -> Arc<str> {
    let mut seen: Vec<String> = Vec::new();
    for field in fields {
        let key = field.split(':').next().unwrap().to_owned();
        seen.retain(|held| held.split(':').next() != Some(&key));
        seen.push(field);
    }
    format!("{{{}}}", seen.join(",")).into()
}
