//! What is allowed, but hardly meant. One file a lint; each can be silenced with `# wf: allow(code) reason`.
//!
//! In: the trees, the names, the result so far. Out: warnings. The standard library is never reported.

mod arms;
mod cycle;
mod endless;
mod exits;
mod reach;
mod secret;
mod stages;
mod unused;
mod walk;

use super::cx::Cx;

/// Runs all lints.
pub(super) fn check(cx: &mut Cx<'_>) {
    stages::check(cx);
    exits::check(cx);
    reach::check(cx);
    endless::check(cx);
    arms::check(cx);
    secret::check(cx);
    cycle::check(cx);
    unused::check(cx);
}
