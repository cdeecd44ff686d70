//! Judges, while a scenario is measured, whether there are enough rounds, and which models need no more rounds.

use fanout_record::run::Sample;
use fanout_stats::{Claims, Comparison, LEVEL, Processes, Standing};

use crate::metric::Metric;

/// The ratio to the best above which a model is far worse. A model whose interval lies above it may rest.
const FAR_WORSE: f64 = 1.5;

/// The state of the models of a scenario, as the samples so far show it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Whether every model is known to be worse than the best, or its interval is as narrow as the margin needs.
    pub settled: bool,
    /// The models that are settled and far worse, by their places.
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
    let against = |member: usize| compared.iter().map(move |compared| compared.against_best()[member]);
    let is_settled = |member: usize| {
        against(member).all(|against| {
            let narrow = against.ratio.interval.is_some_and(|(low, high)| high / low <= margin);
            narrow || against.standing == Standing::Worse
        })
    };
    let is_far_worse =
        |member: usize| against(member).any(|against| against.ratio.interval.is_some_and(|(low, _)| low > FAR_WORSE));
    let settled: Vec<usize> = (0..members.len()).filter(|member| is_settled(*member)).collect();
    Progress {
        settled: settled.len() == members.len(),
        far_worse: settled.iter().filter(|it| is_far_worse(**it)).map(|member| members[*member]).collect(),
    }
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
