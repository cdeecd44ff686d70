//! The mean and its interval, for values that are each the median or the mean of many.

use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::estimate::Estimate;

/// Returns the mean of `values` with Student's interval at `level`. The interval is exact for normal values, and
/// nearly exact for values that are themselves medians or means of many.
///
/// It is for the top level of a repeated experiment, such as one value for each fresh process, where there are too
/// few values for the order statistics of [`median`](crate::median()). Source: Kalibera & Jones, "Rigorous
/// Benchmarking in Reasonable Time" (ISMM 2013), section 6: the interval is over the highest level of repetition that
/// varies. A single value has no interval. Returns `None` for no values, or if one of them is not finite.
#[must_use]
pub fn mean(values: &[f64], level: f64) -> Option<Estimate> {
    if values.is_empty() || !values.iter().all(|value| value.is_finite()) {
        return None;
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let half = half_width(values, mean, level);
    Some(Estimate { value: mean, interval: half.map(|half| (mean - half, mean + half)) })
}

fn half_width(values: &[f64], mean: f64, level: f64) -> Option<f64> {
    let n = values.len() as f64;
    let student = StudentsT::new(0.0, 1.0, n - 1.0).ok()?;
    let deviation = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    Some(student.inverse_cdf(f64::midpoint(1.0, level)) * deviation / n.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values are from `scipy.stats.t.interval(0.95, n - 1, loc=mean(x), scale=sem(x))`, SciPy 1.17.1.
    #[test]
    fn intervals_agree_with_scipy() {
        let known: [(&[f64], f64, (f64, f64)); 2] = [
            (&[1.0, 2.0, 3.0, 4.0], 2.5, (0.445_739_743_239_479_4, 4.554_260_256_760_52)),
            (
                &[0.01, -0.02, 0.03, 0.0, 0.01, 0.02, -0.01],
                0.005_714_285_714_285_714,
                (-0.010_176_870_677_344_393, 0.021_605_442_105_915_82),
            ),
        ];
        for (values, value, interval) in &known {
            let ours = mean(values, 0.95).unwrap();
            let (low, high) = ours.interval.unwrap();
            assert!((ours.value - value).abs() < 1e-12, "{}", ours.value);
            assert!((low - interval.0).abs() < 1e-9 && (high - interval.1).abs() < 1e-9, "{low} {high}");
        }
    }

    #[test]
    fn a_single_value_has_no_interval_and_none_has_no_mean() {
        assert_eq!(mean(&[3.0], 0.95), Some(Estimate { value: 3.0, interval: None }));
        assert_eq!(mean(&[], 0.95), None);
        assert_eq!(mean(&[1.0, f64::INFINITY], 0.95), None);
    }
}
