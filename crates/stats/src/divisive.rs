//! Contains the two parts of a search for change points: the split where two sides differ most, and the test of it.

use statrs::function::beta::beta_reg;

/// A place to split.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Split {
    /// The first point of the second part.
    pub(crate) index: usize,
    /// How far apart the two parts are: the statistic Q, in the unit of the values.
    pub(crate) divergence: f64,
}

/// Returns the best split. It is at the t for which, with some k, the first t values and the k - t values after them
/// differ most. It maximises
///
/// Q(t, k) = 2 t (k - t) / k (mean |x - y| - half the mean |x - x'| - half the mean |y - y'|)
///
/// over 0 < t < k <= n, where x and x' are two of the first t values, and y and y' are two of the k - t others. The
/// values after k are left out, so that a second change does not blur the first. If several splits are equal, the
/// first is returned. Returns `None` for fewer than two values.
///
/// Source: Matteson & James (2014), sections 2.1 and 2.2, with alpha = 1, q = t (k - t) / k, and no other factor, as
/// in the paper. The time is in proportion to the square of the number of values, and the memory to the number,
/// because each sum is computed from the one before it.
pub(crate) fn best_split(values: &[f64]) -> Option<Split> {
    let n = values.len();
    // For each value: the sums of its distances to all values before it, and to the first t values.
    let all: Vec<f64> =
        (0..n).map(|k| values[..k].iter().map(|value| (value - values[k]).abs()).sum::<f64>()).collect();
    let mut to_first = vec![0.0; n];
    let mut within_first = 0.0;
    let mut best: Option<Split> = None;
    for t in 1..n {
        let newest = values[t - 1];
        within_first += all[t - 1];
        for (sum, value) in to_first[t..].iter_mut().zip(&values[t..]) {
            *sum += (value - newest).abs();
        }
        let (mut between, mut within_second) = (0.0, 0.0);
        for k in t + 1..=n {
            between += to_first[k - 1];
            within_second += all[k - 1] - to_first[k - 1];
            let divergence = weighted(2, k, between)
                - weighted(2 * (k - t), k * (t - 1), within_first)
                - weighted(2 * t, k * (k - t - 1), within_second);
            if best.is_none_or(|best| divergence > best.divergence) {
                best = Some(Split { index: t, divergence });
            }
        }
    }
    best
}

/// Returns a sum times a share, or 0 if there are no pairs. With this order of operations, two equal splits of whole
/// numbers are rounded as apache-otava rounds them, so that the same split is the greater one.
fn weighted(numerator: usize, denominator: usize, sum: f64) -> f64 {
    if denominator == 0 { 0.0 } else { numerator as f64 / denominator as f64 * sum }
}

/// The result of a test of whether two sides differ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Tested {
    /// The two-sided p-value. It is 1 if there are fewer than three values, or if all values are equal.
    pub(crate) p: f64,
    /// The means of the first side and of the second side.
    pub(crate) means: (f64, f64),
}

/// Tests with Student's t-test whether two sides have the same mean, with a common variance, and with variances
/// divided by n.
///
/// Source: Student, "The Probable Error of a Mean", *Biometrika* 6 (1908), who divides by n as well. The mean of an
/// empty side is not a number.
pub(crate) fn student(left: &[f64], right: &[f64]) -> Tested {
    let ((n, mean, variance), (m, other_mean, other_variance)) = (moments(left), moments(right));
    let means = (mean, other_mean);
    let freedom = n + m - 2.0;
    let difference = mean - other_mean;
    let common = ((n - 1.0) * variance + (m - 1.0) * other_variance) / freedom * (1.0 / n + 1.0 / m);
    // P(|T| > t) = I(f / (f + t^2); f/2, 1/2), here without the division by a variance that can be zero. `x` is not a
    // number if there are no degrees of freedom, or if there is neither a difference nor a variance.
    let x = freedom * common / (freedom * common + difference * difference);
    let p = if x.is_nan() { 1.0 } else { beta_reg(freedom / 2.0, 0.5, x) };
    Tested { p, means }
}

/// Returns the number of values, their mean, and their variance about it divided by n. Deviations are computed from
/// the first value, so that equal values have exactly this value as their mean, and no variance.
fn moments(values: &[f64]) -> (f64, f64, f64) {
    let n = values.len() as f64;
    let first = values.first().copied().unwrap_or(f64::NAN);
    let mean = first + values.iter().map(|value| value - first).sum::<f64>() / n;
    (n, mean, values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns Q as it is defined, with every sum computed anew.
    fn divergence(first: &[f64], second: &[f64]) -> f64 {
        let between: f64 = first.iter().flat_map(|x| second.iter().map(move |y| (x - y).abs())).sum();
        let within = |values: &[f64]| -> f64 {
            let sum: f64 = values.iter().flat_map(|x| values.iter().map(move |y| (x - y).abs())).sum();
            let pairs = values.len() * values.len().saturating_sub(1);
            if pairs == 0 { 0.0 } else { sum / pairs as f64 }
        };
        let (n, m) = (first.len() as f64, second.len() as f64);
        n * m / (n + m) * (2.0 * between / (n * m) - within(first) - within(second))
    }

    #[test]
    fn the_best_split_is_that_of_the_definition() {
        let mut rng = fastrand::Rng::with_seed(1);
        for n in 2..30 {
            let values: Vec<f64> = (0..n).map(|i| rng.f64() + if i > n / 2 { 0.5 } else { 0.0 }).collect();
            let mut expected = Split { index: 0, divergence: f64::NEG_INFINITY };
            for t in 1..n {
                for k in t + 1..=n {
                    let divergence = divergence(&values[..t], &values[t..k]);
                    if divergence > expected.divergence {
                        expected = Split { index: t, divergence };
                    }
                }
            }
            let ours = best_split(&values).unwrap();
            assert_eq!(ours.index, expected.index, "{values:?}");
            assert!((ours.divergence - expected.divergence).abs() < 1e-12, "{ours:?} and {expected:?}");
        }
        assert_eq!(best_split(&[1.0]), None);
    }

    /// The values are from `scipy.stats.ttest_ind_from_stats` with `numpy.std`, SciPy 1.16.3 and NumPy 2.2.0.
    #[test]
    fn p_values_agree_with_scipy() {
        let (low, high) = ([1.0, 2.0].repeat(20), [3.0, 4.0].repeat(30));
        let known: [(&[f64], &[f64], f64); 4] = [
            (&[1.0, 2.0, 3.0, 4.0], &[2.0, 4.0, 6.0], 0.204_870_591_489_269_18),
            (&[1.0, 2.0, 4.0], &[101.0, 102.0, 105.0, 107.0], 1.499_750_782_699_719_5e-8),
            (&[1.5], &[2.0, 2.5, 2.25], 0.086_188_451_379_742_86),
            (&low, &high, 1.133_048_130_439_010_8e-35),
        ];
        for (left, right, p) in known {
            let ours = student(left, right).p;
            assert!((ours / p - 1.0).abs() < 1e-9, "{ours} and {p}");
            assert!((student(right, left).p / p - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn sides_without_variance_differ_surely_or_not_at_all() {
        assert_eq!(student(&[0.1; 7], &[0.1; 3]).p, 1.0);
        assert_eq!(student(&[0.1; 7], &[0.2; 3]), Tested { p: 0.0, means: (0.1, 0.2) });
        assert_eq!(student(&[1.0], &[2.0]).p, 1.0);
    }
}
