//! Tests the workers over ssh with a real `sshd` on loopback. Where there is none, the tests are ignored, and the
//! reason is printed.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::panic::catch_unwind;
use std::time::Duration;

use fanout_conformance::deadline::soon;
use fanout_conformance::leak_checks::{children_of, runs};
use fanout_fleet::SshServer;
use fanout_fleet::arms::worker_command;
use fanout_harness::server::{Server, Serving};
use fanout_model::{Outcome, Request, RequestError, Runner, Settings, Uuid};
use fanout_needs::skip;
use libtest_mimic::{Arguments, Failed, Trial, run};
use model_ssh_pool::{Hosts, SshRunner};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const TESTS: &[(&str, fn())] = &[
    ("outcomes_arrive_in_order_and_no_more_are_in_flight_than_were_asked_for", in_order),
    ("a_host_that_is_lost_loses_its_own_requests_only", lost),
    ("a_host_on_which_no_worker_starts_is_named", no_worker),
    ("a_worker_of_another_version_is_named_with_its_host", other_version),
    ("nothing_is_left_on_a_host", nothing_left),
];

fn main() {
    fanout_harness::enter();
    let arguments = Arguments::from_args();
    // A test that may not be skipped runs, and fails with the same reason.
    let lacking = SshServer::program().is_err_and(|why| skip("sshd", &why).is_ok());
    let trial = |(name, test): &(&str, fn())| {
        let test = *test;
        // The panic itself is printed where it happens.
        let check = move || catch_unwind(test).map_err(|_| Failed::from("it panicked"));
        Trial::test(*name, check).with_ignored_flag(lacking)
    };
    run(&arguments, TESTS.iter().map(trial).collect()).exit()
}

fn worker() -> String {
    worker_command().unwrap()
}

fn start(ssh: &SshServer, hosts: &str, command: &str, in_flight: usize) -> Result<SshRunner, String> {
    let hosts = Hosts::new(hosts).unwrap().with(ssh.client_config(), command.into());
    let settings = Settings::new(NonZeroUsize::new(in_flight).unwrap()).unwrap();
    SshRunner::start(&hosts, &settings).map_err(|error| error.to_string())
}

fn slow() -> Server {
    Server::start(Serving { delay: Duration::from_millis(5), ..Serving::default() }).unwrap()
}

fn distinct(outcomes: &[Outcome]) -> HashSet<Uuid> {
    outcomes.iter().filter_map(|outcome| outcome.result.as_ref().ok()?.uuid()).collect()
}

fn in_order() {
    let (ssh, server) = (SshServer::start().unwrap(), slow());
    for (hosts, in_flight) in [("one,two", 10), ("one,two,three", 2)] {
        let mut runner = start(&ssh, hosts, &worker(), in_flight).unwrap();
        for n in [0, 1, 100] {
            server.reset().unwrap();
            let mut requests = vec![Request::get(server.uuid_url()).unwrap(); n];
            if let Some(request) = requests.get_mut(60) {
                *request = Request::get(server.uuid_url().join("/nowhere").unwrap()).unwrap();
            }
            let outcomes = runner.run(&requests);
            let bad = usize::from(n > 60);
            assert_eq!((outcomes.len(), distinct(&outcomes).len()), (n, n - bad));
            assert!(outcomes.iter().all(|outcome| outcome.lane < in_flight && outcome.started <= outcome.finished));
            assert!(bad == 0 || outcomes[60].result == Err(RequestError::Status(404)));
            assert!(server.stats().unwrap().peak_in_flight <= in_flight as u64);
        }
        assert!(runner.usage_elsewhere().cpu() > Duration::ZERO);
        // With two in flight, a third host has nothing to do.
        assert_eq!(runner.workers_elsewhere(), Some(2));
    }
}

/// The process of ssh that has a session with a host of this server. Other tests have sessions at the same time.
fn session(ssh: &SshServer, host: &str) -> u32 {
    let config = ssh.client_config();
    let is_asked = |pid: &u32| {
        let line = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let words: Vec<&str> = line.split('\0').collect();
        words.contains(&config.to_str().unwrap()) && words.contains(&host)
    };
    children_of(std::process::id()).into_iter().find(is_asked).unwrap()
}

fn lost() {
    let ssh = SshServer::start().unwrap();
    let server = Server::start(Serving { delay: Duration::from_millis(20), ..Serving::default() }).unwrap();
    let mut runner = start(&ssh, "one,two", &worker(), 4).unwrap();
    let two = session(&ssh, "two");
    let requests = vec![Request::get(server.uuid_url()).unwrap(); 200];
    let outcomes = std::thread::scope(|threads| {
        let running = threads.spawn(|| runner.run(&requests));
        soon("the requests begin", || server.stats().unwrap().arrivals > 20);
        kill(Pid::from_raw(two.cast_signed()), Signal::SIGKILL).unwrap();
        running.join().unwrap()
    });
    assert_eq!(distinct(&outcomes[..100]).len(), 100);
    for outcome in &outcomes[100..] {
        let Err(RequestError::Lost(reason)) = &outcome.result else { panic!("{outcome:?}") };
        assert!(reason.contains("on the host two") && reason.contains("SIGKILL"), "{reason}");
    }
}

fn no_worker() {
    let ssh = SshServer::start().unwrap();
    let error = start(&ssh, "one,two", "no-such-program worker", 4).unwrap_err();
    assert!(error.contains("on the host one") && error.contains("exit status: 127"), "{error}");
    // A key that the server does not know.
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config");
    let own = std::fs::read_to_string(ssh.client_config()).unwrap();
    let without: Vec<&str> = own.lines().filter(|line| !line.starts_with("IdentityFile")).collect();
    std::fs::write(&config, without.join("\n") + "\nIdentityFile /dev/null\n").unwrap();
    let hosts = Hosts::new("three").unwrap().with(config, worker());
    let error = SshRunner::start(&hosts, &Settings::new(NonZeroUsize::MIN).unwrap()).unwrap_err().to_string();
    assert!(error.contains("on the host three") && error.contains("exit status: 255"), "{error}");
}

fn other_version() {
    let ssh = SshServer::start().unwrap();
    let error = start(&ssh, "one", "echo '{\"hello\":{\"protocol\":99}}'; cat", 4).unwrap_err();
    assert!(error.contains("on the host one: it speaks a newer version of the worker protocol, 99"), "{error}");
}

fn nothing_left() {
    let (ssh, server) = (SshServer::start().unwrap(), slow());
    let below =
        |pid: u32| children_of(pid).into_iter().flat_map(children_of).flat_map(children_of).collect::<Vec<_>>();
    let mut runner = start(&ssh, "one,two", &worker(), 4).unwrap();
    assert_eq!(distinct(&runner.run(&vec![Request::get(server.uuid_url()).unwrap(); 10])).len(), 10);
    let workers = [children_of(ssh.process()), below(ssh.process())].concat();
    assert!(workers.len() >= 2, "{workers:?}");
    drop(runner);
    soon("all sessions end", || !workers.iter().any(|pid| runs(*pid)));
}
