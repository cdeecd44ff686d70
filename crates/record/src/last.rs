//! The run at hand, `target/fanout/last-run.json`: the bench targets of one `cargo bench` add their question to it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::process::parent_id;
use std::path::PathBuf;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use ulid::Ulid;

use crate::machine::Machine;
use crate::run::{Question, Run, SCHEMA};
use crate::source::Source;
use crate::{derived, file};

/// Where it is.
#[must_use]
pub fn path() -> PathBuf {
    derived().join("last-run.json")
}

/// Adds a question, and what its models are, to the run of this invocation, in place of an earlier answer to the same; begins a new run, of
/// `source`, where the last one is of another invocation or another source, or cannot be read. Gives the run as it is then.
///
/// # Errors
/// Where the file cannot be written.
pub fn add(question: Question, models: BTreeMap<String, String>, source: Source) -> io::Result<Run> {
    let path = path();
    let invocation = invocation();
    let mut run = match file::read(&path) {
        Ok(run) if run.invocation == invocation && run.source == source => run,
        _ => begin(invocation, question.started.clone(), source),
    };
    run.questions.retain(|earlier| earlier.name != question.name);
    run.questions.push(question);
    run.models.extend(models);
    file::replace(&path, &run)?;
    Ok(run)
}

fn begin(invocation: String, started: String, source: Source) -> Run {
    let text = |text: OsString| text.to_string_lossy().into_owned();
    let variables = std::env::vars_os().map(|(name, value)| (text(name), text(value)));
    let variables = variables.filter(|(name, _)| name.starts_with("FANOUT_"));
    Run {
        schema: SCHEMA,
        id: Ulid::generate().to_string(),
        started,
        invocation,
        source,
        machine: Machine::this(),
        variables: variables.collect::<BTreeMap<_, _>>(),
        models: BTreeMap::new(),
        questions: Vec::new(),
    }
}

/// The process that started this one, `cargo bench` as a rule, told from earlier bearers of its number by its start.
fn invocation() -> String {
    let parent = parent_id();
    let stat = fs::read_to_string(format!("/proc/{parent}/stat")).unwrap_or_default();
    // The second field is a name that may hold anything; the 22nd, counted behind it, is the start (proc(5)).
    let start = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(19)).unwrap_or("?");
    format!("process {parent} started at tick {start}")
}

/// A seed for this invocation: all bench targets of one `cargo bench` have the same, so that one figure repeats them all.
#[must_use]
pub fn seed() -> u64 {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let digest = Sha256::digest(invocation() + &boot);
    // Four bytes: what reads JSON's numbers as floating point reads it exactly.
    u64::from(u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]))
}

/// Now, as the run file writes it.
#[must_use]
pub fn now() -> String {
    format!("{:.0}", Timestamp::now())
}
