//! Tests the models of many machines against every property, with workers on this machine: a NATS server with workers
//! that take shares, and an ssh server. Where one of them is missing, the tests of its model are ignored, and the
//! reason is printed.
//!
//! The program starts the servers and workers, and then itself again with the variables that name them. Each model
//! has four workers, as many as most properties have requests in flight, so that each worker has one.

use std::env::{args_os, current_exe, var_os};
use std::net::Ipv4Addr;
use std::process::{Command, exit};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use fanout_conformance::properties::{PROPERTIES, Property};
use fanout_conformance::trial;
use fanout_fleet::arms::{self, QueueWorker};
use fanout_fleet::{NatsServer, SshServer};
use fanout_model::Model;
use fanout_models::find;
use fanout_needs::skip;
use libtest_mimic::{Arguments, Failed, Trial, run};

/// The models, what each of them needs, and the variable that names it.
const MODELS: [(&str, &str, &str); 2] = [("nats-queue", "nats", "FANOUT_NATS"), ("ssh-pool", "sshd", "FANOUT_SSH")];

/// After this time, a trial counts as hanging. This is a deadline, not a measurement.
const TIMEOUT: Duration = Duration::from_secs(60);

/// This is set when the servers run.
const INSIDE: &str = "FANOUT_TEST_INSIDE";

/// How many workers there are.
const WORKERS: usize = 4;

fn main() {
    let models: Vec<&'static dyn Model> = MODELS.iter().filter_map(|(id, ..)| find(id)).collect();
    fanout_models::enter();
    arms::enter();
    trial::enter(&models);
    let arguments = Arguments::from_args();
    if var_os(INSIDE).is_none() && !arguments.list {
        match run_inside() {
            Ok(code) => exit(code),
            Err(error) => {
                eprintln!("error: {error:#}");
                exit(1);
            }
        }
    }
    let mut trials = Vec::new();
    for property in PROPERTIES {
        for model in &models {
            let (name, model) = (format!("{}::{}", model.id(), property.name), *model);
            let is_there = MODELS.iter().any(|(id, _, variable)| *id == model.id() && var_os(variable).is_some());
            let check = move || alone(model, property);
            trials.push(Trial::test(name, check).with_ignored_flag(!is_there));
        }
    }
    run(&Arguments { test_threads: Some(MODELS.len()), ..arguments }, trials).exit()
}

/// Runs a property of a model while no other trial of the same model runs: the trials of a model share its workers,
/// and a trial whose server hangs keeps all of them.
fn alone(model: &dyn Model, property: &Property) -> Result<(), Failed> {
    static MODELS_AT_WORK: [Mutex<()>; MODELS.len()] = [const { Mutex::new(()) }; MODELS.len()];
    let place = MODELS.iter().position(|(id, ..)| *id == model.id()).ok_or("it is none of the models")?;
    let _alone = MODELS_AT_WORK[place].lock().unwrap_or_else(PoisonError::into_inner);
    trial::run(model, property, TIMEOUT).map_err(Into::into)
}

/// Starts what there is, runs this program with it, and returns its exit code.
fn run_inside() -> Result<i32> {
    let folder = tempfile::tempdir()?;
    let mut inside = Command::new(current_exe()?);
    inside.args(args_os().skip(1)).env(INSIDE, "yes");
    for (_, _, variable) in MODELS {
        inside.env_remove(variable);
    }
    let is_there = |need: &str, lacks: Result<std::path::PathBuf, String>| match lacks {
        Ok(_) => Ok(true),
        Err(why) => skip(need, &why).map(|()| false).map_err(anyhow::Error::msg),
    };
    let mut nats = None;
    if is_there("nats", NatsServer::program())? {
        // Some properties upload more than a message has by default.
        let config = folder.path().join("nats");
        std::fs::write(&config, "max_payload: 64MB\n")?;
        let config = config.display().to_string();
        let server = NatsServer::start_at(Ipv4Addr::LOCALHOST.into(), &["-c", &config])?;
        let workers = (0..WORKERS).map(|_| QueueWorker::start(&server.url())).collect::<Result<Vec<_>>>()?;
        inside.env("FANOUT_NATS", server.url());
        nats = Some((workers, server));
    }
    let mut ssh = None;
    if is_there("sshd", SshServer::program())? {
        let server = SshServer::start()?;
        inside.env("FANOUT_SSH", "one,two,three,four").env("FANOUT_SSH_CONFIG", server.client_config());
        inside.env("FANOUT_SSH_COMMAND", arms::worker_command()?);
        ssh = Some(server);
    }
    let status = inside.status().context("cannot start this program again")?;
    drop((nats, ssh));
    Ok(status.code().unwrap_or(1))
}
