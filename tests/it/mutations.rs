//! Broken projects: a file of an example is mutated, and the whole project is loaded from disk as a command would:
//! parsed, checked, planned, listed, formatted. Never a panic, a hang or a stack overflow; what is wrong has its place
//! inside its file, and what compiles is laid out without another meaning.
//!
//! `WAYFARE_MUTATIONS=10000` asks for more cases than the usual run takes; `WAYFARE_SEED` for others.

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestCaseError, TestRng, TestRunner};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use wayfare::base::{SourceMap, Span};
use wayfare::check;
use wayfare::diag::render::{Style, render_human, render_json};
use wayfare::format::format;
use wayfare::plan::listing;
use wayfare::project::{self, File, Project, Target};

/// How many cases a usual run takes.
const CASES: u32 = 100;

/// A debug build on a busy machine; what hangs, hangs for longer.
const HANG: Duration = Duration::from_secs(30);

const PIECES: [&str; 32] = [
    "{", "}", "(", ")", "[", "]", "\"", "\"\"\"", "#", "/", "\\", "\n", ":", ",", "=", "==", " and ",
    " where ", " if ", " else ", " when ", " not ", " of ", "'", "“", "\u{0}", "é", "\u{FEFF}", " 3d ", "{{",
    "%}", "\r",
];

/// What opens a level, and what closes it.
const NESTS: [(&str, &str); 12] = [
    ("(", ")"),
    ("not (", ")"),
    ("not ", ""),
    ("-", ""),
    ("if a { ", " }"),
    ("if seats > 1 { email \"welcome\" } else ", ""),
    ("split { 50% \"a\" { ", " } 50% \"b\" { } }"),
    ("any contact where (", ")"),
    ("{ a: ", " }"),
    ("[", "]"),
    ("{% if account.name %}", "{% endif %}"),
    ("{% for a in account.tags %}", "{% endfor %}"),
];

#[derive(Clone, Debug)]
enum Mutation {
    Flip(usize, u8),
    Drop(usize, usize),
    Double(usize, usize),
    Swap(usize, usize),
    Replace(usize, usize),
    Put(usize, usize),
    Nest(usize, usize, usize),
    Cut(usize),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let at = || 0..100_000_usize;
    prop_oneof![
        2 => (at(), any::<u8>()).prop_map(|(at, byte)| Mutation::Flip(at, byte)),
        3 => (at(), 1..6_usize).prop_map(|(at, count)| Mutation::Drop(at, count)),
        2 => (at(), 1..40_usize).prop_map(|(at, count)| Mutation::Double(at, count)),
        2 => (at(), at()).prop_map(|(at, other)| Mutation::Swap(at, other)),
        6 => (at(), at()).prop_map(|(at, other)| Mutation::Replace(at, other)),
        2 => (at(), 0..PIECES.len()).prop_map(|(at, piece)| Mutation::Put(at, piece)),
        1 => (at(), 0..NESTS.len(), 2..220_usize).prop_map(|(at, nest, deep)| Mutation::Nest(at, nest, deep)),
        1 => at().prop_map(Mutation::Cut),
    ]
}

/// The tokens of a text, roughly, with the white space between them: put together they are the text.
fn tokens(text: &[u8]) -> Vec<&[u8]> {
    let kind = |byte: u8| match byte {
        b' ' | b'\n' | b'\t' | b'\r' => 0,
        b'_' | b'.' | 128.. => 1,
        byte if byte.is_ascii_alphanumeric() => 1,
        _ => 2,
    };
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.first() {
        let length = match *first {
            b'"' => rest[1..].iter().position(|byte| *byte == b'"').map_or(1, |end| end + 2),
            byte if kind(byte) == 2 => 1,
            byte => rest.iter().position(|other| kind(*other) != kind(byte)).unwrap_or(rest.len()),
        };
        let (token, behind) = rest.split_at(length);
        found.push(token);
        rest = behind;
    }
    found
}

fn mutated(text: &[u8], mutation: &Mutation, words: &[Vec<u8>]) -> Vec<u8> {
    let mut parts = tokens(text);
    if parts.is_empty() {
        return text.to_vec();
    }
    let place = |at: &usize| at % parts.len();
    let nested;
    match mutation {
        Mutation::Flip(at, byte) => {
            let mut bytes = text.to_vec();
            let at = at % bytes.len();
            bytes[at] = *byte;
            return bytes;
        }
        Mutation::Drop(at, count) => {
            let at = place(at);
            parts.drain(at..(at + count).min(parts.len()));
        }
        Mutation::Double(at, count) => {
            let at = place(at);
            let twice = parts[at..(at + count).min(parts.len())].to_vec();
            parts.splice(at..at, twice);
        }
        Mutation::Swap(at, other) => {
            let (at, other) = (place(at), place(other));
            parts.swap(at, other);
        }
        Mutation::Replace(at, other) => {
            let at = (place(at)..parts.len()).find(|at| !parts[*at][0].is_ascii_whitespace()).unwrap_or(0);
            parts[at] = &words[other % words.len()];
        }
        Mutation::Put(at, piece) => parts.insert(place(at), PIECES[*piece].as_bytes()),
        Mutation::Nest(at, nest, deep) => {
            let (open, close) = NESTS[*nest];
            let at = place(at);
            nested = [open.repeat(*deep).as_bytes(), parts[at], close.repeat(*deep).as_bytes()].concat();
            parts[at] = &nested;
        }
        Mutation::Cut(at) => parts.truncate(place(at)),
    }
    parts.concat()
}

/// An example, copied to where it can be broken.
struct Copy {
    folder: tempfolder::Folder,
    files: Vec<(PathBuf, Vec<u8>)>,
}

mod tempfolder {
    //! A folder that goes away with the test.

    use std::path::{Path, PathBuf};

    pub(super) struct Folder(PathBuf);

    impl Folder {
        pub(super) fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("wayfare-mutations-{name}-{}", std::process::id()));
            let _ = std::fs::remove_dir_all(&path);
            std::fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        pub(super) fn path(&self) -> &Path {
            &self.0
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

/// The texts of a folder: files of the language, of templates, of settings.
fn texts(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().map(Result::unwrap);
    let ours = ["wf", "toml", "txt", "html", "md", "mjml"];
    let files = entries
        .map(walkdir::DirEntry::into_path)
        .filter(|path| path.extension().is_some_and(|ending| ours.iter().any(|ours| ending == *ours)));
    files.map(|path| (path.strip_prefix(folder).unwrap().to_owned(), std::fs::read(&path).unwrap())).collect()
}

fn copies() -> Vec<Copy> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources: Vec<(String, Vec<(PathBuf, Vec<u8>)>)> = crate::plan_listing::examples()
        .iter()
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), texts(path)))
        .collect();
    // The modules of the standard library, as if a project had written them.
    let settings = (PathBuf::from("wayfare.toml"), b"name = \"own\"\n".to_vec());
    sources.push(("own".into(), texts(&root.join("stdlib")).into_iter().chain([settings]).collect()));
    let copy = |(name, files): (String, Vec<(PathBuf, Vec<u8>)>)| {
        let folder = tempfolder::Folder::new(&name);
        for (file, text) in &files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Copy { folder, files }
    };
    sources.into_iter().map(copy).collect()
}

fn loaded(path: &Path) -> Project {
    project::load(Target::Path(path.to_owned())).unwrap()
}

fn assert_placed(sources: &SourceMap, span: Span, what: &str) {
    let text = sources.get(span.file).map(|file| &*file.text);
    let inside = text.and_then(|text| text.get(span.start as usize..span.end as usize));
    assert!(span.start <= span.end && inside.is_some(), "{what}: {span:?} is not inside its file");
}

fn assert_told(project: &Project) {
    for found in &project.diagnostics {
        let what = format!("{} `{}`", found.code, found.message);
        for label in std::iter::once(&found.primary).chain(&found.others) {
            assert_placed(&project.sources, label.span, &what);
        }
        if let Some(fix) = &found.fix {
            assert_placed(&project.sources, fix.span, &what);
        }
    }
    let few = &project.diagnostics[..project.diagnostics.len().min(3)];
    assert!(render_human(few, &project.sources, Style::default()).len() < 30_000);
    render_json(few, &project.sources);
}

/// Lays the file out: the same tree, and nothing left to do.
fn laid_out(project: &Project, file: &File) -> Option<String> {
    let text = &project.sources.get(file.id).unwrap().text;
    if file.parsed.diagnostics.iter().any(wayfare::diag::Diagnostic::is_error) {
        return None;
    }
    let once = format(text, &file.parsed).unwrap_or_else(|error| panic!("{error}"));
    let again = wayfare::syntax::parse(file.id, &once);
    assert!(again.file == file.parsed.file, "another tree:\n{once}");
    assert_eq!(format(&once, &again).as_deref(), Ok(once.as_str()), "not done after one pass");
    Some(once)
}

/// Everything that a command may do with the project.
fn assert_sound(path: &Path) {
    let project = loaded(path);
    assert_told(&project);
    let out: Vec<(u32, Option<String>)> =
        project.own_files().map(|file| (file.id.0, laid_out(&project, file))).collect();
    let Some(plan) = &project.plan else {
        assert!(project.has_errors(), "neither a plan nor a reason");
        return;
    };
    for workflow in &plan.workflows {
        listing::workflow(plan, workflow);
    }
    plan.hash().unwrap();
    listing::shared(plan);
    let before = check::listing(&project.checked);
    for (id, text) in out {
        let name = &project.sources.get(wayfare::base::FileId(id)).unwrap().name;
        std::fs::write(&**name, text.unwrap()).unwrap();
    }
    let laid = loaded(path);
    assert!(
        !laid.has_errors() && check::listing(&laid.checked) == before,
        "laid out, it means something else"
    );
}

#[test]
fn a_mutated_example_is_told_what_is_wrong_or_compiles() {
    let copies = copies();
    let words: Vec<Vec<Vec<u8>>> = copies
        .iter()
        .map(|copy| {
            let all = copy.files.iter().flat_map(|(_, text)| tokens(text));
            all.filter(|token| !token[0].is_ascii_whitespace()).map(<[u8]>::to_vec).collect()
        })
        .collect();
    let cases = std::env::var("WAYFARE_MUTATIONS").map_or(CASES, |count| count.parse().unwrap());
    let seed = std::env::var("WAYFARE_SEED").map_or(1, |seed| seed.parse::<u64>().unwrap());
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let times = Mutex::new(Vec::new());
    let strategy = (0..copies.len(), 0..1000_usize, proptest::collection::vec(mutation(), 1..5));
    let ran = runner.run(&strategy, |(project, file, mutations)| {
        let copy = &copies[project];
        let (name, text) = &copy.files[file % copy.files.len()];
        let broken = mutations.iter().fold(text.clone(), |text, it| mutated(&text, it, &words[project]));
        let restore = || {
            for (name, text) in &copy.files {
                std::fs::write(copy.folder.path().join(name), text).unwrap();
            }
        };
        std::fs::write(copy.folder.path().join(name), &broken).unwrap();
        let begin = Instant::now();
        let sound = std::panic::catch_unwind(|| assert_sound(copy.folder.path()));
        let taken = begin.elapsed();
        restore();
        times.lock().unwrap().push(taken);
        prop_assert!(taken < HANG, "{}: {taken:?}", name.display());
        sound.map_err(|panic| {
            let said = panic.downcast_ref::<String>().map_or("", String::as_str);
            TestCaseError::fail(format!("{}: {said}\n{}", name.display(), String::from_utf8_lossy(&broken)))
        })
    });
    if let Err(failed) = ran {
        panic!("{failed}");
    }
    let mut times = times.into_inner().unwrap();
    times.sort_unstable();
    let longest = times.iter().rev().take(3);
    println!(
        "{} cases, median {:?}, longest {:?}",
        times.len(),
        times[times.len() / 2],
        longest.collect::<Vec<_>>()
    );
}

/// Declarations of a size that nobody writes: what takes the square of it, takes minutes.
fn large() -> Vec<(&'static str, String)> {
    let attributes = "attributes of account { seats number  name text }\n";
    let list = |count: usize, join: &str, item: &dyn Fn(usize) -> String| {
        (0..count).map(item).collect::<Vec<_>>().join(join)
    };
    let segment = |condition: String| format!("{attributes}segment \"S\" of account where {condition}\n");
    let flow = |steps: String| {
        format!("{attributes}workflow \"W\" {{ when account is created do {steps} exit when seats = 0 }}\n")
    };
    vec![
        ("a sum", segment(format!("0 < {}", list(20_000, " + ", &|_| "seats".into())))),
        ("a condition", segment(list(5_000, " and ", &|at| format!("seats > {at}")))),
        ("a list", segment(format!("name in ({})", list(20_000, ", ", &|at| format!("\"n{at}\""))))),
        (
            "words",
            format!(
                "attributes of account {{ plan one of ({}) }}\n",
                list(30_000, ", ", &|at| format!("w{at}"))
            ),
        ),
        (
            "stages",
            format!(
                "{attributes}stages of account {{ stage \"a\" {} }}\n",
                list(4_000, " ", &|at| format!("stage \"s{at}\" when seats > {at}"))
            ),
        ),
        ("arms", flow(list(3_000, " else ", &|at| format!("if seats > {at} {{ set seats: {at} }}")))),
        ("unknown names", segment(list(4_000, " and ", &|at| format!("in segment \"Z{at}\"")))),
        (
            "segments",
            list(2_000, "\n", &|at| format!("segment \"S{at}\" of account where in segment \"S{}\"", at + 1)),
        ),
        ("steps", flow(list(3_000, " ", &|at| format!("set seats: {at}")))),
        (
            "a template",
            format!("template \"t\" {{ subject \"x\" text \"{}\" }}", "{{ account.id }} ".repeat(10_000)),
        ),
        (
            "or in a template",
            format!(
                "template \"t\" {{ subject \"x\" text \"{{% if a{} %}}{{% endif %}}\" }}",
                " or a".repeat(20_000)
            ),
        ),
    ]
}

#[test]
fn large_declarations_are_checked_planned_and_laid_out_in_time() {
    let mut slow = Vec::new();
    for (name, text) in large() {
        let begin = Instant::now();
        let target = Target::Text { name: "large.wf".into(), bytes: text.clone().into_bytes() };
        let project = project::load(target).unwrap();
        assert_told(&project);
        assert!(project.plan.is_some() || project.has_errors(), "{name}");
        for file in project.own_files() {
            laid_out(&project, file);
        }
        drop(project);
        slow.extend(Some((name, begin.elapsed())).filter(|(_, taken)| *taken > HANG));
    }
    assert!(slow.is_empty(), "{slow:?}");
}
