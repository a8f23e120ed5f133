//! Conditions as programs: a table of cases, and a slow walk over the checked tree that must agree with them at every
//! millisecond of small random worlds (S1.1, S1.2, S2.2, S2.3, S2.4).

#![expect(
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::format_collect,
    clippy::needless_pass_by_value,
    reason = "small worlds, and a walk that is to be read"
)]

mod dice;
mod walk;
mod world;

use chrono_tz::Tz;
use dice::Dice;
use walk::walk;
use wayfare::base::{FileId, Instant, Period};
use wayfare::check::checked::{BuiltIn, Expr, Settings, Subject, Who};
use wayfare::check::{Input, NoAssets, SourceAst, check};
use wayfare::plan::expr::{CondId, Dep, Layout, Pool, Scope, eval, eval_next, reads_text, text};
use wayfare::value::{Level, Loaded, Snapshot, Value, ValueRef};
use world::{Happened, Project, World};

const SCHEMA: &str = r#"
    attributes of account {
      status one of (trial, paid, churned)  plan text  seats number  mrr number  onboarded bool
      trial_ends_at time  renewal date  tags list of text  grace duration
    }
    attributes of contact { email email  role text  last_seen time  used number }
    event "Login" { }
    event "Export" { format text  pages number }
    segment "Big" of account where seats > 10
"#;

/// Half a day before midnight in Paris less 200 ms, so that a date begins in the middle of what is looked at.
const BASE: &str = "2026-06-14T21:59:59.800Z";

fn project(conditions: &[String]) -> Project {
    let segments = conditions.iter().enumerate();
    let text: String = segments
        .map(|(at, condition)| format!("segment \"S{at}\" of account where ({condition})\n"))
        .collect();
    let text = format!("{SCHEMA}\n{text}");
    let parsed = wayfare::syntax::parse(FileId::default(), &text);
    let files = vec![SourceAst { id: FileId::default(), ast: &parsed.file, std: false, stem: "test" }];
    let settings = Settings { timezone: "Europe/Paris".into(), ..Settings::default() };
    let (checked, found) = check(&Input { files, settings, assets: &NoAssets, modules: &[] });
    let errors: Vec<_> = parsed.diagnostics.iter().chain(&found).filter(|found| found.is_error()).collect();
    let said: Vec<String> = errors
        .iter()
        .map(|error| {
            let at = error.primary.span.start as usize;
            format!("{} at {:?}", error.message, text.get(at..(at + 60).min(text.len())))
        })
        .collect();
    assert!(errors.is_empty(), "{}", said.join("\n"));
    let (layout, mut pool) = (Layout::of(&checked), Pool::default());
    let scope = Scope { checked: &checked, layout: &layout, subject: Subject::Account };
    let under_test = checked.segments.values().filter(|segment| segment.name.starts_with('S'));
    let conditions: Vec<(CondId, Expr)> = under_test
        .map(|segment| (pool.condition(&segment.condition, scope), segment.condition.clone()))
        .collect();
    Project { checked, layout, pool, conditions }
}

fn snapshot(project: &Project, subject: Subject, traits: &str, at: Instant) -> Snapshot {
    let mut snapshot = Snapshot::default();
    let mut loaded = Loaded::default();
    snapshot.load(traits, project.layout.schema(subject), at, &mut loaded).unwrap();
    assert!(loaded.refused.is_empty(), "{traits}: {:?}", loaded.refused);
    snapshot
}

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap_or_else(|| panic!("`{text}` is no instant"))
}

#[test]
fn the_table_of_expressions() {
    let table = include_str!("../cases/plan/expr.csv");
    let rows: Vec<Vec<&str>> = table
        .lines()
        .skip(1)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    assert!(rows.len() > 40, "where are the cases?");
    let project = project(&rows.iter().map(|row| row[0].to_owned()).collect::<Vec<_>>());
    let now = at("2026-06-15T10:00:00.000Z");
    for (row, (id, tree)) in rows.iter().zip(&project.conditions) {
        let [expression, traits, expected, next] = row[..] else { panic!("four columns: {row:?}") };
        let mut json: serde_json::Map<String, serde_json::Value> = serde_json::from_str(traits).unwrap();
        let events: Vec<Happened> = match json.remove("logins") {
            Some(logins) => {
                logins.as_array().unwrap().iter().map(|it| (0, at(it.as_str().unwrap()), vec![])).collect()
            }
            None => Vec::new(),
        };
        let text = serde_json::to_string(&json).unwrap();
        let this = snapshot(&project, Subject::Account, &text, now);
        let world = World { events: &events, ..World::of(&project, now, &this) };
        let (is, flip) = eval_next(&project.pool, *id, &world);
        assert_eq!(is.to_string(), expected, "{expression} with {traits}");
        assert_eq!(flip.to_string().replace(".000Z", "Z"), next, "when {expression} flips with {traits}");
        assert_eq!(eval(&project.pool, *id, &world), is, "{expression}");
        assert_eq!(walk(&world, tree), Value::Bool(is), "{expression}, walked");
    }
}

/// A random account, a second before what is looked at.
fn account(project: &Project, dice: &mut Dice) -> Snapshot {
    let since = at(BASE).minus(1_000);
    let mut this = snapshot(project, Subject::Account, &dice.account(), since);
    if let Some(level) = [None, Some(Level::Bad), Some(Level::Good)][dice.roll(3) as usize] {
        this.set(Layout::built_in(BuiltIn::Health), ValueRef::Level(level), since);
    }
    this
}

/// Each test by itself, against many accounts.
#[test]
fn tests_agree_with_the_tree_whatever_an_account_holds() {
    let mut dice = Dice(20_260_616);
    let texts: Vec<String> = (0..400).map(|_| dice.leaf()).collect();
    let project = project(&texts);
    let accounts: Vec<Snapshot> = (0..60).map(|_| account(&project, &mut dice)).collect();
    let mut held = 0;
    for (text, (id, tree)) in texts.iter().zip(&project.conditions) {
        for this in &accounts {
            let world = World::of(&project, at(BASE).plus(dice.roll(400) as i64), this);
            let is = eval(&project.pool, *id, &world);
            assert_eq!(is, walk(&world, tree) == Value::Bool(true), "{text} at {} of {this:?}", world.now);
            held += usize::from(is);
        }
    }
    assert!(held > 5_000, "{held}");
}

/// At every millisecond: the program agrees with the tree, and no promise about the next change is broken.
#[test]
fn programs_agree_with_the_tree_at_every_millisecond() {
    let seed = std::env::var("WAYFARE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_260_615);
    let mut dice = Dice(seed);
    let texts: Vec<String> = (0..160).map(|_| dice.condition(3)).collect();
    let project = project(&texts);
    let stored: Pool = postcard::from_bytes(&postcard::to_stdvec(&project.pool).unwrap()).unwrap();
    assert_eq!(stored, project.pool);
    for (text, (id, tree)) in texts.iter().zip(&project.conditions) {
        let base = at(BASE);
        let this = account(&project, &mut dice);
        let contact = |dice: &mut Dice| {
            let traits =
                format!(r#"{{"role": "{}", "used": {}}}"#, dice.pick(&["admin", "user"]), dice.roll(6));
            snapshot(&project, Subject::Contact, &traits, base.minus(1_000))
        };
        let contacts: Vec<Snapshot> = (0..dice.roll(4)).map(|_| contact(&mut dice)).collect();
        let mut events = dice.events();
        events.retain(|(_, when, _)| *when <= base);
        let big = dice.roll(2) == 0;
        let world = World { contacts: &contacts, events: &events, big, ..World::of(&project, base, &this) };
        let (mut promised, mut asked) = ((false, base), 0);
        let mut flips = 0;
        for now in (0..450).map(|ms| base.plus(ms)) {
            let world = World { now, ..world.clone() };
            let is = walk(&world, tree) == Value::Bool(true);
            assert_eq!(eval(&stored, *id, &world), is, "seed {seed}: {text} at {now} of {this:?}");
            if now >= promised.1 {
                flips += usize::from(asked > 0 && is != promised.0);
                promised = eval_next(&project.pool, *id, &world);
                asked += 1;
                assert!(promised.1 > now, "seed {seed}: {text} at {now}");
            }
            assert_eq!(
                promised.0, is,
                "seed {seed}: {text} at {now}, promised until {} of {this:?}",
                promised.1
            );
        }
        let bound = 40 + flips;
        assert!(asked <= bound, "seed {seed}: {text} was asked {asked} times for {flips} flips");
    }
}

#[test]
fn equal_conditions_are_one() {
    let pairs = [
        ("seats > 3 and status = trial", "status = trial and 3 < seats"),
        ("seats >= 3 or seats >= 3", "seats >= 3"),
        ("not (seats > 3 or onboarded)", "not onboarded and not seats > 3"),
        ("did \"Login\" in last 7d", "count of \"Login\" in last 7d >= 1"),
        ("did not \"Login\" in last 7d", "count of \"Login\" in last 7d < 1"),
        ("status in (trial, paid)", "status in (paid, trial)"),
        ("(seats > 1 and mrr > 1) and onboarded", "onboarded and (mrr > 1 and seats > 1)"),
    ];
    let texts: Vec<String> = pairs.iter().flat_map(|(a, b)| [(*a).to_owned(), (*b).to_owned()]).collect();
    let project = project(&texts);
    for (pair, ids) in pairs.iter().zip(project.conditions.chunks(2)) {
        assert_eq!(ids[0].0, ids[1].0, "{pair:?}");
    }
    assert_ne!(project.conditions[0].0, project.conditions[2].0);
}

#[test]
fn the_listing_says_what_is_asked_and_what_is_read() {
    let conditions = [
        "status = trial and (seats >= 3 or plan in (\"pro\", \"team\")) and not onboarded",
        "did not \"Login\" in last 14d and trial_ends_at < 3d from now",
        "count of \"Export\" where format = \"pdf\" in last 30d < 50% * count of \"Export\" in previous 30d",
        "every contact where (used < account.seats) and plan is present",
        "in segment \"Big\" and health < good and plan matches /a\\/b/",
    ];
    let project = project(&conditions.map(str::to_owned));
    let listing: Vec<String> = project
        .conditions
        .iter()
        .map(|(id, _)| {
            let reads = project.pool.reads(*id);
            let reads = reads_text(&project.pool, reads, &project.layout, Subject::Account).join("; ");
            format!("{}\n  reads {reads}", text(&project.pool, *id, &project.layout, Subject::Account))
        })
        .collect();
    insta::assert_snapshot!(listing.join("\n"));
}

#[test]
fn what_is_read_is_data() {
    let project = project(&["seats > 3 and did \"Login\" in last 7d and trial_ends_at < now".to_owned()]);
    let reads = project.pool.reads(project.conditions[0].0);
    assert!(reads.is_sorted());
    assert!(reads.contains(&Dep::Slot(Who::This, 6)) && reads.contains(&Dep::Time), "{reads:?}");
    let needs = project.pool.events_needed();
    assert_eq!((needs.len(), needs[0].event, needs[0].widest), (1, 0, Some(Period::of_days(7))));
    assert_eq!(Layout::built_in(BuiltIn::Health), 3);
}

/// A stored pool that lies about its places is refused, and none makes evaluation panic.
#[test]
fn a_damaged_pool_is_refused_or_harmless() {
    let texts =
        ["seats + 1 > 3 and did \"Login\" in last 7d", "any contact where (role = \"admin\") or onboarded"];
    let project = project(&texts.map(str::to_owned));
    let whole = postcard::to_stdvec(&project.pool).unwrap();
    let this = snapshot(&project, Subject::Account, r#"{"seats": 3}"#, at(BASE));
    let mut refused = 0;
    for place in 0..whole.len() {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[place] ^= 1 << bit;
            let Ok(pool) = postcard::from_bytes::<Pool>(&bytes) else {
                refused += 1;
                continue;
            };
            let world = World { zone: Tz::UTC, ..World::of(&project, at(BASE), &this) };
            // What the aggregates of the undamaged pool answer is beside the point.
            for id in 0..pool.condition_count() as u32 {
                if pool.aggregates().len() <= project.pool.aggregates().len() {
                    eval(&pool, CondId(id), &world);
                }
            }
        }
    }
    assert!(refused > 100, "{refused}");
}
