//! docs/rules.md: every rule is there, and all that is said to hold one exists and names it.

use std::fs;
use std::path::Path;

/// How many rules each chapter has.
const CHAPTERS: [u32; 8] = [7, 7, 5, 7, 4, 4, 5, 7];

/// Rules that nothing holds yet.
const OPEN: [&str; 1] = ["S8.7"];

/// What is wrong with something that is said to hold a rule.
fn wrong(rule: &str, held_by: &str) -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    if let Some((module, test)) = held_by.split_once("::") {
        let homes = [format!("tests/it/{module}.rs"), format!("src/engine/{module}.rs")];
        let home = homes.iter().find_map(|home| fs::read_to_string(root.join(home)).ok());
        let found = home.is_some_and(|text| text.contains(&format!("fn {test}()")));
        return (!found).then(|| format!("{rule}: there is no test {held_by}"));
    }
    let ending =
        if held_by.starts_with("histories/") || held_by.starts_with("outbox/") { "txt" } else { "wf" };
    let Ok(text) = fs::read_to_string(root.join(format!("tests/cases/{held_by}.{ending}"))) else {
        return Some(format!("{rule}: there is no case {held_by}"));
    };
    // Cases of the checker are named by the code that they give.
    let names = held_by.starts_with("check/") || text.contains(rule);
    (!names).then(|| format!("{rule}: {held_by} does not name it"))
}

#[test]
fn every_rule_is_held_by_what_the_table_says() {
    let table = include_str!("../../docs/rules.md");
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with("| S"))
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    let rules: Vec<String> = (1..)
        .zip(CHAPTERS)
        .flat_map(|(chapter, rules)| (1..=rules).map(move |rule| format!("S{chapter}.{rule}")))
        .collect();
    assert_eq!(rows.iter().map(|row| row[1]).collect::<Vec<_>>(), rules);
    let mut all = Vec::new();
    for row in rows {
        let held: Vec<&str> = row[3].split('`').skip(1).step_by(2).collect();
        if !OPEN.contains(&row[1]) {
            all.extend(held.is_empty().then(|| format!("{}: nothing holds it", row[1])));
            all.extend(held.iter().filter_map(|held| wrong(row[1], held)));
        }
    }
    assert!(all.is_empty(), "{all:#?}");
}
