//! The house: which room uses which, where each crate from outside lives, and how large things may be.
//!
//! A new room, a new crate or a new direction is written into the tables here, with its reason in ARCHITECTURE.md.
//! The lists of what is too large may only shrink.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Each room and the rooms that it may use, in the order in which data flows. `cli` may use all.
const ROOMS: [(&str, &[&str]); 24] = [
    ("base", &[]),
    ("diag", &["base"]),
    ("value", &["base"]),
    ("syntax", &["base", "diag", "value"]),
    ("format", &["base", "diag", "syntax"]),
    ("template", &["base", "diag", "value"]),
    ("check", &["base", "diag", "value", "syntax", "template"]),
    ("graph", &["base", "check"]),
    ("plan", &["base", "diag", "value", "template", "check"]),
    ("engine", &["base", "value", "template", "plan"]),
    ("ingest", &["base", "value", "engine"]),
    ("simulate", &["base", "value", "check", "plan", "engine", "ingest"]),
    ("disk", &["base"]),
    ("stats", &["base", "engine", "simulate"]),
    ("report", &["base", "stats"]),
    ("journal", &["base", "disk"]),
    ("seen", &["base", "disk", "journal"]),
    ("store", &["base", "plan", "engine"]),
    ("connect", &["base", "value", "template", "plan", "engine"]),
    ("project", &["base", "diag", "syntax", "check", "plan"]),
    (
        "runtime",
        &[
            "base", "diag", "value", "plan", "engine", "simulate", "disk", "journal", "seen", "store",
            "connect", "project", "stats",
        ],
    ),
    (
        "server",
        &[
            "base", "diag", "value", "check", "plan", "engine", "ingest", "simulate", "store", "connect",
            "disk", "project", "stats", "report", "runtime", "graph", "format",
        ],
    ),
    ("lsp", &["base", "diag", "value", "syntax", "format", "template", "check", "project"]),
    ("cli", &[]),
];

/// Where each crate from outside lives. Those of no single home are kinds of values, ways to write them down, and threads.
const HOMES: [(&str, &[&str]); 57] = [
    ("argon2", &["server"]),
    ("axum", &["server"]),
    ("chrono", &[]),
    ("chrono_tz", &[]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("crc32fast", &["journal", "seen", "store"]),
    ("css_inline", &["connect"]),
    ("data_encoding", &["connect", "server"]),
    ("email_encoding", &["connect"]),
    ("flate2", &["ingest", "store", "server"]),
    ("futures_core", &["server"]),
    ("hashbrown", &["engine"]),
    ("hmac", &["connect"]),
    ("html5gum", &["connect"]),
    ("http_body", &["server"]),
    ("httpdate", &["connect"]),
    ("hyper", &["server"]),
    ("hyper_util", &["server"]),
    ("idna", &["connect"]),
    ("indicatif", &["cli"]),
    ("ipnet", &["connect"]),
    ("lettre", &["connect"]),
    ("maud", &["server"]),
    ("mail_parser", &["connect"]),
    ("miette", &["diag"]),
    ("mrml", &["connect"]),
    ("percent_encoding", &["connect", "server"]),
    ("pest", &["syntax"]),
    ("pest_derive", &["syntax"]),
    ("postcard", &["plan", "store", "stats", "runtime"]),
    ("pulldown_cmark", &["connect"]),
    ("quick_junit", &["cli"]),
    ("rayon", &["project", "simulate", "cli"]),
    ("regex", &["value", "check", "plan", "connect"]),
    ("reqwest", &["connect"]),
    ("ring", &["connect", "cli"]),
    ("rust_decimal", &[]),
    ("rustix", &["disk"]),
    ("rustls", &["connect"]),
    ("rustls_native_certs", &["connect"]),
    ("serde", &[]),
    ("serde_json", &[]),
    ("sha2", &["base", "connect", "server"]),
    ("similar", &["format"]),
    ("siphasher", &["engine", "seen", "store"]),
    ("sled", &["store"]),
    ("strsim", &["diag"]),
    ("terminal_size", &["cli"]),
    ("tokio", &["connect", "runtime", "server", "cli"]),
    ("toml", &["project", "server"]),
    ("tracing", &["runtime", "server", "cli"]),
    ("tracing_subscriber", &["cli"]),
    ("url", &["cli", "connect", "server"]),
    ("walkdir", &["project"]),
    ("webpki", &["connect"]),
    ("webpki_roots", &["connect"]),
];

/// Packages whose crates have another name.
const RENAMED: [(&str, &str); 1] = [("rustls-webpki", "webpki")];

/// Files of more than 400 lines, none of which may grow: an exhaustive match, one table, one tree.
const LONG: [(&str, usize); 14] = [
    ("src/check/checked_flow.rs", 660),
    ("src/plan/flow.rs", 630),
    ("src/engine/change.rs", 450),
    ("tests/it/template.rs", 480),
    ("src/plan/successor.rs", 470),
    ("src/plan/expr/lower.rs", 460),
    ("src/engine/world.rs", 510),
    ("src/syntax/lower/expr.rs", 440),
    ("src/plan/expr/text.rs", 430),
    ("src/connect/mail/settings.rs", 430),
    ("tests/it/mail/services.rs", 415),
    ("src/diag/code.rs", 410),
    ("src/engine/entity.rs", 420),
    ("src/engine/outbox.rs", 425),
];

/// The soft and the hard bound of a file, in lines.
const SOFT: usize = 400;
const HARD: usize = 700;

/// Functions of more than 70 lines, each with its reason beside it.
const LONG_FUNCTIONS: [&str; 1] = ["src/syntax/words.rs"];

fn files() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let below = |folder: &str| walkdir::WalkDir::new(root.join(folder)).sort_by_file_name();
    let paths = ["src", "tests", "benches"].into_iter().flat_map(below).map(Result::unwrap);
    let paths = paths.map(walkdir::DirEntry::into_path);
    let rust = paths.filter(|path| path.extension().is_some_and(|ending| ending == "rs"));
    let named = |path: PathBuf| {
        let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
        (name, std::fs::read_to_string(path).unwrap())
    };
    rust.map(named).collect()
}

/// The room that a file is in: `None` for the two files beside the rooms.
fn room(file: &str) -> Option<&str> {
    let inside = file.strip_prefix("src/")?;
    let room = inside.split('/').next()?;
    ROOMS.iter().map(|(name, _)| *name).find(|name| *name == room.trim_end_matches(".rs"))
}

/// The text without comments.
fn code(text: &str) -> String {
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// The first names behind `crate::`, alone or in braces.
fn rooms_used(code: &str) -> BTreeSet<String> {
    let behind = code.match_indices("crate::").map(|(at, head)| &code[at + head.len()..]);
    behind.flat_map(|rest| rest.strip_prefix('{').map_or_else(|| vec![first_name(rest)], group)).collect()
}

fn first_name(path: &str) -> String {
    path.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The first name of each path of a group, whose opening brace is left out.
fn group(paths: &str) -> Vec<String> {
    let (mut depth, mut start, mut names) = (0_usize, 0, Vec::new());
    for (at, c) in paths.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            '}' | ',' if depth == 0 => {
                names.push(first_name(&paths[start..at]));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names
}

/// The crates that a file names: what stands before `::` at the beginning of a path.
fn crates_used(code: &str) -> BTreeSet<&str> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut used = BTreeSet::new();
    for (at, _) in code.match_indices("::") {
        let before = &code[..at];
        let start = before.rfind(|c| !is_name(c)).map_or(0, |at| at + 1);
        // `a::b::c` begins with `a`; `.b::c` and `b::c` behind `::` begin nothing.
        if !before[..start].ends_with(['.', ':']) {
            used.insert(&before[start..]);
        }
    }
    used
}

#[test]
fn a_room_uses_those_above_it() {
    let mut wrong = Vec::new();
    for (file, text) in files() {
        let Some(room) = room(&file).filter(|room| *room != "cli") else { continue };
        let (_, allowed) = ROOMS.iter().find(|(name, _)| *name == room).unwrap();
        for used in rooms_used(&code(&text)) {
            let known = ROOMS.iter().any(|(name, _)| *name == used);
            if known && used != room && !allowed.contains(&used.as_str()) {
                wrong.push(format!("{file}: {room} may not use {used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_room_stands_below_all_that_it_may_use() {
    for (at, (room, allowed)) in ROOMS.iter().enumerate() {
        let above: Vec<&str> = ROOMS[..at].iter().map(|(name, _)| *name).collect();
        let below: Vec<_> = allowed.iter().filter(|used| !above.contains(*used)).collect();
        assert!(below.is_empty(), "{room} is listed above {below:?}");
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in std::fs::read_dir(source).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let stem = name.trim_end_matches(".rs");
        let known = ROOMS.iter().any(|(room, _)| *room == stem) || ["lib", "main"].contains(&stem);
        assert!(known, "src/{name} is no room of the table");
    }
}

#[test]
fn crates_from_outside_have_their_homes() {
    let manifest = include_str!("../../Cargo.toml");
    let listed = manifest.split("[dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
    let named = |package: &str| {
        let renamed = RENAMED.iter().find(|(name, _)| *name == package).map(|(_, to)| (*to).to_owned());
        renamed.unwrap_or_else(|| package.replace('-', "_"))
    };
    let wanted: BTreeSet<String> =
        listed.lines().filter_map(|line| line.split_once(" =")).map(|(package, _)| named(package)).collect();
    let housed: BTreeSet<String> = HOMES.iter().map(|(name, _)| (*name).to_owned()).collect();
    let new: Vec<_> = wanted.difference(&housed).collect();
    let gone: Vec<_> = housed.difference(&wanted).collect();
    assert!(new.is_empty() && gone.is_empty(), "write into HOMES {new:?}, take out of it {gone:?}");
    let mut wrong = Vec::new();
    for (file, text) in files() {
        let Some(room) = room(&file) else { continue };
        let code = code(&text);
        for used in crates_used(&code) {
            let homes = HOMES.iter().find(|(name, _)| *name == used).map(|(_, homes)| *homes);
            if homes.is_some_and(|homes| !homes.is_empty() && !homes.contains(&room)) {
                wrong.push(format!("{file}: {used} lives in {}", homes.unwrap().join(", ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn files_keep_to_their_size() {
    let lengths: BTreeMap<String, usize> =
        files().into_iter().map(|(name, text)| (name, text.lines().count())).collect();
    let mut wrong = Vec::new();
    for (name, length) in &lengths {
        match LONG.iter().find(|(long, _)| long == name) {
            None if *length > SOFT => wrong.push(format!("{name} has {length} lines: divide it")),
            Some((_, most)) if length > most => wrong.push(format!("{name} has grown to {length} lines")),
            Some(_) if *length <= SOFT => wrong.push(format!("{name} is short now: take it off the list")),
            Some((_, most)) if most - length > 50 => wrong.push(format!("{name} has shrunk: list {length}")),
            _ => {}
        }
    }
    let gone: Vec<_> = LONG.iter().filter(|(name, _)| !lengths.contains_key(*name)).collect();
    assert!(wrong.is_empty() && gone.is_empty(), "{wrong:#?}, gone: {gone:?}");
    let hard = LONG.iter().filter(|(_, most)| *most > HARD).count();
    assert!(hard <= 2, "one more file is over {HARD} lines");
}

#[test]
fn functions_keep_to_their_size() {
    // Clippy counts; here only who may ask it to look away.
    let long = files()
        .into_iter()
        .filter(|(name, text)| name != "tests/it/tidy.rs" && text.contains("clippy::too_many_lines"));
    let names: Vec<String> = long.map(|(name, _)| name).collect();
    assert_eq!(names, LONG_FUNCTIONS);
}

#[test]
fn paths_are_read_as_they_are_written() {
    let text = "use crate::base::{Span, source::x};\nuse crate::{diag::Code, value, plan::{a, b}};\ncrate::check::f()";
    let used: Vec<String> = rooms_used(text).into_iter().collect();
    assert_eq!(used, ["base", "check", "diag", "plan", "value"]);
    let used: Vec<&str> =
        crates_used("use sled::Db; let x = sha2::Sha256::new(); self.tokio::x").into_iter().collect();
    assert_eq!(used, ["sha2", "sled"]);
}
