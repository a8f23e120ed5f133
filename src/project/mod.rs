//! A project from disk to plan: the only reader of project files, and the pipeline that runs over them.
//!
//! In: a path (a folder with a `wayfare.toml`, or one below it; a single `.wf` file), or a text. Out: a [`Project`]
//! with everything that the passes made and every diagnostic, in the order of files and text. Invariant: the result
//! does not depend on the order in which the disk lists files or threads finish. A file that can't be read is a
//! diagnostic, and the rest goes on; only a project that is not there at all is a [`LoadError`].
//! Not here: what a text means (`syntax`, `check`, `plan`), what is printed (`cli`). Tests: tests/it/cli.rs.

mod assets;
mod bundle;
pub mod library;
mod load;
pub mod manifest;
mod place;
mod text;

pub use bundle::{BUNDLE_LIMIT, Bundle, BundleError};
pub use load::{Target, Texts, load, on_deep_stack, read, read_bytes};
pub use place::LoadError;

use crate::base::{FileId, SourceMap};
use crate::check::Checked;
use crate::diag::Diagnostic;
use crate::plan::Plan;
use crate::syntax::Parsed;
use std::path::{Path, PathBuf};

/// A project, as far as it could be made out.
#[derive(Debug)]
pub struct Project {
    /// Its folder; for a single file the one that it is in.
    pub root: PathBuf,
    /// All texts: the settings, the project's files, modules of the standard library, template files.
    pub sources: SourceMap,
    /// The files of the language: modules of the standard library first, then the project's by path.
    pub files: Vec<File>,
    /// What they mean; whole only if there is no error.
    pub checked: Checked,
    /// What runs; only if there is no error.
    pub plan: Option<Plan>,
    /// Everything that is wrong, sorted by place.
    pub diagnostics: Vec<Diagnostic>,
}

/// A file of the language.
#[derive(Debug)]
pub struct File {
    /// Its id in the source map.
    pub id: FileId,
    /// Its name without folder and ending.
    pub stem: String,
    /// Whether it is a module of the standard library.
    pub std: bool,
    /// What it says.
    pub parsed: Parsed,
}

impl Project {
    /// Whether anything is wrong that must be mended before it can run.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// The project's own files.
    pub fn own_files(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| !file.std)
    }
}

/// A path as people see it: relative to the folder where the command runs, with `/` between its parts.
pub fn shown(path: &Path) -> String {
    place::shown(path)
}
