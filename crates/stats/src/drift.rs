//! How far a history has moved from where it began.

use crate::estimate::Estimate;
use crate::median::median;

/// How much higher the last `count` of `series` are than the first `count`, in the unit of the series, with an
/// interval at `level`: the median of the differences last - first, each of the last with the one in its place among
/// the first. For a series of logarithms its exp is how many times higher. The reference stays where it is when the
/// series grows: what creeps up too slowly for a change point is seen here.
///
/// The differences are of different points, so that they are independent where the points are, and [`median`]'s
/// interval is exact; it needs 6 for one at 95 %. Source: Conover, *Practical Nonparametric Statistics*, 3rd ed.
/// (1999), section 3.2, as for [`median`]. `None` where `count` is zero, the first and the last would overlap, or one
/// of them is not finite.
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
