//! Computes how many rounds a test of signs needs.

/// Returns the fewest rounds in which a sign test could tell two things apart at `level`, if one of them were greater
/// in every round. The test is one of `comparisons` tests that are made at once, and must pass the first step of
/// Holm's correction.
///
/// Sources: Conover, *Practical Nonparametric Statistics*, 3rd ed. (1999), section 3.4; Holm, "A Simple Sequentially
/// Rejective Multiple Test Procedure", *Scandinavian Journal of Statistics* 6 (1979).
#[must_use]
pub fn rounds_to_tell_apart(comparisons: usize, level: f64) -> usize {
    let needed = (1.0 - level) / comparisons.max(1) as f64;
    // If all of n rounds are on one side, p = 2 / 2^n.
    (1.0 - needed.log2()).ceil().max(1.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rounds_that_a_family_needs_are_the_first_that_can_pass_holms_first_step() {
        let least = |rounds: usize| 2.0 * 0.5_f64.powi(i32::try_from(rounds).unwrap());
        for comparisons in [1, 10, 105, 136, 1_000] {
            let rounds = rounds_to_tell_apart(comparisons, 0.95);
            assert!(least(rounds) * comparisons as f64 <= 0.05, "{comparisons}: {rounds}");
            assert!(least(rounds - 1) * comparisons as f64 > 0.05, "{comparisons}: {rounds}");
        }
        assert_eq!(rounds_to_tell_apart(136, 0.95), 13);
    }
}
