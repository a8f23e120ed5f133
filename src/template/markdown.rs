//! Values in Markdown: shown as the text that they are, whatever is in them.
//!
//! Without this a value that a stranger chose could bring a link, a picture or a heading into a message. Not here: turning
//! Markdown into HTML, in which code is the one place where a `\` before a character would be seen.

/// Characters that mean something anywhere in a line.
const SPECIAL: &str = "\\`*_[]()<>&|~";
/// Characters that mean something where a line begins.
const OPENING: &str = "#+-=>";

/// Appends a value. What has a meaning gets a `\` before it; an empty line inside, which would end the paragraph, goes.
pub(super) fn escape_into(text: &str, out: &mut String) {
    for (number, line) in
        text.split(['\n', '\r']).map(str::trim_end).filter(|line| !line.is_empty()).enumerate()
    {
        if number > 0 {
            out.push('\n');
        }
        // A block can begin behind the marks of lists and quotations too.
        let marks = |c: char| c.is_whitespace() || c.is_ascii_digit() || "-*+>.)".contains(c);
        let begins = out.rsplit('\n').next().is_none_or(|so_far| so_far.chars().all(marks));
        // Four spaces at the start of a line are code.
        let line = if begins { line.trim_start() } else { line };
        let number_ends = line
            .find(|c: char| !c.is_ascii_digit())
            .filter(|_| begins && line.starts_with(|c: char| c.is_ascii_digit()));
        for (at, c) in line.char_indices() {
            let opens = begins && at == 0 && OPENING.contains(c);
            let numbers = Some(at) == number_ends && c == '.';
            if SPECIAL.contains(c) || opens || numbers {
                out.push('\\');
            }
            out.push(c);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_value_has_a_meaning() {
        let shown = |before: &str, value: &str| {
            let mut out = before.to_owned();
            escape_into(value, &mut out);
            out
        };
        assert_eq!(shown("Hello ", "Ann O'Neil, Ltd. (1-2)"), "Hello Ann O'Neil, Ltd. \\(1-2\\)");
        assert_eq!(
            shown("Hello ", "[click](https://evil.example)"),
            "Hello \\[click\\]\\(https://evil.example\\)"
        );
        assert_eq!(shown("", "# big"), "\\# big");
        assert_eq!(shown("a\n", "1. first"), "a\n1\\. first");
        assert_eq!(shown("at ", "1. first"), "at 1. first");
        assert_eq!(shown("- ", "# big"), "- \\# big");
        assert_eq!(shown("", "    code\n\n- item\r\n> quote"), "code\n\\- item\n\\> quote");
        assert_eq!(shown("", "<script>&amp;`x`**b**"), "\\<script\\>\\&amp;\\`x\\`\\*\\*b\\*\\*");
    }
}
