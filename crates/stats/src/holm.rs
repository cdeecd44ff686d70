//! Holm's correction for testing many things at once.

/// The adjusted value of each of `p_values`, in their order: those that are at most alpha may be rejected together,
/// and the probability that any of them is rejected wrongly is at most alpha, however the tests depend on each other.
///
/// The k-th smallest of m is multiplied by m - k + 1, and is never less than the one before it.
/// Source: Holm, "A Simple Sequentially Rejective Multiple Test Procedure", *Scandinavian Journal of Statistics* 6
/// (1979).
#[must_use]
pub(crate) fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut adjusted = vec![1.0; p_values.len()];
    let mut largest: f64 = 0.0;
    for (passed, i) in order.into_iter().enumerate() {
        largest = largest.max(p_values[i] * (p_values.len() - passed) as f64).min(1.0);
        adjusted[i] = largest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `statsmodels.stats.multitest.multipletests(p, method="holm")`, statsmodels 0.15.0.
    #[test]
    fn adjusted_values_agree_with_statsmodels() {
        let known: [(&[f64], &[f64]); 3] = [
            (&[0.01, 0.02, 0.03, 0.04, 0.05], &[0.05, 0.08, 0.09, 0.09, 0.09]),
            (&[0.03, 0.001, 0.8, 0.012, 0.012], &[0.06, 0.005, 0.8, 0.048, 0.048]),
            (&[0.6, 0.6, 0.9], &[1.0, 1.0, 1.0]),
        ];
        for (given, expected) in known {
            let ours = holm(given);
            assert!(ours.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{ours:?}");
        }
        assert!(holm(&[]).is_empty());
    }
}
