//! The methods that are compared: the one that is used, and those that were not chosen.

use fanout_harness::config::LEAST_ROUNDS;
use fanout_harness::schedule::Schedule;
use fanout_stats::{
    AgainstBest, Claims, Comparison, Estimate, LEVEL, Processes, Standing, against_best, mean, median,
};
use fastrand::Rng;
use statrs::distribution::{ContinuousCDF, Normal};

use crate::made::{Members, Pools, TRUTH, members};

/// What each method may claim. The margin is that of a bench.
const CLAIMS: Claims = Claims { level: LEVEL, margin: 1.05, least: 1.0 };

/// A method, which returns the standing of each model.
type Method = fn(&Members) -> Vec<Standing>;

/// The methods with their names.
pub(crate) const METHODS: [(&str, Method); 5] = [
    ("sign tests over all pairs, Holm (before)", sign_tests),
    ("median over rounds, order statistics", |members| by_pairs(members, median)),
    ("Hodges-Lehmann over rounds, signed ranks", |members| by_pairs(members, hodges_lehmann)),
    ("mean over rounds, Student's t", |members| by_pairs(members, mean)),
    ("winsorised means, moderated t (used)", |members| standings(&compared(members, members.values[0].len()))),
];

fn standings(against: &[AgainstBest]) -> Vec<Standing> {
    against.iter().map(|against| against.standing).collect()
}

/// Compares the models after so many of their rounds, by the method that is used.
fn compared(members: &Members, rounds: usize) -> Vec<AgainstBest> {
    let values: Vec<Vec<f64>> = members.values.iter().map(|values| values[..rounds].to_vec()).collect();
    let processes = Processes::new(&values, &members.process_of_round(rounds)).expect("all values are positive");
    let comparison = Comparison::new(processes, (0..values.len()).collect(), CLAIMS);
    comparison.expect("all members have all rounds").against_best().to_vec()
}

/// Compares the models by any estimator of a mean or median of the logarithms of paired ratios, in place of the one
/// that is used.
fn by_pairs(members: &Members, estimate: fn(&[f64], f64) -> Option<Estimate>) -> Vec<Standing> {
    let values = &members.values;
    let log_ratio = |a: usize, b: usize, level: f64| {
        let logs: Vec<f64> = values[a].iter().zip(&values[b]).map(|(a, b)| (a / b).ln()).collect();
        estimate(&logs, level)
    };
    standings(&against_best(values.len(), log_ratio, CLAIMS).expect("there are members with rounds"))
}

/// Returns whether all intervals hold if rounds end as in a bench: from the least rounds and processes on, as soon as
/// each interval is as narrow as the margin or lies above 1, or after 50 rounds.
pub(crate) fn holds(pools: &Pools, rounds_each: usize, disturbed: bool, rng: &mut Rng) -> bool {
    const MOST: usize = 50;
    let all = members(pools, &TRUTH, MOST, rounds_each, disturbed, rng);
    let schedule = Schedule { least: LEAST_ROUNDS, most: MOST, time: None };
    let is_end = |processes: &usize| {
        let rounds = processes * rounds_each;
        schedule.has_least(rounds, *processes)
            && compared(&all, rounds).iter().all(|against| against.is_settled(CLAIMS.margin))
    };
    let ended = (1..MOST.div_ceil(rounds_each)).find(is_end).map_or(MOST, |processes| processes * rounds_each);
    let against = compared(&all, ended);
    against.iter().zip(TRUTH).all(|(against, truth)| {
        let near = |(low, high): (f64, f64)| low <= truth * (1.0 + 1e-9) && truth <= high * (1.0 + 1e-9);
        against.ratio.interval.is_some_and(near)
    })
}

/// Returns the median of all means of two values, and the interval between those means that the signed-rank test
/// leaves. Source: Hollander, Wolfe & Chicken, *Nonparametric Statistical Methods*, 3rd ed. (2014), section 3.3; the
/// critical value is that of the normal approximation, as section 3.1 gives it.
fn hodges_lehmann(logs: &[f64], level: f64) -> Option<Estimate> {
    let n = logs.len();
    let mut means: Vec<f64> = (0..n).flat_map(|i| (i..n).map(move |j| f64::midpoint(logs[i], logs[j]))).collect();
    means.sort_unstable_by(f64::total_cmp);
    let (rounds, half) = (n as f64, (1.0 - level) / 2.0);
    let deviation = (rounds * (rounds + 1.0) * (2.0 * rounds + 1.0) / 24.0).sqrt();
    let quantile = Normal::standard().inverse_cdf(1.0 - half);
    let rank = (rounds * (rounds + 1.0) / 4.0 - quantile * deviation).floor();
    let value = median(&means, LEVEL)?.value;
    let interval = (rank >= 1.0).then(|| (means[rank as usize - 1], means[means.len() - rank as usize]));
    Some(Estimate { value, interval })
}

/// The earlier method: it makes sign tests of all pairs with Holm's correction. All models that the tests do not tell
/// apart from the one with the smallest median are called as good.
fn sign_tests(members: &Members) -> Vec<Standing> {
    let members = &members.values;
    let n = members.len();
    let center = |values: &Vec<f64>| median(values, LEVEL).map_or(f64::NAN, |median| median.value);
    let leader = (0..n).min_by(|a, b| center(&members[*a]).total_cmp(&center(&members[*b]))).unwrap_or(0);
    let mut tests: Vec<((usize, usize), f64)> = (0..n)
        .flat_map(|a| (0..a).map(move |b| (a, b)))
        .map(|(a, b)| ((a, b), sign_test(&members[a], &members[b])))
        .collect();
    tests.sort_by(|a, b| a.1.total_cmp(&b.1));
    let all = tests.len();
    let differing = tests.into_iter().enumerate().take_while(|(i, (_, p))| p * ((all - i) as f64) <= 1.0 - LEVEL);
    let differing: Vec<(usize, usize)> = differing.map(|(_, (pair, _))| pair).collect();
    let standing = |member: usize| {
        let differs = differing.contains(&(member.max(leader), member.min(leader)));
        if differs { Standing::Worse } else { Standing::AsGood }
    };
    (0..n).map(standing).collect()
}

/// Returns the p-value of the sign test: the probability that fair coins, one for each round, fall at least as
/// unevenly as the rounds in which `a` or `b` is smaller.
fn sign_test(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len();
    let less = a.iter().zip(b).filter(|(a, b)| a < b).count();
    let fewer = less.min(n - less);
    let (mut exactly, mut sum) = (0.5_f64.powi(i32::try_from(n).unwrap_or(i32::MAX)), 0.0);
    for k in 0..=fewer {
        sum += exactly;
        exactly *= (n - k) as f64 / (k + 1) as f64;
    }
    (2.0 * sum).min(1.0)
}
