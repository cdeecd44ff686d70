//! Makes runs to store, and damages them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fanout_model::{Protocol, Usage};
use fanout_record::Run;
use fanout_record::environment::Environment;
use fanout_record::machine::Machine;
use fanout_record::price::{self, Build, Price, Prices, Tree};
use fanout_record::run::{
    Arm, Asked, Bar, Carrier, Counted, Disturbance, Ended, Exchange, Latencies, Limits, Network, Question, Role,
    Sample, Scenario, ScenarioRun, Start, Timeline, Transport, Work,
};
use fanout_record::source::Source;
use fanout_record::store::annotation::{self, Annotation};
use serde_json::Value;

/// Returns the project's own results folder.
pub(crate) fn results() -> PathBuf {
    fanout_record::paths::results()
}

/// Makes a run that has every member that there is. It is written without `..`, so that a new member must be added
/// here, and then described.
pub(crate) fn full() -> Run {
    Run {
        id: "01M83ARPHYSBBJVA28E97EQHH1".into(),
        started: "2026-11-22T14:03:06Z".into(),
        invocation: "a test".into(),
        source: Source {
            commit: Some("0123456789abcdef0123456789abcdef01234567".into()),
            parent: Some("123456789abcdef0123456789abcdef012345678".into()),
            dirty: Some(false),
            rustc: Some("rustc 1.95.0".into()),
            debug: Some(false),
            flags: Some("-C target-cpu=native".into()),
            allocator: Some("mimalloc".into()),
            lock: Some("2af2".into()),
            crates: BTreeMap::from([("tokio".into(), "1.54.1".into())]),
            git: Some("fatal: detected dubious ownership in repository".into()),
        },
        machine: machine(),
        variables: BTreeMap::from([("FANOUT_ROUNDS".into(), "10".into())]),
        models: BTreeMap::from([("hyper".into(), "lanes on one thread".into())]),
        questions: vec![question()],
    }
}

pub(crate) fn machine() -> Machine {
    Machine {
        system: "linux".into(),
        architecture: "x86_64".into(),
        kernel: Some("6.18".into()),
        processor: Some("a processor".into()),
        cores: Some(2),
        memory_gib: Some(24),
        virtual_machine: Some(true),
    }
}

fn load() -> Environment {
    Environment { load: Some(0.5), steal_ticks: Some(12), pressure: Some(0.25) }
}

fn question() -> Question {
    Question {
        name: "server_delay".into(),
        about: "What does it ask?".into(),
        started: "2026-11-22T14:03:07Z".into(),
        took_ns: 2_000,
        on_the_clock_ns: 1_000,
        seed: u64::MAX,
        unmeasured: vec!["server_delay 20".into()],
        stopped: Some("interrupted".into()),
        arguments: vec!["hyper".into()],
        awake: true,
        before: load(),
        after: load(),
        scenarios: vec![ScenarioRun {
            scenario: Scenario {
                parameter: "20".into(),
                requests: 100,
                delay_ns: Some(20_000_000),
                protocol: Some(Protocol::Http2),
                tls: true,
                start: Start::Warm,
                exchange: Exchange::Download { bytes: 1_000, kept: true },
                work: Some(Work { ns: 1_000_000, times: 400_000, processors: 2 }),
                asked: vec![Asked {
                    method: "POST".into(),
                    url: "https://example.org/…".into(),
                    headers: vec!["authorization".into()],
                    body_bytes: 7,
                    body_hash: Some("00000000000000ff".into()),
                    times: 3,
                }],
                limits: Limits { capacity: Some(20), then: Some((50, 10)), queue: Some(5), rate: Some((500, 20)) },
                retries: 4,
                network: Some(Network { round_trip_ns: 20_000_000, loss: 0.01, seed: 7 }),
            },
            server: "hyper".into(),
            round_trip_ns: Some(1_000_000),
            transport: Some(Transport { carrier: Carrier::Relay, congestion: Some("cubic".into()) }),
            planned: Some(2),
            ended: Some(Ended::Interrupted),
            order: vec![vec![0]],
            disturbed: vec![Disturbance { round: 0, share: 0.25 }],
            arms: vec![arm()],
        }],
    }
}

fn arm() -> Arm {
    Arm {
        label: "hyper-again".into(),
        model: "hyper".into(),
        role: Role::Again,
        twin: Some("hyper".into()),
        concurrency: 20,
        workers: Some(2),
        protocol: Protocol::ConnectionPerRequest,
        tls: true,
        samples: vec![Sample {
            round: 0,
            process: Some(0),
            wall_ns: 1_000,
            share: 0.5,
            usage: Usage {
                user: Duration::from_nanos(1),
                system: Duration::from_nanos(2),
                voluntary_switches: 3,
                involuntary_switches: 4,
                peak_memory: 5,
                threads: 6,
            },
            server: Some(Counted {
                peak_in_flight: 7,
                connections: Some(8),
                refused: 9,
                queued: 10,
                longest_queue: 11,
            }),
        }],
        latencies: Latencies::of([Duration::from_micros(10)]),
        timeline: Some(Timeline { round: 0, bars: vec![Bar(1, 2, 3)] }),
        failure: Some("interrupted".into()),
    }
}

/// Makes a price run that has every member that there is.
pub(crate) fn prices() -> Prices {
    let Run { started, source, machine, .. } = full();
    Prices {
        schema: price::SCHEMA,
        id: "01M83ARPHYSBBJVA28E97EQHH4".into(),
        started,
        took_ns: 60_000_000_000,
        source,
        machine,
        variables: BTreeMap::from([("FANOUT_PROFILE".into(), "full".into())]),
        seed: 7,
        repetitions: 2,
        order: vec![vec!["hyper".into()], vec!["hyper".into()]],
        before: load(),
        after: load(),
        stopped: Some("interrupted".into()),
        models: vec![Price {
            model: "hyper".into(),
            builds: vec![Build {
                repetition: 0,
                tree: Tree {
                    crates: 60,
                    build_crates: 3,
                    c_crates: vec!["ring".into()],
                    forbid_unsafe: 12,
                    model_forbids_unsafe: true,
                },
                clean_ns: 30_000_000_000,
                rebuilds_ns: vec![1_000_000_000],
                size_bytes: 2_000_000,
                starts_ns: vec![900_000],
            }],
            failure: Some("it does not build".into()),
        }],
    }
}

/// Makes a small run with this id.
pub(crate) fn run(id: &str) -> Run {
    Run { id: id.into(), questions: Vec::new(), ..full() }
}

/// Makes a run whose file has 300 kB, because no two parts of its text are alike.
pub(crate) fn large(id: &str) -> Run {
    let (mut random, mut text) = (1_u64, String::new());
    for _ in 0..400_000 {
        // A linear congruential generator (Knuth, The Art of Computer Programming, volume 2, section 3.3.4).
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text.push(char::from(b'0' + (random >> 58) as u8));
    }
    Run { invocation: text, ..run(id) }
}

/// Makes an annotation that has every member that there is.
pub(crate) fn annotation() -> Annotation {
    Annotation {
        schema: annotation::SCHEMA,
        id: "01M83ARPHYSBBJVA28E97EQHH2".into(),
        commit: "0123456789abcdef".into(),
        after: Some("123456789abcdef0".into()),
        model: Some("hyper".into()),
        question: Some("server_delay".into()),
        machine: Some("7d1eb599e1f6".into()),
        reason: "it checks certificates now".into(),
        who: "A. Nonymous".into(),
        when: "2026-11-22T14:03:06Z".into(),
    }
}

/// Returns the JSON pointers of everything in `value`, itself excluded.
pub(crate) fn pointers(value: &Value) -> Vec<String> {
    let inside = |name: String, value: &Value| {
        let below = pointers(value).into_iter().map(|pointer| format!("/{name}{pointer}")).collect::<Vec<_>>();
        [vec![format!("/{name}")], below].concat()
    };
    match value {
        Value::Object(members) => members.iter().flat_map(|(name, value)| inside(name.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().flat_map(|(i, item)| inside(i.to_string(), item)).collect(),
        _ => Vec::new(),
    }
}

/// Returns `value` without each of its members in turn, at any depth, and the pointer of that member.
pub(crate) fn each_without_one_member(value: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for pointer in pointers(value) {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let mut copy = value.clone();
        if let Some(Value::Object(members)) = copy.pointer_mut(parent) {
            members.remove(name).unwrap();
            all.push((pointer, copy));
        }
    }
    all
}

/// Returns the paths of all files below a folder.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files_below(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}
