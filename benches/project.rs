//! Whole projects: `cargo bench --bench project`. The numbers and what they mean: docs/performance.md.
//!
//! Projects of 100, 1,000 and 10,000 workflows, five to a file, over one file of shared definitions; every workflow has
//! triggers, conditions over attributes and events, guards, a branch, waits, an e-mail and a call of a connector.

use divan::{Bencher, black_box};
use rayon::prelude::*;
use std::fmt::Write as _;
use wayfare::base::{FileId, SourceMap};
use wayfare::check::checked::Settings;
use wayfare::check::{Checked, Input, NoAssets, SourceAst, check};
use wayfare::diag::Diagnostic;
use wayfare::plan::{self, Plan, listing::Lister, stored};
use wayfare::project::on_deep_stack;
use wayfare::syntax::{self, Parsed};

fn main() {
    divan::main();
}

const SIZES: [usize; 3] = [100, 1_000, 10_000];
const PER_FILE: usize = 5;

const SHARED: &str = r#"
attributes of account {
  name text  status one of (trial, paid, churned)  plan text  seats number  mrr number
  last_seen time  renewal date  owner user  tags list of text
  logins_30d number = count of "Login" in last 30d
}
attributes of contact { email email  first_name text  role text  last_seen time  champion bool }
event "Login" { minutes number }
event "Report Exported" { pages number  kind text }
event "Invoice Paid" { amount number  invoice text }
segment "Paying" of account where status = paid
segment "Quiet" of account where count of "Login" in last 14d < 2 and status = paid
team "CSM" { "ana@acme.com"  "bo@acme.com" }
connector chat { base "https://chat.example.com"  auth bearer secret "CHAT_TOKEN" }
action chat.post(channel text, message template) through chat {
  post "/messages"
  json { channel: channel  message: message }
}
template "hello" {
  subject "Hello {{ contact.first_name | default: 'there' }}"
  text "{{ account.name }} has {{ account.seats | default: 1 }} seats."
}
"#;

fn workflow(out: &mut String, at: usize) {
    let (days, seats, length) = (at % 60 + 2, at % 97 + 1, at % 28 + 3);
    let _ = write!(
        out,
        r##"
workflow "Flow {at}" {{
  description "The flow of number {at}"
  live

  when account matches last_seen < {days}d ago and seats >= {seats}
    or when account performs "Report Exported" where pages > {length}
  if status in (trial, paid) and not in segment "Quiet" and count of "Login" in last {days}d >= {length}
  every time, at most once per 30d

  do
    assign owner: next of "CSM" if owner is missing
    chat.post "#saves" "{{{{ account.name }}}} needs a look: {{{{ account.mrr | default: 0 }}}} a month ({at})."
    email "hello" to: contacts where role = "admin" or champion if any contact where role = "admin"
    wait until performs "Report Exported" where pages > {length} at most {length}d
    if timed out {{
      add tag "flow {at}"
      wait {length}d
      set seats: seats + 1 if logins_30d > {seats}
    }} else if mrr >= {seats}00 and plan starts with "pro" {{
      chat.post "#praise" "{{{{ account.name }}}} came back."
    }}
    wait until renewal

  goal when in segment "Paying" and seats > {seats}
  exit when status = churned or last_seen < {days}d ago and mrr < {length}
}}
"##
    );
}

/// The files of a project of that many workflows.
fn files(workflows: usize) -> Vec<String> {
    let mut files = vec![SHARED.to_owned()];
    for first in (0..workflows).step_by(PER_FILE) {
        let mut text = String::new();
        (first..(first + PER_FILE).min(workflows)).for_each(|at| workflow(&mut text, at));
        files.push(text);
    }
    files
}

struct Project {
    sources: SourceMap,
    ids: Vec<FileId>,
    texts: Vec<String>,
}

impl Project {
    fn of(workflows: usize) -> Self {
        let (mut sources, texts) = (SourceMap::new(), files(workflows));
        let ids = texts
            .iter()
            .enumerate()
            .map(|(at, text)| sources.add(&format!("{at}.wf"), text.as_str()))
            .collect();
        Self { sources, ids, texts }
    }

    fn parse(&self) -> Vec<Parsed> {
        self.ids.par_iter().zip(&self.texts).map(|(id, text)| syntax::parse(*id, text)).collect()
    }

    fn check(&self, parsed: &[Parsed]) -> Checked {
        let asts = self.ids.iter().zip(parsed);
        let files =
            asts.map(|(id, parsed)| SourceAst { id: *id, ast: &parsed.file, std: false, stem: "bench" });
        let input =
            Input { files: files.collect(), settings: Settings::default(), assets: &NoAssets, modules: &[] };
        let (checked, found) = check(&input);
        let wrong: Vec<_> = found.iter().filter(|found| Diagnostic::is_error(found)).take(3).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        checked
    }

    fn plan(&self) -> Plan {
        plan::lower(&self.check(&self.parse()), &self.sources)
    }
}

/// A benchmark runs where the stack is as deep as in the command.
fn measured<T: Send>(bencher: Bencher<'_, '_>, size: usize, work: impl Fn(&Project) -> T + Sync + Send) {
    let project = Project::of(size);
    bencher.bench_local(|| on_deep_stack(|| black_box(work(&project))));
}

/// Text to plan: what `wf plan` does but for reading and printing.
#[divan::bench(args = SIZES, sample_count = 10)]
fn whole(bencher: Bencher<'_, '_>, size: usize) {
    measured(bencher, size, Project::plan);
}

#[divan::bench(args = SIZES, sample_count = 10)]
fn parsing(bencher: Bencher<'_, '_>, size: usize) {
    measured(bencher, size, Project::parse);
}

#[divan::bench(args = SIZES, sample_count = 10)]
fn checking(bencher: Bencher<'_, '_>, size: usize) {
    let project = Project::of(size);
    let parsed = on_deep_stack(|| project.parse());
    bencher.bench_local(|| on_deep_stack(|| black_box(project.check(&parsed))));
}

#[divan::bench(args = SIZES, sample_count = 10)]
fn lowering(bencher: Bencher<'_, '_>, size: usize) {
    let project = Project::of(size);
    let checked = on_deep_stack(|| project.check(&project.parse()));
    bencher.bench_local(|| black_box(plan::lower(&checked, &project.sources)));
}

#[divan::bench(args = SIZES, sample_count = 5)]
fn listing(bencher: Bencher<'_, '_>, size: usize) {
    let plan = on_deep_stack(|| Project::of(size).plan());
    bencher.bench_local(|| {
        let lister = Lister::new(&plan);
        plan.workflows.iter().map(|workflow| lister.sheet(workflow).text().len()).sum::<usize>()
    });
}

#[divan::bench(args = SIZES, sample_count = 5)]
fn storing(bencher: Bencher<'_, '_>, size: usize) {
    let plan = on_deep_stack(|| Project::of(size).plan());
    bencher.bench_local(|| {
        let bytes = stored::write(&plan).unwrap_or_default();
        black_box(stored::read(&bytes).is_ok())
    });
}
