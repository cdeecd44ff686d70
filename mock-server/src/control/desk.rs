//! The server that a harness has started, and who may use it.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use clap::Parser;
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use tokio::time::sleep;
use uuid::Uuid;

use crate::{Behaviour, Config, Server, Stats};

/// How long a harness may leave its server alone before the server ends, and another harness may take its place. A
/// harness that was killed does not end its server.
const LEASE: Duration = Duration::from_secs(60);

/// How long the place is kept for a harness that has ended its server, since it may start the next one.
const BETWEEN: Duration = Duration::from_secs(15);

/// How long to wait for the port of a server that has ended.
const RELEASE: Duration = Duration::from_secs(5);

/// How often to look whether a server is still used, and whether a port is free.
const LOOK: Duration = Duration::from_millis(50);

/// What a harness asks for when it starts a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// The name of the harness, which no other one has.
    pub harness: String,
    /// The arguments of the server: those of [`Behaviour`].
    pub arguments: Vec<String>,
}

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

/// The place for one server, and the harness that has it.
pub(super) struct Desk {
    /// What all servers have in common: the address, the names, and that only this control resets them.
    common: Config,
    place: Mutex<Place>,
}

#[derive(Default)]
struct Place {
    /// The harness that has the place, and until when.
    kept_for: Option<(String, Instant)>,
    open: Option<Open>,
}

struct Open {
    session: String,
    harness: String,
    server: Server,
    /// How many requests had arrived when this was last looked at.
    arrived: u64,
}

impl Place {
    /// Prolongs the lease of a server at which something has arrived, and ends one whose lease is over.
    fn look(&mut self) {
        let now = Instant::now();
        if let Some(open) = &mut self.open {
            let arrivals = open.server.stats().arrivals;
            if arrivals != open.arrived {
                open.arrived = arrivals;
                self.kept_for = Some((open.harness.clone(), now + LEASE));
            }
        }
        if self.kept_for.as_ref().is_none_or(|(_, until)| *until <= now) {
            (self.open, self.kept_for) = (None, None);
        }
    }

    /// Returns the server of this session, which is now in use.
    fn of(&mut self, session: &str) -> Result<&mut Open, Refused> {
        let open = self.open.as_mut().filter(|open| open.session == session).ok_or(Refused::Unknown)?;
        self.kept_for = Some((open.harness.clone(), Instant::now() + LEASE));
        Ok(open)
    }
}

impl Desk {
    pub(super) fn new(common: Config) -> Self {
        Self { common, place: Mutex::default() }
    }

    /// Looks for ever whether the server is still used.
    pub(super) async fn watch(&self) {
        loop {
            self.place.lock().await.look();
            sleep(LOOK).await;
        }
    }

    /// Starts the server that a [`Wanted`] in JSON describes.
    pub(super) async fn open(&self, wanted: &[u8]) -> Result<Opened, Refused> {
        let Wanted { harness, arguments } =
            serde_json::from_slice(wanted).map_err(|error| Refused::Wrong(error.to_string()))?;
        let asked = Asked::try_parse_from(arguments).map_err(|error| Refused::Wrong(error.to_string()))?;
        let Config { address, names, guarded, .. } = self.common.clone();
        let config = Config { address, names, guarded, ..asked.behaviour.config() };

        let mut place = self.place.lock().await;
        place.look();
        if let Some((other, until)) = &place.kept_for
            && *other != harness
        {
            return Err(Refused::Busy(until.saturating_duration_since(Instant::now())));
        }
        // The port must be free before the next server takes it.
        place.open = None;
        let server = start(config).await?;
        let session = Uuid::new_v4().simple().to_string();
        let root_pem = server.root_pem().map(str::to_owned);
        let opened = Opened { session: session.clone(), port: server.port(), root_pem };
        place.kept_for = Some((harness.clone(), Instant::now() + LEASE));
        place.open = Some(Open { session, harness, server, arrived: 0 });
        Ok(opened)
    }

    pub(super) async fn stats(&self, session: &str) -> Result<Stats, Refused> {
        Ok(self.place.lock().await.of(session)?.server.stats())
    }

    pub(super) async fn reset(&self, session: &str) -> Result<(), Refused> {
        let mut place = self.place.lock().await;
        let open = place.of(session)?;
        open.server.reset();
        open.arrived = 0;
        Ok(())
    }

    /// Ends the server. The place is kept a while for its harness, unless the harness has done all that it will do.
    pub(super) async fn close(&self, session: &str, is_over: bool) -> Result<(), Refused> {
        let mut place = self.place.lock().await;
        let harness = place.of(session)?.harness.clone();
        (place.open, place.kept_for) = (None, (!is_over).then(|| (harness, Instant::now() + BETWEEN)));
        Ok(())
    }
}

/// Starts a server. If its port was that of the server before, the system may still have it for a moment.
async fn start(config: Config) -> Result<Server, Refused> {
    let begun = Instant::now();
    loop {
        match Server::start(config.clone()).await {
            Err(error) if error.kind() == ErrorKind::AddrInUse && begun.elapsed() < RELEASE => sleep(LOOK).await,
            Err(error) if matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::InvalidInput) => {
                return Err(Refused::Wrong(error.to_string()));
            }
            started => return started.map_err(Refused::Failed),
        }
    }
}
