//! The engine: `cargo bench --bench engine`. The numbers and what they mean: docs/performance.md.
//!
//! Worlds live on from one sample to the next: a sample is so many inputs, a second apart, spread over all entities.

#![expect(
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a benchmark stops at the first surprise and prints what it found"
)]

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use wayfare::base::{FileId, Instant, SourceMap};
use wayfare::check::checked::Settings;
use wayfare::check::{Input as Files, NoAssets, SourceAst, check};
use wayfare::diag::Diagnostic;
use wayfare::engine::{Input, InputKind, World, apply};
use wayfare::ingest::History;
use wayfare::plan::{self, Plan};
use wayfare::project::{self, Target};
use wayfare::simulate::Simulation;

fn main() {
    for entities in [100_000, 1_000_000] {
        let (counted, used) = memory(entities);
        println!(
            "{entities} entities of 20 attributes: {counted} bytes each as counted, {used} as the system sees it"
        );
    }
    divan::main();
}

/// So many inputs are a sample.
const SAMPLE: u64 = 1_000;
const BEGIN: Instant = Instant(1_767_571_200_000);

const SHARED: &str = r#"
attributes of account {
  name text  status one of (trial, paid, churned)  plan text  seats number  mrr number  renewal date  owner user
  a0 number  a1 text  a2 time  a3 bool  a4 number  a5 text  a6 time  a7 bool  a8 number  a9 text  a10 time  a11 bool  a12 number
}
attributes of contact { email email  role text }
event "Login" { }
event "Order" { amount number }
event "Ping" { }
connector chat { base "https://chat.example.com"  auth bearer secret "CHAT_TOKEN" }
action chat.post(channel text, message template) through chat { post "/messages" json { channel: channel  message: message } }
"#;

/// Looks at logins of the last hour; no account ever has so many.
const WINDOW: &str = r##"
workflow "Busy" {
  live
  when account matches count of "Login" in last 1h >= 5000
  every time
  do chat.post "#busy" "{{ account.name }} is busy."
  exit when status = churned
}
"##;

/// Every order enrols and acts.
const ACTS: &str = r##"
workflow "Orders" {
  live
  when account performs "Order" where amount > 10
  if status = paid
  every time
  do chat.post "#orders" "{{ account.name }} ordered for {{ event.amount }}."
  exit when status = churned
}
"##;

/// Every ping is waited behind.
const WAITS: &str = r#"
workflow "Waits" {
  live
  when account performs "Ping"
  every time
  do wait 1000d
  exit when status = churned
}
"#;

/// Counts the administrators among the contacts.
const CONTACTS: &str = r##"
workflow "Admins" {
  live
  when account matches count of contacts where (role = "admin") >= 1000000
  every time
  do chat.post "#admins" "{{ account.name }}"
  exit when status = churned
}
"##;

/// So many workflows that none of the inputs concerns.
fn others(count: usize) -> String {
    (0..count).fold(String::new(), |mut text, at| {
        let _ = write!(
            text,
            r##"
event "Other {at}" {{ }}
workflow "Other {at}" {{
  live
  when account matches count of "Other {at}" in last {days}d >= {seats} and seats > {seats}
    or when account performs "Other {at}"
  if mrr > {seats}
  every time
  do
    wait {days}d
    chat.post "#others" "{{{{ account.name }}}} ({at})"
  exit when a0 = {at}
}}
"##,
            days = at % 28 + 2,
            seats = at % 97 + 1,
        );
        text
    })
}

fn planned(text: &str) -> Plan {
    project::on_deep_stack(|| {
        let mut sources = SourceMap::new();
        let id: FileId = sources.add("bench.wf", text);
        let parsed = wayfare::syntax::parse(id, text);
        let files = vec![SourceAst { id, ast: &parsed.file, std: false, stem: "bench" }];
        let (checked, found) =
            check(&Files { files, settings: Settings::default(), assets: &NoAssets, modules: &[] });
        let wrong: Vec<_> = found.iter().filter(|found| Diagnostic::is_error(found)).take(3).collect();
        assert!(wrong.is_empty() && parsed.diagnostics.is_empty(), "{wrong:#?}");
        plan::lower(&checked, &sources)
    })
}

/// A world with accounts of 20 attributes, and where its clock stands.
struct Bench {
    plan: Plan,
    world: World,
    ids: Vec<Arc<str>>,
    next: u64,
}

fn traits(at: usize) -> Arc<str> {
    let text = format!(
        r#"{{"name": "Account {at}", "status": "paid", "plan": "pro", "seats": {seats}, "mrr": {at}.5, "renewal": "2027-03-01", "owner": "ana@acme.com",
        "a0": -1, "a1": "some words of text", "a2": "2026-01-05T09:00:00Z", "a3": true, "a4": 4, "a5": "five", "a6": "2026-01-05T09:00:00Z",
        "a7": false, "a8": 88.25, "a9": "nine", "a10": "2026-01-05T09:00:00Z", "a11": true, "a12": 12}}"#,
        seats = at % 50,
    );
    text.into()
}

impl Bench {
    fn new(text: &str, accounts: usize) -> Self {
        let ids: Vec<Arc<str>> = (0..accounts).map(|at| format!("account-{at}").into()).collect();
        let mut bench =
            Self { plan: planned(&format!("{SHARED}{text}")), world: World::simulated(), ids, next: 0 };
        for at in 0..accounts {
            let kind = InputKind::Group {
                account: Arc::clone(&bench.ids[at]),
                contact: None,
                traits: traits(at),
                time: BEGIN,
            };
            apply(&mut bench.world, &bench.plan, &Input { at: BEGIN, kind });
        }
        bench
    }

    /// Gives an account so many contacts.
    fn with_contacts(mut self, contacts: usize) -> Self {
        for at in 0..contacts {
            let (account, contact) = (Arc::clone(&self.ids[0]), Some(format!("contact-{at}").into()));
            let kind = InputKind::Group { account, contact, traits: "{}".into(), time: BEGIN };
            apply(&mut self.world, &self.plan, &Input { at: BEGIN, kind });
        }
        self
    }

    /// The next instant, a second on, and whose turn it is.
    fn turn(&mut self, of: usize) -> (Instant, usize) {
        self.next += 1;
        let spread = self.next.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
        (Instant(BEGIN.0 + self.next as i64 * 1_000), (spread % of as u64) as usize)
    }

    fn events(&mut self, name: &Arc<str>, properties: &Arc<str>) -> usize {
        let mut lines = 0;
        for _ in 0..SAMPLE {
            let (time, account) = self.turn(self.ids.len());
            let kind = InputKind::Track {
                contact: None,
                account: Some(Arc::clone(&self.ids[account])),
                event: Arc::clone(name),
                properties: Arc::clone(properties),
                time,
            };
            lines += apply(&mut self.world, &self.plan, &Input { at: time, kind }).log.len();
        }
        lines
    }
}

fn events(bencher: Bencher<'_, '_>, text: &str, accounts: usize, name: &str, properties: &str) {
    let (mut bench, name, properties) = (Bench::new(text, accounts), name.into(), properties.into());
    bench.events(&name, &properties);
    bencher.counter(ItemsCount::new(SAMPLE)).bench_local(|| black_box(bench.events(&name, &properties)));
}

/// One event into one window, no fact changes: among so many workflows of which one is concerned.
#[divan::bench(args = [1, 1_000])]
fn window_by_workflows(bencher: Bencher<'_, '_>, workflows: usize) {
    events(bencher, &format!("{WINDOW}{}", others(workflows - 1)), 1_000, "Login", "{}");
}

/// The same among so many accounts.
#[divan::bench(args = [1_000, 100_000, 1_000_000], sample_count = 50)]
fn window_by_entities(bencher: Bencher<'_, '_>, accounts: usize) {
    events(bencher, WINDOW, accounts, "Login", "{}");
}

/// One event enrols, acts, and is through: among so many workflows of which one is concerned.
#[divan::bench(args = [1, 1_000])]
fn acts_by_workflows(bencher: Bencher<'_, '_>, workflows: usize) {
    let text = format!("{ACTS}{}", others(workflows - 1));
    events(bencher, &text, 1_000, "Order", r#"{"amount": 12}"#);
}

/// The same among so many accounts.
#[divan::bench(args = [1_000, 100_000], sample_count = 50)]
fn acts_by_entities(bencher: Bencher<'_, '_>, accounts: usize) {
    events(bencher, ACTS, accounts, "Order", r#"{"amount": 12}"#);
}

/// A contact of an account of so many contacts becomes an administrator, or is one no more.
#[divan::bench(args = [3, 30_000])]
fn contact_changes(bencher: Bencher<'_, '_>, contacts: usize) {
    let mut bench = Bench::new(CONTACTS, 1).with_contacts(contacts);
    let ids: Vec<Arc<str>> = (0..contacts).map(|at| format!("contact-{at}").into()).collect();
    let roles: [Arc<str>; 2] = [r#"{"role": "admin"}"#.into(), r#"{"role": "user"}"#.into()];
    bencher.counter(ItemsCount::new(SAMPLE)).bench_local(|| {
        for _ in 0..SAMPLE {
            // Three of them take turns, whatever the others are.
            let (time, _) = bench.turn(1);
            let contact = Arc::clone(&ids[(bench.next % 3) as usize]);
            let traits = Arc::clone(&roles[(bench.next / 3 % 2) as usize]);
            let kind = InputKind::Identify { contact, account: None, traits, time };
            black_box(apply(&mut bench.world, &bench.plan, &Input { at: time, kind }));
        }
    });
}

/// One of a million waits ends, and the enrolment with it.
#[divan::bench(sample_count = 50, sample_size = 1)]
fn timer_fires(bencher: Bencher<'_, '_>) {
    let mut bench = Bench::new(WAITS, 1_000_000);
    for at in 0..bench.ids.len() {
        let time = Instant(BEGIN.0 + at as i64);
        let account = Some(Arc::clone(&bench.ids[at]));
        let kind =
            InputKind::Track { contact: None, account, event: "Ping".into(), properties: "{}".into(), time };
        apply(&mut bench.world, &bench.plan, &Input { at: time, kind });
    }
    assert_eq!(bench.world.timers(), bench.ids.len());
    let mut end = bench.world.next_timer().unwrap_or(BEGIN);
    bencher.counter(ItemsCount::new(SAMPLE)).bench_local(|| {
        end = Instant(end.0 + SAMPLE as i64);
        black_box(apply(&mut bench.world, &bench.plan, &Input { at: end, kind: InputKind::Tick }));
    });
}

/// The history of RavenStack, from the file on.
#[divan::bench(sample_count = 10)]
fn ravenstack(bencher: Bencher<'_, '_>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/ravenstack");
    let file = folder.join("history.jsonl.gz");
    let plan = project::load(Target::Path(folder)).ok().and_then(|project| project.plan);
    let Some(plan) = plan else { return };
    bencher.counter(ItemsCount::new(29_219_u64)).bench_local(|| {
        let mut simulation = Simulation::new(&plan);
        let Ok(mut history) = History::open(std::slice::from_ref(&file), Instant::MAX) else { return 0 };
        while let Ok(Some(line)) = history.next_line() {
            let Ok(line) = line else { continue };
            black_box(simulation.take(line));
        }
        simulation.world.len()
    });
}

/// What an entity takes: as the engine counts it, and by how much the process grew.
fn memory(entities: usize) -> (usize, usize) {
    let before = resident();
    let mut bench = Bench::new(WINDOW, entities);
    let dirty = bench.world.take_dirty();
    bench.world.measure(&dirty);
    drop(dirty);
    let ids: usize = bench.ids.iter().map(|id| id.len() + 16 + 16).sum();
    let used = resident().saturating_sub(before).saturating_sub(ids);
    (bench.world.resident_bytes() / entities + World::BYTES_KNOWN, used / entities)
}

/// The bytes of this process in memory; 0 where the system does not say.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    status.split_whitespace().nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4_096
}
