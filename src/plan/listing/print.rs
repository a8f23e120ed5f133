//! Sheets as text: two spaces for each level, one thing a line.

use super::{Item, Section, Sheet, StepSheet};

/// Steps inside each other that are drawn further in.
const DEEPEST: usize = 40;

struct Page(String);

impl Page {
    /// A line that far in; further lines of its text stand further in.
    fn line(&mut self, level: usize, text: &str) {
        let level = level.min(DEEPEST);
        for (at, line) in text.lines().enumerate() {
            let level = if at == 0 { level } else { level + 1 };
            if !line.is_empty() {
                self.0.extend(std::iter::repeat_n("  ", level));
                self.0.push_str(line);
            }
            self.0.push('\n');
        }
    }

    fn list(&mut self, title: &str, lines: &[String]) {
        if !lines.is_empty() {
            self.0.push('\n');
            self.line(0, title);
            for line in lines {
                self.line(1, line);
            }
        }
    }
}

pub(super) fn sheet(sheet: &Sheet) -> String {
    let mut page = Page(String::new());
    page.line(0, &format!("workflow {:?} about {}", sheet.name, sheet.about));
    for (name, text) in &sheet.head {
        page.line(1, &format!("{name}: {text}"));
    }
    page.list("when", &sheet.triggers);
    page.list("if", sheet.only_if.as_slice());
    page.0.push_str("\ndo\n");
    steps(&mut page, 1, &sheet.steps);
    page.list("goal when", &sheet.goals);
    page.list("exit when", &sheet.exits);
    sections(&mut page, "reads", &sheet.reads);
    sections(&mut page, "uses", &sheet.uses);
    page.0
}

fn steps(page: &mut Page, level: usize, all: &[StepSheet]) {
    for step in all {
        let label = step.label.as_ref().map_or_else(String::new, |label| format!(" {label:?}"));
        page.line(level, &format!("{}{label}  {}", step.path, step.text));
        if let Some(guard) = &step.guard {
            page.line(level + 2, &format!("if {guard}"));
        }
        for (name, text) in &step.details {
            page.line(level + 2, &format!("{name}: {text}"));
        }
        for block in &step.blocks {
            page.line(level + 1, &block.head);
            steps(page, level + 2, &block.steps);
        }
    }
}

fn sections(page: &mut Page, title: &str, all: &[Section]) {
    if all.is_empty() {
        return;
    }
    page.0.push('\n');
    page.line(0, title);
    for section in all {
        page.line(1, section.title);
        items(page, 2, &section.items);
    }
}

pub(super) fn items_text(all: &[Section]) -> String {
    let mut page = Page(String::new());
    for (at, section) in all.iter().enumerate() {
        if at > 0 {
            page.0.push('\n');
        }
        page.line(0, section.title);
        items(&mut page, 1, &section.items);
    }
    page.0
}

fn items(page: &mut Page, level: usize, all: &[Item]) {
    for item in all {
        page.line(level, &item.text);
        for line in &item.lines {
            page.line(level + 1, line);
        }
    }
}
