//! The mock server in a process of its own, so that the client's processor time is the client's.

use std::env::args_os;
use std::io::{BufRead, BufReader};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Stdio, exit, id};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use clap::Parser;
use fanout_model::{Roots, Url};
use fanout_worker::role;
use mock_server::{Engine, Stats, cli};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::interrupt;

/// The first argument of a program in this role; no person types it by accident.
const ROLE: &str = "__fanout-server";

/// If this process was started as the server, be it and never return.
pub(crate) fn enter() {
    if args_os().nth(1).is_some_and(|argument| argument == ROLE) {
        let code = cli::run(&cli::Arguments::parse_from(args_os().skip(1)));
        exit(i32::from(code != std::process::ExitCode::SUCCESS));
    }
}

/// A running mock server. Dropping it ends and reaps the process; should this process be killed, it ends by itself.
#[derive(Debug)]
pub struct Server {
    child: Child,
    base: Url,
    roots: Roots,
    agent: ureq::Agent,
}

/// How long the mock server may take to start, and to answer a question about itself.
const START_UP: Duration = Duration::from_secs(30);
const ANSWER: Duration = Duration::from_secs(10);

/// The longest time without a look at whether somebody asked to end.
const LOOK: u16 = 100;

/// How a mock server answers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Serving {
    /// How long each answer is held back.
    pub delay: Duration,
    /// Who answers.
    pub engine: Engine,
    /// Whether over TLS as well.
    pub tls: bool,
}

/// An engine, as the command line and the run file name it.
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
    /// Where it cannot be started or does not say its URL.
    pub fn start(serving: Serving) -> anyhow::Result<Self> {
        let delay = humantime::format_duration(serving.delay).to_string();
        let child = role::again_as(ROLE)?
            .args(["--delay", &delay, "--parent", &id().to_string(), "--engine", name_of(serving.engine)])
            .args(serving.tls.then_some("--tls"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // A group of its own: a Ctrl-C at the terminal reaches this process only, which ends the server in order.
            .process_group(0)
            .spawn()
            .context("cannot start the mock server")?;
        // No global timeout: ureq would start a thread for each request, to look up the address within it.
        let config = ureq::Agent::config_builder().proxy(None).timeout_recv_response(Some(ANSWER));
        let agent = config.timeout_recv_body(Some(ANSWER)).build();
        let mut server = Self { child, base: placeholder(), roots: Roots::None, agent: agent.into() };
        let stdout = server.child.stdout.take().context("the mock server has no output")?;
        let line = first_line(stdout).context("the mock server did not say its URL")?;
        // Where it speaks TLS, it answers without it as well: control, and the floor, need none.
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

    /// Where it answers without TLS.
    #[must_use]
    pub fn uuid_url(&self) -> Url {
        self.at("/uuid")
    }

    /// Where it answers over TLS, if it does.
    #[must_use]
    pub(crate) fn tls_url(&self) -> Url {
        let mut url = self.uuid_url();
        url.set_scheme("https").expect("http and https are both special schemes (WHATWG URL)");
        url
    }

    /// Whom to trust there: nobody, or the root that it made for itself.
    #[must_use]
    pub fn roots(&self) -> &Roots {
        &self.roots
    }

    /// Its process, for whoever wants to know what it costs.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// What it counted since the last reset.
    ///
    /// # Errors
    /// Where it does not answer.
    pub fn stats(&self) -> anyhow::Result<Stats> {
        let mut answer = self.agent.get(self.at("/stats").as_str()).call().context("the mock server is gone")?;
        Ok(serde_json::from_slice(&answer.body_mut().read_to_vec()?)?)
    }

    /// Counts from zero, and drops what the server remembers.
    ///
    /// # Errors
    /// Where it does not answer.
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

/// What the server says first, once it says something. It writes its line at once.
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
        // It holds nothing that needs an orderly end. Killing fails only where it ended before; waiting reaps it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
