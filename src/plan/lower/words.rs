//! Source text as logs and listings show it.

/// The text on one line: runs of white space are one space, comments are gone; quoted text stays as it is.
pub fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut quoted = false;
    let mut comment = false;
    let mut before = ' ';
    for char in text.chars() {
        if comment {
            comment = char != '\n';
            continue;
        }
        if char == '"' && before != '\\' {
            quoted = !quoted;
        }
        before = if before == '\\' { ' ' } else { char };
        match char {
            '#' if !quoted => comment = true,
            char if char.is_whitespace() && (!quoted || char == '\n') => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            char => out.push(char),
        }
    }
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn lines_and_comments_fold_and_quotes_stay() {
        assert_eq!(
            one_line("status = trial   # why\n  and name = \"a  # b\""),
            "status = trial and name = \"a  # b\""
        );
    }
}
