//! The ratio of two models that ran in the same rounds.

use crate::estimate::Estimate;
use crate::median::median;

/// Returns how many times slower `a` was than `b`, round by round. It is exp of the median of ln(a/b), with the exact
/// interval of that median at `level`. A disturbance of a whole round cancels out.
///
/// With logarithms, the order of the two makes no difference: the ratio of `b` to `a` is 1 divided by the ratio of
/// `a` to `b`. Source: the paired design is that of Kalibera & Jones, "Rigorous Benchmarking in Reasonable Time"
/// (ISMM 2013), section 8, with the distribution-free interval of [`median`] in place of a normal one. Returns `None`
/// if the rounds do not pair up, or if a value is not positive.
#[must_use]
pub fn paired_ratio(a: &[f64], b: &[f64], level: f64) -> Option<Estimate> {
    if a.len() != b.len() || a.iter().chain(b).any(|value| *value <= 0.0) {
        return None;
    }
    let logs: Vec<f64> = a.iter().zip(b).map(|(a, b)| (a / b).ln()).collect();
    Some(median(&logs, level)?.map(f64::exp))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disturbance_of_whole_rounds_cancels_out() {
        let b: Vec<f64> = (1..=20).map(|round| f64::from(round * round)).collect();
        let a: Vec<f64> = b.iter().map(|b| b * 1.25).collect();
        let ratio = paired_ratio(&a, &b, 0.95).unwrap();
        let (low, high) = ratio.interval.unwrap();
        assert!((ratio.value - 1.25).abs() < 1e-12);
        assert!((low - 1.25).abs() < 1e-12 && (high - 1.25).abs() < 1e-12);
    }

    #[test]
    fn the_ratio_the_other_way_round_is_one_over_it() {
        let a = [3.0, 1.0, 4.0, 1.5, 5.0, 9.0, 2.0, 6.0];
        let b = [2.0, 7.0, 1.0, 8.0, 2.5, 8.5, 1.8, 2.8];
        let (there, back) = (paired_ratio(&a, &b, 0.95).unwrap(), paired_ratio(&b, &a, 0.95).unwrap());
        assert!((there.value * back.value - 1.0).abs() < 1e-12);
        assert!((there.interval.unwrap().0 * back.interval.unwrap().1 - 1.0).abs() < 1e-12);
    }

    #[test]
    fn what_does_not_pair_up_has_no_ratio() {
        assert_eq!(paired_ratio(&[1.0], &[1.0, 2.0], 0.95), None);
        assert_eq!(paired_ratio(&[0.0], &[1.0], 0.95), None);
        assert_eq!(paired_ratio(&[], &[], 0.95), None);
    }
}
