//! Packed snapshots: order of times, memory, stored form (S1.1, S1.3, S1.4, S7.1).

use proptest::prelude::*;
use std::collections::BTreeMap;
use wayfare::base::{Instant, Period};
use wayfare::value::{Aside, Field, Level, Loaded, Schema, Snapshot, Type, Value, ValueRef, Word};

fn schema(fields: &[(&str, &[&str], Type)]) -> Schema {
    let field = |(name, keys, ty): &(&str, &[&str], Type)| Field {
        name: (*name).into(),
        keys: keys.iter().map(|key| (*key).into()).collect(),
        ty: ty.clone(),
    };
    Schema::new(fields.iter().map(field).collect())
}

fn sample() -> Schema {
    schema(&[
        ("id", &[], Type::Text),
        ("created_at", &["created_at", "createdAt"], Type::Time),
        ("seats", &["seats"], Type::Number),
        ("email", &["email"], Type::Email),
        ("signed_up", &["createdAt"], Type::Date),
        ("tags", &["tags"], Type::List(Box::new(Type::Text))),
    ])
}

fn load(snapshot: &mut Snapshot, traits: &str, at: i64) -> Loaded {
    let mut loaded = Loaded::default();
    snapshot.load(traits, &sample(), Instant(at), &mut loaded).unwrap();
    loaded
}

#[test]
fn traits_go_to_their_slots() {
    let mut this = Snapshot::default();
    let loaded = load(
        &mut this,
        r#"{"seats": 3, "email": "Ann@Acme.com", "createdAt": "2026-01-05T09:00:00Z", "tags": ["a"], "x y": {"z": 1}}"#,
        5,
    );
    assert_eq!(loaded.changed, [2, 3, 1, 4, 5]);
    assert_eq!(loaded.aside, [Aside { key: "x y".into(), json: r#"{"z": 1}"#.into() }]);
    assert_eq!(this.value(3), Value::Text("ann@acme.com".into()));
    assert_eq!(this.value(1).to_string(), "2026-01-05T09:00:00.000Z");
    assert_eq!(this.value(4).to_string(), "2026-01-05");
    assert_eq!((this.time(2), this.time(0)), (Instant(5), Instant::MIN));
}

#[test]
fn what_a_type_refuses_is_kept_with_the_reason_and_changes_nothing() {
    let mut this = Snapshot::default();
    load(&mut this, r#"{"seats": 3}"#, 1);
    let loaded = load(&mut this, r#"{"seats": "4", "email": "nobody"}"#, 2);
    assert_eq!(loaded.changed, [0_u16; 0]);
    let reasons: Vec<&str> = loaded.refused.iter().map(|refused| refused.reason.as_str()).collect();
    assert_eq!(reasons, ["expected a number, found text", "`nobody` is no e-mail address"]);
    assert_eq!((this.value(2).to_string(), this.time(2)), ("3".into(), Instant(1)));
}

#[test]
fn what_is_no_object_is_an_error() {
    for text in ["", "[]", "null", "{", r#"{"seats": }"#, r#"{"seats": 1} {}"#, r#"{"seats": NaN}"#] {
        let found = Snapshot::default().load(text, &sample(), Instant(0), &mut Loaded::default());
        assert!(found.is_err(), "{text}");
    }
}

/// S1.1, S7.1
#[test]
fn an_older_value_never_comes_back() {
    let mut this = Snapshot::default();
    assert!(this.set(3, ValueRef::Text("old"), Instant(10)));
    assert!(!this.set(3, ValueRef::Text("older"), Instant(9)));
    assert!(this.set(3, ValueRef::Missing, Instant(20)));
    assert!(!this.set(3, ValueRef::Text("late"), Instant(15)));
    assert!(this.get(3).is_missing());
    assert!(this.set(3, ValueRef::Text("same instant, later in order"), Instant(20)));
    assert!(!this.set(3, ValueRef::Text("same instant, later in order"), Instant(30)));
    assert_eq!(this.time(3), Instant(30));
}

#[test]
fn texts_that_change_do_not_pile_up() {
    let mut this = Snapshot::default();
    for n in 0..10_000_usize {
        let text = format!("a text of changing length {}", "x".repeat(n % 50));
        this.set((n % 5) as u16, ValueRef::Text(&text), Instant(i64::try_from(n).unwrap()));
    }
    assert!(this.memory() < 2_000, "{}", this.memory());
}

#[test]
fn thirty_attributes_take_less_than_a_kilobyte() {
    let mut this = Snapshot::default();
    this.grow(30);
    for slot in 0..30_u16 {
        let text = format!("a typical text {slot}");
        let value = if slot % 3 == 0 { ValueRef::Text(&text) } else { ValueRef::Time(Instant(slot.into())) };
        this.set(slot, value, Instant(1_781_209_600_000));
    }
    assert!(this.memory() < 1_024, "{}", this.memory());
}

#[test]
fn a_stored_snapshot_of_another_version_or_with_wild_places_is_refused() {
    let mut this = Snapshot::default();
    this.set(0, ValueRef::Text("Grüße"), Instant(1));
    this.set(2, ValueRef::Period(Period::of_days(3)), Instant(1));
    let bytes = postcard::to_stdvec(&this).unwrap();
    assert_eq!(postcard::from_bytes::<Snapshot>(&bytes).unwrap(), this);
    let mut other = bytes.clone();
    other[0] = 9;
    assert!(postcard::from_bytes::<Snapshot>(&other).is_err());
    for (place, bit) in (0..bytes.len()).flat_map(|place| (0..8).map(move |bit| (place, bit))) {
        let mut damaged = bytes.clone();
        damaged[place] ^= 1 << bit;
        if let Ok(mut found) = postcard::from_bytes::<Snapshot>(&damaged) {
            found.set(0, ValueRef::Text("new"), Instant::MAX);
            found.compact();
        }
    }
}

#[test]
fn slots_move_with_the_layout() {
    let mut this = Snapshot::default();
    this.set(0, ValueRef::Text("a"), Instant(1));
    this.set(1, ValueRef::Bool(true), Instant(2));
    let moved = this.moved(&[Some(1), None, Some(0)]);
    assert_eq!((moved.value(0), moved.time(0)), (Value::Bool(true), Instant(2)));
    assert!(moved.get(1).is_missing() && moved.time(1) == Instant::MIN);
    assert_eq!(moved.value(2), Value::Text("a".into()));
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Missing),
        any::<bool>().prop_map(Value::Bool),
        (any::<i64>(), 0..20_u32)
            .prop_map(|(n, scale)| Value::Number(rust_decimal::Decimal::new(n, scale).normalize())),
        any::<i64>().prop_map(|n| Value::Number(rust_decimal::Decimal::from(i128::from(n) * 1_000_000))),
        ".{0,12}".prop_map(|text: String| Value::Text(text.into())),
        (-60_000_000_000_000_i64..250_000_000_000_000).prop_map(|ms| Value::Time(Instant(ms))),
        (0..20_000_u64).prop_map(|days| Value::Date(chrono::NaiveDate::default() + chrono::Days::new(days))),
        any::<u32>().prop_map(|days| Value::Period(Period::of_days(days))),
        Just(Value::Level(Level::Good)),
    ];
    prop_oneof![leaf.clone(), prop::collection::vec(leaf, 0..4).prop_map(|items| Value::List(items.into()))]
}

proptest! {
    /// A snapshot is a map from slot to the newest value, however it is written and stored.
    #[test]
    fn a_snapshot_is_a_map(writes in prop::collection::vec((0..8_u16, value(), 0..20_i64), 0..60)) {
        let mut snapshot = Snapshot::default();
        let mut map: BTreeMap<u16, (Value, i64)> = BTreeMap::new();
        for (slot, value, at) in writes {
            let (old, since) = map.get(&slot).cloned().unwrap_or((Value::Missing, i64::MIN));
            let newer = at >= since;
            let changed = snapshot.set(slot, value.as_ref(), Instant(at));
            prop_assert_eq!(changed, newer && old != value);
            if newer {
                map.insert(slot, (value, at));
            }
        }
        let stored: Snapshot = postcard::from_bytes(&postcard::to_stdvec(&snapshot).unwrap()).unwrap();
        prop_assert_eq!(&stored, &snapshot);
        for (slot, (value, at)) in map {
            prop_assert!(Word::of(value.as_ref()).is_none_or(|word| word == stored.word(slot)));
            if let Value::Text(text) = &value {
                prop_assert_eq!(stored.bytes(slot), Some(text.as_bytes()));
            }
            prop_assert_eq!(stored.value(slot), value);
            prop_assert_eq!(snapshot.time(slot), Instant(at));
        }
    }
}
