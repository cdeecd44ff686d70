//! Measures one model of two builds in the same rounds: A, A again, and B.
//!
//! A *session* starts the three as fresh worker processes and runs them in shuffled rounds, never two at once. What a
//! process happens to be (where its memory lies, which threads its runtime woke first) stays the same for its life.
//! The rounds of a session are therefore not independent measurements, but sessions are.

use std::time::{Duration, Instant};

use anyhow::Context;
use fanout_harness::arm::{Build, Entrant, RunningArm};
use fanout_harness::endpoint::Endpoint;
use fanout_harness::interrupt;
use fanout_model::{Model, SetupError, nanoseconds};
use fanout_record::run::Role;
use fastrand::Rng;

use fanout_harness::case::Case;

/// What one batch cost.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Time on the clock, in nanoseconds.
    pub wall_ns: u64,
    /// Processor time, in nanoseconds.
    pub cpu_ns: u64,
}

/// The rounds of the same three processes.
#[derive(Clone, Debug)]
pub struct Session {
    /// The costs of the baseline, by round.
    pub baseline: Vec<Cost>,
    /// The costs of the baseline once more.
    pub again: Vec<Cost>,
    /// The costs of the candidate.
    pub candidate: Vec<Cost>,
}

/// One model in one case, with the two builds that are compared.
pub struct Subject<'a> {
    /// The model.
    pub model: &'static dyn Model,
    /// What it is asked to do.
    pub case: Case,
    /// The baseline.
    pub baseline: &'a Build,
    /// The candidate.
    pub candidate: &'a Build,
}

impl Subject<'_> {
    /// Makes an entrant of one of the builds, with this label.
    ///
    /// # Errors
    /// If the model's settings are not possible on this machine.
    pub fn entrant(&self, label: &str, build: &Build) -> Result<Entrant, SetupError> {
        let entrant = self.case.entrant(label.into(), self.model, Role::Model)?;
        Ok(Entrant { build: build.clone(), ..entrant })
    }
}

/// How long the rounds of a session go on. This is so long that starting the processes takes little of the time.
const SESSION: Duration = Duration::from_millis(1_500);

/// The fewest rounds of a session.
const LEAST_ROUNDS: usize = 3;

/// The fewest sessions that say anything.
pub(crate) const LEAST_SESSIONS: usize = 4;

/// Measures sessions until `enough` says that there are enough, `budget` is spent, or somebody interrupts.
///
/// # Errors
/// If the server or a build's worker does not start, or if a batch is not as it must be. An error
/// of a build says which build it is.
pub fn measure(
    subject: &Subject<'_>,
    budget: Duration,
    rng: &mut Rng,
    enough: impl Fn(&[Session]) -> bool,
) -> anyhow::Result<Vec<Session>> {
    let start = Instant::now();
    let scenario = subject.case.scenario();
    let endpoint = Endpoint::open_for(&scenario, subject.case.engine).context("no server to measure against")?;
    let work = endpoint.work(&scenario)?;
    let entrants = [
        subject.entrant("A", subject.baseline)?,
        subject.entrant("A again", subject.baseline)?,
        subject.entrant("B", subject.candidate)?,
    ];
    let length = SESSION.min(budget / (LEAST_SESSIONS as u32 + 1));
    let mut sessions = Vec::new();
    while !interrupt::asked() {
        // Once there are enough sessions to judge, another one must fit into the budget.
        let taken = start.elapsed();
        let next = taken.checked_div(u32::try_from(sessions.len()).unwrap_or(u32::MAX)).unwrap_or_default();
        if sessions.len() >= LEAST_SESSIONS && (taken + next > budget || enough(&sessions)) {
            break;
        }
        // The process that started last is the warmest for a while, so the order of starting changes.
        let mut order = [0, 1, 2];
        rng.shuffle(&mut order);
        let mut arms = Vec::new();
        for entrant in order.map(|turn| &entrants[turn]) {
            arms.push(RunningArm::new(entrant, &work).with_context(|| format!("{} did not start", entrant.label))?);
        }
        let mut costs: [Vec<Cost>; 3] = Default::default();
        let begun = Instant::now();
        while costs[0].len() < LEAST_ROUNDS || begun.elapsed() < length {
            let mut places = [0, 1, 2];
            rng.shuffle(&mut places);
            for place in places {
                let turn = order[place];
                let round = costs[turn].len();
                let sampled =
                    arms[place].sample(round).with_context(|| format!("{} failed", entrants[turn].label))?;
                let sample = sampled.0;
                let cpu_ns = nanoseconds(sample.usage.cpu());
                costs[turn].push(Cost { wall_ns: sample.wall_ns, cpu_ns });
            }
        }
        let [baseline, again, candidate] = costs;
        sessions.push(Session { baseline, again, candidate });
    }
    Ok(sessions)
}

/// Returns how many nanoseconds were spent on the clock.
#[must_use]
pub fn on_the_clock(sessions: &[Session]) -> u64 {
    let costs =
        sessions.iter().flat_map(|session| session.baseline.iter().chain(&session.again).chain(&session.candidate));
    costs.map(|cost| cost.wall_ns).sum()
}
