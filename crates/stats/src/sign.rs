//! The sign test: is one of two more often the greater than chance would have it?

use statrs::distribution::{Binomial, DiscreteCDF};

/// The probability, were neither of two greater as a rule, of a majority of rounds as lopsided as this one or more
/// so, on either side: the exact two-sided sign test. Rounds in which both are equal are left out.
///
/// It assumes that rounds are independent, and nothing about the distribution.
/// Source: Conover, *Practical Nonparametric Statistics*, 3rd ed. (1999), section 3.4.
/// `None` where the rounds do not pair up, or a value is not a number.
#[must_use]
pub(crate) fn sign_test(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.len() != b.len() || a.iter().chain(b).any(|value| value.is_nan()) {
        return None;
    }
    let greater = a.iter().zip(b).filter(|(a, b)| a > b).count();
    let less = a.iter().zip(b).filter(|(a, b)| a < b).count();
    two_sided(greater.min(less), greater + less)
}

/// The fewest rounds in which the sign test could tell two apart at `level` among `comparisons` that are tested at
/// once, if one were the greater in every round: the first step of Holm's correction must be passed.
#[must_use]
pub fn rounds_to_tell_apart(comparisons: usize, level: f64) -> usize {
    let needed = (1.0 - level) / comparisons.max(1) as f64;
    // n rounds, all on one side: p = 2 / 2^n.
    (1.0 - needed.log2()).ceil().max(1.0) as usize
}

/// P(as few heads or tails as `fewer`) in `n` throws of a fair coin.
fn two_sided(fewer: usize, n: usize) -> Option<f64> {
    let coins = Binomial::new(0.5, n as u64).ok()?;
    Some((2.0 * coins.cdf(fewer as u64)).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.binomtest(k, n).pvalue`, SciPy 1.17.1.
    #[test]
    fn p_values_agree_with_scipy() {
        let known = [
            (0, 5, 0.0625),
            (0, 10, 0.001_953_125),
            (1, 10, 0.021_484_375),
            (2, 15, 0.007_385_253_906_25),
            (7, 15, 1.0),
            (5, 20, 0.041_389_465_332_031_25),
            (12, 30, 0.361_594_608_053_565_14),
            (38, 100, 0.020_978_735_677_851_72),
        ];
        for (k, n, p) in known {
            let a: Vec<f64> = (0..n).map(|i| if i < k { 2.0 } else { 1.0 }).collect();
            let ours = sign_test(&a, &vec![1.5; n]).unwrap();
            assert!((ours - p).abs() < 1e-12, "{k} of {n}: {ours} and {p}");
        }
    }

    #[test]
    fn equal_rounds_are_left_out_and_the_order_does_not_matter() {
        let (a, b) = ([1.0, 2.0, 3.0, 4.0, 5.0, 9.0], [1.0, 3.0, 4.0, 5.0, 6.0, 10.0]);
        for (a, b, p) in [(&a, &b, 0.0625), (&b, &a, 0.0625), (&a, &a, 1.0)] {
            assert!((sign_test(a, b).unwrap() - p).abs() < 1e-12);
        }
        assert_eq!(sign_test(&a, &b[1..]), None);
        assert_eq!(sign_test(&[f64::NAN], &[1.0]), None);
    }

    #[test]
    fn the_rounds_that_a_family_needs_are_the_first_that_can_pass_holms_first_step() {
        for comparisons in [1, 10, 105, 136, 1_000] {
            let rounds = rounds_to_tell_apart(comparisons, 0.95);
            let least = |rounds: usize| sign_test(&vec![2.0; rounds], &vec![1.0; rounds]).unwrap();
            assert!(least(rounds) * comparisons as f64 <= 0.05, "{comparisons}: {rounds}");
            assert!(least(rounds - 1) * comparisons as f64 > 0.05, "{comparisons}: {rounds}");
        }
        assert_eq!(rounds_to_tell_apart(136, 0.95), 13);
    }
}
