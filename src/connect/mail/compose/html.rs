//! HTML as mail programs can show it: MJML turned into HTML, CSS inlined.
//!
//! Nothing is read from a disk or a network: `mj-include` and style sheets that are only linked to are refused.

use super::Unfit;
use css_inline::{CSSInliner, InlineError, StylesheetResolver};
use mrml::prelude::parser::ParserOptions;
use mrml::prelude::parser::noop_loader::NoopIncludeLoader;
use mrml::prelude::render::RenderOptions;
use std::io;
use std::sync::Arc;

/// A whole document, ready to send, from a whole document, a fragment, or MJML.
pub(super) fn document(source: &str) -> Result<String, Unfit> {
    let html = if is_mjml(source) { mjml(source)? } else { whole(source) };
    inlined(&html)
}

/// Whether a text is MJML: its first element is `mjml`.
pub fn is_mjml(source: &str) -> bool {
    first_element(source).is_some_and(|rest| {
        let name = rest.get(..4).is_some_and(|name| name.eq_ignore_ascii_case("mjml"));
        name && rest
            .get(4..)
            .is_some_and(|rest| rest.starts_with(|c: char| c == '>' || c == '/' || c.is_whitespace()))
    })
}

/// What follows the `<` of the first element, behind white space, comments, declarations.
fn first_element(source: &str) -> Option<&str> {
    let mut rest = source.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    loop {
        let (end, skipped) = if rest.starts_with("<!--") {
            ("-->", rest)
        } else if rest.starts_with("<?") || rest.starts_with("<!") {
            (">", rest)
        } else {
            return rest.strip_prefix('<');
        };
        rest = skipped.split_once(end)?.1.trim_start();
    }
}

fn mjml(source: &str) -> Result<String, Unfit> {
    let refused = |error: &dyn std::error::Error| Unfit::Mjml(reasons(error));
    let options = ParserOptions { include_loader: Box::new(NoopIncludeLoader) };
    let source = first_element(source)
        .map_or(source, |rest| source.get(source.len() - rest.len() - 1..).unwrap_or(source));
    let parsed = mrml::parse_with_options(source, &options).map_err(|error| refused(&error))?;
    parsed.element.render(&RenderOptions::default()).map_err(|error| refused(&error))
}

/// An error with what caused it.
fn reasons(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |said, cause| format!("{said}: {cause}"))
}

/// A fragment in the smallest document around it.
fn whole(source: &str) -> String {
    let has = |name: &str| {
        source.match_indices('<').any(|(at, _)| {
            source.get(at + 1..at + 1 + name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name))
        })
    };
    if has("html") || has("body") || has("!doctype") {
        return source.to_owned();
    }
    format!(
        "<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n</head>\n\
         <body>\n{source}\n</body>\n</html>\n"
    )
}

/// Refuses every style sheet that would have to be fetched.
#[derive(Debug)]
struct NoStylesheets;

impl StylesheetResolver for NoStylesheets {
    fn retrieve(&self, location: &str) -> css_inline::Result<String> {
        let why = format!("`{location}` is outside the message; put the styles into a `style` element");
        Err(InlineError::IO(io::Error::new(io::ErrorKind::Unsupported, why)))
    }
}

/// Styles moved to the elements that they are about; what can't be moved (`@media`, `:hover`) stays in `style`.
fn inlined(html: &str) -> Result<String, Unfit> {
    let inliner = CSSInliner::options()
        .keep_style_tags(true)
        .load_remote_stylesheets(true)
        .resolver(Arc::new(NoStylesheets))
        .build();
    inliner.inline(html).map_err(|error| Unfit::Css(error.to_string()))
}
