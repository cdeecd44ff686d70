//! Keeps the latencies of single requests, as a histogram of two significant digits.

use std::time::Duration;

use fanout_model::nanoseconds;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// One hour, in nanoseconds. A longer latency counts as one hour.
const LONGEST: u64 = 3_600_000_000_000;

/// How many requests took how long, from their turn to their answer.
///
/// It counts requests by nanoseconds. Each number of nanoseconds is the upper end of a bucket that is 1 % wide.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Form", into = "Form")]
pub struct Latencies {
    counts: Vec<(u64, u64)>,
}

/// The form of a histogram in a file, column by column. Version 1 had `counts`, each `[nanoseconds, requests]`.
#[derive(Serialize, Deserialize)]
struct Form {
    #[serde(skip_serializing)]
    counts: Option<Vec<(u64, u64)>>,
    ns: Option<Vec<u64>>,
    requests: Option<Vec<u64>>,
}

impl From<Latencies> for Form {
    fn from(Latencies { counts }: Latencies) -> Self {
        let (ns, requests) = counts.into_iter().unzip();
        Self { counts: None, ns: Some(ns), requests: Some(requests) }
    }
}

impl TryFrom<Form> for Latencies {
    type Error = &'static str;

    fn try_from(form: Form) -> Result<Self, Self::Error> {
        match (form.counts, form.ns, form.requests) {
            (Some(counts), None, None) => Ok(Self { counts }),
            (None, Some(ns), Some(requests)) if ns.len() == requests.len() => {
                Ok(Self { counts: ns.into_iter().zip(requests).collect() })
            }
            (None, Some(_), Some(_)) => Err("the columns of latencies differ in length"),
            _ => Err("latencies need `ns` and `requests`"),
        }
    }
}

impl Latencies {
    /// Makes the histogram of these latencies.
    #[must_use]
    pub fn of(latencies: impl IntoIterator<Item = Duration>) -> Self {
        let mut histogram = histogram();
        for latency in latencies {
            histogram.saturating_record(nanoseconds(latency));
        }
        let counts = histogram.iter_recorded();
        Self { counts: counts.map(|value| (value.value_iterated_to(), value.count_at_value())).collect() }
    }

    /// Returns the latency that this share of the requests (0 to 1) did not exceed, or `None` if there are no
    /// requests.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        let mut histogram = histogram();
        for (value, count) in &self.counts {
            // A count is only cut off beyond u64, and the counts of one run are far below that.
            histogram.saturating_record_n(*value, *count);
        }
        (!histogram.is_empty()).then(|| Duration::from_nanos(histogram.value_at_quantile(share)))
    }
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_max(LONGEST, 2).expect("two digits are within the 0 to 5 that it takes, an hour within u64")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_within_one_percent_also_after_being_written_and_read() {
        let latencies = Latencies::of((1..=1000).map(Duration::from_micros));
        let read: Latencies = serde_json::from_str(&serde_json::to_string(&latencies).unwrap()).unwrap();
        for (share, truth) in [(0.5, 500.0), (0.99, 990.0), (1.0, 1000.0)] {
            let micros = read.quantile(share).unwrap().as_nanos() as f64 / 1e3;
            assert!((micros / truth - 1.0).abs() < 0.01, "{share}: {micros}");
        }
        assert_eq!(Latencies::default().quantile(0.5), None);
    }
}
