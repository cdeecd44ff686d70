//! Turns a run into one flat table, with a row for each sample.

use fanout_analysis::compared::{Compared, margin};
use fanout_analysis::metric::Metric;
use fanout_model::nanoseconds;
use fanout_record::Run;
use fanout_record::run::{Arm, Question, Sample, ScenarioRun};
use parquet_derive::ParquetRecordWriter;
use serde::{Deserialize, Serialize};

use crate::against_best::AgainstBest;
use crate::table;

/// One batch of one arm in one round, with everything that says where it belongs. The fields are the columns of CSV
/// and Parquet in their order. What a run does not know is `None`, which becomes an empty field or a null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ParquetRecordWriter)]
pub struct SampleRow {
    /// The run's id (ULID).
    pub run: String,
    /// When the run began, RFC 3339 in UTC.
    pub started: String,
    /// The commit that was measured.
    pub commit: Option<String>,
    /// Whether the tree differed from that commit.
    pub dirty: Option<bool>,
    /// The machine's id, which is the name of its file under `results/machines`.
    pub machine: String,
    /// The bench target.
    pub question: String,
    /// Whether the processors were kept from sleeping.
    pub awake: bool,
    /// What tells the scenario from the question's others; empty if there is only one.
    pub parameter: String,
    /// The number of requests in a batch.
    pub requests: u64,
    /// The server's delay in nanoseconds; `None` if the server is not ours.
    pub delay_ns: Option<u64>,
    /// What the arm spoke: `keep-alive`, `connection-per-request` or `http2`.
    pub protocol: String,
    /// Whether the scenario asked for TLS.
    pub tls: bool,
    /// What was on the clock: `cold` for the batch with set-up and ending, or `warm` for the batch alone.
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
    /// Why the arm's samples end before the last round; `None` if they do not.
    pub failure: Option<String>,
    /// The round, from 0.
    pub round: u64,
    /// Which of the arm's processes the sample was taken in, from 0; `None` in runs before version 3.
    pub process: Option<u64>,
    /// The arm's place in the order of its round, from 0.
    pub position: Option<u64>,
    /// Time on the clock, in nanoseconds.
    pub wall_ns: u64,
    /// Processor time of the client's side in user mode, in nanoseconds.
    pub user_ns: u64,
    /// Processor time of the client's side in the kernel, in nanoseconds.
    pub system_ns: u64,
    /// How often a thread gave its processor up to wait.
    pub voluntary_switches: u64,
    /// How often the system took a thread's processor away.
    pub involuntary_switches: u64,
    /// The most memory that was resident, in bytes; `None` in runs from before it was counted.
    pub peak_memory_bytes: Option<u64>,
    /// The most threads that were seen; `None` in runs from before they were counted.
    pub threads: Option<u64>,
    /// The most requests that the server saw at one time; `None` if the server is not ours.
    pub peak_in_flight: Option<u64>,
    /// The number of connections that carried a request; `None` if the server is not ours, or cannot tell.
    pub connections: Option<u64>,
    /// The number of requests that the server refused with 429 or 503; `None` if the server is not ours.
    pub refused: Option<u64>,
    /// The number of requests that waited for their turn at the server; `None` if the server is not ours.
    pub queued: Option<u64>,
    /// The most requests that waited for their turn at one time; `None` if the server is not ours.
    pub longest_queue: Option<u64>,
    /// The number of rounds that were asked for in the scenario. A partial run may have fewer.
    pub planned_rounds: Option<u64>,
    /// How the arm stands against the best by time, over all rounds: `best`, `as-good`, `worse` or `not-known`.
    /// `None` if it does not compete.
    pub time_against_best: Option<String>,
    /// How many times as much time it takes as the best.
    pub time_to_best: Option<f64>,
    /// The lower end of the interval of that.
    pub time_to_best_low: Option<f64>,
    /// The upper end of the interval of that.
    pub time_to_best_high: Option<f64>,
    /// How the arm stands against the best by processor time.
    pub cpu_against_best: Option<String>,
    /// How many times as much processor time it takes as the best.
    pub cpu_to_best: Option<f64>,
    /// The lower end of the interval of that.
    pub cpu_to_best_low: Option<f64>,
    /// The upper end of the interval of that.
    pub cpu_to_best_high: Option<f64>,
}

impl table::Row for SampleRow {
    fn texts(&mut self) -> impl Iterator<Item = &mut String> {
        let run = [&mut self.run, &mut self.started, &mut self.question, &mut self.parameter, &mut self.server];
        let arm = [&mut self.label, &mut self.model];
        run.into_iter().chain(arm).chain(&mut self.commit).chain(&mut self.failure)
    }
}

/// Returns the rows of a run in its order: by question, scenario, arm and round. An arm that failed at once has none.
#[must_use]
pub fn rows(run: &Run) -> Vec<SampleRow> {
    let mut rows = Vec::new();
    let margin = margin(run);
    for question in &run.questions {
        for measured in &question.scenarios {
            let compared = Compared::new(question, measured, margin);
            for (place, arm) in measured.arms.iter().enumerate() {
                let stands = [Metric::Time, Metric::Cpu].map(|measure| AgainstBest::of(&compared, arm, measure));
                let of = |sample| row(run, question, measured, (place, arm), &stands, sample);
                rows.extend(arm.samples.iter().map(of));
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
    [time, cpu]: &[Option<AgainstBest>; 2],
    sample: &Sample,
) -> SampleRow {
    let stands = |against: &Option<AgainstBest>| against.as_ref().map(|against| against.against_best.into());
    let ratio = |against: &Option<AgainstBest>| against.as_ref().map(|against| against.ratio);
    let low = |against: &Option<AgainstBest>| against.as_ref()?.low;
    let high = |against: &Option<AgainstBest>| against.as_ref()?.high;
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
        requests: (scenario.requests as f64 * sample.share).round() as u64,
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
        process: sample.process.map(|process| process as u64),
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
        refused: sample.server.map(|server| server.refused),
        queued: sample.server.map(|server| server.queued),
        longest_queue: sample.server.map(|server| server.longest_queue),
        planned_rounds: measured.planned.map(|rounds| rounds as u64),
        time_against_best: stands(time),
        time_to_best: ratio(time),
        time_to_best_low: low(time),
        time_to_best_high: high(time),
        cpu_against_best: stands(cpu),
        cpu_to_best: ratio(cpu),
        cpu_to_best_low: low(cpu),
        cpu_to_best_high: high(cpu),
    }
}

/// Returns the word that the run file has for a value.
pub(crate) fn word(value: &impl Serialize) -> String {
    let json = serde_json::to_value(value).expect("an enum without fields becomes a string");
    json.as_str().expect("an enum without fields becomes a string").into()
}

/// Returns `None` for 0, which stands for "was not counted" (`fanout_model::Usage`): every process has memory and
/// threads.
pub(crate) fn counted(count: u64) -> Option<u64> {
    Some(count).filter(|count| *count > 0)
}
