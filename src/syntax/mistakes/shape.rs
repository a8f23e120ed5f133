//! Right words in a wrong order, or without the sign that belongs to them.

use super::Scene;
use crate::diag::{Code, Diagnostic};
use crate::syntax::Rule;
use crate::syntax::recover::{CLAUSES, STEPS};
use crate::syntax::scan::{EXPECTS_OPERAND, Kind};

/// How many tokens a rule looks back.
const FAR: usize = 60;

const COMPARISONS: [&str; 6] = ["=", "!=", "<", "<=", ">", ">="];

/// `1 < x < 3`
pub(super) fn chain(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    if !COMPARISONS.contains(&scene.word(at)) || scene.expects(&[Rule::colon, Rule::path]) {
        return None;
    }
    let bounds =
        ["and", "or", "not", "if", "when", "where", "matches", "(", "{", "}", ",", ":", "until", "with"];
    let back = (scene.piece.first..at).rev().take(FAR);
    let first = { back }
        .take_while(|before| !bounds.contains(&scene.word(*before)))
        .find(|before| COMPARISONS.contains(&scene.word(*before)))?;
    let found = scene
        .error(Code::ComparisonChain, at, "a comparison can't go on with another")
        .other(scene.span(first), "the first comparison");
    let rising = scene.word(first).starts_with('<') && scene.word(at).starts_with('<') && first + 2 == at;
    Some(if rising {
        let (low, value, high) =
            (scene.word(first.wrapping_sub(1)), scene.word(first + 1), scene.word(at + 1));
        found.help(format!("write `{value} between {low} and {high}` (both ends included), or join two comparisons with `and`"))
    } else {
        found.help("join two comparisons with `and`")
    })
}

/// `crm.ping` without arguments and without `()`: what follows would be the name of its argument.
pub(super) fn bare_call(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    let action = at.checked_sub(2).filter(|_| scene.expects(&[Rule::colon]))?;
    let (name, next) = (scene.word(action), scene.word(at - 1));
    let is_value = action.checked_sub(1).is_some_and(|before| matches!(scene.word(before), ":" | "," | "="));
    let goes_on = scene.kind(at) == Some(Kind::Text) || STEPS.contains(&next) || CLAUSES.contains(&next);
    if is_value || !goes_on || scene.kind(action)? != Kind::Word || !name.contains('.') {
        return None;
    }
    let found = scene.error(Code::NoArguments, action, format!("`{name}` has no arguments"));
    let fixed = found.fix(scene.span(action).after(), "()");
    Some(fixed.help(format!("write `{name}()` to call it without any")))
}

/// `exit when …` among steps
pub(super) fn exit_when(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    let before = at.checked_sub(1).filter(|_| scene.word(at) == "when")?;
    let word = ["exit", "goal"].into_iter().find(|word| *word == scene.word(before))?;
    let span = scene.span(before).to(scene.span(at));
    let found = Diagnostic::new(
        Code::ExitWhenInSteps,
        span,
        format!("`{word} when` is a clause of the workflow, no step"),
    );
    Some(found.help(format!("write the step `{word} if …`, or move the clause behind all steps")))
}

/// `if … then`
pub(super) fn then(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    let found = (scene.word(at) == "then")
        .then(|| scene.error(Code::GuardFirst, at, "`then` is no word of the language"))?;
    Some(found.help("put the steps in braces: `if … { … }`"))
}

/// `send email "welcome" to: contacts`
pub(super) fn verb_before_action(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    const VERBS: [&str; 8] = ["send", "post", "create", "call", "do", "run", "make", "write"];
    let verb = at.checked_sub(2).filter(|_| scene.kind(at) == Some(Kind::Text))?;
    let action = (scene.kind(at - 1) == Some(Kind::Word)).then(|| scene.word(at - 1))?;
    let word = VERBS.iter().find(|word| **word == scene.word(verb) && scene.expects(&[Rule::colon]))?;
    let found = scene.error(Code::Syntax, verb, format!("`{word}` is no step"));
    Some(found.help(format!("a step begins with its action: `{action} …`")))
}

/// `if a email "x"`
pub(super) fn guard_first(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    let step = scene.word(at);
    let begins =
        STEPS.contains(&step) || matches!(scene.kind(at + 1), Some(Kind::Text)) || scene.word(at + 2) == ":";
    if !begins || !scene.expects(&[Rule::lbrace, Rule::block]) || scene.kind(at) != Some(Kind::Word) {
        return None;
    }
    let back = (scene.piece.first..at)
        .rev()
        .take(FAR)
        .take_while(|before| !matches!(scene.word(*before), "{" | "}"));
    let guard = { back }.find(|before| scene.word(*before) == "if")?;
    let condition = scene
        .scan
        .text
        .get(scene.span(guard).end as usize..scene.span(at).start as usize)
        .unwrap_or_default()
        .trim();
    let found = scene.error(
        Code::GuardFirst,
        at,
        format!("`if` before a step opens a block: `{{` is due before `{step}`"),
    );
    let found = found.other(scene.span(guard), "this `if`");
    Some(if condition.len() <= 40 && !condition.contains('\n') {
        found.help(format!("put the condition behind the step, `{step} … if {condition}`, or the steps in braces, `if {condition} {{ … }}`"))
    } else {
        found.help(format!(
            "put the condition behind the step, `{step} … if …`, or the steps in braces, `if … {{ … }}`"
        ))
    })
}

/// `if a { email "x" else { … }`
pub(super) fn else_inside(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    let at = place_of_else(scene, at)?;
    let open = innermost_open(scene, at)?;
    if scene.word(at - 1) == "}" || !opens_branch(scene, open) {
        return None;
    }
    let found = scene.error(Code::UnclosedBracket, at, "a `}` is due before this `else`");
    let found = found.other(scene.span(open), "the block before it begins here");
    Some(found.help("write `} else {`"))
}

/// `if a email "x" } else { … }`: the `if` was taken for the guard of the step before it.
pub(super) fn else_alone(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    let at = place_of_else(scene, at)?;
    let found = scene.error(Code::MissingBraces, at, "this `else` belongs to no `if` with a block");
    let before = (scene.piece.first..at).rev().find(|before| scene.word(*before) == "if")?;
    let opens = (before..at).take_while(|inside| scene.word(*inside) != "}");
    if { opens }.any(|inside| scene.word(inside) == "{") {
        return Some(found.help("put it directly behind the `}` of its `if … { … }`"));
    }
    Some(found.other(scene.span(before), "this `if` has none").help("write `if … { … } else { … }`"))
}

/// The `else` that stands at the place of a failure, or directly before it.
fn place_of_else(scene: &Scene<'_, '_>, at: usize) -> Option<usize> {
    [Some(at), at.checked_sub(1)].into_iter().flatten().find(|at| {
        scene.word(*at) == "else" && matches!(scene.word(at + 1), "{" | "if") && *at > scene.piece.first
    })
}

/// The innermost bracket that is open at a place.
fn innermost_open(scene: &Scene<'_, '_>, at: usize) -> Option<usize> {
    let mut closed = 0_usize;
    (scene.piece.first..at).rev().find(|before| match scene.kind(*before) {
        Some(Kind::Close) => {
            closed += 1;
            false
        }
        Some(Kind::Open) if closed == 0 => true,
        Some(Kind::Open) => {
            closed -= 1;
            false
        }
        _ => false,
    })
}

/// Whether this brace opens the block of an `if` or an `else`.
fn opens_branch(scene: &Scene<'_, '_>, brace: usize) -> bool {
    let back = (scene.piece.first..brace).rev().take(FAR);
    let head = { back }.take_while(|before| !matches!(scene.word(*before), "{" | "}"));
    scene.word(brace) == "{" && { head }.any(|before| matches!(scene.word(before), "if" | "else"))
}

/// `else email "x"`
pub(super) fn braces_behind_else(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    let before = at.checked_sub(1).filter(|before| scene.word(*before) == "else")?;
    if !scene.expects(&[Rule::lbrace, Rule::block, Rule::k_if]) || scene.word(at) == "if" {
        return None;
    }
    let found = scene.error(Code::MissingBraces, before, "`else` wants its steps in braces");
    Some(found.help("write `else { … }`"))
}

/// `set plan = "x"`, `{ plan = "x" }`
pub(super) fn equals_for_colon(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    let before = at.checked_sub(1).filter(|_| scene.word(at) == "=" && scene.expects(&[Rule::colon]))?;
    let name = scene.word(before);
    let found = scene.error(Code::MissingColon, at, format!("`{name}` is given its value with `:`"));
    Some(found.help(format!("write `{name}: …`")).fix(scene.span(at), ":"))
}

/// `if` and at once `do`
pub(super) fn value_missing(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    let (word, asks) = (at.checked_sub(1)?, at.checked_sub(2)?);
    let taken = CLAUSES.contains(&scene.word(word)) || STEPS.contains(&scene.word(word));
    if !taken || !EXPECTS_OPERAND.contains(&scene.word(asks)) {
        return None;
    }
    let what = if matches!(scene.word(asks), "if" | "when" | "where" | "until" | "and" | "or" | "not") {
        "condition"
    } else {
        "value"
    };
    let found = scene.error(Code::Syntax, word, format!("expected a {what}, found `{}`", scene.word(word)));
    Some(
        found
            .other(scene.span(asks), "behind this")
            .help(format!("write the {what}, or take the `{}` away", scene.word(asks))),
    )
}

/// `to contacts`
pub(super) fn missing_colon(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    let starts = scene.scan.tokens.get(at).is_some_and(|token| token.start == scene.failure.at);
    let before = at.checked_sub(1).filter(|_| starts && scene.expects(&[Rule::colon]))?;
    let name = scene.word(before);
    if STEPS.contains(&name) || CLAUSES.contains(&name) {
        return None;
    }
    let labels = scene.kind(before) == Some(Kind::Text) && before > 0 && scene.word(before - 1) == "label";
    if !labels && scene.kind(before) != Some(Kind::Word) {
        return None;
    }
    let found = scene.error(Code::MissingColon, before, format!("a `:` is due behind `{name}`"));
    let found = found.fix(scene.span(before).after(), ":");
    Some(if labels {
        found.help(format!("write `label {name}:`"))
    } else {
        found.help(format!("write `{name}: {}`", scene.word(at)))
    })
}

/// `plan: text`
pub(super) fn colon_behind_attribute(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    let before = at
        .checked_sub(1)
        .filter(|_| scene.word(at) == ":" && scene.expects(&[Rule::type_, Rule::simple_type]))?;
    let found = scene.error(
        Code::StrayColon,
        at,
        format!("no `:` stands between `{}` and its type", scene.word(before)),
    );
    Some(found.help("take the `:` away").fix(scene.span(at), ""))
}

/// `email to: contacts "welcome"`
pub(super) fn positional_behind_named(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    let text = scene.kind(at)? == Kind::Text && !scene.expects(&[Rule::string]);
    let colon = at.checked_sub(2).filter(|colon| text && scene.word(*colon) == ":")?;
    let found =
        scene.error(Code::PositionalLast, at, "an argument without a name stands before those with one");
    Some(
        found
            .other(scene.span(colon.saturating_sub(1)).to(scene.span(at - 1)), "this one has a name")
            .help("move it to the front, behind the action's name"),
    )
}

/// `slack account.channel "x"`
pub(super) fn positional_value(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    let inside = scene
        .scan
        .tokens
        .get(at)
        .is_some_and(|token| token.start < scene.failure.at && token.kind == Kind::Word);
    if !inside || !scene.expects(&[Rule::colon]) {
        return None;
    }
    let value = scene.word(at);
    let found = scene.error(Code::PositionalValue, at, format!("`{value}` needs the name of its parameter"));
    Some(
        found
            .label("only literals stand without a name")
            .help(format!("write `name: {value}`, with the name of the parameter")),
    )
}
