//! What the `FANOUT_*` variables name: what can't be had is refused, and a server is measured as it is.

use fanout_conformance::server::Server;
use fanout_conformance::tls::TlsServer;
use fanout_fleet::SshServer;
use fanout_harness::server::{Server as MockServer, Serving};

use crate::fixture::{Bench, labels};

/// By name.
pub(crate) const TESTS: &[(&str, fn())] = &[
    ("a_bad_variable_or_target_stops_with_2_before_anything_runs", a_bad_variable_or_target_stops_with_2),
    ("a_target_that_misbehaves_later_ends_each_row_with_the_reason", a_target_that_misbehaves_ends_each_row),
    ("a_secret_in_a_target_is_sent_and_neither_kept_nor_printed", a_secret_is_not_kept),
    ("workers_that_are_not_there_end_their_models_row_only_and_their_secrets_are_not_kept", no_fleet),
    ("the_run_says_how_many_workers_a_model_had_elsewhere", workers_are_recorded),
    ("requests_of_the_users_own_are_measured_and_their_secrets_are_not_kept", own_requests_are_measured),
    ("what_cannot_be_asked_with_the_users_own_requests_stops_with_2", own_requests_are_refused),
    ("a_tls_target_with_a_private_root_is_measured_without_a_floor", a_tls_target_is_measured),
];

fn a_bad_variable_or_target_stops_with_2() {
    let cases = [
        ("FANOUT_ROUNDS", "3", "from 10"),
        ("FANOUT_ROUND", "10", "did you mean FANOUT_ROUNDS"),
        ("FANOUT_MODELS", "rayn", "did you mean `rayon`"),
        ("FANOUT_TARGET", "http://127.0.0.1:1", "unset FANOUT_TARGET"),
        ("FANOUT_CONGESTION", "reno", "unset it"),
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
        assert!(ended.code == Some(2) && ended.err.contains("an unknown number"), "{}", ended.err);
    }
    let ended = Bench::new("one").run(&["--bench"], &[("FANOUT_MODELS", "sequential")]);
    assert!(ended.code == Some(2) && ended.err.contains("no model that can take part"), "{}", ended.err);
    let ended = Bench::new("two").run(&["--bench"], &[("FANOUT_TARGET", "http://127.0.0.1:1")]);
    assert!(ended.code == Some(2) && ended.err.contains("server of its own"), "{}", ended.err);
}

/// The models whose workers are elsewhere take part if it is said where; if nobody is there, the others are measured.
fn no_fleet() {
    let models = ("FANOUT_MODELS", "nats-queue,ssh-pool,rayon");
    let bench = Bench::new("one");
    let ended = bench.run(&["--bench", "--noplot"], &[models]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    for left_out in ["skipped: nats-queue: FANOUT_NATS is not set", "skipped: ssh-pool: FANOUT_SSH is not set"] {
        assert!(ended.err.contains(left_out), "{}", ended.err);
    }
    let nobody = ("FANOUT_NATS", "nats://me:secret@127.0.0.1:1");
    let ended = bench.run(&["--bench", "--noplot"], &[models, nobody]);
    assert_eq!(ended.code, Some(1), "{}{}", ended.out, ended.err);
    let run = bench.last_run();
    let arms = &run.questions[0].scenarios[0].arms;
    let of = |model: &str| arms.iter().find(|arm| arm.label == model).unwrap();
    assert!(of("rayon").failure.is_none() && !of("rayon").samples.is_empty());
    let failure = of("nats-queue").failure.clone().unwrap();
    assert!(failure.contains("nats://…@127.0.0.1:1 cannot be used"), "{failure}");
    let run = std::fs::read_to_string(bench.run_file()).unwrap();
    for text in [&run, &bench.page(), &ended.out, &ended.err] {
        assert!(!text.contains("secret"), "{text}");
    }
    assert!(run.contains("nats://…@127.0.0.1:1"), "{run}");
}

fn workers_are_recorded() {
    if let Err(why) = SshServer::program() {
        return fanout_needs::skip("sshd", &why).unwrap();
    }
    let ssh = SshServer::start().unwrap();
    let (config, command) = (ssh.client_config(), format!("/proc/{}/exe __fanout-worker", std::process::id()));
    let bench = Bench::new("one");
    let variables = [
        ("FANOUT_MODELS", "ssh-pool,rayon"),
        ("FANOUT_SSH", "one,two"),
        ("FANOUT_SSH_CONFIG", config.to_str().unwrap()),
        ("FANOUT_SSH_COMMAND", command.as_str()),
    ];
    let ended = bench.run(&["--bench", "--noplot"], &variables);
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    let run = bench.last_run();
    let workers =
        |label: &str| run.questions[0].scenarios[0].arms.iter().find(|arm| arm.label == label).map(|arm| arm.workers);
    assert_eq!(["ssh-pool", "rayon", "floor"].map(workers), [Some(Some(2)), Some(None), Some(None)]);
}

/// The same UUID each time: the probe is content, a batch is not.
fn a_target_that_misbehaves_ends_each_row() {
    let server = Server::start();
    let bench = Bench::new("one");
    let url = server.at("/uuid/7");
    let ended = bench.run(&["--bench", "--noplot"], &[("FANOUT_TARGET", url.as_str())]);
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    let words = ["failed: rayon after 0 rounds", "were repeated"];
    assert!(words.iter().all(|words| ended.out.contains(words)), "{}", ended.out);
    let run = bench.last_run();
    assert!(run.questions[0].scenarios[0].arms.iter().all(|arm| arm.samples.is_empty() && arm.failure.is_some()));
    assert!(bench.page().contains("rayon failed after 0 rounds"), "the page does not say what failed");
    for live in [&["--bench", "--test"][..], &["--bench", "--quick"]] {
        let ended = Bench::new("one").run(live, &[("FANOUT_TARGET", url.as_str())]);
        assert!(ended.code == Some(1) && ended.err.contains("were repeated"), "{}", ended.err);
    }
}

fn a_secret_is_not_kept() {
    let server = MockServer::start(Serving::default()).unwrap();
    let bench = Bench::new("one");
    for (path, code) in [("/uuid?token=secret", 0), ("/uuid#secret", 0), ("/status/404?token=secret", 2)] {
        let url = server.uuid_url().join(path).unwrap();
        let ended = bench.run(&["--bench", "--noplot", "hyper"], &[("FANOUT_TARGET", url.as_str())]);
        assert_eq!(ended.code, Some(code), "{}{}", ended.out, ended.err);
        let run = std::fs::read_to_string(bench.run_file()).unwrap();
        for text in [&run, &bench.page(), &ended.out, &ended.err] {
            assert!(!text.contains("secret"), "{path}: {text}");
        }
        let shown = if path.contains('#') { "/uuid#…" } else { "/uuid?…" };
        assert!(code != 0 || run.contains(shown), "{path}: {run}");
        assert!(code == 0 || ended.err.contains("/status/404?…"), "{}", ended.err);
    }
    // As a whole, and where it is refused.
    for url in ["http://me:secret@localhost/", "me:secret@localhost", "https://192.0.2.1/?token=secret"] {
        let ended = Bench::new("one").run(&["--bench"], &[("FANOUT_TARGET", url), ("FANOUT_LIVE_BUDGET", "10")]);
        assert!(ended.code == Some(2) && !ended.err.contains("secret"), "{}", ended.err);
    }
}

fn own_requests_are_measured() {
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    let file = folder.path().join("requests.toml");
    let text = format!(
        "[[request]]\nurl = \"{}?token=secret\"\nbody = \"secret\"\nheaders = {{ authorization = \"secret\" }}\n\n\
         [[request]]\nurl = \"{}\"\ntimes = 3\n",
        server.at("/upload"),
        server.at("/bytes/1000"),
    );
    std::fs::write(&file, text).unwrap();
    let bench = Bench::new("own");
    let variables = [("FANOUT_REQUESTS", file.to_str().unwrap()), ("FANOUT_MODELS", "rayon,hyper")];
    let ended = bench.run(&["--bench", "--noplot"], &variables);
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    let run = bench.last_run();
    let [measured] = run.questions[0].scenarios.as_slice() else { panic!("one scenario was asked for") };
    assert_eq!(labels(&measured.arms), ["rayon", "hyper", "hyper-again"]);
    assert!(measured.arms.iter().all(|arm| arm.samples.len() == 10));
    let [upload, download] = measured.scenario.asked.as_slice() else { panic!("two requests differ") };
    assert_eq!((upload.method.as_str(), upload.body_bytes, download.times), ("POST", 6, 3));
    assert_eq!(upload.headers, ["authorization"]);
    let file = std::fs::read_to_string(bench.run_file()).unwrap();
    for text in [&file, &bench.page(), &ended.out, &ended.err] {
        assert!(!text.contains("secret"), "{text}");
    }
    assert!(server.headers().iter().any(|headers| headers.contains(&("authorization".into(), "secret".into()))));
}

fn own_requests_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("requests");
    std::fs::write(&file, "http://192.0.2.1/\n").unwrap();
    let file = file.to_str().unwrap();
    let cases = [
        ("own", vec![], "name a file with FANOUT_REQUESTS"),
        ("own", vec![("FANOUT_TARGET", "http://127.0.0.1:1")], "name a file with FANOUT_REQUESTS"),
        ("own", vec![("FANOUT_REQUESTS", file), ("FANOUT_LIVE_BUDGET", "10")], "FANOUT_LIVE_BUDGET="),
        ("one", vec![("FANOUT_REQUESTS", file)], "FANOUT_REQUESTS is for `--bench own`"),
        ("own", vec![("FANOUT_REQUESTS", "/no/such/file")], "/no/such/file"),
    ];
    for (kind, variables, says) in cases {
        let ended = Bench::new(kind).run(&["--bench"], &variables);
        assert_eq!(ended.code, Some(2), "{variables:?}: {}", ended.err);
        assert!(ended.err.contains(says), "{variables:?}: {}", ended.err);
    }
    // With `--test`, CI tries every bench, and has no requests of its own.
    let ended = Bench::new("own").run(&["--bench", "--test"], &[]);
    assert!(ended.code == Some(0) && ended.err.contains("nothing to try"), "{}", ended.err);
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
