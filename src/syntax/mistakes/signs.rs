//! Signs of other languages, and quotes.

use super::Scene;
use crate::base::Span;
use crate::diag::{Code, Diagnostic};
use crate::syntax::scan::Kind;

/// `"welcome` without its end.
pub(super) fn open_text(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    let written = (scene.kind(at)? == Kind::OpenText).then(|| scene.word(at))?;
    let quotes = if written.starts_with("\"\"\"") { "\"\"\"" } else { "\"" };
    let span = scene.span(at);
    let opening = Span { end: span.start + quotes.len() as u32, ..span };
    let found =
        Diagnostic::new(Code::UnclosedText, opening, "this text is never closed").label("it begins here");
    Some(if quotes.len() == 1 {
        let end = Span {
            start: span.start + written.trim_end().len() as u32,
            end: span.start + written.trim_end().len() as u32,
            ..span
        };
        found
            .other(end, "its line ends here")
            .help("close it with `\"`; a text of several lines stands between `\"\"\"`")
    } else {
        found.help("close it with `\"\"\"`")
    })
}

/// How many tokens before the place of a failure a comment is looked for that was meant as an argument.
const FAR: usize = 3;

/// `slack #trials "Hello."`: what was meant as an argument is a comment.
pub(super) fn hash_in_argument(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    let before = (scene.piece.first..at).rev().take(FAR);
    let comment = { before }.find_map(|before| {
        let token = scene.scan.tokens.get(before).filter(|_| scene.kind(before) == Some(Kind::Word))?;
        let mut comments = scene.scan.comments.iter().filter(|comment| !comment.own_line);
        comments.find(|comment| {
            let between = scene.scan.text.get(token.end..comment.span.start as usize);
            between.is_some_and(|between| between.trim_matches(' ').is_empty())
        })
    })?;
    let word = comment.text.split(' ').next().filter(|word| word.len() > 1)?;
    let span = Span { end: comment.span.start + word.len() as u32, ..comment.span };
    let found = Diagnostic::new(Code::MissingQuotes, span, format!("`{word}` must stand in quotes"));
    Some(found.label("without them it begins a comment").help(format!("write `\"{word}\"`")))
}

/// `"CSM { "ana@acme.com" }`: a forgotten quote shows where the next one stands before a word.
pub(super) fn text_ends_in_word(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    let before = at.checked_sub(1).filter(|before| scene.kind(*before) == Some(Kind::Text))?;
    let joined = scene.span(before).end == scene.span(at).start;
    if !joined || !matches!(scene.kind(at), Some(Kind::Word | Kind::Number)) {
        return None;
    }
    let found = scene.error(Code::UnclosedText, before, "this text ends before a word, without a space");
    Some(found.help("a `\"` is missing in it: close the text where it should end"))
}

/// `'welcome'`, `“welcome”`
pub(super) fn other_quotes(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    let written = (scene.kind(at)? == Kind::OtherQuotes).then(|| scene.word(at))?;
    let quote = written.chars().next()?;
    let inner = written.trim_matches(['\'', '`', '“', '”', '„', '‘', '’', '«', '‹']);
    let what = match quote {
        '\'' => "single quotes",
        '`' => "backticks",
        _ => "typographic quotes",
    };
    let found = scene.error(Code::WrongQuotes, at, format!("a text stands in `\"`, not in {what}"));
    Some(if inner.is_empty() || inner.contains(['"', '\\']) {
        found.help("write `\"` on both sides")
    } else {
        found.help(format!("write `\"{inner}\"`")).fix(scene.span(at), format!("\"{inner}\""))
    })
}

/// A character that the language does not know.
pub(super) fn strange(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    if scene.kind(at)? != Kind::Strange {
        return None;
    }
    let found = scene.word(at).chars().next()?;
    let shown = if found.is_control() || found.is_whitespace() || is_invisible(found) {
        format!("the character U+{:04X}", found as u32)
    } else {
        format!("the character `{found}`")
    };
    let found = scene.error(Code::StrangeCharacter, at, format!("{shown} means nothing outside quotes"));
    Some(found.help("take it away, or put the text it belongs to in quotes"))
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{AD}')
}

/// `// …`, `/* … */`, `-- …`
pub(super) fn comment(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    let sign = scene.word(at);
    let joined = scene.span(at).end == scene.span(at + 1).start;
    let dashes = sign == "-" && scene.word(at + 1) == "-" && joined;
    if !dashes && !matches!(sign, "//" | "/*" | "*/") {
        return None;
    }
    let sign = if dashes { "--" } else { sign };
    let span = if dashes { scene.span(at).to(scene.span(at + 1)) } else { scene.span(at) };
    let found = Diagnostic::new(Code::WrongComment, span, format!("`{sign}` begins no comment"));
    Some(found.help("begin a comment with `#`; it ends with its line"))
}

/// `==`
pub(super) fn equals(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    let found =
        (scene.word(at) == "==").then(|| scene.error(Code::WrongOperator, at, "`==` is no comparison"))?;
    Some(found.help("write `=`").fix(scene.span(at), "="))
}

/// `&&`, `||`, `&`, `|`
pub(super) fn logic(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    let sign = scene.word(at);
    let word = match sign {
        "&&" | "&" => "and",
        "||" | "|" => "or",
        _ => return None,
    };
    let found = scene.error(Code::WrongOperator, at, format!("`{sign}` is no operator"));
    Some(found.help(format!("write `{word}`")).fix(scene.span(at), word))
}

/// `=>`, `=<`, `<>`
pub(super) fn comparison(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    let sign = scene.word(at);
    let meant = match sign {
        "=>" => ">=",
        "=<" => "<=",
        "<>" => "!=",
        _ => return None,
    };
    let found = scene.error(Code::WrongOperator, at, format!("`{sign}` is no comparison"));
    Some(found.help(format!("write `{meant}`")).fix(scene.span(at), meant))
}

/// `;`
pub(super) fn semicolon(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    let found =
        (scene.word(at) == ";").then(|| scene.error(Code::StraySemicolon, at, "nothing ends with `;`"))?;
    Some(found.help("take the `;` away: white space is enough").fix(scene.span(at), ""))
}

/// `!onboarded`
pub(super) fn not_sign(scene: &Scene<'_, '_>, at: usize) -> Option<Diagnostic> {
    let found =
        (scene.word(at) == "!").then(|| scene.error(Code::WrongOperator, at, "`!` is no operator"))?;
    let joined = scene.span(at).end == scene.span(at + 1).start;
    Some(found.help("write `not`").fix(scene.span(at), if joined { "not " } else { "not" }))
}
