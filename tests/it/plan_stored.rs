//! The stored form of plans: what was written comes back, and no bytes do harm.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use super::plan_listing::{cases, examples, loaded};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;
use wayfare::plan::stored::{self, StoredError};
use wayfare::plan::{Plan, listing};

/// The bytes of magic and version, and those of the checksum.
const HEAD: usize = 12;
const CHECKSUM: usize = 32;

fn texts(plan: &Plan) -> Vec<String> {
    plan.workflows.iter().map(|workflow| listing::workflow(plan, workflow)).collect()
}

/// Bytes whose checksum is right, so that what is inside is looked at.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(bytes.len() - CHECKSUM);
    let checksum = Sha256::digest(&bytes);
    bytes.extend(checksum);
    bytes
}

#[test]
fn every_plan_comes_back_as_it_was() {
    for path in examples().into_iter().chain(cases()) {
        let (_, plan) = loaded(&path);
        let bytes = stored::write(&plan).unwrap();
        let back = stored::read(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(stored::write(&back).unwrap(), bytes, "{}", path.display());
        assert_eq!((back.index == plan.index, back.pool == plan.pool), (true, true), "{}", path.display());
        assert_eq!((&back.workflows, &back.facts), (&plan.workflows, &plan.facts));
        assert_eq!((&back.texts, &back.actions), (&plan.texts, &plan.actions));
        assert_eq!(texts(&back), texts(&plan));
    }
}

#[test]
fn other_bytes_and_other_versions_are_refused_in_words() {
    let mut bytes = EXAMPLE.clone();
    assert_eq!(stored::read(b"hello").unwrap_err(), StoredError::NotAPlan);
    assert_eq!(stored::read(&bytes[..bytes.len() - 1]).unwrap_err(), StoredError::Damaged);
    bytes[8] = u8::MAX;
    let newer = stored::read(&sealed(bytes.clone())).unwrap_err().to_string();
    assert!(newer.contains("use a newer `wf`"), "{newer}");
    bytes[8] = 0;
    let older = stored::read(&sealed(bytes)).unwrap_err().to_string();
    assert!(older.contains("make the plan anew from the project"), "{older}");
}

static EXAMPLE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let path = examples().into_iter().find(|path| path.ends_with("churn-save")).unwrap();
    stored::write(&loaded(&path).1).unwrap()
});

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_bytes_never_do_harm(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = EXAMPLE.clone();
        let last = bytes.len() - CHECKSUM;
        for (at, byte) in changes {
            bytes[HEAD + at.index(last - HEAD)] = byte;
        }
        if let Ok(plan) = stored::read(&sealed(bytes)) {
            prop_assert_eq!(texts(&plan).len(), plan.workflows.len());
            let _ = listing::shared(&plan);
        }
    }

    #[test]
    fn cut_and_doubled_bytes_never_do_harm(from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>(), double in any::<bool>()) {
        let body = &EXAMPLE[..EXAMPLE.len() - CHECKSUM];
        let (from, to) = (HEAD + from.index(body.len() - HEAD), HEAD + to.index(body.len() - HEAD));
        let (from, to) = (from.min(to), from.max(to));
        let mut bytes = body[..if double { to } else { from }].to_vec();
        bytes.extend(&body[if double { from } else { to }..]);
        bytes.extend([0; CHECKSUM]);
        let _ = stored::read(&sealed(bytes));
    }
}
