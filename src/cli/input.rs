//! The path that a command works on: a folder, a file, or `-` for standard input.

use super::Failure;
use crate::project::{self, Project, Target};
use std::io::Read;
use std::path::{Path, PathBuf};

/// What standard input is called in diagnostics.
pub(super) const STDIN: &str = "<stdin>";

/// The longest text taken from standard input, in bytes; as for files.
const LONGEST: u64 = 64 << 20;

/// Where a project is.
#[derive(clap::Args, Debug)]
pub(super) struct Where {
    /// A project's folder or one below it, a single .wf file, or `-` for standard input
    #[arg(default_value = ".", value_name = "PATH")]
    pub(super) path: PathBuf,
}

impl Where {
    /// Loads the project there.
    pub(super) fn load(self) -> Result<Project, Failure> {
        let target = if is_stdin(&self.path) {
            Target::Text { name: STDIN.into(), bytes: stdin()? }
        } else {
            Target::Path(self.path)
        };
        Ok(project::load(target)?)
    }
}

/// Whether a path stands for standard input.
pub(super) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// All of standard input.
pub(super) fn stdin() -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(LONGEST + 1).read_to_end(&mut bytes);
    match read {
        Err(error) => Err(Failure::new(format!("standard input can't be read: {error}"))),
        Ok(_) if bytes.len() as u64 > LONGEST => Err(Failure::new("standard input is longer than 64 MB")),
        Ok(_) => Ok(bytes),
    }
}
