//! Pulls in single disturbed values, so that none of them decides a comparison.

use crate::median::middle;

/// The largest distance of a value from the one that follows from the other members of its round, in robust standard
/// deviations.
const LIMIT: f64 = 3.0;

/// The fewest other members from which the slowness of a round is estimated. A median of two would follow each of
/// them.
const FEWEST_OTHERS: usize = 3;

/// The factor that turns the median absolute deviation of normal values into their standard deviation.
const NORMAL: f64 = 1.4826;

/// Pulls in the values that are far out. The other members show how slow a round was. A value that is more than three
/// robust standard deviations of its member away from that becomes the nearest value within this limit. The values
/// are logarithms, round by round. A member may have fewer rounds than the others.
///
/// A disturbance of a whole round moves all members alike. If there are at least four members, it is no reason to
/// pull any of them in. If more than half of a member's values are the same, none of them changes.
///
/// Returns the values of each member, and how many of them were pulled in.
///
/// Source: winsorising as in Wilcox, *Introduction to Robust Estimation and Hypothesis Testing*, 4th ed. (2017),
/// section 2.2.2, with limits from the median absolute deviation (Hampel, 1974) in place of quantiles.
pub(crate) fn winsorised(members: &[Vec<f64>]) -> Vec<(Vec<f64>, usize)> {
    // The distance of each value from the middle of its member.
    let centered = |values: &Vec<f64>| {
        let center = middle(values.iter().copied()).unwrap_or(0.0);
        values.iter().map(|value| value - center).collect()
    };
    let residuals: Vec<Vec<f64>> = members.iter().map(centered).collect();
    (0..members.len()).map(|member| pulled_in(member, &members[member], &residuals)).collect()
}

fn pulled_in(member: usize, values: &[f64], residuals: &[Vec<f64>]) -> (Vec<f64>, usize) {
    // The slowness of a round, as the other members show it.
    let moved = |round: usize| {
        let others = residuals.iter().enumerate().filter(|(other, _)| *other != member);
        let said: Vec<f64> = others.filter_map(|(_, residuals)| residuals.get(round).copied()).collect();
        if said.len() < FEWEST_OTHERS { 0.0 } else { middle(said.into_iter()).unwrap_or(0.0) }
    };
    let own: Vec<f64> = residuals[member].iter().enumerate().map(|(round, value)| value - moved(round)).collect();
    let center = middle(own.iter().copied()).unwrap_or(0.0);
    let deviation = middle(own.iter().map(|value| (value - center).abs())).unwrap_or(0.0);
    if deviation <= 0.0 {
        return (values.to_vec(), 0);
    }
    let limit = LIMIT * NORMAL * deviation;
    let pulled = |(value, own): (&f64, &f64)| {
        let beyond = own - center;
        value - beyond + beyond.clamp(-limit, limit)
    };
    let beyond = own.iter().filter(|own| (*own - center).abs() > limit).count();
    (values.iter().zip(&own).map(pulled).collect(), beyond)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: &[f64], b: &[f64]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12)
    }

    #[test]
    fn one_value_far_out_is_pulled_in_and_the_others_stay() {
        let calm = vec![0.00, 0.01, -0.01, 0.02, -0.02, 0.01, -0.01, 0.00, 0.02];
        let mut disturbed: Vec<f64> = calm.iter().map(|value| -value).collect();
        disturbed[4] = 0.7;
        for calm_ones in [1, 2, 3, 8] {
            let mut members = vec![disturbed.clone()];
            members.resize(1 + calm_ones, calm.clone());
            let pulled = winsorised(&members);
            assert!(pulled[1..].iter().all(|(values, beyond)| near(values, &calm) && *beyond == 0), "{pulled:?}");
            let (values, beyond) = &pulled[0];
            assert!(values[4] > 0.02 && values[4] < 0.3 && *beyond == 1, "{pulled:?}");
            members[0][4] = values[4];
            assert!(near(values, &members[0]), "{pulled:?}");
        }
    }

    #[test]
    fn a_round_that_is_slow_for_all_is_left_as_it_is() {
        let calm = [0.00, 0.01, -0.01, 0.02, -0.02, 0.01, -0.01];
        let mut members = [1.0, -1.0, 0.5, -0.3].map(|factor| calm.map(|value| value * factor).to_vec());
        members.iter_mut().for_each(|values| values[3] += 0.7);
        for (before, (after, _)) in members.iter().zip(winsorised(&members)) {
            assert!(near(before, &after), "{before:?} {after:?}");
        }
    }

    #[test]
    fn nothing_changes_where_there_is_no_spread_and_a_member_may_have_fewer_rounds_or_none() {
        let same = [vec![1.0, 1.0, 1.0, 5.0], vec![2.0; 3], vec![]];
        let values: Vec<Vec<f64>> = winsorised(&same).into_iter().map(|(values, _)| values).collect();
        assert_eq!(values, same);
    }
}
