//! Charts as SVG, readable on light and on dark ground: words are in the colour of the text, bars in colours that stand
//! out against both. Each has a name for those who don't see it; the tables say the same.

use super::html::escaped;

/// Colours of bars.
pub(super) const BLUE: &str = "#3b82f6";
/// The second one.
pub(super) const GREEN: &str = "#16a34a";

/// What is counted: its name and its colour.
pub(super) type Series<'s> = (&'s str, &'s str);

const WIDTH: u64 = 900;
const HEIGHT: u64 = 140;
/// Where the bars stand.
const FLOOR: u64 = 120;
/// How high the highest is.
const HIGHEST: u64 = 100;

/// Bars in groups, from left to right.
pub(super) fn bars(name: &str, series: &[Series<'_>], groups: &[(String, Vec<u64>)]) -> String {
    let most = groups.iter().flat_map(|(_, counts)| counts).copied().max().unwrap_or(0);
    if most == 0 {
        return String::new();
    }
    let mut out = opened(name, HEIGHT);
    let mut right = WIDTH;
    for (word, fill) in series.iter().rev() {
        right = right.saturating_sub(word.len() as u64 * 8 + 28);
        out.push_str(&rect((right, 2), (12, 12), fill, ""));
        out.push_str(&text((right + 16, 13), "start", word));
    }
    out.push_str(&text((0, 13), "start", &format!("at most {most}")));
    let step = WIDTH / (groups.len() as u64).max(1);
    let wide = (step * 9 / 10 / (series.len() as u64).max(1)).clamp(1, 40);
    for (at, (group, counts)) in groups.iter().enumerate() {
        for (place, (count, (word, fill))) in counts.iter().zip(series).enumerate() {
            let high = count.saturating_mul(HIGHEST).div_ceil(most);
            let left = at as u64 * step + place as u64 * wide;
            let said = format!("{group}: {count} {word}");
            out.push_str(&rect((left, FLOOR - high), (wide, high), fill, &said));
        }
    }
    let labels = if groups.len() <= 20 { groups.len() } else { 2 };
    let shown =
        (0..labels).map(|label| if labels == groups.len() { label } else { label * (groups.len() - 1) });
    for at in shown {
        let Some((group, _)) = groups.get(at) else { continue };
        let is_last = labels == 2 && at > 0;
        let place = if is_last { WIDTH } else { at as u64 * step };
        out.push_str(&text((place, HEIGHT - 4), if is_last { "end" } else { "start" }, group));
    }
    out + "</svg>\n"
}

/// Bars from top to bottom, each with its words.
pub(super) fn funnel(name: &str, rows: &[(String, u64)]) -> String {
    let most = rows.iter().map(|(_, count)| *count).max().unwrap_or(0);
    if most == 0 {
        return String::new();
    }
    let mut out = opened(name, rows.len() as u64 * 36);
    for (at, (label, count)) in rows.iter().enumerate() {
        let top = at as u64 * 36;
        let label: String = label.chars().take(90).collect();
        out.push_str(&text((0, top + 14), "start", &format!("{label}: {count}")));
        let wide = count.saturating_mul(WIDTH) / most;
        out.push_str(&rect((0, top + 19), (wide, 10), BLUE, ""));
    }
    out + "</svg>\n"
}

fn opened(name: &str, height: u64) -> String {
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" font-size=\"13\" aria-label=\"{}\">",
        escaped(name)
    )
}

fn rect((left, top): (u64, u64), (wide, high): (u64, u64), fill: &str, said: &str) -> String {
    let title = if said.is_empty() { String::new() } else { format!("<title>{}</title>", escaped(said)) };
    format!(
        "<rect x=\"{left}\" y=\"{top}\" width=\"{wide}\" height=\"{high}\" fill=\"{fill}\">{title}</rect>"
    )
}

fn text((left, base): (u64, u64), anchor: &str, words: &str) -> String {
    let words = escaped(words);
    format!("<text x=\"{left}\" y=\"{base}\" text-anchor=\"{anchor}\" fill=\"currentColor\">{words}</text>")
}
