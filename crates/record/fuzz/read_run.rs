//! Checks what must hold of any bytes that are read as a run file. It is the body of the fuzz target and of a test.

use std::path::Path;

use fanout_record::environment::Environment;
use fanout_record::run::Arm;
use fanout_record::run::Latencies;
use fanout_record::{Run, read};

/// Reads the bytes, which must be a run or an error that names the file. A run must be the same when it is written
/// and read again, its methods must not panic, and reading it for its samples must give the same samples.
pub(crate) fn read_run(bytes: &[u8]) {
    let path = Path::new("some/run.json");
    let samples = read::parse_samples(path, bytes);
    if let Err(error) = &samples {
        assert!(error.to_string().contains("some/run.json"), "{error}");
    }
    let run = match read::parse(path, bytes) {
        Ok(run) => run,
        Err(error) => return assert!(error.to_string().contains("some/run.json"), "{error}"),
    };
    let written = serde_json::to_vec(&run).expect("what was JSON becomes JSON");
    let again = read::parse(path, &written).expect("what this program writes it reads");
    assert_eq!(exact(again), exact(run.clone()));

    let samples = samples.expect("what is a run is one for its samples");
    assert_eq!(arms(&samples), arms(&run));
    assert_eq!((&samples.id, samples.stamp(), &samples.machine), (&run.id, run.stamp(), &run.machine));

    let _ = run.machine.id();
    for arm in run.questions.iter().flat_map(|question| &question.scenarios).flat_map(|measured| &measured.arms) {
        let _ = (arm.latencies.quantile(0.5), arm.latencies.quantile(1.0));
        for bar in arm.timeline.iter().flat_map(|timeline| &timeline.bars) {
            let _ = bar.latency();
        }
    }
}

/// Returns the arms of a run, without what reading for samples passes over.
fn arms(run: &Run) -> Vec<Arm> {
    let scenarios = run.questions.iter().flat_map(|question| &question.scenarios);
    let arms = scenarios.flat_map(|measured| &measured.arms);
    arms.map(|arm| Arm { latencies: Latencies::default(), timeline: None, ..arm.clone() }).collect()
}

/// Returns the run without its fractions, because serde_json may round their last bit.
fn exact(mut run: Run) -> Run {
    for question in &mut run.questions {
        for environment in [&mut question.before, &mut question.after] {
            *environment = Environment { load: None, pressure: None, ..environment.clone() };
        }
        question
            .scenarios
            .iter_mut()
            .flat_map(|measured| &mut measured.disturbed)
            .for_each(|round| round.share = 0.0);
    }
    run
}
