//! The median and its distribution-free interval.

use std::f64::consts::LN_2;

use crate::estimate::Estimate;

/// Returns the median of `values` with an interval that covers the true median with probability `level` at least, for
/// any distribution, as long as the values are independent.
///
/// The interval runs between two order statistics, x(k) and x(n+1-k), where k is [`order_statistic_rank`]. Source:
/// Conover, *Practical Nonparametric Statistics*, 3rd ed. (1999), section 3.2. Returns `None` for no values, or if
/// one of them is not a number.
#[must_use]
pub fn median(values: &[f64], level: f64) -> Option<Estimate> {
    if values.is_empty() || values.iter().any(|value| value.is_nan()) {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let n = sorted.len();
    let value = f64::midpoint(sorted[(n - 1) / 2], sorted[n / 2]);
    let interval = order_statistic_rank(n, level).map(|k| (sorted[k - 1], sorted[n - k]));
    Some(Estimate { value, interval })
}

/// Returns the largest k for which x(k) .. x(n+1-k) covers the median with probability `level` at least. It is the
/// largest k with P(B < k) <= (1 - level) / 2, where B is binomial over n fair coins. Returns `None` if even k = 1 is
/// not enough (n < 6 at 95 %).
#[must_use]
pub fn order_statistic_rank(n: usize, level: f64) -> Option<usize> {
    let tail = (1.0 - level) / 2.0;
    // This is ln P(B = k - 1), by C(n, k) = C(n, k - 1) (n - k + 1) / k. From some 1,000 coins on, the probability
    // itself would be too small to compute with.
    let mut exactly = n as f64 * -LN_2;
    let mut below = 0.0;
    // P(B < k) grows with k, and k <= n/2 keeps the lower end below the upper.
    let ranks = (1..=n / 2).take_while(|k| {
        below += exactly.exp();
        exactly += ((n - k + 1) as f64 / *k as f64).ln();
        below <= tail
    });
    ranks.last()
}

/// Returns the median alone, or `None` for no values.
pub(crate) fn middle(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let n = sorted.len();
    (n > 0).then(|| f64::midpoint(sorted[(n - 1) / 2], sorted[n / 2]))
}

#[cfg(test)]
mod tests {
    use statrs::distribution::{Binomial, DiscreteCDF};

    use super::*;

    /// The ranks are from Conover's table A3 and from `scipy.stats.binom.ppf(0.025, n, 0.5)`.
    #[test]
    fn ranks_agree_with_published_tables_of_the_sign_test() {
        let ranks =
            [(5, None), (6, Some(1)), (10, Some(2)), (15, Some(4)), (20, Some(6)), (25, Some(8)), (60, Some(22))];
        for (n, rank) in ranks {
            assert_eq!(order_statistic_rank(n, 0.95), rank, "n = {n}");
        }
    }

    #[test]
    fn ranks_of_any_number_of_coins_agree_with_the_binomial_distribution() {
        for n in (0..300).chain([1_000, 1_074, 1_076, 2_500]) {
            let coins = Binomial::new(0.5, n as u64).unwrap();
            for level in [0.8, 0.9, 0.95, 0.999] {
                let tail = (1.0 - level) / 2.0;
                let expected = (1..=n / 2).take_while(|k| coins.cdf(*k as u64 - 1) <= tail).last();
                assert_eq!(order_statistic_rank(n, level), expected, "n = {n}, level {level}");
            }
        }
    }

    #[test]
    fn the_median_of_known_values_is_known() {
        let ten: Vec<f64> = (1..=10).map(f64::from).collect();
        assert_eq!(median(&ten, 0.95), Some(Estimate { value: 5.5, interval: Some((2.0, 9.0)) }));
        assert_eq!(median(&[3.0, 1.0, 2.0], 0.95), Some(Estimate { value: 2.0, interval: None }));
        assert_eq!(median(&[], 0.95), None);
        assert_eq!(median(&[f64::NAN], 0.95), None);
    }
}
