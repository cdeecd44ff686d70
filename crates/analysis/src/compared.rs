//! Computes the figures of one run: its questions, their scenarios, and in each scenario the summaries and the
//! rankings of its arms.

use std::time::Duration;

use fanout_model::Protocol;
use fanout_record::run::{Arm, Question, Role, Run, ScenarioRun};
use fanout_stats::{Estimate, LEVEL};

use crate::floors::{self, Pair};
use crate::metric::Metric;
use crate::ranking::{MARGIN, Ranking, Terms};
use crate::ratios::{processes, processes_with_peers};
use crate::summary::ArmSummary;

/// The questions of a plain `cargo bench`, in the order of a reader's interest. Cargo asks them in alphabetical
/// order.
pub const PLAIN: [&str; 10] = [
    "notebook",
    "server_delay",
    "concurrency",
    "batch_size",
    "cold_start",
    "protocol",
    "body",
    "work",
    "capacity",
    "mistakes",
];

/// Returns a run's questions: those of [`PLAIN`] in its order, then the others, and last those about mistakes.
#[must_use]
pub fn questions(run: &Run) -> Vec<Answered<'_>> {
    let margin = margin(run);
    let mut questions: Vec<&Question> = run.questions.iter().collect();
    let place = |question: &Question| PLAIN.iter().position(|name| *name == question.name).unwrap_or(PLAIN.len());
    questions.sort_by_key(|question| (is_about_mistakes(question), place(question)));
    questions.into_iter().map(|question| Answered::new(question, margin)).collect()
}

/// Divides the questions that [`questions`] returned into those that compare models, and those about mistakes.
#[must_use]
pub fn apart<'s, 'a>(all: &'s [Answered<'a>]) -> (&'s [Answered<'a>], &'s [Answered<'a>]) {
    all.split_at(all.partition_point(|answered| !is_about_mistakes(answered.question)))
}

/// Returns whether a question measures mistakes. Its models are there for their mistakes, and not to be compared with
/// each other.
fn is_about_mistakes(question: &Question) -> bool {
    let mut arms = question.scenarios.iter().flat_map(|measured| &measured.arms);
    arms.any(|arm| arm.role == Role::Mistake)
}

/// The variable that sets the margin, in percent.
pub const MARGIN_VARIABLE: &str = "FANOUT_MARGIN";

/// Returns the ratio up to which two models of a run are as good as each other.
#[must_use]
pub fn margin(run: &Run) -> f64 {
    let percent = run.variables.get(MARGIN_VARIABLE).and_then(|text| text.parse::<f64>().ok());
    percent.filter(|percent| *percent > 0.0 && percent.is_finite()).map_or(MARGIN, |percent| 1.0 + percent / 100.0)
}

/// One question with its scenarios.
#[derive(Debug)]
pub struct Answered<'a> {
    /// The recorded question.
    pub question: &'a Question,
    /// The scenarios, in the recorded order.
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

/// The comparison of one scenario.
#[derive(Debug)]
pub struct Compared<'a> {
    /// The name of the scenario: `question parameter`, or the question's name if it has one scenario.
    pub name: String,
    /// The recorded scenario.
    pub measured: &'a ScenarioRun,
    /// The rows of all arms: the nearest to the floor first, those that failed last. Where the server has limits,
    /// they are in the order of their numbers in flight.
    pub rows: Vec<ArmSummary<'a>>,
    /// The ranking of the models by time.
    pub time: Ranking,
    /// The ranking of the models by processor time.
    pub cpu: Ranking,
    /// The ranking of the models by memory.
    pub memory: Ranking,
    terms: Terms,
    /// The place of the floor among the recorded arms.
    floor: Option<usize>,
}

impl<'a> Compared<'a> {
    /// Compares the arms of a scenario.
    #[must_use]
    pub fn new(question: &Question, measured: &'a ScenarioRun, margin: f64) -> Self {
        let requests = measured.scenario.requests;
        let waking = measured.is_answered_at_once() && !question.awake;
        let floor = floors::lowest(measured, floors::decides(waking));
        let mut rows: Vec<ArmSummary<'a>> = measured
            .arms
            .iter()
            .zip(to_floor(measured, floor))
            .map(|(arm, to_floor)| ArmSummary::new(arm, to_floor, requests))
            .collect();
        rows.sort_by(|a, b| a.distance().total_cmp(&b.distance()));
        if !measured.scenario.limits.is_none() {
            rows.sort_by_key(|row| row.arm.concurrency);
        }
        let terms = Terms { margin, waking };
        let ranking = |measure| Ranking::new(measure, &rows, terms, |_| true);
        let (time, cpu, memory) = (ranking(Metric::Time), ranking(Metric::Cpu), ranking(Metric::Memory));
        let name = measured.scenario.title(&question.name);
        Self { name, measured, time, cpu, memory, rows, terms, floor }
    }

    /// Returns the ranking of the models by one measure.
    #[must_use]
    pub fn ranking(&self, measure: Metric) -> &Ranking {
        match measure {
            Metric::Time => &self.time,
            Metric::Cpu => &self.cpu,
            Metric::Memory => &self.memory,
        }
    }

    /// Returns the ranking by one measure of the models whose places among the rows are `admitted`, as if no other
    /// model had taken part.
    #[must_use]
    pub fn among(&self, measure: Metric, admitted: impl Fn(usize) -> bool) -> Ranking {
        Ranking::new(measure, &self.rows, self.terms, admitted)
    }

    /// Returns the floor's row, if there is a floor that did not fail. It is the control arm that takes less: see
    /// `floors::lowest`.
    #[must_use]
    pub fn floor(&self) -> Option<&ArmSummary<'a>> {
        let floor = &self.measured.arms[self.floor?];
        self.rows.iter().find(|row| std::ptr::eq(row.arm, floor) && row.time.is_some())
    }

    /// Returns the arm with which this scenario is compared in other runs: see `floors::reference`.
    #[must_use]
    pub fn reference(&self) -> Option<&'a Arm> {
        floors::reference(self.measured).map(|place| &self.measured.arms[place])
    }

    /// Returns how many times the reference's time an arm took, in the same rounds.
    #[must_use]
    pub fn to_reference(&self, row: &ArmSummary<'_>) -> Option<Estimate> {
        let reference = floors::reference(self.measured)?;
        if self.floor == Some(reference) {
            return row.to_floor;
        }
        let arms: Vec<&Arm> = self.measured.arms.iter().collect();
        let place = arms.iter().position(|arm| std::ptr::eq(*arm, row.arm) && arm.failure.is_none())?;
        processes(Metric::Time, &arms)?.ratio(place, reference, LEVEL)
    }

    /// Returns how the control arms differ, if both were measured.
    #[must_use]
    pub fn control_arms(&self) -> Option<Pair> {
        let pair = floors::pair(self.measured, |measure| self.ranking(measure).claims())?;
        Some(Pair { time: pair.time.filter(|_| !self.is_waking()), ..pair })
    }

    /// Returns whether the time here is mostly that of waking idle processors.
    #[must_use]
    pub fn is_waking(&self) -> bool {
        self.terms.waking
    }

    /// Returns the time that the floor's batch would take if everything but the server's delay were free: ceil(N / c)
    /// times the delay, for N requests with c in flight. Returns `None` without a delay or without a floor.
    #[must_use]
    pub fn delay_alone(&self) -> Option<Duration> {
        let delay = self.measured.scenario.delay_ns.map(Duration::from_nanos).filter(|delay| !delay.is_zero())?;
        let turns = self.measured.scenario.requests.div_ceil(self.floor()?.arm.concurrency.max(1));
        Some(delay.saturating_mul(u32::try_from(turns).unwrap_or(u32::MAX)))
    }

    /// Returns the least time that a batch can take whose answers are worked on: that of the delay alone, or that of
    /// all work divided evenly among the processors, whichever is longer. Returns `None` without work, or without a
    /// floor.
    #[must_use]
    pub fn delay_or_work_alone(&self) -> Option<Duration> {
        let scenario = &self.measured.scenario;
        let work = scenario.work?;
        let all = Duration::from_nanos(work.ns).mul_f64(scenario.requests as f64 / work.processors.max(1) as f64);
        Some(self.delay_alone().unwrap_or_default().max(all))
    }

    /// Returns whether the floor asks the server for about as much as the server can answer. A model near the floor
    /// may then be held up by the server. Returns `None` if there is no floor, or if it is not known how much the
    /// server can answer.
    ///
    /// The rates at which the engines of the mock server can answer were measured with raw sockets on two cores. The
    /// wiremock engine answers 25,000 to 90,000 requests a second, and is part of the result from some 30,000 on. The
    /// hyper engine answers 85,000 to 150,000. The limits here lie below these rates.
    #[must_use]
    pub fn server_bound(&self) -> Option<bool> {
        let most = match self.measured.server.as_str() {
            "wiremock" => 20_000.0,
            "hyper" => 60_000.0,
            _ => return None,
        };
        Some(self.floor()?.rate()? > most)
    }

    /// Returns whether the floor did here what the models did. The floor speaks HTTP/1.1 with keep-alive and without
    /// TLS, whatever protocol the models are asked to speak.
    #[must_use]
    pub fn floor_is_alike(&self) -> bool {
        let scenario = &self.measured.scenario;
        !scenario.tls && scenario.protocol.is_none_or(|protocol| protocol == Protocol::KeepAlive)
    }

    /// Returns the number of rounds that were asked for and are missing, because somebody interrupted the run.
    #[must_use]
    pub fn rounds_missing(&self) -> usize {
        self.measured.planned.map_or(0, |planned| planned.saturating_sub(self.measured.order.len()))
    }
}

/// The ratio to the floor up to which a model may be held up by a server that the floor keeps busy.
pub const SERVER_BOUND: f64 = 1.1;

/// Returns how many times the floor's time each arm took.
fn to_floor(measured: &ScenarioRun, floor: Option<usize>) -> Vec<Option<Estimate>> {
    let arms: Vec<&Arm> = measured.arms.iter().collect();
    let processes = processes(Metric::Time, &arms);
    let of_peer = |arm| processes_with_peers(Metric::Time, &[arms[arm], arms[floor?]])?.ratio(0, 1, LEVEL);
    let of = |arm: usize| match arms[arm].role {
        Role::Peer => of_peer(arm),
        _ => processes.as_ref()?.ratio(arm, floor?, LEVEL),
    };
    (0..arms.len()).map(of).collect()
}
