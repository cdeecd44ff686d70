//! Holds the user's own requests, which are read from a file, and says what may be shown and recorded of them.
//!
//! [`mod@file`] reads the file, and `entry` makes a request of one of its entries. docs/requests.md has the format.

mod entry;
pub mod file;

use std::collections::BTreeMap;

use fanout_model::{Request, Roots, answer, redacted};
use fanout_record::run::Asked;
use url::Position;

use crate::target::{self, TargetError};

/// The most servers that are named where the requests go.
const MOST_SHOWN: usize = 3;

/// The most different requests that a run describes.
const MOST_DESCRIBED: usize = 1_000;

/// The user's own requests.
#[derive(Clone, Debug)]
pub struct Own {
    /// The requests, in the order of the file.
    pub requests: Vec<Request>,
    /// The certificate roots that https trusts.
    pub roots: Roots,
}

impl Own {
    /// Returns whether any request needs TLS.
    #[must_use]
    pub fn needs_tls(&self) -> bool {
        self.requests.iter().any(|request| request.url().scheme() == "https")
    }

    /// Returns the first `n` requests of the file, which is read again and again.
    pub(crate) fn first(&self, n: usize) -> impl Iterator<Item = &Request> {
        self.requests.iter().cycle().take(n)
    }

    /// Checks that batches of these lengths may be sent so many times: see
    /// [`Named::allow`](crate::named::Named::allow).
    pub(crate) fn allow(&self, batches: &[(usize, u64)], budget: u64) -> Result<Vec<String>, TargetError> {
        let mut hosts: BTreeMap<&str, u64> = BTreeMap::new();
        for (n, times) in batches {
            for url in self.first(*n).map(Request::url).filter(|url| !target::is_local(url)) {
                let sent = hosts.entry(url.host_str().unwrap_or_default()).or_default();
                *sent = sent.saturating_add(*times);
            }
        }
        let elsewhere = hosts.values().fold(0, |sum: u64, sent| sum.saturating_add(*sent));
        if elsewhere > budget {
            let host = hosts.keys().copied().collect::<Vec<_>>().join(", ");
            return Err(TargetError::OverBudget { planned: elsewhere, host, budget });
        }
        let line = |(host, sent): (&&str, &u64)| format!("{sent} requests will go to {host} (budget {budget})");
        Ok(hosts.iter().map(line).collect())
    }

    /// Returns the servers that the requests go to, as they may be shown and kept.
    pub(crate) fn shown(&self) -> String {
        let mut servers: Vec<&str> = Vec::new();
        for url in self.requests.iter().map(Request::url) {
            let server = &url[..Position::AfterPort];
            if !servers.contains(&server) {
                servers.push(server);
            }
        }
        let more = servers.len().saturating_sub(MOST_SHOWN);
        servers.truncate(MOST_SHOWN);
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        servers.join(", ") + &rest
    }

    /// Returns what may be recorded of the requests: no query, no value of a header, and no body. A file with very
    /// many different requests is described by the first of them.
    #[must_use]
    pub fn described(&self) -> Vec<Asked> {
        let same = self.requests.chunk_by(|one, next| one == next);
        same.take(MOST_DESCRIBED).map(|same| described(&same[0], same.len())).collect()
    }
}

fn described(request: &Request, times: usize) -> Asked {
    let body = request.body();
    let named = request.headers().keys().filter(|name| !matches!(name.as_str(), "accept" | "content-length"));
    Asked {
        method: request.method().to_string(),
        url: redacted(request.url().as_str()),
        headers: named.map(ToString::to_string).collect(),
        body_bytes: body.len() as u64,
        body_hash: (!body.is_empty()).then(|| format!("{:016x}", answer::hash(body))),
        times,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_recorded_holds_no_secret_and_what_goes_elsewhere_has_a_budget() {
        let secrets = "url = \"https://example.org/?token=secret\"\nheaders = { authorization = \"secret\" }\n\
                       body = \"secret\"\ntimes = 3\n";
        let text = format!("[[request]]\n{secrets}\n[[request]]\nurl = \"http://localhost/\"\n");
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let own = Own::read(file.path(), None).unwrap();
        let described = own.described();
        assert_eq!((described.len(), described[0].times, described[0].body_bytes), (2, 3, 6));
        assert_eq!(described[0].headers, ["authorization"]);
        assert!(!format!("{described:?}").contains("secret"));
        assert_eq!(own.shown(), "https://example.org, http://localhost");
        // Three of four requests go elsewhere, and all of the first three.
        assert_eq!(own.allow(&[(4, 10)], 30).unwrap().len(), 1);
        assert!(own.allow(&[(4, 10), (2, 1)], 30).unwrap_err().to_string().contains("FANOUT_LIVE_BUDGET=32"));
        assert!(own.allow(&[(1, 31)], 30).unwrap_err().to_string().contains("FANOUT_LIVE_BUDGET=31"));
    }
}
