//! A project from its text, as a file given to a command would be.

use wayfare::base::SourceMap;
use wayfare::check::checked::Settings;
use wayfare::check::{Checked, Input, NoAssets, SourceAst, check};
use wayfare::diag::Diagnostic;
use wayfare::plan::{Plan, lower};
use wayfare::syntax;

/// A project ready for both the model and the engine.
pub struct Project {
    pub sources: SourceMap,
    pub checked: Checked,
    pub plan: Plan,
}

impl Project {
    /// Checks and lowers one file; what is wrong with it in words.
    pub fn read(text: &str, timezone: &str) -> Result<Self, String> {
        let mut sources = SourceMap::new();
        let id = sources.add("project.wf", text);
        let parsed = syntax::parse(id, text);
        let settings = Settings { timezone: timezone.to_owned(), ..Settings::default() };
        let files = vec![SourceAst { id, ast: &parsed.file, std: false, stem: "project" }];
        let (checked, found) = check(&Input { files, settings, assets: &NoAssets, modules: &[] });
        let errors: Vec<&Diagnostic> =
            parsed.diagnostics.iter().chain(&found).filter(|one| one.is_error()).collect();
        if !errors.is_empty() {
            return Err(errors.iter().map(|one| words(&sources, one)).collect::<Vec<_>>().join("\n"));
        }
        let plan = lower(&checked, &sources);
        Ok(Self { sources, checked, plan })
    }
}

fn words(sources: &SourceMap, found: &Diagnostic) -> String {
    let place = sources.slice(found.primary.span);
    format!("{} at `{place}`", found.message)
}
