//! `cargo fanout worker`: makes requests for a program elsewhere.

use std::env::var_os;
use std::process::ExitCode;

use clap::Args;
use fanout_model::Model;
use fanout_models::{find, find_or_suggest};
use model_nats_queue::{Server, VARIABLE, worker};

use super::say::tell;

/// The models whose workers are elsewhere. A worker that used one of them would hand on what it was given.
const HAND_ON: [&str; 2] = ["nats-queue", "ssh-pool"];

/// Make requests for a program elsewhere: for the models `nats-queue` and `ssh-pool` (docs/fleet.md).
///
/// With --model, it takes shares of batches from the queue of a NATS server until it is ended. The server is the one
/// of --nats, or else of FANOUT_NATS. Without --model, it speaks the worker protocol on its standard input and
/// output, and ends when its input ends. This is how `ssh-pool` starts it.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The NATS server, without a password; FANOUT_NATS may have one. FANOUT_NATS_CREDS and FANOUT_NATS_CA name a
    /// credentials file and certificate roots.
    #[arg(long, value_name = "URL")]
    nats: Option<String>,

    /// The model that makes the requests of the queue; `cargo fanout models` lists them.
    #[arg(long, short, value_name = "ID", value_parser = makes_requests)]
    model: Option<&'static dyn Model>,
}

impl std::fmt::Debug for Arguments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Arguments").finish_non_exhaustive()
    }
}

fn makes_requests(id: &str) -> Result<&'static dyn Model, String> {
    match find_or_suggest(id)? {
        model if HAND_ON.contains(&model.id()) => {
            Err(format!("`{id}` hands requests on to workers; name the model that makes them"))
        }
        model => Ok(model),
    }
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let server = match (&arguments.nats, arguments.model) {
        (Some(url), _) => Server::from_argument(url)?,
        // The environment of a session of ssh may have the variable as well.
        (None, None) => fanout_worker::child::serve(|id| makes_requests(id).ok().and_then(|it| find(it.id())), 0.0),
        (None, Some(_)) => {
            let is_named = var_os(VARIABLE).is_some_and(|url| !url.is_empty());
            anyhow::ensure!(
                is_named,
                "name the NATS server that has the queue: --nats URL, or {VARIABLE}=URL, which may have a password \
                 (docs/fleet.md)"
            );
            Server::from_env()?
        }
    };
    let Some(model) = arguments.model else {
        anyhow::bail!("name the model that makes the requests: --model ID; `cargo fanout models` lists them")
    };
    match worker::serve(&server, model.id(), |text| tell(text))? {}
}
