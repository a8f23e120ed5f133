//! SIGHUP: settings and keys are read again.

use super::*;

fn log(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("stderr")).unwrap()
}

/// Tells it to read again, and waits until it says so many times that it did, or did not.
fn hang_up(served: &Served, folder: &Path, word: &str, times: usize) {
    let done = Command::new("kill").args(["-HUP", &served.child.id().to_string()]).status().unwrap();
    assert!(done.success());
    until(|| (log(folder).matches(word).count() >= times).then_some(()));
}

#[test]
fn a_hangup_reads_settings_and_keys_again_or_leaves_them() {
    let folder = folder("reload");
    let file = project(&folder, TRIAL).join("server.toml");
    std::fs::write(&file, "[server]\ncache_mib = 64\n").unwrap();
    let served = Served::start(&folder, &[]);
    let token = |token: &str| {
        served.ask("GET", "/api/v1/status", &[("authorization", &format!("Bearer {token}"))], b"").0
    };
    let hook = || served.ask("POST", "/hooks/mail/postmark", &[], b"{}");
    assert_eq!((token("eve"), token(ADMIN)), (401, 200));
    assert!(hook().1.contains("no `[mail]`"));

    // A token, mail, a limit; and what needs a restart is named.
    let keys = folder.join("data/keys.json");
    let mut kept: serde_json::Value = serde_json::from_slice(&std::fs::read(&keys).unwrap()).unwrap();
    let sum = data_encoding::HEXLOWER.encode(ring::digest::digest(&ring::digest::SHA256, b"eve").as_ref());
    kept["tokens"] = serde_json::json!([{ "name": "eve", "role": "read", "sha256": sum }]);
    std::fs::write(&keys, kept.to_string()).unwrap();
    let mail =
        "[mail]\nfrom = \"a@b.example\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = 1\ntls = \"none\"\n";
    std::fs::write(&file, format!("{mail}[server]\ncache_mib = 32\nwrong_keys = 2\n")).unwrap();
    hang_up(&served, &folder, "were read again; a restart is needed for `server.cache_mib`", 1);
    assert_eq!((token("eve"), token(ADMIN)), (200, 200));
    assert!(!hook().1.contains("no `[mail]`"));
    assert_eq!((token("guess"), token("guess")), (401, 429), "two wrong keys, of which one was shown before");

    // What is broken is told, and leaves all as it was.
    std::fs::write(&file, "[server]\nconections = 3\n").unwrap();
    hang_up(&served, &folder, "the old settings and keys stay", 1);
    assert!(log(&folder).contains("did you mean `connections`?"));
    std::fs::write(&file, "").unwrap();
    std::fs::write(&keys, "{").unwrap();
    hang_up(&served, &folder, "the old settings and keys stay", 2);
    assert!(!hook().1.contains("no `[mail]`"));
    assert!(served.stop());
}
