//! Computes how far a history has moved from its beginning.

use crate::estimate::Estimate;
use crate::median::median;

/// Returns how much higher the last `count` values of `series` are than the first `count`, in the unit of the series,
/// with an interval at `level`. It is the median of the differences last - first. Each of the last values is paired
/// with the value at the same place among the first. For a series of logarithms, exp of the drift is how many times
/// higher they are. The reference does not move when the series grows, so that a change which is too slow for a
/// change point is seen here.
///
/// The differences are of different points. They are independent if the points are, and then the interval of
/// [`median`] is exact. An interval at 95 % needs 6 differences. Source: Conover, *Practical Nonparametric
/// Statistics*, 3rd ed. (1999), section 3.2, as for [`median`]. Returns `None` if `count` is zero, if the first and
/// the last values would overlap, or if one of them is not finite.
#[must_use]
pub fn drift(series: &[f64], count: usize, level: f64) -> Option<Estimate> {
    let (start, first) = (series.len().checked_sub(count)?, series.get(..count)?);
    let last = &series[start..];
    if start < count || !first.iter().chain(last).all(|value| value.is_finite()) {
        return None;
    }
    let differences: Vec<f64> = last.iter().zip(first).map(|(last, first)| last - first).collect();
    median(&differences, level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_are_compared_with_the_first_and_what_is_between_is_not_looked_at() {
        let series = [1.0, 2.0, 3.0, f64::NAN, 100.0, 2.5, 3.25, 9.0];
        assert_eq!(drift(&series, 3, 0.95), Some(Estimate { value: 1.5, interval: None }));
        let ten: Vec<f64> = (0..20).map(|i| if i < 10 { 0.0 } else { f64::from(i - 9) }).collect();
        assert_eq!(drift(&ten, 10, 0.95), Some(Estimate { value: 5.5, interval: Some((2.0, 9.0)) }));
    }

    #[test]
    fn without_two_stretches_of_numbers_there_is_no_drift() {
        assert_eq!(drift(&[1.0, 2.0, 3.0], 2, 0.95), None);
        assert_eq!(drift(&[1.0, 2.0], 3, 0.95), None);
        assert_eq!(drift(&[1.0, 2.0], 0, 0.95), None);
        assert_eq!(drift(&[], 0, 0.95), None);
        assert_eq!(drift(&[f64::NAN, 1.0], 1, 0.95), None);
        assert_eq!(drift(&[1.0, f64::INFINITY], 1, 0.95), None);
    }
}
