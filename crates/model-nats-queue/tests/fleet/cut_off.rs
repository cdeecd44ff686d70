//! Ten thousand requests over three workers, each in a network of its own: one is killed, one is cut off for a while,
//! and the NATS server is started anew with its store.
//!
//! The test starts this program again in a network namespace (unshare(1)), where it is root, and where it may make
//! the networks of the workers (ip(8)). Whatever happens to the test, these networks end with their processes.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fanout_fleet::NatsServer;
use fanout_model::{Request, Runner, Url};
use fanout_needs::skip;
use mock_server::Stats;
use nix::sys::signal::Signal;

use crate::Test;
use crate::orderly::{distinct, is_empty};
use crate::workers::{MOCK, TIMEOUT, WORKER, Worker, client};

pub(crate) const TESTS: &[Test] = &[(NAME, in_a_network_of_its_own)];

const NAME: &str = "ten_thousand_requests_survive_a_killed_worker_a_cut_off_one_and_a_server_started_anew";

/// This is set when the program runs inside the network namespace.
const INSIDE: &str = "FANOUT_TEST_INSIDE";

/// Where the servers are, inside.
const HUB: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);

const N: u64 = 10_000;

fn in_a_network_of_its_own() {
    if std::env::var_os(INSIDE).is_some() {
        return survive();
    }
    let unshare = |program: &str| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--net", "--mount", program]);
        command
    };
    let probe = unshare("true").output().map_err(|error| error.to_string());
    let refused = probe.and_then(|it| it.status.success().then_some(()).ok_or("unshare is refused".to_owned()));
    if let Err(why) =
        refused.and_then(|()| Command::new("ip").arg("-V").output().map(drop).map_err(|_| "no ip".into()))
    {
        return skip("netns", &why).unwrap();
    }
    let this = std::env::current_exe().unwrap();
    let inside = unshare(this.to_str().unwrap()).args(["--exact", NAME, "--nocapture"]).env(INSIDE, "yes").output();
    let inside = inside.unwrap();
    assert!(inside.status.success(), "{}", String::from_utf8_lossy(&inside.stdout));
}

fn ip(arguments: &str) {
    run("ip", arguments);
}

fn run(program: &str, arguments: &str) {
    let output = Command::new(program).args(arguments.split(' ')).output().unwrap();
    assert!(output.status.success(), "{program} {arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A worker in a network of its own, which a cable connects with the hub.
fn worker(number: usize, url: &str) -> Worker {
    let mut command = Command::new("unshare");
    // `/proc/self/exe` would be the shell's own file.
    command.args(["--net", "sh", "-c", "read go && exec \"$0\" \"$@\""]).arg(std::env::current_exe().unwrap());
    command.args([WORKER, url, "tokio-current-thread"]).stdin(Stdio::piped());
    let mut worker = Worker::of(&mut command);
    let process = worker.child.id();
    let own = std::fs::read_link("/proc/self/ns/net").unwrap();
    wait_until(|| std::fs::read_link(format!("/proc/{process}/ns/net")).is_ok_and(|net| net != own));
    ip(&format!("link add hub{number} type veth peer name cable netns {process}"));
    ip(&format!("addr add 10.77.{number}.1/24 dev hub{number}"));
    ip(&format!("link set hub{number} up"));
    for inside in [
        "link set lo up".to_owned(),
        format!("addr add 10.77.{number}.2/24 dev cable"),
        "link set cable up".to_owned(),
        format!("route add default via 10.77.{number}.1"),
    ] {
        run("nsenter", &format!("-t {process} -n ip {inside}"));
    }
    worker.child.stdin.take().unwrap().write_all(b"go\n").unwrap();
    worker.says("is ready");
    worker
}

fn wait_until(mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + TIMEOUT;
    while !is_so() {
        assert!(Instant::now() < until, "it did not happen");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The mock server, at the hub.
struct Mock(Child);

impl Mock {
    fn start() -> Self {
        let hub = HUB.to_string();
        let arguments = [MOCK, "--bind", &hub, "--port", "8080", "--delay", "20ms"];
        let mock = Command::new("/proc/self/exe").args(arguments).stdout(Stdio::null()).spawn().unwrap();
        wait_until(|| TcpStream::connect((HUB, 8080)).is_ok());
        Self(mock)
    }

    fn arrivals() -> u64 {
        let mut stream = TcpStream::connect((HUB, 8080)).unwrap();
        stream.write_all(b"GET /stats HTTP/1.1\r\nhost: hub\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let stats: Stats = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
        stats.arrivals
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn survive() {
    ip("link set lo up");
    ip(&format!("addr add {HUB}/32 dev lo"));
    let _mock = Mock::start();
    let mut nats = NatsServer::start_at(IpAddr::V4(HUB), &[]).unwrap();
    let url = nats.url();
    let [mut killed, _cut_off, _steady] = [1, 2, 3].map(|number| worker(number, &url));
    let mut client = client(&url, 60);
    let requests = vec![Request::get(Url::parse(&format!("http://{HUB}:8080/uuid")).unwrap()).unwrap(); N as usize];
    let outcomes = std::thread::scope(|threads| {
        let running = threads.spawn(|| client.run(&requests));
        wait_until(|| Mock::arrivals() > N / 5);
        killed.kill();
        wait_until(|| Mock::arrivals() > 2 * N / 5);
        ip("link set hub2 down");
        wait_until(|| Mock::arrivals() > 3 * N / 5);
        nats.end(Signal::SIGTERM);
        nats.again().unwrap();
        std::thread::sleep(Duration::from_secs(3));
        ip("link set hub2 up");
        running.join().unwrap()
    });
    assert_eq!(outcomes.len() as u64, N);
    let failed: Vec<_> = outcomes.iter().filter(|outcome| outcome.result.is_err()).take(3).collect();
    assert!(failed.is_empty(), "{failed:?}");
    assert_eq!(distinct(&outcomes).len() as u64, N);
    println!("{} arrivals for {N} outcomes", Mock::arrivals());
    drop(client);
    is_empty(&url);
}
