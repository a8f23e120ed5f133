//! `wf new`: a project that checks, formats and tests clean at once.

use super::{Failure, Outcome, Output, Result};
use crate::project;
use clap::Args;
use std::io;
use std::path::{Path, PathBuf};

/// Start a project
///
/// Makes a folder with settings, a workflow, its e-mail, a test, a README and a CI job. It checks, formats and tests
/// clean as it is.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub struct New {
    /// The folder to make; its last part is the project's name
    #[arg(value_name = "NAME")]
    path: PathBuf,
}

const EXAMPLE: &str = "\
Example:
  wf new acme && cd acme && wf check";

/// The files of a new project. `NAME` in them becomes the project's name.
const FILES: [(&str, &str); 8] = [
    (".github/workflows/wayfare.yml", include_str!("template/wayfare.yml")),
    (".gitignore", include_str!("template/gitignore")),
    ("README.md", include_str!("template/README.md")),
    ("emails/welcome.txt", include_str!("template/welcome.txt")),
    ("schema.wf", include_str!("template/schema.wf")),
    ("tests.wf", include_str!("template/tests.wf")),
    ("wayfare.toml", include_str!("template/wayfare.toml")),
    ("welcome.wf", include_str!("template/welcome.wf")),
];

const LONGEST_NAME: usize = 64;

impl New {
    pub(super) fn run(self, out: &mut Output) -> Result {
        let name = name(&self.path)?;
        refuse_used(&self.path)?;
        for (file, text) in FILES {
            let path = self.path.join(file);
            write(&path, &text.replace("NAME", &name)).map_err(|error| {
                Failure::new(format!("`{}` can't be written: {error}", project::shown(&path)))
            })?;
            out.result_line(&project::shown(&path));
        }
        out.note_line(&format!("ok: project `{name}`; next: cd {} && wf check", project::shown(&self.path)));
        Ok(Outcome::Clean)
    }
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text)
}

/// The project's name, if it is one: it stands in settings, file names and reports.
fn name(path: &Path) -> std::result::Result<String, Failure> {
    let refused = |why: &str| {
        let name = path.display();
        let help = "use letters, digits, `-` and `_`, beginning with a letter: `wf new acme-journeys`";
        Err(Failure::new(format!("`{name}` can't be a project's name: {why}")).help(Some(help)))
    };
    let Some(name) = path.file_name() else { return refused("it ends in no name") };
    let Some(name) = name.to_str() else { return refused("it is not UTF-8") };
    let fits = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    if let Some(wrong) = name.chars().find(|c| !fits(*c)) {
        return refused(&format!("it has a `{}` in it", wrong.escape_debug()));
    }
    if !name.starts_with(char::is_alphabetic) {
        return refused("it does not begin with a letter");
    }
    if name.chars().count() > LONGEST_NAME {
        return refused("it is longer than 64 characters");
    }
    Ok(name.to_owned())
}

fn refuse_used(path: &Path) -> std::result::Result<(), Failure> {
    let shown = path.display();
    let help = Some("choose another name, or empty it first");
    match std::fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            Err(Failure::new(format!("`{shown}` is there already, and is no folder")).help(help))
        }
        Err(error) => Err(Failure::new(format!("`{shown}` can't be looked at: {error}"))),
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(Failure::new(format!("the folder `{shown}` is not empty")).help(help)),
        },
    }
}
