//! Every case of Liquid's conformance suite: `tests/cases/template/golden_liquid`.
//!
//! tests/cases/template/gaps.txt lists the cases in which this engine differs on purpose, each with its reason. A case
//! that fails without being listed fails the test, and so does one that is listed and passes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by a panic"
)]

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use wayfare::template::{Data, Escape, Limits, Map, Now, Options, Template, Value, parse, render};

const FEWEST_PASSING: usize = 1000;

#[derive(Deserialize)]
struct Suite {
    tests: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    template: String,
    #[serde(default)]
    data: Json,
    #[serde(default)]
    templates: BTreeMap<String, String>,
    #[serde(default)]
    invalid: bool,
    result: Option<String>,
    results: Option<Vec<String>>,
}

/// JSON that keeps the order of its objects.
#[derive(Default)]
struct Json(Value);

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json(Value::Nil))
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Json, E> {
        Ok(Json(truth.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json(serde_json::Value::from(number).into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(Json(serde_json::Value::from(number).into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(Json(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Json(list.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut list: Vec<(String, Value)> = Vec::new();
        while let Some((key, Json(value))) = entries.next_entry::<String, Json>()? {
            list.push((key, value));
        }
        Ok(Json(Value::map(list)))
    }
}

struct World {
    data: Option<Map>,
    partials: BTreeMap<String, Template>,
}

impl Data for World {
    fn root(&self, name: &str) -> Option<Value> {
        self.data.as_ref()?.get(name).cloned()
    }

    fn partial(&self, name: &str) -> Option<&Template> {
        self.partials.get(name)
    }
}

/// The text of a case, or why there is none.
fn run(case: &Case) -> Result<String, String> {
    let read = |text: &str| {
        let (template, errors) = parse(text, Options::default());
        match errors.first() {
            Some(error) => Err(error.to_string()),
            None => Ok(template),
        }
    };
    let template = read(&case.template)?;
    let mut partials = BTreeMap::new();
    for (name, text) in &case.templates {
        partials.insert(name.clone(), read(text)?);
    }
    let data = match &case.data.0 {
        Value::Map(map) => Some((**map).clone()),
        _ => None,
    };
    let now = Now { ms: 1_767_603_600_000, zone: chrono_tz::UTC };
    let rendered = render(&template, &World { data, partials }, &Limits::default(), now, Escape::None);
    rendered.map(|rendered| rendered.text).map_err(|error| error.to_string())
}

/// `None` when the case passes, else what came out.
fn failure(case: &Case) -> Option<String> {
    match run(case) {
        Err(_) if case.invalid => None,
        Err(error) => Some(format!("error: {error}")),
        Ok(text) if case.invalid => Some(format!("{text:?} instead of an error")),
        Ok(text) => {
            let wanted: Vec<&String> = case.result.iter().chain(case.results.iter().flatten()).collect();
            let passes = wanted.iter().any(|wanted| **wanted == text);
            (!passes).then(|| format!("{text:?} instead of {wanted:?}"))
        }
    }
}

#[test]
fn golden_liquid() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/template");
    let suite = std::fs::read_to_string(folder.join("golden_liquid/golden_liquid.json")).unwrap();
    let suite: Suite = serde_json::from_str(&suite).unwrap();
    let gaps = std::fs::read_to_string(folder.join("gaps.txt")).unwrap();
    let lines = gaps.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let mut gaps: BTreeMap<&str, &str> =
        lines.map(|line| line.split_once(" | ").unwrap_or_else(|| panic!("no reason: {line}"))).collect();
    let mut wrong = Vec::new();
    let mut passed = 0;
    for case in &suite.tests {
        match (failure(case), gaps.remove(case.name.as_str())) {
            (None, None) => passed += 1,
            (None, Some(_)) => wrong.push(format!("{}: listed as a gap, and passes", case.name)),
            (Some(_), Some(_)) => {}
            (Some(what), None) => wrong.push(format!("{}: {:?}\n    {what}", case.name, case.template)),
        }
    }
    wrong.extend(gaps.keys().map(|name| format!("{name}: a gap of no case")));
    println!("golden_liquid: {passed} of {} cases pass", suite.tests.len());
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert!(passed >= FEWEST_PASSING, "only {passed} cases pass");
}
