//! What was measured, reckoned up: everything that the words, tables and pictures say, before it is said.

use std::time::Duration;

use fanout_model::Protocol;
use fanout_record::run::{Arm, Question, Role, Run, Sample, Scenario, ScenarioRun};
use fanout_stats::{Estimate, LEVEL, median, paired_ratio};

use crate::contest::{Contest, Measure};

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
    pub rows: Vec<Row<'a>>,
    /// Who is fastest.
    pub time: Contest,
    /// Who costs the processors least.
    pub cpu: Contest,
    /// Who needs least memory.
    pub memory: Contest,
}

impl<'a> Compared<'a> {
    /// Compares the arms of a scenario.
    #[must_use]
    pub fn new(question: &str, measured: &'a ScenarioRun) -> Self {
        let floor = floor(measured);
        let requests = measured.scenario.requests;
        let mut rows: Vec<Row<'a>> = measured.arms.iter().map(|arm| Row::new(arm, floor, requests)).collect();
        rows.sort_by(|a, b| a.distance().total_cmp(&b.distance()));
        let contest = |measure| Contest::new(measure, &rows);
        let (time, cpu, memory) = (contest(Measure::Time), contest(Measure::Cpu), contest(Measure::Memory));
        let name = format!("{question} {}", measured.scenario.parameter).trim_end().to_owned();
        Self { name, measured, time, cpu, memory, rows }
    }

    /// The floor's row, where there is a floor that did not fail.
    #[must_use]
    pub fn floor(&self) -> Option<&Row<'a>> {
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

    /// Whether the floor asks the server for about as much as it can answer: a model near the floor may then be held up by
    /// the server. `None` where there is no floor, or it is not known what the server can.
    ///
    /// What the engines of the mock server can was measured with raw sockets on two cores: wiremock 25,000 to 90,000
    /// requests a second, and part of the result from some 30,000 on; the hyper engine 85,000 to 150,000. Two thirds of the
    /// least are taken here.
    #[must_use]
    pub fn server_bound(&self) -> Option<bool> {
        let most = match self.measured.server.as_str() {
            "wiremock" => 20_000.0,
            "hyper" => 60_000.0,
            _ => return None,
        };
        Some(self.floor()?.rate()? > most)
    }

    /// Whether the floor did here what the models did: it speaks HTTP/1.1 with keep-alive and without TLS, whatever they are
    /// asked to speak.
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

/// One arm, reckoned up. What it could not be reckoned from is `None`: all of it where the arm failed.
#[derive(Debug)]
pub struct Row<'a> {
    /// What was recorded.
    pub arm: &'a Arm,
    /// Requests a batch.
    pub requests: usize,
    /// Milliseconds a batch.
    pub time: Option<Estimate>,
    /// How many times the floor's time, in the same rounds.
    pub to_floor: Option<Estimate>,
    /// Microseconds of processor time a request.
    pub cpu: Option<Estimate>,
}

impl<'a> Row<'a> {
    /// Reckons up an arm of a scenario of so many requests.
    fn new(arm: &'a Arm, floor: Option<&Arm>, requests: usize) -> Self {
        let sound = arm.failure.is_none();
        let estimate = |measure: Measure| median(&measure.values(arm)?, LEVEL).filter(|_| sound);
        let per_request = |estimate: Estimate| estimate.map(|cpu| cpu / requests.max(1) as f64);
        Self {
            arm,
            requests,
            time: estimate(Measure::Time),
            to_floor: floor.and_then(|floor| to_floor(arm, floor, LEVEL)),
            cpu: estimate(Measure::Cpu).map(per_request),
        }
    }

    /// The median of a counter over the rounds.
    #[must_use]
    pub fn typical(&self, of: impl Fn(&Sample) -> Option<f64>) -> Option<f64> {
        let counted: Option<Vec<f64>> = self.arm.samples.iter().map(of).collect();
        median(&counted.filter(|_| self.arm.failure.is_none())?, LEVEL).map(|estimate| estimate.value)
    }

    /// The latency, in milliseconds, that this share (0 to 1) of the requests of all rounds did not exceed.
    #[must_use]
    pub fn latency(&self, share: f64) -> Option<f64> {
        self.arm
            .latencies
            .quantile(share)
            .filter(|_| self.arm.failure.is_none())
            .map(|latency| latency.as_secs_f64() * 1e3)
    }

    /// The most that the server had waiting at once, where that is fewer than were asked for though there were requests
    /// enough: the server, or the model, allows no more. Without a delay the server can't see them wait.
    #[must_use]
    pub fn fewer_in_flight(&self, scenario: &Scenario) -> Option<f64> {
        let seen = self.typical(|sample| Some(sample.server?.peak_in_flight as f64))?;
        let asked = self.arm.concurrency.min(self.requests) as f64;
        // A tenth may be lost to lanes that start late.
        (scenario.delay_ns? > 0 && seen < 0.9 * asked).then_some(seen)
    }

    /// Requests a second, of the batch of median time.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        Some(self.requests as f64 / self.time?.value * 1e3)
    }

    /// By what rows are sorted.
    fn distance(&self) -> f64 {
        self.to_floor.or(self.time).map_or(f64::INFINITY, |estimate| estimate.value)
    }
}

/// How many times the floor's time an arm took, with an interval at `level`; `None` where it failed.
#[must_use]
pub fn to_floor(arm: &Arm, floor: &Arm, level: f64) -> Option<Estimate> {
    ratio(Measure::Time, arm, floor, level).filter(|_| arm.failure.is_none())
}

/// How many times as much of a measure `a` took as `b`, over the rounds that both have.
pub(crate) fn ratio(measure: Measure, a: &Arm, b: &Arm, level: f64) -> Option<Estimate> {
    let n = a.samples.len().min(b.samples.len());
    paired_ratio(&measure.values(a)?[..n], &measure.values(b)?[..n], level)
}

/// What the others are compared with; one that failed is no measure.
fn floor(measured: &ScenarioRun) -> Option<&Arm> {
    measured.arms.iter().find(|arm| arm.role == Role::Floor && arm.failure.is_none())
}
