//! Where a project is: from a path that a person gave to the folder and the files that belong to it.

use super::manifest;
use std::io;
use std::path::{Component, Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// Why there is nothing to load. Everything else is a diagnostic.
#[derive(Debug)]
pub enum LoadError {
    /// No such file or folder, or it may not be looked at.
    Missing(PathBuf, io::Error),
    /// A folder without a `wayfare.toml` in it or above it.
    NoManifest(PathBuf),
    /// A file that is neither a `.wf` file nor a `wayfare.toml`.
    NotOurs(PathBuf),
}

impl std::fmt::Display for LoadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing(path, error) => write!(f, "`{}` can't be read: {}", path.display(), reason(error)),
            Self::NoManifest(path) => write!(
                f,
                "no project here: there is no `{}` in `{}` or above it",
                manifest::FILE,
                path.display()
            ),
            Self::NotOurs(path) => write!(f, "`{}` is not a `.wf` file", path.display()),
        }
    }
}

impl std::error::Error for LoadError {}

impl LoadError {
    /// One thing to do.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Missing(..) => None,
            Self::NoManifest(_) => {
                Some("`wf new NAME` makes a project; a single `.wf` file can be given by its path")
            }
            Self::NotOurs(_) => Some("give a `.wf` file, a folder with a `wayfare.toml`, or `-`"),
        }
    }
}

/// An error of the file system in the words of diagnostics.
pub(super) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".into(),
        io::ErrorKind::PermissionDenied => "it may not be read by you".into(),
        io::ErrorKind::IsADirectory => "it is a folder".into(),
        _ => error.to_string().to_lowercase(),
    }
}

/// What a path stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// A folder with a `wayfare.toml`.
    Folder(PathBuf),
    /// A file that is a project of its own.
    File(PathBuf),
}

/// The project that `path` belongs to: the file itself, or the nearest folder upward with a `wayfare.toml`.
pub(super) fn locate(path: &Path) -> Result<Place, LoadError> {
    let metadata = path.metadata().map_err(|error| LoadError::Missing(path.to_owned(), error))?;
    if metadata.is_dir() {
        let whole = std::path::absolute(path).map_err(|error| LoadError::Missing(path.to_owned(), error))?;
        let root = resolved(&whole);
        let root = root.ancestors().find(|folder| folder.join(manifest::FILE).is_file());
        return root.map(|root| Place::Folder(root.to_owned())).ok_or(LoadError::NoManifest(path.to_owned()));
    }
    if path.file_name().is_some_and(|name| name == manifest::FILE) {
        return locate(
            path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")),
        );
    }
    if is_wf(path) { Ok(Place::File(path.to_owned())) } else { Err(LoadError::NotOurs(path.to_owned())) }
}

/// An absolute path without `.` and `..`. (Not `canonicalize`: names stay as the user knows them.)
fn resolved(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut whole, part| {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                whole.pop();
            }
            _ => whole.push(part),
        }
        whole
    })
}

fn is_wf(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "wf")
}

/// What a walk over a folder found: the files, and what could not be looked at.
pub(super) type Walk = (Vec<PathBuf>, Vec<(PathBuf, io::Error)>);

/// The `.wf` files that `path` stands for: itself, or all below a folder, those of projects in it too.
pub(super) fn wf_files(path: &Path) -> Result<Walk, LoadError> {
    let metadata = path.metadata().map_err(|error| LoadError::Missing(path.to_owned(), error))?;
    if metadata.is_dir() {
        return Ok(files_below(path, true));
    }
    if is_wf(path) {
        Ok((vec![path.to_owned()], Vec::new()))
    } else {
        Err(LoadError::NotOurs(path.to_owned()))
    }
}

/// The `.wf` files below a folder, sorted by path, and what of it could not be looked at. Hidden folders and files
/// and `target` are left out, and links to folders are not followed, so that no loop can arise.
pub(super) fn files_below(root: &Path, nested_projects: bool) -> Walk {
    below(root, nested_projects, &["wf"])
}

/// The files of a project with these endings, sorted by path, and what could not be looked at.
pub(super) fn project_files(root: &Path, endings: &[&str]) -> Walk {
    below(root, false, endings)
}

fn below(root: &Path, nested_projects: bool, endings: &[&str]) -> Walk {
    let (mut files, mut failed) = (Vec::new(), Vec::new());
    for entry in WalkDir::new(root).into_iter().filter_entry(|entry| belongs(entry, nested_projects)) {
        match entry {
            Ok(entry) if !entry.path().is_dir() && ends(entry.path(), endings) => {
                files.push(entry.into_path());
            }
            Ok(_) => {}
            Err(error) => {
                let path = error.path().unwrap_or(root).to_owned();
                failed.push((
                    path,
                    error.into_io_error().unwrap_or_else(|| io::Error::other("a loop of links")),
                ));
            }
        }
    }
    files.sort();
    (files, failed)
}

fn ends(path: &Path, endings: &[&str]) -> bool {
    path.extension().is_some_and(|ending| endings.iter().any(|known| ending == *known))
}

fn belongs(entry: &DirEntry, nested_projects: bool) -> bool {
    if entry.depth() == 0 {
        return true;
    }
    let name = entry.file_name();
    let hidden = name.to_string_lossy().starts_with('.');
    if !entry.file_type().is_dir() {
        return !hidden;
    }
    !hidden && name != "target" && (nested_projects || !entry.path().join(manifest::FILE).is_file())
}

/// A path as people see it: relative to the folder where the command runs, with `/` between its parts.
pub(super) fn shown(path: &Path) -> String {
    let Ok(here) = std::env::current_dir() else { return slashes(path) };
    let whole = resolved(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
    let shared = whole.components().zip(here.components()).take_while(|(a, b)| a == b).count();
    let up = here.components().count() - shared;
    if shared <= 1 || up > 3 {
        return slashes(path);
    }
    let below: PathBuf =
        std::iter::repeat_n(Component::ParentDir, up).chain(whole.components().skip(shared)).collect();
    if below.as_os_str().is_empty() { ".".into() } else { slashes(&below) }
}

fn slashes(path: &Path) -> String {
    path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
}
