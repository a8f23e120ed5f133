//! The templates beyond the conformance suite: syntax errors, the checker, escaping, limits and hostile input.
//!
//! Cases: tests/cases/template/*.txt. `---- name` begins a case, `====` its expectation. `UPDATE_CASES=1` writes what
//! comes out into the files; read the difference before you keep it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by a panic"
)]

use std::cell::Cell;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use proptest::prelude::*;
use wayfare::template::{
    Bound, Data, Error, Escape, Field, Limits, Map, Now, Options, RenderFault, Rendered, Schema, Span,
    SyntaxError, Template, Ty, Value, check, parse, render,
};

pub const NOW: Now = Now { ms: 1_767_603_600_000, zone: chrono_tz::Europe::Berlin };

/// What the cases are checked against: a contact of an account, with some attributes that can be missing.
pub struct World {
    data: Map,
    partials: Vec<(String, Template)>,
}

impl World {
    pub fn new() -> Self {
        let contact = [
            ("email", "ann@acme.com".into()),
            ("first_name", Value::Nil),
            ("name", "Ann <b>\"O'Neil\"</b> & co".into()),
            ("site", "https://acme.com/a b?q=\"x\"&r=1".into()),
            ("bad_site", "java\tscript:alert(1)".into()),
            ("colour", "red; background: url(javascript:x)".into()),
            ("note", "first\nsecond <i>".into()),
        ];
        let account = [
            ("plan", "team".into()),
            ("seats", 5.into()),
            ("mrr", rust_decimal::Decimal::new(4900, 2).into()),
            ("trial_ends_at", Value::Time(1_768_208_400_000)),
            ("renewal", Value::Date("2026-03-01".parse().unwrap())),
            ("idle", Value::Duration(277_200_000)),
            (
                "contacts",
                vec![Value::map(contact.clone()), Value::map([("email", "bob@acme.com".into())])].into(),
            ),
        ];
        let partials = [
            ("footer", "-- {{ account.plan }} {{ note }}"),
            ("broken", "{{ contact.frist_name }}"),
            ("again", "{% render 'again' %}"),
        ];
        World {
            data: [("contact", Value::map(contact)), ("account", Value::map(account))].into_iter().collect(),
            partials: partials
                .map(|(name, text)| (name.to_owned(), parse(text, Options::default()).0))
                .to_vec(),
        }
    }
}

impl Data for World {
    fn root(&self, name: &str) -> Option<Value> {
        self.data.get(name).cloned()
    }

    fn partial(&self, name: &str) -> Option<&Template> {
        self.partials.iter().find(|(own, _)| own == name).map(|(_, template)| template)
    }
}

const CONTACT: [&str; 7] = ["email", "first_name", "name", "site", "bad_site", "colour", "note"];
const ACCOUNT: [&str; 8] = ["plan", "seats", "mrr", "trial_ends_at", "renewal", "idle", "contacts", "owner"];

impl Schema for World {
    fn root(&self, name: &str) -> Option<Field> {
        ["contact", "account"].contains(&name).then(|| Field { ty: Ty::Object(name.into()), optional: false })
    }

    fn roots(&self) -> Vec<&str> {
        vec!["contact", "account"]
    }

    fn field(&self, object: &str, field: &str) -> Option<Field> {
        if object == "contact" {
            return CONTACT.contains(&field).then(|| Field { ty: Ty::Text, optional: field == "first_name" });
        }
        let ty = match field {
            "plan" => Ty::Words(["trial", "team", "pro"].map(Into::into).into()),
            "seats" | "mrr" => Ty::Number,
            "trial_ends_at" => Ty::Time,
            "renewal" => Ty::Date,
            "idle" => Ty::Duration,
            "contacts" => Ty::List(Ty::Object("contact".into()).into()),
            "owner" => Ty::Object("contact".into()),
            _ => return None,
        };
        Some(Field { ty, optional: matches!(field, "owner" | "trial_ends_at") })
    }

    fn fields(&self, object: &str) -> Vec<&str> {
        if object == "contact" { CONTACT.to_vec() } else { ACCOUNT.to_vec() }
    }

    fn partial(&self, name: &str) -> Option<&Template> {
        Data::partial(self, name)
    }

    fn partials(&self) -> Vec<&str> {
        self.partials.iter().map(|(name, _)| name.as_str()).collect()
    }
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/template")
}

/// Runs every case of a file and compares.
fn cases(file: &str, outcome: impl Fn(&str) -> String) {
    let path = folder().join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    let (head, cases) = text.split_once("---- ").unwrap();
    let (mut fresh, mut wrong) = (head.to_owned(), Vec::new());
    for case in cases.split("\n---- ") {
        let (name, rest) = case.split_once('\n').unwrap();
        let (template, expected) = rest.split_once("\n====").unwrap_or((rest.trim_end_matches('\n'), ""));
        let got = outcome(template);
        if got.trim() != expected.trim() {
            wrong.push(format!("{name}\n  expected:\n{}\n  got:\n{got}", expected.trim()));
        }
        let _ = write!(fresh, "---- {name}\n{template}\n====\n{}\n\n", got.trim_end());
    }
    if std::env::var_os("UPDATE_CASES").is_some() {
        std::fs::write(&path, format!("{}\n", fresh.trim_end())).unwrap();
    } else {
        assert!(wrong.is_empty(), "{file}: {} wrong\n{}", wrong.len(), wrong.join("\n\n"));
    }
}

/// A place in a template as its text.
fn place(span: Span, text: &str) -> String {
    let written = text.get(span.start as usize..span.end as usize).expect("a span inside the text");
    format!("{}..{} `{}`", span.start, span.end, written.replace('\n', "⏎"))
}

fn listed(errors: &[Error], text: &str) -> String {
    errors.iter().fold(String::new(), |mut out, error| {
        let help = error.kind.help().map(|help| format!(" ({help})")).unwrap_or_default();
        let _ = writeln!(out, "{}: {error}{help}", place(error.span, text));
        out
    })
}

#[test]
fn syntax() {
    cases("syntax.txt", |text| {
        let (template, errors) = parse(text, Options::default());
        // What could be read is there: rendering it must not fail by a panic.
        let _ = run(&template, Escape::None, &Limits::default());
        listed(&errors, text)
    });
}

#[test]
fn checks() {
    cases("check.txt", |text| checked(text, Escape::None));
    cases("check_html.txt", |text| checked(text, Escape::Html));
}

fn checked(text: &str, escape: Escape) -> String {
    let (template, errors) = parse(text, Options::default());
    assert_eq!(errors, [], "{text}");
    let world = World::new();
    let checked = check(&template, &world, escape);
    let mut out = String::new();
    for problem in &checked.problems {
        let source = match &problem.partial {
            Some(name) => &Data::partial(&world, name).unwrap().text,
            None => text,
        };
        let partial = problem.partial.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
        let help = problem.kind.help().map(|help| format!(" ({help})")).unwrap_or_default();
        let severity = format!("{:?}", problem.severity).to_lowercase();
        let _ = writeln!(out, "{severity} {partial}{}: {}{help}", place(problem.span, source), problem.kind);
    }
    let reads: std::collections::BTreeSet<String> =
        checked.reads.iter().map(|read| read.path.join(".")).collect();
    if !reads.is_empty() {
        let _ = writeln!(out, "reads {}", reads.into_iter().collect::<Vec<_>>().join(", "));
    }
    out
}

fn run(template: &Template, escape: Escape, limits: &Limits) -> Result<Rendered, RenderFault> {
    render(template, &World::new(), limits, NOW, escape).map_err(|error| error.fault)
}

fn shown(text: &str, escape: Escape) -> String {
    let (template, errors) = parse(text, Options::default());
    if !errors.is_empty() {
        return listed(&errors, text);
    }
    match render(&template, &World::new(), &Limits::default(), NOW, escape) {
        Err(error) => {
            let partial = error.partial.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
            format!("error {partial}{}..{}: {error}", error.span.start, error.span.end)
        }
        Ok(rendered) => {
            let mut out = rendered.text;
            for missing in &rendered.missing {
                let _ = write!(out, "\nmissing {}", missing.path);
            }
            out
        }
    }
}

#[test]
fn html() {
    cases("html.txt", |text| shown(text, Escape::Html));
}

#[test]
fn text() {
    cases("text.txt", |text| shown(text, Escape::None));
}

fn fault(text: &str, limits: &Limits) -> RenderFault {
    let (template, errors) = parse(text, Options::default());
    assert_eq!(errors, []);
    run(&template, Escape::None, limits).map(|rendered| rendered.text.len()).unwrap_err()
}

#[test]
fn limits_are_errors() {
    let limits = Limits::default();
    let bound = |text: &str| match fault(text, &limits) {
        RenderFault::Bound(bound) => bound,
        other => panic!("{text}: {other:?}"),
    };
    let doubling = "{% assign x = 'xxxxxxxxxx' %}".to_owned()
        + &"{% capture x %}{{ x }}{{ x }}{% endcapture %}".repeat(30);
    assert!(matches!(bound(&doubling), Bound::ValueBytes | Bound::OutputBytes));
    let append = "{% assign x = 'xxxxxxxxxx' %}".to_owned() + &"{% assign x = x | append: x %}".repeat(40);
    assert_eq!(bound(&append), Bound::ValueBytes);
    assert_eq!(bound("{% for i in (1..2000000000) %}{% endfor %}"), Bound::Steps);
    assert_eq!(bound("{% assign x = (1..2000000000) | reverse %}"), Bound::ValueBytes);
    assert_eq!(bound("{{ (1..9223372036854775807) | join }}"), Bound::ValueBytes);
    assert_eq!(
        bound("{% for i in (1..3000000) %}{% for j in (1..3000000) %}x{% endfor %}{% endfor %}"),
        Bound::Steps
    );
    assert_eq!(
        bound("{% for i in (1..60000) %}{{ 'a text of thirty letters, or so' }}{% endfor %}"),
        Bound::OutputBytes
    );
    assert_eq!(bound("{% include 'again' %}"), Bound::Depth);
    let doubled = bound(
        "{% assign x = '12345678' | split: '' %}{% for i in (1..40) %}{% assign x = x | concat: x %}{% endfor %}",
    );
    assert!(matches!(doubled, Bound::Steps | Bound::ValueBytes));
    assert_eq!(bound("{% tablerow i in (1..2000000000) cols:1 %}{% endtablerow %}"), Bound::OutputBytes);
    let big = "{% capture x %}{% for i in (1..20000) %}twenty letters and on{% endfor %}{% endcapture %}";
    assert_eq!(
        bound(&format!("{big}{{% for i in (1..200000) %}}{{% assign y = x.size %}}{{% endfor %}}")),
        Bound::Steps
    );
    let many = "{% assign x = 'aaaaaaaa' | split: 'a' %}{% assign x = ',' | split: '' %}{% for i in (1..16) %}{% assign x = x | concat: x %}{% endfor %}";
    assert_eq!(
        bound(&format!(
            "{many}{{% for i in (1..200000) %}}{{{{ x | first }}}}{{% if x == x %}}{{% endif %}}{{% endfor %}}"
        )),
        Bound::Steps
    );
    let heavy = format!(
        "{big}{{% assign l = x | split: '|' %}}{{% for i in (1..16) %}}{{% assign l = l | concat: l %}}{{% endfor %}}"
    );
    for use_of in [
        "{% cycle l: 1, 2 %}",
        "{{ l | sort | size }}",
        "{{ l | uniq | size }}",
        "{% if l contains 'x' %}{% endif %}",
        "{{ [l] }}",
    ] {
        assert!(matches!(bound(&format!("{heavy}{use_of}")), Bound::Steps | Bound::ValueBytes), "{use_of}");
    }
    assert_eq!(fault("{{ 9223372036854775807 | plus: 1 }}", &limits), RenderFault::NumberTooLarge);
    assert_eq!(fault("{{ 1 | divided_by: 0 }}", &limits), RenderFault::DivisionByZero);
}

#[test]
fn a_replacement_can_not_multiply() {
    let text = "{% capture x %}{% for i in (1..10000) %}aaaaaaaaaa{% endfor %}{% endcapture %}{{ x | replace: '', x | size }}";
    assert_eq!(fault(text, &Limits::default()), RenderFault::Bound(Bound::ValueBytes));
}

#[test]
fn time_is_asked_of_the_caller() {
    let asked = Cell::new(0);
    let probe = || {
        asked.set(asked.get() + 1);
        asked.get() > 3
    };
    let limits = Limits { out_of_time: Some(&probe), ..Limits::default() };
    let endless = "{% for i in (1..2000000000) %}{% endfor %}";
    assert_eq!(fault(endless, &limits), RenderFault::Bound(Bound::Time));
    assert_eq!(asked.get(), 4);
}

#[test]
fn a_render_is_the_same_every_time() {
    let text = "{{ 'now' | date: '%Y-%m-%d %H:%M %Z' }} {{ account }} {% cycle 'a', 'b' %}";
    let (template, _) = parse(text, Options::default());
    let first = run(&template, Escape::Html, &Limits::default()).unwrap();
    assert!(first.text.starts_with("2026-01-05 10:00 CET "), "{}", first.text);
    for _ in 0..3 {
        assert_eq!(run(&template, Escape::Html, &Limits::default()).unwrap(), first);
    }
}

#[test]
fn a_tree_survives_being_stored() {
    let text = std::fs::read_to_string(folder().join("text.txt")).unwrap();
    let (template, _) = parse(&text, Options::default());
    let stored = postcard::to_stdvec(&template).unwrap();
    assert_eq!(postcard::from_bytes::<Template>(&stored).unwrap(), template);
    let json = serde_json::to_string(&template).unwrap();
    assert_eq!(serde_json::from_str::<Template>(&json).unwrap(), template);
}

#[test]
fn nesting_is_bounded() {
    let nested = "{% if a %}".repeat(20_000) + &"{% endif %}".repeat(20_000);
    let (_, errors) = parse(&nested, Options::default());
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].kind, SyntaxError::TooDeep { limit: 100 });
    let brackets = format!("{{{{ a{}{} }}}}", "[b".repeat(20_000), "]".repeat(20_000));
    assert!(matches!(parse(&brackets, Options::default()).1[0].kind, SyntaxError::TooDeep { .. }));
    let fits = "{% if true %}".repeat(99) + "x" + &"{% endif %}".repeat(99);
    let (template, errors) = parse(&fits, Options::default());
    assert_eq!(errors, []);
    check(&template, &World::new(), Escape::Html);
    assert_eq!(run(&template, Escape::None, &Limits::default()).unwrap().text, "x");
}

#[test]
fn nesting_of_partials_is_bounded() {
    let lines = "\nif true".repeat(50) + "\nrender 'next'" + &"\nendif".repeat(50);
    let deep = "{% if true %}".repeat(49) + "{% liquid" + &lines + "%}" + &"{% endif %}".repeat(49);
    let (template, errors) = parse(&deep, Options::default());
    assert_eq!(errors, []);
    let mut world = World::new();
    for name in ["next", "a", "b", "c"] {
        let text = deep.replace("next", if name == "next" { "a" } else { "next" });
        world.partials.push((name.into(), parse(&text, Options::default()).0));
    }
    check(&template, &world, Escape::Html);
    let error = render(&template, &world, &Limits::default(), NOW, Escape::Html).unwrap_err();
    assert_eq!(error.fault, RenderFault::Bound(Bound::Depth));
}

/// Parse, check and render of 10 MB of these pieces stay within seconds, which anything but linear work would not.
#[test]
fn hostile_input_is_linear() {
    let pieces = [
        "{{",
        "{%",
        "}}",
        "{{ '",
        "{{'{{\"",
        "{% if",
        "{% if a %}",
        "{{ a | b",
        "{% raw %}",
        "{% comment %}",
        "{% endif %}",
        "{%liquid\n",
        "{% liquid if a\n%}",
        "'",
        "{% nosuchtag %}",
        "{{ contact.x }}",
        "[",
        "{{ a }}",
        "{% assign x = 1 %}",
        "{% doc %}",
        "{% # ",
        "<a href=\"{{ a }}",
        "<script>",
        "{%- ",
        "\u{20ac}",
        "{{ a and b",
    ];
    let options = Options { bytes: 20 << 20, depth: 100 };
    for (piece, end) in pieces.iter().flat_map(|piece| [(*piece, ""), (*piece, "%}}}")]) {
        let text = piece.repeat((1 << 17) / piece.len()) + end;
        let start = Instant::now();
        let (template, errors) = parse(&text, options);
        assert!(errors.iter().all(|error| error.span.end as usize <= text.len()));
        let checked = check(&template, &World::new(), Escape::Html);
        assert!(checked.problems.len() <= 200);
        let _ = run(&template, Escape::Html, &Limits::default());
        assert!(start.elapsed().as_secs() < 5, "{piece}: {:?}", start.elapsed());
    }
    let long = "{{ contact.email }} and so on, ".repeat(10 << 20 >> 5);
    let (template, errors) = parse(&long, options);
    assert_eq!(errors, []);
    assert_eq!(fault_of(&template), RenderFault::Bound(Bound::Steps));
    assert_eq!(parse(&long, Options::default()).1[0].kind, SyntaxError::TooLarge { limit: 1 << 20 });
}

fn fault_of(template: &Template) -> RenderFault {
    let limits = Limits { output_bytes: usize::MAX, ..Limits::default() };
    run(template, Escape::None, &limits).unwrap_err()
}

const SEEDS: &[&str] = &[
    "{% for c in account.contacts limit: 2 %}<p>{{ c.email | upcase | default: 'x' }} {{ forloop.index }}</p>{% endfor %}",
    "{% if contact.first_name == blank and account.seats > 3 %}<a href=\"{{ contact.site }}\">x</a>{% else %}b{% endif %}",
    "{% assign x = 'a,b,c' | split: ',' | reverse %}{{ x | join: '-' }}{% capture y %}{{ x[0] }}{% endcapture %}{{ y }}",
    "{% case account.plan %}{% when 'team', 'pro' %}t{% else %}e{% endcase %}{%- raw -%}{{ }}{%- endraw -%}",
    "{% liquid\n assign a = 1 | plus: 2.5\n if a > 3\n echo a | round\n endif %}{{ account.renewal | date: '%d %b %Y' }}",
    "{% tablerow i in (1..5) cols: 2 %}{{ i }}{% cycle 'a', 'b' %}{% endtablerow %}{% increment n %}{% render 'footer' %}",
    "<style>a { color: {{ contact.colour }} }</style><div style=\"{{ contact.colour }}\" title='{{ contact.name }}'>",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is done to a template, reading, checking and rendering end, with places inside the text.
    #[test]
    fn mutated_templates_do_no_harm(
        seed in 0..SEEDS.len(),
        edits in prop::collection::vec((0..400_usize, 0..14_usize, 0..6_usize), 0..8),
    ) {
        let scraps = ["{%", "%}", "{{", "}}", "'", "\"", "|", ":", "-", " endif ", "<", ">", "é", "{% if x %}"];
        let mut chars: Vec<char> = SEEDS[seed].chars().collect();
        for (at, scrap, cut) in edits {
            let at = at % (chars.len() + 1);
            let end = (at + cut).min(chars.len());
            chars.splice(at..end, scraps[scrap].chars());
        }
        let text: String = chars.into_iter().collect();
        let (template, errors) = parse(&text, Options::default());
        for error in &errors {
            prop_assert!(text.get(error.span.start as usize..error.span.end as usize).is_some());
        }
        for escape in [Escape::None, Escape::Html] {
            let checked = check(&template, &World::new(), escape);
            for problem in checked.problems.iter().filter(|problem| problem.partial.is_none()) {
                prop_assert!(text.get(problem.span.start as usize..problem.span.end as usize).is_some());
            }
            let _ = run(&template, escape, &Limits::default());
        }
    }

    /// What a value prints in HTML never makes a tag, an attribute or a script of its own.
    #[test]
    fn values_stay_in_their_place(value in "[a-z<>\"'&:;/ \\\\\\t-]{0,20}") {
        let text = "<p title=\"{{ v }}\">{{ v }}</p><a href='{{ v }}'>x</a><i style=\"{{ v }}\">";
        let (template, _) = parse(text, Options::default());
        let data: Map = [("v", Value::from(value.as_str()))].into_iter().collect();
        let rendered = render(&template, &data, &Limits::default(), NOW, Escape::Html).unwrap().text;
        prop_assert_eq!(rendered.matches('<').count(), 5);
        prop_assert_eq!(rendered.matches('"').count(), 4);
        prop_assert_eq!(rendered.matches('\'').count(), 2);
        let href = rendered.split("href='").nth(1).unwrap().split('\'').next().unwrap();
        let scheme = href.split(['/', '?', '#']).next().unwrap();
        prop_assert!(!scheme.contains(':') || scheme.starts_with("http") || scheme.starts_with("mailto"), "{}", href);
    }
}
