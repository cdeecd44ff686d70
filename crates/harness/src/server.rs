//! Runs the mock server in a process of its own, so that the client's processor time does not include the server's.

use std::env::args_os;
use std::io::{BufRead, BufReader};
use std::net::SocketAddrV4;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Stdio, exit, id};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use clap::Parser;
use fanout_model::{Roots, Url};
use fanout_record::run::Limits;
use fanout_worker::role;
use mock_server::{Engine, Stats, cli};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::interrupt;

/// The first argument of a program in this role; no person types it by accident.
const ROLE: &str = "__fanout-server";

/// Becomes the mock server and never returns, if this process was started as one.
pub(crate) fn enter() {
    if args_os().nth(1).is_some_and(|argument| argument == ROLE) {
        let code = cli::run(&cli::Arguments::parse_from(args_os().skip(1)));
        exit(i32::from(code != std::process::ExitCode::SUCCESS));
    }
}

/// A running mock server. Dropping it ends and reaps the server's process. If this process is killed, the server ends
/// by itself.
#[derive(Debug)]
pub struct Server {
    child: Child,
    base: Url,
    roots: Roots,
    agent: ureq::Agent,
}

/// How long the mock server may take to start.
const START_UP: Duration = Duration::from_secs(30);
/// How long the mock server may take to answer a question about itself.
const ANSWER: Duration = Duration::from_secs(10);

/// The longest time between two checks whether the program was asked to end, in milliseconds.
const LOOK: u16 = 100;

/// How a mock server answers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Serving {
    /// How long each answer is held back.
    pub delay: Duration,
    /// The engine that answers.
    pub engine: Engine,
    /// Whether the server answers over TLS as well.
    pub tls: bool,
    /// How much the server takes.
    pub limits: Limits,
    /// The address to listen on; `None` for a free port of loopback. Another one is for a network of its own
    /// (`fanout_netlab`), where nobody else can reach it.
    pub address: Option<SocketAddrV4>,
}

/// Returns the name of an engine, as the command line and the run file have it.
pub(crate) fn name_of(engine: Engine) -> &'static str {
    match engine {
        Engine::Wiremock => "wiremock",
        Engine::Hyper => "hyper",
    }
}

impl Server {
    /// Starts this program again as a server. The program must have called [`crate::enter`].
    ///
    /// # Errors
    /// If the server cannot be started or does not print its URL.
    pub fn start(serving: Serving) -> anyhow::Result<Self> {
        let delay = humantime::format_duration(serving.delay).to_string();
        let child = role::again_as(ROLE)?
            .args(["--delay", &delay, "--parent", &id().to_string(), "--engine", name_of(serving.engine)])
            .args(serving.tls.then_some("--tls"))
            .args(limits(&serving.limits))
            .args(
                serving
                    .address
                    .iter()
                    .flat_map(|at| [format!("--bind={}", at.ip()), format!("--port={}", at.port())]),
            )
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // The server has a process group of its own. A Ctrl-C at the terminal then reaches only this process,
            // which ends the server in order.
            .process_group(0)
            .spawn()
            .context("cannot start the mock server")?;
        // There is no global timeout. With one, ureq would start a thread for each request, to look up the address in
        // time.
        let config = ureq::Agent::config_builder().proxy(None).timeout_recv_response(Some(ANSWER));
        let agent = config.timeout_recv_body(Some(ANSWER)).build();
        let mut server = Self { child, base: placeholder(), roots: Roots::None, agent: agent.into() };
        let stdout = server.child.stdout.take().context("the mock server has no output")?;
        let line = first_line(stdout).context("the mock server did not say its URL")?;
        // A server that speaks TLS also answers without TLS, for the requests of this module and for the floor.
        server.base = match line.trim_end().replacen("https", "http", 1).parse() {
            Ok(url) => url,
            Err(_) => bail!("the mock server did not start; its message is above"),
        };
        if serving.tls {
            let mut root = server.agent.get(server.at("/root.pem").as_str()).call().context("no certificate root")?;
            server.roots = Roots::Pem(root.body_mut().read_to_string()?);
        }
        Ok(server)
    }

    /// Returns the URL at which the server answers without TLS.
    #[must_use]
    pub fn uuid_url(&self) -> Url {
        self.at("/uuid")
    }

    /// Returns the URL at which the server answers over TLS, if it does.
    #[must_use]
    pub fn tls_url(&self) -> Url {
        let mut url = self.uuid_url();
        url.set_scheme("https").expect("http and https are both special schemes (WHATWG URL)");
        url
    }

    /// Returns the certificate roots to trust for this server: none, or the root that the server made for itself.
    #[must_use]
    pub fn roots(&self) -> &Roots {
        &self.roots
    }

    /// Returns the number of the server's process, so that its cost can be measured.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Returns the server's counts since the last reset.
    ///
    /// # Errors
    /// If the server does not answer.
    pub fn stats(&self) -> anyhow::Result<Stats> {
        let mut answer = self.agent.get(self.at("/stats").as_str()).call().context("the mock server is gone")?;
        Ok(serde_json::from_slice(&answer.body_mut().read_to_vec()?)?)
    }

    /// Makes the server count from zero and drop everything that it has stored.
    ///
    /// # Errors
    /// If the server does not answer.
    pub fn reset(&self) -> anyhow::Result<()> {
        self.agent.post(self.at("/reset").as_str()).send_empty().context("the mock server is gone")?;
        Ok(())
    }

    fn at(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(path);
        url
    }
}

/// Returns the limits of a server as its arguments.
fn limits(limits: &Limits) -> Vec<String> {
    let capacity = limits.capacity.map(|capacity| format!("--capacity={capacity}"));
    let queue = limits.queue.map(|queue| format!("--queue={queue}"));
    let then =
        limits.then.map(|(after, capacity)| [format!("--then-after={after}"), format!("--then-capacity={capacity}")]);
    let rate = limits.rate.map(|(rate, burst)| [format!("--rate={rate}"), format!("--burst={burst}")]);
    capacity.into_iter().chain(queue).chain(then.into_iter().flatten()).chain(rate.into_iter().flatten()).collect()
}

/// Waits for the first line that the server prints, and returns it. The server writes the line in one piece.
fn first_line(stdout: ChildStdout) -> anyhow::Result<String> {
    let deadline = Instant::now() + START_UP;
    while let Ok(0) | Err(_) = poll(&mut [PollFd::new(stdout.as_fd(), PollFlags::POLLIN)], PollTimeout::from(LOOK)) {
        ensure!(!interrupt::asked(), "interrupted");
        ensure!(Instant::now() < deadline, "it has said nothing for {} s", START_UP.as_secs());
    }
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line)?;
    Ok(line)
}

fn placeholder() -> Url {
    "http://localhost/".parse().expect("this is a URL")
}

impl Drop for Server {
    fn drop(&mut self) {
        // The server holds nothing that needs an orderly end. Killing fails only if the process has ended before, and
        // waiting reaps it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
