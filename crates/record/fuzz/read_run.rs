//! What must hold of any bytes at all that are read as a run file: the fuzz target's body, and a test's.

use std::path::Path;

use fanout_record::environment::Environment;
use fanout_record::run::Arm;
use fanout_record::run::Latencies;
use fanout_record::{Run, read};

/// Reads the bytes. They are a run or an error that names the file; a run is written and read again as it was, what
/// is asked of it answers, and its samples alone are the same.
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

/// The arms of a run, without what is passed over.
fn arms(run: &Run) -> Vec<Arm> {
    let scenarios = run.questions.iter().flat_map(|question| &question.scenarios);
    let arms = scenarios.flat_map(|measured| &measured.arms);
    arms.map(|arm| Arm { latencies: Latencies::default(), timeline: None, ..arm.clone() }).collect()
}

/// The run without its fractions, whose last bit serde_json may round.
fn exact(mut run: Run) -> Run {
    for question in &mut run.questions {
        for environment in [&mut question.before, &mut question.after] {
            *environment = Environment { load: None, pressure: None, ..environment.clone() };
        }
    }
    run
}
