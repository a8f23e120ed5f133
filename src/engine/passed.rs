//! Which steps an enrolment has behind it: what an edit must not do again (semantics S8.3).

use serde::{Deserialize, Serialize};

/// The steps that an enrolment has passed, by their numbers in the text that it runs: those that it did, left out by
/// their guard or waited for, and the branches and splits that it took. The first 64 take no memory of their own.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Passed {
    first: u64,
    rest: Box<[u64]>,
}

impl Passed {
    /// Whether that step was passed.
    pub fn get(&self, step: u32) -> bool {
        let (word, bit) = (step as usize / 64, step % 64);
        let word = match word.checked_sub(1) {
            None => Some(&self.first),
            Some(place) => self.rest.get(place),
        };
        word.is_some_and(|word| word >> bit & 1 == 1)
    }

    /// Notes that a step was passed.
    pub fn set(&mut self, step: u32) {
        let (word, bit) = (step as usize / 64, step % 64);
        let word = match word.checked_sub(1) {
            None => Some(&mut self.first),
            Some(place) => {
                if self.rest.len() <= place {
                    let mut longer = self.rest.to_vec();
                    longer.resize(place + 1, 0);
                    self.rest = longer.into();
                }
                self.rest.get_mut(place)
            }
        };
        if let Some(word) = word {
            *word |= 1 << bit;
        }
    }

    /// Bytes on the heap.
    pub fn memory(&self) -> usize {
        size_of_val(&*self.rest)
    }
}

#[cfg(test)]
mod tests {
    use super::Passed;

    #[test]
    fn every_step_has_its_own_place() {
        let mut passed = Passed::default();
        let steps = [0, 1, 63, 64, 65, 127, 128, 1_000];
        for step in steps {
            assert!(!passed.get(step));
            passed.set(step);
        }
        assert!((0..1_100).all(|step| passed.get(step) == steps.contains(&step)));
    }
}
