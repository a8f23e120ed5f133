//! Random conditions, traits and events.

use super::world::Happened;
use super::{BASE, at};
use wayfare::value::Value;

/// Short ones, the longest that fits a slot and longer ones.
const PLANS: &[&str] = &[
    "pro",
    "pr",
    "spr",
    "",
    "12345678",
    "123456789",
    "a plan of more than 8 bytes",
    "ein Plan für größere Kunden",
];

/// A small generator; the same seed gives the same world.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }

    pub fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len() as u64) as usize]
    }

    pub fn condition(&mut self, depth: u32) -> String {
        if depth == 0 || self.roll(3) == 0 {
            return self.leaf();
        }
        let parts: Vec<String> =
            (0..2 + self.roll(2)).map(|_| format!("({})", self.condition(depth - 1))).collect();
        match self.roll(3) {
            0 => format!("not {}", parts[0]),
            1 => parts.join(" and "),
            _ => parts.join(" or "),
        }
    }

    pub fn leaf(&mut self) -> String {
        let (ms, n) = (self.roll(150) + 1, self.roll(6));
        let op = self.pick(&["<", "<=", ">", ">="]);
        let cmp = self.pick(&["=", "!=", "<", "<=", ">", ">="]);
        let leaves = [
            format!("status {} {}", self.pick(&["=", "!="]), self.pick(&["trial", "paid"])),
            "status in (trial, churned)".into(),
            format!("status is {}", self.pick(&["missing", "present"])),
            format!("seats {cmp} {n}"),
            format!("seats + mrr {cmp} {n} * 2"),
            format!("mrr / seats {cmp} {n}"),
            format!("plan {} \"pr\"", self.pick(&["=", "contains", "starts with", "ends with"])),
            format!(
                "plan {} \"a plan of more than 8 bytes\"",
                self.pick(&["=", "!=", "starts with", "ends with"])
            ),
            format!("plan {} in (\"pro\", \"a plan of more than 8 bytes\")", self.pick(&["", "not"])),
            format!("plan {} in (\"pro\", \"12345678\", \"spr\")", self.pick(&["", "not"])),
            format!("plan = \"{}\"", self.pick(&["12345678", "123456789"])),
            format!("plan ends with \"{}\"", self.pick(&["", "8", "78", "bytes", "123456789"])),
            format!("mrr {cmp} {n}"),
            format!("mrr {cmp} {n}.5"),
            format!("mrr in ({n}, {n}.5, 2.25)"),
            format!("health {op} {}", self.pick(&["bad", "average", "good"])),
            format!("trial_ends_at {cmp} 2026-06-14T21:59:59.900Z"),
            format!("trial_ends_at {op} 2026-06-15"),
            "trial_ends_at in (2026-06-14T21:59:59.900Z, 2026-06-15)".into(),
            "plan matches /^p.o/".into(),
            self.pick(&["onboarded", "onboarded = true", "onboarded = false", "not onboarded"]).into(),
            format!("trial_ends_at {op} {ms}ms ago"),
            format!("trial_ends_at {op} {ms}ms from now"),
            format!("trial_ends_at {op} now"),
            format!("now {op} trial_ends_at"),
            format!("trial_ends_at within {} {ms}ms", self.pick(&["last", "next"])),
            format!("renewal {op} {}", self.pick(&["now", "20ms ago", "1d from now", "1 month from now"])),
            format!("renewal {cmp} 2026-06-15"),
            format!("trial_ends_at {op} 1 month ago"),
            format!("{ms}ms before trial_ends_at {op} now"),
            format!("2d after renewal {op} now"),
            format!("now - trial_ends_at {op} {ms}ms"),
            format!("trial_ends_at - now {op} {ms}ms"),
            format!("now - trial_ends_at {op} grace"),
            format!("did \"Login\" in last {ms}ms"),
            format!("did not \"Login\" in last {ms}ms"),
            format!("did \"Login\" at least 2 times in last {ms}ms"),
            format!("count of \"Login\" in last {ms}ms {cmp} {n}"),
            format!("count of \"Export\" where pages > 2 in last {ms}ms {cmp} {n}"),
            format!("count of \"Login\" in last {ms}ms < 50% * count of \"Login\" in previous {ms}ms"),
            format!("sum of pages of \"Export\" in last {ms}ms {cmp} {}", n * 2),
            format!("average of pages of \"Export\" in last {ms}ms {cmp} {n}"),
            format!("last \"Login\" {op} {ms}ms ago"),
            format!("first \"Export\" in last {ms}ms {op} {}ms ago", ms / 2 + 1),
            "in segment \"Big\"".into(),
            format!("any contact where used {cmp} {n}"),
            "every contact where used < account.seats".into(),
            "no contact where role = \"admin\"".into(),
            format!("count of contacts where (role = \"admin\") {cmp} {n}"),
            "tags contains \"vip\"".into(),
            format!("seats {} in (1, 2, 3)", self.pick(&["", "not"])),
        ];
        leaves[self.roll(leaves.len() as u64) as usize].clone()
    }

    pub fn account(&mut self) -> String {
        let base = at(BASE);
        let month_ago = at("2026-05-14T21:59:59.800Z");
        let time = if self.roll(4) == 0 { month_ago } else { base }.plus(self.roll(400) as i64);
        let all = [
            format!(r#""status": "{}""#, self.pick(&["trial", "paid", "churned"])),
            format!(r#""seats": {}"#, self.roll(6)),
            format!(r#""mrr": {}.5"#, self.roll(6)),
            format!(r#""plan": "{}""#, self.pick(PLANS)),
            format!(r#""onboarded": {}"#, self.pick(&["true", "false"])),
            format!(r#""trial_ends_at": "{time}""#),
            format!(
                r#""renewal": "{}""#,
                self.pick(&["2026-06-15", "2026-06-14", "2026-07-15", "2026-06-16"])
            ),
            format!(r#""tags": ["{}"]"#, self.pick(&["vip", "old"])),
            format!(r#""grace": "{}ms""#, self.roll(100)),
        ];
        let known: Vec<String> = all.into_iter().filter(|_| self.roll(5) > 0).collect();
        format!("{{{}}}", known.join(", "))
    }

    pub fn events(&mut self) -> Vec<Happened> {
        let base = at(BASE);
        let happened = |dice: &mut Self| {
            let when = base.plus(dice.roll(300) as i64 - 100);
            match dice.roll(2) {
                0 => (0, when, vec![]),
                _ => (1, when, vec![Value::Text("pdf".into()), Value::Number(dice.roll(6).into())]),
            }
        };
        (0..self.roll(8)).map(|_| happened(self)).collect()
    }
}
