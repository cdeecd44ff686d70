//! Defines a case: a scenario as a question or a comparison asks for it. It also says which models can take part, and
//! with which settings. A run records the case as a [`Scenario`].

use std::num::NonZeroUsize;
use std::time::Duration;

use fanout_model::{Model, Protocol, Retry, SetupError};
use fanout_record::run::{Exchange, Limits, Network, Role, Scenario, Start};
use mock_server::Engine;

use crate::arm::{Build, Entrant};
use crate::calibration;
use crate::way::Way;

/// A number in flight, and how many requests an arm with it sends in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The most requests in flight.
    pub in_flight: usize,
    /// The number of requests.
    pub requests: usize,
}

/// One scenario, as it is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The part of the name that tells this case from the question's other cases; empty if there is only one case.
    pub parameter: &'static str,
    /// The number of requests in a batch.
    pub requests: usize,
    /// The most requests in flight; `None` for each model's own default.
    pub concurrency: Option<NonZeroUsize>,
    /// The numbers in flight of which each is an arm of its own, for each model that is told how many. Empty if each
    /// model is one arm, with `concurrency` in flight.
    pub steps: &'static [Step],
    /// The ways of which each is an arm of its own, for each model that can take it. Empty if each model is one arm.
    pub ways: &'static [Way],
    /// The server's delay.
    pub delay: Duration,
    /// The engine of the mock server that answers.
    pub engine: Engine,
    /// How requests share connections. Only models that speak this protocol take part. `None` if each model speaks
    /// the protocol that it is made for.
    pub protocol: Option<Protocol>,
    /// Whether the requests go over TLS. If so, only models that speak TLS take part.
    pub tls: bool,
    /// Which part of the work is on the clock.
    pub start: Start,
    /// What each request asks for.
    pub exchange: Exchange,
    /// How long the processor works on each answer.
    pub work: Duration,
    /// How much the mock server takes.
    pub limits: Limits,
    /// How often a request is sent again that failed in passing.
    pub retries: u32,
    /// The network to make between the client and the server; `None` for the one that is there.
    pub network: Option<Network>,
    /// The number of rounds, unless `FANOUT_ROUNDS` says otherwise; `None` for as many rounds as are needed within a
    /// given time.
    pub rounds: Option<usize>,
}

impl Case {
    /// A case in which everything is connected before the batch. The wiremock engine answers without a delay, and
    /// each model speaks its own protocol.
    pub const WARM: Self = Self {
        parameter: "",
        requests: 100,
        concurrency: None,
        steps: &[],
        ways: &[],
        delay: Duration::ZERO,
        engine: Engine::Wiremock,
        protocol: None,
        tls: false,
        start: Start::Warm,
        exchange: Exchange::Uuid,
        work: Duration::ZERO,
        limits: Limits::NONE,
        retries: 0,
        network: None,
        rounds: None,
    };

    /// Returns the scenario that each arm is asked to carry out against a mock server.
    #[must_use]
    pub fn scenario(&self) -> Scenario {
        Scenario {
            parameter: self.parameter.into(),
            requests: self.requests,
            delay_ns: u64::try_from(self.delay.as_nanos()).ok(),
            protocol: self.protocol,
            tls: self.tls,
            start: self.start,
            exchange: self.exchange,
            work: (!self.work.is_zero()).then(|| calibration::work(self.work)),
            asked: Vec::new(),
            limits: self.limits,
            retries: self.retries,
            network: self.network,
        }
    }

    /// Returns whether a model can take part.
    #[must_use]
    pub fn admits(&self, model: &dyn Model) -> bool {
        let spoken = self.protocol.is_none_or(|protocol| model.protocols().contains(&protocol));
        spoken && (model.speaks_tls() || !self.tls)
    }

    /// Returns a participant with the settings of this case.
    ///
    /// # Errors
    /// If this machine does not allow the settings.
    pub fn entrant(&self, label: String, model: &'static dyn Model, role: Role) -> Result<Entrant, SetupError> {
        let concurrency = self.concurrency.unwrap_or_else(|| model.concurrency().default_limit());
        let mut settings = model.settings(concurrency)?;
        // The floor keeps its own protocol, whatever the other arms are asked for.
        if let Some(protocol) = self.protocol.filter(|_| role != Role::Floor) {
            settings.protocol = protocol;
        }
        settings.retry = Retry::times(self.retries);
        Ok(Entrant { label, model, role, twin: None, settings, tls: self.tls, requests: None, build: Build::This })
    }

    /// Returns an entrant of a model for each step of this case.
    ///
    /// # Errors
    /// If this machine does not allow the settings.
    pub fn entrants_by_steps(&self, model: &'static dyn Model) -> Result<Vec<Entrant>, SetupError> {
        let of_step = |step: &Step| {
            let case = Self { concurrency: NonZeroUsize::new(step.in_flight), ..*self };
            let entrant = case.entrant(format!("{}@{}", model.id(), step.in_flight), model, Role::Model)?;
            Ok(Entrant { requests: Some(step.requests), ..entrant })
        };
        self.steps.iter().map(of_step).collect()
    }

    /// Returns an entrant of a model for each way of this case that the model can take.
    ///
    /// # Errors
    /// If this machine does not allow the settings.
    pub fn entrants_by_ways(&self, model: &'static dyn Model) -> Result<Vec<Entrant>, SetupError> {
        let can = |way: &&Way| model.protocols().contains(&way.protocol) && (model.speaks_tls() || !way.tls);
        let of_way = |way: &Way| {
            let (concurrency, protocol) = (NonZeroUsize::new(way.in_flight), Some(way.protocol));
            let case = Self { concurrency, protocol, tls: way.tls, ..*self };
            case.entrant(format!("{}@{}", model.id(), way.name), model, Role::Model)
        };
        self.ways.iter().filter(can).map(of_way).collect()
    }
}
