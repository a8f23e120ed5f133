//! Words of a box in lines.

/// Characters on a line.
const CHARS: usize = 27;
/// Lines of a box at most.
const LINES: usize = 3;

/// Words in lines; what does not fit is cut.
pub(super) fn lines(label: &str) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in label.split_whitespace() {
        let mut word = word.to_owned();
        if word.chars().count() > CHARS {
            word = word.chars().take(CHARS - 1).chain(['…']).collect();
        }
        let full = lines
            .last()
            .is_some_and(|line| !line.is_empty() && line.chars().count() + 1 + word.chars().count() > CHARS);
        if full && lines.len() == LINES {
            if let Some(last) = lines.last_mut() {
                last.push_str(" …");
            }
            return lines;
        }
        if full {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_put_in_lines_and_cut() {
        assert_eq!(lines("wait 3d"), ["wait 3d"]);
        assert_eq!(lines(&"word ".repeat(40)).len(), LINES);
        assert!(lines(&"x".repeat(100))[0].ends_with('…'));
    }
}
