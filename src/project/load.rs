//! The pipeline: find, read, parse, bring in the standard library, check, plan, heed what is allowed.

use super::assets::Folder;
use super::place::{self, LoadError, Place};
use super::{File, Project, manifest, library, text};
use crate::base::{FileId, SourceMap, Span};
use crate::check::checked::Settings;
use crate::check::{self, Assets as _, Checked, SourceAst};
use crate::diag::Diagnostic;
use crate::syntax::{self, ast::DeclKind};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The stack of a thread that parses: the deepest text that the language allows needs a part of it.
const STACK: usize = 16 << 20;

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

/// Reads one text of the language, on a stack that is deep enough for it.
pub fn parse(file: FileId, text: &str) -> syntax::Parsed {
    pool(|| syntax::parse(file, text))
}

/// What was found on disk.
#[derive(Default)]
struct Found {
    root: PathBuf,
    sources: SourceMap,
    settings: Settings,
    own: Vec<(FileId, String)>,
    diagnostics: Vec<Diagnostic>,
}

impl Found {
    fn text(&mut self, name: &str, bytes: Vec<u8>) {
        self.root = PathBuf::from(".");
        self.settings.name = "stdin".into();
        let reading = text::decode(bytes);
        self.add(name, "stdin", &reading);
    }

    fn file(&mut self, path: &Path) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        self.root = folder.unwrap_or(Path::new(".")).to_owned();
        self.settings.name = stem(path);
        self.add(&place::shown(path), &stem(path), &text::read(path));
    }

    fn folder(&mut self, root: PathBuf) {
        self.root = root;
        self.settings.name = self.root.file_name().unwrap_or_default().to_string_lossy().into_owned();
        self.manifest();
        let (paths, failed) = place::files_below(&self.root, false);
        let readings: Vec<_> = paths.par_iter().map(|path| text::read(path)).collect();
        for (path, reading) in paths.iter().zip(&readings) {
            self.add(&place::shown(path), &stem(path), reading);
        }
        for (path, error) in failed {
            let name = place::shown(&path);
            let id = self.sources.add(&name, "");
            self.diagnostics.push(text::unreadable(Span::new(id, 0, 0), &name, &place::reason(&error)));
        }
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

    fn add(&mut self, name: &str, stem: &str, reading: &text::Reading) {
        let (id, unreadable) = text::add(&mut self.sources, name, reading);
        if unreadable.is_none() {
            self.own.push((id, stem.to_owned()));
        }
        self.diagnostics.extend(unreadable);
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// Runs `work` where the stack is deep; where no such thread can be had, on this one.
fn pool<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    match rayon::ThreadPoolBuilder::new().stack_size(STACK).build() {
        Ok(pool) => pool.install(work),
        Err(_) => work(),
    }
}

fn parse_all(found: &mut Found) -> Vec<File> {
    let own = std::mem::take(&mut found.own);
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
    pool(|| files.into_par_iter().map(parse).collect())
}

/// The modules of the standard library that the files use, and those that these use, by name.
fn with_modules(own: &[File], sources: &mut SourceMap) -> Vec<File> {
    let mut modules: Vec<File> = Vec::new();
    let mut known = BTreeSet::new();
    let mut wanted = used(own);
    while !wanted.is_empty() {
        let fresh: Vec<_> = wanted.iter().filter(|name| known.insert((*name).clone())).collect();
        let texts = fresh.iter().filter_map(|name| library::find(name).filter(|module| module.name == **name));
        let ids = texts.map(|module| (sources.add(module.file, module.text), module.stem().to_owned())).collect();
        let parsed = parse_files(sources, ids, true);
        wanted = used(&parsed);
        modules.extend(parsed);
    }
    modules.sort_by(|a, b| a.stem.cmp(&b.stem));
    modules
}

fn used(files: &[File]) -> BTreeSet<String> {
    let decls = files.iter().flat_map(|file| &file.parsed.file.decls);
    decls.filter_map(|decl| if let DeclKind::Use(path) = &decl.kind { Some(path.text()) } else { None }).collect()
}

fn run(found: Found, files: Vec<File>) -> Project {
    let Found { root, sources, settings, mut diagnostics, .. } = found;
    diagnostics.extend(files.iter().flat_map(|file| file.parsed.diagnostics.iter().cloned()));
    let assets = Folder::new(&root, sources);
    let (checked, wrong) = check_files(&files, settings, &assets);
    diagnostics.extend(wrong);
    let sources = assets.into_sources();
    let mut diagnostics = heed(&files, diagnostics, &sources);
    sort(&mut diagnostics);
    let whole = !diagnostics.iter().any(Diagnostic::is_error);
    let plan = if whole { Some(crate::plan::lower(&checked)) } else { None };
    Project { root, sources, files, checked, plan, diagnostics }
}

fn check_files(files: &[File], settings: Settings, assets: &Folder) -> (Checked, Vec<Diagnostic>) {
    let trees = files.iter().map(|file| SourceAst {
        id: file.id,
        ast: &file.parsed.file,
        std: file.std,
        stem: &file.stem,
    });
    check::check(&check::Input { files: trees.collect(), settings, assets, modules: &library::names() })
}

/// By place; where two are at one place, errors first.
fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| {
        let key = |d: &Diagnostic| (d.primary.span.file, d.primary.span.start, d.severity, d.code);
        key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
    });
    diagnostics.dedup();
}
