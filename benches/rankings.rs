//! Are the claims of rankings true? Models whose differences are known are made from recorded rounds and compared.
//! How often is one of many identical models called worse? How often is a model that takes 10 % more called as good
//! as the best? And how many of the models that take more are found?
//!
//! The rounds come from the runs in `results/`, and from the last run if it says which process each sample was taken
//! in. Each simulated model has rounds of one recorded arm, drawn at random around the model's own middle. The
//! disturbances of the machine are therefore in the rounds as they were. A process effect of 1 % is added, since some
//! of the runs had one process for all rounds. "Disturbed" doubles one batch in fifteen as well.
//!
//! The answer looks like: for the method that is used, "false worse" and "false as good" are at most 5 %, and its
//! intervals hold in at least 94 % of tries, also if rounds end by their widths. The rows above it are the methods
//! that were not chosen. The last part measures 40 runs of one model against itself, with fresh processes and with
//! one process. The bench does not show how noisy another machine is.
//! `cargo bench -p fanout-benches --bench rankings` runs it, in about ten minutes.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, ensure};
use comfy_table::Table;
use comfy_table::presets::ASCII_MARKDOWN;
use fanout_harness::arm::RunningArm;
use fanout_harness::case::Case;
use fanout_harness::endpoint::Endpoint;
use fanout_models::AGAIN;
use fanout_record::paths::results;
use fanout_record::run::{Arm, Role, Run};
use fanout_record::{last, read, store};
use fanout_stats::{
    AgainstBest, Claims, Comparison, Estimate, LEVEL, Processes, Standing, against_best, each_against_a_control,
    each_of_all_pairs, mean, median, paired_ratio,
};
use fastrand::Rng;
use mock_server::Engine;
use statrs::distribution::{ContinuousCDF, Normal};

/// The number of models in each comparison.
const MODELS: usize = 16;

/// The true times of the models, as ratios to the best: six are the best, three each take 5 % and 10 % more, and four
/// take 20 % more.
const TRUTH: [f64; MODELS] = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.05, 1.05, 1.05, 1.1, 1.1, 1.1, 1.2, 1.2, 1.2, 1.2];

const CLAIMS: Claims = Claims { level: LEVEL, margin: 1.05, least: 1.0 };

/// The spread of the process effects that are added.
const PROCESS_EFFECT: f64 = 0.01;

fn main() -> ExitCode {
    fanout_harness::enter();
    // As in every bench, `--test` makes a short trial run.
    let tried = std::env::args().any(|argument| argument == "--test");
    match judge(if tried { 3 } else { 400 }).and_then(|()| repeat(if tried { 2 } else { 40 }, tried)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rankings: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the simulations, and prints the shares of claims with their limits.
fn judge(tries: usize) -> anyhow::Result<()> {
    let pools = pools()?;
    let arms: usize = pools.iter().map(Vec::len).sum();
    println!("{} recorded scenarios with {arms} arms; {tries} tries of {MODELS} models for each row\n", pools.len());
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header([
        "method",
        "rounds",
        "disturbed",
        "false worse",
        "false as good",
        "found 5 %",
        "found 10 %",
        "found 20 %",
        "known as good",
    ]);
    let mut rng = Rng::with_seed(1);
    for (name, method) in METHODS {
        for (rounds, disturbed) in [(15, false), (15, true), (30, false), (30, true)] {
            let mut counted = Counted::default();
            for _ in 0..tries {
                counted.identical(&method(&members(&pools, &[1.0; MODELS], rounds, disturbed, &mut rng)));
                counted.different(&method(&members(&pools, &TRUTH, rounds, disturbed, &mut rng)));
            }
            table.add_row(counted.row(name, rounds, disturbed, tries));
        }
    }
    println!("{table}\n\nLimits: false worse 5 %, false as good 5 %.\n");
    for disturbed in [false, true] {
        let held = (0..tries).filter(|_| holds(&pools, disturbed, &mut rng)).count();
        let share = 100.0 * held as f64 / tries as f64;
        println!(
            "Rounds that end by widths{}: all {MODELS} intervals hold in {share:.1} % of tries (limit 94 %).",
            if disturbed { ", disturbed" } else { "" }
        );
    }
    Ok(())
}

/// The distance of each round of an arm from the arm's middle, as a logarithm.
type Pool = Vec<f64>;

/// Returns the arms of each recorded scenario that has enough arms with enough rounds.
fn pools() -> anyhow::Result<Vec<Vec<Pool>>> {
    let mut runs: Vec<Run> = Vec::new();
    for path in store::runs(&results())? {
        runs.push(read::run(&path)?);
    }
    // The last run is used if there is one and its processes are known.
    runs.extend(read::run(&last::path()).ok().filter(processes_known));
    let scenarios = runs.iter().flat_map(|run| &run.questions).flat_map(|question| &question.scenarios);
    let pools: Vec<Vec<Pool>> = scenarios
        .map(|measured| {
            let whole = |arm: &&Arm| arm.role == Role::Model && arm.failure.is_none() && arm.samples.len() >= 10;
            measured.arms.iter().filter(whole).map(pool).collect()
        })
        .filter(|arms: &Vec<Pool>| arms.len() > 5)
        .collect();
    ensure!(!pools.is_empty(), "there is no recorded run with enough rounds: record one with `cargo fanout record`");
    Ok(pools)
}

fn processes_known(run: &Run) -> bool {
    let scenarios = run.questions.iter().flat_map(|question| &question.scenarios);
    scenarios.flat_map(|it| &it.arms).flat_map(|arm| &arm.samples).all(|sample| sample.process.is_some())
}

fn pool(arm: &Arm) -> Pool {
    let logs: Vec<f64> = arm.samples.iter().map(|sample| (sample.wall_ns as f64).ln()).collect();
    let middle = median(&logs, LEVEL).map_or(0.0, |median| median.value);
    logs.iter().map(|log| log - middle).collect()
}

/// Makes models with the true times `truth`, and with the noise of the arms of one recorded scenario.
fn members(pools: &[Vec<Pool>], truth: &[f64], rounds: usize, disturbed: bool, rng: &mut Rng) -> Members {
    let arms = &pools[rng.usize(..pools.len())];
    let member = |truth: &f64, rng: &mut Rng| {
        let arm = &arms[rng.usize(..arms.len())];
        let round = |rng: &mut Rng| {
            let log = arm[rng.usize(..arm.len())];
            // The sum of twelve uniform numbers is about normal, and has a variance of 1.
            let effect = PROCESS_EFFECT * ((0..12).map(|_| rng.f64()).sum::<f64>() - 6.0);
            // The sign is turned half of the time, so that the mean and the median of a model are the same, and one
            // value is its truth.
            let sign = if rng.bool() { 1.0 } else { -1.0 };
            (sign * log + effect).exp() * truth
        };
        let mut values: Vec<f64> = (0..rounds).map(|_| round(rng)).collect();
        if disturbed {
            values.iter_mut().filter(|_| rng.usize(..15) == 0).for_each(|value| *value *= 2.0);
        }
        values
    };
    truth.iter().map(|truth| member(truth, rng)).collect()
}

/// The values of each model, round by round.
type Members = Vec<Vec<f64>>;

/// A method, which returns the standing of each model.
type Method = fn(&Members) -> Vec<Standing>;

const METHODS: [(&str, Method); 5] = [
    ("sign tests over all pairs, Holm (before)", sign_tests),
    ("median over rounds, order statistics", |members| by_pairs(members, over_rounds)),
    ("Hodges-Lehmann over rounds, signed ranks", |members| by_pairs(members, hodges_lehmann)),
    ("mean over rounds, Student's t", |members| by_pairs(members, mean)),
    ("winsorised means, moderated t (used)", used),
];

fn used(members: &Members) -> Vec<Standing> {
    compared(members).iter().map(|against| against.standing).collect()
}

fn compared(members: &Members) -> Vec<AgainstBest> {
    let process_of_round: Vec<usize> = (0..members[0].len()).collect();
    let processes = Processes::new(members, &process_of_round).expect("all values are positive");
    let comparison = Comparison::new(processes, (0..members.len()).collect(), CLAIMS);
    comparison.expect("all members have all rounds").against_best().to_vec()
}

/// Compares the models by any estimator of a mean or median of the logarithms of paired ratios, in place of the one
/// that is used.
fn by_pairs(members: &Members, estimate: fn(&[f64], f64) -> Option<Estimate>) -> Vec<Standing> {
    let at = |level: f64| -> Vec<Vec<Estimate>> {
        let ratio = |a: &Vec<f64>, b: &Vec<f64>| {
            let logs: Vec<f64> = a.iter().zip(b).map(|(a, b)| (a / b).ln()).collect();
            estimate(&logs, level).expect("there are rounds")
        };
        members.iter().map(|a| members.iter().map(|b| ratio(a, b)).collect()).collect()
    };
    let n = members.len();
    let against = against_best(&at(each_against_a_control(LEVEL, n)), &at(each_of_all_pairs(LEVEL, n)), CLAIMS);
    against.expect("there are members").iter().map(|against| against.standing).collect()
}

fn over_rounds(logs: &[f64], level: f64) -> Option<Estimate> {
    median(logs, level)
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

/// The counts from many tries.
#[derive(Default)]
struct Counted {
    false_worse: usize,
    false_as_good: usize,
    /// How many of the models that take 5, 10 and 20 % more were called worse.
    found: [usize; 3],
    as_good: usize,
}

impl Counted {
    fn identical(&mut self, standings: &[Standing]) {
        self.false_worse += usize::from(standings.contains(&Standing::Worse));
    }

    fn different(&mut self, standings: &[Standing]) {
        let is_good = |standing: &Standing| matches!(standing, Standing::Best | Standing::AsGood);
        let takes = |wanted: f64| {
            let with = TRUTH.iter().zip(standings).filter(move |(truth, _)| (**truth - wanted).abs() < 1e-9);
            with.map(|(_, standing)| standing)
        };
        self.false_as_good += usize::from(takes(1.1).chain(takes(1.2)).any(is_good));
        for (found, wanted) in self.found.iter_mut().zip([1.05, 1.1, 1.2]) {
            *found += takes(wanted).filter(|standing| **standing == Standing::Worse).count();
        }
        self.as_good += takes(1.0).filter(|standing| is_good(standing)).count();
    }

    fn row(&self, name: &str, rounds: usize, disturbed: bool, tries: usize) -> Vec<String> {
        let percent = |n: usize, of: usize| format!("{:.1} %", 100.0 * n as f64 / (of * tries) as f64);
        let [five, ten, twenty] = self.found;
        vec![
            name.into(),
            rounds.to_string(),
            if disturbed { "yes" } else { "no" }.into(),
            percent(self.false_worse, 1),
            percent(self.false_as_good, 1),
            percent(five, 3),
            percent(ten, 3),
            percent(twenty, 4),
            percent(self.as_good, 6),
        ]
    }
}

/// Returns whether all intervals hold if rounds end as in a bench: from ten rounds on, as soon as each interval is as
/// narrow as the margin or lies above 1, or after 50 rounds.
fn holds(pools: &[Vec<Pool>], disturbed: bool, rng: &mut Rng) -> bool {
    let all = members(pools, &TRUTH, 50, disturbed, rng);
    let so_far = |rounds: usize| all.iter().map(|values| values[..rounds].to_vec()).collect();
    let settled = |against: &AgainstBest| {
        let narrow = against.ratio.interval.is_some_and(|(low, high)| high / low <= CLAIMS.margin);
        narrow || against.standing == Standing::Worse
    };
    let ended = (10..50).find(|rounds| compared(&so_far(*rounds)).iter().all(settled)).unwrap_or(50);
    let against = compared(&so_far(ended));
    against.iter().zip(TRUTH).all(|(against, truth)| {
        let near = |(low, high): (f64, f64)| low <= truth * (1.0 + 1e-9) && truth <= high * (1.0 + 1e-9);
        against.ratio.interval.is_some_and(near)
    })
}

/// Measures one model against itself `runs` times, and counts how often the 95 % interval excludes 1. It does so with
/// fresh processes in each round, and, as before, with one process for all rounds.
fn repeat(runs: usize, tried: bool) -> anyhow::Result<()> {
    let (concurrency, delay) = (NonZeroUsize::new(20), Duration::from_millis(1));
    let case = Case { concurrency, delay, engine: Engine::Hyper, ..Case::WARM };
    let scenario = case.scenario();
    let endpoint = Endpoint::open_for(&scenario, case.engine)?;
    let work = endpoint.work(&scenario)?;
    let entrant = case.entrant(AGAIN.id().into(), AGAIN, Role::Model)?;
    const ROUNDS: usize = 15;
    let mut excluded = [0, 0];
    for _ in 0..runs {
        for (excluded, processes) in excluded.iter_mut().zip([ROUNDS, 1]) {
            let mut times = vec![Vec::new(), Vec::new()];
            let mut process_of_round = Vec::new();
            for process in 0..processes {
                let mut arms = [RunningArm::new(&entrant, &work)?, RunningArm::new(&entrant, &work)?];
                for _ in 0..ROUNDS / processes {
                    let first = usize::from(fastrand::bool());
                    for arm in [first, 1 - first] {
                        times[arm].push(arms[arm].sample(process_of_round.len())?.0.wall_ns as f64);
                    }
                    process_of_round.push(process);
                }
            }
            let ratio = if processes > 1 {
                Processes::new(&times, &process_of_round).and_then(|it| it.ratio(0, 1, LEVEL))
            } else {
                paired_ratio(&times[0], &times[1], LEVEL)
            };
            *excluded += usize::from(ratio.context("no rounds")?.covers(1.0) == Some(false));
        }
    }
    let [fresh, one] = excluded;
    println!(
        "\nOne model against itself, {runs} runs of {ROUNDS} rounds: the 95 % interval excludes 1 in {fresh} with \
         fresh processes in each round (limit 3 of 40), and in {one} with one process each, as before."
    );
    ensure!(tried || fresh * 40 <= 3 * runs, "identical arms differ too often");
    Ok(())
}
