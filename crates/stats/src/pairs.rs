//! Everyone against everyone: who can be told apart, and who ties.

use crate::estimate::Estimate;
use crate::holm::holm;
use crate::ratio::paired_ratio;
use crate::sign::{rounds_to_tell_apart, sign_test};

/// Two of a comparison.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// How many times the second's values the first's are, with its own interval.
    pub ratio: Estimate,
    /// The sign test's p, adjusted by Holm's correction over all pairs of the comparison.
    pub p: f64,
}

/// All pairs of a comparison whose members were measured in the same rounds.
#[derive(Clone, Debug)]
pub struct AllPairs {
    members: usize,
    rounds: usize,
    level: f64,
    /// The smallest ratio, 1 or more, that counts as a difference.
    least: f64,
    /// For i < j the pair (i, j), in the order (0, 1), (0, 2), ... (1, 2), ...
    pairs: Vec<Pair>,
}

impl AllPairs {
    /// Compares everyone with everyone. The sign tests of all pairs are one family for Holm's correction: the
    /// probability of telling any two apart that are the same is at most 1 - `level`.
    ///
    /// `None` where the rounds do not pair up, there are none, or a value is not positive.
    #[must_use]
    pub fn new(members: &[Vec<f64>], level: f64) -> Option<Self> {
        let each = (0..members.len()).flat_map(|i| (i + 1..members.len()).map(move |j| (&members[i], &members[j])));
        let found: Option<Vec<(Estimate, f64)>> =
            each.map(|(a, b)| Some((paired_ratio(a, b, level)?, sign_test(a, b)?))).collect();
        let (ratios, p_values): (Vec<Estimate>, Vec<f64>) = found?.into_iter().unzip();
        let pairs = ratios.into_iter().zip(holm(&p_values)).map(|(ratio, p)| Pair { ratio, p }).collect();
        Some(Self { members: members.len(), rounds: members.first().map_or(0, Vec::len), level, least: 1.0, pairs })
    }

    /// The same, but a difference within the [noise bound](Estimate::noise_bound) of two identical members does
    /// not count.
    #[must_use]
    pub fn ignoring(self, identical: Estimate) -> Self {
        Self { least: identical.noise_bound(), ..self }
    }

    /// Member `a` against member `b`, by their places in what was compared; `None` of one with itself, or beyond the
    /// last.
    #[must_use]
    pub fn between(&self, a: usize, b: usize) -> Option<Pair> {
        let (first, second) = (a.min(b), a.max(b));
        if first == second || second >= self.members {
            return None;
        }
        let before = first * (2 * self.members - first - 1) / 2;
        let pair = self.pairs[before + second - first - 1];
        // One over it: the ends change places.
        let over = |estimate: Estimate| Estimate {
            value: 1.0 / estimate.value,
            interval: estimate.interval.map(|(low, high)| (1.0 / high, 1.0 / low)),
        };
        Some(if a < b { pair } else { Pair { ratio: over(pair.ratio), ..pair } })
    }

    /// Whether two can be told apart at the comparison's level.
    #[must_use]
    pub fn differ(&self, a: usize, b: usize) -> bool {
        let beyond = |ratio: f64| ratio.max(1.0 / ratio) > self.least;
        self.between(a, b).is_some_and(|pair| pair.p <= 1.0 - self.level && beyond(pair.ratio.value))
    }

    /// The rounds that are wanting before any two could be told apart; 0 where there are enough.
    #[must_use]
    pub fn rounds_missing_to_rank(&self) -> usize {
        rounds_to_tell_apart(self.pairs.len(), self.level).saturating_sub(self.rounds)
    }
}

/// Tie groups of those in `order`, who are listed from the least: a group begins with the least that is left, and
/// takes everyone after it who does not `differ` from that first one, up to the next who does.
///
/// "Does not differ" does not carry over (a ties with b and b with c, though a and c differ), so that there is no
/// grouping in which all ties stand together. This one, which is ours, says of each group: nobody in it is known to
/// be worse than its first.
#[must_use]
pub fn tie_groups(order: &[usize], differ: impl Fn(usize, usize) -> bool) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for member in order {
        match groups.last_mut() {
            Some(group) if !differ(group[0], *member) => group.push(*member),
            _ => groups.push(vec![*member]),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(center: f64, wobble: f64) -> Vec<f64> {
        (0..20).map(|round| center + wobble * f64::from(round % 5) - wobble * 2.0).collect()
    }

    #[test]
    fn a_pair_is_found_either_way_round() {
        let members = [around(1.0, 0.01), around(2.0, 0.01), around(4.0, 0.01), around(8.0, 0.01)];
        let pairs = AllPairs::new(&members, 0.95).unwrap();
        for a in 0..4_usize {
            for b in 0..4 {
                let expected = (a != b).then(|| paired_ratio(&members[a], &members[b], 0.95).unwrap());
                match (pairs.between(a, b), expected) {
                    (None, None) => {}
                    (Some(found), Some(expected)) => {
                        assert!((found.ratio.value / expected.value - 1.0).abs() < 1e-12, "{a} {b}");
                        let (low, high) = found.ratio.interval.unwrap();
                        assert!(low <= found.ratio.value && found.ratio.value <= high);
                    }
                    other => panic!("{a} {b}: {other:?}"),
                }
            }
        }
        assert_eq!(pairs.between(0, 4), None);
    }

    #[test]
    fn who_cannot_be_told_apart_from_the_first_of_a_group_shares_it() {
        let noise: Vec<f64> = [1.0, 1.2, 0.9, 1.1, 0.8].repeat(4);
        let other: Vec<f64> = [1.1, 0.9, 1.2, 0.8, 1.0].repeat(4);
        let slow: Vec<f64> = noise.iter().map(|value| 2.0 * value).collect();
        let pairs = AllPairs::new(&[slow.clone(), noise.clone(), other, slow], 0.95).unwrap();
        assert_eq!(tie_groups(&[1, 2, 0, 3], |a, b| pairs.differ(a, b)), [vec![1, 2], vec![0, 3]]);
        assert!(pairs.differ(0, 1) && !pairs.differ(0, 3));
        assert!(AllPairs::new(&[noise, vec![]], 0.95).is_none());
    }

    #[test]
    fn what_two_identical_members_show_is_no_difference() {
        let members = [vec![1.0; 20], vec![1.04; 20], vec![1.2; 20]];
        let identical = |low, high| Estimate { value: 1.0, interval: Some((low, high)) };
        let pairs = AllPairs::new(&members, 0.95).unwrap();
        assert!(pairs.differ(0, 1));
        let agreeing = pairs.clone().ignoring(identical(0.9, 1.1));
        assert!(agreeing.differ(0, 1));
        for doubtful in [identical(1.01, 1.05), identical(0.95, 0.99)] {
            let doubting = pairs.clone().ignoring(doubtful);
            assert!(!doubting.differ(0, 1) && doubting.differ(0, 2) && doubting.differ(2, 0));
        }
    }

    #[test]
    fn too_few_rounds_for_the_family_are_said_to_be() {
        let members: Vec<Vec<f64>> = (1..=17).map(|member| vec![f64::from(member); 10]).collect();
        let pairs = AllPairs::new(&members, 0.95).unwrap();
        assert_eq!(pairs.rounds_missing_to_rank(), 3);
        assert!(!pairs.differ(0, 16));
        let enough: Vec<Vec<f64>> = members.iter().map(|member| vec![member[0]; 13]).collect();
        let pairs = AllPairs::new(&enough, 0.95).unwrap();
        assert_eq!(pairs.rounds_missing_to_rank(), 0);
        assert!(pairs.differ(0, 16) && pairs.differ(3, 4));
    }
}
