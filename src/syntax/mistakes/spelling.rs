//! Words written otherwise than the language writes them.

use super::{Scene, expected};
use crate::diag::{Code, Diagnostic, suggest};
use crate::syntax::Rule;
use crate::syntax::recover::{CLAUSES, STEPS};
use crate::syntax::scan::Kind;

/// How many words an unquoted text may have.
const FEW: usize = 5;

/// Parameters that read like words of a sentence: what is forgotten behind them is the `:`.
const PARAMETERS: [&str; 7] = ["to", "from", "for", "due", "send", "body", "headers"];

/// `3 days`, `in last 2 hours`
pub(super) fn spelled_duration(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    let before = at.checked_sub(1).filter(|before| scene.kind(*before) == Some(Kind::Number))?;
    let (count, word) = (scene.word(before), scene.word(at));
    if !count.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let span = scene.span(before).to(scene.span(at));
    let found =
        Diagnostic::new(Code::SpelledDuration, span, format!("`{count} {word}` is no length of time"));
    let unit = unit(word)?;
    Some(found.help(format!("write `{count}{unit}`")).fix(span, format!("{count}{unit}")))
}

fn unit(word: &str) -> Option<&'static str> {
    Some(match word.to_ascii_lowercase().as_str() {
        "ms" | "millisecond" | "milliseconds" => "ms",
        "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "m" | "min" | "mins" | "minute" | "minutes" => "m",
        "h" | "hr" | "hrs" | "hour" | "hours" => "h",
        "d" | "day" | "days" => "d",
        "w" | "week" | "weeks" => "w",
        _ => return None,
    })
}

/// `1.5h`, `3days`, `2mo`
pub(super) fn broken_duration(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    let word = (scene.kind(at)? == Kind::Number).then(|| scene.word(at))?;
    let fraction = at.checked_sub(2).filter(|first| {
        scene.word(at - 1) == "."
            && scene.kind(*first) == Some(Kind::Number)
            && scene.span(*first).end == scene.span(at - 1).start
    });
    let first = fraction
        .or_else(|| (scene.word(at + 1) == "." && scene.kind(at + 2) == Some(Kind::Number)).then_some(at));
    let last = if first == Some(at) { at + 2 } else { at };
    let digits = scene.word(last).bytes().take_while(u8::is_ascii_digit).count();
    let behind = scene.word(last).get(digits..).filter(|behind| !behind.is_empty())?;
    if let Some(first) = first {
        unit(behind)?;
        let found = Diagnostic::new(
            Code::SpelledDuration,
            scene.span(first).to(scene.span(last)),
            "lengths of time are written in whole units",
        );
        return Some(found.help("use a smaller unit: `90m` for an hour and a half"));
    }
    let count = word.get(..digits)?;
    let found = scene.error(Code::SpelledDuration, at, format!("`{word}` is no length of time"));
    if let Some(unit) = unit(behind).filter(|unit| *unit != behind) {
        return Some(
            found.help(format!("write `{count}{unit}`")).fix(scene.span(at), format!("{count}{unit}")),
        );
    }
    let meant = match behind.to_ascii_lowercase().as_str() {
        "mo" | "month" | "months" => "months",
        "y" | "yr" | "year" | "years" => "years",
        _ => return None,
    };
    Some(found.help(format!("write `{count} {meant}`")).fix(scene.span(at), format!("{count} {meant}")))
}

/// `9:00`, `9am`
pub(super) fn clock(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    let hour = [Some(at), at.checked_sub(1)].into_iter().flatten().find(|hour| {
        scene.kind(*hour) == Some(Kind::Number)
            && scene.word(hour + 1) == ":"
            && scene.kind(hour + 2) == Some(Kind::Number)
    });
    if let Some(hour) = hour {
        let (hours, minutes) = (scene.word(hour), scene.word(hour + 2));
        let span = scene.span(hour).to(scene.span(hour + 2));
        let short =
            hours.len() == 1 && minutes.len() == 2 && minutes.bytes().all(|byte| byte.is_ascii_digit());
        let found =
            Diagnostic::new(Code::BadTime, span, "a time of day has two digits on both sides of its `:`");
        let meant = format!("0{hours}:{minutes}");
        return short.then(|| found.help(format!("write `{meant}`")).fix(span, meant));
    }
    let word = (scene.kind(at)? == Kind::Number).then(|| scene.word(at))?;
    let (digits, afternoon) = match word.strip_suffix("am") {
        Some(digits) => (digits, 0),
        None => (word.strip_suffix("pm")?, 12),
    };
    let hour = digits.parse::<u32>().ok().filter(|hour| (1..=12).contains(hour))? % 12 + afternoon;
    let found = scene.error(Code::BadTime, at, format!("`{word}` is no time of day"));
    Some(found.help(format!("write `{hour:02}:00`")).fix(scene.span(at), format!("{hour:02}:00")))
}

/// `is not missing`, `is null`, `is "pro"`
pub(super) fn is_something(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    let is = at.checked_sub(1).filter(|is| scene.word(*is) == "is")?;
    if !scene.expects(&[Rule::presence_word, Rule::presence]) {
        return None;
    }
    let not = scene.word(at) == "not";
    let what = if not { at + 1 } else { at };
    let meant = match scene.word(what) {
        "missing" | "null" | "nil" | "none" | "empty" | "unknown" | "blank" | "unset" => {
            if not {
                "is present"
            } else {
                "is missing"
            }
        }
        "present" | "set" | "known" | "there" => {
            if not {
                "is missing"
            } else {
                "is present"
            }
        }
        "in" | "" => return None,
        _ => {
            if not {
                "!="
            } else {
                "="
            }
        }
    };
    let last = if meant.starts_with("is") {
        what
    } else if not {
        at
    } else {
        is
    };
    let span = scene.span(is).to(scene.span(last));
    let written = if not { "is not" } else { "is" };
    let found = Diagnostic::new(Code::IsSomething, span, format!("`{written}` does not compare"));
    Some(found.help(format!("write `{meant}`")).fix(span, meant))
}

/// `string`, `boolean`, `integer`
pub(super) fn type_name(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    if !scene.expects(&[Rule::type_, Rule::simple_type]) || scene.kind(at)? != Kind::Word {
        return None;
    }
    let word = scene.word(at);
    let meant = match word.to_ascii_lowercase().as_str() {
        "string" | "str" | "varchar" | "url" | "phone" => "text",
        "boolean" | "flag" => "bool",
        "int" | "integer" | "float" | "double" | "decimal" | "money" | "currency" => "number",
        "datetime" | "timestamp" | "instant" => "time",
        "enum" | "choice" => "one of (…)",
        "array" => "list of text",
        "owner" | "person" => "user",
        lower => suggest::nearest(lower, expected::TYPES).unwrap_or(""),
    };
    let found = scene.error(Code::UnknownType, at, format!("there is no type `{word}`"));
    Some(if meant.is_empty() {
        found.help(format!("the types are {}", expected::either(&expected::TYPES, "and")))
    } else if meant.contains('…') {
        found.help(format!("write `{meant}`"))
    } else {
        found.help(format!("write `{meant}`")).fix(scene.span(at), meant)
    })
}

/// `segment Trial of account`, `did Signed In`
pub(super) fn missing_quotes(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    let word = (scene.kind(at)? == Kind::Word).then(|| scene.word(at))?;
    let only_text =
        scene.expects(&[Rule::string]) && !scene.expects(&[Rule::path, Rule::ident, Rule::key, Rule::lbrace]);
    if !only_text || scene.failure.expected.iter().any(|rule| expected::spellings(*rule).contains(&word)) {
        return None;
    }
    if goes_on(word) {
        let before = scene.word(at.wrapping_sub(1));
        let found = scene.error(Code::MissingQuotes, at, format!("a name in quotes is due before `{word}`"));
        return Some(found.help(format!("write `{before} \"…\" {word}`")));
    }
    let behind = (at + 1..scene.piece.end).take_while(|behind| {
        let joined = scene.span(*behind).start == scene.span(behind - 1).end;
        let token = scene.scan.tokens.get(*behind);
        let same_line = token.is_some_and(|token| scene.scan.indent(*token).is_none());
        let word = scene.kind(*behind) == Some(Kind::Word) && !goes_on(scene.word(*behind));
        same_line && (word || (joined && matches!(scene.kind(*behind), Some(Kind::Sign | Kind::Number))))
    });
    Some(in_quotes(scene, at, { behind }.last().unwrap_or(at)))
}

/// `email first report to: contacts`
pub(super) fn argument_without_quotes(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    let first = at.checked_sub(1).filter(|_| scene.expects(&[Rule::colon]))?;
    let words = (first..at + FEW).take_while(|word| scene.kind(*word) == Some(Kind::Word));
    let name = { words }.find(|word| scene.word(*word + 1) == ":").filter(|name| *name > first)?;
    let named = PARAMETERS.contains(&scene.word(first)) || scene.word(first.wrapping_sub(1)) == "label";
    (!named && !STEPS.contains(&scene.word(name))).then(|| in_quotes(scene, first, name - 1))
}

/// Words that are one text.
fn in_quotes(scene: &Scene<'_, '_>, first: usize, last: usize) -> Diagnostic {
    let span = scene.span(first).to(scene.span(last));
    let words = scene.scan.text.get(span.start as usize..span.end as usize).unwrap_or_default();
    let found = Diagnostic::new(Code::MissingQuotes, span, format!("`{words}` must stand in quotes"));
    found.help(format!("write `\"{words}\"`")).fix(span, format!("\"{words}\""))
}

/// Words that go on behind a name.
fn goes_on(word: &str) -> bool {
    const BEHIND: [&str; 16] = [
        "of",
        "was",
        "where",
        "at",
        "in",
        "and",
        "or",
        "not",
        "to",
        "from",
        "containing",
        "until",
        "because",
        "for",
        "keep",
        "is",
    ];
    BEHIND.contains(&word) || STEPS.contains(&word) || CLAUSES.contains(&word)
}

/// `when account entres segment "Trial"`: the mistyped word was taken for an attribute.
pub(super) fn trigger_typo(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    let before =
        at.checked_sub(1).filter(|_| scene.expects(&[Rule::becomes, Rule::changes, Rule::k_becomes]))?;
    let words = ["enters", "leaves", "health", "performs", "matches", "reaches", "is"];
    let (word, subject) = (scene.word(before), scene.word(before.checked_sub(1)?));
    let meant = suggest::nearest(word, words).filter(|_| matches!(subject, "account" | "contact"))?;
    let found = scene.error(Code::MistypedWord, before, format!("`{word}` is no word that fits here"));
    Some(found.help(format!("did you mean `{meant}`?")).fix(scene.span(before), meant))
}

/// A word that is nearly one that would have fitted.
pub(super) fn typo(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    let candidates = [Some(at), at.checked_sub(1).filter(|_| scene.kind(at) != Some(Kind::Word))];
    candidates.into_iter().flatten().find_map(|at| {
        let word = (scene.kind(at)? == Kind::Word).then(|| scene.word(at))?;
        let fitting = scene.failure.expected.iter().flat_map(|rule| expected::spellings(*rule));
        let meant = suggest::nearest(word, fitting.filter(|fitting| fitting.len() > 1))?;
        let found = scene.error(Code::MistypedWord, at, format!("`{word}` is no word that fits here"));
        Some(found.help(format!("did you mean `{meant}`?")).fix(scene.span(at), meant))
    })
}
