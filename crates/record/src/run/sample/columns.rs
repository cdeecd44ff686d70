//! Writes and reads the samples in a file column by column, which is half as long as row by row, and read in half of
//! the time. Version 1 had rows.

use std::fmt;
use std::time::Duration;

use fanout_model::{Usage, nanoseconds};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Counted, Sample};

/// Writes samples column by column.
pub(crate) fn serialize<S: Serializer>(samples: &[Sample], serializer: S) -> Result<S::Ok, S::Error> {
    fn column<T>(samples: &[Sample], value: impl Fn(&Sample) -> T) -> Vec<T> {
        samples.iter().map(value).collect()
    }
    let columns = Columns {
        round: column(samples, |sample| sample.round),
        process: samples.iter().map(|sample| sample.process).collect(),
        wall_ns: column(samples, |sample| sample.wall_ns),
        share: unless_all(1.0, column(samples, |sample| sample.share)),
        user_ns: column(samples, |sample| nanoseconds(sample.usage.user)),
        system_ns: column(samples, |sample| nanoseconds(sample.usage.system)),
        voluntary_switches: column(samples, |sample| sample.usage.voluntary_switches),
        involuntary_switches: column(samples, |sample| sample.usage.involuntary_switches),
        peak_memory: column(samples, |sample| sample.usage.peak_memory),
        threads: column(samples, |sample| sample.usage.threads),
        peak_in_flight: column(samples, |sample| sample.server.map(|server| server.peak_in_flight)),
        connections: column(samples, |sample| sample.server.and_then(|server| server.connections)),
        refused: unless_all(0, column(samples, |sample| sample.server.map_or(0, |server| server.refused))),
        queued: unless_all(0, column(samples, |sample| sample.server.map_or(0, |server| server.queued))),
        longest_queue: unless_all(
            0,
            column(samples, |sample| sample.server.map_or(0, |server| server.longest_queue)),
        ),
    };
    columns.serialize(serializer)
}

/// Returns a column, or `None` if all of its values are the usual one.
fn unless_all<T: PartialEq>(usual: T, column: Vec<T>) -> Option<Vec<T>> {
    column.iter().any(|value| *value != usual).then_some(column)
}

/// Reads samples, column by column or row by row.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Sample>, D::Error> {
    deserializer.deserialize_any(Either)
}

/// The columns of the samples. Each has a value of each sample, in the order of rounds.
#[derive(Serialize, Deserialize)]
struct Columns {
    round: Vec<usize>,
    /// Absent before version 3, and if a sample does not say its process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    process: Option<Vec<usize>>,
    wall_ns: Vec<u64>,
    /// Absent if all are 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    share: Option<Vec<f64>>,
    user_ns: Vec<u64>,
    system_ns: Vec<u64>,
    voluntary_switches: Vec<u64>,
    involuntary_switches: Vec<u64>,
    peak_memory: Vec<u64>,
    threads: Vec<u64>,
    /// `null` if the server is not the mock server.
    peak_in_flight: Vec<Option<u64>>,
    /// `null` also if the server cannot tell.
    connections: Vec<Option<u64>>,
    /// Absent if all are 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refused: Option<Vec<u64>>,
    /// Absent if all are 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    queued: Option<Vec<u64>>,
    /// Absent if all are 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    longest_queue: Option<Vec<u64>>,
}

impl Columns {
    fn lengths(&self) -> [usize; 14] {
        let all = self.round.len();
        [
            self.process.as_ref().map_or(all, Vec::len),
            self.share.as_ref().map_or(all, Vec::len),
            self.refused.as_ref().map_or(all, Vec::len),
            self.queued.as_ref().map_or(all, Vec::len),
            self.longest_queue.as_ref().map_or(all, Vec::len),
            self.wall_ns.len(),
            self.user_ns.len(),
            self.system_ns.len(),
            self.voluntary_switches.len(),
            self.involuntary_switches.len(),
            self.peak_memory.len(),
            self.threads.len(),
            self.peak_in_flight.len(),
            self.connections.len(),
        ]
    }

    fn rows(self) -> Result<Vec<Sample>, &'static str> {
        if self.lengths().iter().any(|length| *length != self.round.len()) {
            return Err("the columns of samples differ in length");
        }
        (0..self.round.len())
            .map(|i| {
                let row = Row {
                    round: self.round[i],
                    process: self.process.as_ref().map(|process| process[i]),
                    wall_ns: self.wall_ns[i],
                    share: self.share.as_ref().map_or(1.0, |share| share[i]),
                    user_ns: self.user_ns[i],
                    system_ns: self.system_ns[i],
                    voluntary_switches: self.voluntary_switches[i],
                    involuntary_switches: self.involuntary_switches[i],
                    peak_memory: self.peak_memory[i],
                    threads: self.threads[i],
                    peak_in_flight: self.peak_in_flight[i],
                    connections: self.connections[i],
                    refused: self.refused.as_ref().map_or(0, |refused| refused[i]),
                    queued: self.queued.as_ref().map_or(0, |queued| queued[i]),
                    longest_queue: self.longest_queue.as_ref().map_or(0, |longest| longest[i]),
                };
                row.sample()
            })
            .collect()
    }
}

/// A sample with all of its members side by side.
#[derive(Deserialize)]
struct Row {
    round: usize,
    #[serde(default)]
    process: Option<usize>,
    wall_ns: u64,
    #[serde(default = "one")]
    share: f64,
    user_ns: u64,
    system_ns: u64,
    voluntary_switches: u64,
    involuntary_switches: u64,
    #[serde(default)]
    peak_memory: u64,
    #[serde(default)]
    threads: u64,
    peak_in_flight: Option<u64>,
    connections: Option<u64>,
    #[serde(default)]
    refused: u64,
    #[serde(default)]
    queued: u64,
    #[serde(default)]
    longest_queue: u64,
}

fn one() -> f64 {
    1.0
}

impl Row {
    fn sample(self) -> Result<Sample, &'static str> {
        let Self { refused, queued, longest_queue, .. } = self;
        let server = match (self.peak_in_flight, self.connections) {
            (Some(peak_in_flight), connections) => {
                Some(Counted { peak_in_flight, connections, refused, queued, longest_queue })
            }
            (None, None) => None,
            (None, Some(_)) => return Err("`connections` without `peak_in_flight`"),
        };
        let usage = Usage {
            user: Duration::from_nanos(self.user_ns),
            system: Duration::from_nanos(self.system_ns),
            voluntary_switches: self.voluntary_switches,
            involuntary_switches: self.involuntary_switches,
            peak_memory: self.peak_memory,
            threads: self.threads,
        };
        if !(self.share.is_finite() && self.share > 0.0) {
            return Err("a `share` that is no positive number");
        }
        let Self { round, process, wall_ns, share, .. } = self;
        Ok(Sample { round, process, wall_ns, share, usage, server })
    }
}

struct Either;

impl<'de> Visitor<'de> for Either {
    type Value = Vec<Sample>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("columns or rows of samples")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Vec<Sample>, A::Error> {
        Columns::deserialize(MapAccessDeserializer::new(members))?.rows().map_err(A::Error::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Vec<Sample>, A::Error> {
        let mut samples = Vec::new();
        while let Some(row) = rows.next_element::<Row>()? {
            samples.push(row.sample().map_err(A::Error::custom)?);
        }
        Ok(samples)
    }
}
