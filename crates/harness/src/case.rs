//! A scenario as a question or a comparison asks for it, and who takes part in it: the one notion of a case. What was
//! asked is recorded as a [`Scenario`].

use std::num::NonZeroUsize;
use std::time::Duration;

use fanout_model::{Model, Protocol, SetupError};
use fanout_record::run::{Role, Scenario, Start};
use mock_server::Engine;

use crate::arm::{Build, Entrant};

/// One scenario, as it is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The part of the name that tells it from the other cases; empty where there is one.
    pub parameter: &'static str,
    /// Requests a batch.
    pub requests: usize,
    /// The most in flight; `None` for each model's own default.
    pub concurrency: Option<NonZeroUsize>,
    /// The server's delay.
    pub delay: Duration,
    /// Which engine of the mock server answers.
    pub engine: Engine,
    /// How requests share connections, asked of those who speak it; `None` for the protocol each is made for.
    pub protocol: Option<Protocol>,
    /// Whether over TLS, asked of those who speak it.
    pub tls: bool,
    /// What is on the clock.
    pub start: Start,
    /// How many rounds there are, unless `FANOUT_ROUNDS` says otherwise; `None` for as many as it takes within a
    /// time.
    pub rounds: Option<usize>,
}

impl Case {
    /// A batch with everything connected, on wiremock without a delay, in each model's own protocol.
    pub const WARM: Self = Self {
        parameter: "",
        requests: 100,
        concurrency: None,
        delay: Duration::ZERO,
        engine: Engine::Wiremock,
        protocol: None,
        tls: false,
        start: Start::Warm,
        rounds: None,
    };

    /// What each arm is asked to do, by a mock server.
    #[must_use]
    pub fn scenario(&self) -> Scenario {
        Scenario {
            parameter: self.parameter.into(),
            requests: self.requests,
            delay_ns: u64::try_from(self.delay.as_nanos()).ok(),
            protocol: self.protocol,
            tls: self.tls,
            start: self.start,
        }
    }

    /// Whether a model can take part.
    #[must_use]
    pub fn admits(&self, model: &dyn Model) -> bool {
        let spoken = self.protocol.is_none_or(|protocol| model.protocols().contains(&protocol));
        spoken && (model.speaks_tls() || !self.tls)
    }

    /// A participant with the settings of this case.
    ///
    /// # Errors
    /// Where the settings cannot be had on this machine.
    pub fn entrant(&self, label: String, model: &'static dyn Model, role: Role) -> Result<Entrant, SetupError> {
        let concurrency = self.concurrency.unwrap_or_else(|| model.concurrency().default_limit());
        let mut settings = model.settings(concurrency)?;
        // The floor is the same floor whatever is asked of the others.
        if let Some(protocol) = self.protocol.filter(|_| role != Role::Floor) {
            settings.protocol = protocol;
        }
        Ok(Entrant { label, model, role, settings, build: Build::This })
    }
}
