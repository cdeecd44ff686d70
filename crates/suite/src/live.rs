//! Lets Criterion run the models itself: once each with `--test`, and for as long as asked with `--profile-time`.
//!
//! Nothing starts before Criterion calls it. A benchmark that is only listed, or filtered out, costs nothing.

use std::cell::OnceCell;
use std::time::Duration;

use anyhow::anyhow;
use criterion::{Criterion, SamplingMode};
use fanout_harness::arm::{Entrant, RunningArm};
use fanout_harness::config::Config;
use fanout_harness::endpoint::Endpoint;
use fanout_harness::plan::Plan;
use fanout_harness::{ending, exit, printing};

use crate::question::Question;
use crate::replay::benchmark_id;

/// Hands every arm of every plan to Criterion. A batch that fails ends the process with code 1, because Criterion has
/// no way to report an error, and would take any time that it is given for a sample.
pub fn all(criterion: &mut Criterion, question: &Question, plans: &[Plan], config: &Config) {
    let mut group = criterion.benchmark_group(question.name);
    group.sampling_mode(SamplingMode::Flat);
    for plan in plans {
        let endpoint = OnceCell::new();
        for entrant in &plan.entrants {
            group.bench_function(benchmark_id(&plan.scenario, &entrant.label), |bencher| {
                let endpoint = endpoint.get_or_init(|| {
                    if config.elsewhere.is_some() {
                        ending::end_when_asked();
                    }
                    Endpoint::open(config.destination(), plan)
                });
                bencher.iter_custom(|iterations| {
                    let opened = endpoint.as_ref().map_err(|error| anyhow!("{error:#}"));
                    opened
                        .and_then(|endpoint| endpoint.within(|| run(endpoint, plan, entrant, iterations))?)
                        .unwrap_or_else(|error| {
                            printing::note(&format!(
                                "\n{}: {error:#}",
                                plan.scenario.benchmark(question.name, &entrant.label)
                            ));
                            // A server on this machine and the workers end with their parent.
                            ending::end(exit::BAD_ANSWER)
                        })
                });
            });
        }
    }
    group.finish();
    criterion.final_summary();
}

fn run(endpoint: &Endpoint, plan: &Plan, entrant: &Entrant, batches: u64) -> anyhow::Result<Duration> {
    let work = endpoint.work_of(plan)?;
    let mut arm = RunningArm::new(entrant, &work)?;
    let mut total = Duration::ZERO;
    for _ in 0..batches {
        total += arm.sample(0)?.0.time();
    }
    Ok(total)
}
