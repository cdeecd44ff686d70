//! One run in figures: its questions, their scenarios, and in each scenario the summaries and the rankings of its
//! arms.

use std::time::Duration;

use fanout_model::Protocol;
use fanout_record::run::{Arm, Question, Role, Run, ScenarioRun};

use crate::metric::Metric;
use crate::ranking::Ranking;
use crate::summary::ArmSummary;

/// What a plain `cargo bench` asks, in the order of a reader's interest; cargo asks in the alphabet's.
pub const PLAIN: [&str; 6] = ["notebook", "server_delay", "concurrency", "batch_size", "cold_start", "protocol"];

/// A run's questions: those of [`PLAIN`] in its order, then the others.
#[must_use]
pub fn questions(run: &Run) -> Vec<Answered<'_>> {
    let mut questions: Vec<&Question> = run.questions.iter().collect();
    questions.sort_by_key(|question| PLAIN.iter().position(|name| *name == question.name).unwrap_or(PLAIN.len()));
    questions.into_iter().map(Answered::new).collect()
}

/// One question with its scenarios.
#[derive(Debug)]
pub struct Answered<'a> {
    /// What was recorded.
    pub question: &'a Question,
    /// Each scenario, in the recorded order.
    pub scenarios: Vec<Compared<'a>>,
}

impl<'a> Answered<'a> {
    /// Compares what was measured for a question.
    #[must_use]
    pub fn new(question: &'a Question) -> Self {
        let scenarios = question.scenarios.iter().map(|measured| Compared::new(&question.name, measured)).collect();
        Self { question, scenarios }
    }
}

/// One scenario, compared.
#[derive(Debug)]
pub struct Compared<'a> {
    /// `question parameter`, or the question's name where it has one scenario.
    pub name: String,
    /// What was recorded.
    pub measured: &'a ScenarioRun,
    /// Every arm: the nearest to the floor first, those that failed last.
    pub rows: Vec<ArmSummary<'a>>,
    /// Who is fastest.
    pub time: Ranking,
    /// Who costs the processors least.
    pub cpu: Ranking,
    /// Who needs least memory.
    pub memory: Ranking,
}

impl<'a> Compared<'a> {
    /// Compares the arms of a scenario.
    #[must_use]
    pub fn new(question: &str, measured: &'a ScenarioRun) -> Self {
        let floor = floor(measured);
        let requests = measured.scenario.requests;
        let mut rows: Vec<ArmSummary<'a>> =
            measured.arms.iter().map(|arm| ArmSummary::new(arm, floor, requests)).collect();
        rows.sort_by(|a, b| a.distance().total_cmp(&b.distance()));
        let ranking = |measure| Ranking::new(measure, &rows);
        let (time, cpu, memory) = (ranking(Metric::Time), ranking(Metric::Cpu), ranking(Metric::Memory));
        let name = measured.scenario.title(question);
        Self { name, measured, time, cpu, memory, rows }
    }

    /// The models in order by one measure.
    #[must_use]
    pub fn ranking(&self, measure: Metric) -> &Ranking {
        match measure {
            Metric::Time => &self.time,
            Metric::Cpu => &self.cpu,
            Metric::Memory => &self.memory,
        }
    }

    /// The floor's row, where there is a floor that did not fail.
    #[must_use]
    pub fn floor(&self) -> Option<&ArmSummary<'a>> {
        self.rows.iter().find(|row| row.arm.role == Role::Floor && row.time.is_some())
    }

    /// What the floor's batch would take if all but the server's delay were free: ceil(N / c) times the delay. `None`
    /// without a delay, or a floor.
    #[must_use]
    pub fn delay_alone(&self) -> Option<Duration> {
        let delay = self.measured.scenario.delay_ns.map(Duration::from_nanos).filter(|delay| !delay.is_zero())?;
        let turns = self.measured.scenario.requests.div_ceil(self.floor()?.arm.concurrency.max(1));
        Some(delay.saturating_mul(u32::try_from(turns).unwrap_or(u32::MAX)))
    }

    /// Whether the floor asks the server for about as much as it can answer: a model near the floor may then be held
    /// up by the server. `None` where there is no floor, or it is not known what the server can.
    ///
    /// What the engines of the mock server can was measured with raw sockets on two cores: wiremock 25,000 to 90,000
    /// requests a second, and part of the result from some 30,000 on; the hyper engine 85,000 to 150,000. Two thirds
    /// of the least are taken here.
    #[must_use]
    pub fn server_bound(&self) -> Option<bool> {
        let most = match self.measured.server.as_str() {
            "wiremock" => 20_000.0,
            "hyper" => 60_000.0,
            _ => return None,
        };
        Some(self.floor()?.rate()? > most)
    }

    /// Whether the floor did here what the models did: it speaks HTTP/1.1 with keep-alive and without TLS, whatever
    /// they are asked to speak.
    #[must_use]
    pub fn floor_is_alike(&self) -> bool {
        let scenario = &self.measured.scenario;
        !scenario.tls && scenario.protocol.is_none_or(|protocol| protocol == Protocol::KeepAlive)
    }

    /// Rounds that were asked for and are missing, because somebody interrupted.
    #[must_use]
    pub fn rounds_missing(&self) -> usize {
        self.measured.planned.map_or(0, |planned| planned.saturating_sub(self.measured.order.len()))
    }
}

/// From the floor to here, as a ratio, a model may be held up by a server that the floor keeps busy.
pub const SERVER_BOUND: f64 = 1.1;

/// What the others are compared with; one that failed is no measure.
fn floor(measured: &ScenarioRun) -> Option<&Arm> {
    measured.arms.iter().find(|arm| arm.role == Role::Floor && arm.failure.is_none())
}
