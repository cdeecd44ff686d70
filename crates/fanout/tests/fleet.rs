//! `cargo fanout worker`, and the models that have their workers elsewhere, as a user has them.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use fanout_fleet::{NatsServer, SshServer};
use fanout_needs::skip;

/// The variables of many machines, none of which is set in a test unless the test sets it.
const VARIABLES: [&str; 6] =
    ["FANOUT_NATS", "FANOUT_NATS_CREDS", "FANOUT_NATS_CA", "FANOUT_SSH", "FANOUT_SSH_CONFIG", "FANOUT_SSH_COMMAND"];

fn fanout(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fanout"));
    for variable in VARIABLES {
        command.env_remove(variable);
    }
    command.args(arguments).envs(variables.iter().copied()).stdin(Stdio::null());
    command
}

fn ended(arguments: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String, String) {
    let output = fanout(arguments, variables).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// A worker of the queue. Dropping it kills it.
struct Worker(Child);

impl Worker {
    fn start(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = fanout(&[&["worker", "--model", "hyper"], arguments].concat(), variables);
        let mut worker = Self(command.stderr(Stdio::piped()).spawn().unwrap());
        let line = BufReader::new(worker.0.stderr.take().unwrap()).lines().next().unwrap().unwrap();
        assert!(line.contains("is ready"), "{line}");
        worker
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

const FETCH: [&str; 6] = ["fetch", "-n", "300", "-c", "8", "--model"];

#[track_caller]
fn expect_distinct(model: &str, variables: &[(&str, &str)]) {
    let (code, out, err) = ended(&[&FETCH[..], &[model]].concat(), variables);
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(out.lines().collect::<HashSet<_>>().len(), 300, "{err}");
}

#[test]
fn a_batch_goes_through_the_queue_to_the_workers() {
    if let Err(why) = NatsServer::program() {
        return skip("nats", &why).unwrap();
    }
    let nats = NatsServer::start().unwrap();
    let url = nats.url();
    let _by_argument = Worker::start(&["--nats", &url], &[]);
    let _by_variable = Worker::start(&[], &[("FANOUT_NATS", &url)]);
    expect_distinct("nats-queue", &[("FANOUT_NATS", &url)]);
}

#[test]
fn a_batch_goes_over_ssh_to_the_workers() {
    if let Err(why) = SshServer::program() {
        return skip("sshd", &why).unwrap();
    }
    let ssh = SshServer::start().unwrap();
    let (config, command) = (ssh.client_config(), format!("{} worker", env!("CARGO_BIN_EXE_fanout")));
    let config = config.to_str().unwrap();
    let hosts = [("FANOUT_SSH", "one,two"), ("FANOUT_SSH_CONFIG", config), ("FANOUT_SSH_COMMAND", &command)];
    expect_distinct("ssh-pool", &hosts);
    let (code, _, err) = ended(&[&FETCH[..], &["ssh-pool"]].concat(), &[hosts[0], hosts[1]]);
    assert!(code == Some(2) && err.contains("on the host one"), "{code:?} {err}");
}

#[test]
fn what_cannot_be_used_ends_with_2_and_says_why() {
    let secret = "nats://me:secret@127.0.0.1:1";
    let nobody = [("FANOUT_NATS", "nats://127.0.0.1:1")];
    let fetch = |model| [&FETCH[..], &[model]].concat();
    let worker = |more: &[&'static str]| [&["worker"], more].concat();
    for (arguments, variables, says) in [
        (fetch("nats-queue"), &[][..], "FANOUT_NATS is not set"),
        (fetch("nats-queue"), &[("FANOUT_NATS", "http://host")], "no URL of a NATS server"),
        (fetch("nats-queue"), &nobody, "nats://127.0.0.1:1 cannot be used"),
        (fetch("ssh-pool"), &[], "FANOUT_SSH is not set"),
        (fetch("ssh-pool"), &[("FANOUT_SSH", "-oProxyCommand=id")], "no host for ssh"),
        (worker(&["--model", "hyper"]), &[], "--nats URL, or FANOUT_NATS=URL"),
        (worker(&["--model", "hyper"]), &nobody, "nats://127.0.0.1:1 cannot be used"),
        (worker(&["--nats", "nats://127.0.0.1:1"]), &[], "--model ID"),
        (worker(&["--nats", secret, "--model", "hyper"]), &[], "set FANOUT_NATS to the URL"),
        (worker(&["--model", "nats-queue"]), &nobody, "hands requests on"),
        (worker(&["--model", "hyperr"]), &nobody, "did you mean `hyper`?"),
    ] {
        let (code, out, err) = ended(&arguments, variables);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}: {err}");
        assert!(err.contains(says) && !err.contains("secret"), "{arguments:?}: {err}");
        // None of this is about a worker process, or about what a model supports.
        assert!(!err.contains("worker process:") && !err.contains("not supported:"), "{arguments:?}: {err}");
    }
}

#[test]
fn the_list_of_models_says_what_many_machines_lack() {
    let (code, out, _) = ended(&["models"], &[]);
    assert_eq!(code, Some(0));
    for lacks in ["many machines:", "FANOUT_NATS is not set", "FANOUT_SSH is not set"] {
        assert!(out.contains(lacks), "{out}");
    }
    let (_, out, _) = ended(&["models"], &[("FANOUT_NATS", "nats://host"), ("FANOUT_SSH", "host")]);
    assert!(!out.contains("is not set"), "{out}");
}

#[test]
fn without_a_queue_a_worker_speaks_the_worker_protocol_and_ends_with_its_input() {
    let mut worker = fanout(&["worker"], &[]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(worker.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), r#"{"hello":{"protocol":4}}"#);
    let mut input = worker.stdin.take().unwrap();
    let prepare = |model: &str| {
        let settings = r#"{"concurrency":1,"timeout":{"secs":30,"nanos":0},"protocol":"keep-alive","roots":"none"}"#;
        format!("{{\"prepare\":{{\"model\":\"{model}\",\"settings\":{settings}}}}}\n")
    };
    // A worker that handed on what it was given might hand it to itself.
    input.write_all(prepare("nats-queue").as_bytes()).unwrap();
    let refused = lines.next().unwrap().unwrap();
    assert!(refused.contains("it knows no model `nats-queue`"), "{refused}");
    input.write_all(prepare("hyper").as_bytes()).unwrap();
    assert_eq!(lines.next().unwrap().unwrap(), r#""prepared""#);
    drop(input);
    assert_eq!(worker.wait().unwrap().code(), Some(0));
}
