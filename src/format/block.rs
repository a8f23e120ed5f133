//! Texts between `"""`, moved to where they stand.
//!
//! In: a token as written. Out: the token, its lines shifted so that the leftmost stands at the place's indentation
//! and a closing `"""` alone on its line one step before it. Invariant: what the text says stays the same, for its
//! common indentation and its blank last line are no part of it. Every other token comes out as it went in.

use super::doc::indentation;

/// The token `written`, for a place `depth` steps in.
pub fn indented(written: &str, depth: usize) -> String {
    inner(written).and_then(|inner| shifted(inner, depth)).unwrap_or_else(|| written.to_owned())
}

fn inner(written: &str) -> Option<&str> {
    written.strip_prefix("\"\"\"")?.strip_suffix("\"\"\"")
}

/// `None` where there is nothing to shift, or a stray carriage return makes the ends of its lines unclear.
fn shifted(inner: &str, depth: usize) -> Option<String> {
    let lines: Vec<&str> = inner.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).collect();
    let (first, rest) = lines.split_first()?;
    let (last, _) = rest.split_last()?;
    let common = rest.iter().filter(|line| !line.trim().is_empty()).map(|line| leading(line)).min()?;
    if lines.iter().any(|line| line.ends_with('\r')) {
        return None;
    }
    let mut out = format!("\"\"\"{}", if first.trim().is_empty() { "" } else { first });
    let closed = last.trim().is_empty();
    for line in rest.iter().take(rest.len() - usize::from(closed)) {
        let kept = line.get(common.min(leading(line))..).unwrap_or_default();
        let indent = if kept.is_empty() { String::new() } else { indentation(depth) };
        out.extend(["\n", &indent, kept]);
    }
    if closed {
        out.push('\n');
        out.push_str(&indentation(depth.saturating_sub(1)));
    }
    out.push_str("\"\"\"");
    Some(out)
}

fn leading(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}
