//! How a mock server answers, wherever it is, and how it is asked.

use std::net::SocketAddrV4;
use std::time::Duration;

use fanout_model::Url;
use fanout_record::run::Limits;
use mock_server::Engine;

/// How long the mock server may take to answer a question about itself.
pub(super) const ANSWER: Duration = Duration::from_secs(10);

/// How a mock server answers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Serving {
    /// How long each answer is held back.
    pub delay: Duration,
    /// The engine that answers.
    pub engine: Engine,
    /// Whether the server answers over TLS as well.
    pub tls: bool,
    /// How much the server takes.
    pub limits: Limits,
    /// The address to listen on, if the server is on this machine; `None` for a free port of loopback. Another one is
    /// for a network of its own (`fanout_netlab`), where nobody else can reach it.
    pub address: Option<SocketAddrV4>,
}

impl Serving {
    /// Returns this as arguments of the mock server (`mock_server::Behaviour`).
    pub(super) fn arguments(&self) -> Vec<String> {
        let Limits { capacity, queue, then, rate } = self.limits;
        let delay = humantime::format_duration(self.delay).to_string();
        let mut arguments = vec!["--delay".into(), delay, "--engine".into(), name_of(self.engine).into()];
        arguments.extend(self.tls.then(|| "--tls".into()));
        arguments.extend(capacity.map(|capacity| format!("--capacity={capacity}")));
        arguments.extend(queue.map(|queue| format!("--queue={queue}")));
        let then =
            then.map(|(after, capacity)| [format!("--then-after={after}"), format!("--then-capacity={capacity}")]);
        arguments.extend(then.into_iter().flatten());
        arguments.extend(
            rate.map(|(rate, burst)| [format!("--rate={rate}"), format!("--burst={burst}")]).into_iter().flatten(),
        );
        arguments
    }
}

/// Returns the name of an engine, as the command line and the run file have it.
pub(crate) fn name_of(engine: Engine) -> &'static str {
    match engine {
        Engine::Wiremock => "wiremock",
        Engine::Hyper => "hyper",
    }
}

/// Returns the URL of a path at a server. The path may have a query.
pub(super) fn at(base: &Url, path: &str) -> Url {
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    let mut url = base.clone();
    url.set_path(path);
    url.set_query(query);
    url
}
