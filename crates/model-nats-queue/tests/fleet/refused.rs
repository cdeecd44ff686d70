//! Servers and workers that cannot be used: each is named with its reason, before any request.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::thread;

use fanout_fleet::NatsServer;
use fanout_model::{Check, Request, RequestError, Roots, Runner, Settings};
use fanout_worker::protocol::VERSION;
use futures_util::StreamExt;
use http::{HeaderMap, Method};
use model_nats_queue::{NatsRunner, Server};
use nix::sys::signal::Signal;

use crate::Test;
use crate::orderly::{distinct, requests, slow};
use crate::workers::{WORKER, Worker, client, refusal, settings};

pub(crate) const TESTS: &[Test] = &[
    ("nobody_at_the_address_is_named", nobody),
    ("a_server_that_is_too_old_or_lacks_jetstream_is_refused", lacking),
    ("a_wrong_password_is_refused_and_the_right_one_is_not_shown", password),
    ("a_server_with_tls_is_reached_with_its_roots_only", tls),
    ("a_fleet_without_a_worker_is_named", no_worker),
    ("a_worker_of_another_version_is_named", other_version),
    ("a_worker_whose_model_cannot_do_it_is_named", unable),
    ("a_request_that_is_too_large_for_a_message_is_lost_alone", too_large),
    ("an_item_that_is_no_item_is_dropped_and_the_worker_goes_on", no_item),
];

fn nobody() {
    let error = refusal("nats://127.0.0.1:1");
    assert!(error.contains("nats://127.0.0.1:1 cannot be used") && error.contains("refused"), "{error}");
    let mut worker = Worker::of(std::process::Command::new("/proc/self/exe").args([
        WORKER,
        "nats://127.0.0.1:1",
        "tokio-current-thread",
    ]));
    worker.says("refused");
    assert_eq!(worker.child.wait().unwrap().code(), Some(2));
}

/// Answers as a server with this INFO does, until it is asked for something.
fn server_with(info: &'static str) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("nats://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            write!(stream, "INFO {info}\r\n").unwrap();
            for line in BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok) {
                if line.starts_with("PING") && stream.write_all(b"PONG\r\n").is_err() {
                    break;
                }
            }
        }
    });
    url
}

fn lacking() {
    let base = r#""server_id":"A","server_name":"A","host":"127.0.0.1","port":1,"go":"","nonce":"","proto":1"#;
    for (version, jetstream, says) in
        [("2.8.4", true, "it has version 2.8.4, and 2.9.0 is the oldest"), ("2.15.1", false, "nats-server -js")]
    {
        let info = format!(
            r#"{{{base},"version":"{version}","jetstream":{jetstream},"headers":true,"max_payload":1048576}}"#
        );
        let error = refusal(&server_with(info.leak()));
        assert!(error.contains(says), "{error}");
    }
}

fn password() {
    let nats = NatsServer::start_at(Ipv4Addr::LOCALHOST.into(), &["--user", "me", "--pass", "r@ght"]).unwrap();
    let with = |password: &str| nats.url().replace("://", &format!("://me:{password}@"));
    let start = |url: &str| NatsRunner::start(&Server::new(url, None, None).unwrap(), &settings(4));
    let error = start(&with("wrong")).unwrap_err().to_string();
    assert!(error.contains("authorization violation") && !error.contains("wrong@"), "{error}");
    let error = start(&with("r%40ght")).unwrap_err().to_string();
    assert!(error.contains("no worker") && !error.contains("ght"), "{error}");
    // A worker has the password from its environment.
    let mut worker = std::process::Command::new("/proc/self/exe");
    let mut worker =
        Worker::of(worker.args([WORKER, "", "tokio-current-thread"]).env("FANOUT_NATS", with("r%40ght")));
    worker.says("is ready");
    let server = slow(0);
    assert_eq!(distinct(&start(&with("r%40ght")).unwrap().run(&requests(&server, 10))).len(), 10);
}

fn tls() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let made = || rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let (own, other) = (made(), made());
    let roots = at("roots.pem", own.cert.pem());
    let key = at("key.pem", own.signing_key.serialize_pem()).display().to_string();
    let others = at("others.pem", other.cert.pem());
    let cert = roots.display().to_string();
    let arguments = ["--tls", "--tlscert", &cert, "--tlskey", &key];
    let nats = NatsServer::start_at(Ipv4Addr::LOCALHOST.into(), &arguments).unwrap();
    let url = nats.url().replace("nats://", "tls://");
    let start = |roots: PathBuf| NatsRunner::start(&Server::new(&url, None, Some(roots)).unwrap(), &settings(4));
    let error = start(others).unwrap_err().to_string();
    assert!(error.contains("certificate"), "{error}");
    let error = start(roots).unwrap_err().to_string();
    assert!(error.contains("no worker"), "{error}");
}

fn no_worker() {
    let nats = NatsServer::start().unwrap();
    let error = refusal(&nats.url());
    assert!(error.contains("no worker is connected") && error.contains("cargo fanout worker"), "{error}");
}

/// Runs what speaks to a server itself.
fn speak<T>(what: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap().block_on(what)
}

fn other_version() {
    let nats = NatsServer::start().unwrap();
    let url = nats.url();
    thread::spawn(move || {
        speak(async {
            let client = async_nats::connect(&url).await.unwrap();
            let mut asked = client.subscribe("fanout.hello").await.unwrap();
            while let Some(message) = asked.next().await {
                let answer = r#"{"worker":"old-1","protocol":3,"more":"than is known"}"#;
                client.publish(message.reply.unwrap(), answer.into()).await.unwrap();
            }
        });
    });
    // The worker may need a moment to connect.
    let error = (0..100).map(|_| refusal(&nats.url())).find(|error| !error.contains("no worker"));
    let error = error.unwrap();
    assert!(error.contains("old-1 speaks version 3"), "{error}");
    assert!(error.contains(&format!("this program speaks version {VERSION}")), "{error}");
}

fn unable() {
    let nats = NatsServer::start().unwrap();
    let _worker = Worker::start(&nats.url(), "curl-multi");
    let https = Settings { roots: Roots::System, ..settings(4) };
    let error = NatsRunner::start(&Server::from_argument(&nats.url()).unwrap(), &https).unwrap_err().to_string();
    assert!(error.contains("this client speaks plain http only"), "{error}");
}

fn too_large() {
    let (nats, server) = (NatsServer::start().unwrap(), slow(0));
    let _worker = Worker::start(&nats.url(), "tokio-current-thread");
    let mut requests = requests(&server, 9);
    let body = "x".repeat(2_000_000).into();
    requests[4] = Request::new(Method::POST, server.uuid_url(), HeaderMap::new(), body, Check::default()).unwrap();
    let outcomes = client(&nats.url(), 2).run(&requests);
    assert_eq!(distinct(&outcomes).len(), 8);
    let Err(RequestError::Lost(reason)) = &outcomes[4].result else { panic!("{:?}", outcomes[4]) };
    assert!(reason.contains("max_payload") && !reason.contains("xx"), "{reason}");
}

fn no_item() {
    let (mut nats, server) = (NatsServer::start().unwrap(), slow(0));
    let mut worker = Worker::start(&nats.url(), "tokio-current-thread");
    speak(async {
        let context = async_nats::jetstream::new(async_nats::connect(nats.url()).await.unwrap());
        let put = context.publish(format!("fanout.{VERSION}.work.nobody"), r#"{"secret":1}"#.into()).await;
        put.unwrap().await.unwrap();
    });
    worker.says("is dropped");
    assert_eq!(distinct(&client(&nats.url(), 2).run(&requests(&server, 9))).len(), 9);
    // A worker outlives its server, and works for the next one there, which has nothing of the first one's store.
    nats.end(Signal::SIGKILL);
    worker.says("gives no work");
    nats.forget();
    nats.again().unwrap();
    worker.says("gives work again");
    assert_eq!(distinct(&client(&nats.url(), 2).run(&requests(&server, 9))).len(), 9);
}
