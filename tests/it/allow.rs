//! `# wf: allow(code) reason`: what it covers, what it silences, what is said of it.

use wayfare::base::{FileId, Span};
use wayfare::diag::{Code, Diagnostic};
use wayfare::syntax::{self, allow};

const TEXT: &str = r#"
# wf: allow(misleading-guard) the whole workflow
workflow "A" {
  when account is created
  do
    email "a"
}

workflow "B" {
  when account is created
  do
    # wf: allow(misleading-guard) this step
    email "b1"
      to: contacts
    email "b2"   # wf: allow(misleading-guard) this one
    email "b3"
}
"#;

fn guard(piece: &str) -> Diagnostic {
    let at = TEXT.find(piece).unwrap();
    Diagnostic::new(Code::MisleadingGuard, Span::new(FileId(0), at, at + piece.len()), "x")
}

#[test]
fn an_allowance_covers_what_follows_it_or_what_it_stands_behind() {
    let parsed = syntax::parse(FileId(0), TEXT);
    assert_eq!(parsed.diagnostics, []);
    assert_eq!(
        parsed.allows.iter().map(|allow| allow.reason.as_str()).collect::<Vec<_>>(),
        ["the whole workflow", "this step", "this one"]
    );
    let left = |piece: &str| {
        let kept = allow::filter(vec![guard(piece)], &parsed.allows);
        kept.iter().filter(|found| found.code == Code::MisleadingGuard).count()
    };
    for silenced in ["\"a\"", "\"b1\"", "to: contacts", "\"b2\""] {
        assert_eq!(left(silenced), 0, "{silenced}");
    }
    assert_eq!(left("\"b3\""), 1);
}

#[test]
fn an_allowance_that_silences_nothing_is_reported_and_an_error_is_never_silenced() {
    let parsed = syntax::parse(FileId(0), TEXT);
    let kept = allow::filter(vec![guard("\"a\"")], &parsed.allows);
    assert_eq!(
        kept.iter().map(|found| found.code).collect::<Vec<_>>(),
        [Code::UnusedAllow, Code::UnusedAllow]
    );
    let error = Diagnostic { severity: wayfare::diag::Severity::Error, ..guard("\"a\"") };
    assert!(allow::filter(vec![error.clone()], &parsed.allows).contains(&error));
}

#[test]
fn an_order_that_cannot_be_followed_is_reported() {
    for (comment, message) in [
        ("# wf: allow(misleading-gaurd) x", "there is no warning `misleading-gaurd`"),
        ("# wf: allow(syntax) x", "`syntax` is an error and can't be allowed"),
        ("# wf: allow(misleading-guard)", "this allowance gives no reason"),
        (
            "# wf: alow(misleading-guard) x",
            "a comment that begins with `wf:` is an order to `wf`, and this is none",
        ),
    ] {
        let parsed = syntax::parse(FileId(0), &format!("{comment}\nteam \"A\" {{ }}\n"));
        let messages: Vec<&str> = parsed.diagnostics.iter().map(|found| found.message.as_str()).collect();
        assert_eq!(messages, [message], "{comment}");
    }
}
