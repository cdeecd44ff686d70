//! A mock server in a process of its own on this machine, so that the client's processor time does not include the
//! server's.

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
use fanout_worker::role;
use mock_server::{Stats, cli};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::serving::{ANSWER, Serving, at};
use crate::interrupt;

/// The first argument of a program in this role; no person types it by accident.
const ROLE: &str = "__fanout-server";

/// How long the mock server may take to start.
const START_UP: Duration = Duration::from_secs(30);

/// The longest time between two checks whether the program was asked to end, in milliseconds.
const LOOK: u16 = 100;

/// Becomes the mock server and never returns, if this process was started as one.
pub(crate) fn enter() {
    if args_os().nth(1).is_some_and(|argument| argument == ROLE) {
        let code = cli::run(&cli::Arguments::parse_from(args_os().skip(1)));
        exit(i32::from(code != std::process::ExitCode::SUCCESS));
    }
}

/// The server's process. Dropping it ends and reaps the process. If this process is killed, the server ends by
/// itself.
#[derive(Debug)]
pub(super) struct Here {
    child: Child,
    base: Url,
    agent: ureq::Agent,
}

impl Here {
    /// Starts this program again as a server. Returns it with its URL, at which it answers without TLS, and with the
    /// certificate roots to trust.
    pub(super) fn start(serving: &Serving) -> anyhow::Result<(Self, Url, Roots)> {
        let child = role::again_as(ROLE)?
            .args(["--parent", &id().to_string()])
            .args(serving.arguments())
            .args(serving.address.iter().flat_map(listening))
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
        let mut server = Self { child, base: placeholder(), agent: agent.into() };
        let stdout = server.child.stdout.take().context("the mock server has no output")?;
        let line = first_line(stdout).context("the mock server did not say its URL")?;
        // A server that speaks TLS also answers without TLS, for the requests of this module and for the floor.
        server.base = match line.trim_end().replacen("https", "http", 1).parse() {
            Ok(url) => url,
            Err(_) => bail!("the mock server did not start; its message is above"),
        };
        let roots = if serving.tls {
            let root = server.agent.get(at(&server.base, "/root.pem").as_str()).call();
            Roots::Pem(root.context("no certificate root")?.body_mut().read_to_string()?)
        } else {
            Roots::None
        };
        let base = server.base.clone();
        Ok((server, base, roots))
    }

    pub(super) fn process(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn stats(&self) -> anyhow::Result<Stats> {
        let mut answer =
            self.agent.get(at(&self.base, "/stats").as_str()).call().context("the mock server is gone")?;
        Ok(serde_json::from_slice(&answer.body_mut().read_to_vec()?)?)
    }

    pub(super) fn reset(&self) -> anyhow::Result<()> {
        self.agent.post(at(&self.base, "/reset").as_str()).send_empty().context("the mock server is gone")?;
        Ok(())
    }
}

/// Returns the arguments of a server that listens there.
fn listening(at: &SocketAddrV4) -> [String; 2] {
    [format!("--bind={}", at.ip()), format!("--port={}", at.port())]
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

impl Drop for Here {
    fn drop(&mut self) {
        // The server holds nothing that needs an orderly end. Killing fails only if the process has ended before, and
        // waiting reaps it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
