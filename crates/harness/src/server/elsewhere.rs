//! A mock server on another machine, which lets this harness control it: `mock-server --control`
//! (`mock_server::control` has the requests).

use std::fmt;
use std::net::{TcpStream, ToSocketAddrs};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use fanout_model::{Roots, Url, redacted};
use fanout_record::last;
use fanout_record::machine::Machine;
use mock_server::Stats;
use mock_server::control::{Opened, Wanted};
use ureq::http::Response;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body};

use super::serving::{ANSWER, Serving, at};
use crate::target::{self, TargetError};

/// How often a connection is opened to measure the round trip.
const TRIES: usize = 11;

/// A control that was named by the user.
#[derive(Clone)]
pub struct Elsewhere {
    url: Url,
    token: Option<String>,
    roots: Roots,
}

impl fmt::Debug for Elsewhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Elsewhere").field("url", &self.shown()).finish_non_exhaustive()
    }
}

impl Elsewhere {
    /// Reads the URL of a control, such as `https://10.0.0.2:4433`. `ca_file` holds the root that it printed.
    ///
    /// # Errors
    /// [`TargetError::Url`] if the text is not such a URL, and [`TargetError::Roots`] if the root cannot be read.
    pub fn new(text: &str, token: Option<&str>, ca_file: Option<&Path>) -> Result<Self, TargetError> {
        let bad = |reason: &str| TargetError::Control { text: redacted(text), reason: reason.into() };
        let url: Url = text.parse().map_err(|error: url::ParseError| bad(&error.to_string()))?;
        if url.scheme() != "https" {
            return Err(bad("a control speaks https alone"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad("it carries credentials: FANOUT_SERVER_TOKEN is for the token"));
        }
        Ok(Self { url, token: token.map(str::to_owned), roots: target::roots(ca_file, true)? })
    }

    /// Returns where the control is, as it may be shown and kept: the host and the port.
    #[must_use]
    pub fn shown(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        format!("{host}:{}", self.url.port_or_known_default().unwrap_or_default())
    }

    fn agent(&self) -> Agent {
        let roots = match &self.roots {
            Roots::Pem(text) => {
                let certificates = parse_pem(text.as_bytes()).filter_map(|item| match item {
                    Ok(PemItem::Certificate(certificate)) => Some(certificate),
                    _ => None,
                });
                RootCerts::new_with_certs(&certificates.collect::<Vec<_>>())
            }
            Roots::System | Roots::None => RootCerts::PlatformVerifier,
        };
        fanout_clients::choose_crypto();
        let config = Agent::config_builder().proxy(None).max_redirects(0).http_status_as_error(false);
        let config = config.timeout_connect(Some(ANSWER)).timeout_recv_response(Some(ANSWER));
        config
            .timeout_recv_body(Some(ANSWER))
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .build()
            .into()
    }
}

/// The servers that this process has started elsewhere. Some of them may have ended.
static STARTED: Mutex<Vec<Weak<Session>>> = Mutex::new(Vec::new());

/// Ends all servers elsewhere, because this process ends without dropping them.
pub(crate) fn end_all() {
    let started = std::mem::take(&mut *STARTED.lock().unwrap_or_else(PoisonError::into_inner));
    for session in started.iter().filter_map(Weak::upgrade) {
        // No other bench of this `cargo bench` follows, and the place need not be kept for it.
        session.end("?over");
    }
}

/// A server that was started elsewhere. Dropping it ends the server there. If this process is killed, the control
/// ends it a minute later.
#[derive(Debug)]
pub(super) struct Session {
    control: Elsewhere,
    agent: Agent,
    id: String,
    /// Known once a connection to the server was opened.
    round_trip: OnceLock<Duration>,
}

impl Session {
    /// Starts a server. Returns it with its URL, at which it answers without TLS, and with the certificate roots to
    /// trust.
    pub(super) fn start(control: &Elsewhere, serving: &Serving) -> anyhow::Result<(Arc<Self>, Url, Roots)> {
        let (agent, control) = (control.agent(), control.clone());
        let mut session = Self { control, agent, id: String::new(), round_trip: OnceLock::new() };
        let harness = format!("{} {}", Machine::this().id(), last::invocation());
        let wanted = serde_json::to_vec(&Wanted { harness, arguments: serving.arguments() })?;
        let mut answer = session.said("POST", "/servers", &wanted)?;
        let opened: Opened = serde_json::from_slice(&answer.body_mut().read_to_vec()?).with_context(|| {
            format!("{} does not answer as the control of a mock server does", session.control.shown())
        })?;
        session.id = opened.session;
        let session = Arc::new(session);
        session.note();
        let mut base = session.control.url.clone();
        let is_http = base.set_scheme("http").is_ok() && base.set_port(Some(opened.port)).is_ok();
        ensure!(is_http, "{} is no URL of a server", session.control.shown());
        let away = round_trip(&base).with_context(|| {
            format!("the server of {} does not let anybody connect to port {}", session.control.shown(), opened.port)
        })?;
        session.round_trip.get_or_init(|| away);
        Ok((session, base, opened.root_pem.map_or(Roots::None, Roots::Pem)))
    }

    /// Notes this server for [`end_all`].
    fn note(self: &Arc<Self>) {
        let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
        started.retain(|session| session.strong_count() > 0);
        started.push(Arc::downgrade(self));
    }

    /// Returns how long it takes to connect to the server: one round trip (RFC 9293, section 3.5).
    pub(super) fn round_trip(&self) -> Duration {
        self.round_trip.get().copied().unwrap_or_default()
    }

    pub(super) fn at(&self) -> String {
        self.control.shown()
    }

    pub(super) fn stats(&self) -> anyhow::Result<Stats> {
        let mut answer = self.said("GET", &format!("/servers/{}/stats", self.id), &[])?;
        Ok(serde_json::from_slice(&answer.body_mut().read_to_vec()?)?)
    }

    pub(super) fn reset(&self) -> anyhow::Result<()> {
        self.said("POST", &format!("/servers/{}/reset", self.id), &[]).map(drop)
    }

    /// Ends the server. Whatever happens, the control ends it by itself when nobody uses it.
    fn end(&self, query: &str) {
        if !self.id.is_empty() {
            let _ = self.said("DELETE", &format!("/servers/{}{query}", self.id), &[]);
        }
    }

    /// Sends a request to the control, and returns its answer if that is a good one.
    fn said(&self, method: &str, path: &str, body: &[u8]) -> anyhow::Result<Response<Body>> {
        let request = ureq::http::Request::builder().method(method).uri(at(&self.control.url, path).as_str());
        let request = match &self.control.token {
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        };
        let request = request.body(body).context("FANOUT_SERVER_TOKEN has characters that no header may have")?;
        let shown = self.control.shown();
        let mut answer = self.agent.run(request).with_context(|| {
            format!(
                "cannot ask {shown}, the control of the mock server: is it running there, and is FANOUT_CA_FILE \
                     the root that it wrote when it was started last?"
            )
        })?;
        if answer.status().as_u16() == 401 {
            bail!("{shown} refuses the token: set FANOUT_SERVER_TOKEN to the one with which it was started");
        }
        if !answer.status().is_success() {
            let reason = answer.body_mut().with_config().limit(1_000).read_to_string().unwrap_or_default();
            bail!("{shown} answers {}: {}", answer.status(), reason.trim_end());
        }
        Ok(answer)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.end("");
    }
}

/// Returns the median time of some connections to a server.
fn round_trip(base: &Url) -> anyhow::Result<Duration> {
    let (host, port) = (base.host_str().unwrap_or_default(), base.port_or_known_default().unwrap_or_default());
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let address = (host, port).to_socket_addrs()?.next().context("its name has no address")?;
    let mut times = Vec::with_capacity(TRIES);
    for _ in 0..TRIES {
        let begun = Instant::now();
        TcpStream::connect_timeout(&address, ANSWER)?;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    Ok(times[TRIES / 2])
}
