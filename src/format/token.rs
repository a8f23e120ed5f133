//! Where a token ends. The tree knows what a token means; here it only has to be copied whole.
//!
//! In: the text and the place where a token begins. Out: the place behind it. A regular expression looks like two
//! divisions, so `expr` copies it by its span instead.

/// The place behind the token that begins at `start`; `None` at the end of the text.
pub fn end(text: &str, start: usize) -> Option<usize> {
    let rest = text.get(start..)?;
    let first = rest.chars().next()?;
    let length = if rest.starts_with("\"\"\"") {
        block(rest)
    } else if first == '"' {
        quoted(rest)
    } else if first.is_ascii_digit() {
        digits(rest)
    } else if is_word(first) {
        word(rest)
    } else if ["..", "!=", "<=", ">="].iter().any(|op| rest.starts_with(op)) {
        2
    } else {
        first.len_utf8()
    };
    Some(start + length)
}

/// The place behind the block that opens first behind `start`; `None`: none opens, or it has no end.
pub fn block_end(text: &str, start: usize) -> Option<usize> {
    let (mut at, mut depth) = (start, 0_usize);
    loop {
        let rest = text.get(at..)?;
        let first = rest.chars().next()?;
        let end = match first {
            '#' => at + rest.find('\n').unwrap_or(rest.len()),
            c if c.is_whitespace() => at + c.len_utf8(),
            _ => end(text, at)?,
        };
        match first {
            '{' => depth += 1,
            '}' if depth <= 1 => return Some(end),
            '}' => depth -= 1,
            _ => {}
        }
        at = end;
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn run(rest: &str, allowed: impl Fn(char) -> bool) -> usize {
    rest.find(|c| !allowed(c)).unwrap_or(rest.len())
}

fn block(rest: &str) -> usize {
    rest.get(3..).and_then(|inner| inner.find("\"\"\"")).map_or(rest.len(), |at| at + 6)
}

fn quoted(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            _ => escaped = c == '\\' && !escaped,
        }
    }
    rest.len()
}

/// `status`, `account.status`: a dot belongs to it if a word goes on behind it.
fn word(rest: &str) -> usize {
    let mut end = run(rest, is_word);
    while let Some(part) = rest.get(end..).and_then(|rest| rest.strip_prefix('.')) {
        match run(part, is_word) {
            0 => break,
            length => end += 1 + length,
        }
    }
    end
}

/// `3`, `0.5`, `50%`, `1h30m`, `1st`, `09:00`, `2026-01-05`, `2026-01-05T09:00+01:00`.
fn digits(rest: &str) -> usize {
    if shaped(rest, "0000-00-00") {
        return if shaped(rest, "0000-00-00T") { instant(rest) } else { 10 };
    }
    if shaped(rest, "00:00") {
        return 5;
    }
    let end = word(rest);
    end + usize::from(rest.get(end..).is_some_and(|rest| rest.starts_with('%')))
}

fn instant(rest: &str) -> usize {
    let time = rest.get(11..).map_or(0, |time| run(time, |c| c.is_ascii_digit() || c == ':' || c == '.'));
    let end = 11 + time;
    let zone = rest.get(end..).unwrap_or("");
    match zone.chars().next() {
        Some('Z') => end + 1,
        Some('+' | '-') if zone.get(1..).is_some_and(|zone| shaped(zone, "00:00")) => end + 6,
        _ => end,
    }
}

/// Whether `rest` begins like `pattern`, in which `0` stands for any digit.
fn shaped(rest: &str, pattern: &str) -> bool {
    let mut found = rest.bytes();
    pattern.bytes().all(|want| match found.next() {
        Some(byte) => byte == want || (want == b'0' && byte.is_ascii_digit()),
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::block_end;

    #[test]
    fn a_block_ends_at_its_own_brace() {
        let text = "workflow \"a }\" {\n # no }\n do { x }\n} rest";
        assert_eq!(block_end(text, 9).and_then(|end| text.get(end..)), Some(" rest"));
        assert_eq!(block_end("no block", 0), None);
        assert_eq!(block_end("open { {}", 0), None);
    }
}
