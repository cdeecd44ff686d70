//! The mock server with TLS, for tests. Its private root is in a file, as a user would have it.

use std::fs;

use anyhow::Context;
use mock_server::{Config, Engine, Server};
use tempfile::TempDir;
use tokio::runtime::Builder;

/// A TLS server on loopback. Its certificate is valid for its address, and for no name.
pub struct TlsServer {
    server: Server,
    _folder: TempDir,
    root_file: String,
}

impl TlsServer {
    /// Starts the server on a free port.
    ///
    /// # Errors
    /// If keys, files or a port cannot be created.
    pub fn start() -> anyhow::Result<Self> {
        let config = Config { engine: Engine::Hyper, tls: true, ..Config::default() };
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let server = runtime.block_on(Server::start(config))?;
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("root.pem");
        fs::write(&file, server.root_pem().context("a TLS server has a root")?)?;
        Ok(Self { server, root_file: file.display().to_string(), _folder: folder })
    }

    /// The server's URL, with its address as the host.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The file with the root, in PEM. It exists as long as this value.
    #[must_use]
    pub fn root_file(&self) -> &str {
        &self.root_file
    }
}
