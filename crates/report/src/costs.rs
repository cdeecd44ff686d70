//! Sentences about the most expensive choices of a run.

use fanout_analysis::compared::{Answered, Compared};
use fanout_analysis::metric::Metric;
use fanout_stats::Standing;

use crate::figures::{ratio, ratio_with_interval};

/// Returns a sentence about the most expensive choice by each measure. This choice is the model that is farthest from
/// the best of its scenario, among the models with as many requests in flight as the best.
#[must_use]
pub fn most_expensive(run: &[Answered<'_>]) -> Vec<String> {
    [(Metric::Time, "time"), (Metric::Cpu, "processor time"), (Metric::Memory, "memory")]
        .into_iter()
        .filter_map(|(measure, what)| {
            let worst = scenarios(run).filter_map(|compared| {
                let ranking = compared.ranking(measure);
                let best = ranking.leader()?;
                let in_flight = compared.rows[best].arm.concurrency;
                let worse = ranking.standing(&[Standing::Worse]).into_iter().rev();
                let i = worse.into_iter().find(|i| compared.rows[*i].arm.concurrency == in_flight)?;
                let ratio = ranking.against_best(i)?.ratio;
                Some((ratio, &compared.rows[i].arm.label, &compared.rows[best].arm.label, &compared.name))
            });
            let (times, label, best, name) = worst.max_by(|a, b| a.0.value.total_cmp(&b.0.value))?;
            let times = if times.interval.is_some() { ratio_with_interval(times) } else { ratio(times.value) };
            Some(format!("{label} takes {times} times {best}'s {what} in {name}"))
        })
        .collect()
}

fn scenarios<'a, 'r>(run: &'a [Answered<'r>]) -> impl Iterator<Item = &'a Compared<'r>> {
    run.iter().flat_map(|answered| &answered.scenarios)
}
