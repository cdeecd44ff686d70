//! Models run by Criterion itself: once each under `--test`, for as long as asked under `--profile-time`.
//!
//! Nothing starts before Criterion calls: a benchmark that is only listed, or filtered out, costs nothing.

use std::cell::{Cell, OnceCell};
use std::time::Duration;

use criterion::{Criterion, SamplingMode};
use fanout_harness::arm::{Arm, Entrant, Work};
use fanout_harness::config::Config;
use fanout_harness::rounds::{Endpoint, Plan};

use crate::question::Question;
use crate::replay::benchmark_id;

/// Every arm of every plan. False where one failed, which is told on standard error.
pub fn all(criterion: &mut Criterion, question: &Question, plans: &[Plan], config: &Config) -> bool {
    let all_well = Cell::new(true);
    let mut group = criterion.benchmark_group(question.name);
    group.sampling_mode(SamplingMode::Flat);
    for plan in plans {
        let endpoint = OnceCell::new();
        for entrant in &plan.entrants {
            group.bench_function(benchmark_id(&plan.scenario, &entrant.label), |bencher| {
                let endpoint = endpoint.get_or_init(|| Endpoint::open(config.target.as_ref(), &plan.scenario));
                bencher.iter_custom(|iterations| match endpoint {
                    Ok(endpoint) => run(endpoint, plan, entrant, iterations).unwrap_or_else(|error| {
                        eprintln!("\n{}: {error:#}", question.id(&plan.scenario, &entrant.label));
                        all_well.set(false);
                        NOT_MEASURED
                    }),
                    Err(error) => {
                        eprintln!("\n{}: {error:#}", question.title(&plan.scenario));
                        all_well.set(false);
                        NOT_MEASURED
                    }
                });
            });
        }
    }
    group.finish();
    all_well.get()
}

/// What Criterion is told for a batch that failed. The live modes keep no samples, and a time far too long also ends
/// their loops.
const NOT_MEASURED: Duration = Duration::from_secs(3_600);

fn run(endpoint: &Endpoint, plan: &Plan, entrant: &Entrant, batches: u64) -> anyhow::Result<Duration> {
    let urls = endpoint.urls(&plan.scenario);
    let work = Work { urls: &urls, start: plan.scenario.start, server: endpoint.server() };
    let mut arm = Arm::new(entrant, &work)?;
    let mut total = Duration::ZERO;
    for _ in 0..batches {
        total += Duration::from_nanos(arm.sample(0)?.0.wall_ns);
    }
    Ok(total)
}
