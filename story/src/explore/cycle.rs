//! Which turns are alike for what recurs, so that the search does not take each turn of a long wait for a new state.

use std::num::NonZeroU32;

/// After so many turns everything that recurs is due as before: the least common multiple of all distances.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cycle(u64);

impl Default for Cycle {
    fn default() -> Self {
        Self(1)
    }
}

impl Cycle {
    /// Takes one more distance in. A multiple that does not fit is the largest number: then no two turns are alike, which costs budget and
    /// misses nothing, where a shorter cycle would call different turns one.
    pub(super) fn include(&mut self, every: NonZeroU32) {
        let every = u64::from(every.get());
        self.0 = (self.0 / greatest_common_divisor(self.0, every)).saturating_mul(every);
    }

    /// The first of the turns that are like `turn`. Before `from`, each is only like itself.
    pub(super) fn fold(self, turn: u64, from: u64) -> u64 {
        turn.checked_sub(from).map_or(turn, |since| from + since % self.0)
    }
}

fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_alike_after_a_common_multiple_of_all_distances() {
        let mut cycle = Cycle::default();
        assert_eq!(cycle.fold(9, 4), 4, "nothing recurs: all turns after the last that counts are alike");
        for every in [4, 6] {
            cycle.include(NonZeroU32::new(every).unwrap());
        }
        assert_eq!([3, 4, 15, 16, 17].map(|turn| cycle.fold(turn, 4)), [3, 4, 15, 4, 5]);
    }
}
