//! The difference between two texts, for `wf fmt --diff`.

use similar::TextDiff;

/// A unified diff with three lines of context, headed by `name`; empty if both are the same.
pub fn diff(old: &str, new: &str, name: &str) -> String {
    TextDiff::from_lines(old, new).unified_diff().context_radius(3).header(name, name).to_string()
}
