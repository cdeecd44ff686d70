//! Runs whose pages are looked at: one that was kept, and what may become of one.

#![allow(dead_code, reason = "each of the tests that share this module needs only some of it")]

use std::collections::BTreeMap;

use fanout_needs::recorded_run;
use fanout_record::environment::Environment;
use fanout_record::price::{self, Build, Price, Prices, Tree};
use fanout_record::run::{Arm, Bar, MOST_DRAWN, Question, Role, Timeline};
use fanout_record::{Run, read};
use serde_json::Value;

/// Texts that are made to break whoever does not escape, quote, wrap or disarm them.
const HOSTILE: [&str; 17] = [
    "\"><script>window.hacked=1</script><img src=x onerror=window.hacked=1>",
    "</script><script>window.hacked=1</script>",
    "</title></style><style>*{display:none}</style>",
    "javascript:window.hacked=1",
    "//host.invalid/hacked",
    "two\nlines  and | bars \\|",
    "'quotes' \"and\" `more`",
    "]]><![CDATA[<svg onload=window.hacked=1>",
    "--><!--<iframe src=x>",
    "rtl \u{202e}desrever",
    "&lt;b&gt; &amp;amp; &#x3c;",
    "caf\u{e9} \u{1f980} e\u{301}",
    "=1+1",
    "@SUM(A1:A2)",
    "../../../etc/passwd?a#b",
    "${window.hacked=1} {{hacked}} %3Cscript%3E",
    "<!--<script>",
];

/// Often enough, longer than a page expects.
const LONG: &str = "long";

/// A run that was recorded. It was written before batches were kept request by request, and gets such batches.
pub(crate) fn real() -> Run {
    let mut run = read::run(&recorded_run()).unwrap();
    for scenario in run.questions.iter_mut().flat_map(|question| &mut question.scenarios) {
        let requests = scenario.scenario.requests;
        let drawn = scenario.arms.iter_mut().filter(|arm| arm.timeline.is_none() && requests <= MOST_DRAWN);
        drawn.for_each(|arm| arm.timeline = Some(batch(arm, requests)));
    }
    run
}

/// A batch as the arm's first sample may have been: turn by turn, as many at a time as it may have in flight.
fn batch(arm: &Arm, requests: usize) -> Timeline {
    let lanes = arm.concurrency.clamp(1, requests);
    let turn = arm.samples.first().map_or(1, |sample| sample.wall_ns) / requests.div_ceil(lanes) as u64;
    let bar = |i: usize| {
        let started = turn * (i / lanes) as u64;
        Bar(i % lanes, started, started + turn)
    };
    Timeline { round: 0, bars: (0..requests).map(bar).collect() }
}

/// The same, in which one model failed after three rounds of each scenario, and another before the first.
pub(crate) fn failed() -> Run {
    let mut run = real();
    for scenario in run.questions.iter_mut().flat_map(|question| &mut question.scenarios) {
        for (label, rounds) in [("rayon", 3), ("smol", 0)] {
            let Some(arm) = scenario.arms.iter_mut().find(|arm| arm.label == label) else { continue };
            arm.samples.truncate(rounds);
            arm.timeline = None;
            arm.failure = Some(format!("the answer to request {rounds} came twice"));
        }
    }
    run
}

/// The same, interrupted after so many rounds.
pub(crate) fn short(rounds: usize) -> Run {
    let mut run = real();
    for scenario in run.questions.iter_mut().flat_map(|question| &mut question.scenarios) {
        scenario.planned = Some(scenario.order.len());
        scenario.order.truncate(rounds);
        scenario.arms.iter_mut().for_each(|arm| arm.samples.truncate(rounds));
    }
    run
}

/// A run of 19 models, made up of the models that were measured, in nine questions.
pub(crate) fn large() -> Run {
    let mut run = real();
    let known: Vec<_> = run.questions.clone();
    for (n, question) in known.iter().cycle().take(9_usize.saturating_sub(known.len())).enumerate() {
        run.questions.push(Question { name: format!("{}-{n}", question.name), ..question.clone() });
    }
    for scenario in run.questions.iter_mut().flat_map(|question| &mut question.scenarios) {
        let models = scenario.arms.iter().filter(|arm| arm.role == Role::Model).count();
        let known: Vec<Arm> = scenario.arms.iter().filter(|arm| arm.role == Role::Model).cloned().collect();
        let more = known.iter().cycle().take(19 - models).enumerate();
        let renamed = |(n, arm): (usize, &Arm)| Arm { label: format!("{}-{n}", arm.label), ..arm.clone() };
        scenario.arms.extend(more.map(renamed));
    }
    run
}

/// The same, before anything was measured.
pub(crate) fn empty() -> Run {
    Run { questions: Vec::new(), ..real() }
}

/// One in which every text is hostile: the same one in place of the same text, so that labels still belong together.
pub(crate) fn hostile() -> Run {
    let mut run = failed();
    run.variables = [("FANOUT_ROUNDS".into(), "12".into())].into();
    run.source.flags = Some("flags".into());
    for question in &mut run.questions {
        question.about = format!("What {} asks.", question.name);
        question.arguments = vec!["--noplot".into()];
    }
    let mut json = serde_json::to_value(&run).unwrap();
    replace(&mut json, "", &mut Vec::new());
    let mut hostile: Run = serde_json::from_value(json).unwrap();
    // The control arms are known by their ids.
    for (arm, kept) in arms(&mut hostile).zip(arms(&mut run)).filter(|(_, kept)| kept.role == Role::Floor) {
        arm.model = std::mem::take(&mut kept.model);
    }
    let mut run = hostile;
    // The page links to a folder of each question's name: these lead elsewhere. One is long.
    for (question, name) in run.questions.iter_mut().zip(&HOSTILE[3..]) {
        question.name = (*name).into();
    }
    run.questions.last_mut().unwrap().name.push_str(&LONG.repeat(500));
    run
}

fn arms(run: &mut Run) -> impl Iterator<Item = &mut Arm> {
    let scenarios = run.questions.iter_mut().flat_map(|question| &mut question.scenarios);
    scenarios.flat_map(|scenario| &mut scenario.arms)
}

/// Replaces each text below `value`, which is the value of `key`, but for those that are one of a few words.
fn replace(value: &mut Value, key: &str, known: &mut Vec<String>) {
    match value {
        Value::String(text) if !["role", "start", "protocol"].contains(&key) => *text = instead(text, known),
        Value::Array(values) => values.iter_mut().for_each(|value| replace(value, key, known)),
        Value::Object(fields) => {
            fields.iter_mut().for_each(|(key, value)| replace(value, key, known));
            if ["variables", "crates"].contains(&key) {
                *fields = std::mem::take(fields).into_iter().map(|(key, it)| (instead(&key, known), it)).collect();
            }
        }
        _ => {}
    }
}

fn instead(text: &str, known: &mut Vec<String>) -> String {
    let place = known.iter().position(|known| known == text).unwrap_or_else(|| {
        known.push(text.into());
        known.len() - 1
    });
    // One text in so many.
    let long = if place % 23 == 22 { LONG.repeat(500) } else { String::new() };
    format!("{}{long} {place}", HOSTILE[place % HOSTILE.len()])
}

/// Every label, as often as the table has it.
pub(crate) fn labels(run: &Run) -> Vec<&str> {
    let scenarios = run.questions.iter().flat_map(|question| &question.scenarios);
    scenarios.flat_map(|scenario| &scenario.arms).map(|arm| arm.label.as_str()).collect()
}

/// A price run of a few models, with two repetitions, in the order of the roster.
pub(crate) fn prices() -> Prices {
    let run = real();
    let tree = |crates, c_crates: &[&str]| Tree {
        crates,
        build_crates: 3,
        c_crates: c_crates.iter().map(|name| (*name).to_owned()).collect(),
        forbid_unsafe: 12,
        model_forbids_unsafe: true,
    };
    let price = |model: &str, tree: Tree, seconds: u64| Price {
        model: model.into(),
        builds: [0, 1]
            .map(|repetition| Build {
                repetition: repetition as usize,
                tree: tree.clone(),
                clean_ns: (10 * seconds + 2 * repetition) * 100_000_000,
                rebuilds_ns: vec![900_000_000, 1_000_000_000, 1_100_000_000],
                size_bytes: 1_000_000 * seconds,
                starts_ns: vec![1_500_000; 3],
            })
            .into(),
        failure: None,
    };
    let models = vec![
        price("sequential", tree(70, &["ring"]), 20),
        price("hyper", tree(90, &["ring"]), 30),
        price("curl-multi", tree(45, &["curl-sys", "libz-sys"]), 21),
        price("floor", tree(40, &[]), 12),
    ];
    Prices {
        schema: price::SCHEMA,
        id: "01M83ARPHYSBBJVA28E97EQHH4".into(),
        started: "2026-11-22T14:03:06Z".into(),
        took_ns: 60_000_000_000,
        source: run.source,
        machine: run.machine,
        variables: BTreeMap::new(),
        seed: 7,
        repetitions: 2,
        order: Vec::new(),
        before: Environment::default(),
        after: Environment::default(),
        stopped: None,
        models,
    }
}
