//! Person or machine?
//!
//! Mail programs fetch pictures before anybody looks (Apple), for everybody (Gmail), and scanners follow every link
//! within seconds. Such hits are kept and marked; conditions count people only.

/// One request for the pixel or a link.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hit<'a> {
    /// The method of the request.
    pub method: &'a str,
    /// The headers of the request, names in any case.
    pub headers: &'a [(&'a str, &'a str)],
    /// Milliseconds since the message was handed over, if known.
    pub since_sent: Option<i64>,
    /// How many other links of the same message were asked for within the last few seconds.
    pub other_links: u32,
}

/// Who made a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Visitor {
    /// Somebody, as far as can be told.
    Person,
    /// A machine, on its own.
    Machine(Machine),
    /// It only looked whether something is there: no hit at all.
    Probe,
}

/// Which machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Machine {
    /// Apple's Mail Privacy Protection, which fetches all pictures of all mail.
    ApplePrivacy,
    /// A mailbox provider's proxy for pictures (Gmail, Yahoo).
    ImageProxy,
    /// A browser or mail program that fetches ahead.
    Prefetch,
    /// A security scanner, preview or bot.
    Scanner,
    /// Sooner, or more at once, than people click.
    TooFast,
}

/// A link that is followed this soon, in milliseconds, is followed by a scanner.
const TOO_SOON: i64 = 5_000;
/// So many other links within seconds are too many.
const TOO_MANY: u32 = 3;

/// What bots and scanners call themselves, in lower case.
const BOTS: [&str; 27] = [
    "barracuda",
    "bingpreview",
    "bot",
    "cloudmark",
    "crawl",
    "curl/",
    "facebookexternalhit",
    "feedfetcher",
    "go-http-client",
    "google-safety",
    "headlesschrome",
    "ironport",
    "java/",
    "libwww",
    "mimecast",
    "node-fetch",
    "office existence discovery",
    "okhttp",
    "proofpoint",
    "python",
    "safelinks",
    "skypeuripreview",
    "spider",
    "symantec",
    "trendmicro",
    "urlscan",
    "wget",
];

/// Judges a request.
pub fn classify(hit: &Hit<'_>) -> Visitor {
    if !hit.method.eq_ignore_ascii_case("GET") {
        return Visitor::Probe;
    }
    let header = |name: &str| {
        let found = hit.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim()).unwrap_or_default()
    };
    let ahead = ["purpose", "sec-purpose", "x-purpose", "x-moz"].iter().any(|name| {
        let value = header(name).to_ascii_lowercase();
        value.contains("prefetch") || value.contains("preview")
    });
    let agent = header("user-agent");
    match machine(agent).or(ahead.then_some(Machine::Prefetch)).or(hasty(hit)) {
        Some(machine) => Visitor::Machine(machine),
        None => Visitor::Person,
    }
}

fn machine(agent: &str) -> Option<Machine> {
    // Apple's proxy says this and no more; browsers and mail programs always say more.
    if agent == "Mozilla/5.0" {
        return Some(Machine::ApplePrivacy);
    }
    let agent = agent.to_ascii_lowercase();
    if agent.contains("googleimageproxy") || agent.contains("yahoomailproxy") {
        return Some(Machine::ImageProxy);
    }
    (agent.is_empty() || BOTS.iter().any(|bot| agent.contains(bot))).then_some(Machine::Scanner)
}

fn hasty(hit: &Hit<'_>) -> Option<Machine> {
    let soon = hit.since_sent.is_some_and(|since| since < TOO_SOON);
    (soon || hit.other_links >= TOO_MANY).then_some(Machine::TooFast)
}
