//! Draws that depend on the seed and what is drawn for, and on nothing else: same seed, same call, same choice, on
//! every machine. The generators of `rand` may change their values between versions, so the few lines are here.

/// A hash of some bytes (FNV-1a, 64 bits).
pub(crate) fn hash(seed: u64, bytes: &[u8]) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325 ^ mix(seed);
    bytes.iter().fold(start, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// Spreads a value over all 64 bits (the finalizer of `SplitMix64`).
pub(crate) const fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// A row of choices for one reply.
#[derive(Debug, Clone)]
pub(crate) struct Draws {
    state: u64,
}

impl Draws {
    /// The row that belongs to `seed` and `text`.
    pub(crate) fn new(seed: u64, text: &str) -> Self {
        Self { state: hash(seed, text.as_bytes()) }
    }

    /// The next choice: an index below `count`, which must not be 0.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        self.state = mix(self.state);
        let choice = self.state % u64::try_from(count.max(1)).unwrap_or(u64::MAX);
        usize::try_from(choice).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_text_draw_the_same() {
        let row = |seed, text| {
            let mut draws = Draws::new(seed, text);
            (0..8).map(|_| draws.below(10)).collect::<Vec<_>>()
        };
        assert_eq!(row(1, "go north"), row(1, "go north"));
        assert_ne!(row(1, "go north"), row(2, "go north"));
        assert_ne!(row(1, "go north"), row(1, "go south"));
    }

    #[test]
    fn every_choice_is_drawn_some_time() {
        let mut draws = Draws::new(0, "");
        let seen: std::collections::BTreeSet<_> = (0..100).map(|_| draws.below(4)).collect();
        assert_eq!(seen.len(), 4);
    }
}
