//! Keeps the last run, `target/fanout/last-run.json`. The bench targets of one `cargo bench` add their questions to
//! it.
//!
//! A new run begins in memory, beside the last one, and takes its place when its first question is kept. The run that
//! was there then goes to `previous-run.json`, unless it is partial and a whole run is there already.

use std::collections::BTreeMap;
use std::env::{current_dir, current_exe, temp_dir};
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::os::unix::process::parent_id;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fanout_model::redacted;
use fanout_usage::Stat;
use sha2::{Digest, Sha256};
use tempfile::tempfile_in;
use ulid::Ulid;

use crate::files::read::{self, ReadError};
use crate::files::{output, write};
use crate::kept::{self, Kept, Places};
use crate::machine::Machine;
use crate::paths::derived;
use crate::run::{Question, Run};
use crate::source::Source;
use crate::time;

/// Returns the path of the last run.
#[must_use]
pub fn path() -> PathBuf {
    derived().join("last-run.json")
}

/// Returns the path of the previous run, which the last run replaced.
#[must_use]
pub fn previous_path() -> PathBuf {
    derived().join("previous-run.json")
}

/// How much room there must be, in bytes. It is more than a run of the default profile and its page take.
const ROOM: usize = 8 << 20;

/// Tries whether a run can be kept. The benches ask this before the first round, so that nothing is measured in vain.
///
/// # Errors
/// If the folder cannot be made or written to, has no room for a run and its page, or holds something that cannot be
/// replaced in the place of a run.
pub fn try_place() -> io::Result<()> {
    fs::create_dir_all(derived())?;
    // The file has no name, so that nothing is left whatever happens.
    let mut file = tempfile_in(derived())?;
    file.write_all(&vec![0; ROOM])?;
    file.sync_data()?;
    [path(), previous_path()].iter().try_for_each(|path| output::check(path))
}

/// Returns the run of this invocation with one more `question`, and what its models are. It is a new run, of
/// `source`, if [`begun`] returns none. Nothing is written.
#[must_use]
pub fn with(question: Question, models: BTreeMap<String, String>, source: Source) -> Run {
    let begun = begun(&question.name, &source);
    let mut run = begun.unwrap_or_else(|| begin(invocation(), question.started.clone(), source));
    run.questions.push(question);
    run.models.extend(models);
    run
}

/// Returns the last run if it is of this invocation and of this code, and has no answer to this question yet. Asking
/// a question once more begins a new run.
///
/// It is this code if `source` is the same, or if this program was built before the run began: cargo builds all bench
/// targets first, so that whoever edits files while they measure changes nothing that they measure.
#[must_use]
pub fn begun(question: &str, source: &Source) -> Option<Run> {
    let run = read::run(&path()).ok()?;
    // Whoever edits files does not change how this program was built.
    let [one, other] =
        [&run.source, source].map(|source| (source.debug, &source.flags, &source.allocator, &source.rustc));
    let is_built_alike = one == other;
    let is_this_build = is_built_alike && is_built_before(&run.started);
    let is_this = is_of_this_invocation(&run) && (run.source == *source || is_this_build);
    (is_this && run.questions.iter().all(|answered| answered.name != question)).then_some(run)
}

/// Returns whether this program was built before this time, which is in whole seconds; `false` if that is not known.
fn is_built_before(time: &str) -> bool {
    let built = current_exe().and_then(fs::metadata).and_then(|facts| facts.modified());
    built.is_ok_and(|built| time::parsed(time).is_some_and(|time| built < time + Duration::from_secs(1)))
}

/// Makes `run` the last run. Another run that is there goes to [`previous_path`]. A file that cannot be read is
/// renamed to `unreadable-run.json`, in the same folder.
///
/// # Errors
/// If the run cannot be written. The last run is then still the last one.
pub fn keep(run: &Run) -> io::Result<()> {
    let unreadable = derived().join("unreadable-run.json");
    kept::keep(run, &Places { last: path(), previous: previous_path(), unreadable })
}

impl Kept for Run {
    fn id(&self) -> &str {
        &self.id
    }

    fn is_partial(&self) -> bool {
        Self::is_partial(self)
    }

    fn is_empty(&self) -> bool {
        Self::is_empty(self)
    }

    fn read(path: &Path) -> Result<Self, ReadError> {
        read::run(path)
    }
}

/// Keeps a run that cannot be the last one. Its file is in the system's folder for temporary files, or else in the
/// current folder. Returns the path of the file.
///
/// # Errors
/// If neither folder can be written to. The error is that of the first.
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
        variables: variables_now(),
        models: BTreeMap::new(),
        questions: Vec::new(),
    }
}

/// Returns whether the process that started this one also started the run.
#[must_use]
pub fn is_of_this_invocation(run: &Run) -> bool {
    run.invocation == invocation()
}

/// Returns the variables of fanout that are set for this process, as a run keeps them.
#[must_use]
pub fn variables_now() -> BTreeMap<String, String> {
    variables(std::env::vars_os())
}

/// A variable whose value is a secret.
const SECRET: &str = "FANOUT_SERVER_TOKEN";

/// Returns the variables of fanout that are set, as they may be kept: without the secret, and with URLs redacted. An
/// empty variable counts as not set.
fn variables(all: impl Iterator<Item = (OsString, OsString)>) -> BTreeMap<String, String> {
    let text = |text: OsString| text.to_string_lossy().into_owned();
    let ours = all.map(|(name, value)| (text(name), text(value)));
    let kept = ours.filter(|(name, value)| name.starts_with("FANOUT_") && !value.is_empty() && name != SECRET);
    kept.map(|(name, value)| {
        let value = match name.as_str() {
            "FANOUT_TARGET" | "FANOUT_SERVER" => redacted(&value),
            // Several URLs, separated by commas.
            "FANOUT_NATS" => value.split(',').map(redacted).collect::<Vec<_>>().join(","),
            _ => value,
        };
        (name, value)
    })
    .collect()
}

/// Names the process that started this one, which is usually `cargo bench`. The time of its start tells it from
/// earlier processes with the same number.
#[must_use]
pub fn invocation() -> String {
    let parent = parent_id();
    let start = Stat::of(parent).map_or_else(|| "?".into(), |stat| stat.started.to_string());
    format!("process {parent} started at tick {start}")
}

/// Returns a seed for this invocation. All bench targets of one `cargo bench` have the same seed, so that one number
/// repeats them all.
#[must_use]
pub fn seed() -> u64 {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let digest = Sha256::digest(invocation() + &boot);
    // The seed has four bytes, so that programs that read JSON's numbers as floating point read it exactly.
    u64::from(u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]))
}
