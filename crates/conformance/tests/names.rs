//! Tests every model in a network where name look-ups are never answered, and where one host has two addresses. A
//! request to a name times out there if the name is looked up, and the requests beside it are not affected.
//!
//! This needs a network namespace (unshare(1), ip(8)). It has only loopback, and its only name server reads queries
//! and never answers; `/etc/hosts` has the one host. If the system does not allow a namespace, the tests are ignored,
//! and the reason is printed.

use std::env::{args_os, current_exe, var_os};
use std::io::Write;
use std::net::{Ipv4Addr, UdpSocket};
use std::path::Path;
use std::process::{Command, exit};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use fanout_conformance::fixtures::{self, Fixture};
use fanout_conformance::properties::{self, IN_A_NETWORK_OF_ITS_OWN};
use fanout_conformance::trial;
use fanout_model::Model;
use fanout_models::{FLOORS, ROSTER};
use libtest_mimic::{Failed, Trial, run};

/// After this time, a trial counts as hanging. This is a deadline, not a measurement.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The same for the model that does hang.
const LESS_PATIENCE: Duration = Duration::from_secs(10);

/// This is set when the program runs inside the network namespace.
const INSIDE: &str = "FANOUT_TEST_INSIDE";

/// Brings loopback up, makes the files in `$0` and `$1` this network's resolv.conf and hosts, and then runs the given
/// command.
const ENTER: &str = "ip link set lo up && mount --bind \"$0\" /etc/resolv.conf && mount --bind \"$1\" /etc/hosts && \
    shift && exec \"$@\"";

fn main() {
    let broken = fixtures::IN_A_NETWORK_OF_ITS_OWN;
    let roster: Vec<&'static dyn Model> = ROSTER.iter().chain(FLOORS).copied().collect();
    let models: Vec<_> = roster.iter().copied().chain(broken.iter().map(|fixture| &fixture.model as _)).collect();
    fanout_models::enter();
    trial::enter(&models);
    let outside = var_os(INSIDE).is_none();
    if outside {
        match run_inside() {
            Ok(code) => exit(code),
            Err(reason) => eprintln!("these tests are ignored, since they need a network namespace: {reason:#}"),
        }
    }
    // The queries that arrive here are never answered.
    let swallows = (!outside).then(|| UdpSocket::bind((Ipv4Addr::LOCALHOST, 53)));
    let _swallows = swallows.transpose().expect("nobody listens in a network that was just made");
    let mut trials = Vec::new();
    for property in IN_A_NETWORK_OF_ITS_OWN {
        for model in &roster {
            let (name, model) = (format!("{}::{}", model.id(), property.name), *model);
            let ignored = outside || model.available().is_err();
            let check = move || trial::run(model, property, TIMEOUT).map_err(Into::into);
            trials.push(Trial::test(name, check).with_ignored_flag(ignored));
        }
    }
    for fixture in broken {
        let name = format!("{} is caught by {}", fixture.model.id(), fixture.caught_by);
        trials.push(Trial::test(name, move || is_caught(fixture)).with_ignored_flag(outside));
    }
    run(&trial::arguments(), trials).exit()
}

fn is_caught(fixture: &Fixture) -> Result<(), Failed> {
    let property = properties::find(fixture.caught_by).ok_or("no such property")?;
    match trial::run(&fixture.model, property, LESS_PATIENCE) {
        Ok(()) => Err("it was not caught".into()),
        Err(error) if error.to_string().contains(fixture.says) => Ok(()),
        Err(error) => Err(format!("it was caught for another reason: {error:#}").into()),
    }
}

/// Runs this program in a network namespace of its own, and returns its exit code.
///
/// # Errors
/// The reason why such a namespace cannot be created.
fn run_inside() -> Result<i32> {
    let mut names = tempfile::NamedTempFile::new()?;
    // The longest time that resolv.conf(5) allows: two and a half minutes.
    writeln!(names, "nameserver 127.0.0.1\noptions timeout:30 attempts:5")?;
    let mut hosts = tempfile::NamedTempFile::new()?;
    writeln!(hosts, "127.0.0.1 localhost\n::1 two.test\n127.0.0.1 two.test")?;
    let command = |program: &Path| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--net", "--mount", "sh", "-c", ENTER]);
        command.arg(names.path()).arg(hosts.path()).arg(program).env(INSIDE, "yes");
        command
    };
    let probe = command(Path::new("true")).output().context("cannot run unshare")?;
    ensure!(probe.status.success(), "{}", String::from_utf8_lossy(&probe.stderr).trim());
    let status = command(&current_exe()?).args(args_os().skip(1)).status()?;
    Ok(status.code().unwrap_or(1))
}
