//! A bench whose mock server is under the control of another program, as it would be on another machine.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use fanout_conformance::deadline::soon;
use fanout_conformance::leak_checks::children_of;
use fanout_needs::skip;
use fanout_netlab::{Lab, Link, SERVER};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::fixture::Bench;

/// By name.
pub(crate) const TESTS: &[(&str, fn())] = &[
    ("a_mock_server_elsewhere_answers_as_each_question_asks_and_the_run_says_where_it_is", elsewhere_is_measured),
    ("a_network_that_is_made_has_its_carrier_and_its_congestion_control_recorded", made_networks_are_recorded),
    ("a_mock_server_beyond_a_network_is_measured_with_its_round_trip", beyond_a_network_is_measured),
    ("a_bench_that_ends_before_its_end_ends_its_server_elsewhere", servers_are_ended),
    ("a_control_that_cannot_be_used_stops_the_bench_with_2_and_its_reason", refused_controls_stop_with_2),
];

const TOKEN: &str = "a token that nobody guesses";

/// A control of mock servers in a process of its own, which ends with this value.
struct Control {
    child: Child,
    url: String,
    folder: tempfile::TempDir,
}

impl Control {
    fn start() -> Self {
        Self::started(&[], Command::spawn)
    }

    /// A control with these arguments, as this function starts it.
    fn started(arguments: &[&str], start: impl FnOnce(&mut Command) -> std::io::Result<Child>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("/proc/self/exe");
        command.args(["__fanout-server", "--control"]).args(arguments);
        command.arg("--root-file").arg(folder.path().join("root.pem"));
        let mut child = start(command.env("FANOUT_SERVER_TOKEN", TOKEN).stdout(Stdio::piped())).unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, url: line.trim_end().to_owned(), folder }
    }

    fn root(&self) -> String {
        self.folder.path().join("root.pem").to_str().unwrap().to_owned()
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn elsewhere_is_measured() {
    let (control, bench) = (Control::start(), Bench::new("two"));
    let root = control.root();
    let variables =
        [("FANOUT_SERVER", control.url.as_str()), ("FANOUT_SERVER_TOKEN", TOKEN), ("FANOUT_CA_FILE", root.as_str())];
    let ended = bench.run(&["--bench", "--noplot"], &variables);
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    let run = bench.last_run();
    let place = control.url.strip_prefix("https://").unwrap();
    assert_eq!(run.questions[0].scenarios.len(), 2);
    for measured in &run.questions[0].scenarios {
        assert_eq!(measured.server, format!("wiremock at {place}"));
        assert!(measured.round_trip_ns.is_some_and(|round_trip| round_trip > 0));
        assert!(measured.arms.iter().all(|arm| arm.failure.is_none() && arm.samples.len() >= 10));
    }
    let file = std::fs::read_to_string(bench.run_file()).unwrap();
    let page = bench.page();
    for text in [&file, &page, &ended.out, &ended.err] {
        assert!(!text.contains(TOKEN), "{text}");
    }
    assert!(
        page.contains(&format!("wiremock at {place}")) && page.contains("round trip"),
        "the page does not say where"
    );
}

/// Two network namespaces, a millisecond from each other.
fn beyond_a_network_is_measured() {
    if let Err(why) = Lab::available() {
        return skip("netlab", &why.to_string()).unwrap();
    }
    let away = Duration::from_millis(1);
    let lab = Lab::new(&Link::new(away)).unwrap();
    let address = SERVER.to_string();
    let control = Control::started(&["--bind", &address], |command| lab.server().spawn(command));
    let (bench, root) = (Bench::new("two"), control.root());
    let variables =
        [("FANOUT_SERVER", control.url.as_str()), ("FANOUT_SERVER_TOKEN", TOKEN), ("FANOUT_CA_FILE", root.as_str())];
    let ended = lab.client().run(|| bench.run(&["--bench", "--noplot", "hyper"], &variables)).unwrap();
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    for measured in &bench.last_run().questions[0].scenarios {
        let round_trip = Duration::from_nanos(measured.round_trip_ns.unwrap());
        assert!(round_trip >= away, "{round_trip:?}");
        assert!(measured.arms.iter().all(|arm| arm.failure.is_none() && arm.samples.len() >= 10));
        // No batch can be faster than one round trip.
        let walls = measured.arms.iter().flat_map(|arm| &arm.samples).map(|sample| sample.wall_ns);
        assert!(walls.min().is_some_and(|wall| Duration::from_nanos(wall) >= away));
    }
}

fn made_networks_are_recorded() {
    if let Err(why) = Lab::available() {
        return skip("netlab", &why.to_string()).unwrap();
    }
    let bench = Bench::new("network");
    let measure = |congestion| bench.run(&["--bench", "--noplot", "hyper"], &[("FANOUT_CONGESTION", congestion)]);
    let own = std::fs::read_to_string("/proc/sys/net/ipv4/tcp_congestion_control").unwrap();
    // Empty is not set. Every kernel has reno, and lets every namespace use it.
    for (set, has) in [("", own.trim()), ("reno", "reno")] {
        let ended = measure(set);
        assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
        let run = bench.last_run();
        let transport = run.questions[0].scenarios[0].transport.clone().unwrap();
        assert_eq!(transport.congestion.as_deref(), Some(has));
        assert!(bench.page().contains(&format!("TCP had the congestion control {has}")));
    }
    let ended = measure("nosuch");
    assert_eq!(ended.code, Some(2), "{}", ended.err);
    assert!(ended.err.contains("no congestion control of TCP with the name `nosuch`"), "{}", ended.err);
}

/// A server that nobody ends has a minute left.
fn servers_are_ended() {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let control = Control::started(&["--data-port", &port.to_string()], Command::spawn);
    let root = control.root();
    let variables =
        [("FANOUT_SERVER", control.url.as_str()), ("FANOUT_SERVER_TOKEN", TOKEN), ("FANOUT_CA_FILE", root.as_str())];
    let answers = || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
    // The system has the port for a moment longer. That is far from a minute.
    let ends = || {
        (0..500).any(|_| {
            sleep(Duration::from_millis(20));
            !answers()
        })
    };
    // A batch that fails.
    let ended = Bench::new("refusing").run(&["--test", "hyper"], &variables);
    assert_eq!(ended.code, Some(1), "{}{}", ended.out, ended.err);
    assert!(ended.err.contains("503") && ends(), "{}", ended.err);
    // Somebody who asks it to end.
    let bench = Bench::new("two");
    let mut command = bench.command(&["--profile-time", "600", "--bench", "hyper"], &variables);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    soon("it makes requests at the server elsewhere", || answers() && !children_of(child.id()).is_empty());
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGTERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(ends());
}

fn refused_controls_stop_with_2() {
    let control = Control::start();
    let root = control.root();
    let (url, root) = (control.url.as_str(), root.as_str());
    let cases = [
        (vec![("FANOUT_SERVER", url), ("FANOUT_CA_FILE", root)], "refuses the token: set FANOUT_SERVER_TOKEN"),
        (vec![("FANOUT_SERVER", url), ("FANOUT_SERVER_TOKEN", TOKEN)], "certificate"),
        (vec![("FANOUT_SERVER", "http://127.0.0.1:1")], "a control speaks https alone"),
        (vec![("FANOUT_SERVER", "https://me:secret@h")], "it carries credentials"),
        (vec![("FANOUT_SERVER", "https://127.0.0.1:1"), ("FANOUT_CA_FILE", root)], "cannot ask 127.0.0.1:1"),
        (vec![("FANOUT_SERVER_TOKEN", TOKEN)], "name it with FANOUT_SERVER"),
        (vec![("FANOUT_SERVER", url), ("FANOUT_TARGET", "http://127.0.0.1:1")], "unset FANOUT_TARGET"),
    ];
    for (variables, says) in cases {
        let ended = Bench::new("two").run(&["--bench"], &variables);
        assert_eq!(ended.code, Some(2), "{variables:?}: {}", ended.err);
        assert!(ended.err.contains(says) && !ended.err.contains("secret"), "{variables:?}: {}", ended.err);
        // The cause comes before what follows from it.
        let kept = ended.err.find("no round was finished");
        assert!(kept.is_none_or(|kept| ended.err.find(says) < Some(kept)), "{variables:?}: {}", ended.err);
    }
}
