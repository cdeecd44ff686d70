//! The server that a harness has started, and who may use it.

use std::time::{Duration, Instant};

use clap::Parser;
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, MutexGuard};
use uuid::Uuid;

use crate::{Behaviour, Config, Server, Stats};

/// How long a harness may leave its server alone before another harness may take its place. A harness that was killed
/// does not end its server.
const LEASE: Duration = Duration::from_secs(60);

/// A server that was started for a harness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// What later requests call this server.
    pub session: String,
    /// The port at which it answers. Its address is the one of the control.
    pub port: u16,
    /// The certificate root of the server, in PEM; `None` if it speaks no TLS.
    pub root_pem: Option<String>,
}

/// The arguments of a request.
#[derive(Parser)]
#[command(name = "server", no_binary_name = true, disable_help_flag = true)]
struct Asked {
    #[command(flatten)]
    behaviour: Behaviour,
}

/// Why a request is refused.
#[derive(Debug)]
pub(super) enum Refused {
    /// There is nothing at this path, or the server has ended.
    Unknown,
    /// Another harness has a server here, for this long at least.
    Busy(Duration),
    /// The request cannot be understood, or asks for what cannot be.
    Wrong(String),
    /// The server cannot be started.
    Failed(std::io::Error),
}

impl Refused {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Unknown => StatusCode::NOT_FOUND,
            Self::Busy(_) => StatusCode::CONFLICT,
            Self::Wrong(_) => StatusCode::BAD_REQUEST,
            Self::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown => f.write_str("there is no such server here: it has ended, or was never started"),
            Self::Busy(left) => write!(
                f,
                "another harness measures here: try again when it has ended, or in {} s if it was killed",
                left.as_secs() + 1
            ),
            Self::Wrong(why) => write!(f, "the request is wrong: {}", why.trim_end()),
            Self::Failed(why) => write!(f, "the server cannot be started: {why}"),
        }
    }
}

/// The server that a harness has started; there is one at most.
pub(super) struct Desk {
    /// What all servers have in common: the address, the names, and that only this control resets them.
    common: Config,
    open: Mutex<Option<Open>>,
}

struct Open {
    session: String,
    server: Server,
    /// When this was last asked for something, and how many requests had arrived then.
    used: (Instant, u64),
}

impl Open {
    /// Returns how long this server is still left to its harness.
    fn left(&mut self) -> Duration {
        let arrivals = self.server.stats().arrivals;
        if arrivals != self.used.1 {
            self.used = (Instant::now(), arrivals);
        }
        LEASE.saturating_sub(self.used.0.elapsed())
    }
}

impl Desk {
    pub(super) fn new(common: Config) -> Self {
        Self { common, open: Mutex::new(None) }
    }

    /// Starts the server that a JSON array of arguments describes.
    pub(super) async fn open(&self, arguments: &[u8]) -> Result<Opened, Refused> {
        let arguments: Vec<String> =
            serde_json::from_slice(arguments).map_err(|error| Refused::Wrong(error.to_string()))?;
        let asked = Asked::try_parse_from(arguments).map_err(|error| Refused::Wrong(error.to_string()))?;
        let Config { address, names, guarded, .. } = self.common.clone();
        let config = Config { address, names, guarded, ..asked.behaviour.config() };

        let mut open = self.open.lock().await;
        if let Some(left) = open.as_mut().map(Open::left).filter(|left| !left.is_zero()) {
            return Err(Refused::Busy(left));
        }
        // The port must be free before the next server takes it.
        *open = None;
        let server = Server::start(config).await.map_err(|error| match error.kind() {
            std::io::ErrorKind::Unsupported | std::io::ErrorKind::InvalidInput => Refused::Wrong(error.to_string()),
            _ => Refused::Failed(error),
        })?;
        let session = Uuid::new_v4().simple().to_string();
        let port = server.port();
        let opened = Opened { session: session.clone(), port, root_pem: server.root_pem().map(str::to_owned) };
        *open = Some(Open { session, server, used: (Instant::now(), 0) });
        Ok(opened)
    }

    pub(super) async fn stats(&self, session: &str) -> Result<Stats, Refused> {
        let mut open = self.open.lock().await;
        Ok(of(&mut open, session)?.server.stats())
    }

    pub(super) async fn reset(&self, session: &str) -> Result<(), Refused> {
        let mut open = self.open.lock().await;
        let open = of(&mut open, session)?;
        open.server.reset();
        open.used.1 = 0;
        Ok(())
    }

    pub(super) async fn close(&self, session: &str) -> Result<(), Refused> {
        let mut open = self.open.lock().await;
        of(&mut open, session)?;
        *open = None;
        Ok(())
    }
}

/// Returns the server of this session, which is now in use.
fn of<'a>(open: &'a mut MutexGuard<'_, Option<Open>>, session: &str) -> Result<&'a mut Open, Refused> {
    let open = open.as_mut().filter(|open| open.session == session).ok_or(Refused::Unknown)?;
    open.used.0 = Instant::now();
    Ok(open)
}
