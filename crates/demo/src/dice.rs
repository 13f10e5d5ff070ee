//! Chance that comes out the same every time: splitmix64 from a seed and a name.

/// Draws numbers.
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    /// The dice of somebody: the same seed and name draw the same numbers.
    pub(super) fn of(seed: u64, name: &str) -> Self {
        // FNV-1a, so that names that differ in a letter begin elsewhere.
        let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Self(name.bytes().fold(0xcbf2_9ce4_8422_2325 ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15), step))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `least` up to, not including, `end`.
    pub(super) fn between(&mut self, least: i64, end: i64) -> i64 {
        let span = u64::try_from(end.saturating_sub(least)).unwrap_or(1).max(1);
        least.saturating_add(i64::try_from(self.next() % span).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::Dice;

    #[test]
    fn the_same_name_draws_the_same_and_all_is_drawn() {
        let draws = |name: &str| -> Vec<i64> {
            let mut dice = Dice::of(7, name);
            (0..1_000).map(|_| dice.between(0, 100)).collect()
        };
        assert_eq!(draws("amara"), draws("amara"));
        assert_ne!(draws("amara"), draws("amarb"));
        let drawn: std::collections::BTreeSet<i64> = draws("amara").into_iter().collect();
        assert!(drawn.len() > 95 && drawn.iter().all(|n| (0..100).contains(n)), "{drawn:?}");
    }
}
