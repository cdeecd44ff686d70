//! Compares each member of a comparison with the best, whichever member that is, and any two members with each other.

use crate::estimate::Estimate;
use crate::processes::Processes;

/// How a member stands against the best of all. Less is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The member has the smallest figure, and is as good as the best, whichever member that is.
    Best,
    /// The member takes no more than the margin above what the best takes.
    AsGood,
    /// The best takes less.
    Worse,
    /// Neither is known, because the interval is too wide.
    NotKnown,
}

/// A member against the best of all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AgainstBest {
    /// How the member stands.
    pub standing: Standing,
    /// How many times as much the member takes as the one with the smallest figure, with the interval of the member's
    /// ratio to the best, whichever member that is. The value and the ends of the interval are 1 at least.
    pub ratio: Estimate,
}

impl AgainstBest {
    /// Returns whether more measurements would show nothing that matters: the member is worse than the best, or its
    /// interval is no wider than the margin.
    #[must_use]
    pub fn is_settled(&self, margin: f64) -> bool {
        let narrow = self.ratio.interval.is_some_and(|(low, high)| high / low <= margin);
        narrow || self.standing == Standing::Worse
    }
}

/// How one member stands against another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Between {
    /// The first member takes less.
    Better,
    /// The two members differ by less than the margin.
    AsGood,
    /// The first member takes more.
    Worse,
    /// None of these is known.
    NotKnown,
}

/// The limits of what a comparison may claim.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Claims {
    /// The probability that all claims of a kind hold: that members are as good as the best, that they are worse, or
    /// all claims about pairs.
    pub level: f64,
    /// The ratio up to which two members are as good as each other, such as 1.05.
    pub margin: f64,
    /// The noise bound: the ratio up to which a difference does not count. It is 1 if there is no bound.
    pub least: f64,
}

/// A comparison of some members of [`Processes`].
///
/// It uses multiple comparisons with the best. If each member were the control in turn, simultaneous intervals
/// against that control would hold. A member that is worse than another one by its interval cannot be the best; the
/// others may be. The ratio of a member to the best lies between the least and the greatest end of its intervals
/// against the members that may be the best, because one of them is the true best.
///
/// That a member is as good as the best is a claim about its upper end alone, and that a member cannot be the best
/// needs the same ends of the same intervals. Therefore these ends are those of one-sided intervals, and the upper
/// ends hold together with probability `level`. That a member is worse is a claim about its lower end, and these
/// ends are those of two-sided intervals. Both ends together hold in at least 97.5 % of simulated tries
/// (`docs/method.md`).
///
/// A member that takes more than any other member also takes more than the best, whichever member that is. Therefore
/// the lower end of its greatest ratio to another member is a lower end here as well, by intervals that hold for all
/// pairs together.
///
/// Sources: Edwards & Hsu, "Multiple Comparisons with the Best Treatment", *Journal of the American Statistical
/// Association* 78 (1983), for the intervals; Hsu, "Constrained simultaneous confidence intervals for multiple
/// comparisons with the best", *The Annals of Statistics* 12 (1984), for the one-sided ends. The intervals against a
/// control have Bonferroni's correction over the other members, which needs no assumption about how they depend on
/// each other.
#[derive(Debug)]
pub struct Comparison {
    processes: Processes,
    /// The members that are compared, by their places in `processes`.
    members: Vec<usize>,
    claims: Claims,
    against: Vec<AgainstBest>,
}

impl Comparison {
    /// Compares these members, which are given by their places in `processes`. Returns `None` if there are none, or
    /// if two of them have no process in common.
    #[must_use]
    pub fn new(processes: Processes, members: Vec<usize>, claims: Claims) -> Option<Self> {
        let log_ratio = |a: usize, b: usize, level: f64| processes.log_ratio(members[a], members[b], level);
        let against = against_best(members.len(), log_ratio, claims)?;
        Some(Self { processes, members, claims, against })
    }

    /// Returns how each member stands against the best, in the order of the members.
    #[must_use]
    pub fn against_best(&self) -> &[AgainstBest] {
        &self.against
    }

    /// Returns how many times as much member `a` takes as member `b`, with an interval that holds for all pairs
    /// together, and how the two stand. Both are given by their places among the members. Returns `None` if one of
    /// them is beyond the last member.
    #[must_use]
    pub fn between(&self, a: usize, b: usize) -> Option<(Estimate, Between)> {
        let level = each_of_all_pairs(self.claims.level, self.members.len());
        let ratio = self.processes.ratio(*self.members.get(a)?, *self.members.get(b)?, level)?;
        Some((ratio, self.claims.between(ratio)))
    }
}

impl Claims {
    /// Returns how two members stand if this is their ratio.
    #[must_use]
    pub fn between(&self, ratio: Estimate) -> Between {
        match ratio.interval {
            Some((low, high)) if low >= 1.0 / self.margin && high <= self.margin => Between::AsGood,
            Some((low, _)) if low > self.least => Between::Worse,
            Some((_, high)) if high < 1.0 / self.least => Between::Better,
            _ => Between::NotKnown,
        }
    }
}

/// Returns the level of one of so many intervals that are to hold together at `level` (Bonferroni).
fn each(level: f64, intervals: usize) -> f64 {
    1.0 - (1.0 - level) / intervals.max(1) as f64
}

/// Compares each of `n` members with the best. `log_ratio` returns the logarithm of the ratio of one member to
/// another, with a two-sided interval at a level. Returns `None` if there is no member, or if a ratio is missing.
#[must_use]
pub fn against_best(
    n: usize,
    log_ratio: impl Fn(usize, usize, f64) -> Option<Estimate>,
    claims: Claims,
) -> Option<Vec<AgainstBest>> {
    let at = |level: f64| -> Option<Vec<Vec<Estimate>>> {
        (0..n).map(|a| (0..n).map(|b| log_ratio(a, b, level)).collect()).collect()
    };
    let rivals = n.saturating_sub(1);
    // Each end of a two-sided interval misses half as often as the whole interval.
    let one_sided = at(each(2.0 * claims.level - 1.0, rivals))?;
    let two_sided = at(each(claims.level, rivals))?;
    let pairs = at(each_of_all_pairs(claims.level, n))?;
    let low = |ratios: &[Vec<Estimate>], a: usize, b: usize| {
        ratios[a][b].interval.map_or(f64::NEG_INFINITY, |(low, _)| low)
    };
    let high = |a: usize, b: usize| one_sided[a][b].interval.map_or(f64::INFINITY, |(_, high)| high);
    let value = |a: usize, b: usize| pairs[a][b].value;
    let leader = (0..n).max_by_key(|a| ((0..n).filter(|b| value(*a, *b) < 0.0).count(), n - a))?;
    let least = claims.least.ln();
    let others = |a: usize| (0..n).filter(move |b| *b != a);
    let may_be_best = |a: &usize| *a == leader || !others(*a).any(|b| low(&one_sided, *a, b) > least);
    let candidates: Vec<usize> = (0..n).filter(may_be_best).collect();
    let stands = |a: usize| {
        let rivals = || candidates.iter().copied().filter(|b| *b != a);
        // No member takes less than the best.
        let upper = rivals().map(|b| high(a, b)).fold(0.0, f64::max);
        let above = rivals().map(|b| low(&two_sided, a, b)).fold(f64::INFINITY, f64::min);
        let above_another = others(a).map(|b| low(&pairs, a, b)).fold(0.0, f64::max);
        let lower = match (a == leader, candidates.contains(&a)) {
            (true, _) => 0.0,
            (false, true) => above_another,
            (false, false) => above.max(above_another),
        };
        let standing = match (a == leader, upper <= claims.margin.ln(), lower > least) {
            (true, true, _) => Standing::Best,
            (false, true, _) => Standing::AsGood,
            (_, false, true) => Standing::Worse,
            (_, false, false) => Standing::NotKnown,
        };
        let interval = upper.is_finite().then(|| (lower.clamp(0.0, upper).exp(), upper.exp()));
        AgainstBest { standing, ratio: Estimate { value: value(a, leader).max(0.0).exp(), interval } }
    };
    Some((0..n).map(stands).collect())
}

/// Returns the level of the interval of each pair of so many members, so that the intervals of all pairs hold
/// together at `level` (Bonferroni).
fn each_of_all_pairs(level: f64, members: usize) -> f64 {
    each(level, members * members.saturating_sub(1) / 2)
}

#[cfg(test)]
mod tests {
    use statrs::distribution::{ContinuousCDF, StudentsT};

    use super::*;

    const CLAIMS: Claims = Claims { level: 0.95, margin: 1.05, least: 1.0 };

    /// Makes processes of these members: ten processes of two rounds each.
    fn processes(members: &[&[f64]]) -> Processes {
        let of_round: Vec<usize> = (0..20).map(|round| round / 2).collect();
        let members: Vec<Vec<f64>> = members.iter().map(|values| values.to_vec()).collect();
        Processes::new(&members, &of_round).unwrap()
    }

    /// Returns 20 values from `center` up to the share `spread` above it. Members with another `phase` have other
    /// values.
    fn around(center: f64, spread: f64, phase: usize) -> Vec<f64> {
        (0..20).map(|round| center * (1.0 + spread * ((round * 7 + phase * 3) % 11) as f64 / 11.0)).collect()
    }

    fn standings(processes: &Processes, n: usize) -> Vec<Standing> {
        let comparison = Comparison::new(processes.clone(), (0..n).collect(), CLAIMS).unwrap();
        comparison.against_best().iter().map(|against| against.standing).collect()
    }

    #[test]
    fn who_is_within_the_margin_is_as_good_and_who_is_beyond_1_is_worse_with_the_size() {
        let members = [around(1.0, 0.01, 0), around(1.005, 0.01, 1), around(1.2, 0.01, 2), around(2.0, 0.5, 3)];
        let processes = processes(&members.each_ref().map(Vec::as_slice));
        assert_eq!(standings(&processes, 4), [Standing::Best, Standing::AsGood, Standing::Worse, Standing::Worse]);
        let comparison = Comparison::new(processes.clone(), vec![0, 1, 2, 3], CLAIMS).unwrap();
        let (low, high) = comparison.against_best()[2].ratio.interval.unwrap();
        assert!(low > 1.15 && high < 1.25, "{low} {high}");
        let best = comparison.against_best()[0].ratio;
        assert!(
            (best.value - 1.0).abs() < 1e-12 && best.interval.unwrap().0 <= 1.0 && best.interval.unwrap().1 < 1.05
        );
    }

    #[test]
    fn what_is_too_noisy_is_not_known_and_is_never_a_tie() {
        let mut members = [around(1.0, 0.9, 0), around(1.02, 0.9, 0)];
        members[1].reverse();
        assert_eq!(standings(&processes(&members.each_ref().map(Vec::as_slice)), 2), [Standing::NotKnown; 2]);
    }

    /// With nine degrees of freedom, the upper end of a one-sided interval at 95 % is 1.833 standard errors above the
    /// mean. With the 2.262 of a two-sided one, member 1 would not be known to be as good.
    #[test]
    fn that_a_member_is_as_good_is_a_claim_about_one_end() {
        let ratio = |a: usize, b: usize, level: f64| {
            let student = StudentsT::new(0.0, 1.0, 9.0).unwrap().inverse_cdf(f64::midpoint(1.0, level));
            let value = 0.008 * (a as f64 - b as f64);
            let half = if a == b { 0.0 } else { student * 0.02 };
            Some(Estimate { value, interval: Some((value - half, value + half)) })
        };
        let against = against_best(2, ratio, CLAIMS).unwrap();
        assert_eq!([against[0].standing, against[1].standing], [Standing::Best, Standing::AsGood]);
        let (low, high) = against[1].ratio.interval.unwrap();
        assert!(low == 1.0 && (high.ln() - (0.008 + 1.833 * 0.02)).abs() < 1e-4, "{low} {high}");
    }

    #[test]
    fn without_an_interval_nothing_is_known_and_one_alone_is_the_best() {
        let one = Processes::new(&[vec![1.0, 1.0], vec![9.0, 9.0]], &[0, 0]).unwrap();
        assert_eq!(standings(&one, 2), [Standing::NotKnown; 2]);
        let comparison = Comparison::new(one.clone(), vec![0, 1], CLAIMS).unwrap();
        assert_eq!(comparison.between(1, 0).unwrap().1, Between::NotKnown);
        assert_eq!(standings(&one, 1), [Standing::Best]);
        assert!(Comparison::new(one.clone(), Vec::new(), CLAIMS).is_none());
    }

    #[test]
    fn a_difference_within_the_noise_bound_does_not_count() {
        let members = [around(1.0, 0.001, 0), around(1.08, 0.001, 1), around(1.5, 0.001, 2)];
        let processes = processes(&members.each_ref().map(Vec::as_slice));
        let claims = Claims { least: 1.1, ..CLAIMS };
        let comparison = Comparison::new(processes.clone(), vec![0, 1, 2], claims).unwrap();
        let found: Vec<Standing> = comparison.against_best().iter().map(|against| against.standing).collect();
        assert_eq!(found[1..], [Standing::NotKnown, Standing::Worse]);
        assert_eq!(comparison.between(1, 0).unwrap().1, Between::NotKnown);
        assert_eq!(comparison.between(0, 2).unwrap().1, Between::Better);
    }

    #[test]
    fn any_two_are_compared_either_way_round_at_a_level_of_their_own() {
        let members = [around(1.0, 0.01, 0), around(1.1, 0.01, 1), around(1.11, 0.01, 2)];
        let processes = processes(&members.each_ref().map(Vec::as_slice));
        let comparison = Comparison::new(processes.clone(), vec![2, 0, 1], CLAIMS).unwrap();
        assert_eq!(comparison.between(0, 1).unwrap().1, Between::Worse);
        assert_eq!(comparison.between(1, 0).unwrap().1, Between::Better);
        assert_eq!(comparison.between(0, 2).unwrap().1, Between::AsGood);
        assert!(comparison.between(0, 3).is_none());
    }
}
