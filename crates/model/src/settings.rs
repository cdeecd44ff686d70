//! The settings that every model gets alike, so that a comparison differs in the models only.

use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit};
use serde::{Deserialize, Serialize};

use crate::{Retry, SetupError};

/// Sockets and files that a process needs in addition to its requests in flight: the standard streams, event queues,
/// and the few extra connections that a pool opens when a new connection races with a reused one.
const SPARE_FILES: u64 = 64;

/// One address has no more ports to connect from, and no model has more threads.
const MOST_IN_FLIGHT: usize = 65_535;

/// The settings that are the same for every model in a comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The most requests in flight. The server can check that a model keeps this limit.
    pub concurrency: NonZeroUsize,
    /// The longest time that one attempt to send a request may take, connecting included.
    pub timeout: Duration,
    /// How requests share connections.
    pub protocol: Protocol,
    /// The certificate roots that https trusts.
    pub roots: Roots,
    /// Whether a request is sent again that failed in passing. A build from before this setting is not told of it, if
    /// it would change nothing.
    #[serde(default, skip_serializing_if = "Retry::is_never")]
    pub retry: Retry,
}

impl Settings {
    /// The default timeout.
    pub const TIMEOUT: Duration = Duration::from_secs(30);

    /// Keep-alive over plain HTTP, with [`Settings::TIMEOUT`].
    ///
    /// # Errors
    /// [`SetupError::Absurd`] if there would be more connections than one address can have; [`SetupError::Sockets`]
    /// if this process may not open that many sockets.
    pub fn new(concurrency: NonZeroUsize) -> Result<Self, SetupError> {
        if concurrency.get() > MOST_IN_FLIGHT {
            return Err(SetupError::Absurd { concurrency: concurrency.get(), most: MOST_IN_FLIGHT });
        }
        let need = concurrency.get() as u64 + SPARE_FILES;
        let (limit, _) = getrlimit(Resource::RLIMIT_NOFILE)
            .map_err(|error| SetupError::Client(format!("cannot read the limit of open files: {error}")))?;
        if need > limit {
            return Err(SetupError::Sockets { concurrency: concurrency.get(), need, limit });
        }
        let (protocol, roots) = (Protocol::default(), Roots::default());
        Ok(Self { concurrency, timeout: Self::TIMEOUT, protocol, roots, retry: Retry::NEVER })
    }

    /// Returns an error for a protocol that a client does not speak.
    ///
    /// # Errors
    /// [`SetupError::Unsupported`], which names the protocols that it speaks.
    pub fn refuse_beyond(&self, spoken: &[Protocol]) -> Result<(), SetupError> {
        if spoken.contains(&self.protocol) {
            return Ok(());
        }
        let spoken: Vec<String> = spoken.iter().map(ToString::to_string).collect();
        Err(SetupError::Unsupported(format!("{}; this client speaks {}", self.protocol, spoken.join("; "))))
    }

    /// Returns an error for settings that ask for repetitions, for a client that sends each request once.
    ///
    /// # Errors
    /// [`SetupError::Unsupported`], with that reason.
    pub fn refuse_retries(&self) -> Result<(), SetupError> {
        if self.retry.is_never() {
            return Ok(());
        }
        Err(SetupError::Unsupported("retries; this client sends each request once".into()))
    }

    /// Returns an error for settings that ask for https, for a client without TLS. Settings ask for https by having
    /// roots.
    ///
    /// # Errors
    /// [`SetupError::Unsupported`], with that reason.
    pub fn refuse_https(&self) -> Result<(), SetupError> {
        match self.roots {
            Roots::None => Ok(()),
            Roots::System | Roots::Pem(_) => {
                Err(SetupError::Unsupported("https; this client speaks plain http only".into()))
            }
        }
    }
}

/// How requests share connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// HTTP/1.1, where a connection serves one request after another.
    #[default]
    KeepAlive,
    /// HTTP/1.1, where each request opens a connection and closes it.
    ConnectionPerRequest,
    /// HTTP/2, where requests are streams of one connection. It is agreed on by ALPN over TLS, and by prior knowledge
    /// without TLS (RFC 9113, section 3).
    Http2,
}

impl Protocol {
    /// The protocols of a client of HTTP/1.1.
    pub const HTTP1: &[Self] = &[Self::KeepAlive, Self::ConnectionPerRequest];

    /// The protocols of a client of HTTP/1.1 and HTTP/2.
    pub const ALL: &[Self] = &[Self::KeepAlive, Self::ConnectionPerRequest, Self::Http2];
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::KeepAlive => "HTTP/1.1 keep-alive",
            Self::ConnectionPerRequest => "HTTP/1.1, a connection per request",
            Self::Http2 => "HTTP/2",
        })
    }
}

/// The certificate roots that https trusts. Loading the system's roots takes milliseconds, so none are loaded for
/// plain HTTP.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Roots {
    /// No roots: every https request fails.
    #[default]
    None,
    /// The roots of the operating system.
    System,
    /// These roots only: one or more certificates in PEM (RFC 7468).
    Pem(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absurd_concurrency_is_refused_with_what_is_possible() {
        for absurd in [65_536, 1 << 40, usize::MAX] {
            let text = Settings::new(NonZeroUsize::new(absurd).unwrap()).unwrap_err().to_string();
            assert!(text.contains(&absurd.to_string()) && text.contains("65535"), "{text}");
        }
    }

    #[test]
    fn a_concurrency_beyond_the_open_files_limit_is_refused_with_both_numbers() {
        let (limit, _) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        let Some(beyond) = usize::try_from(limit).ok().filter(|limit| *limit < MOST_IN_FLIGHT) else { return };
        let text = Settings::new(NonZeroUsize::new(beyond).unwrap()).unwrap_err().to_string();
        assert!(text.contains(&beyond.to_string()) && text.contains("ulimit -n"), "{text}");
    }
}
