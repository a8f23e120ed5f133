//! Tables that fit the terminal.

use std::io::IsTerminal;

/// How narrow a column of words may get.
const NARROWEST: usize = 6;
/// How wide one gets at most where there is room.
const WIDEST: usize = 60;

/// How wide lines may be: as wide as the terminal; 100 where there is none. `COLUMNS` says otherwise.
fn room() -> usize {
    let set = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    let terminal = || std::io::stdout().is_terminal().then(terminal_size::terminal_size).flatten();
    let width = set.or_else(|| terminal().map(|(width, _)| usize::from(width.0)));
    width.unwrap_or(100).max(40)
}

/// Rows under heads; numbers stand to the right. What does not fit is broken into lines, the widest columns first.
pub(super) fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    within(room(), heads, rows)
}

fn within(room: usize, heads: &[&str], rows: &[Vec<String>]) -> String {
    // What comes from outside moves no cursor.
    let clean = |cell: &String| cell.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(clean).collect()).collect();
    let heads: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
    let widths = widths(room, &heads, &rows);
    std::iter::once(&heads).chain(&rows).map(|row| lines(&widths, row)).collect()
}

fn widths(room: usize, heads: &[String], rows: &[Vec<String>]) -> Vec<usize> {
    let cells = |column: usize| rows.iter().filter_map(move |row| row.get(column));
    let wide = |column: usize, head: &String| {
        let longest = cells(column).map(|cell| cell.chars().count()).max().unwrap_or(0);
        longest.max(head.chars().count()).min(WIDEST)
    };
    // A number is never broken.
    let least = |column: usize| {
        let numbers = cells(column).filter(|cell| is_number(cell)).map(|cell| cell.chars().count());
        numbers.max().unwrap_or(0).max(NARROWEST)
    };
    let mut widths: Vec<usize> = heads.iter().enumerate().map(|(at, head)| wide(at, head)).collect();
    let least: Vec<usize> = (0..heads.len()).map(least).collect();
    let gaps = 2 * heads.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > room {
        let spare = widths.iter_mut().zip(&least).filter(|(width, least)| **width > **least);
        let Some((widest, _)) = spare.max_by_key(|(width, _)| **width) else { break };
        *widest -= 1;
    }
    widths
}

/// A row, of as many lines as its longest cell needs.
fn lines(widths: &[usize], row: &[String]) -> String {
    let broken: Vec<Vec<String>> = widths.iter().zip(row).map(|(width, cell)| broken(cell, *width)).collect();
    let count = broken.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let mut text = String::new();
    for at in 0..count {
        let cells = widths.iter().zip(&broken).map(|(width, lines)| {
            let cell = lines.get(at).map_or("", String::as_str);
            if is_number(cell) { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn is_number(cell: &str) -> bool {
    !cell.is_empty() && cell.chars().all(|c| c.is_ascii_digit() || ".%/".contains(c))
}

/// A cell in lines: broken at spaces, and in words that are longer than a line.
fn broken(cell: &str, width: usize) -> Vec<String> {
    let (mut lines, mut line) = (Vec::new(), String::new());
    for word in cell.split_whitespace() {
        let mut rest: Vec<char> = word.chars().collect();
        let used = line.chars().count();
        if used > 0 && used + 1 + rest.len() > width {
            lines.push(std::mem::take(&mut line));
        } else if used > 0 {
            line.push(' ');
        }
        while rest.len() > width.max(1) {
            lines.push(rest.drain(..width.max(1)).collect());
        }
        line.extend(rest);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::within;

    #[test]
    fn a_table_is_never_wider_than_the_room() {
        let name =
            "A workflow with a long name, and a_word_that_is_longer_than_any_column_may_be_here".to_owned();
        let row =
            vec![name, "disabled by hand".into(), "1234567".into(), "99.9%".into(), "2\u{1b}[2J".into()];
        for room in [40, 60, 80, 120] {
            let text = within(
                room,
                &["workflow", "state", "enrolled", "rate", "last activity"],
                std::slice::from_ref(&row),
            );
            assert!(text.lines().all(|line| line.chars().count() <= room), "{room}:\n{text}");
            assert!(text.contains("1234567") && text.contains("99.9%") && !text.contains('\u{1b}'), "{text}");
        }
    }

    #[test]
    fn what_fits_is_left_as_it_is() {
        let text = within(80, &["name", "count"], &[vec!["one two".into(), "3".into()]]);
        assert_eq!(text, "name     count\none two      3\n");
    }
}
