//! The list of pages.

/// Every page by its code, sorted. Written by a test (tests/it/cli/help.rs) from the files in docs/diagnostics.
#[rustfmt::skip]
pub(super) const PAGES: &[(&str, &str)] = &[
];
