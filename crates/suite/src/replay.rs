//! Hands samples that were taken in rounds to Criterion, which analyses them as if it had taken them.
//!
//! In flat sampling, Criterion calls the closure once to warm up, and then once for each sample (criterion 0.8,
//! `routine.rs`). It multiplies the iterations as it likes, and divides by them again.

use std::cell::Cell;
use std::thread::sleep;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, SamplingMode, Throughput};
use fanout_harness::config::LEAST_ROUNDS;
use fanout_harness::interrupt;
use fanout_record::run::{Arm, Scenario, ScenarioRun};

use crate::question::Question;

/// How long the warm-up call seems to take. From it, Criterion computes how many iterations fit into a sample. If
/// only one did, Criterion would complain.
const WARM_UP: Duration = Duration::from_millis(1);

/// Hands every arm that has enough rounds to Criterion. An arm that failed has a row in the table, but is not handed
/// over.
pub fn all(criterion: &mut Criterion, question: &Question, scenarios: &[ScenarioRun]) {
    let mut group = criterion.benchmark_group(question.name);
    for measured in scenarios {
        if interrupt::asked() {
            // Everything is kept, so an interrupted bench skips the analysis.
            return;
        }
        group.throughput(Throughput::Elements(measured.scenario.requests as u64));
        let whole = |arm: &&Arm| arm.failure.is_none() && arm.samples.len() >= LEAST_ROUNDS;
        for arm in measured.arms.iter().filter(whole) {
            replay(&mut group, &measured.scenario, arm);
        }
    }
    group.finish();
    criterion.final_summary();
}

fn replay(group: &mut BenchmarkGroup<'_, WallTime>, scenario: &Scenario, arm: &Arm) {
    let rounds = arm.samples.len();
    group.sampling_mode(SamplingMode::Flat).sample_size(rounds).warm_up_time(Duration::from_nanos(1));
    // This allows a hundred iterations for each sample, because Criterion takes the time that really passes in the
    // warm-up call, and that time is longer on a busy machine.
    group.measurement_time((WARM_UP * 100).saturating_mul(u32::try_from(rounds).unwrap_or(u32::MAX)));
    let called = Cell::new(0_usize);
    group.bench_function(benchmark_id(scenario, &arm.label), |bencher| {
        bencher.iter_custom(|iterations| {
            let call = called.replace(called.get() + 1);
            let Some(sample) = call.checked_sub(1) else {
                sleep(WARM_UP);
                return WARM_UP;
            };
            let wall = arm.samples[sample % rounds].time();
            wall.saturating_mul(u32::try_from(iterations).unwrap_or(u32::MAX))
        });
    });
}

/// Returns the name in the form from which Criterion draws lines: a number behind the model's name.
pub(crate) fn benchmark_id(scenario: &Scenario, label: &str) -> BenchmarkId {
    match scenario.parameter.as_str() {
        "" => BenchmarkId::from_parameter(label),
        parameter => BenchmarkId::new(label, parameter),
    }
}
