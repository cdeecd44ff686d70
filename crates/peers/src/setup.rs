//! Makes what the peers need, below cargo's target folder: an environment for Python from the lock files with the
//! libraries' versions and hashes, and the program of the Go peers. Node needs no more than itself.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::program::made;
use crate::{Language, go, node, python};

/// What was done for one language, or for one build of it.
#[derive(Debug)]
pub struct Made {
    /// What it is for: `python`, or `python-free-threaded`.
    pub what: &'static str,
    /// Where it is, or what is missing and how to install it.
    pub result: Result<String, String>,
    /// Whether the language's other peers can do without it.
    pub is_optional: bool,
}

/// Makes what the peers in a language need. What a program says while it works goes to standard error.
#[must_use]
pub fn make(language: Language) -> Vec<Made> {
    let required = |result| Made { what: language.word(), result, is_optional: false };
    match language {
        Language::Python => vec![
            required(environment("python", &python::base(), "requirements.lock")),
            Made { what: "python-free-threaded", result: free_threaded(), is_optional: true },
        ],
        Language::Node => vec![required(node::check().map(|()| "it needs nothing but Node itself".into()))],
        Language::Go => vec![required(go::check().map(|()| shown(&made("go").join("peers"))))],
    }
}

fn free_threaded() -> Result<String, String> {
    environment("python-free-threaded", &python::free_base()?, "free-threaded.lock")
}

/// Makes an environment with the libraries of a lock file. One that is there is made again.
fn environment(name: &str, interpreter: &Path, lock: &str) -> Result<String, String> {
    let folder = made(name);
    let mut venv = Command::new(interpreter);
    venv.args(["-m", "venv", "--clear"]).arg(&folder);
    let how = "install Python with its module venv (Debian: apt-get install python3-venv)";
    let made_or_gone = |made: Result<(), String>| {
        // An environment without its libraries would be taken for one that has them.
        made.inspect_err(|_| drop(std::fs::remove_dir_all(&folder)))
    };
    made_or_gone(ran(&mut venv)).map_err(|error| format!("{error}; {how}"))?;
    let mut pip = Command::new(folder.join("bin").join("python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--requirement"]);
    made_or_gone(ran(pip.arg(python::lock(lock))))
        .map_err(|error| format!("{error}; pip needs the package index, or a mirror of it in its configuration"))?;
    // If this program is killed before this line, the environment is not used either.
    std::fs::write(python::mark(&folder), "").map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(shown(&folder))
}

/// Runs a program to its end. It says what it has to say on standard error.
fn ran(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    // Standard output belongs to the caller's own results.
    let status = command.stdin(Stdio::null()).stdout(std::io::stderr()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{name} failed ({status})")),
        Err(error) => Err(format!("{name}: {error}")),
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
