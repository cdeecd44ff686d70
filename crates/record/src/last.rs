//! The run at hand, `target/fanout/last-run.json`: the bench targets of one `cargo bench` add their question to it.
//!
//! A new run begins in memory, beside the last one, and takes its place when its first question is kept. The run that
//! it displaces goes to `previous-run.json`, unless it is partial and a whole run is there.

use std::collections::BTreeMap;
use std::env::{current_dir, temp_dir};
use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::os::unix::process::parent_id;
use std::path::PathBuf;

use fanout_model::redacted;
use sha2::{Digest, Sha256};
use tempfile::tempfile_in;
use ulid::Ulid;

use crate::files::read::{self, ReadError};
use crate::files::{output, write};
use crate::machine::Machine;
use crate::paths::derived;
use crate::run::{Question, Run};
use crate::source::Source;

/// Where it is.
#[must_use]
pub fn path() -> PathBuf {
    derived().join("last-run.json")
}

/// Where the run is that the last one displaced.
#[must_use]
pub fn previous_path() -> PathBuf {
    derived().join("previous-run.json")
}

/// More than a run of the default profile and its page take, in bytes.
const ROOM: usize = 8 << 20;

/// Tries whether a run can be kept: to be asked before the first round, so that nothing is measured in vain.
///
/// # Errors
/// Where the folder cannot be made or written to, has no room for a run and its page, or holds something in the place
/// of a run that cannot be replaced.
pub fn try_place() -> io::Result<()> {
    fs::create_dir_all(derived())?;
    // It has no name, so that nothing is left whatever happens.
    let mut file = tempfile_in(derived())?;
    file.write_all(&vec![0; ROOM])?;
    file.sync_data()?;
    [path(), previous_path()].iter().try_for_each(|path| output::check(path))
}

/// The run of this invocation and of `source`, with one more `question` and what its models are. It is a new run
/// where [`begun`] gives none. Nothing is written.
#[must_use]
pub fn with(question: Question, models: BTreeMap<String, String>, source: Source) -> Run {
    let begun = begun(&question.name, &source);
    let mut run = begun.unwrap_or_else(|| begin(invocation(), question.started.clone(), source));
    run.questions.push(question);
    run.models.extend(models);
    run
}

/// The last run, where it is of this invocation and of `source`, and has no answer to this question yet: whoever asks
/// once more begins a new run.
#[must_use]
pub fn begun(question: &str, source: &Source) -> Option<Run> {
    let run = read::run(&path()).ok()?;
    let is_this = run.invocation == invocation() && run.source == *source;
    (is_this && run.questions.iter().all(|answered| answered.name != question)).then_some(run)
}

/// Makes it the last run. Another run that is there is displaced to [`previous_path`]; a file that cannot be read
/// stays beside it, as `unreadable-run.json`.
///
/// # Errors
/// Where it cannot be written; the last run is then still the last one.
pub fn keep(run: &Run) -> io::Result<()> {
    let displaced = match read::run(&path()) {
        Err(ReadError::Unreadable { source, .. }) if source.kind() == ErrorKind::NotFound => None,
        // It may be of a later version of this program, and whole for that.
        Err(_) => {
            fs::rename(path(), derived().join("unreadable-run.json"))?;
            None
        }
        Ok(last) => Some(last),
    };
    if let Some(displaced) = displaced.filter(|last| last.id != run.id && !last.is_empty()) {
        let whole_one_is_there = || read::run(&previous_path()).is_ok_and(|previous| !previous.is_partial());
        if !displaced.is_partial() || !whole_one_is_there() {
            write::replace(&previous_path(), &displaced)?;
        }
    }
    write::replace(&path(), run)
}

/// Keeps a run that cannot be the last one in the system's folder for temporary files, or else in the folder at hand.
/// Gives its file.
///
/// # Errors
/// Where neither can be written to: the first reason.
pub fn keep_elsewhere(run: &Run) -> io::Result<PathBuf> {
    let name = format!("fanout-run-{}.json", run.id);
    let keep = |folder: PathBuf| write::create(&folder.join(&name), run).map(|()| folder.join(&name));
    keep(temp_dir()).or_else(|error| keep(current_dir()?).map_err(|_| error))
}

fn begin(invocation: String, started: String, source: Source) -> Run {
    Run {
        id: Ulid::generate().to_string(),
        started,
        invocation,
        source,
        machine: Machine::this(),
        variables: variables(std::env::vars_os()),
        models: BTreeMap::new(),
        questions: Vec::new(),
    }
}

/// Those of fanout that are set, as they may be kept. An empty one is as if it were not set.
fn variables(all: impl Iterator<Item = (OsString, OsString)>) -> BTreeMap<String, String> {
    let text = |text: OsString| text.to_string_lossy().into_owned();
    let ours = all.map(|(name, value)| (text(name), text(value)));
    let set = ours.filter(|(name, value)| name.starts_with("FANOUT_") && !value.is_empty());
    set.map(|(name, value)| match name.as_str() {
        "FANOUT_TARGET" => (name, redacted(&value)),
        _ => (name, value),
    })
    .collect()
}

/// The process that started this one, `cargo bench` as a rule, told from earlier bearers of its number by its start.
fn invocation() -> String {
    let parent = parent_id();
    let stat = fs::read_to_string(format!("/proc/{parent}/stat")).unwrap_or_default();
    // The second field is a name that may hold anything; the 22nd, counted behind it, is the start (proc(5)).
    let start = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(19)).unwrap_or("?");
    format!("process {parent} started at tick {start}")
}

/// A seed for this invocation: all bench targets of one `cargo bench` have the same, so that one figure repeats them
/// all.
#[must_use]
pub fn seed() -> u64 {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let digest = Sha256::digest(invocation() + &boot);
    // Four bytes: what reads JSON's numbers as floating point reads it exactly.
    u64::from(u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]))
}
