//! What README and docs show is true: every block of the language is laid out, and checks clean in a project with what it
//! needs; every command of README and tutorial runs.
//!
//! A fence says what its block is and what it needs: `wf` whole declarations, `wf-cond` a condition of an account,
//! `wf-trigger` triggers, `wf-step` steps; behind that `with=a,b` names files of tests/cases/docs that stand beside it,
//! `file=a.wf` the file of the tutorial's project that it is. `use std.saas` and the connectors are always there. That a block alone leaves a thing unused is no mistake of it.
//! Held elsewhere: docs/diagnostics (`check`, `parse_errors`), docs/formatting.md (`format`), docs/templates.md
//! (`template_docs`), docs/cli.md (`cli::help`).

mod commands;

use crate::cli::Folder;
use std::path::Path;
use wayfare::base::FileId;
use wayfare::format::format;
use wayfare::syntax::parse;

/// A fenced block.
pub(super) struct Block {
    /// The line of its fence.
    pub(super) line: usize,
    /// The first word of the fence.
    pub(super) kind: String,
    /// What `with=` names.
    pub(super) with: Vec<String>,
    /// What `file=` names.
    pub(super) file: Option<String>,
    pub(super) text: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(super) fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The fenced blocks of a page.
pub(super) fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for (at, line) in page.lines().enumerate() {
        match (line.strip_prefix("```"), open) {
            (Some(fence), false) => {
                let said = |key: &str| fence.split(' ').skip(1).find_map(|word| word.strip_prefix(key));
                let kind = fence.split(' ').next().unwrap_or_default().to_owned();
                let with = said("with=").into_iter().flat_map(|names| names.split(',')).map(str::to_owned);
                let file = said("file=").map(str::to_owned);
                blocks.push(Block { line: at + 1, kind, with: with.collect(), file, text: String::new() });
                open = true;
            }
            (Some(_), true) => open = false,
            (None, true) => blocks.last_mut().unwrap().text.extend([line, "\n"]),
            (None, false) => {}
        }
    }
    assert!(!open, "a fence is not closed");
    blocks
}

/// The block as declarations.
fn declarations(block: &Block) -> Option<String> {
    let text = block.text.trim_end();
    let indented = || text.lines().map(|line| format!("  {line}\n")).collect::<String>();
    match block.kind.as_str() {
        "wf" => Some(block.text.clone()),
        "wf-cond" => Some(format!("segment \"It\" of account where {text}\n")),
        "wf-trigger" => Some(format!("{text}\ndo\n  set seats: 1\nexit when seats = 2\n")),
        "wf-step" => {
            Some(format!("when account performs \"Signed In\"\ndo\n{}exit when seats = 0\n", indented()))
        }
        _ => None,
    }
}

/// What is wrong with a block, checked among what it needs.
fn wrong(page: &str, block: &Block, text: &str) -> Option<String> {
    let folder = Folder::with(&[("wayfare.toml", "name = \"docs\"\n"), ("block.wf", text)]);
    let saas = if text.contains("use std.saas") { "" } else { "use std.saas\n" };
    let modules = read("tests/cases/docs/std.wf");
    let modules: Vec<&str> = modules.lines().filter(|line| !text.contains(line)).collect();
    folder.write("modules.wf", format!("{saas}{}\n", modules.join("\n")).as_bytes());
    for name in &block.with {
        folder.write(&format!("with-{name}.wf"), read(&format!("tests/cases/docs/{name}.wf")).as_bytes());
    }
    let ran = folder.wf(&["check", "--output", "json"]);
    let said: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let found = said["diagnostics"].as_array().unwrap();
    let told: Vec<String> = found
        .iter()
        .filter(|found| !found["code"].as_str().unwrap().starts_with("unused-"))
        .map(|found| format!("{}: {}: {}", found["file"], found["code"], found["message"]))
        .collect();
    (!told.is_empty()).then(|| format!("{page}:{}\n  {}\n", block.line, told.join("\n  ")))
}

/// What `wf fmt` would make of a block, if that is another text.
fn unformatted(page: &str, block: &Block, text: &str) -> Option<String> {
    let parsed = parse(FileId(0), text);
    let Ok(laid_out) = format(text, &parsed) else {
        return Some(format!("{page}:{} does not parse\n", block.line));
    };
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    // A condition has no line of its own but in a declaration.
    let same = if block.kind == "wf-cond" { words(&laid_out) == words(text) } else { laid_out == text };
    (!same).then(|| format!("{page}:{} is laid out so:\n{laid_out}\n", block.line))
}

#[test]
fn every_block_of_the_language_checks_clean_and_is_laid_out() {
    let (mut told, mut seen) = (String::new(), 0);
    for page in ["README.md", "docs/README.md", "docs/tutorial.md", "docs/reference.md", "docs/templates.md"]
    {
        for block in blocks(&read(page)) {
            let Some(text) = declarations(&block) else {
                assert!(!block.kind.starts_with("wf"), "{page}:{}: what is `{}`?", block.line, block.kind);
                continue;
            };
            seen += 1;
            if block.file.is_none() {
                told.extend(wrong(page, &block, &text));
            }
            told.extend(unformatted(page, &block, &text));
        }
    }
    assert!(seen > 50, "where are the blocks?");
    assert!(told.is_empty(), "{told}");
}

#[test]
fn every_mended_text_of_a_diagnostic_is_laid_out() {
    let mut told = String::new();
    for entry in std::fs::read_dir(root().join("docs/diagnostics")).unwrap() {
        let path = entry.unwrap().path();
        let page = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        for block in blocks(&read(&page)).iter().filter(|block| block.kind == "wf") {
            told.extend(unformatted(&page, block, &block.text));
        }
    }
    assert!(told.is_empty(), "{told}");
}

#[test]
fn every_link_leads_to_a_file() {
    let mut told = Vec::new();
    let pages = walkdir::WalkDir::new(root().join("docs")).max_depth(1).sort_by_file_name();
    let pages = pages.into_iter().map(|entry| entry.unwrap().into_path());
    let pages = pages.filter(|path| path.extension().is_some_and(|ending| ending == "md"));
    let pages = pages.map(|path| path.strip_prefix(root()).unwrap().to_string_lossy().into_owned());
    let others = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"].map(String::from);
    for page in pages.chain(others) {
        let text = read(&page);
        let links = text.match_indices("](").filter_map(|(at, _)| text[at + 2..].split_once(')'));
        // What a template puts in is known when it is rendered.
        let is_ours = |link: &str| !link.starts_with("http") && !link.starts_with("{{");
        for (link, _) in links.filter(|(link, _)| is_ours(link)) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() {
                page.clone()
            } else {
                let folder = Path::new(&page).parent().unwrap();
                folder.join(file).to_string_lossy().into_owned()
            };
            if !root().join(&target).exists() || (!anchor.is_empty() && !has_heading(&read(&target), anchor))
            {
                told.push(format!("{page}: {link}"));
            }
        }
    }
    assert!(told.is_empty(), "these lead nowhere: {told:#?}");
}

/// Whether a page has a heading that Git hosts would give that anchor.
fn has_heading(page: &str, anchor: &str) -> bool {
    let slug = |heading: &str| {
        let kept = heading.trim().to_lowercase().replace(' ', "-");
        kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect::<String>()
    };
    page.lines()
        .filter_map(|line| line.strip_prefix('#'))
        .any(|line| slug(line.trim_start_matches('#')) == anchor)
}
