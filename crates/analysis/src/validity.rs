//! Finds what speaks against the figures of a run: everything that a reader should know before believing them.

use fanout_record::run::{Question, Role, Run};
use fanout_stats::{Between, Estimate, LEVEL, Standing, order_statistic_rank};

use crate::compared::{Answered, Compared, SERVER_BOUND};
use crate::metric::Metric;
use crate::summary::ArmSummary;

/// A fact to know about a run, with the part of the run that it is about.
#[derive(Debug)]
pub struct Warning<'a> {
    /// The question or the scenario; `None` if the warning is about the whole run.
    pub about: Option<&'a str>,
    /// The kind of the warning.
    pub kind: Kind<'a>,
}

/// A kind of warning.
#[derive(Debug)]
pub enum Kind<'a> {
    /// Tracked files differed from the commit.
    ChangedTree,
    /// The program was built without optimisation.
    DebugBuild,
    /// Something else was running before the first question.
    BusyBefore {
        /// The load average over a minute.
        load: f64,
        /// The processors of the machine.
        cores: usize,
    },
    /// The hypervisor kept processors from this machine.
    Steal {
        /// The share of the processors' time, in percent.
        percent: f64,
    },
    /// Some of what was asked for was not measured.
    NotMeasured {
        /// The scenarios.
        scenarios: &'a [String],
        /// The reason, if it is known.
        why: Option<&'a str>,
    },
    /// There is no floor.
    NoFloor,
    /// No model was entered twice, or that model failed.
    NoControl,
    /// There are too few rounds for any interval.
    TooFewRounds(usize),
    /// The model that was entered twice differs from itself.
    ControlDiffers(Metric, Estimate),
    /// It is not known whether the model that was entered twice agrees with itself, because the interval is too wide.
    ControlNotKnown(Metric, Estimate),
    /// It is not known how these models stand against the best, because the intervals are too wide.
    NotKnown(Metric, Vec<&'a str>),
    /// The run does not say in which process a sample was taken, so that no interval holds what a process happens to
    /// be.
    ProcessesUnknown,
    /// Other programs, or the hypervisor, took much of the processors' time.
    Disturbed {
        /// The number of disturbed rounds.
        rounds: usize,
        /// The number of all rounds.
        of: usize,
        /// The largest share that they took in a round, from 0 to 1.
        most: f64,
    },
    /// The server may limit some models.
    ServerBound {
        /// The requests per second of the floor.
        rate: f64,
        /// The labels of these models.
        models: Vec<&'a str>,
    },
    /// A model had fewer requests in flight than it was allowed.
    FewerInFlight {
        /// The model's label.
        label: &'a str,
        /// The most requests that the server saw at once.
        seen: f64,
        /// The number of requests that were allowed.
        allowed: usize,
    },
    /// So many rounds are missing, because somebody interrupted the run.
    RoundsMissing(usize),
    /// An arm failed.
    Failed {
        /// The arm's label.
        label: &'a str,
        /// The number of rounds before the failure.
        rounds: usize,
        /// The reason for the failure.
        why: &'a str,
    },
}

/// Returns all warnings about a run, in the order in which a reader should see them.
#[must_use]
pub fn warnings<'a>(run: &'a Run, answered: &'a [Answered<'a>]) -> Vec<Warning<'a>> {
    let whole = [
        (run.source.dirty == Some(true)).then_some(Kind::ChangedTree),
        (run.source.debug == Some(true)).then_some(Kind::DebugBuild),
        (!processes_known(run)).then_some(Kind::ProcessesUnknown),
        busy_before(run),
    ];
    let mut warnings: Vec<Warning<'a>> =
        whole.into_iter().flatten().map(|kind| Warning { about: None, kind }).collect();
    for answered in answered {
        let question = answered.question;
        let about = Some(question.name.as_str());
        let steal = steal(question, run).filter(|percent| *percent > STEAL).map(|percent| Kind::Steal { percent });
        let unmeasured = (!question.unmeasured.is_empty())
            .then(|| Kind::NotMeasured { scenarios: &question.unmeasured, why: question.stopped.as_deref() });
        warnings.extend([steal, unmeasured].into_iter().flatten().map(|kind| Warning { about, kind }));
        for compared in &answered.scenarios {
            let about = Some(compared.name.as_str());
            warnings.extend(of_scenario(compared).into_iter().map(|kind| Warning { about, kind }));
        }
    }
    warnings
}

fn of_scenario<'a>(compared: &'a Compared<'a>) -> Vec<Kind<'a>> {
    let mut kinds = Vec::new();
    if compared.floor().is_none() {
        kinds.push(Kind::NoFloor);
    }
    if compared.time.control.is_none() {
        kinds.push(Kind::NoControl);
    }
    let rounds = compared.measured.order.len();
    if order_statistic_rank(rounds, LEVEL).is_none() {
        kinds.push(Kind::TooFewRounds(rounds));
    }
    for (ranking, measure) in [(&compared.time, Metric::Time), (&compared.cpu, Metric::Cpu)] {
        kinds.extend(ranking.control.zip(ranking.control_shows).and_then(|(control, shows)| match shows {
            Between::AsGood => None,
            Between::NotKnown => Some(Kind::ControlNotKnown(measure, control)),
            Between::Better | Between::Worse => Some(Kind::ControlDiffers(measure, control)),
        }));
        let unknown = ranking.standing(&[Standing::NotKnown]);
        if ranking.unranked.is_none() && !unknown.is_empty() {
            let labels = unknown.iter().map(|row| compared.rows[*row].arm.label.as_str());
            kinds.push(Kind::NotKnown(measure, labels.collect()));
        }
    }
    if let Some(most) = compared.measured.disturbed.iter().map(|round| round.share).reduce(f64::max) {
        kinds.push(Kind::Disturbed { rounds: compared.measured.disturbed.len(), of: rounds, most });
    }
    let models = held_up_models(compared);
    if let (Some(rate), false) = (compared.floor().and_then(ArmSummary::rate), models.is_empty()) {
        kinds.push(Kind::ServerBound { rate, models });
    }
    for row in &compared.rows {
        let seen = row.fewer_in_flight(&compared.measured.scenario);
        let (label, allowed) = (&row.arm.label, row.arm.concurrency);
        kinds.extend(seen.map(|seen| Kind::FewerInFlight { label, seen, allowed }));
    }
    if compared.rounds_missing() > 0 {
        kinds.push(Kind::RoundsMissing(compared.rounds_missing()));
    }
    for row in &compared.rows {
        let rounds = row.arm.samples.len();
        let why = row.arm.failure.as_deref();
        kinds.extend(why.map(|why| Kind::Failed { label: &row.arm.label, rounds, why }));
    }
    kinds
}

/// How often the model that was entered twice agrees with itself by one measure, over the scenarios of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Agreement {
    /// The number of scenarios in which the model agrees with itself.
    pub agrees: usize,
    /// The number of scenarios in which the model differs from itself.
    pub differs: usize,
    /// The number of scenarios in which neither is known, because the interval is too wide.
    pub not_known: usize,
}

/// Counts what the models that were entered twice show by one measure.
#[must_use]
pub fn agreement(answered: &[Answered<'_>], measure: Metric) -> Agreement {
    let scenarios = answered.iter().flat_map(|answered| &answered.scenarios);
    let mut counted = Agreement::default();
    for shows in scenarios.filter_map(|compared| compared.ranking(measure).control_shows) {
        match shows {
            Between::AsGood => counted.agrees += 1,
            Between::NotKnown => counted.not_known += 1,
            Between::Better | Between::Worse => counted.differs += 1,
        }
    }
    counted
}

/// Returns whether the run says of each sample in which process it was taken.
#[must_use]
pub fn processes_known(run: &Run) -> bool {
    let scenarios = run.questions.iter().flat_map(|question| &question.scenarios);
    scenarios.flat_map(|measured| &measured.arms).flat_map(|arm| &arm.samples).all(|sample| sample.process.is_some())
}

/// The share of the processors' time, in percent, that may be taken from this machine without a warning.
const STEAL: f64 = 1.0;

/// Returns a warning if other programs ran before this run did. The load after that is mostly that of the measurement
/// itself.
fn busy_before(run: &Run) -> Option<Kind<'_>> {
    let first = run.questions.iter().min_by(|a, b| a.started.cmp(&b.started))?;
    let (load, cores) = (first.before.load?, run.machine.cores?);
    (load > cores as f64 / 2.0).then_some(Kind::BusyBefore { load, cores })
}

fn held_up_models<'a>(compared: &Compared<'a>) -> Vec<&'a str> {
    let members = compared.time.members().iter().map(|i| &compared.rows[*i]);
    members.filter(|row| held_up(compared, row)).map(|row| row.arm.label.as_str()).collect()
}

/// Returns whether a model may be held up by the server, and not by its own work.
#[must_use]
pub fn held_up(compared: &Compared<'_>, row: &ArmSummary<'_>) -> bool {
    let near = row.to_floor.is_some_and(|to_floor| to_floor.value < SERVER_BOUND);
    near && row.arm.role == Role::Model && compared.server_bound() == Some(true)
}

/// Returns the share of the processors' time, in percent, that the hypervisor kept from this machine while a question
/// was measured, or `None` if it is not known.
#[must_use]
pub fn steal(question: &Question, run: &Run) -> Option<f64> {
    let ticks = question.after.steal_ticks?.checked_sub(question.before.steal_ticks?)?;
    let seconds = question.took_ns as f64 / 1e9 * run.machine.cores? as f64;
    (seconds > 0.0).then(|| ticks as f64 / seconds)
}
