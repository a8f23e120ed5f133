/// Every page by its code, sorted. Written by a test (tests/it/pages.rs) from the files in docs/diagnostics.
#[rustfmt::skip]
const PAGES: &[(&str, &str)] = &[
];
