//! The pages about codes, embedded: what `wf explain-code`, editors and tests share.

use super::Code;
use super::pages_list::PAGES;

/// The page about a code, in Markdown.
pub fn page(code: Code) -> Option<&'static str> {
    let at = PAGES.binary_search_by_key(&code.as_str(), |(name, _)| name).ok()?;
    PAGES.get(at).map(|(_, text)| *text)
}

/// What a page is about: the first line behind its heading.
pub fn about(page: &'static str) -> &'static str {
    page.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default()
}
