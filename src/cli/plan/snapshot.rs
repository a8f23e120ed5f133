//! Listings kept in a folder: one file a workflow, named after it.

use super::{Failure, Listing, Outcome, Output, Result};
use crate::base::hash;
use crate::cli::report::count;
use crate::{format, project};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

/// The ending of the files; others in the folder are let alone.
const ENDING: &str = ".plan";
/// Characters of a workflow's name that its file's name keeps.
const LONGEST: usize = 60;

/// Writes the listings; takes away those of workflows that are gone.
pub(super) fn write(folder: &Path, listings: &[&Listing], out: &mut Output) -> Result {
    let failed =
        |error: io::Error| Failure::new(format!("`{}` can't be written: {error}", project::shown(folder)));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let (files, mut changed) = (named(listings), 0);
    for (name, text) in &files {
        let path = folder.join(name);
        if std::fs::read_to_string(&path).ok().as_ref() != Some(text) {
            std::fs::write(&path, text).map_err(failed)?;
            out.result_line(&project::shown(&path));
            changed += 1;
        }
    }
    let stale = stale(folder, &files)?;
    for name in &stale {
        std::fs::remove_file(folder.join(name)).map_err(failed)?;
        out.result_line(&format!("{} (removed)", project::shown(&folder.join(name))));
    }
    let (all, removed) = (count(files.len(), "listing"), stale.len());
    out.note_line(&format!("ok: {all}, {changed} written, {removed} removed"));
    Ok(Outcome::Clean)
}

/// Compares the listings with those in the folder, and prints what differs.
pub(super) fn compare(folder: &Path, listings: &[&Listing], out: &mut Output) -> Result {
    let files = named(listings);
    let mut differing = 0;
    for (name, text) in &files {
        differing += usize::from(differs(&folder.join(name), text, out)?);
    }
    for name in stale(folder, &files)? {
        differing += 1;
        let shown = project::shown(&folder.join(&name));
        out.result_line(&format!("{shown}: there is no such workflow any more"));
    }
    if differing == 0 {
        out.note_line(&format!(
            "ok: {} as kept in {}",
            count(files.len(), "listing"),
            project::shown(folder)
        ));
        return Ok(Outcome::Clean);
    }
    let folder = project::shown(folder);
    let stale = count(differing, "stale listing");
    out.note_line(&format!(
        "{stale} in {folder}; if the change is meant, `wf plan --snapshot {folder}` keeps it"
    ));
    Ok(Outcome::Findings)
}

/// Prints how the file differs from the listing, if it does.
fn differs(path: &Path, text: &str, out: &mut Output) -> std::result::Result<bool, Failure> {
    let shown = project::shown(path);
    let kept = match std::fs::read_to_string(path) {
        Ok(kept) => kept.replace("\r\n", "\n"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(Failure::new(format!("`{shown}` can't be read: {error}"))),
    };
    out.result(&format::diff(&kept, text, &shown));
    Ok(kept != text)
}

/// Listings in the folder that are of no workflow.
fn stale(folder: &Path, files: &BTreeMap<String, String>) -> std::result::Result<BTreeSet<String>, Failure> {
    let failed =
        |error: io::Error| Failure::new(format!("`{}` can't be read: {error}", project::shown(folder)));
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(failed(error)),
    };
    let names = entries.map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()));
    let names = names.collect::<io::Result<Vec<_>>>().map_err(failed)?;
    Ok(names.into_iter().filter(|name| name.ends_with(ENDING) && !files.contains_key(name)).collect())
}

/// The listings by the names of their files.
fn named(listings: &[&Listing]) -> BTreeMap<String, String> {
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    for listing in listings {
        *uses.entry(slug(&listing.workflow)).or_default() += 1;
    }
    let name = |workflow: &str| {
        let slug = slug(workflow);
        let whole = uses.get(&slug) == Some(&1) && !slug.is_empty();
        if whole { format!("{slug}{ENDING}") } else { format!("{slug}-{}{ENDING}", digest(workflow)) }
    };
    listings.iter().map(|listing| (name(&listing.workflow), listing.text.clone())).collect()
}

/// A name that every file system takes: letters and digits, the rest as `-`; `w-` in front of names that some
/// systems keep for devices (`con`, `nul`).
fn slug(name: &str) -> String {
    let lower = name.to_lowercase();
    let parts = lower.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    let slug: String = parts.collect::<Vec<_>>().join("-").chars().take(LONGEST).collect();
    let device = matches!(
        slug.trim_end_matches(|c: char| c.is_ascii_digit()),
        "con" | "prn" | "aux" | "nul" | "com" | "lpt"
    );
    if device { format!("w-{slug}") } else { slug.trim_end_matches('-').to_owned() }
}

/// Eight digits that tell two workflows apart whose names make the same file name.
fn digest(name: &str) -> String {
    let whole = hash::hex(&hash::sha256(name.as_bytes()));
    whole.chars().take(8).collect()
}

#[cfg(test)]
mod tests {
    use super::{Listing, named, slug};

    #[test]
    fn file_names_are_safe_and_tell_workflows_apart() {
        assert_eq!(slug("Trial nurture"), "trial-nurture");
        assert_eq!(slug("../../etc/passwd"), "etc-passwd");
        assert_eq!(slug("NUL"), "w-nul");
        assert_eq!(slug(&"é".repeat(500)).chars().count(), 60);
        let listing = |name: &str| Listing {
            workflow: name.into(),
            text: name.into(),
            hash: String::new(),
            sheet: serde_json::Value::Null,
        };
        let listings = [listing("A b"), listing("a B"), listing("!!"), listing("other")];
        let files = named(&listings.iter().collect::<Vec<_>>());
        assert_eq!(files.len(), 4, "{files:?}");
        assert!(files.contains_key("other.plan"));
        assert!(files.keys().all(|name| !name.contains(['/', '\\']) && name.matches('.').count() == 1));
    }
}
