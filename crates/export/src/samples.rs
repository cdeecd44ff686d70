//! A run as one flat table: a row for each sample.

use fanout_model::nanoseconds;
use fanout_record::Run;
use fanout_record::run::{Arm, Question, Sample, ScenarioRun};
use parquet_derive::ParquetRecordWriter;
use serde::{Deserialize, Serialize};

use crate::table;

/// One batch of one arm in one round, with everything that says where it belongs; the columns of CSV and Parquet in
/// their order. What a run does not know is `None`: an empty field, a null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ParquetRecordWriter)]
pub struct SampleRow {
    /// The run's id (ULID).
    pub run: String,
    /// When the run began, RFC 3339 in UTC.
    pub started: String,
    /// The commit that was measured.
    pub commit: Option<String>,
    /// Whether the tree differed from it.
    pub dirty: Option<bool>,
    /// The machine's id, the name of its file under `results/machines`.
    pub machine: String,
    /// The bench target.
    pub question: String,
    /// Whether the processors were kept from sleeping.
    pub awake: bool,
    /// What tells the scenario from the question's others; empty where there is one.
    pub parameter: String,
    /// Requests a batch.
    pub requests: u64,
    /// The server's delay in nanoseconds; `None` where the server is not ours.
    pub delay_ns: Option<u64>,
    /// What the arm spoke: `keep-alive`, `connection-per-request` or `http2`.
    pub protocol: String,
    /// Whether over TLS.
    pub tls: bool,
    /// What was on the clock: `cold`, with set-up and ending, or `warm`, the batch alone.
    pub start: String,
    /// Who answered: the mock server's engine, or a URL.
    pub server: String,
    /// The arm's name in its scenario.
    pub label: String,
    /// The model's id.
    pub model: String,
    /// Why the arm takes part: `model`, `floor` or `again`.
    pub role: String,
    /// The most requests that the arm may have in flight.
    pub concurrency: u64,
    /// Why the arm's samples end before the last round; `None` where they do not.
    pub failure: Option<String>,
    /// The round, from 0.
    pub round: u64,
    /// The arm's place in the order of its round, from 0.
    pub position: Option<u64>,
    /// Time on the clock, in nanoseconds.
    pub wall_ns: u64,
    /// Processor time of the client's side in user mode, in nanoseconds.
    pub user_ns: u64,
    /// Processor time of the client's side in the kernel, in nanoseconds.
    pub system_ns: u64,
    /// Times a thread gave its processor up.
    pub voluntary_switches: u64,
    /// Times a thread's processor was taken away.
    pub involuntary_switches: u64,
    /// The most memory that was resident, in bytes; `None` in runs from before it was counted.
    pub peak_memory_bytes: Option<u64>,
    /// The most threads that were seen; `None` in runs from before they were counted.
    pub threads: Option<u64>,
    /// The most requests that the server saw at one time; `None` where the server is not ours.
    pub peak_in_flight: Option<u64>,
    /// Connections that carried a request; `None` where the server is not ours, or cannot tell.
    pub connections: Option<u64>,
    /// Rounds that were asked for in the scenario: more than there are in a partial run.
    pub planned_rounds: Option<u64>,
}

impl table::Row for SampleRow {
    fn texts(&mut self) -> impl Iterator<Item = &mut String> {
        let run = [&mut self.run, &mut self.started, &mut self.question, &mut self.parameter, &mut self.server];
        let arm = [&mut self.label, &mut self.model];
        run.into_iter().chain(arm).chain(&mut self.commit).chain(&mut self.failure)
    }
}

/// The rows of a run, in its order: questions, scenarios, arms, rounds. An arm that failed at once has none.
#[must_use]
pub fn rows(run: &Run) -> Vec<SampleRow> {
    let mut rows = Vec::new();
    for question in &run.questions {
        for measured in &question.scenarios {
            for (place, arm) in measured.arms.iter().enumerate() {
                rows.extend(arm.samples.iter().map(|sample| row(run, question, measured, (place, arm), sample)));
            }
        }
    }
    rows
}

fn row(
    run: &Run,
    question: &Question,
    measured: &ScenarioRun,
    (place, arm): (usize, &Arm),
    sample: &Sample,
) -> SampleRow {
    let (scenario, usage) = (&measured.scenario, &sample.usage);
    let order = measured.order.get(sample.round);
    let position = order.and_then(|order| order.iter().position(|other| *other == place));
    SampleRow {
        run: run.id.clone(),
        started: run.started.clone(),
        commit: run.source.commit.clone(),
        dirty: run.source.dirty,
        machine: run.machine.id(),
        question: question.name.clone(),
        awake: question.awake,
        parameter: scenario.parameter.clone(),
        requests: scenario.requests as u64,
        delay_ns: scenario.delay_ns,
        protocol: word(&arm.protocol),
        tls: scenario.tls,
        start: word(&scenario.start),
        server: measured.server.clone(),
        label: arm.label.clone(),
        model: arm.model.clone(),
        role: word(&arm.role),
        concurrency: arm.concurrency as u64,
        failure: arm.failure.clone(),
        round: sample.round as u64,
        position: position.map(|position| position as u64),
        wall_ns: sample.wall_ns,
        user_ns: nanoseconds(usage.user),
        system_ns: nanoseconds(usage.system),
        voluntary_switches: usage.voluntary_switches,
        involuntary_switches: usage.involuntary_switches,
        peak_memory_bytes: counted(usage.peak_memory),
        threads: counted(usage.threads),
        peak_in_flight: sample.server.map(|server| server.peak_in_flight),
        connections: sample.server.and_then(|server| server.connections),
        planned_rounds: measured.planned.map(|rounds| rounds as u64),
    }
}

/// The word that the run file has for it.
pub(crate) fn word(value: &impl Serialize) -> String {
    let json = serde_json::to_value(value).expect("an enum without fields becomes a string");
    json.as_str().expect("an enum without fields becomes a string").into()
}

/// A process has memory and threads: 0 stands for "was not counted" (`fanout_model::Usage`).
pub(crate) fn counted(count: u64) -> Option<u64> {
    Some(count).filter(|count| *count > 0)
}
