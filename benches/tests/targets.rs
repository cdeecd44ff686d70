//! Targets as a user of Criterion has them: processes, arguments, files, exit codes.
//!
//! This program is also the target that it tests, a small one of two scenarios: `main` asks the environment which.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use fanout_benches::question::{Case, Question, chooses};
use fanout_conformance::leftovers::{children_of, runs};
use fanout_conformance::patience::soon;
use fanout_conformance::server::Server;
use fanout_conformance::tls::TlsServer;
use fanout_harness::config::Profile;
use fanout_model::Protocol;
use fanout_record::Run;
use fanout_record::run::{Arm, Sample, ScenarioRun, Start};
use libtest_mimic::{Arguments, Trial};
use mock_server::Engine;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Set for a process that is the target.
const ROLE: &str = "TEST_IS_THE_TARGET";

fn main() -> ExitCode {
    fanout_harness::enter();
    if let Some(cases) = std::env::var_os(ROLE) {
        let cases: fn(Profile) -> Vec<Case> = match cases.to_str() {
            Some("one") => one,
            Some("protocols") => protocols,
            _ => two,
        };
        let one_case = cases(Profile::Default).len() == 1;
        return fanout_benches::run(&Question {
            name: "small",
            about: "A small question.",
            cases,
            admits: chooses,
            takes_target: one_case,
            beside: Vec::new,
        });
    }
    let tests: &[(&str, fn())] = &[
        ("list_names_every_benchmark_and_starts_nothing", list_names_every_benchmark_and_starts_nothing),
        ("test_mode_runs_the_filtered_models_once_and_keeps_nothing", test_mode_runs_the_filtered_once),
        ("measuring_leaves_criterions_files_the_run_a_table_and_a_page", measuring_leaves_everything),
        ("a_filter_measures_what_it_names_and_the_floor", a_filter_measures_what_it_names_and_the_floor),
        ("a_seed_repeats_the_order_in_which_models_run", a_seed_repeats_the_order),
        ("baselines_are_saved_compared_and_loaded", baselines_are_saved_compared_and_loaded),
        ("profile_time_runs_live", profile_time_runs_live),
        ("a_bad_variable_or_target_stops_with_2_before_anything_runs", a_bad_variable_or_target_stops_with_2),
        ("a_target_that_misbehaves_later_ends_each_row_with_the_reason", a_target_that_misbehaves_ends_each_row),
        ("a_tls_target_with_a_private_root_is_measured_without_a_floor", a_tls_target_is_measured),
        ("a_protocol_is_asked_of_those_who_speak_it_and_the_floor_stays_what_it_is", protocols_are_asked_of_speakers),
        ("a_small_model_costs_less_memory_and_threads_than_a_large_one", costs_are_each_models_own),
        ("processors_kept_awake_are_noted_and_let_go_also_when_killed", awake_is_noted_and_let_go),
        ("ctrl_c_keeps_whole_rounds_and_exits_130", ctrl_c_keeps_whole_rounds),
    ];
    let trial = |(name, test): &(&str, fn())| {
        let test = *test;
        Trial::test(*name, move || {
            test();
            Ok(())
        })
    };
    libtest_mimic::run(&Arguments::from_args(), tests.iter().map(trial).collect()).exit_code()
}

fn case(parameter: &'static str, milliseconds: u64) -> Case {
    let delay = Duration::from_millis(milliseconds);
    Case { requests: 12, concurrency: NonZeroUsize::new(4), delay, parameter, ..Case::WARM }
}

fn two(_: Profile) -> Vec<Case> {
    vec![case("0", 0), case("3", 3)]
}

fn one(_: Profile) -> Vec<Case> {
    vec![Case { start: Start::Cold, ..case("", 0) }]
}

fn protocols(_: Profile) -> Vec<Case> {
    let case = |protocol, tls, parameter| Case {
        engine: Engine::Hyper,
        protocol: Some(protocol),
        tls,
        ..case(parameter, 0)
    };
    vec![case(Protocol::Http2, false, "http2"), case(Protocol::KeepAlive, true, "tls")]
}

struct Bench {
    target: tempfile::TempDir,
    cases: &'static str,
}

struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Bench {
    fn new(cases: &'static str) -> Self {
        Self { target: tempfile::tempdir().unwrap(), cases }
    }

    fn command(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
        let mut command = Command::new("/proc/self/exe");
        command.args(arguments).env(ROLE, self.cases).env("CARGO_TARGET_DIR", self.target.path());
        command.envs(variables.iter().copied()).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
        let output = self.command(arguments, variables).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    fn measure(&self, arguments: &[&str]) -> Ended {
        let ended = self.run(&[&["--bench", "--noplot"], arguments].concat(), &[]);
        assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
        ended
    }

    fn run_file(&self) -> PathBuf {
        self.target.path().join("fanout/last-run.json")
    }

    fn last_run(&self) -> Run {
        fanout_record::file::read(&self.run_file()).unwrap()
    }

    fn page_file(&self) -> PathBuf {
        self.target.path().join("fanout/report.html")
    }

    fn page(&self) -> String {
        std::fs::read_to_string(self.page_file()).unwrap()
    }

    fn criterion(&self) -> PathBuf {
        self.target.path().join("criterion")
    }
}

fn labels(arms: &[Arm]) -> Vec<&str> {
    arms.iter().map(|arm| arm.label.as_str()).collect()
}

fn files(folder: &Path) -> usize {
    folder.read_dir().map_or(0, Iterator::count)
}

fn list_names_every_benchmark_and_starts_nothing() {
    let bench = Bench::new("two");
    let ended = bench.run(&["--bench", "--list"], &[]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    for name in ["small/floor/0", "small/thread-pool/3", "small/tokio-current-thread-again/3"] {
        assert!(ended.out.contains(&format!("{name}: benchmark")), "{}", ended.out);
    }
    assert!(!ended.out.contains("sequential"), "{}", ended.out);
    let ended = bench.run(&["--bench", "--list", "rayon"], &[]);
    assert!(ended.out.contains("small/rayon/0") && !ended.out.contains("thread-pool"), "{}", ended.out);
    assert_eq!(files(bench.target.path()), 0);
}

fn test_mode_runs_the_filtered_once() {
    for mode in [&["--bench", "--test", "rayon"][..], &["rayon"]] {
        let bench = Bench::new("two");
        let ended = bench.run(mode, &[]);
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        assert_eq!(ended.out.matches("Success").count(), 2, "{}", ended.out);
        assert!(!bench.run_file().exists());
    }
}

fn measuring_leaves_everything() {
    let bench = Bench::new("two");
    let ended = bench.run(&["--bench"], &[]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(ended.out.contains("| rayon") && ended.out.contains("A/A of time:"), "{}", ended.out);
    assert!(ended.out.trim_end().ends_with(&format!("report:    {}", bench.page_file().display())), "{}", ended.out);
    let page = bench.page();
    assert!(page.contains("rayon") && page.contains("small 3") && page.contains("../criterion/report/index.html"));
    assert!(!ended.err.contains("Unable to complete"), "{}", ended.err);
    assert!(bench.criterion().join("report/index.html").is_file());
    let run = bench.last_run();
    let [question] = run.questions.as_slice() else { panic!("{} questions", run.questions.len()) };
    for measured in &question.scenarios {
        assert_eq!((measured.order.len(), measured.planned), (10, Some(10)));
        for arm in &measured.arms {
            let rounds: Vec<usize> = arm.samples.iter().map(|sample| sample.round).collect();
            assert_eq!(rounds, (0..10).collect::<Vec<_>>(), "{}", arm.label);
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

fn a_filter_measures_what_it_names_and_the_floor() {
    let bench = Bench::new("two");
    let ended = bench.measure(&["rayon/3"]);
    assert!(!ended.out.contains("small/floor"), "Criterion was told of more than the filter names: {}", ended.out);
    let run = bench.last_run();
    let [measured] = run.questions[0].scenarios.as_slice() else { panic!("one scenario was asked for") };
    assert_eq!(labels(&measured.arms), ["floor", "rayon"]);

    let bench = Bench::new("two");
    let ended = bench.measure(&["no-such-thing"]);
    assert!(!bench.run_file().exists(), "{}", ended.out);
}

fn baselines_are_saved_compared_and_loaded() {
    let bench = Bench::new("one");
    bench.measure(&["--save-baseline", "main", "rayon"]);
    assert!(bench.criterion().join("small/rayon/main/estimates.json").is_file());
    let ended = bench.measure(&["--baseline", "main", "rayon"]);
    assert!(ended.out.contains("change:"), "{}", ended.out);
    std::fs::remove_file(bench.run_file()).unwrap();
    let ended = bench.run(&["--bench", "--noplot", "--baseline", "no-such", "rayon"], &[]);
    assert!(ended.code != Some(0) && ended.err.contains("no-such"), "{}", ended.err);
    assert_eq!(bench.last_run().questions.len(), 1, "what was measured is lost with the baseline");
    std::fs::remove_file(bench.run_file()).unwrap();
    let ended = bench.measure(&["--load-baseline", "main", "--baseline", "main", "rayon"]);
    assert!(ended.out.contains("change:"), "{}", ended.out);
    assert!(!bench.run_file().exists(), "a loaded baseline was measured again");
}

fn profile_time_runs_live() {
    let bench = Bench::new("one");
    let ended = bench.run(&["--bench", "--profile-time", "1", "--exact", "small/rayon"], &[]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(!bench.run_file().exists());
}

fn a_bad_variable_or_target_stops_with_2() {
    let cases = [
        ("FANOUT_ROUNDS", "3", "from 10"),
        ("FANOUT_ROUND", "10", "did you mean FANOUT_ROUNDS"),
        ("FANOUT_MODELS", "rayn", "did you mean `rayon`"),
        ("FANOUT_TARGET", "http://127.0.0.1:1", "unset FANOUT_TARGET"),
        // A network set aside for documentation (RFC 5737): nothing is sent there, nor could be.
        ("FANOUT_TARGET", "http://192.0.2.1", "FANOUT_LIVE_BUDGET="),
    ];
    for (name, value, says) in cases {
        let bench = Bench::new("one");
        let ended = bench.run(&["--bench"], &[(name, value), ("FANOUT_LIVE_BUDGET", "10")]);
        assert_eq!(ended.code, Some(2), "{name}={value}: {}", ended.err);
        assert!(ended.err.contains(name) && ended.err.contains(says), "{name}={value}: {}", ended.err);
        assert!(!bench.run_file().exists());
    }
    for unbounded in [&["--bench", "--quick"][..], &["--bench", "--profile-time", "1"]] {
        let ended = Bench::new("one").run(unbounded, &[("FANOUT_TARGET", "http://192.0.2.1")]);
        assert!(ended.code == Some(2) && ended.err.contains("not known how many"), "{}", ended.err);
    }
    let ended = Bench::new("one").run(&["--bench"], &[("FANOUT_MODELS", "sequential")]);
    assert!(ended.code == Some(2) && ended.err.contains("no model that makes sense"), "{}", ended.err);
    let ended = Bench::new("two").run(&["--bench"], &[("FANOUT_TARGET", "http://127.0.0.1:1")]);
    assert!(ended.code == Some(2) && ended.err.contains("server of its own"), "{}", ended.err);
}

/// The same UUID each time: the probe is content, a batch is not.
fn a_target_that_misbehaves_ends_each_row() {
    let server = Server::start();
    let bench = Bench::new("one");
    let url = server.at("/uuid/7");
    let ended = bench.run(&["--bench", "--noplot"], &[("FANOUT_TARGET", url.as_str())]);
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert!(ended.out.contains("failed: rayon after 0 rounds") && ended.out.contains("came twice"), "{}", ended.out);
    let run = bench.last_run();
    assert!(run.questions[0].scenarios[0].arms.iter().all(|arm| arm.samples.is_empty() && arm.failure.is_some()));
    assert!(bench.page().contains("rayon failed after 0 rounds"), "the page does not say what failed");
    for live in [&["--bench", "--test"][..], &["--bench", "--quick"]] {
        let ended = Bench::new("one").run(live, &[("FANOUT_TARGET", url.as_str())]);
        assert!(ended.code == Some(1) && ended.err.contains("came twice"), "{}", ended.err);
    }
}

fn a_tls_target_is_measured() {
    let server = TlsServer::start().unwrap();
    let url = server.url();
    let bench = Bench::new("one");
    let target = [("FANOUT_TARGET", url.as_str()), ("FANOUT_MODELS", "thread-pool,tokio-current-thread")];
    let ended =
        bench.run(&["--bench", "--noplot"], &[&target[..], &[("FANOUT_CA_FILE", server.root_file())]].concat());
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    let run = bench.last_run();
    let [measured] = run.questions[0].scenarios.as_slice() else { panic!("one scenario was asked for") };
    assert_eq!(labels(&measured.arms), ["thread-pool", "tokio-current-thread", "tokio-current-thread-again"]);
    assert!(measured.scenario.delay_ns.is_none() && measured.arms.iter().all(|arm| arm.samples.len() == 10));

    let ended = bench.run(&["--bench"], &target);
    assert!(ended.code == Some(2) && ended.err.contains("certificate"), "{}", ended.err);
}

fn ctrl_c_keeps_whole_rounds() {
    let bench = Bench::new("two");
    let mut command = bench.command(&["--bench", "--noplot"], &[("FANOUT_ROUNDS", "100000")]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Every model that makes sense, the floor, one model again; and the server.
    let arms = fanout_models::ROSTER.iter().filter(|model| chooses(**model)).count() + 2;
    soon("a process for each arm, and a server", || children_of(child.id()).len() == arms + 1);
    // Everything is prepared now, as a rule; the next second is long enough for some rounds.
    std::thread::sleep(Duration::from_secs(1));
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap();
    soon("ending on Ctrl-C", || child.try_wait().unwrap().is_some());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    let run = bench.last_run();
    let measured = &run.questions[0].scenarios[0];
    assert!(!measured.order.is_empty());
    assert!(measured.arms.iter().all(|arm| arm.samples.len() == measured.order.len()));
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
        assert!(measured.arms.iter().all(|arm| arm.failure.is_none() && arm.samples.len() == 10));
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

fn awake_is_noted_and_let_go() {
    let bench = Bench::new("one");
    let awake = ("FANOUT_AWAKE", "1");
    let ended = bench.run(&["--bench", "--noplot", "hyper"], &[awake]);
    assert!(ended.out.contains("processors kept awake"), "{}", ended.out);
    assert!(bench.last_run().questions[0].awake);
    let mut command = bench.command(&["--bench", "--noplot", "hyper"], &[awake, ("FANOUT_ROUNDS", "100000")]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut children = Vec::new();
    // The floor, the model, the server, and at least one that keeps a processor awake.
    soon("starting everything", || {
        children = children_of(child.id());
        children.len() >= 4
    });
    child.kill().unwrap();
    child.wait().unwrap();
    soon("ending with the one who asked", || !children.iter().any(|child| runs(*child)));
}
