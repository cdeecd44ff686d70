//! Handles the server that requests go to, and limits how many requests go to a server that is not on this machine.

use std::net::IpAddr;
use std::path::Path;

use fanout_clients::tls;
use fanout_model::{Roots, Url, names, redacted};
use fanout_record::input;

/// A server that was named by the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The URL that is requested.
    pub url: Url,
    /// The certificate roots that https trusts.
    pub roots: Roots,
}

/// Why a target cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// The text is not a URL, or not the URL of a server.
    #[error(
        "`{text}` is not a URL to send requests to ({reason}): write it like http://127.0.0.1:8080 or \
         https://httpbin.org"
    )]
    Url {
        /// The given text, as it may be shown.
        text: String,
        /// What is wrong with the text.
        reason: String,
    },
    /// The text is not the URL of a control.
    #[error("`{text}` is not the URL of a mock server's control ({reason}): write it like https://10.0.0.2:4433")]
    Control {
        /// The given text, as it may be shown.
        text: String,
        /// What is wrong with the text.
        reason: String,
    },
    /// The file of roots cannot be read.
    #[error("cannot read the certificate roots in {path}: {reason}")]
    Roots {
        /// The file.
        path: String,
        /// The system's reason.
        reason: String,
    },
    /// There are more requests than may go to a server that is not on this machine.
    #[error(
        "{planned} requests to {host}, which is not on this machine, are more than the budget of {budget}: \
         ask for fewer, or allow them with FANOUT_LIVE_BUDGET={planned}"
    )]
    OverBudget {
        /// How many requests would be sent.
        planned: u64,
        /// The host that they would go to.
        host: String,
        /// How many requests may be sent.
        budget: u64,
    },
}

/// The most bytes that a file of certificate roots may have. It is a hundred times the size of a whole system's
/// roots.
const MOST_ROOTS: u64 = 32 << 20;

/// Returns the text of a file in PEM (RFC 7468).
fn pem(bytes: Vec<u8>) -> Result<String, String> {
    // A certificate in DER is a SEQUENCE of more than 127 bytes (X.690, section 8.1.3.5). No text begins with its
    // first two bytes.
    if bytes.starts_with(b"\x30\x82") || bytes.starts_with(b"\x30\x81") {
        return Err("it seems to be in DER: `openssl x509 -inform der -in FILE` writes it in PEM".into());
    }
    let text = String::from_utf8(bytes).map_err(|_| "it is not in PEM, which is text".to_owned())?;
    let begins = text.lines().any(|line| line.trim_end() == "-----BEGIN CERTIFICATE-----");
    if begins { Ok(text) } else { Err("it holds no line `-----BEGIN CERTIFICATE-----`, as PEM does".into()) }
}

/// How many requests may go to a server that is not on this machine, unless the user says otherwise.
pub(crate) const BUDGET: u64 = 2_000;

impl Target {
    /// Reads a URL. If it has no path, it means `/uuid` on that server. `ca_file` holds the only roots to trust.
    ///
    /// # Errors
    /// [`TargetError::Url`] if the text is not such a URL, and [`TargetError::Roots`] if the roots cannot be read.
    pub fn new(text: &str, ca_file: Option<&Path>) -> Result<Self, TargetError> {
        let bad = |reason: String| TargetError::Url { text: redacted(text), reason };
        let mut url: Url = text.parse().map_err(|error| bad(format!("{error}")))?;
        if !matches!(url.scheme(), "http" | "https") {
            // The text before the colon may be the name of a user, which may be a secret.
            let known = if url.cannot_be_a_base() { "neither http nor https" } else { url.scheme() };
            return Err(bad(format!("its scheme is {known}")));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad("it carries credentials, which a recorded run would show".into()));
        }
        if url.path() == "/" {
            url.set_path("/uuid");
        }
        let roots = roots(ca_file, url.scheme() == "https")?;
        Ok(Self { url, roots })
    }

    /// Returns the URL as it may be shown and kept: without a query, which may hold a secret.
    #[must_use]
    pub fn shown(&self) -> String {
        redacted(self.url.as_str())
    }

    /// Checks that this many requests may be sent. It is to be called before the first request. Returns the line to
    /// print for a server that is not on this machine.
    ///
    /// # Errors
    /// [`TargetError::OverBudget`] if there are more requests than `budget` allows.
    pub fn allow(&self, planned: u64, budget: u64) -> Result<Option<String>, TargetError> {
        if is_local(&self.url) {
            return Ok(None);
        }
        let host = self.url.host_str().unwrap_or_default().to_owned();
        if planned > budget {
            return Err(TargetError::OverBudget { planned, host, budget });
        }
        Ok(Some(format!("{planned} requests will go to {host} (budget {budget})")))
    }
}

/// Returns the certificate roots to trust: those in `ca_file`, if it was named, or those of the system for https.
///
/// # Errors
/// [`TargetError::Roots`] if the file cannot be read, or holds something else.
pub(crate) fn roots(ca_file: Option<&Path>, https: bool) -> Result<Roots, TargetError> {
    let Some(path) = ca_file else { return Ok(if https { Roots::System } else { Roots::None }) };
    let refused = |reason: String| TargetError::Roots { path: path.display().to_string(), reason };
    let bytes = input::bytes(path, MOST_ROOTS).map_err(|error| refused(error.to_string()))?;
    let text = pem(bytes).map_err(refused)?;
    // Otherwise, each model would refuse the file in words of its own.
    tls::check_roots(&text).map_err(refused)?;
    Ok(Roots::Pem(text))
}

/// Returns whether a URL's server is on this machine. Its host is then a loopback address, the address that stands
/// for any (`0.0.0.0`, `::`), or either of them as IPv6 writes IPv4 (RFC 4291, section 2.5.5.2). Or its host is
/// `localhost` or a name under it (RFC 6761, section 6.3), with or without the dot that ends a whole name. Any other
/// name counts as elsewhere, and is not looked up.
#[must_use]
pub fn is_local(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback() || address.to_canonical().is_unspecified(),
        Err(_) => names::is_localhost(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_without_a_path_means_uuid_and_bad_ones_are_quoted() {
        let url = |text| Target::new(text, None).map(|target| target.url.to_string());
        assert_eq!(url("http://127.0.0.1:80").unwrap(), "http://127.0.0.1/uuid");
        assert_eq!(url("https://httpbin.org/anything").unwrap(), "https://httpbin.org/anything");
        for bad in ["", "httpbin.org", "ftp://x", "http://", "http://[::1", "127.0.0.1:8080", "localhost:8080/"] {
            let message = url(bad).unwrap_err().to_string();
            assert!(message.contains(&format!("`{bad}`")), "{message}");
        }
    }

    #[test]
    fn a_refusal_and_what_is_kept_show_no_secret() {
        let secrets =
            ["http://me:secret@localhost", "ftp://h/?token=secret", "h/?token=secret", "me:secret@h", "secret:me@h"];
        for text in secrets {
            let message = Target::new(text, None).unwrap_err().to_string();
            assert!(!message.contains("secret") && message.contains('…'), "{message}");
        }
        let target = Target::new("https://httpbin.org/uuid?token=secret", None).unwrap();
        assert_eq!(target.shown(), "https://httpbin.org/uuid?…");
        assert_eq!(target.url.query(), Some("token=secret"));
    }

    #[test]
    fn a_file_of_roots_that_is_not_in_pem_is_named_with_what_it_seems_to_be() {
        for (bytes, says) in
            [(&b"\x30\x82\x01\x0a"[..], "in DER"), (b"\xff\xfe", "which is text"), (b"hello\n", "BEGIN CERTIFICATE")]
        {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), bytes).unwrap();
            let message = Target::new("https://localhost", Some(file.path())).unwrap_err().to_string();
            assert!(message.contains(says) && message.contains(file.path().to_str().unwrap()), "{message}");
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        let bad = "# a comment\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        std::fs::write(file.path(), bad).unwrap();
        let message = Target::new("https://localhost", Some(file.path())).unwrap_err().to_string();
        assert!(message.contains("certificate 1 of 1 (line 2) is no X.509 certificate"), "{message}");
        let message = Target::new("https://localhost", Some("/dev/zero".as_ref())).unwrap_err().to_string();
        assert!(message.contains("device"), "{message}");
    }

    #[test]
    fn somebody_elses_server_has_a_budget_and_this_machine_has_none() {
        let target = |text| Target::new(text, None).unwrap();
        let local = [
            "http://127.0.0.1:1",
            "http://127.1.2.3",
            "http://[::1]:1",
            "http://[::ffff:127.0.0.1]",
            "http://0.0.0.0:1",
            "http://[::]",
            "http://localhost",
            "http://localhost.",
            "https://a.localhost",
        ];
        for local in local {
            assert_eq!(target(local).allow(u64::MAX, 0).unwrap(), None, "{local}");
        }
        for elsewhere in
            ["http://10.0.0.1", "https://httpbin.org", "http://127.0.0.1.example", "http://[::ffff:10.0.0.1]"]
        {
            assert!(target(elsewhere).allow(2_000, BUDGET).unwrap().unwrap().contains("2000 requests"));
            let message = target(elsewhere).allow(2_001, BUDGET).unwrap_err().to_string();
            assert!(message.contains("FANOUT_LIVE_BUDGET=2001"), "{message}");
        }
    }
}
