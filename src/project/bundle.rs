//! The files of a project taken along: to a server, into a journal, and back onto a disk.
//!
//! In: a project's folder, or files by name. Out: the same files in the same order, and the project that they make.
//! Invariant: a bundle that was laid out in a folder loads as the folder that it was taken from; names go down from the
//! project's folder and nowhere else.

use super::{LoadError, Project, Target, load, manifest, place};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// The files of a project: names relative to its folder, with `/` between their parts.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Bundle {
    /// Their contents.
    pub files: BTreeMap<String, String>,
}

/// The longest bundle, in bytes of names and contents.
pub const BUNDLE_LIMIT: usize = 32 << 20;

/// Endings of the files that a project may name in its texts.
const ENDINGS: [&str; 8] = ["wf", "toml", "html", "htm", "mjml", "md", "txt", "liquid"];

/// Why files can't be taken along or laid out.
#[derive(Debug)]
pub enum BundleError {
    /// The project is not there.
    Load(LoadError),
    /// A file of it can't be read or written.
    File(PathBuf, io::Error),
    /// A name that leaves the folder, or can't be one.
    Name(String),
    /// It is too large.
    TooLarge(usize),
}

impl fmt::Display for BundleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Load(error) => error.fmt(f),
            Self::File(path, error) => write!(f, "`{}`: {}", place::shown(path), place::reason(error)),
            Self::Name(name) => write!(f, "`{name}` is no name of a file in a project's folder"),
            Self::TooLarge(bytes) => {
                write!(f, "the project's files have {bytes} bytes; {BUNDLE_LIMIT} are the limit")
            }
        }
    }
}

impl std::error::Error for BundleError {}

impl Bundle {
    /// The files of the project that a path belongs to. A single file is a project named after it.
    pub fn take(path: &Path) -> Result<Self, BundleError> {
        match place::locate(path).map_err(BundleError::Load)? {
            place::Place::Folder(root) => Self::folder(&root),
            place::Place::File(file) => {
                let text =
                    fs::read_to_string(&file).map_err(|error| BundleError::File(file.clone(), error))?;
                let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                let settings = format!("name = {}\n", toml::Value::String(stem.clone()));
                Ok(Self {
                    files: BTreeMap::from([
                        (manifest::FILE.to_owned(), settings),
                        (format!("{stem}.wf"), text),
                    ]),
                })
            }
        }
    }

    fn folder(root: &Path) -> Result<Self, BundleError> {
        let (paths, failed) = place::project_files(root, &ENDINGS);
        if let Some((path, error)) = failed.into_iter().next() {
            return Err(BundleError::File(path, error));
        }
        let (mut files, mut bytes) = (BTreeMap::new(), 0);
        for path in paths {
            let wrong = |error| BundleError::File(path.clone(), error);
            let text = fs::read_to_string(&path).map_err(wrong)?;
            let relative = path.strip_prefix(root).unwrap_or(&path);
            let name = relative.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
            bytes += name.len() + text.len();
            files.insert(name, text);
        }
        let bundle = Self { files };
        if bytes > BUNDLE_LIMIT { Err(BundleError::TooLarge(bytes)) } else { Ok(bundle) }
    }

    /// Looks at names and sizes that come from outside.
    pub fn check(&self) -> Result<(), BundleError> {
        let bytes: usize = self.files.iter().map(|(name, text)| name.len() + text.len()).sum();
        if bytes > BUNDLE_LIMIT {
            return Err(BundleError::TooLarge(bytes));
        }
        match self.files.keys().find(|name| !is_inside(name)) {
            Some(name) => Err(BundleError::Name(name.chars().take(100).collect())),
            None => Ok(()),
        }
    }

    /// Lays the files out in a folder, which is emptied first, and loads the project there.
    pub fn load(&self, folder: &Path) -> Result<Project, BundleError> {
        self.check()?;
        self.lay_out(folder)?;
        load(Target::Path(folder.to_owned())).map_err(BundleError::Load)
    }

    fn lay_out(&self, folder: &Path) -> Result<(), BundleError> {
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(BundleError::File(folder.to_owned(), error));
            }
            _ => {}
        }
        for (name, text) in &self.files {
            let path = folder.join(name);
            let made = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, text));
            made.map_err(|error| BundleError::File(path, error))?;
        }
        Ok(())
    }
}

fn is_inside(name: &str) -> bool {
    let path = Path::new(name);
    !name.is_empty()
        && name.len() <= 500
        && !name.contains(['\0', '\\'])
        && path.components().all(|part| matches!(part, Component::Normal(_)))
}
