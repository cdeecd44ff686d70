//! Compares members that were measured in the same rounds, each in several processes. It computes their ratios, with
//! intervals over processes and rounds.

use crate::estimate::Estimate;
use crate::moderated::{Prior, moments};
use crate::winsor::winsorised;

/// The measurements of some members, process by process.
///
/// Each member has one process after another, and all members change their processes after the same rounds. The
/// properties of a process (where its memory lies, which thread woke first) affect all of its rounds. Therefore an
/// interval is made from one value for each process: the mean of the process's rounds, on a logarithmic scale and
/// [winsorised]. The variance of a pair of members is moderated by what the variances of all members have in common,
/// because a variance cannot be known well from a few processes.
///
/// Sources: Kalibera & Jones, "Rigorous Benchmarking in Reasonable Time" (ISMM 2013), section 6: the interval is over
/// the highest level of repetition that varies; Dixon & Tukey, "Approximate behavior of the distribution of
/// winsorized t", *Technometrics* 10 (1968), for the factor by which pulling values in widens an interval; Smyth
/// (2004) for the variances. This method was chosen among others by simulation: see `docs/method.md`.
///
/// [winsorised]: https://en.wikipedia.org/wiki/Winsorizing
#[derive(Clone, Debug)]
pub struct Processes {
    members: Vec<Member>,
    prior: Prior,
}

#[derive(Clone, Debug)]
struct Member {
    /// The mean logarithm of each of the member's processes.
    means: Vec<f64>,
    rounds: usize,
    /// The number of the member's rounds that were pulled in.
    pulled_in: usize,
}

impl Processes {
    /// Makes the processes from the values of each member, round by round, and from the process of each round. A
    /// member may have ended before the others. A process of which a member has only some rounds is left out, unless
    /// the member has no other process. The last process may have fewer rounds for all members; it counts as the
    /// others do.
    ///
    /// Returns `None` if a value is not positive and finite, or if there are more values than rounds.
    #[must_use]
    pub fn new(members: &[Vec<f64>], process_of_round: &[usize]) -> Option<Self> {
        let sound = |values: &Vec<f64>| {
            values.len() <= process_of_round.len() && values.iter().all(|value| *value > 0.0 && value.is_finite())
        };
        if !members.iter().all(sound) {
            return None;
        }
        let logs: Vec<Vec<f64>> = members.iter().map(|values| values.iter().map(|it| it.ln()).collect()).collect();
        let member = |(values, pulled_in): (Vec<f64>, usize)| {
            let means = by_process(&values, process_of_round);
            Member { means, rounds: values.len(), pulled_in }
        };
        let members: Vec<Member> = winsorised(&logs).into_iter().map(member).collect();
        // The variance of a pair is the sum of the variances of its two members.
        let of_pairs = |(variance, freedom)| (2.0 * variance, freedom);
        let variances: Vec<(f64, f64)> = variances(&members).into_iter().map(of_pairs).collect();
        Some(Self { prior: Prior::of(&variances), members })
    }

    /// Returns how many times as much member `a` took as member `b`, over the processes that both have, with an
    /// interval at `level`. A member is exactly 1 times itself. Returns `None` if they have no common process, or if
    /// one of them is beyond the last member.
    #[must_use]
    pub fn ratio(&self, a: usize, b: usize, level: f64) -> Option<Estimate> {
        Some(self.log_ratio(a, b, level)?.map(f64::exp))
    }

    /// Returns the same as [`ratio`](Self::ratio), as a logarithm.
    pub(crate) fn log_ratio(&self, a: usize, b: usize, level: f64) -> Option<Estimate> {
        if a == b {
            let processes = self.members.get(a)?.means.len();
            let interval = (processes > 1).then_some((0.0, 0.0));
            return (processes > 0).then_some(Estimate { value: 0.0, interval });
        }
        let (a, b) = (self.members.get(a)?, self.members.get(b)?);
        let estimate = self.prior.mean(&differences(&a.means, &b.means), level)?;
        let factor = widened(a.rounds + b.rounds, a.pulled_in + b.pulled_in);
        let interval = estimate.interval.map(|(low, high)| {
            let wider = |end: f64| estimate.value + factor * (end - estimate.value);
            (wider(low), wider(high))
        });
        Some(Estimate { interval, ..estimate })
    }
}

/// Returns the factor by which an interval is wider because some values were pulled in: (n - 1) / (h - 1), where h of
/// the n values were not pulled in.
fn widened(values: usize, pulled_in: usize) -> f64 {
    (values as f64 - 1.0).max(1.0) / (values as f64 - pulled_in as f64 - 1.0).max(1.0)
}

/// Returns the variance of each member around what all members have in common in a process, with its degrees of
/// freedom.
fn variances(members: &[Member]) -> Vec<(f64, f64)> {
    let processes = members.iter().map(|member| member.means.len()).max().unwrap_or(0);
    // The size of a member's values does not count.
    let centers = members.iter().map(|member| moments(&member.means).map_or(0.0, |(mean, ..)| mean));
    let centered: Vec<Vec<f64>> = members
        .iter()
        .zip(centers)
        .map(|(member, center)| member.means.iter().map(|it| it - center).collect())
        .collect();
    let common: Vec<f64> = (0..processes)
        .map(|process| {
            let there: Vec<f64> = centered.iter().filter_map(|means| means.get(process).copied()).collect();
            moments(&there).map_or(0.0, |(mean, ..)| mean)
        })
        .collect();
    // The common part was estimated from the members themselves, of which some may have no values.
    let members = centered.iter().filter(|means| !means.is_empty()).count() as f64;
    let scale = members / (members - 1.0).max(1.0);
    let of = |means: &Vec<f64>| {
        let own: Vec<f64> = means.iter().zip(&common).map(|(mean, common)| mean - common).collect();
        moments(&own).map(|(_, variance, freedom)| (scale * variance, freedom))
    };
    centered.iter().filter_map(of).collect()
}

/// Returns the mean of the values of each process.
fn by_process(values: &[f64], process_of_round: &[usize]) -> Vec<f64> {
    let mut means = Vec::new();
    let mut from = 0;
    for rounds in process_of_round.chunk_by(|a, b| a == b) {
        let of_process = &values[from.min(values.len())..(from + rounds.len()).min(values.len())];
        // A process that was cut short would count as much as a whole one.
        if of_process.len() == rounds.len() || (means.is_empty() && !of_process.is_empty()) {
            means.push(of_process.iter().sum::<f64>() / of_process.len() as f64);
        }
        from += rounds.len();
    }
    means
}

/// Returns the differences process by process, as far as both members have processes.
fn differences(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Five processes of three rounds each.
    const PROCESSES: [usize; 15] = [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4];

    #[test]
    fn the_interval_of_two_members_is_students_over_the_means_of_their_processes() {
        let effects = [0.01, -0.02, 0.03, 0.0, -0.01];
        let base = vec![2.0; 15];
        let other: Vec<f64> = PROCESSES.iter().map(|process| 2.0 * (0.1_f64 + effects[*process]).exp()).collect();
        let processes = Processes::new(&[other, base], &PROCESSES).unwrap();
        let ours = processes.ratio(0, 1, 0.95).unwrap();
        let student = crate::mean(&effects.map(|effect| 0.1 + effect), 0.95).unwrap().map(f64::exp);
        let ((low, high), (from, to)) = (ours.interval.unwrap(), student.interval.unwrap());
        assert!((low - from).abs() < 1e-9 && (high - to).abs() < 1e-9, "{ours:?} {student:?}");
        let back = processes.ratio(1, 0, 0.95).unwrap();
        assert!((ours.value * back.value - 1.0).abs() < 1e-12 && (low * back.interval.unwrap().1 - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_member_that_ended_early_is_compared_over_the_processes_that_are_whole() {
        let (long, short) = (vec![1.0; 15], vec![2.0; 7]);
        let processes = Processes::new(&[long, short, vec![]], &PROCESSES).unwrap();
        let ratio = processes.ratio(1, 0, 0.95).unwrap();
        assert!((ratio.value - 2.0).abs() < 1e-12 && ratio.interval.is_some(), "{ratio:?}");
        assert_eq!((processes.ratio(2, 0, 0.95), processes.ratio(3, 0, 0.95)), (None, None));
        assert_eq!(processes.members[1].means.len(), 2);
    }

    #[test]
    fn one_process_gives_no_interval_and_what_is_not_positive_no_ratio() {
        let processes = Processes::new(&[vec![2.0, 2.0], vec![1.0, 1.0]], &[0, 0]).unwrap();
        let ratio = processes.ratio(0, 1, 0.95).unwrap();
        assert!((ratio.value - 2.0).abs() < 1e-12 && ratio.interval.is_none());
        assert!(Processes::new(&[vec![0.0]], &[0]).is_none() && Processes::new(&[vec![1.0; 2]], &[0]).is_none());
    }
}
