//! The counters, each with its name, its unit and the function that returns its value. Every table picks its columns
//! from these.

use fanout_record::run::Sample;
use fanout_stats::Estimate;

use fanout_analysis::metric::Metric;
use fanout_analysis::summary::ArmSummary;

/// One counter, as a column of a table.
#[derive(Clone, Copy)]
pub struct Column {
    /// The heading of the column, with the unit.
    pub title: &'static str,
    /// An explanation of the counter, for a reader who does not know it.
    pub about: &'static str,
    /// The number of digits behind the point.
    pub digits: usize,
    /// A function that returns the value of a row, or `None` if the value was not counted.
    pub value: fn(&ArmSummary<'_>) -> Option<f64>,
    /// A function that returns the interval of a row's value, if the column has intervals.
    pub interval: Option<fn(&ArmSummary<'_>) -> Option<Estimate>>,
}

impl Column {
    /// Returns the value of a row as text.
    #[must_use]
    pub fn print(&self, row: &ArmSummary<'_>) -> String {
        (self.value)(row).map_or_else(|| "-".into(), |value| format!("{value:.*}", self.digits))
    }

    /// Returns the interval of a row's value as text, or `None` if the column has no intervals.
    #[must_use]
    pub(crate) fn print_interval(&self, row: &ArmSummary<'_>) -> Option<String> {
        let estimate = (self.interval?)(row);
        let digits = self.digits;
        Some(match estimate {
            Some(Estimate { interval: Some((low, high)), .. }) => format!("{low:.digits$} .. {high:.digits$}"),
            Some(Estimate { interval: None, .. }) => "too few rounds".into(),
            None => "-".into(),
        })
    }
}

const fn column(
    title: &'static str,
    about: &'static str,
    digits: usize,
    value: fn(&ArmSummary<'_>) -> Option<f64>,
) -> Column {
    Column { title, about, digits, value, interval: None }
}

/// The most requests that may be in flight.
pub const IN_FLIGHT: Column =
    column("in flight", "the most requests there may be in flight", 0, |row| Some(row.arm.concurrency as f64));
/// The time of a batch.
pub const TIME: Column = Column {
    interval: Some(|row| row.time),
    ..column("median ms", "time of a batch; half of the batches were faster", 2, |row| Some(row.time?.value))
};
/// The distance to the floor.
pub(crate) const TO_FLOOR: Column = Column {
    interval: Some(|row| row.to_floor),
    ..column("x floor", "how many times the floor's time, in the same rounds", 3, |row| Some(row.to_floor?.value))
};
/// The processor time for each request.
pub const CPU: Column = Column {
    interval: Some(|row| row.cpu),
    ..column("CPU us/request", "user and system time on the client's side", 1, |row| Some(row.cpu?.value))
};
/// The latency that half of the requests did not exceed.
pub(crate) const P50: Column = column("p50 ms", "half of the requests took less", 2, |row| row.latency(0.5));
/// The latency that 99 of 100 requests did not exceed.
pub(crate) const P99: Column = column("p99 ms", "one request in a hundred took longer", 2, |row| row.latency(0.99));
/// The most memory that was resident.
pub const MEMORY: Column = column("peak MB", "the most that was resident, worker processes added", 1, |row| {
    row.typical(|sample| Metric::Memory.of(sample))
});
/// The most threads that were seen running.
pub(crate) const THREADS: Column = column("threads", "the most that were seen running", 0, |row| {
    row.typical(|sample| Some(sample.usage.threads as f64)).filter(|threads| *threads > 0.0)
});
/// The connections that the server saw.
pub(crate) const CONNECTIONS: Column = column("connections", "seen by the server", 0, |row| row.typical(connections));
/// The most requests that waited at the server.
pub(crate) const PEAK_IN_FLIGHT: Column =
    column("peak in flight", "the most requests that waited for their answers at the server", 0, |row| {
        row.typical(|sample| Some(sample.server?.peak_in_flight as f64))
    });

/// The requests that the server refused.
pub(crate) const REFUSED: Column =
    column("refused", "answers with 429 or 503 for each request, by a server with limits", 2, |row| {
        per_request(row, |sample| sample.server.map_or(0.0, |server| server.refused as f64))
    });

/// The columns that the terminal and Markdown show.
pub const SHORT: [Column; 9] = [IN_FLIGHT, TIME, TO_FLOOR, CPU, P50, P99, MEMORY, THREADS, CONNECTIONS];

/// All columns.
pub const ALL: [Column; 20] = [
    IN_FLIGHT,
    column("rounds", "rounds that were measured", 0, |row| Some(row.arm.samples.len() as f64)),
    TIME,
    TO_FLOOR,
    column("requests/s", "of the batch of median time", 0, rate),
    CPU,
    column("user us/request", "processor time in user mode, on average", 1, |row| {
        average_per_request(row, |sample| sample.usage.user.as_secs_f64() * 1e6)
    }),
    column("system us/request", "processor time in the kernel, on average", 1, |row| {
        average_per_request(row, |sample| sample.usage.system.as_secs_f64() * 1e6)
    }),
    column("waits/request", "times a thread gave its processor up, to wait", 2, |row| {
        per_request(row, |sample| sample.usage.voluntary_switches as f64)
    }),
    column("preemptions/request", "times a thread's processor was taken away", 2, |row| {
        per_request(row, |sample| sample.usage.involuntary_switches as f64)
    }),
    column("p5 ms", "one request in twenty took less", 2, |row| row.latency(0.05)),
    P50,
    column("p90 ms", "one request in ten took longer", 2, |row| row.latency(0.9)),
    P99,
    column("max ms", "the slowest request of all rounds", 2, |row| row.latency(1.0)),
    MEMORY,
    THREADS,
    CONNECTIONS,
    PEAK_IN_FLIGHT,
    REFUSED,
];

fn rate(row: &ArmSummary<'_>) -> Option<f64> {
    row.rate()
}

fn per_request(row: &ArmSummary<'_>, of: impl Fn(&Sample) -> f64) -> Option<f64> {
    Some(row.typical(|sample| Some(of(sample) / sample.share))? / row.requests.max(1) as f64)
}

fn average_per_request(row: &ArmSummary<'_>, of: impl Fn(&Sample) -> f64) -> Option<f64> {
    let samples = &row.arm.samples;
    let sound = row.arm.failure.is_none() && !samples.is_empty();
    let sum = || samples.iter().map(|sample| of(sample) / sample.share).sum::<f64>();
    sound.then(|| sum() / (samples.len() * row.requests.max(1)) as f64)
}

fn connections(sample: &Sample) -> Option<f64> {
    sample.server?.connections.map(|connections| connections as f64)
}
