//! Tables that fit.

/// Rows under heads, each column as wide as it has to be; numbers stand to the right.
pub(super) fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        let head = heads.get(column).map_or(0, |head| head.chars().count());
        cells.max().unwrap_or(0).max(head).min(60)
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let mut text = line(&widths, &heads.iter().map(|head| (*head).to_owned()).collect::<Vec<_>>());
    for row in rows {
        text.push_str(&line(&widths, row));
    }
    text
}

fn line(widths: &[usize], row: &[String]) -> String {
    let cells = widths.iter().zip(row).map(|(width, cell)| {
        let cell = shortened(cell, *width);
        if is_number(&cell) { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
    });
    let whole = cells.collect::<Vec<_>>().join("  ");
    format!("{}\n", whole.trim_end())
}

fn is_number(cell: &str) -> bool {
    !cell.is_empty() && cell.chars().all(|c| c.is_ascii_digit() || ".%".contains(c))
}

fn shortened(cell: &str, width: usize) -> String {
    // What comes from outside moves no cursor.
    let cell: String = cell.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if cell.chars().count() <= width {
        return cell;
    }
    let head: String = cell.chars().take(width.saturating_sub(1)).collect();
    format!("{head}…")
}
