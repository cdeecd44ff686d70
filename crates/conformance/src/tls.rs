//! The mock server speaking TLS, for tests: its private root is in a file, as a user would have it.

use std::fs;

use anyhow::Context;
use mock_server::{Config, Engine, Server};
use tempfile::TempDir;
use tokio::runtime::Builder;

/// A TLS server on loopback. Its certificate is good for its address, and for no name.
pub struct TlsServer {
    server: Server,
    _folder: TempDir,
    root_file: String,
}

impl TlsServer {
    /// Listens on a free port.
    ///
    /// # Errors
    /// Where keys, files or a port cannot be had.
    pub fn start() -> anyhow::Result<Self> {
        let config = Config { engine: Engine::Hyper, tls: true, ..Config::default() };
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let server = runtime.block_on(Server::start(config))?;
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("root.pem");
        fs::write(&file, server.root_pem().context("a TLS server has a root")?)?;
        Ok(Self { server, root_file: file.display().to_string(), _folder: folder })
    }

    /// Where it answers, with its address for a host.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The file that holds the root, in PEM; it lives as long as this.
    #[must_use]
    pub fn root_file(&self) -> &str {
        &self.root_file
    }
}
