//! Judges, while a scenario is measured, whether there are enough rounds, and which models need no more rounds.

use fanout_record::run::Sample;
use fanout_stats::{AgainstBest, Claims, Comparison, LEVEL, Processes, Standing};

use crate::metric::Metric;

/// The ratio to the best above which a model is far worse. A model whose interval lies above it may rest.
const FAR_WORSE: f64 = 1.5;

/// The state of the models of a scenario, as the samples so far show it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Whether every model that does not rest is known to be worse than the best, or its interval is as narrow as the
    /// margin needs.
    pub settled: bool,
    /// The models that are worse by every measure, and far worse by one, by their places.
    pub far_worse: Vec<usize>,
}

/// Judges the samples so far, model by model; `None` stands for an arm that failed or is no model. The judgement
/// depends on the widths of intervals, and on which models are known to be worse. It does not depend on which model
/// wins, so that the end of the rounds does not depend on the result that the intervals are to show.
///
/// `by` lists the measures that have to be settled.
#[must_use]
pub fn progress(models: &[Option<&[Sample]>], by: &[Metric], margin: f64) -> Progress {
    let members: Vec<usize> = (0..models.len()).filter(|place| models[*place].is_some()).collect();
    let compared: Option<Vec<Comparison>> =
        by.iter().map(|measure| compared(*measure, models, &members, margin)).collect();
    let Some(compared) = compared else { return Progress::default() };
    let against = |member: usize| compared.iter().map(move |compared| &compared.against_best()[member]);
    let rounds = |member: usize| models[members[member]].map_or(0, <[Sample]>::len);
    let longest = (0..members.len()).map(rounds).max().unwrap_or(0);
    let rests = |member: usize| rounds(member) < longest;
    let is_far_worse = |against: &AgainstBest| against.ratio.interval.is_some_and(|(low, _)| low > FAR_WORSE);
    // A model that rests gets no more rounds, so that the others do not wait for it.
    let settled =
        (0..members.len()).all(|member| rests(member) || against(member).all(|against| against.is_settled(margin)));
    // The others are compared with a model only over the rounds that both have. A model that may be the best by one
    // measure does not rest.
    let may_rest = |member: &usize| {
        against(*member).all(|against| against.standing == Standing::Worse) && against(*member).any(is_far_worse)
    };
    let far_worse = (0..members.len()).filter(may_rest).map(|member| members[member]).collect();
    Progress { settled, far_worse }
}

fn compared(measure: Metric, models: &[Option<&[Sample]>], members: &[usize], margin: f64) -> Option<Comparison> {
    let values = |samples: &Option<&[Sample]>| match samples {
        Some(samples) => samples.iter().map(|sample| measure.of(sample)).collect(),
        None => Some(Vec::new()),
    };
    let values: Vec<Vec<f64>> = models.iter().map(values).collect::<Option<_>>()?;
    let longest = models.iter().flatten().max_by_key(|samples| samples.len())?;
    let process_of_round: Option<Vec<usize>> = longest.iter().map(|sample| sample.process).collect();
    let processes = Processes::new(&values, &process_of_round?)?;
    Comparison::new(processes, members.to_vec(), Claims { level: LEVEL, margin, least: 1.0 })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use fanout_model::Usage;

    use super::*;

    /// Samples of so many rounds with this time and processor time, in milliseconds, up to the share `spread` above
    /// it. Models with another `phase` have other samples.
    fn samples(rounds: usize, time: f64, cpu: f64, spread: f64, phase: usize) -> Vec<Sample> {
        let sample = |round: usize| {
            let off = 1.0 + spread * ((round * 7 + phase * 3) % 11) as f64 / 11.0;
            let usage = Usage { user: Duration::from_secs_f64(cpu * off / 1e3), ..Usage::default() };
            let wall_ns = (time * off * 1e6) as u64;
            Sample { round, process: Some(round), wall_ns, share: 1.0, usage, server: None }
        };
        (0..rounds).map(sample).collect()
    }

    fn shown(models: &[Vec<Sample>]) -> Progress {
        let models: Vec<Option<&[Sample]>> = models.iter().map(|samples| Some(samples.as_slice())).collect();
        progress(&models, &[Metric::Time, Metric::Cpu], 1.05)
    }

    #[test]
    fn who_is_far_worse_by_one_measure_rests_only_if_it_is_worse_by_all() {
        let models = [
            samples(10, 10.0, 5.0, 0.01, 0),
            samples(10, 30.0, 6.0, 0.01, 1),
            samples(10, 30.0, 4.0, 0.01, 2),
            samples(10, 11.0, 6.0, 0.01, 3),
        ];
        assert_eq!(shown(&models), Progress { settled: true, far_worse: vec![1] });
    }
}
