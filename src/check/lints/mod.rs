//! What is allowed, but hardly meant. One file a lint; each can be silenced with `# wf: allow(code) reason`.

use super::cx::Cx;

/// Runs all lints.
pub(super) fn check(_cx: &mut Cx<'_>) {}
