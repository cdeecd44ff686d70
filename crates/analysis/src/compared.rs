//! One run in figures: its questions, their scenarios, and in each scenario the summaries and the rankings of its
//! arms.

use std::time::Duration;

use fanout_model::Protocol;
use fanout_record::run::{Arm, Question, Role, Run, ScenarioRun};
use fanout_stats::{Estimate, LEVEL};

use crate::metric::Metric;
use crate::ranking::{MARGIN, Ranking, Terms};
use crate::ratios::processes;
use crate::summary::ArmSummary;

/// What a plain `cargo bench` asks, in the order of a reader's interest; cargo asks in the alphabet's.
pub const PLAIN: [&str; 6] = ["notebook", "server_delay", "concurrency", "batch_size", "cold_start", "protocol"];

/// A run's questions: those of [`PLAIN`] in its order, then the others.
#[must_use]
pub fn questions(run: &Run) -> Vec<Answered<'_>> {
    let margin = margin(run);
    let mut questions: Vec<&Question> = run.questions.iter().collect();
    questions.sort_by_key(|question| PLAIN.iter().position(|name| *name == question.name).unwrap_or(PLAIN.len()));
    questions.into_iter().map(|question| Answered::new(question, margin)).collect()
}

/// The variable that sets the margin, in percent.
pub const MARGIN_VARIABLE: &str = "FANOUT_MARGIN";

/// The ratio up to which two models of a run are as good as each other.
#[must_use]
pub fn margin(run: &Run) -> f64 {
    let percent = run.variables.get(MARGIN_VARIABLE).and_then(|text| text.parse::<f64>().ok());
    percent.filter(|percent| *percent > 0.0 && percent.is_finite()).map_or(MARGIN, |percent| 1.0 + percent / 100.0)
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
    /// Compares what was measured for a question. Up to the ratio `margin`, two models are as good as each other.
    #[must_use]
    pub fn new(question: &'a Question, margin: f64) -> Self {
        let compared = |measured| Compared::new(question, measured, margin);
        let scenarios = question.scenarios.iter().map(compared).collect();
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
    /// The models by time.
    pub time: Ranking,
    /// The models by processor time.
    pub cpu: Ranking,
    /// The models by memory.
    pub memory: Ranking,
    terms: Terms,
}

impl<'a> Compared<'a> {
    /// Compares the arms of a scenario.
    #[must_use]
    pub fn new(question: &Question, measured: &'a ScenarioRun, margin: f64) -> Self {
        let requests = measured.scenario.requests;
        let mut rows: Vec<ArmSummary<'a>> = measured
            .arms
            .iter()
            .zip(to_floor(measured))
            .map(|(arm, to_floor)| ArmSummary::new(arm, to_floor, requests))
            .collect();
        rows.sort_by(|a, b| a.distance().total_cmp(&b.distance()));
        let waking = measured.scenario.delay_ns == Some(0) && !question.awake;
        let terms = Terms { margin, waking };
        let ranking = |measure| Ranking::new(measure, &rows, terms, |_| true);
        let (time, cpu, memory) = (ranking(Metric::Time), ranking(Metric::Cpu), ranking(Metric::Memory));
        let name = measured.scenario.title(&question.name);
        Self { name, measured, time, cpu, memory, rows, terms }
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

    /// Some of the models in order by one measure, as if no other had taken part: those whose places among the rows
    /// are `admitted`.
    #[must_use]
    pub fn among(&self, measure: Metric, admitted: impl Fn(usize) -> bool) -> Ranking {
        Ranking::new(measure, &self.rows, self.terms, admitted)
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

/// How many times the floor's time each arm took. A floor that failed is no measure.
fn to_floor(measured: &ScenarioRun) -> Vec<Option<Estimate>> {
    let arms: Vec<&Arm> = measured.arms.iter().collect();
    let floor = arms.iter().position(|arm| arm.role == Role::Floor && arm.failure.is_none());
    let processes = processes(Metric::Time, &arms);
    (0..arms.len()).map(|arm| processes.as_ref()?.ratio(arm, floor?, LEVEL)).collect()
}
