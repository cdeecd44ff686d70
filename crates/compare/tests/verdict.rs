//! Tests verdicts over sessions whose figures are known, and by simulation with fixed seeds.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use fanout_analysis::verdict::Verdict;
use fanout_compare::session::{Cost, Session};
use fanout_compare::verdict::{CostKind, judge, narrow};
use fanout_stats::LEVEL;
use fastrand::Rng;

/// Draws normal noise (Box & Muller 1958).
fn noise(rng: &mut Rng, deviation: f64) -> f64 {
    let (u, v) = (1.0 - rng.f64(), rng.f64());
    deviation * (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

/// Makes sessions in which B takes `times` as much as A. A process is off by some percent for its life, and a round
/// by some more.
fn sessions(rng: &mut Rng, n: usize, times: f64, process: f64, round: f64) -> Vec<Session> {
    let session = |rng: &mut Rng| {
        let mut arm = |times: f64| {
            let own = noise(rng, process);
            let cost = |rng: &mut Rng| {
                let ns = (1e7 * times * (own + noise(rng, round)).exp()) as u64;
                Cost { wall_ns: ns, cpu_ns: ns }
            };
            (0..20).map(|_| cost(rng)).collect::<Vec<_>>()
        };
        Session { baseline: arm(1.0), again: arm(1.0), candidate: arm(times) }
    };
    (0..n).map(|_| session(rng)).collect()
}

fn verdict(sessions: &[Session], threshold: f64) -> Verdict {
    judge(sessions, CostKind::Cpu, threshold, LEVEL).unwrap().verdict
}

fn share(tries: u32, mut of: impl FnMut() -> bool) -> f64 {
    f64::from((0..tries).map(|_| u32::from(of())).sum::<u32>()) / f64::from(tries)
}

#[test]
fn slower_faster_the_same_and_unknown_are_told_apart() {
    let mut rng = Rng::with_seed(1);
    let found = judge(&sessions(&mut rng, 8, 1.10, 0.005, 0.02), CostKind::Time, 0.03, LEVEL).unwrap();
    assert!(found.verdict == Verdict::Regressed && (1.08..1.12).contains(&found.ratio.value), "{found:?}");
    assert_eq!(verdict(&sessions(&mut rng, 8, 0.9, 0.005, 0.02), 0.03), Verdict::Improved);
    assert_eq!(verdict(&sessions(&mut rng, 8, 1.0, 0.005, 0.02), 0.03), Verdict::Equivalent);
    let wide = [0.8, 1.3, 0.9, 1.2].map(|times| sessions(&mut rng, 1, times, 0.0, 0.01)).concat();
    assert_eq!(verdict(&wide, 0.03), Verdict::Inconclusive);
    assert_eq!(verdict(&sessions(&mut rng, 1, 2.0, 0.0, 0.0), 0.03), Verdict::Inconclusive);
    assert_eq!(judge(&[], CostKind::Time, 0.03, LEVEL), None);
    assert!(narrow(&sessions(&mut rng, 30, 1.0, 0.005, 0.01), 0.03));
    assert!(!narrow(&sessions(&mut rng, 5, 1.0, 0.1, 0.01), 0.03));
}

/// The rounds of one process are not independent. If builds were judged by rounds, identical ones would differ nearly
/// always here.
#[test]
fn identical_builds_are_called_slower_no_more_often_than_the_interval_says() {
    let mut rng = Rng::with_seed(2);
    let wrong = share(2_000, || verdict(&sessions(&mut rng, 8, 1.0, 0.02, 0.01), 0.001) == Verdict::Regressed);
    // It is 2.5 % on one side, and less because of what A against A shows. A confirmation in fresh processes makes it
    // rarer still.
    assert!(wrong < 0.035, "{wrong}");
}

/// The costs of a process that sometimes sleeps lie at two places. If builds were judged by each round's ratio,
/// identical ones would differ, because A is two of the three.
#[test]
fn identical_builds_with_skewed_costs_do_not_differ_on_the_average() {
    let mut rng = Rng::with_seed(4);
    let cost = |rng: &mut Rng| {
        let ns = (1e7 * if rng.f64() < 0.3 { 0.8 } else { 1.0 } * noise(rng, 0.02).exp()) as u64;
        Cost { wall_ns: ns, cpu_ns: ns }
    };
    let arm = |rng: &mut Rng| (0..20).map(|_| cost(rng)).collect::<Vec<_>>();
    let sessions: Vec<Session> = (0..2_000)
        .map(|_| Session { baseline: arm(&mut rng), again: arm(&mut rng), candidate: arm(&mut rng) })
        .collect();
    let found = judge(&sessions, CostKind::Cpu, 0.03, LEVEL).unwrap();
    assert!((found.ratio.value - 1.0).abs() < 0.001, "{found:?}");
}

#[test]
fn five_percent_are_seen_and_one_percent_is_not_called_nothing_under_a_threshold_below_it() {
    let mut rng = Rng::with_seed(3);
    let seen = share(500, || verdict(&sessions(&mut rng, 8, 1.05, 0.015, 0.03), 0.03) == Verdict::Regressed);
    assert!(seen > 0.95, "{seen}");
    let nothing = share(500, || verdict(&sessions(&mut rng, 8, 1.01, 0.005, 0.02), 0.005) == Verdict::Equivalent);
    assert!(nothing < 0.05, "{nothing}");
}

#[test]
fn a_difference_that_identical_builds_also_show_is_not_counted() {
    let cost = |ns: u64| vec![Cost { wall_ns: ns, cpu_ns: ns }; 5];
    let session = |again, b| Session { baseline: cost(1_000_000), again: cost(again), candidate: cost(b) };
    // A again is always 10 % slower than A, and B is slower than both.
    let odd: Vec<Session> = (0..6).map(|i| session(1_100_000 + i, 1_150_000 + i)).collect();
    let found = judge(&odd, CostKind::Time, 0.03, LEVEL).unwrap();
    assert!(found.threshold > 0.09 && found.verdict != Verdict::Regressed, "{found:?}");
}
