//! Tests a disk that is full: the error says so, nothing half-written stays, and what was there stays.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::Command;

use fanout_record::{read, store, write};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigSet, Signal};

use crate::children::{child, said};
use crate::fixture::{files_below, large, run};

/// Records what fits and then what does not, and returns the errors.
fn record_beyond(results: &Path) -> [io::Error; 3] {
    let kept = store::put(results, &run("SMALL")).unwrap();
    let last = results.join("last-run.json");
    write::replace(&last, &run("LAST")).unwrap();
    // A file of two names is written in place.
    let (linked, other) = (results.join("linked.json"), results.join("other-name.json"));
    write::replace(&linked, &run("LAST")).unwrap();
    fs::hard_link(&linked, &other).unwrap();
    let before = files_below(results);

    let large = large("LARGE");
    let errors = [
        store::put(results, &large).unwrap_err(),
        write::replace(&last, &large).unwrap_err(),
        write::replace(&linked, &large).unwrap_err(),
    ];
    assert_eq!(fs::read(&linked).unwrap(), fs::read(&last).unwrap());
    assert_eq!(read::run(&other).unwrap(), run("LAST"));
    assert_eq!(files_below(results), before, "something was left, or something is gone");
    assert_eq!(read::run(&kept).unwrap(), run("SMALL"));
    assert_eq!(read::run(&last).unwrap(), run("LAST"));
    // A run that fits can still be recorded.
    store::put(results, &run("SMALLER")).unwrap();
    [last, linked, other].iter().for_each(|path| fs::remove_file(path).unwrap());
    let store = store::load(results);
    assert_eq!((store.runs.len(), store.bad.len()), (2, 0));
    errors
}

fn say(errors: &[io::Error]) {
    for error in errors {
        println!("\n{}{error}", crate::children::SAYS);
    }
}

/// Runs as a child whose files may not grow beyond 64 KiB. It blocks the signal that comes with the limit, which
/// would end the process before any error.
pub(crate) fn within_a_limit(results: &Path) {
    SigSet::from(Signal::SIGXFSZ).thread_block().unwrap();
    setrlimit(Resource::RLIMIT_FSIZE, 1 << 16, 1 << 16).unwrap();
    let errors = record_beyond(results);
    assert!(errors.iter().all(|error| error.kind() == ErrorKind::FileTooLarge), "{errors:?}");
    say(&errors);
}

/// Runs as a child, in a file system of a few pages.
pub(crate) fn on_a_small_disk(results: &Path) {
    let errors = record_beyond(results);
    assert!(errors.iter().all(|error| error.kind() == ErrorKind::StorageFull), "{errors:?}");
    say(&errors);
}

#[test]
fn a_file_that_may_not_grow_is_an_error_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let output = child("within a limit", folder.path(), "").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = said(&output.stdout);
    assert!(said.len() == 3 && said.iter().all(|error| error.contains("File too large")), "{said:?}");
    assert_eq!(store::load(folder.path()).runs.len(), 2);
}

/// The child runs in a mount namespace of its own. Nobody else sees what is mounted there, and it goes with the
/// child.
#[test]
fn a_full_disk_is_an_error_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mount = "mount -t tmpfs -o size=128k fanout \"$1\" && shift && exec \"$@\"";
    let unshared = |program: &mut Command| {
        program.args(["--user", "--map-root-user", "--mount", "sh", "-ec", mount, "sh"]).arg(folder.path());
    };
    let mut trial = Command::new("unshare");
    unshared(&mut trial);
    let why = match trial.arg("true").output() {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Some(error.to_string()),
    };
    if let Some(why) = why {
        fanout_needs::skip("a disk that is full", &format!("tmpfs: {why}")).unwrap();
        return;
    }
    let inner = child("on a small disk", folder.path(), "");
    let mut outer = Command::new("unshare");
    unshared(&mut outer);
    outer.arg(inner.get_program()).args(inner.get_args());
    outer.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = outer.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = said(&output.stdout);
    assert!(said.len() == 3 && said.iter().all(|error| error.contains("No space left")), "{said:?}");
}
