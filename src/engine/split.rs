//! Which arm of a split an entity takes (semantics S4.7).
//!
//! Weighted rendezvous hashing: every arm draws a number from a hash of workflow, label, entity and arm; the smallest
//! number divided by the arm's share wins. Who is in which arm so hangs on nothing else, and a changed share moves only
//! those that it must. All in integers: the same on every machine.

use crate::base::hash::digest;
use crate::plan::ArmPlan;

/// The place of the arm that an entity takes; `None` if there are no arms.
pub fn arm(workflow: &str, label: &str, entity: &str, arms: &[ArmPlan]) -> Option<usize> {
    let drawn = arms.iter().enumerate().filter(|(_, arm)| arm.share > 0).map(|(at, arm)| {
        let cost = minus_log2(digest(&[workflow, label, entity, &arm.name]));
        (at, cost, u128::from(arm.share))
    });
    drawn.reduce(|best, next| if next.1 * best.2 < best.1 * next.2 { next } else { best }).map(|(at, ..)| at)
}

/// `-log2((x + 1) / 2^64)` with 32 bits behind the point: 0 (for the greatest `x`) to 64.
fn minus_log2(x: u64) -> u128 {
    let x = u128::from(x) + 1;
    let whole = x.ilog2();
    // The mantissa in [1, 2), with 62 bits behind the point; squaring it gives one more bit of the logarithm.
    let mut mantissa = (x << (64 - whole)) >> 2;
    let mut bits = 0u128;
    for _ in 0..32 {
        mantissa = (mantissa * mantissa) >> 62;
        bits <<= 1;
        if mantissa >> 63 == 1 {
            mantissa >>= 1;
            bits |= 1;
        }
    }
    (64u128 << 32) - ((u128::from(whole) << 32) | bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arms(shares: &[(&str, u32)]) -> Vec<ArmPlan> {
        shares
            .iter()
            .map(|(name, share)| ArmPlan { name: (*name).into(), share: share * 10_000, target: 0 })
            .collect()
    }

    fn taken(shares: &[(&str, u32)]) -> Vec<usize> {
        let arms = arms(shares);
        (0..20_000).map(|n| arm("W", "", &format!("account:{n}"), &arms).unwrap()).collect()
    }

    #[test]
    fn arms_get_their_shares() {
        let taken = taken(&[("a", 20), ("b", 50), ("c", 30)]);
        for (at, share) in [(0, 4_000i64), (1, 10_000), (2, 6_000)] {
            let count = taken.iter().filter(|arm| **arm == at).count() as i64;
            assert!((count - share).abs() < 300, "arm {at} got {count} instead of about {share}");
        }
    }

    #[test]
    fn s4_7_a_changed_ratio_moves_as_few_as_it_can() {
        let (before, after) = (taken(&[("a", 50), ("b", 50)]), taken(&[("a", 60), ("b", 40)]));
        let moved = before.iter().zip(&after).filter(|(x, y)| x != y).count();
        assert!(before.iter().zip(&after).all(|(x, y)| x == y || (*x, *y) == (1, 0)), "only from b to a");
        assert!((1_800..2_200).contains(&moved), "a tenth moves, not {moved}");
    }

    #[test]
    fn the_logarithm_is_one() {
        assert_eq!(minus_log2(u64::MAX), 0);
        assert_eq!(minus_log2((1 << 63) - 1), 1 << 32);
        assert_eq!(minus_log2(0), 64 << 32);
        // -log2(3/4) = 0.4150374…, in units of 2^-32.
        assert_eq!((minus_log2((3 << 62) - 1) * 10_000_000) >> 32, 4_150_374);
    }
}
