//! `[mail]` of server.toml: what is good, what is said of what is not.

use std::fmt::Write as _;
use wayfare::connect::mail::settings::MailSettings;
use wayfare::connect::mail::{Keys, MessageKey, Purpose};
use wayfare::connect::secret::{NoSecret, Secret, Secrets};

#[derive(serde::Deserialize, Debug)]
struct File {
    mail: MailSettings,
}

fn read(text: &str) -> Result<MailSettings, String> {
    let file: File = toml::from_str(text).map_err(|error| error.message().to_owned())?;
    file.mail.check().map_err(|wrong| wrong.to_string()).map(|()| file.mail)
}

/// Secrets of these names and values.
struct Known(&'static [(&'static str, &'static str)]);

impl Secrets for Known {
    fn secret(&self, name: &str) -> Result<Secret, NoSecret> {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| Secret::new(*value)).ok_or_else(|| NoSecret::Unset(name.into()))
    }

    fn rotated(&self, _: &str, _: &Secret) -> Result<(), String> {
        Ok(())
    }
}

#[test]
fn the_example_of_the_page_is_good() {
    let page = include_str!("../../../docs/email.md");
    let block = page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let settings = read(block).unwrap();
    assert_eq!(settings.base().unwrap().as_deref(), Some("https://t.acme.com"));
    assert_eq!(settings.smtp_settings().unwrap().port, 587);
    let keys = settings.keys(&Known(&[("MAIL_KEY", "0123456789abcdef")])).unwrap().unwrap();
    let token = keys.token(Purpose::Reply, MessageKey::parse("wf_00112233445566778899aabbccddeeff").unwrap());
    let address = settings.address_for("r", &token).unwrap();
    assert_eq!(address.as_str(), format!("r+{token}@reply.acme.com"));
    let provider = read("[mail]\nfrom = 'team@acme.com'\nprovider = 'postmark'").unwrap();
    assert!(provider.smtp_settings().is_none() && provider.keys(&Known(&[])).unwrap().is_none());
}

#[test]
fn what_is_said_of_settings_that_can_not_work() {
    let base = "[mail]\nfrom = 'Acme <team@acme.com>'\n";
    let smtp = "[mail.smtp]\nhost = 'mx.acme.com'\n";
    let mut out = String::new();
    for text in [
        "[mail]\nprovider = 'postmark'".to_owned(),
        "[mail]\nfrom = 'nobody'\nprovider = 'postmark'".to_owned(),
        base.to_owned(),
        format!("{base}provider = 'postmark'\n{smtp}"),
        format!("{base}provider = 'ses'"),
        format!("{base}provder = 'ses'"),
        format!("{base}provider = 'postmark'\n[mail.dkim]\nselector = 'wf1'\nkey = 'DKIM'"),
        format!("{base}{smtp}user = 'ann'"),
        format!("{base}{smtp}user = 'ann'\npassword = 'hunter2 is secret'"),
        format!("{base}{smtp}tls = 'none'"),
        format!("{base}{smtp}tls = 'none'\nunencrypted = true\nuser = 'ann'\npassword = 'PASSWORD'"),
        format!("{base}{smtp}tls = 'ssl'"),
        format!("{base}{smtp}connections = 0"),
        format!("{base}[mail.smtp]\nhost = 'not a host'"),
        format!("{base}url = 'ftp://x'\nprovider = 'postmark'"),
        format!("{base}url = 'https://t.acme.com'\nprovider = 'postmark'"),
        format!("{base}reply_domain = 'no domain'\nprovider = 'postmark'"),
    ] {
        let _ = writeln!(out, "{}", read(&text).map_or_else(|said| said, |_| format!("good: {text}")));
    }
    insta::assert_snapshot!(out);
}

#[test]
fn what_is_said_of_secrets() {
    let text = "[mail]\nfrom = 'team@acme.com'\nurl = 'https://t.acme.com'\nsigning_keys = ['A', 'B']\n\
                [mail.smtp]\nhost = 'mx.acme.com'\n[mail.dkim]\nselector = 'wf1'\nkey = 'D'";
    let settings = read(text).unwrap();
    let mut out = String::new();
    for known in
        [&[][..], &[("A", "short"), ("B", "0123456789abcdef")], &[("D", "no key at all!")], &[("D", "AAAA")]]
    {
        let keys = settings
            .keys(&Known(known))
            .map(|_: Option<Keys>| "keys")
            .map_or_else(|said| said.to_string(), str::to_owned);
        let dkim = settings
            .signature(&Known(known))
            .map(|_| "signature")
            .map_or_else(|said| said.to_string(), str::to_owned);
        let _ = writeln!(out, "{keys}\n{dkim}");
    }
    insta::assert_snapshot!(out);
    let proof = settings.proof("postmark", &Known(&[])).unwrap();
    assert!(proof.is_none());
}
