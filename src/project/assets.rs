//! The files that templates name, read from the project's folder and from nowhere else.

use super::{place, text};
use crate::base::{FileId, SourceMap};
use crate::check::Assets;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// The project's folder; each file is read once and joins the source map.
pub(super) struct Folder {
    root: PathBuf,
    inside: RefCell<Inside>,
}

struct Inside {
    sources: SourceMap,
    read: BTreeMap<PathBuf, Result<FileId, String>>,
}

impl Folder {
    /// Takes the source map while files are asked for.
    pub(super) fn new(root: &Path, sources: SourceMap) -> Self {
        let inside = RefCell::new(Inside { sources, read: BTreeMap::new() });
        Self { root: root.to_owned(), inside }
    }

    /// Gives the source map back, with the files that were read.
    pub(super) fn into_sources(self) -> SourceMap {
        self.inside.into_inner().sources
    }
}

impl Assets for Folder {
    fn read(&self, path: &str, _: FileId) -> Result<(FileId, Arc<str>), String> {
        let relative = inside(path)?;
        let mut inside = self.inside.borrow_mut();
        let Inside { sources, read } = &mut *inside;
        let id = read.entry(relative).or_insert_with_key(|path| take(&self.root, path, sources)).clone()?;
        let text = sources.get(id).map(|file| Arc::clone(&file.text)).unwrap_or_default();
        Ok((id, text))
    }
}

fn take(root: &Path, relative: &Path, sources: &mut SourceMap) -> Result<FileId, String> {
    let path = root.join(relative);
    let real = path.canonicalize().map_err(|error| place::reason(&error))?;
    let real_root = root.canonicalize().map_err(|error| place::reason(&error))?;
    if !real.starts_with(real_root) {
        return Err("it is a link that leaves the project's folder".into());
    }
    let reading = text::read(&path);
    match reading.wrong {
        Some((_, why)) => Err(why),
        None => Ok(sources.add(&place::shown(&path), &reading.text)),
    }
}

/// The path without `.`, if it goes down from the project's folder.
fn inside(path: &str) -> Result<PathBuf, String> {
    let mut relative = PathBuf::new();
    for part in Path::new(path).components() {
        match part {
            Component::Normal(name) => relative.push(name),
            Component::CurDir => {}
            Component::ParentDir => return Err("`..` would leave the project's folder".into()),
            Component::RootDir | Component::Prefix(_) => {
                return Err("the path must be relative to the project's folder".into());
            }
        }
    }
    if relative.as_os_str().is_empty() { Err("the path is empty".into()) } else { Ok(relative) }
}
