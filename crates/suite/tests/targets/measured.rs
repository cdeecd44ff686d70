//! What is measured: everything that it leaves, in which order, of whom, and what it cost.

use std::time::Duration;

use fanout_model::Protocol;
use fanout_record::run::{Arm, Sample, ScenarioRun};

use crate::fixture::Bench;

/// By name.
pub(crate) const TESTS: &[(&str, fn())] = &[
    (
        "measuring_leaves_criterions_files_the_run_the_tables_and_a_page_and_prints_a_summary",
        measuring_leaves_everything,
    ),
    ("all_tables_and_what_criterion_says_are_printed_where_asked_for", verbose_prints_everything),
    ("a_seed_repeats_the_order_in_which_models_run", a_seed_repeats_the_order),
    ("every_arm_has_at_least_six_processes_and_keeps_none_in_a_cold_start", fresh_processes),
    ("a_protocol_is_asked_of_those_who_speak_it_and_the_floor_stays_what_it_is", protocols_are_asked_of_speakers),
    ("requests_that_wait_for_their_turn_at_a_server_with_limits_are_counted", queues_are_counted),
    ("a_small_model_costs_less_memory_and_threads_than_a_large_one", costs_are_each_models_own),
];

/// Four are in flight, and the server serves one at once.
fn queues_are_counted() {
    let bench = Bench::new("limited");
    let ended = bench.run(&["--bench", "--noplot", "hyper"], &[]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    let run = bench.last_run();
    let arms = &run.questions[0].scenarios[0].arms;
    let hyper = arms.iter().find(|arm| arm.label == "hyper").unwrap();
    for counted in hyper.samples.iter().map(|sample| sample.server.unwrap()) {
        assert!((1..12).contains(&counted.queued) && (1..4).contains(&counted.longest_queue), "{counted:?}");
    }
}

fn measuring_leaves_everything() {
    let bench = Bench::new("two");
    let ended = bench.run(&["--bench"], &[]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let tables = bench.tables();
    assert!(tables.contains("| rayon") && tables.contains("A/A of time:"), "{tables}");
    assert!(ended.out.lines().count() <= 25 && ended.out.lines().all(|line| !line.contains("| ")), "{}", ended.out);
    assert!(
        ["small 0: ", "small 3: "].iter().all(|title| ended.err.contains(title)) && ended.err.contains(" rounds in "),
        "{}",
        ended.err
    );
    assert!(ended.out.contains("small  fastest   ") && ended.out.contains("cheapest"), "{}", ended.out);
    assert!(ended.out.trim_end().ends_with(&format!("report:    {}", bench.page_file().display())), "{}", ended.out);
    let page = bench.page();
    assert!(page.contains("rayon") && page.contains("small 3") && page.contains("../criterion/report/index.html"));
    assert!(!ended.err.contains("Unable to complete"), "{}", ended.err);
    assert!(bench.criterion().join("report/index.html").is_file());
    let run = bench.last_run();
    let [question] = run.questions.as_slice() else { panic!("{} questions", run.questions.len()) };
    for measured in &question.scenarios {
        let all = measured.order.len();
        assert!(all >= 10 && measured.planned == Some(all), "{all} rounds of {:?}", measured.planned);
        for arm in &measured.arms {
            let rounds: Vec<usize> = arm.samples.iter().map(|sample| sample.round).collect();
            // An arm that rests has the first rounds.
            assert!((10..=all).contains(&rounds.len()), "{}: {rounds:?}", arm.label);
            assert_eq!(rounds, (0..rounds.len()).collect::<Vec<_>>(), "{}", arm.label);
            let delay = measured.scenario.delay_ns.unwrap();
            assert!(arm.samples.iter().all(|sample| sample.wall_ns >= 3 * delay), "{}", arm.label);
            assert!(arm.samples.iter().all(|sample| sample.server.unwrap().connections != Some(0)), "{}", arm.label);
            let timeline = arm.timeline.as_ref().unwrap();
            assert_eq!(timeline.bars.len(), measured.scenario.requests, "{}", arm.label);
            assert!(
                timeline.bars.iter().all(|bar| bar.0 < 4 && bar.1 < bar.2 && bar.2 - bar.1 >= delay),
                "{}",
                arm.label
            );
            let cpu: Duration = arm.samples.iter().map(|sample| sample.usage.cpu()).sum();
            assert!(cpu > Duration::ZERO, "{}", arm.label);
        }
    }
    assert!(question.scenarios[0].order.iter().any(|order| *order != question.scenarios[0].order[0]));
    // Criterion has the very samples of the rounds, in their order.
    let sample = bench.criterion().join("small/rayon/3/new/sample.json");
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(sample).unwrap()).unwrap();
    let per_iteration = |i: usize| json["times"][i].as_f64().unwrap() / json["iters"][i].as_f64().unwrap();
    let rayon = question.scenarios[1].arms.iter().find(|arm| arm.label == "rayon").unwrap();
    for (i, sample) in rayon.samples.iter().enumerate() {
        assert!((per_iteration(i) / sample.wall_ns as f64 - 1.0).abs() < 1e-9);
    }
}

fn verbose_prints_everything() {
    let bench = Bench::new("one");
    let silent = bench.measure(&["hyper"]);
    assert!(!silent.err.contains("Benchmarking") && !silent.out.contains("time:"), "{}{}", silent.out, silent.err);
    let ended = bench.run(&["--bench", "--noplot", "hyper"], &[("FANOUT_VERBOSE", "1")]);
    assert!(ended.out.contains("| hyper") && ended.out.contains("time:"), "{}", ended.out);
    assert!(ended.err.contains("Benchmarking small/hyper"), "{}", ended.err);
}

fn a_seed_repeats_the_order() {
    let order = |seed: &str| {
        let bench = Bench::new("one");
        let variables = [("FANOUT_SEED", seed), ("FANOUT_MODELS", "tokio-current-thread,hyper,smol")];
        let ended = bench.run(&["--bench", "--noplot"], &variables);
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        let run = bench.last_run();
        assert_eq!(
            (run.questions[0].seed.to_string(), &run.questions[0].arguments),
            (seed.into(), &vec!["--noplot".into()])
        );
        run.questions[0].scenarios[0].order.clone()
    };
    let first = order("7");
    assert_eq!(first, order("7"));
    assert_ne!(first, order("8"));
}

/// Starting a process takes longer than a round of these few requests.
fn fresh_processes() {
    let processes = |cases| {
        let bench = Bench::new(cases);
        let variables = [("FANOUT_ROUNDS", "30"), ("FANOUT_MODELS", "hyper,tokio-current-thread")];
        let ended = bench.run(&["--bench", "--noplot"], &variables);
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        let arms = bench.last_run().questions[0].scenarios[0].arms.clone();
        let of = |arm: &Arm| arm.samples.iter().map(|sample| sample.process.unwrap()).collect();
        let mut each: Vec<Vec<usize>> = arms.iter().map(of).collect();
        each.dedup();
        assert_eq!(each.len(), 1, "all arms change their processes after the same rounds: {each:?}");
        each.remove(0)
    };
    assert_eq!(processes("one"), (0..30).collect::<Vec<_>>());
    let kept = processes("two");
    let rounds: Vec<usize> = kept.chunk_by(|a, b| a == b).map(<[usize]>::len).collect();
    assert!(rounds.len() >= 6 && rounds.iter().all(|rounds| *rounds <= 3), "{rounds:?}");
    assert!(rounds.iter().any(|rounds| *rounds > 1), "no process is kept: {rounds:?}");
    assert_eq!((kept.len(), kept.is_sorted()), (30, true));
}

fn protocols_are_asked_of_speakers() {
    let bench = Bench::new("protocols");
    bench.measure(&[]);
    let run = bench.last_run();
    let [http2, tls] = run.questions[0].scenarios.as_slice() else { panic!("two scenarios were asked for") };
    assert_eq!((http2.server.as_str(), tls.server.as_str()), ("hyper", "hyper"));
    let arm = |measured: &ScenarioRun, label: &str| measured.arms.iter().find(|arm| arm.label == label).cloned();
    for measured in [http2, tls] {
        assert_eq!(arm(measured, "floor").unwrap().protocol, Protocol::KeepAlive);
        assert!(measured.arms.iter().all(|arm| arm.failure.is_none() && arm.samples.len() >= 10));
    }
    let multiplexed = arm(http2, "http2-multiplex").unwrap();
    assert!(multiplexed.samples.iter().all(|sample| sample.server.unwrap().connections == Some(1)));
    assert!(arm(http2, "thread-pool-ureq").is_none() && arm(tls, "thread-pool-ureq").is_some());
    assert!(arm(tls, "http2-multiplex").is_none() && arm(tls, "curl-multi").is_none());
}

/// Each arm has a process of its own: what one costs is not found with another.
fn costs_are_each_models_own() {
    let bench = Bench::new("two");
    bench.run(&["--bench", "--noplot"], &[("FANOUT_MODELS", "process-pool,thread-pool-ureq,hyper")]);
    let run = bench.last_run();
    let usage = |label: &str| {
        let arm = run.questions[0].scenarios[1].arms.iter().find(|arm| arm.label == label).unwrap();
        let most = |of: fn(&Sample) -> u64| arm.samples.iter().map(of).max().unwrap();
        (most(|sample| sample.usage.threads), most(|sample| sample.usage.peak_memory))
    };
    // Four in flight: a thread and four workers of one thread each, and four threads that wait for them; four threads
    // and the one that gives them work; one.
    let ((processes, of_processes), (threads, of_threads), (alone, of_one)) =
        (usage("process-pool"), usage("thread-pool-ureq"), usage("hyper"));
    assert_eq!((alone, threads), (1, 5));
    assert!((5..=9).contains(&processes), "{processes} threads in the process pool");
    assert!(of_processes > 4 * of_one && of_threads > 0, "{of_processes} {of_threads} {of_one}");
}
