//! An ordinary `sshd` on loopback, with keys that are made for it.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use tempfile::TempDir;

use crate::{Tied, find_program, free_port, wait_for};

/// A server that lets this user in with a key of its own. Dropping this ends it, and removes the keys.
#[derive(Debug)]
pub struct SshServer {
    server: Tied,
    folder: TempDir,
}

impl SshServer {
    /// Finds the program.
    ///
    /// # Errors
    /// How to get one.
    pub fn program() -> Result<PathBuf, String> {
        let needed = ["ssh", "ssh-keygen", "sshd"];
        match needed.into_iter().find(|name| find_program(name).is_none()) {
            Some(missing) => Err(format!("there is no {missing}: Debian's package openssh-server brings it")),
            None => find_program("sshd").ok_or_else(|| "there is no sshd".into()),
        }
    }

    /// Starts a server.
    ///
    /// # Errors
    /// If there is no program, or it does not start.
    pub fn start() -> anyhow::Result<Self> {
        let program = Self::program().map_err(anyhow::Error::msg)?;
        let (port, folder) = (free_port(Ipv4Addr::LOCALHOST.into())?, tempfile::tempdir()?);
        let at = |name: &str| folder.path().join(name);
        for key in ["host", "user"] {
            make_key(&at(key))?;
        }
        std::fs::copy(at("user.pub"), at("authorized"))?;
        let host_key = std::fs::read_to_string(at("host.pub"))?;
        let path = |name: &str| at(name).display().to_string();
        let lines = [
            format!("ListenAddress 127.0.0.1:{port}"),
            format!("HostKey {}", path("host")),
            format!("AuthorizedKeysFile {}", path("authorized")),
            format!("PidFile {}", path("pid")),
            // The folder is below one that everybody may write to, which is safe there because of its sticky bit.
            "StrictModes no\nPasswordAuthentication no\nUsePAM no\nPermitRootLogin prohibit-password".into(),
        ];
        std::fs::write(at("server"), lines.join("\n") + "\n")?;
        let lines = [
            format!("Host *\nHostName 127.0.0.1\nPort {port}\nIdentitiesOnly yes"),
            format!("IdentityFile {}\nUserKnownHostsFile {}", path("user"), path("known")),
            "StrictHostKeyChecking yes\nHashKnownHosts no\nHostKeyAlias 127.0.0.1".into(),
            "LogLevel ERROR".into(),
        ];
        std::fs::write(at("client"), lines.join("\n") + "\n")?;
        std::fs::write(at("known"), format!("127.0.0.1 {host_key}[127.0.0.1]:{port} {host_key}"))?;
        // As root, sshd does not start without this folder, which a container does not always have. Others need none.
        let _ = std::fs::create_dir_all("/run/sshd");
        let server = Tied::start(&program, ["-D", "-e", "-f", &path("server")], at("log"))?;
        wait_for(&server, Ipv4Addr::LOCALHOST.into(), port).context("sshd")?;
        Ok(Self { server, folder })
    }

    /// The configuration with which ssh reaches it, under any name.
    #[must_use]
    pub fn client_config(&self) -> PathBuf {
        self.folder.path().join("client")
    }

    /// What the server has said.
    #[must_use]
    pub fn said(&self) -> String {
        self.server.said()
    }

    /// The number of its process.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.server.process()
    }
}

fn make_key(path: &Path) -> anyhow::Result<()> {
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path).output();
    let made = made.context("cannot start ssh-keygen")?;
    ensure!(made.status.success(), "ssh-keygen: {}", String::from_utf8_lossy(&made.stderr));
    Ok(())
}
