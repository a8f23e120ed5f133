//! The pipeline: find, read, parse, bring in the standard library, check, plan, heed what is allowed.

use super::assets::Folder;
use super::place::{self, LoadError, Place};
use super::{File, Project, library, manifest, text};
use crate::base::{FileId, SourceMap, Span};
use crate::check::checked::Settings;
use crate::check::{self, Checked, SourceAst};
use crate::diag::{Code, Diagnostic, Severity};
use crate::plan;
use crate::syntax::{self, Parsed, Stump, ast::DeclKind};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The stack of a thread that parses or checks; only what is used of it is ever taken.
const STACK: usize = 64 << 20;

/// What is loaded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// A path: a folder, a `.wf` file.
    Path(PathBuf),
    /// A text that stands for a file; template files are looked for in the working folder.
    Text {
        /// What diagnostics call it.
        name: String,
        /// Its bytes.
        bytes: Vec<u8>,
    },
}

/// Loads a project and runs every pass over it.
pub fn load(target: Target) -> Result<Project, LoadError> {
    on_deep_stack(|| load_here(target))
}

fn load_here(target: Target) -> Result<Project, LoadError> {
    let mut found = Found::default();
    match target {
        Target::Text { name, bytes } => found.text(&name, bytes),
        Target::Path(path) => match place::locate(&path)? {
            Place::Folder(root) => found.folder(root),
            Place::File(path) => found.file(&path),
        },
    }
    let files = parse_all(&mut found);
    Ok(run(found, files))
}

/// Files of the language by themselves, parsed and no more.
#[derive(Debug, Default)]
pub struct Texts {
    /// Their texts.
    pub sources: SourceMap,
    /// Their paths and trees; those that could not be read are left out.
    pub files: Vec<(PathBuf, File)>,
    /// Which could not be read.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads the files that the paths stand for: themselves, or all `.wf` files below a folder.
pub fn read(paths: &[PathBuf]) -> Result<Texts, LoadError> {
    let mut found = Found::default();
    let mut files = BTreeSet::new();
    for path in paths {
        let (below, failed) = place::wf_files(path)?;
        files.extend(below);
        found.unreadable_folders(failed);
    }
    let files: Vec<_> = files.into_iter().collect();
    found.files(&files);
    Ok(on_deep_stack(|| found.texts()))
}

/// Reads a text that stands for a file.
pub fn read_bytes(name: &str, bytes: Vec<u8>) -> Texts {
    let mut found = Found::default();
    found.text(name, bytes);
    on_deep_stack(|| found.texts())
}

/// What was found on disk.
#[derive(Default)]
struct Found {
    root: PathBuf,
    sources: SourceMap,
    settings: Settings,
    own: Vec<(FileId, PathBuf)>,
    diagnostics: Vec<Diagnostic>,
}

impl Found {
    fn text(&mut self, name: &str, bytes: Vec<u8>) {
        self.root = PathBuf::from(".");
        self.settings.name = "stdin".into();
        let reading = text::decode(bytes);
        self.add(name, Path::new("stdin.wf"), &reading);
    }

    fn file(&mut self, path: &Path) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        folder.unwrap_or(Path::new(".")).clone_into(&mut self.root);
        self.settings.name = stem(path);
        self.add(&place::shown(path), path, &text::read(path));
    }

    fn folder(&mut self, root: PathBuf) {
        self.root = root;
        self.settings.name = self.root.file_name().unwrap_or_default().to_string_lossy().into_owned();
        self.manifest();
        let (paths, failed) = place::files_below(&self.root, false);
        self.files(&paths);
        self.unreadable_folders(failed);
    }

    fn files(&mut self, paths: &[PathBuf]) {
        let readings: Vec<_> = paths.par_iter().map(|path| text::read(path)).collect();
        for (path, reading) in paths.iter().zip(&readings) {
            self.add(&place::shown(path), path, reading);
        }
    }

    fn unreadable_folders(&mut self, failed: Vec<(PathBuf, std::io::Error)>) {
        for (path, error) in failed {
            let name = place::shown(&path);
            let id = self.sources.add(&name, "");
            self.diagnostics.push(text::unreadable(Span::new(id, 0, 0), &name, &place::reason(&error)));
        }
    }

    fn texts(mut self) -> Texts {
        let own = std::mem::take(&mut self.own);
        let (ids, paths): (Vec<_>, Vec<_>) =
            own.into_iter().map(|(id, path)| ((id, stem(&path)), path)).unzip();
        let files = paths.into_iter().zip(parse_files(&self.sources, ids, false)).collect();
        Texts { sources: self.sources, files, diagnostics: self.diagnostics }
    }

    fn manifest(&mut self) {
        let path = self.root.join(manifest::FILE);
        let reading = text::read(&path);
        let (id, unreadable) = text::add(&mut self.sources, &place::shown(&path), &reading);
        if unreadable.is_some() {
            self.diagnostics.extend(unreadable);
            return;
        }
        let (settings, wrong) = manifest::read(id, &reading.text, std::mem::take(&mut self.settings));
        self.settings = settings;
        self.diagnostics.extend(wrong);
    }

    fn add(&mut self, name: &str, path: &Path, reading: &text::Reading) {
        let (id, unreadable) = text::add(&mut self.sources, name, reading);
        if unreadable.is_none() {
            self.own.push((id, path.to_owned()));
        }
        self.diagnostics.extend(unreadable);
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// Runs `work`, and what it does in parallel, where the stack is deep enough for the deepest text that the language
/// allows; where no such thread can be had, on this one.
pub fn on_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    match rayon::ThreadPoolBuilder::new().stack_size(STACK).build() {
        Ok(pool) => pool.install(work),
        Err(_) => work(),
    }
}

fn parse_all(found: &mut Found) -> Vec<File> {
    let own = std::mem::take(&mut found.own);
    let own = own.into_iter().map(|(id, path)| (id, stem(&path))).collect();
    let mut files = parse_files(&found.sources, own, false);
    let modules = with_modules(&files, &mut found.sources);
    files.splice(0..0, modules);
    files
}

fn parse_files(sources: &SourceMap, files: Vec<(FileId, String)>, std: bool) -> Vec<File> {
    let parse = |(id, stem): (FileId, String)| {
        let text = sources.get(id).map(|file| &*file.text).unwrap_or_default();
        File { id, stem, std, parsed: syntax::parse(id, text) }
    };
    files.into_par_iter().map(parse).collect()
}

/// The modules of the standard library that the files use, and those that these use, by name.
fn with_modules(own: &[File], sources: &mut SourceMap) -> Vec<File> {
    let mut modules: Vec<File> = Vec::new();
    let mut known = BTreeSet::new();
    let mut wanted = used(own);
    while !wanted.is_empty() {
        let fresh: Vec<_> = wanted.iter().filter(|name| known.insert((*name).clone())).collect();
        let texts =
            fresh.iter().filter_map(|name| library::find(name).filter(|module| module.name == **name));
        let ids =
            texts.map(|module| (sources.add(module.file, module.text), module.stem().to_owned())).collect();
        let parsed = parse_files(sources, ids, true);
        wanted = used(&parsed);
        modules.extend(parsed);
    }
    modules.sort_by(|a, b| a.stem.cmp(&b.stem));
    modules
}

fn used(files: &[File]) -> BTreeSet<String> {
    let decls = files.iter().flat_map(|file| &file.parsed.file.decls);
    decls
        .filter_map(|decl| if let DeclKind::Use(path) = &decl.kind { Some(path.text()) } else { None })
        .collect()
}

fn run(found: Found, files: Vec<File>) -> Project {
    let Found { root, sources, settings, mut diagnostics, .. } = found;
    let unread = unread(&diagnostics);
    diagnostics.extend(files.iter().flat_map(|file| file.parsed.diagnostics.iter().cloned()));
    let assets = Folder::new(&root, sources);
    let (checked, wrong) = check_files(&files, &unread, settings, &assets);
    diagnostics.extend(wrong);
    let sources = assets.into_sources();
    let allows: Vec<_> = files.iter().flat_map(|file| file.parsed.allows.iter().cloned()).collect();
    let mut diagnostics = syntax::allow::filter(diagnostics, &allows);
    if files.iter().chain([&unread]).any(|file| !file.parsed.file.stumps.is_empty()) {
        // What is allowed may stand where nothing could be read.
        diagnostics.retain(|found| found.code != Code::UnusedAllow);
    }
    sort(&mut diagnostics);
    bound(&mut diagnostics);
    let whole = !diagnostics.iter().any(Diagnostic::is_error);
    let plan = whole.then(|| plan::lower(&checked, &sources));
    Project { root, sources, files, checked, plan, diagnostics }
}

/// What stands for all files that could not be read: anything may be declared in them.
fn unread(diagnostics: &[Diagnostic]) -> File {
    let mut file = File { id: FileId::default(), stem: String::new(), std: false, parsed: Parsed::default() };
    if diagnostics.iter().any(|found| found.code == Code::Unreadable) {
        file.parsed.file.stumps.push(Stump::of_anything());
    }
    file
}

fn check_files(
    files: &[File],
    unread: &File,
    settings: Settings,
    assets: &Folder,
) -> (Checked, Vec<Diagnostic>) {
    let trees = files.iter().chain([unread]).map(|file| SourceAst {
        id: file.id,
        ast: &file.parsed.file,
        std: file.std,
        stem: &file.stem,
    });
    check::check(&check::Input { files: trees.collect(), settings, assets, modules: &library::stems() })
}

/// Leaves the first errors and warnings of each file: nobody reads thousands.
fn bound(diagnostics: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<(FileId, Severity), usize> = BTreeMap::new();
    diagnostics.retain(|found| {
        let count = seen.entry((found.primary.span.file, found.severity)).or_default();
        *count += 1;
        *count <= syntax::MAX_MISTAKES
    });
}

/// By place; where two are at one place, errors first.
fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| {
        let key = |d: &Diagnostic| (d.primary.span.file, d.primary.span.start, d.severity, d.code);
        key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
    });
    diagnostics.dedup();
}
