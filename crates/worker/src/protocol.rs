//! Defines what a parent and a worker say to each other: one JSON value on each line.
//!
//! ```text
//! worker: {"hello": {"protocol": 4}}
//! parent: {"prepare": {"model": "sequential", "settings": {...}}}
//! worker: "prepared"                          or {"refused": {"reason": "..."}}
//! parent: {"run": {"requests": [{"url": "http://...", "times": 100}, ...]}}
//! worker: {"outcomes": {"outcomes": [{"lane": 0, "started_ns": 12, "finished_ns": 34,
//!                                     "result": {"Ok": "<uuid>"}}, ...], "usage": {...}}}
//! ```
//! `run` may be repeated. The worker ends when its standard input ends. A request has a `url`; what it has beyond a
//! plain `GET` whose answer must be a UUID follows in further members ([`fanout_model::Request`]). `times` says how
//! often the same request follows itself, and is left out for once.
//!
//! Version 2 knew plain requests only: `{"run": {"urls": ["http://...", ...]}}`. A parent still says that to a worker
//! of version 2, so that builds from before can be compared.
//!
//! Version 3 knew no retries: a worker of that version would ignore the setting, and is not asked for them.
//!
//! A worker is also asked to measure, on a clock of its own. To measure is to `run`, and to count the usage from the
//! clock's start to its end.
//! ```text
//! parent: {"measure": {"cold": null, "requests": [...], "counted": true}}
//! worker: {"measured": {"wall_ns": 56, "outcomes": [...], "own": {...}, "elsewhere": {...}}}
//! ```

use std::io::{self, BufRead, Write};

use fanout_model::{Outcome, Request, RequestError, Settings, Url, Usage, redacted_within};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The version that a worker of this build speaks.
pub const VERSION: u32 = 4;

/// The oldest version that a parent of this build still speaks.
pub const OLDEST: u32 = 2;

/// The first version that knows retries ([`fanout_model::Retry`]).
pub(crate) const REPEATING: u32 = 4;

/// The first version that knows requests of any kind.
const ANY_REQUEST: u32 = 3;

/// What the parent says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// Prepare this model. The parent asks this once, before any run.
    Prepare {
        /// Its id in the worker's roster.
        model: String,
        /// What to prepare it with.
        settings: Settings,
    },
    /// Make these requests.
    Run {
        /// The requests.
        #[serde(flatten)]
        batch: Batch,
    },
    /// Make these requests on the clock.
    Measure {
        /// The model to prepare and to end on the clock; `None` for what is prepared already.
        cold: Option<Cold>,
        /// The requests.
        #[serde(flatten)]
        batch: Batch,
        /// Whether to count the usage.
        counted: bool,
    },
}

/// The requests of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Batch {
    /// Requests of any kind.
    Requests(Vec<Repeated>),
    /// Plain requests, as version 2 has them.
    Urls(Vec<Url>),
}

/// A request, and how often it follows itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Repeated {
    /// The request.
    #[serde(flatten)]
    pub request: Request,
    /// How often it is made.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub times: usize,
}

fn once() -> usize {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_once(times: &usize) -> bool {
    *times == 1
}

impl Batch {
    /// These requests, in the words of a worker's version.
    ///
    /// # Errors
    /// If a worker of that version cannot be asked for them.
    pub fn of(requests: &[Request], version: u32) -> Result<Self, String> {
        if version >= ANY_REQUEST {
            let same = requests.chunk_by(|one, next| one == next);
            let repeated: Vec<_> =
                same.map(|same| Repeated { request: same[0].clone(), times: same.len() }).collect();
            let bodies: usize = repeated.iter().map(|repeated| repeated.request.body().len()).sum();
            if bodies > MOST_BODIES {
                return Err(format!(
                    "the bodies of the requests have {bodies} bytes, and {MOST_BODIES} are the most that are handed \
                     to a worker process"
                ));
            }
            return Ok(Self::Requests(repeated));
        }
        if let Some(other) = requests.iter().find(|request| !request.is_plain()) {
            return Err(format!(
                "it speaks version {version} of the worker protocol, which is older than {ANY_REQUEST}: it \
                 has GET requests for a UUID only, and {other:?} is another request"
            ));
        }
        Ok(Self::Urls(requests.iter().map(|request| request.url().clone()).collect()))
    }

    /// The requests, one after another.
    ///
    /// # Errors
    /// [`RequestError::Invalid`] for a URL that cannot be requested.
    pub fn into_requests(self) -> Result<Vec<Request>, RequestError> {
        match self {
            Self::Requests(repeated) => {
                let each = repeated.into_iter().flat_map(|it| std::iter::repeat_n(it.request, it.times));
                Ok(each.collect())
            }
            Self::Urls(urls) => urls.into_iter().map(Request::get).collect(),
        }
    }
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
    /// What became of a run's requests, in their order. Times count from when the worker read the run.
    Outcomes {
        /// One outcome for each request.
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
    /// One outcome for each request, in their order.
    pub outcomes: Vec<Outcome>,
    /// What the worker's process used, including the thread that listens to the parent.
    pub own: Usage,
    /// What the worker's own child processes used.
    pub elsewhere: Usage,
    /// How many workers elsewhere carried the requests ([`fanout_model::Runner::workers_elsewhere`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workers: Option<usize>,
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

/// The most bytes of bodies that a parent hands to a worker in one batch.
const MOST_BODIES: usize = 128 << 20;

/// Reads an order, or returns `None` at the end of the input. An order may hold what is secret, so that the error of
/// a line that is none does not quote it.
///
/// # Errors
/// If the line cannot be read, or is not of this protocol ([`io::ErrorKind::InvalidData`]).
pub fn read_order(from: &mut impl BufRead) -> io::Result<Option<Order>> {
    let mut line = Vec::new();
    if from.read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    let not_an_order = |error: serde_json::Error| {
        let (line, column) = (error.line(), error.column());
        let what = format!("an order is not of the worker protocol (line {line}, column {column})");
        io::Error::new(io::ErrorKind::InvalidData, what)
    };
    serde_json::from_slice(&line).map(Some).map_err(not_an_order)
}

/// Returns what a reply says.
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

    use fanout_model::{Check, Uuid};

    use super::*;

    #[test]
    fn a_message_survives_the_way_there_and_back() {
        let (started, finished) = (Duration::from_nanos(1), Duration::MAX / 4);
        let outcome = |result| Outcome { lane: 3, started, finished, result, again: 0 };
        let reply = Reply::Outcomes {
            outcomes: vec![
                Outcome { finished: Duration::from_secs(9), ..outcome(Ok(Uuid::from_u128(1).into())) },
                Outcome {
                    finished: Duration::from_secs(9),
                    again: 2,
                    ..outcome(Err(RequestError::Later { status: 503, seconds: 1 }))
                },
            ],
            usage: Usage { voluntary_switches: 4, ..Usage::default() },
        };
        let mut wire = Vec::new();
        write(&mut wire, &reply).unwrap();
        assert_eq!(wire.iter().filter(|byte| **byte == b'\n').count(), 1);
        assert_eq!(parse::<Reply>(&wire).unwrap(), reply);
        assert_eq!(read_order(&mut &b""[..]).unwrap(), None);
    }

    /// Another build speaks these words. Whoever changes one raises [`VERSION`].
    #[test]
    fn the_words_on_the_wire_are_those_of_the_version() {
        let usage = Usage::default();
        let measured =
            MeasuredBatch { wall_ns: 56, outcomes: Vec::new(), own: usage, elsewhere: usage, workers: None };
        let usage = serde_json::to_string(&usage).unwrap();
        let measure = r#"{"measure":{"cold":null,"requests":[{"url":"http://a/","times":2}],"counted":true}}"#;
        let older = r#"{"run":{"urls":["http://a/","http://b/"]}}"#;
        let replies = [
            (Reply::Hello { protocol: VERSION }, r#"{"hello":{"protocol":4}}"#.to_owned()),
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
        for order in [measure, older] {
            assert_eq!(serde_json::to_string(&parse::<Order>(order.as_bytes()).unwrap()).unwrap(), order);
        }
    }

    #[test]
    fn a_batch_is_short_on_the_wire_and_complete_after_it_and_an_older_worker_gets_what_it_knows() {
        let get = |url: &str| Request::get(url.parse().unwrap()).unwrap();
        let requests = [vec![get("http://a/"); 3], vec![get("http://b/")], vec![get("http://a/")]].concat();
        let batch = Batch::of(&requests, VERSION).unwrap();
        assert!(matches!(&batch, Batch::Requests(repeated) if repeated.len() == 3));
        assert_eq!(batch.into_requests().unwrap(), requests);
        let older = Batch::of(&requests, OLDEST).unwrap();
        assert!(matches!(&older, Batch::Urls(urls) if urls.len() == 5));
        assert_eq!(older.into_requests().unwrap(), requests);
        let other = requests[0].with_check(Check { work: 1, ..Check::default() });
        let refused = Batch::of(&[other], OLDEST).unwrap_err();
        assert!(refused.contains("version 2") && refused.contains("older"), "{refused}");
    }

    #[test]
    fn a_line_of_something_else_is_quoted_in_the_error() {
        let error = parse::<Reply>(b"Traceback (most recent call last):\n").unwrap_err();
        assert!(error.to_string().contains("Traceback"), "{error}");
        let error = parse::<Reply>(br#"{"urls": ["http://localhost/?token=secret"]}"#).unwrap_err().to_string();
        assert!(error.contains("http://localhost/?…") && !error.contains("secret"), "{error}");
        let order =
            br#"{"run": {"requests": [{"url": "http://localhost/", "headers": [["a", "secret"]], "times": "x"}]}}"#;
        let error = read_order(&mut &order[..]).unwrap_err().to_string();
        assert!(error.contains("not of the worker protocol") && !error.contains("secret"), "{error}");
    }
}
