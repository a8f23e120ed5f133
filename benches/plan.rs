//! Conditions and snapshots: `cargo bench --bench plan`. The numbers and what they mean: docs/performance.md.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_possible_wrap,
    clippy::format_collect,
    reason = "a benchmark stops at the first surprise and prints what it found"
)]

use chrono_tz::Tz;
use datalogic_rs::bumpalo::Bump;
use datalogic_rs::{DataValue, Engine, Logic};
use divan::{Bencher, black_box};
use std::fmt::Write as _;
use std::sync::Arc;
use wayfare::base::{FileId, Instant};
use wayfare::check::checked::{Checked, Expr, Settings, Subject};
use wayfare::check::{Input, NoAssets, SourceAst, check};
use wayfare::plan::expr::{AggId, CondId, Env, Layout, Pool, RelId, Scope, Who, eval};
use wayfare::value::{Loaded, Snapshot, Value, ValueRef};

/// Shows what allocates: evaluating a condition must not.
#[global_allocator]
static ALLOC: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    let (bytes, memory) = sizes();
    println!("bytes a condition: {bytes}   bytes a snapshot of 30 attributes: {memory}");
    divan::main();
}

const ONE: &str = r#"status = trial and seats >= 3 and plan in ("pro", "team") and last_seen < 14d ago and email ends with "@acme.com""#;
const ONE_JSON: &str = r#"{"and": [{"==": [{"var": "status"}, "trial"]}, {">=": [{"var": "seats"}, 3]}, {"in": [{"var": "plan"}, ["pro", "team"]]}, {"<": [{"var": "last_seen"}, 1780000000000]}, {"ends_with": [{"var": "email"}, "@acme.com"]}]}"#;
const TRAITS: &str = r#"{"status": "trial", "seats": 5, "plan": "pro", "last_seen": "2026-01-05T09:00:00Z", "email": "ann@acme.com"}"#;
const TRAITS_JSON: &str =
    r#"{"status": "trial", "seats": 5, "plan": "pro", "last_seen": 1767603600000, "email": "ann@acme.com"}"#;
const NOW: Instant = Instant(1_781_209_600_000);

struct Project {
    checked: Checked,
    layout: Layout,
    pool: Pool,
    ids: Vec<CondId>,
}

fn attributes() -> String {
    let types = ["number", "text", "time", "bool", "date"];
    let more: String = (0..25).map(|n| format!("a{n} {}\n", types[n % types.len()])).collect();
    format!(
        "attributes of account {{ status one of (trial, paid)  seats number  plan text  last_seen time  email email\n{more} }}\n"
    )
}

fn project(conditions: &[String]) -> Project {
    let mut text = attributes();
    for (at, condition) in conditions.iter().enumerate() {
        let _ = writeln!(text, "segment \"S{at}\" of account where ({condition})");
    }
    let parsed = wayfare::syntax::parse(FileId::default(), &text);
    let files = vec![SourceAst { id: FileId::default(), ast: &parsed.file, std: false, stem: "bench" }];
    let input = Input { files, settings: Settings::default(), assets: &NoAssets, modules: &[] };
    let (checked, found) = check(&input);
    assert!(!found.iter().any(wayfare::diag::Diagnostic::is_error), "{found:?}");
    let (layout, mut pool) = (Layout::of(&checked), Pool::default());
    let scope = Scope { checked: &checked, layout: &layout, subject: Subject::Account };
    let ids = checked.segments.values().map(|segment| pool.condition(&segment.condition, scope)).collect();
    Project { checked, layout, pool, ids }
}

/// An entity by itself.
struct Alone<'a>(&'a Snapshot);

impl Env for Alone<'_> {
    fn now(&self) -> Instant {
        NOW
    }
    fn zone(&self) -> Tz {
        Tz::UTC
    }
    #[inline]
    fn snapshot(&self, _: Who) -> Option<&Snapshot> {
        Some(self.0)
    }
    fn bit(&self, _: Who, _: u16) -> bool {
        false
    }
    fn in_workflow(&self, _: Who, _: u32) -> bool {
        false
    }
    fn aggregate(&self, _: Who, _: AggId) -> Value {
        Value::Missing
    }
    fn aggregate_next(&self, _: Who, _: AggId) -> Instant {
        Instant::MAX
    }
    fn count_flip(&self, _: Who, _: AggId, _: u64) -> Instant {
        Instant::MAX
    }
    fn relation(&self, _: RelId) -> (u32, u32) {
        (0, 0)
    }
    fn event(&self) -> Option<u32> {
        None
    }
    fn property(&self, _: u16) -> ValueRef<'_> {
        ValueRef::Missing
    }
    fn enrolling(&self, _: &[(u32, u16)]) -> ValueRef<'_> {
        ValueRef::Missing
    }
    fn event_contact(&self) -> ValueRef<'_> {
        ValueRef::Missing
    }
    fn kept(&self, _: usize) -> ValueRef<'_> {
        ValueRef::Missing
    }
    fn param(&self, _: usize) -> ValueRef<'_> {
        ValueRef::Missing
    }
    fn response(&self, _: &[Arc<str>]) -> Value {
        Value::Missing
    }
    fn timed_out(&self) -> bool {
        false
    }
}

fn snapshot(project: &Project, traits: &str) -> Snapshot {
    let mut snapshot = Snapshot::default();
    let mut loaded = Loaded::default();
    snapshot.load(traits, project.layout.schema(Subject::Account), NOW, &mut loaded).expect("traits");
    assert!(loaded.refused.is_empty(), "{loaded:?}");
    snapshot
}

/// 1,000 rules of 4.6 terms on average, for both engines, of which most are decided behind their first terms.
fn rules() -> (Vec<String>, Vec<String>) {
    (0..1_000).map(rule).unzip()
}

fn rule(n: usize) -> (String, String) {
    let var = |name: &str| format!(r#"{{"var": "{name}"}}"#);
    let terms = [
        (format!("seats >= {}", n % 5), format!(r#"{{">=": [{}, {}]}}"#, var("seats"), n % 5)),
        ("status = trial".into(), format!(r#"{{"==": [{}, "trial"]}}"#, var("status"))),
        (format!("plan in (\"pro\", \"p{n}\")"), format!(r#"{{"in": [{}, ["pro", "p{n}"]]}}"#, var("plan"))),
        (
            format!("last_seen < {}d ago", n % 40 + 1),
            format!(r#"{{"<": [{}, {}]}}"#, var("last_seen"), NOW.0 - (n as i64 % 40 + 1) * 86_400_000),
        ),
        (format!("seats < {}", n + 6), format!(r#"{{"<": [{}, {}]}}"#, var("seats"), n + 6)),
    ];
    let count = if n % 5 < 3 { 5 } else { 4 };
    let (ours, theirs): (Vec<_>, Vec<_>) = terms.into_iter().take(count).unzip();
    (ours.join(" and "), format!(r#"{{"and": [{}]}}"#, theirs.join(", ")))
}

/// What 30 attributes look like in a message.
fn thirty() -> String {
    let mut traits = TRAITS.trim_end_matches('}').to_owned();
    for n in 0..25 {
        let value = match n % 5 {
            0 => format!("{}.5", n * 37),
            1 => format!("\"a typical text {n}\""),
            2 => "\"2026-02-03T04:05:06.789Z\"".into(),
            3 => "true".into(),
            _ => "\"2026-03-04\"".into(),
        };
        let _ = write!(traits, ", \"a{n}\": {value}");
    }
    traits + "}"
}

fn sizes() -> (usize, usize) {
    let one = project(&[ONE.to_owned()]);
    (one.pool.memory(), snapshot(&one, &thirty()).memory())
}

#[divan::bench]
fn one_condition_wayfare(bencher: Bencher<'_, '_>) {
    let project = project(&[ONE.to_owned()]);
    let this = snapshot(&project, TRAITS);
    assert!(eval(&project.pool, project.ids[0], &Alone(&this)));
    bencher.bench(|| eval(black_box(&project.pool), black_box(project.ids[0]), black_box(&Alone(&this))));
}

struct Typed {
    status: u8,
    seats: i64,
    plan: String,
    last_seen: i64,
    email: String,
}

#[divan::bench]
fn one_condition_by_hand(bencher: Bencher<'_, '_>) {
    let this = Typed {
        status: 0,
        seats: 5,
        plan: "pro".into(),
        last_seen: 1_767_603_600_000,
        email: "ann@acme.com".into(),
    };
    bencher.bench(|| {
        let this = black_box(&this);
        this.status == 0
            && this.seats >= 3
            && (this.plan == "pro" || this.plan == "team")
            && this.last_seen <= NOW.0 - 14 * 86_400_000
            && this.email.ends_with("@acme.com")
    });
}

#[divan::bench]
fn one_condition_datalogic(bencher: Bencher<'_, '_>) {
    let engine = Engine::new();
    let rule = engine.compile(ONE_JSON).expect("rule");
    let arena = Bump::new();
    let data: &DataValue<'_> = arena.alloc(DataValue::from_str(TRAITS_JSON, &arena).expect("data"));
    let mut scratch = Bump::new();
    assert_eq!(engine.evaluate(&rule, data, &scratch).expect("result").as_bool(), Some(true));
    bencher.bench_local(|| {
        scratch.reset();
        engine.evaluate(black_box(&rule), black_box(data), &scratch).map(DataValue::as_bool)
    });
}

#[divan::bench]
fn thousand_rules_wayfare(bencher: Bencher<'_, '_>) {
    let project = project(&rules().0);
    let this = snapshot(&project, TRAITS);
    bencher.bench(|| {
        let env = black_box(Alone(&this));
        project.ids.iter().filter(|id| eval(&project.pool, **id, &env)).count()
    });
}

#[divan::bench]
fn thousand_rules_datalogic(bencher: Bencher<'_, '_>) {
    let engine = Engine::new();
    let rules: Vec<Logic> = rules().1.iter().map(|rule| engine.compile(rule).expect("rule")).collect();
    let arena = Bump::new();
    let data: &DataValue<'_> = arena.alloc(DataValue::from_str(TRAITS_JSON, &arena).expect("data"));
    let mut scratch = Bump::new();
    bencher.bench_local(|| {
        scratch.reset();
        let holds = |rule: &&Logic| {
            engine.evaluate(rule, data, &scratch).is_ok_and(|found| found.as_bool() == Some(true))
        };
        rules.iter().filter(holds).count()
    });
}

/// The time is for 1,000 conditions into one pool.
#[divan::bench]
fn compile_thousand(bencher: Bencher<'_, '_>) {
    let project = project(&rules().0);
    let trees: Vec<&Expr> = project.checked.segments.values().map(|segment| &segment.condition).collect();
    let scope = Scope { checked: &project.checked, layout: &project.layout, subject: Subject::Account };
    bencher.bench(|| {
        let mut pool = Pool::default();
        for tree in &trees {
            black_box(pool.condition(tree, scope));
        }
        pool
    });
}

#[divan::bench]
fn snapshot_of_thirty(bencher: Bencher<'_, '_>) {
    let project = project(&[ONE.to_owned()]);
    let (traits, schema) = (thirty(), project.layout.schema(Subject::Account));
    let mut loaded = Loaded::default();
    bencher.bench_local(|| {
        let mut snapshot = Snapshot::default();
        loaded.clear();
        snapshot.load(black_box(&traits), schema, NOW, &mut loaded).is_ok().then_some(snapshot)
    });
}
