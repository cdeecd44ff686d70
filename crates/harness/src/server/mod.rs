//! The mock server of a measurement: a process of its own on this machine, or a server on another machine that this
//! harness controls.

mod elsewhere;
mod here;
mod serving;

use std::sync::Arc;
use std::time::Duration;

use fanout_model::{Roots, Url};
use mock_server::Stats;

pub use self::elsewhere::Elsewhere;
use self::elsewhere::Session;
pub(crate) use self::elsewhere::end_all as end_elsewhere;
use self::here::Here;
pub(crate) use self::here::enter;
pub use self::serving::Serving;
use self::serving::at;
pub(crate) use self::serving::name_of;

/// A running mock server. Dropping it ends the server.
#[derive(Debug)]
pub struct Server {
    place: Place,
    base: Url,
    roots: Roots,
}

#[derive(Debug)]
enum Place {
    Here(Here),
    Elsewhere(Arc<Session>),
}

impl Server {
    /// Starts this program again as a server on this machine. The program must have called [`crate::enter`].
    ///
    /// # Errors
    /// If the server cannot be started or does not print its URL.
    pub fn start(serving: Serving) -> anyhow::Result<Self> {
        let (here, base, roots) = Here::start(&serving)?;
        Ok(Self { place: Place::Here(here), base, roots })
    }

    /// Lets a control start a server where it is.
    ///
    /// # Errors
    /// If the control does not answer, refuses the token, or cannot start the server, and if nobody can connect to
    /// the server from here.
    pub fn start_elsewhere(control: &Elsewhere, serving: Serving) -> anyhow::Result<Self> {
        let (session, base, roots) = Session::start(control, &serving)?;
        Ok(Self { place: Place::Elsewhere(session), base, roots })
    }

    /// Returns the URL at which the server answers without TLS.
    #[must_use]
    pub fn uuid_url(&self) -> Url {
        at(&self.base, "/uuid")
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

    /// Returns the number of the server's process, so that its cost can be measured; `None` if it is on another
    /// machine.
    #[must_use]
    pub fn process(&self) -> Option<u32> {
        match &self.place {
            Place::Here(here) => Some(here.process()),
            Place::Elsewhere(_) => None,
        }
    }

    /// Returns where the control of the server is, and the time of a round trip to it; `None` if it is on this
    /// machine.
    #[must_use]
    pub(crate) fn elsewhere(&self) -> Option<(String, Duration)> {
        match &self.place {
            Place::Here(_) => None,
            Place::Elsewhere(session) => Some((session.at(), session.round_trip())),
        }
    }

    /// Returns the server's counts since the last reset.
    ///
    /// # Errors
    /// If the server does not answer.
    pub fn stats(&self) -> anyhow::Result<Stats> {
        match &self.place {
            Place::Here(here) => here.stats(),
            Place::Elsewhere(session) => session.stats(),
        }
    }

    /// Makes the server count from zero and drop everything that it has stored.
    ///
    /// # Errors
    /// If the server does not answer.
    pub fn reset(&self) -> anyhow::Result<()> {
        match &self.place {
            Place::Here(here) => here.reset(),
            Place::Elsewhere(session) => session.reset(),
        }
    }
}
