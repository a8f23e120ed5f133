//! Bounces (delivery status notifications, RFC 3464) and complaints (feedback reports, RFC 5965).
//!
//! Read leniently: the report may be in a `multipart/mixed`, the status may say less than the words around it (OpenSMTPD
//! gives 5.0.0 where the other server said 5.1.1), or there may be words alone (qmail).

use super::super::address::one_line;
use super::super::events::{Kind, MailEvent, Reason};
use super::super::token::{MessageKey, Purpose};
use super::{Received, key_of_id, parts};
use mail_parser::Message;
use regex::Regex;
use std::sync::LazyLock;

/// Our Message-ID, wherever it is quoted.
static OURS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"wf_[0-9a-f]{32}@").ok());
/// An enhanced status code (RFC 3463), perhaps behind a plain one.
static STATUS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b").ok());

/// What became of one recipient.
#[derive(Default)]
struct Fate {
    recipient: Option<String>,
    action: String,
    status: Option<(u8, u16, u16)>,
    said: Option<String>,
}

/// The events of a bounce or a complaint; `None`: the message is neither.
pub(super) fn events(
    message: &Message<'_>,
    raw: &[u8],
    token: Option<(Purpose, MessageKey)>,
    common: &MailEvent,
) -> Option<Received> {
    let mut all = Vec::new();
    parts(message, 0, &mut all);
    let text = |wanted: &str| {
        let found = all.iter().find(|(kind, _)| kind == wanted);
        found.map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned())
    };
    let report = text("message/delivery-status").or_else(|| text("message/global-delivery-status"));
    let complaint = text("message/feedback-report");
    let words = text("text/plain").unwrap_or_default();
    let fates = match (&report, &complaint) {
        (Some(report), _) => fates(report, &words),
        (None, Some(_)) => Vec::new(),
        (None, None) if is_bounce_in_words(message, token, &words) => vec![fate_in_words(&words)],
        (None, None) => return None,
    };
    // What is quoted may be encoded, so the parts are looked through as well as the whole.
    let quoted = || all.iter().map(|(_, bytes)| *bytes).chain([raw]).find_map(ours);
    let Some(key) = token.map(|(_, key)| key).or_else(quoted) else {
        return Some(Received::Ignored("it reports on no message of ours"));
    };
    let common = MailEvent { key: Some(key.to_string()), ..common.clone() };
    if let Some(report) = complaint.filter(|_| report.is_none()) {
        return Some(Received::Events(vec![complained(&report, &common)]));
    }
    let events: Vec<MailEvent> = fates.into_iter().filter_map(|fate| event(fate, &common)).collect();
    Some(if events.is_empty() {
        Received::Ignored("it reports that all is well")
    } else {
        Received::Events(events)
    })
}

fn ours(bytes: &[u8]) -> Option<MessageKey> {
    let text = String::from_utf8_lossy(bytes);
    OURS.as_ref()?.find_iter(&text).find_map(|found| key_of_id(found.as_str()))
}

fn complained(report: &str, common: &MailEvent) -> MailEvent {
    let field = |name: &str| {
        fields(report).into_iter().flatten().find(|(known, _)| known == name).map(|(_, value)| value)
    };
    let kind = field("feedback-type").unwrap_or_else(|| "abuse".into());
    let unwanted = kind.eq_ignore_ascii_case("opt-out");
    MailEvent {
        kind: Some(if unwanted { Kind::Unsubscribed } else { Kind::Complained }),
        reason: Some(if unwanted { Reason::Unsubscribed } else { Reason::Spam }),
        recipient: field("original-rcpt-to").as_deref().and_then(address),
        description: Some(kind),
        user_agent: None,
        ..common.clone()
    }
}

/// The groups of fields of a report, names in lower case: one for the message, one a recipient.
fn fields(report: &str) -> Vec<Vec<(String, String)>> {
    let mut groups: Vec<Vec<(String, String)>> = vec![Vec::new()];
    for line in report.lines() {
        if line.trim().is_empty() {
            groups.push(Vec::new());
            continue;
        }
        let Some(group) = groups.last_mut() else { continue };
        match (line.starts_with([' ', '\t']), group.last_mut(), line.split_once(':')) {
            (true, Some((_, value)), _) => {
                value.push(' ');
                value.push_str(line.trim());
            }
            (_, _, Some((name, value))) => {
                group.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
            }
            _ => {}
        }
    }
    groups.retain(|group| !group.is_empty());
    groups
}

fn fates(report: &str, words: &str) -> Vec<Fate> {
    let recipient = |group: &Vec<(String, String)>| {
        group
            .iter()
            .any(|(name, _)| matches!(name.as_str(), "final-recipient" | "original-recipient" | "action"))
    };
    let groups: Vec<_> = fields(report).into_iter().filter(recipient).collect();
    groups.iter().map(|group| fate(group, words)).collect()
}

fn fate(group: &[(String, String)], words: &str) -> Fate {
    let field = |name: &str| group.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let recipient = field("original-recipient").or_else(|| field("final-recipient")).and_then(address);
    let said = field("diagnostic-code")
        .map(|code| code.split_once(';').map_or(code, |(_, said)| said).trim().to_owned());
    // Without a code of the other server's its words may stand in the text, behind the address.
    let line = || {
        let recipient = recipient.as_deref()?.to_lowercase();
        let line = words.lines().find(|line| line.to_lowercase().contains(&recipient) && has_code(line))?;
        Some(line.split_once(": ").map_or(line, |(_, said)| said).trim().to_owned())
    };
    let said = said.or_else(line);
    let told = field("status").and_then(status);
    // `x.0.0` says nothing: the server's own words are more exact.
    let exact = said
        .as_deref()
        .and_then(status)
        .filter(|exact| told.is_none_or(|told| (told.1, told.2) == (0, 0) && told.0 == exact.0));
    Fate {
        recipient,
        action: field("action").unwrap_or_default().to_ascii_lowercase(),
        status: exact.or(told),
        said,
    }
}

fn has_code(line: &str) -> bool {
    status(line).is_some()
        || line
            .split_whitespace()
            .any(|word| word.len() == 3 && word.starts_with(['4', '5']) && word.parse::<u16>().is_ok())
}

fn status(text: &str) -> Option<(u8, u16, u16)> {
    let found = STATUS.as_ref()?.captures(text)?;
    let part = |at: usize| found.get(at).and_then(|part| part.as_str().parse().ok());
    Some((u8::try_from(part(1)?).ok()?, part(2)?, part(3)?))
}

/// The address in `rfc822; ann@acme.com` or `<ann@acme.com>`.
fn address(value: &str) -> Option<String> {
    let value = value.rsplit_once(';').map_or(value, |(_, value)| value).trim();
    let value = value.trim_start_matches('<').trim_end_matches('>');
    value.contains('@').then(|| value.to_ascii_lowercase())
}

fn event(fate: Fate, common: &MailEvent) -> Option<MailEvent> {
    let passing = fate.status.is_some_and(|(class, ..)| class == 4);
    let kind = match fate.action.as_str() {
        "failed" | "" => Kind::Bounced,
        "delayed" => Kind::Deferred,
        _ => return None,
    };
    let reason = match (kind, fate.status) {
        (Kind::Deferred, _) => None,
        (_, Some((_, 4, 7))) => Some(Reason::TimedOut),
        _ if passing => Some(Reason::TimedOut),
        (_, Some((_, 1, 1 | 2 | 3 | 6 | 10))) => Some(Reason::Invalid),
        (_, Some((_, 7, _))) => Some(Reason::Blocked),
        _ => Some(Reason::Bounced),
    };
    Some(MailEvent {
        kind: Some(kind),
        recipient: fate.recipient,
        reason,
        description: fate.status.map(|(class, subject, detail)| format!("{class}.{subject}.{detail}")),
        response: fate.said.map(|said| one_line(&said).chars().take(300).collect()),
        ..common.clone()
    })
}

/// A bounce that has no report: it came to the address for bounces, or from nobody, and speaks of failure.
fn is_bounce_in_words(message: &Message<'_>, token: Option<(Purpose, MessageKey)>, words: &str) -> bool {
    let from = message
        .from()
        .and_then(|from| from.first())
        .and_then(|from| from.address())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let daemon = from.starts_with("mailer-daemon@") || from.starts_with("postmaster@");
    let subject = message.subject().unwrap_or_default().to_lowercase();
    let failure = ["failure", "undeliver", "undelivered", "returned mail", "delivery status", "unzustellbar"];
    let speaks = failure.iter().any(|word| subject.contains(word));
    let addressed = matches!(token, Some((Purpose::Bounce, _)));
    (addressed && (daemon || speaks)) || (daemon && speaks && has_code(words))
}

fn fate_in_words(words: &str) -> Fate {
    let line = words.lines().find(|line| has_code(line));
    let status = line.and_then(status);
    let delayed = status.is_some_and(|(class, ..)| class == 4);
    Fate {
        recipient: words
            .lines()
            .find_map(|line| address(line.trim().trim_end_matches(':')))
            .filter(|it| !it.contains(' ')),
        action: if delayed { "delayed" } else { "failed" }.into(),
        status,
        said: line.map(|line| line.trim().to_owned()),
    }
}
