//! Makes runs whose figures are known.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use fanout_analysis::history::{Digest, History};
use fanout_model::{Protocol, Usage};
use fanout_record::environment::Environment;
use fanout_record::git::lineage::Lineage;
use fanout_record::machine::Machine;
use fanout_record::run::{
    Arm, Counted, Ended, Exchange, Latencies, Limits, Question, Role, Run, Sample, Scenario, ScenarioRun, Start,
};
use fanout_record::source::Source;
use fanout_record::store::Store;
use fanout_record::store::annotation::Annotation;

/// Labels that are made to break programs that do not quote, escape or disarm them.
pub(crate) const HOSTILE: [&str; 9] = [
    "a \"quoted\", label",
    "two\nlines\r\nand more",
    "=1+1",
    "@SUM(A1:A2)",
    "\t-2",
    "</script><script>alert(1)</script>",
    "caf\u{e9} \u{1f980} \u{202e}",
    " spaces, and 'quotes' ",
    "'; DROP TABLE samples; --",
];

/// Makes a run without a question.
pub(crate) fn empty() -> Run {
    Run {
        id: "01M83ARPHYSBBJVA28E97EQHH1".into(),
        started: "2026-11-23T04:31:11Z".into(),
        invocation: "a test".into(),
        source: Source {
            commit: Some("fcfd28df498b54dace0e403c6ed0ccfcc3b77ce0".into()),
            dirty: Some(false),
            ..Source::default()
        },
        machine: Machine {
            system: "linux".into(),
            architecture: "x86_64".into(),
            kernel: None,
            processor: None,
            cores: Some(2),
            memory_gib: None,
            virtual_machine: None,
        },
        variables: BTreeMap::new(),
        models: BTreeMap::new(),
        questions: Vec::new(),
    }
}

/// Makes a run of `server_delay` at 20 ms over ten rounds. Its arms are the floor, hyper with twice the floor's time,
/// hyper again, a model that failed after two rounds, and one that failed at once. `slower` multiplies hyper's time.
pub(crate) fn run(slower: u64) -> Run {
    let broken =
        |label, rounds| Arm { failure: Some("wrong answer".into()), ..arm(label, Role::Model, 9_000_000, rounds) };
    let arms = vec![
        arm("floor", Role::Floor, 1_000_000, 10),
        arm("hyper", Role::Model, 2_000_000 * slower, 10),
        arm("hyper-again", Role::Again, 2_000_000 * slower, 10),
        broken("failed-later", 2),
        broken("failed-at-once", 0),
    ];
    asked("server_delay", "20", arms)
}

/// Makes a run with one question that has one scenario.
pub(crate) fn asked(question: &str, parameter: &str, arms: Vec<Arm>) -> Run {
    // Each round begins one arm later than the one before.
    let order = (0..10).map(|round| (0..arms.len()).map(|place| (place + round) % arms.len()).collect()).collect();
    let scenario = Scenario {
        parameter: parameter.into(),
        requests: 100,
        delay_ns: Some(20_000_000),
        protocol: None,
        tls: false,
        start: Start::Warm,
        exchange: Exchange::Uuid,
        work: None,
        asked: Vec::new(),
        limits: Limits::NONE,
        retries: 0,
        network: None,
    };
    let (server, ended, disturbed) = ("wiremock".into(), Some(Ended::Rounds), Vec::new());
    let (planned, round_trip_ns, transport) = (Some(10), None, None);
    let measured = ScenarioRun { scenario, server, round_trip_ns, transport, planned, ended, order, disturbed, arms };
    let question = Question {
        name: question.into(),
        about: String::new(),
        started: "2026-11-23T04:31:11Z".into(),
        took_ns: 2,
        on_the_clock_ns: 1,
        seed: 1,
        arguments: Vec::new(),
        awake: false,
        before: Environment::default(),
        after: Environment::default(),
        unmeasured: Vec::new(),
        stopped: None,
        scenarios: vec![measured],
    };
    Run { questions: vec![question], ..empty() }
}

/// Makes an arm whose batches take once, twice, thrice ... `base_ns`, one in each round. A tenth of that is processor
/// time.
pub(crate) fn arm(label: &str, role: Role, base_ns: u64, rounds: usize) -> Arm {
    Arm {
        label: label.into(),
        model: label.trim_end_matches("-again").into(),
        role,
        twin: None,
        concurrency: 20,
        workers: None,
        protocol: Protocol::KeepAlive,
        tls: false,
        samples: (0..rounds).map(|round| sample(round, base_ns * (round as u64 + 1))).collect(),
        latencies: Latencies::default(),
        timeline: None,
        failure: None,
    }
}

fn sample(round: usize, wall_ns: u64) -> Sample {
    Sample {
        round,
        process: Some(round / 2),
        wall_ns,
        share: 1.0,
        usage: Usage {
            user: Duration::from_nanos(wall_ns / 10),
            system: Duration::ZERO,
            voluntary_switches: 3,
            involuntary_switches: 1,
            peak_memory: 6_000_000,
            threads: 2,
        },
        server: Some(Counted {
            peak_in_flight: 20,
            connections: round.is_multiple_of(2).then_some(20),
            refused: 0,
            queued: 0,
            longest_queue: 0,
        }),
    }
}

/// Makes a run of models with these labels, and a floor.
pub(crate) fn labelled(labels: &[&str]) -> Run {
    let models = labels.iter().map(|label| arm(label, Role::Model, 2_000_000, 10));
    asked("notebook", "", std::iter::once(arm("floor", Role::Floor, 1_000_000, 10)).chain(models).collect())
}

/// Reads the recorded runs of every machine.
pub(crate) fn recorded() -> Vec<Run> {
    let paths = fanout_record::store::runs(&fanout_record::paths::results()).unwrap();
    let runs: Vec<Run> = paths.iter().map(|path| fanout_record::read::run(path).unwrap()).collect();
    assert!(!runs.is_empty());
    runs
}

/// Makes forty runs, one an hour. Their arms are the floor, hyper, hyper again, and a model that failed. hyper takes
/// twice the floor's time, and from the 26th run on three times, both with 4.5 % more.
pub(crate) fn stepped() -> Vec<Run> {
    (0..40).map(stepped_at).collect()
}

fn stepped_at(n: usize) -> Run {
    // The noise is up to a thousandth, so that there is something to tell a step from.
    let noise = (n * 7 % 11) as u64 * 200;
    let hyper = if n < 25 { 2_000_000 } else { 3_000_000 } + noise;
    let mut hyper = arm("hyper", Role::Model, hyper, 10);
    // The first of ten rounds takes that time, the next 1 % more, then 2 % and so on. The interval is from 1 % to
    // 8 %.
    hyper.samples.iter_mut().for_each(|sample| sample.wall_ns += sample.wall_ns / 100 * sample.round as u64);
    let failed = Arm { failure: Some("wrong answer".into()), ..arm("failed", Role::Model, 9_000_000, 2) };
    let arms = vec![
        arm("floor", Role::Floor, 1_000_000, 10),
        hyper,
        arm("hyper-again", Role::Again, 2_000_000 + noise, 10),
        failed,
    ];
    let source = Source { commit: Some(commit(n)), rustc: Some("rustc 1.95.0\nhost: x".into()), ..empty().source };
    let (id, started) =
        (format!("01M83ARPHYSBBJVA28E97{n:05}"), format!("2026-01-{:02}T{:02}:00:00Z", 1 + n / 24, n % 24));
    Run { id, started, source, ..asked("server_delay", "20", arms) }
}

/// Returns the id of the n-th commit of [`stepped`].
pub(crate) fn commit(n: usize) -> String {
    format!("{n:08x}{n:032x}")
}

/// Makes the history of these runs, with these annotations.
pub(crate) fn history(runs: &[Run], annotations: &[Annotation]) -> History {
    let runs = runs.iter().map(|run| (PathBuf::new(), Digest::of(run))).collect();
    let annotations = annotations.iter().map(|said| (PathBuf::new(), said.clone())).collect();
    History::of(Store { runs, annotations, machines: Vec::new(), bad: Vec::new() }, None, &Lineage::default())
}
