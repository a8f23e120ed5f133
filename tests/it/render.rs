//! How diagnostics are shown and written as JSON.

use wayfare::base::{SourceMap, Span};
use wayfare::diag::render::{Style, render_human, render_json};
use wayfare::diag::{Code, Diagnostic};

fn two_files() -> (SourceMap, Vec<Diagnostic>) {
    let mut sources = SourceMap::new();
    let first = sources.add("a.wf", "team \"CSM\" { }\nteam \"é\" { }\n");
    let second = sources.add("b/c.wf", "# a comment\r\nteam \"CSM\"\t{ \"\u{1b}[31mred\" }\n");
    let clash = Diagnostic::new(Code::Syntax, Span::new(second, 18, 23), "`CSM` is \u{7}declared twice")
        .label("here")
        .other(Span::new(first, 5, 10), "and here")
        .help("rename one of them")
        .fix(Span::new(second, 18, 23), "\"CSM 2\"");
    let earlier = Diagnostic::new(Code::TooDeep, Span::new(first, 20, 24), "a second matter");
    (sources, vec![clash.clone(), earlier, clash])
}

#[test]
fn labels_in_two_files_are_shown_each_in_its_own_and_nothing_twice() {
    let (sources, diagnostics) = two_files();
    let plain = render_human(&diagnostics, &sources, Style { colour: false, unicode: true, width: 80 });
    assert!(!plain.contains(['\u{1b}', '\u{7}', '\r']));
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("render_two_files", plain);
        insta::assert_snapshot!("render_ascii", render_human(&diagnostics, &sources, Style { colour: false, unicode: false, width: 60 }));
        insta::assert_snapshot!("render_json", format!("{:#}", render_json(&diagnostics, &sources)));
    });
}

#[test]
fn colour_is_only_there_when_asked_for() {
    let (sources, diagnostics) = two_files();
    assert!(
        render_human(&diagnostics, &sources, Style { colour: true, unicode: true, width: 80 })
            .contains("\u{1b}[")
    );
}

#[test]
fn a_place_outside_all_files_is_no_reason_to_fail() {
    let (sources, _) = two_files();
    let lost = Diagnostic::new(Code::Syntax, Span::new(wayfare::base::FileId(9), 5, 6), "lost");
    let beyond = Diagnostic::new(Code::Syntax, Span::new(wayfare::base::FileId(0), 500, 600), "beyond");
    let shown = render_human(&[lost.clone(), beyond], &sources, Style::default());
    assert!(shown.contains("lost") && shown.contains("beyond"));
    assert_eq!(render_json(&[lost], &sources)["diagnostics"][0]["file"], serde_json::Value::Null);
}
