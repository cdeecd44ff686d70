//! Moderates variances of a few values each by what many such variances have in common.

use statrs::distribution::{ContinuousCDF, StudentsT};
use statrs::function::gamma::digamma;

use crate::estimate::Estimate;

/// The fewest variances from which a common one is estimated.
const FEWEST: usize = 10;

/// The most degrees of freedom that the common variance counts for.
const MOST_FREEDOM: f64 = 50.0;

/// The common part of many variances: a variance, and how many degrees of freedom it counts for. With 0 degrees of
/// freedom, each variance stands alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Prior {
    variance: f64,
    freedom: f64,
}

impl Prior {
    /// The prior with which each variance stands alone.
    const NONE: Self = Self { variance: 0.0, freedom: 0.0 };

    /// Estimates the prior from `variances`, each with its degrees of freedom. From fewer than 10 usable ones, it
    /// returns the prior with which each variance stands alone.
    ///
    /// The variances are assumed to be scaled chi-squared around true ones that are scaled inverse chi-squared. Their
    /// logarithms then have a mean and a variance from which both unknowns follow. Source: Smyth, "Linear models and
    /// empirical Bayes methods for assessing differential expression in microarray experiments", *Statistical
    /// Applications in Genetics and Molecular Biology* 3 (2004), section 6.2.
    pub(crate) fn of(variances: &[(f64, f64)]) -> Self {
        let usable = variances.iter().filter(|(variance, freedom)| *variance > 0.0 && *freedom >= 1.0);
        // For each variance: an unbiased estimate of the logarithm, and how much it varies by chance alone.
        let logs: Vec<(f64, f64)> = usable
            .map(|(variance, freedom)| {
                let half = freedom / 2.0;
                (variance.ln() - digamma(half) + half.ln(), trigamma(half))
            })
            .collect();
        if logs.len() < FEWEST {
            return Self::NONE;
        }
        let n = logs.len() as f64;
        let mean = logs.iter().map(|(log, _)| log).sum::<f64>() / n;
        let spread = logs.iter().map(|(log, _)| (log - mean).powi(2)).sum::<f64>() / (n - 1.0);
        let beyond_chance = spread - logs.iter().map(|(_, chance)| chance).sum::<f64>() / n;
        let freedom = if beyond_chance > 0.0 { 2.0 * inverse_trigamma(beyond_chance) } else { f64::INFINITY };
        let freedom = freedom.min(MOST_FREEDOM);
        let half = freedom / 2.0;
        Self { variance: (mean + digamma(half) - half.ln()).exp(), freedom }
    }

    /// Returns the mean of `values` with Student's interval at `level`, for which the variance of the values is
    /// moderated by this prior. Fewer than two values have no interval. Returns `None` for no values.
    pub(crate) fn mean(self, values: &[f64], level: f64) -> Option<Estimate> {
        let (mean, variance, freedom) = moments(values)?;
        let total = self.freedom + freedom;
        let moderated = (self.freedom * self.variance + freedom * variance) / total;
        let interval = StudentsT::new(0.0, 1.0, total).ok().filter(|_| freedom >= 1.0).map(|student| {
            let half = student.inverse_cdf(f64::midpoint(1.0, level)) * (moderated / values.len() as f64).sqrt();
            (mean - half, mean + half)
        });
        Some(Estimate { value: mean, interval })
    }
}

/// Returns the mean of `values`, their variance, and its degrees of freedom.
pub(crate) fn moments(values: &[f64]) -> Option<(f64, f64, f64)> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    mean.is_finite().then_some((mean, variance, n - 1.0))
}

/// Returns the second derivative of ln gamma, for x > 0. It uses the recurrence up to a large x, and the asymptotic
/// series there. Source: Abramowitz & Stegun, *Handbook of Mathematical Functions* (1964), 6.4.6 and 6.4.12.
fn trigamma(x: f64) -> f64 {
    let (mut x, mut sum) = (x, 0.0);
    while x < 10.0 {
        sum += 1.0 / (x * x);
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    sum + 1.0 / x + square / 2.0 + square / x * (1.0 / 6.0 - square * (1.0 / 30.0 - square / 42.0))
}

/// Returns the x for which trigamma is `y` > 0. Trigamma falls from infinity to 0, so that halving an interval finds
/// x.
fn inverse_trigamma(y: f64) -> f64 {
    // Beyond these ends, the degrees of freedom make no difference.
    let (mut low, mut high) = (1e-3_f64, 1e3_f64);
    for _ in 0..100 {
        let middle = (low * high).sqrt();
        if trigamma(middle) > y { low = middle } else { high = middle }
    }
    (low * high).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values are from `scipy.special.polygamma(1, x)`, SciPy 1.17.1.
    #[test]
    fn trigamma_agrees_with_scipy() {
        for (x, expected) in [
            (0.5, 4.934_802_200_544_68),
            (1.0, 1.644_934_066_848_226_6),
            (2.0, 0.644_934_066_848_226_6),
            (25.0, 0.040_810_663_257_225_58),
        ] {
            assert!((trigamma(x) - expected).abs() < 1e-9, "{x}: {}", trigamma(x));
            assert!((inverse_trigamma(expected) / x - 1.0).abs() < 1e-6, "{x}");
        }
    }

    #[test]
    fn variances_that_differ_by_chance_alone_are_taken_together_and_others_stand_more_alone() {
        // These are quantiles of chi-squared with 4 degrees of freedom, divided by 4. Estimates of a variance of 1
        // differ in this way by chance.
        let chance = [0.14, 0.27, 0.37, 0.46, 0.55, 0.64, 0.74, 0.84, 0.95, 1.08, 1.22, 1.39, 1.62, 1.94, 2.62];
        let alike = Prior::of(&chance.map(|variance| (variance, 4.0)));
        assert!(alike.freedom > 20.0 && (alike.variance - 1.0).abs() < 0.2, "{alike:?}");
        let mut unlike = chance.map(|variance| (variance, 4.0));
        unlike.iter_mut().step_by(2).for_each(|(variance, _)| *variance *= 100.0);
        let unlike = Prior::of(&unlike);
        assert!(unlike.freedom < 2.0, "{unlike:?}");
        assert_eq!(Prior::of(&[(1.0, 4.0); 9]), Prior::NONE);
    }

    #[test]
    fn without_a_prior_the_interval_is_students() {
        let values = [0.01, -0.02, 0.03, 0.0, 0.01, 0.02, -0.01];
        let (ours, student) = (Prior::NONE.mean(&values, 0.95).unwrap(), crate::mean(&values, 0.95).unwrap());
        let ((low, high), (from, to)) = (ours.interval.unwrap(), student.interval.unwrap());
        assert!((ours.value - student.value).abs() < 1e-12 && (low - from).abs() < 1e-9 && (high - to).abs() < 1e-9);
        assert_eq!(Prior::NONE.mean(&[1.0], 0.95), Some(Estimate { value: 1.0, interval: None }));
        assert_eq!(Prior::NONE.mean(&[], 0.95), None);
    }
}
