//! The pages in Chromium: what a team lead does in a morning, and how every page looks and reads.
//!
//! Feature `browser`; with `WAYFARE_SCREENSHOTS=1` those for the book are kept in docs/screenshots (to be made
//! smaller with pngquant before they are committed), else below `target/tmp`.

use super::driver::Driver;
use super::{Served, folder};
use data_encoding::BASE64;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

const PASSWORD: &str = "correct horse";

/// The example company, with its history.
fn served(name: &str) -> Served {
    let folder = folder(name);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let example = root.join("examples/ravenstack");
    std::os::unix::fs::symlink(&example, folder.join("project")).unwrap();
    let served = Served::start(&folder, &[]);
    let packed = std::fs::File::open(example.join("history.jsonl.gz")).unwrap();
    let lines = BufReader::new(flate2::read::GzDecoder::new(packed)).lines();
    let messages: Vec<Value> = lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
    for batch in messages.chunks(250) {
        assert_eq!(served.batch(batch).unwrap().0, 200);
    }
    served
}

/// A browser in which the first user has signed in.
fn signed_in(served: &Served) -> Option<Driver> {
    let driver = Driver::start()?;
    driver.open(&url(served, &format!("/setup?token={}", served.setup.as_deref().unwrap())));
    driver.write("[name=name]", "ann");
    driver.write("[name=password]", PASSWORD);
    driver.click("button");
    driver.until("In a workflow now");
    Some(driver)
}

fn url(served: &Served, path: &str) -> String {
    format!("http://{}{path}", served.address)
}

#[test]
fn a_team_lead_sees_what_runs_sends_a_draft_and_asks_why_not() {
    let served = served("browser-morning");
    let Some(driver) = signed_in(&served) else { return };
    // Signed out and in again.
    driver.click("form.who button");
    driver.until("Sign in");
    driver.open(&url(&served, "/w/Churn%20save"));
    driver.write("[name=name]", "ann");
    driver.write("[name=password]", PASSWORD);
    driver.click("button");
    driver.until("How it runs");
    assert!(driver.run("return document.querySelectorAll('svg .box').length").as_u64().unwrap() > 8);
    // Off and on.
    driver.click("header.title button.danger");
    driver.until("by hand");
    driver.click("header.title button.primary");
    driver.until("Disable");
    // A draft, by keyboard.
    driver.open(&url(&served, "/outbox"));
    let row = driver.run("return document.querySelector('.desk li a').pathname");
    driver.press("j");
    driver.until("Send");
    driver.press("k");
    driver.press("e");
    driver.write("[name='part.subject']", "A word from us");
    driver.click("details[data-key=e] button.primary");
    driver.until("Edited by");
    assert!(driver.text().contains("A word from us"), "{}", driver.text());
    driver.press("s");
    driver.until("Waiting for you");
    let first = driver.run("return document.querySelector('.desk li a').pathname");
    assert_ne!(row, first);
    let log = served.get("/api/v1/log?kind=outbox&limit=1000");
    let approved = log["lines"]
        .as_array()
        .unwrap()
        .iter()
        .any(|line| line["detail"]["event"] == "approved" && line["detail"]["by"] == "ann");
    assert!(approved, "{log}");
    // Why not.
    driver.open(&url(&served, "/customers"));
    driver.write("[name=q]", "A-2e4581");
    driver.click("form[role=search] button");
    driver.click("td a[href='/e/account/A-2e4581']");
    driver.run("const s = document.querySelector('[name=why]'); s.value = 'Win-back'; s.dispatchEvent(new Event('change', { bubbles: true }))");
    driver.until("What would start it");
    assert!(driver.text().contains("is not so"), "{}", driver.text());
    // The log goes on by itself.
    driver.open(&url(&served, "/w/Onboarding/log"));
    driver.until("Live");
    let account = json!({ "type": "group", "messageId": "new-1", "groupId": "A-new", "userId": "new", "traits": { "name": "New", "status": "trial", "plan": "Pro", "seats": 5 } });
    let contact = json!({ "type": "identify", "messageId": "new-2", "userId": "new", "traits": { "email": "new@new.example", "role": "admin" } });
    let event = json!({ "type": "track", "messageId": "new-3", "userId": "new", "event": "Account Signed Up", "context": { "groupId": "A-new" } });
    served.batch(&[contact, account, event]).unwrap();
    let enrolled = served.post("/api/v1/entities/account/A-new/enrol", &json!({ "workflow": "Onboarding" }));
    assert_eq!(enrolled.0, 200, "{}", enrolled.1);
    driver.until("account:A-new");
    assert!(driver.run("return document.querySelectorAll('tr.fresh').length").as_u64().unwrap() > 0);
    // The report.
    driver.open(&url(&served, "/w/Onboarding/report"));
    driver.until("Day by day");
    assert_eq!(driver.complaints(), Vec::<Value>::new());
    assert!(served.stop());
}

/// (name of the picture, address, whether it is one for the book).
const PAGES: [(&str, &str, bool); 15] = [
    ("workflows", "/", true),
    ("workflow", "/w/Churn%20save", true),
    ("source", "/w/Churn%20save/source", true),
    ("versions", "/w/Churn%20save/versions", false),
    ("workflow-log", "/w/Churn%20save/log", false),
    ("report", "/w/Onboarding/report", true),
    ("log", "/log", true),
    ("outbox", "/outbox", true),
    ("customers", "/customers?q=2e4", false),
    ("customer", "/e/account/A-2e4581", false),
    ("why", "/e/account/A-2e4581?why=Win-back", true),
    ("deploys", "/deploys", false),
    ("deploy", "/deploys/1", false),
    ("rejects", "/rejects", false),
    ("settings", "/settings", true),
];

#[test]
fn every_page_fits_and_is_accessible_on_large_and_small_screens_light_and_dark() {
    let Some(axe) = crate::counterpart::npm_file("axe-core/axe.min.js") else { return };
    let axe = std::fs::read_to_string(axe).unwrap();
    let served = served("browser-looks");
    let Some(driver) = signed_in(&served) else { return };
    let mut wrong = Vec::new();
    for (width, height) in [(1280, 900), (390, 844)] {
        let screen =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        driver.tools("Emulation.setDeviceMetricsOverride", &screen);
        for scheme in ["light", "dark"] {
            let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
            driver.tools("Emulation.setEmulatedMedia", &media);
            for (name, path, in_book) in PAGES {
                driver.open(&url(&served, path));
                let over = driver.run("return document.documentElement.scrollWidth - innerWidth");
                if over.as_i64() != Some(0) {
                    wrong.push(format!("{name} {width} {scheme}: {over} pixels too wide"));
                }
                wrong.extend(
                    violations(&driver, &axe)
                        .into_iter()
                        .map(|what| format!("{name} {width} {scheme}: {what}")),
                );
                let book = in_book && (width > 600) == (scheme == "light" || name == "outbox");
                picture(&driver, &format!("{name}-{width}-{scheme}"), book);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(driver.complaints(), Vec::<Value>::new());
}

/// What axe-core finds that is serious.
fn violations(driver: &Driver, axe: &str) -> Vec<String> {
    driver.run(&format!("{axe};window.axe = axe"));
    let found = driver.run_later("const done = arguments[0]; axe.run().then((all) => done(all.violations), (error) => done(String(error)))");
    let all = found.as_array().unwrap_or_else(|| panic!("{found}"));
    let serious = all.iter().filter(|one| matches!(one["impact"].as_str(), Some("serious" | "critical")));
    serious.map(|one| format!("{}: {}", one["id"], one["nodes"][0]["html"])).collect()
}

fn picture(driver: &Driver, name: &str, in_book: bool) {
    let taken = driver.tools("Page.captureScreenshot", &json!({ "format": "png" }));
    let bytes = BASE64.decode(taken["data"].as_str().unwrap().as_bytes()).unwrap();
    let kept = in_book && std::env::var("WAYFARE_SCREENSHOTS").is_ok_and(|kept| kept == "1");
    let to: PathBuf = if kept {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/screenshots")
    } else {
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots")
    };
    std::fs::create_dir_all(&to).unwrap();
    std::fs::write(to.join(format!("{name}.png")), bytes).unwrap();
}
