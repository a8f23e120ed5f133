//! Whether a person wrote a message.

use mail_parser::Message;

/// Headers that only machines set.
const MACHINES: [&str; 6] =
    ["X-Autoreply", "X-Autorespond", "X-Auto-Reply", "X-Vacation", "X-Mail-Autoreply", "Feedback-ID"];

/// How absences begin their subjects, in lower case, in the languages of most customers.
const ABSENT: [&str; 14] = [
    "abwesend",
    "abwesenheit",
    "auto-reply",
    "auto:",
    "automatic reply",
    "automatische antwort",
    "autoreply",
    "autosvar",
    "ausente",
    "fuera de la oficina",
    "out of office",
    "out of the office",
    "réponse automatique",
    "risposta automatica",
];

/// By RFC 3834 and by habit: an answer of a machine, a mailing list, or a report. `from`: the envelope's sender.
pub(super) fn is_automatic(message: &Message<'_>, from: Option<&str>) -> bool {
    let header =
        |name: &str| message.header_raw(name.to_owned()).map(|value| value.trim().to_ascii_lowercase());
    let said = header("Auto-Submitted").is_some_and(|value| !value.is_empty() && !value.starts_with("no"));
    let bulk = header("Precedence")
        .is_some_and(|value| matches!(value.as_str(), "auto_reply" | "bulk" | "junk" | "list"));
    let list = header("List-Id").is_some();
    let nobody = from.is_some_and(|from| from.trim_matches(['<', '>', ' ']).is_empty())
        || header("Return-Path").is_some_and(|path| path == "<>");
    let robot = from.unwrap_or_default().to_ascii_lowercase();
    let robot = robot.starts_with("mailer-daemon@") || robot.starts_with("postmaster@");
    let subject = message.subject().unwrap_or_default().trim().to_lowercase();
    let absent = ABSENT.iter().any(|start| subject.starts_with(start));
    said || bulk || list || nobody || robot || absent || MACHINES.iter().any(|name| header(name).is_some())
}
