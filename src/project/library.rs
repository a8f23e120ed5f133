//! The standard library, embedded: the one list of its modules.

/// A module of the standard library.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Module {
    /// Its name: `std.saas`.
    pub name: &'static str,
    /// The name of its file, as diagnostics show it: `std/saas.wf`.
    pub file: &'static str,
    /// Its text.
    pub text: &'static str,
}

impl Module {
    /// What it is for: the first line of its text, without the `#` and the name in front.
    pub fn about(&self) -> &'static str {
        let line = self.text.lines().next().unwrap_or_default().trim_start_matches('#').trim();
        line.strip_prefix(self.name).unwrap_or(line).trim_start_matches(':').trim().trim_end_matches('.')
    }

    /// The name behind `std.`.
    pub fn stem(&self) -> &'static str {
        self.name.trim_start_matches("std.")
    }
}

macro_rules! modules {
    ($($stem:literal)+) => {
        /// Every module, by name.
        pub const MODULES: &[Module] = &[$(Module {
            name: concat!("std.", $stem),
            file: concat!("std/", $stem, ".wf"),
            text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/stdlib/", $stem, ".wf")),
        },)+];
    };
}

modules! {
    "hubspot"
    "intercom"
    "mailgun"
    "postmark"
    "resend"
    "saas"
    "salesforce"
    "sendgrid"
    "slack"
    "teams"
    "webhook"
}

/// The names of all modules, in order.
pub fn names() -> Vec<&'static str> {
    MODULES.iter().map(|module| module.name).collect()
}

/// What stands behind `std.` in the names of all modules, in order.
pub fn stems() -> Vec<&'static str> {
    MODULES.iter().map(Module::stem).collect()
}

/// The module of that name, with or without `std.` in front.
pub fn find(name: &str) -> Option<&'static Module> {
    MODULES.iter().find(|module| module.name == name || module.stem() == name)
}
