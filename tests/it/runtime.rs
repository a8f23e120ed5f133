//! The runtime: durable before acknowledged, the same world after every restart, timers without polling.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use wayfare::base::Instant;
use wayfare::engine::{Eid, InputKind};
use wayfare::ingest::Message;
use wayfare::project::Bundle;
use wayfare::runtime::{First, Handle, Options, Record, Runtime, SpedClock};
use wayfare::store::log::Query;

fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("runtime").join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

fn first(text: &str) -> First {
    let files =
        [("wayfare.toml".to_owned(), "name = \"t\"\n".to_owned()), ("main.wf".to_owned(), text.to_owned())];
    First { bundle: Bundle { files: files.into() }, by: "tests".into() }
}

fn options(data: &Path, factor: f64) -> Options {
    let journal = wayfare::journal::Options { segment: 1 << 20, ahead: false };
    let clock = Arc::new(SpedClock::new(Instant::parse("2026-03-02T09:00:00.000Z").unwrap(), factor));
    Options { clock, journal, pause: std::time::Duration::from_millis(20), ..Options::new(data) }
}

fn identify(id: &str, message: &str) -> Record {
    let text = format!(
        r#"{{"type":"identify","messageId":"{message}","userId":"{id}","traits":{{"plan":"trial","email":"{id}@acme.example"}}}}"#
    );
    let parsed = Message::parse(&text).unwrap();
    Record::message(parsed.id.clone(), parsed.input(Instant::MAX))
}

const TRIAL: &str = r#"
event "welcomed" { }
event "nudged" { }
attributes of contact {
  plan   text
  email  email
}
segment "Trial" of contact where plan = "trial"
workflow "Nurture" {
  live
  when contact enters segment "Trial"
  every time
  do
    record "welcomed"
    wait 3d
    record "nudged"
}
"#;

/// The kinds of all lines of a workflow, oldest first.
fn kinds(handle: &Handle) -> Vec<String> {
    let query = Query { workflow: Some("Nurture".into()), limit: 1000, ..Query::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let page = runtime.block_on(handle.log(query)).unwrap();
    let lines = page.lines.iter().rev();
    lines
        .map(|(_, line)| format!("{} {}", line.entity.0, wayfare::simulate::words::kind(&line.kind)))
        .collect()
}

fn until(handle: &Handle, done: impl Fn(&Handle) -> bool) {
    for _ in 0..2_000 {
        if done(handle) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    panic!("it never came: {:?}", handle.status());
}

#[test]
fn what_was_acknowledged_is_there_again_and_taken_once() {
    let data = folder("again");
    let (runtime, _rows) = Runtime::start(&options(&data, 1.0), Some(first(TRIAL))).unwrap();
    assert!(runtime.is_new);
    let handle = runtime.handle();
    let receipt = handle.submit_waiting(vec![identify("ann", "m1"), identify("bob", "m2")]).unwrap();
    assert_eq!(receipt.duplicates(), 0);
    assert_eq!(handle.submit_waiting(vec![identify("ann", "m1")]).unwrap().duplicates(), 1);
    assert_eq!(handle.ask_waiting(|core| core.world.len()).unwrap(), 2);
    let before = kinds(&handle);
    assert!(before.contains(&"0 waiting".to_owned()), "{before:?}");
    runtime.stop().unwrap();
    assert!(handle.submit_waiting(vec![identify("cid", "m3")]).is_err());
    // Who can still read the log holds the store.
    drop(handle);

    let (runtime, _rows) = Runtime::start(&options(&data, 1.0), None).unwrap();
    let handle = runtime.handle();
    assert_eq!(kinds(&handle), before);
    assert_eq!(handle.submit_waiting(vec![identify("bob", "m2")]).unwrap().duplicates(), 1);
    let id = handle.ask_waiting(|core| core.world.entity(Eid(1)).id.clone()).unwrap();
    assert_eq!(&*id, "bob");
    runtime.stop().unwrap();
}

#[test]
fn timers_fire_by_themselves_also_those_that_fell_due_in_between() {
    let data = folder("timers");
    // A day is 864 ms.
    let (runtime, _rows) = Runtime::start(&options(&data, 100_000.0), Some(first(TRIAL))).unwrap();
    let handle = runtime.handle();
    handle.submit_waiting(vec![identify("ann", "m1")]).unwrap();
    until(&handle, |handle| kinds(handle).contains(&"0 finished".to_owned()));
    let lines = kinds(&handle);
    assert_eq!(lines, ["0 enrolled", "0 action", "0 waiting", "0 action", "0 finished"]);
    runtime.stop().unwrap();
}

#[test]
fn a_lost_store_is_made_anew_from_the_journal() {
    let data = folder("lost");
    let (runtime, _rows) = Runtime::start(&options(&data, 1.0), Some(first(TRIAL))).unwrap();
    let handle = runtime.handle();
    for n in 0..700 {
        handle.submit_waiting(vec![identify(&format!("c{n}"), &format!("m{n}"))]).unwrap();
    }
    let before = kinds(&handle);
    runtime.stop().unwrap();
    std::fs::remove_dir_all(data.join("store")).unwrap();
    let (runtime, _rows) = Runtime::start(&options(&data, 1.0), None).unwrap();
    assert_eq!(kinds(&runtime.handle()), before);
    runtime.stop().unwrap();
    // What a checkpoint holds is what the journal makes.
    let (runtime, _rows) = Runtime::start(&options(&data, 1.0), None).unwrap();
    assert_eq!(kinds(&runtime.handle()), before);
    runtime.stop().unwrap();
}

#[test]
fn nothing_runs_without_a_project_and_none_with_mistakes() {
    let data = folder("none");
    let error = Runtime::start(&options(&data, 1.0), None).err().unwrap().to_string();
    assert!(error.contains("no project was given"), "{error}");
    let wrong = first("workflow \"W\" { when account enters segment \"No\" do exit }");
    let error = Runtime::start(&options(&data, 1.0), Some(wrong)).err().unwrap().to_string();
    assert!(error.contains("mistakes"), "{error}");
}

/// A tick is an input like any other.
#[test]
fn records_are_read_as_they_were_written() {
    let record = Record::machine(InputKind::Tick);
    assert_eq!(Record::decode(&record.encode().unwrap()), Ok(record));
    assert!(Record::decode(&[]).unwrap_err().contains("empty"));
    assert!(Record::decode(&[9, 0]).unwrap_err().contains("version 9"));
}

/// Everything that is known and the log, from wherever they lie; none: the runtime ended over it.
fn picture(handle: &Handle) -> Option<(Vec<String>, Vec<String>)> {
    let entities = |core: &mut wayfare::runtime::Core| {
        (0..core.world.len() as u32).map(|n| format!("{:?}", core.world.entity(Eid(n)))).collect()
    };
    let entities = handle.ask_waiting(entities).ok()?;
    let query = Query { workflow: Some("Nurture".into()), limit: 1000, ..Query::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let page = runtime.block_on(handle.log(query)).ok()?;
    Some((entities, page.lines.iter().map(|line| format!("{line:?}")).collect()))
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            std::fs::copy(&path, to.join(name)).unwrap();
        }
    }
}

/// Damages one of sled's files: cut off, bits turned, a page of zeros, gone. Gives what was done.
fn damage(world: &Path, mut dice: impl FnMut(u64) -> u64) -> String {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(world).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.is_file());
    files.sort();
    let path = &files[dice(files.len() as u64) as usize];
    let mut bytes = std::fs::read(path).unwrap();
    let length = bytes.len() as u64;
    let what = dice(4);
    match what {
        0 => bytes.truncate(dice(length + 1) as usize),
        1 => (0..40).for_each(|_| bytes[dice(length.max(1)) as usize] ^= 1 << dice(8)),
        2 => {
            let from = dice(length.max(1)) as usize / 4096 * 4096;
            let to = bytes.len().min(from + 4096);
            bytes[from..to].fill(0);
        }
        _ => {
            std::fs::remove_file(path).unwrap();
            return format!("{} gone", path.display());
        }
    }
    std::fs::write(path, bytes).unwrap();
    format!("{} of {length}: {what}", path.display())
}

#[test]
fn a_damaged_store_is_put_aside_and_made_anew_whenever_the_damage_is_met() {
    let (whole, data) = (folder("damage-whole"), folder("damage"));
    let (runtime, _rows) = Runtime::start(&options(&whole, 1.0), Some(first(TRIAL))).unwrap();
    let handle = runtime.handle();
    for n in 0..300 {
        handle.submit_waiting(vec![identify(&format!("c{n}"), &format!("m{n}"))]).unwrap();
    }
    runtime.stop().unwrap();
    drop(handle);
    let (runtime, _rows) = Runtime::start(&options(&whole, 1.0), None).unwrap();
    let before = picture(&runtime.handle()).unwrap();
    runtime.stop().unwrap();
    let rounds = std::env::var("WAYFARE_DAMAGES").ok().and_then(|count| count.parse().ok()).unwrap_or(12);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut dice = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut put_aside = 0;
    for round in 0..rounds {
        std::fs::remove_dir_all(&data).unwrap();
        copy(&whole, &data);
        let done = damage(&data.join("store/world"), &mut dice);
        // What is met behind the start ends the runtime; the next start knows it.
        let found = (0..2).find_map(|_| {
            let started = Runtime::start(&options(&data, 1.0), None);
            let (runtime, _rows) = started.unwrap_or_else(|error| panic!("round {round}, {done}: {error}"));
            let found = picture(&runtime.handle());
            let _ended = runtime.stop();
            found
        });
        assert!(found.as_ref() == Some(&before), "round {round}, {done}: {}", found.is_some());
        put_aside += usize::from(data.join("store.damaged-1").exists());
    }
    assert!(put_aside * 4 > rounds, "too little of it was met to say anything: {put_aside}");
    println!("{put_aside} of {rounds} were put aside");
}
