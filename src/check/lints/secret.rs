//! `secret-literal`: a text that looks like a secret. A secret belongs under its name (`secret "NAME"`).

use super::walk;
use crate::check::cx::Cx;
use crate::diag::{Code, Diagnostic};
use crate::syntax::ast::{ConnectorItemKind as Item, RequestPart, Text};

/// Texts in steps, connectors and actions that look like secrets.
pub(super) fn check(cx: &mut Cx<'_>) {
    let names = cx.names;
    let mut look = |text: &Text| {
        if let Some(why) = looks_secret(&text.value) {
            let odd = Diagnostic::new(Code::SecretLiteral, text.at.0, "this looks like a secret").label(why);
            cx.report(odd.help("keep it outside, and name it in a connector: `auth bearer secret \"NAME\"`"));
        }
    };
    for body in walk::bodies(names) {
        walk::steps(body, &mut |step| walk::step_texts(step, &mut look));
    }
    let connectors = names.connectors.iter().filter(|entry| !entry.std).flat_map(|entry| &entry.decl.items);
    let actions = names.actions.iter().filter(|entry| !entry.std).flat_map(|entry| &entry.decl.items);
    for item in connectors.chain(actions) {
        item_texts(&item.kind, &mut look);
    }
    let params = names.actions.iter().filter(|entry| !entry.std).flat_map(|entry| &entry.decl.params);
    params
        .filter_map(|param| param.default.as_ref())
        .for_each(|default| walk::expr_texts(default, &mut look));
}

fn item_texts<'s>(item: &'s Item, look: &mut dyn FnMut(&'s Text)) {
    match item {
        Item::Base(text) => look(text),
        Item::Header { value, .. } => walk::expr_texts(value, look),
        Item::Request(request) => {
            look(&request.path);
            for part in &request.parts {
                match part {
                    RequestPart::Json(arg) | RequestPart::Headers(arg) => walk::texts(arg, look),
                    RequestPart::Form(fields) | RequestPart::Query(fields) => walk::field_texts(fields, look),
                    RequestPart::Raw(expr) => walk::expr_texts(expr, look),
                }
            }
        }
        _ => {}
    }
}

/// How tokens of well-known services begin, with the fewest characters behind.
const PREFIXES: [(&str, usize); 16] = [
    ("xoxb-", 10),
    ("xoxp-", 10),
    ("xapp-", 10),
    ("sk_live_", 10),
    ("sk_test_", 10),
    ("rk_live_", 10),
    ("sk-", 20),
    ("ghp_", 20),
    ("github_pat_", 20),
    ("glpat-", 16),
    ("AKIA", 16),
    ("AIza", 30),
    ("SG.", 30),
    ("pat-na1-", 20),
    ("pat-eu1-", 20),
    ("whsec_", 16),
];

/// Why a text looks like a secret.
fn looks_secret(text: &str) -> Option<&'static str> {
    if text.contains("-----BEGIN") && text.contains("PRIVATE KEY-----") {
        return Some("a private key");
    }
    if text.contains("hooks.slack.com/services/") {
        return Some("the address of an incoming webhook is a secret");
    }
    let mut words = text.split(|c: char| c.is_whitespace() || "\"'=,;<>()".contains(c));
    let mut before = "";
    words.find_map(|word| {
        let credential = matches!(before, "Bearer" | "Basic") && word.len() >= 12;
        before = word;
        if credential && !word.contains("{{") {
            return Some("a credential behind its scheme");
        }
        let known = PREFIXES.iter().any(|(prefix, least)| {
            word.strip_prefix(prefix).is_some_and(|rest| rest.len() >= *least && rest.chars().all(is_token))
        });
        if known {
            return Some("it begins as the tokens of a well-known service do");
        }
        is_random(word).then_some("it looks like a random token")
    })
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.+/".contains(c)
}

/// Long, of letters of both cases and digits, and with few repetitions: at least 3.5 bits a character.
fn is_random(word: &str) -> bool {
    let has = |of: fn(&char) -> bool| word.chars().filter(of).count();
    let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "-_+/=".contains(c));
    if !plain || !(32..=512).contains(&word.len()) || word.contains("//") {
        return false;
    }
    let digits = has(char::is_ascii_digit);
    let (upper, lower) = (has(char::is_ascii_uppercase), has(char::is_ascii_lowercase));
    let hex = word.chars().all(|c| c.is_ascii_hexdigit()) && digits > 4 && digits < word.len() - 4;
    (hex || (digits > 2 && upper > 2 && lower > 2)) && entropy(word) >= 3.5
}

/// Bits a character, by how often each stands in the word.
fn entropy(word: &str) -> f64 {
    let mut counts = std::collections::BTreeMap::new();
    word.bytes().for_each(|byte| *counts.entry(byte).or_insert(0u32) += 1);
    let length = f64::from(u32::try_from(word.len()).unwrap_or(u32::MAX));
    let bits = |count: &u32| {
        let share = f64::from(*count) / length;
        -share * share.log2()
    };
    counts.values().map(bits).sum()
}
