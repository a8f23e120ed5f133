//! docs/templates.md: every `liquid` block with an `output` block after it prints just that.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by a panic"
)]

use std::path::Path;

use wayfare::template::{Escape, Limits, Options, parse, render};

use crate::template::{NOW, World};

#[test]
fn examples_of_the_reference() {
    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/templates.md")).unwrap();
    let mut blocks = text.split("```").skip(1).step_by(2).peekable();
    let mut seen = 0;
    while let Some(block) = blocks.next() {
        let Some((language, body)) = block.split_once('\n') else { continue };
        let escape = match language {
            "liquid" => Escape::None,
            "liquid html" => Escape::Html,
            "liquid markdown" => Escape::Markdown,
            _ => continue,
        };
        let expected = blocks
            .next()
            .and_then(|block| block.strip_prefix("output\n"))
            .unwrap_or_else(|| panic!("{body}"));
        let (template, errors) = parse(body, Options::default());
        assert_eq!(errors, [], "{body}");
        let got = match render(&template, &World::new(), &Limits::default(), NOW, escape) {
            Ok(rendered) => rendered.text,
            Err(error) => format!("error: {error}"),
        };
        assert_eq!(got.trim_end(), expected.trim_end(), "{body}");
        seen += 1;
    }
    assert!(seen > 18, "only {seen} examples");
}
