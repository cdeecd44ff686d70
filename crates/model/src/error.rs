//! What can go wrong with one request, or before the first request.

use serde::{Deserialize, Serialize};

/// Why a request did not get a good answer. This is an outcome like any other: never a panic, and never a missing
/// row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum RequestError {
    /// A request that no client can send. Nothing was sent.
    #[error("invalid request: {0}")]
    Invalid(String),
    /// No connection: it was refused, or the host is unknown.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// A connection without TLS on it: the certificate is not trusted, or the server ended the handshake.
    #[error("no TLS connection: {0}")]
    Tls(String),
    /// The answer was not complete within [`crate::Settings::timeout`].
    #[error("timed out")]
    Timeout,
    /// The server's status was not the expected one: 2xx, unless the request says otherwise.
    #[error("status {0}")]
    Status(u16),
    /// The server is busy, and says when to try again (RFC 9110, section 10.2.3; RFC 6585, section 4).
    #[error("status {status}; the server asks to try again in {seconds} s")]
    Later {
        /// The status: 429 or 503.
        status: u16,
        /// In how many seconds.
        seconds: u64,
    },
    /// The answer is not what the request's check expects.
    #[error("bad answer: {0}")]
    Body(BodyError),
    /// The answer could not be written to its file.
    #[error("cannot keep the answer: {0}")]
    Keep(String),
    /// The thread, process or task that carried the request ended early, or could not start.
    #[error("lost: {0}")]
    Lost(String),
}

impl RequestError {
    /// Whether the server refused the request because it is busy (429 or 503).
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Later { .. } | Self::Status(429 | 503))
    }
}

/// What was wrong with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum BodyError {
    /// Not HTTP, or not the requested version: a server that never answers in HTTP/2 does not speak it.
    #[error("not HTTP, or not the version that was asked for")]
    NotHttp,
    /// A body that is not JSON.
    #[error("not JSON")]
    NotJson,
    /// JSON without the member `uuid`.
    #[error("no `uuid` in the JSON")]
    NoUuid,
    /// A `uuid` that is not a UUID (RFC 9562).
    #[error("`uuid` is not a UUID")]
    NotUuid,
    /// The connection closed before the answer was whole, or before it began.
    #[error("cut off")]
    Truncated,
    /// A head that is longer than what a client reads. The limit is [`crate::answer::MOST_HEAD`] for clients that
    /// have a setting for it; reqwest reads 400 KiB, and libcurl 300. Most clients accept 100 headers at
    /// most.
    #[error("the head of the answer is too long")]
    HeadTooLong,
    /// A body that has to be held in memory, and is longer than [`crate::answer::MOST_BODY`].
    #[error("the answer is longer than {} MiB", crate::answer::MOST_BODY / (1024 * 1024))]
    TooLong,
    /// More bytes than expected. The rest was not read.
    #[error("the answer is longer than the {expected} bytes that were expected")]
    Longer {
        /// The expected number.
        expected: u64,
    },
    /// Another number of bytes than expected.
    #[error("the answer has {arrived} bytes, and {expected} were expected")]
    Length {
        /// The expected number.
        expected: u64,
        /// The number that arrived.
        arrived: u64,
    },
    /// As many bytes as expected, but other ones.
    #[error("the bytes of the answer are not the expected ones")]
    OtherBytes,
    /// JSON in which the expected pointer leads to nothing.
    #[error("the JSON has no value at the expected pointer")]
    NoMember,
}

/// Why a model cannot start. No request has been sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// Called on a thread that belongs to an event loop.
    #[error(
        "a blocking call inside a tokio runtime would stall its event loop: \
         call from a thread of its own (std::thread::spawn), or await the `fetch_all` of an asynchronous model"
    )]
    InsideRuntime,
    /// More in flight than the connections that one address can have.
    #[error("{concurrency} requests in flight are more than the {most} that are possible: lower the concurrency")]
    Absurd {
        /// How many requests in flight were asked for.
        concurrency: usize,
        /// The most that are possible.
        most: usize,
    },
    /// More sockets than the process may open.
    #[error(
        "{concurrency} requests in flight need about {need} open files and the limit is {limit}: \
         lower the concurrency, or raise the limit with `ulimit -n {need}`"
    )]
    Sockets {
        /// How many requests in flight were asked for.
        concurrency: usize,
        /// How many open files they need.
        need: u64,
        /// The soft limit (`RLIMIT_NOFILE`).
        limit: u64,
    },
    /// The operating system refused a thread.
    #[error("only {started} of {wanted} threads could be started ({reason}): lower the concurrency")]
    Threads {
        /// How many threads were asked for.
        wanted: usize,
        /// How many had started when one failed. All of them are ended again.
        started: usize,
        /// The operating system's message.
        reason: String,
    },
    /// The HTTP client could not be built.
    #[error("cannot build the HTTP client: {0}")]
    Client(String),
    /// A worker process could not be started or did not answer as agreed.
    #[error("worker process: {0}")]
    Worker(String),
    /// A machine or a server elsewhere that is to carry the requests was not named, or cannot be used. The text is a
    /// whole sentence.
    #[error("{0}")]
    Elsewhere(String),
    /// The model cannot do what the settings ask for.
    #[error("not supported: {0}")]
    Unsupported(String),
}
