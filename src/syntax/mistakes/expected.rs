//! `expected …, found …`: what is said where no mistake is known, and the words that a rule may begin with.

use super::Scene;
use crate::diag::{Code, Diagnostic};
use crate::syntax::Rule;
use crate::syntax::recover::{CLAUSES, STEPS};
use crate::syntax::scan::Kind;
use crate::syntax::split::DECLARATIONS;
use crate::syntax::words::{Word, word};

/// The words that name types.
pub(super) const TYPES: [&str; 12] = [
    "text", "email", "number", "bool", "time", "date", "duration", "user", "template", "object", "one of",
    "list of",
];

/// How many things a message names, at most.
const FEW: usize = 5;

/// `expected …, found …`
pub(super) fn otherwise(scene: &Scene<'_, '_>, at: usize) -> Diagnostic {
    let found = match scene.kind(at) {
        None => "the end".to_owned(),
        Some(Kind::Text) if scene.word(at).len() > 40 => "a text".to_owned(),
        Some(_) => format!("`{}`", scene.word(at).chars().take(40).collect::<String>()),
    };
    if side_by_side(scene, at) {
        let (left, right) = (scene.word(at - 1), scene.word(at));
        let message = format!("two values stand side by side: `{left}` and `{right}`");
        let words = scene.kind(at) == Some(Kind::Word) && scene.kind(at - 1) == Some(Kind::Word);
        let compared = matches!(scene.word(at.wrapping_sub(2)), "=" | "!=" | "contains" | "with" | "(" | ",");
        let help = if words && compared {
            format!("if they are one text, put it in quotes: `\"{left} {right}\"`")
        } else {
            "join two values with a comparison, two conditions with `and` or `or`".to_owned()
        };
        return scene.error(Code::Syntax, at, message).help(help);
    }
    let things = things(&expected_here(scene, at));
    let expected = either(&things, "or");
    let diagnostic = if things.is_empty() {
        scene.error(Code::Syntax, at, format!("{found} does not fit here"))
    } else {
        scene.error(Code::Syntax, at, format!("expected {expected}, found {found}"))
    };
    match help(scene, at) {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

/// Advice that depends on what stands there.
fn help(scene: &Scene<'_, '_>, at: usize) -> Option<String> {
    if RESERVED.contains(&scene.word(at)) && scene.expects(&[Rule::ident, Rule::path]) {
        return Some(format!("`{}` is a word of the language and can't be a name", scene.word(at)));
    }
    match (scene.word(at.wrapping_sub(1)), scene.word(at)) {
        ("wait", "for") => {
            return Some(
                "write `wait 3d`, `wait until …` with a condition, or `wait until performs \"…\"`".into(),
            );
        }
        (end @ ("exit" | "goal"), "if") => {
            return Some(format!("behind the steps it is a clause: write `{end} when …`"));
        }
        ("or", _) if scene.expects(&[Rule::k_when]) => {
            return Some("several triggers are joined so: `or when account …`".into());
        }
        ("when", _) if scene.expects(&[Rule::subject]) => {
            return Some(format!("say who: `when account {} …` or `when contact …`", scene.word(at)));
        }
        (way @ ("enters" | "leaves"), _) if scene.kind(at) == Some(Kind::Text) => {
            return Some(format!("write `{way} segment …` or `{way} stage …`"));
        }
        ("every", _) if scene.expects(&[Rule::k_time]) => {
            return Some("write `every time`, and how often at most: `, at most once per 30d`".into());
        }
        (count, _) if scene.expects(&[Rule::k_times]) => return Some(format!("write `{count} times`")),
        (_, word) if things(&expected_here(scene, at)).iter().any(|thing| thing == "a length of time") => {
            return Some(length_of(word).map_or_else(
                || "a length of time is a number and its unit: `7d`, `12h`, `3 months`".into(),
                |length| format!("write `{length}`"),
            ));
        }
        _ => {}
    }
    let begins = |what: &str, rule: Rule| {
        let words = spellings(rule).into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>();
        format!("{what} begins with {}", either(&words, "or"))
    };
    if scene.expects(&[Rule::decl]) || scene.failure.expected.is_empty() {
        Some(begins("a declaration", Rule::decl))
    } else if scene.expects(&[Rule::stmt, Rule::rest_stmts]) {
        Some(begins("a statement", Rule::stmt))
    } else if scene.expects(&[Rule::clause, Rule::rest_clauses]) {
        Some(begins("a clause", Rule::clause))
    } else {
        None
    }
}

/// `in last week`
fn length_of(word: &str) -> Option<&'static str> {
    Some(match word {
        "hour" => "1h",
        "day" => "1d",
        "week" => "1w",
        "fortnight" => "2w",
        "month" => "1 month",
        "quarter" => "3 months",
        "year" => "1 year",
        _ => return None,
    })
}

/// `plan "pro"`: nothing but an operator could stand between the two.
fn side_by_side(scene: &Scene<'_, '_>, at: usize) -> bool {
    let value = |at: usize| matches!(scene.kind(at), Some(Kind::Word | Kind::Text | Kind::Number));
    let known = |at: usize| CLAUSES.contains(&scene.word(at)) || STEPS.contains(&scene.word(at));
    let only_goes_on = scene.failure.expected.iter().all(|rule| goes_on(*rule) || *rule == Rule::EOI);
    at > scene.piece.first
        && value(at)
        && value(at - 1)
        && !known(at)
        && only_goes_on
        && scene.expects(&[Rule::arith])
}

/// What would have fitted, but for the `:` of an argument that nobody meant to write.
fn expected_here(scene: &Scene<'_, '_>, at: usize) -> Vec<Rule> {
    let before = scene.word(at.wrapping_sub(1));
    let known = CLAUSES.contains(&before) || STEPS.contains(&before);
    scene.failure.expected.iter().copied().filter(|rule| !(known && *rule == Rule::colon)).collect()
}

const RESERVED: [&str; 7] = ["and", "or", "not", "when", "true", "false", "now"];

/// What to call the rules that would have fitted, in few words.
fn things(expected: &[Rule]) -> Vec<String> {
    let value = expected.contains(&Rule::path) && expected.contains(&Rule::string);
    let needed: Vec<Rule> =
        expected.iter().copied().filter(|rule| !goes_on(*rule) && *rule != Rule::EOI).collect();
    let named = if needed.is_empty() { expected.to_vec() } else { needed };
    let mut things: Vec<String> = Vec::new();
    for rule in named {
        let thing = match word(rule) {
            _ if value && is_atom(rule) => "a value".to_owned(),
            Word::Keyword(text) | Word::Sign(text) => format!("`{text}`"),
            Word::Thing(text) => text.to_owned(),
        };
        if !things.contains(&thing) {
            things.push(thing);
        }
    }
    things.sort_by_key(|thing| (thing.starts_with('`'), thing.len() < 4));
    if things.len() > FEW {
        let (words, others): (Vec<_>, Vec<_>) = things.into_iter().partition(|thing| thing.starts_with('`'));
        things = if others.is_empty() { words } else { others };
        things.truncate(2 * FEW);
    }
    things
}

/// Rules that only carry on what could as well end there.
fn goes_on(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::arith
            | Rule::compare
            | Rule::k_and
            | Rule::k_or
            | Rule::cmp
            | Rule::within
            | Rule::in_group
            | Rule::in_list
            | Rule::text_test
            | Rule::matches_re
            | Rule::presence
            | Rule::between
            | Rule::window
            | Rule::times
            | Rule::count_where
            | Rule::one_where
            | Rule::comma
            | Rule::guard
            | Rule::on_failure
            | Rule::keep
            | Rule::at_most
            | Rule::else_exit
            | Rule::named
            | Rule::side
            | Rule::k_ago
            | Rule::k_from
            | Rule::label
            | Rule::unclosed
            | Rule::unclosed_value
            | Rule::minus
            | Rule::k_not
            | Rule::enrolment_option
    )
}

/// Rules that are values.
fn is_atom(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::string
            | Rule::path
            | Rule::paren
            | Rule::lparen
            | Rule::number
            | Rule::percent
            | Rule::span
            | Rule::dur
            | Rule::duration
            | Rule::instant
            | Rule::date
            | Rule::clock
            | Rule::bool_
            | Rule::now
            | Rule::missing
            | Rule::member
            | Rule::quantified
            | Rule::count
            | Rule::did
            | Rule::aggregate
            | Rule::edge_of
            | Rule::active
            | Rule::timed_out
            | Rule::object
            | Rule::list
            | Rule::contacts
            | Rule::next_of
            | Rule::least_loaded
            | Rule::cond
            | Rule::value
    )
}

/// The words of the language that a rule may begin with.
pub(super) fn spellings(rule: Rule) -> Vec<&'static str> {
    match rule {
        Rule::decl | Rule::one_decl | Rule::next_decl | Rule::all_decls => {
            [&DECLARATIONS[..], &["when"]].concat()
        }
        Rule::clause | Rule::rest_clauses => [&CLAUSES[..], &["on edit"]].concat(),
        Rule::step | Rule::rest_steps | Rule::rest_do => STEPS.to_vec(),
        Rule::type_ | Rule::simple_type => TYPES.to_vec(),
        Rule::weekday => vec!["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
        Rule::stmt | Rule::rest_stmts => vec!["at", "after", "account", "contact", "expect", "enrol"],
        Rule::calendar_item | Rule::rest_calendar => vec!["zone", "closed"],
        _ => match word(rule) {
            Word::Keyword(text) => vec![text],
            Word::Sign(_) => Vec::new(),
            Word::Thing(text) => {
                text.split('`').skip(1).step_by(2).filter(|word| !word.contains('…')).collect()
            }
        },
    }
}

/// `a`, `a or b`, `a, b or c`; with `,` as the last word all are joined by it.
pub(super) fn either<T: AsRef<str>>(things: &[T], last: &str) -> String {
    let words: Vec<&str> = things.iter().map(AsRef::as_ref).collect();
    match words.as_slice() {
        [] => String::new(),
        [only] => (*only).to_owned(),
        all if last == "," => all.join(", "),
        [before @ .., end] => format!("{} {last} {end}", before.join(", ")),
    }
}
