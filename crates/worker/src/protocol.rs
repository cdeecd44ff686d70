//! Defines what a parent and a worker say to each other: one JSON value on each line.
//!
//! ```text
//! worker: {"hello": {"protocol": 2}}
//! parent: {"prepare": {"model": "sequential", "settings": {...}}}
//! worker: "prepared"                          or {"refused": {"reason": "..."}}
//! parent: {"run": {"urls": ["http://...", ...]}}
//! worker: {"outcomes": {"outcomes": [{"lane": 0, "started_ns": 12, "finished_ns": 34,
//!                                     "result": {"Ok": "<uuid>"}}, ...], "usage": {...}}}
//! ```
//! `run` may be repeated. The worker ends when its standard input ends.
//!
//! A worker of this project is also asked to measure, which a peer in another language is not. To measure is to `run`
//! with a clock of its own, and to count the usage from the clock's start to its end.
//! ```text
//! parent: {"measure": {"cold": null, "urls": [...], "counted": true}}
//! worker: {"measured": {"wall_ns": 56, "outcomes": [...], "own": {...}, "elsewhere": {...}}}
//! ```

use std::io::{self, BufRead, Write};

use fanout_model::{Outcome, Settings, Url, Usage, redacted_within};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The version that both sides must speak.
pub const VERSION: u32 = 2;

/// What the parent says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// Prepare this model. The parent asks this once, before any run.
    Prepare {
        /// Its id in the worker's roster.
        model: String,
        /// What to prepare it with.
        settings: Settings,
    },
    /// Make these requests.
    Run {
        /// The URLs, one for each request.
        urls: Vec<Url>,
    },
    /// Make these requests on the clock.
    Measure {
        /// The model to prepare and to end on the clock; `None` for what is prepared already.
        cold: Option<Cold>,
        /// The URLs, one for each request.
        urls: Vec<Url>,
        /// Whether to count the usage.
        counted: bool,
    },
}

/// A model to prepare on the clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cold {
    /// Its id in the worker's roster.
    pub model: String,
    /// What to prepare it with.
    pub settings: Settings,
}

/// What the worker says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// The first line.
    Hello {
        /// [`VERSION`] of the worker.
        protocol: u32,
    },
    /// The model is prepared.
    Prepared,
    /// What was asked for can't be done.
    Refused {
        /// The reason, in words for a person.
        reason: String,
    },
    /// What became of a run's requests, in the order of their URLs. Times count from when the worker read the run.
    Outcomes {
        /// One outcome for each URL.
        outcomes: Vec<Outcome>,
        /// What the worker used for the run: everything since it was prepared, or since its last outcomes.
        usage: Usage,
    },
    /// What became of a measured run's requests.
    #[serde(rename = "measured")]
    MeasuredBatch(MeasuredBatch),
}

/// A measured run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasuredBatch {
    /// Time on the clock.
    pub wall_ns: u64,
    /// One outcome for each URL, in their order.
    pub outcomes: Vec<Outcome>,
    /// What the worker's process used, including the thread that listens to the parent.
    pub own: Usage,
    /// What the worker's own child processes used.
    pub elsewhere: Usage,
}

/// Writes one line and flushes it.
///
/// # Errors
/// If the other side is gone.
pub fn write<T: Serialize>(to: &mut impl Write, message: &T) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    to.write_all(&line)?;
    to.flush()
}

/// Reads one line, or returns `None` at the end of the input.
///
/// # Errors
/// If the line cannot be read, or is not of this protocol ([`io::ErrorKind::InvalidData`], quoting its start).
pub fn read<T: DeserializeOwned>(from: &mut impl BufRead) -> io::Result<Option<T>> {
    let mut line = Vec::new();
    if from.read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    parse(&line).map(Some)
}

/// Returns what a line says.
///
/// # Errors
/// [`io::ErrorKind::InvalidData`] if the line is not of this protocol, quoting its start.
pub fn parse<T: DeserializeOwned>(line: &[u8]) -> io::Result<T> {
    serde_json::from_slice(line).map_err(|error| {
        let start: String = redacted_within(&String::from_utf8_lossy(line)).trim_end().chars().take(120).collect();
        io::Error::new(io::ErrorKind::InvalidData, format!("not of the worker protocol ({error}): {start}"))
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use fanout_model::{RequestError, Uuid};

    use super::*;

    #[test]
    fn a_message_survives_the_way_there_and_back() {
        let outcome =
            |result| Outcome { lane: 3, started: Duration::from_nanos(1), finished: Duration::MAX / 4, result };
        let reply = Reply::Outcomes {
            outcomes: vec![
                Outcome { finished: Duration::from_secs(9), ..outcome(Ok(Uuid::from_u128(1))) },
                Outcome { finished: Duration::from_secs(9), ..outcome(Err(RequestError::Status(500))) },
            ],
            usage: Usage { voluntary_switches: 4, ..Usage::default() },
        };
        let mut wire = Vec::new();
        write(&mut wire, &reply).unwrap();
        assert_eq!(wire.iter().filter(|byte| **byte == b'\n').count(), 1);
        assert_eq!(read::<Reply>(&mut &wire[..]).unwrap(), Some(reply));
        assert_eq!(read::<Reply>(&mut &b""[..]).unwrap(), None);
    }

    /// Another build speaks these words. Whoever changes one raises [`VERSION`].
    #[test]
    fn the_words_on_the_wire_are_those_of_the_version() {
        let usage = Usage::default();
        let measured = MeasuredBatch { wall_ns: 56, outcomes: Vec::new(), own: usage, elsewhere: usage };
        let usage = serde_json::to_string(&usage).unwrap();
        let measure = r#"{"measure":{"cold":null,"urls":["http://a/"],"counted":true}}"#;
        let replies = [
            (Reply::Hello { protocol: VERSION }, r#"{"hello":{"protocol":2}}"#.to_owned()),
            (Reply::Prepared, r#""prepared""#.to_owned()),
            (Reply::Refused { reason: "no".into() }, r#"{"refused":{"reason":"no"}}"#.to_owned()),
            (
                Reply::Outcomes { outcomes: Vec::new(), usage: Usage::default() },
                format!(r#"{{"outcomes":{{"outcomes":[],"usage":{usage}}}}}"#),
            ),
            (
                Reply::MeasuredBatch(measured),
                format!(r#"{{"measured":{{"wall_ns":56,"outcomes":[],"own":{usage},"elsewhere":{usage}}}}}"#),
            ),
        ];
        for (reply, words) in replies {
            assert_eq!(serde_json::to_string(&reply).unwrap(), words);
            assert_eq!(parse::<Reply>(words.as_bytes()).unwrap(), reply);
        }
        let request: Request = parse(measure.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&request).unwrap(), measure);
    }

    #[test]
    fn a_line_of_something_else_is_quoted_in_the_error() {
        let error = read::<Reply>(&mut &b"Traceback (most recent call last):\n"[..]).unwrap_err();
        assert!(error.to_string().contains("Traceback"), "{error}");
        let error =
            read::<Reply>(&mut &br#"{"urls": ["http://localhost/?token=secret"]}"#[..]).unwrap_err().to_string();
        assert!(error.contains("http://localhost/?…") && !error.contains("secret"), "{error}");
    }
}
