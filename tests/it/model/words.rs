//! Random conditions and values, in the words of the base project.

use super::random::Random;

/// What conditions may name, with whether it is of accounts.
#[derive(Clone, Debug, Default)]
pub struct Words {
    pub segments: Vec<(String, bool)>,
    pub workflows: Vec<(String, bool)>,
    pub staged: Vec<bool>,
    pub healthy: Vec<bool>,
    pub bools: Vec<(String, bool)>,
    pub numbers: Vec<(String, bool)>,
    pub times: Vec<(String, bool)>,
    /// Nothing that counts events.
    pub quiet: bool,
}

impl Words {
    /// No names, but as quiet.
    fn bare(&self) -> Self {
        Self { quiet: self.quiet, ..Self::default() }
    }
}

pub fn period(random: &mut Random) -> &'static str {
    random.one::<&'static str>(&["1h", "12h", "1d", "36h", "2d", "2d", "3d", "1w", "1 month", "90m"])
}

fn short(random: &mut Random) -> &'static str {
    random.one::<&'static str>(&["1h", "12h", "1d", "36h", "2d", "3d"])
}

/// A condition about an account or a contact.
pub fn condition(random: &mut Random, words: &Words, account: bool, depth: usize) -> String {
    if depth > 0 && random.percent(45) {
        let (a, b) =
            (condition(random, words, account, depth - 1), condition(random, words, account, depth - 1));
        return match random.below(4) {
            0 => format!("({a} and {b})"),
            1 => format!("({a} or {b})"),
            2 => format!("not ({a})"),
            _ => format!("({a} and not ({b}))"),
        };
    }
    match random.below(10) {
        0..=2 => plain(random, words, account),
        3..=4 => timed(random, words, account),
        5..=7 if words.quiet => plain(random, words, account),
        5..=7 => events(random),
        8 => known(random, words, account),
        _ => related(random, words, account),
    }
}

/// About attributes.
pub fn plain(random: &mut Random, words: &Words, account: bool) -> String {
    let own: Vec<&String> =
        words.bools.iter().filter(|(_, of)| *of == account).map(|(name, _)| name).collect();
    if !own.is_empty() && random.percent(30) {
        return (*random.one(&own)).clone();
    }
    if random.percent(25) {
        let (left, right) = (number(random, words, account), number(random, words, account));
        let op = random.one(&["<", "<=", ">", ">=", "=", "!="]);
        return format!("{left} {op} {right}");
    }
    let list: &[&str] = if account {
        &[
            "status = trial",
            "status != paid",
            "status in (trial, churned)",
            "status is missing",
            "plan = \"pro\"",
            "plan contains \"r\"",
            "plan starts with \"p\"",
            "plan matches /^pr/",
            "seats > 2",
            "seats between 2 and 4",
            "seats is missing",
            "onboarded",
            "not onboarded",
            "tags contains \"vip\"",
            "owner is missing",
            "owner = \"ana@acme.com\"",
        ]
    } else {
        &[
            "role = \"admin\"",
            "role != \"admin\"",
            "score > 2",
            "score is missing",
            "vip",
            "email is present",
            "email ends with \"acme.com\"",
            "account.status = trial",
            "account.seats > 2",
            "status = \"new\"",
            "account.onboarded",
        ]
    };
    random.one(list).to_string()
}

/// A number.
pub fn number(random: &mut Random, words: &Words, account: bool) -> String {
    let own: Vec<&String> =
        words.numbers.iter().filter(|(_, of)| *of == account).map(|(name, _)| name).collect();
    if !own.is_empty() && random.percent(40) {
        return (*random.one(&own)).clone();
    }
    let base = if account { "seats" } else { "score" };
    match random.below(if words.quiet { 4 } else { 7 }) {
        0 => base.to_owned(),
        1 => format!("{base} + 1"),
        2 => format!("{base} / 2"),
        3 => random.below(5).to_string(),
        4 => format!("count of \"Export\" where (pages > 2) in last {}", short(random)),
        5 => format!("sum of amount of \"Paid\" in last {}", short(random)),
        _ => format!("2 * {base}"),
    }
}

/// About instants.
pub fn timed(random: &mut Random, words: &Words, account: bool) -> String {
    let own: Vec<&String> =
        words.times.iter().filter(|(_, of)| *of == account).map(|(name, _)| name).collect();
    let base: &[&str] = if account {
        &["renewal", "trial_ends", "created_at", "contract"]
    } else {
        &["last_seen", "birthday", "created_at", "account.trial_ends"]
    };
    let value = if !own.is_empty() && random.percent(40) {
        (*random.one(&own)).clone()
    } else {
        random.one(base).to_string()
    };
    let op = random.one(&["<", "<=", ">", ">="]);
    match random.below(6) {
        0 => format!("{value} {op} now"),
        1 => format!("{value} {op} {} ago", period(random)),
        2 => format!("{value} {op} {} from now", period(random)),
        3 => format!("{value} within last {}", period(random)),
        4 => format!("{value} within next {}", period(random)),
        _ => format!("{} before {value} {op} now", short(random)),
    }
}

/// About events.
pub fn events(random: &mut Random) -> String {
    let (window, other) = (period(random), short(random));
    match random.below(12) {
        0 => format!("did \"Login\" in last {window}"),
        1 => format!("did not \"Login\" in last {window}"),
        2 => format!("did \"Login\" at least 2 times in last {window}"),
        3 => "did \"Export\"".to_owned(),
        4 => format!("count of \"Export\" where format = \"pdf\" in last {window} >= 2"),
        5 => format!("sum of amount of \"Paid\" in last {window} > 10"),
        6 => format!("count of \"Login\" in last {other} < 50% * count of \"Login\" in previous {other}"),
        7 => {
            let (which, length) =
                (random.one(&["last", "last", "previous"]), random.one(&["5h", "36h", "2d", "3d"]));
            format!("active days in {which} {length} >= {}", random.one(&["1", "2"]))
        }
        8 => format!("last \"Login\" < {other} ago"),
        9 => format!("first \"Export\" within last {other}"),
        10 => format!("max of amount of \"Paid\" in last {window} >= 5"),
        _ => format!("average of amount of \"Paid\" in last {window} < 7"),
    }
}

/// About segments, stages, health, workflows.
fn known(random: &mut Random, words: &Words, account: bool) -> String {
    let segments: Vec<&String> =
        words.segments.iter().filter(|(_, of)| *of == account).map(|(name, _)| name).collect();
    if !segments.is_empty() && random.percent(60) {
        let not = random.one(&["", "not "]);
        return format!("{not}in segment \"{}\"", random.one(&segments));
    }
    if words.staged.contains(&account) && random.percent(60) {
        return random.one(&["stage = \"B\"", "stage in (\"A\", \"C\")", "stage != \"A\""]).to_string();
    }
    if words.healthy.contains(&account) && random.percent(60) {
        return random.one(&["health = bad", "health < good", "health != average"]).to_string();
    }
    let workflows: Vec<&String> =
        words.workflows.iter().filter(|(_, of)| *of == account).map(|(name, _)| name).collect();
    if !workflows.is_empty() && random.percent(60) {
        let not = random.one(&["", "not "]);
        return format!("{not}in workflow \"{}\"", random.one(&workflows));
    }
    plain(random, words, account)
}

/// About those that an entity is linked with.
fn related(random: &mut Random, words: &Words, account: bool) -> String {
    let inner = match random.below(3) {
        0 => plain(random, &words.bare(), !account),
        1 if words.quiet => plain(random, &words.bare(), !account),
        1 => format!("({} and {})", plain(random, &words.bare(), !account), events(random)),
        _ => format!("({})", inner_timed(random, account)),
    };
    let inner = if account { inner } else { inner.replace("account.", "") };
    if account {
        let segments: Vec<&String> =
            words.segments.iter().filter(|(_, of)| !*of).map(|(name, _)| name).collect();
        let inner = if !segments.is_empty() && random.percent(30) {
            format!("in segment \"{}\"", random.one(&segments))
        } else {
            inner
        };
        match random.below(5) {
            0 => format!("any contact where ({inner})"),
            1 => format!("every contact where ({inner})"),
            2 => format!("no contact where ({inner})"),
            3 => format!("count of contacts where ({inner}) >= 2"),
            _ => "any contact where (score > account.seats)".to_owned(),
        }
    } else {
        let segments: Vec<&String> =
            words.segments.iter().filter(|(_, of)| *of).map(|(name, _)| name).collect();
        if !segments.is_empty() && random.percent(40) {
            return format!("account in segment \"{}\"", random.one(&segments));
        }
        format!("any account where ({inner})")
    }
}

fn inner_timed(random: &mut Random, account: bool) -> String {
    let value =
        if account { random.one(&["last_seen", "birthday"]) } else { random.one(&["trial_ends", "renewal"]) };
    format!("{value} < {} ago", short(random))
}
