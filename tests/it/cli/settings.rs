//! Mistakes in `wayfare.toml`, as rendered.

use super::Folder;
use std::fmt::Write;

const MISTAKES: [(&str, &str); 9] = [
    ("not TOML", "name = \"a\"\ntimezone = Europe/Paris\n"),
    ("unknown key", "nam = \"a\"\n"),
    ("unknown key without a near name", "colour = \"red\"\n"),
    ("unknown limit", "[limits]\nevent_kept = 5\n"),
    ("wrong type", "name = 3\ntimezone = [\"UTC\"]\n"),
    ("unknown zone", "timezone = \"Europe/Pari\"\n"),
    ("limits that are no table", "limits = 5\n"),
    ("count out of range", "[limits]\nevents_kept = 0\n"),
    ("durations", "[limits]\nlate_events = \"1 month\"\n"),
];

#[test]
fn mistakes_in_settings_are_placed() {
    let mut text = String::new();
    for (name, settings) in MISTAKES {
        let folder = Folder::with(&[("wayfare.toml", settings), ("a.wf", "event \"A\" { }\n")]);
        let ran = folder.wf(&["check"]).exits(1);
        let _ = writeln!(text, "## {name}\n\n{}{}", ran.stdout, ran.stderr);
    }
    insta::assert_snapshot!("settings", text);
}

#[test]
fn good_settings_are_taken() {
    let settings = "name = \"Acme\"\ntimezone = \"Europe/Paris\"\nlimits = { events_kept = 1_000, late_events = \"1h 30m\" }\n";
    let folder = Folder::with(&[("wayfare.toml", settings)]);
    let project = wayfare::project::load(wayfare::project::Target::Path(folder.path().to_owned())).unwrap();
    assert_eq!(project.diagnostics, []);
    let settings = &project.checked.settings;
    assert_eq!((settings.name.as_str(), settings.timezone.as_str()), ("Acme", "Europe/Paris"));
    assert_eq!((settings.events_kept, settings.lateness), (1_000, 5_400_000));
}
