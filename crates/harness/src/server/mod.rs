//! The mock server of a measurement: a process of its own on this machine, or a server on another machine that this
//! harness controls.

mod elsewhere;
mod here;

use std::time::Duration;

use fanout_model::{Roots, Url};
use fanout_record::run::Limits;
use mock_server::{Engine, Stats};

pub use self::elsewhere::Elsewhere;
use self::elsewhere::Session;
use self::here::Here;
pub(crate) use self::here::enter;

/// How long the mock server may take to answer a question about itself.
const ANSWER: Duration = Duration::from_secs(10);

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
    Elsewhere(Session),
}

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
}

impl Serving {
    /// Returns this as arguments of the mock server (`mock_server::Behaviour`).
    fn arguments(&self) -> Vec<String> {
        let Limits { capacity, queue, then, rate } = self.limits;
        let delay = humantime::format_duration(self.delay).to_string();
        let mut arguments = vec!["--delay".into(), delay, "--engine".into(), name_of(self.engine).into()];
        arguments.extend(self.tls.then(|| "--tls".into()));
        arguments.extend(capacity.map(|capacity| format!("--capacity={capacity}")));
        arguments.extend(queue.map(|queue| format!("--queue={queue}")));
        let then =
            then.map(|(after, capacity)| [format!("--then-after={after}"), format!("--then-capacity={capacity}")]);
        arguments.extend(then.into_iter().flatten());
        arguments.extend(
            rate.map(|(rate, burst)| [format!("--rate={rate}"), format!("--burst={burst}")]).into_iter().flatten(),
        );
        arguments
    }
}

/// Returns the name of an engine, as the command line and the run file have it.
pub(crate) fn name_of(engine: Engine) -> &'static str {
    match engine {
        Engine::Wiremock => "wiremock",
        Engine::Hyper => "hyper",
    }
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
    /// If the control does not answer, refuses the token, or cannot start the server, and if nobody can connect to the
    /// server from here.
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
    pub(crate) fn tls_url(&self) -> Url {
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

/// Returns the URL of a path at a server.
fn at(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(path);
    url
}
