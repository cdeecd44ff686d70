//! The Python peers: the notebook's four, httpx, and the notebook's threads on a free-threaded build.
//!
//! The interpreter is that of `FANOUT_PYTHON`, or else the one that `cargo fanout peers setup` made, or else
//! `python3`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::Language;
use crate::peer::{Limit, Peer};
use crate::program::{Program, made, named, output, set, short, sources};

/// The variable that names the interpreter.
pub(crate) const PYTHON: &str = "FANOUT_PYTHON";

/// The variable that names an interpreter of a free-threaded build.
pub(crate) const FREE_PYTHON: &str = "FANOUT_PYTHON_FREE";

/// The free-threaded interpreters that are looked for, the newest first.
const FREE_THREADED_NAMES: [&str; 2] = ["python3.14t", "python3.13t"];

pub(crate) static SEQUENTIAL: Peer = Peer {
    id: "python-sequential",
    about: "requests.Session, one after another",
    language: Language::Python,
    limit: Limit::One,
    twin: Some("sequential"),
    program: || program("sequential.py"),
};

pub(crate) static PROCESS_POOL: Peer = Peer {
    id: "python-process-pool",
    about: "multiprocessing.Pool and requests",
    language: Language::Python,
    limit: Limit::Processors,
    twin: Some("process-pool"),
    program: || program("process_pool.py"),
};

pub(crate) static THREAD_POOL: Peer = Peer {
    id: "python-thread-pool",
    about: "ThreadPoolExecutor and requests",
    language: Language::Python,
    limit: Limit::Default(20),
    twin: Some("thread-pool"),
    program: || program("thread_pool.py"),
};

pub(crate) static ASYNCIO: Peer = Peer {
    id: "python-asyncio",
    about: "asyncio.gather and aiohttp",
    language: Language::Python,
    limit: Limit::Default(100),
    twin: Some("tokio-current-thread"),
    program: || program("gather.py"),
};

pub(crate) static HTTPX: Peer = Peer {
    id: "python-httpx",
    about: "asyncio.gather and httpx.AsyncClient",
    language: Language::Python,
    limit: Limit::Default(100),
    twin: None,
    program: || program("with_httpx.py"),
};

pub(crate) static FREE_THREADED: Peer = Peer {
    id: "python-free-threaded",
    about: "ThreadPoolExecutor and requests, on a build without the global interpreter lock",
    language: Language::Python,
    limit: Limit::Default(20),
    twin: None,
    program: free_threaded,
};

/// Prints the version of Python and of the libraries that are named as arguments. Each must be there.
const VERSIONS: &str = "import importlib, importlib.metadata as metadata, platform, sys\n\
    for name in sys.argv[1:]: importlib.import_module(name)\n\
    print(platform.python_version(), *(f'{name} {metadata.version(name)}' for name in sys.argv[1:]), sep='\\n')";

/// The same, if the lock is off also with these libraries.
const WITHOUT_LOCK: &str = "assert not sys._is_gil_enabled(), 'it has the global interpreter lock'";

pub(crate) fn check() -> Result<(), String> {
    notebook().map(drop)
}

fn program(file: &str) -> Result<Program, String> {
    Ok(notebook()?.with(sources("python").join(file)))
}

/// Finds the interpreter with the notebook's libraries.
fn notebook() -> Result<Program, String> {
    static FOUND: OnceLock<Result<Program, String>> = OnceLock::new();
    let find = || {
        let path = set(PYTHON).unwrap_or_else(|| made_or("python", "python3"));
        interpreter(path, VERSIONS, &["requests", "aiohttp", "httpx"]).map_err(|error| {
            format!(
                "{error}; `cargo fanout peers setup python` installs requests, aiohttp and httpx below the target \
                 folder, or name an interpreter that has them with {PYTHON}"
            )
        })
    };
    FOUND.get_or_init(find).clone()
}

/// Finds a free-threaded interpreter with requests.
fn free_threaded() -> Result<Program, String> {
    static FOUND: OnceLock<Result<Program, String>> = OnceLock::new();
    let find = || {
        let base = free_base()?;
        let path = if set(FREE_PYTHON).is_some() { base } else { made_or("python-free-threaded", base) };
        let script = format!("{VERSIONS}\n{WITHOUT_LOCK}");
        let found = interpreter(path, &script, &["requests"]).map_err(|error| {
            format!("{error}; `cargo fanout peers setup python` installs requests for the interpreter that it finds")
        })?;
        Ok(Program { version: format!("{}t", found.version), ..found }.with(sources("python").join("thread_pool.py")))
    };
    FOUND.get_or_init(find).clone()
}

/// Finds a free-threaded interpreter, with or without requests.
pub(crate) fn free_base() -> Result<PathBuf, String> {
    let find =
        |name: &PathBuf| output(Command::new(name).args(["-c", &format!("import sys; {WITHOUT_LOCK}")])).is_ok();
    if let Some(named) = set(FREE_PYTHON) {
        return if find(&named) { Ok(named) } else { Err(format!("{FREE_PYTHON}: it is not free-threaded")) };
    }
    FREE_THREADED_NAMES.map(PathBuf::from).into_iter().find(find).ok_or_else(|| {
        format!(
            "there is no free-threaded Python ({}): install one, such as with `uv python install 3.14t`, or name it \
             with {FREE_PYTHON}",
            FREE_THREADED_NAMES.join(" or ")
        )
    })
}

/// Returns the interpreter of an environment that was made, or another one if none was made.
fn made_or(environment: &str, otherwise: impl Into<PathBuf>) -> PathBuf {
    let folder = made(environment);
    if mark(&folder).is_file() { folder.join("bin").join("python") } else { otherwise.into() }
}

/// Returns the file that an environment has once all of its libraries are installed.
pub(crate) fn mark(folder: &Path) -> PathBuf {
    folder.join("is-whole")
}

/// Returns the interpreter that an environment is made with.
pub(crate) fn base() -> PathBuf {
    named(PYTHON, "python3")
}

fn interpreter(path: PathBuf, script: &str, libraries: &[&str]) -> Result<Program, String> {
    let said = output(Command::new(&path).args(["-c", script]).args(libraries))?;
    let mut lines = said.lines();
    let version = lines.next().unwrap_or_default();
    let versions = [format!("Python {version}")].into_iter().chain(lines.map(str::to_owned));
    let (version, versions) = (short(version), versions.collect::<Vec<_>>().join(", "));
    // Python would write what it compiled beside the programs, which are in the source tree.
    Ok(Program { path, arguments: vec!["-B".into()], version, versions })
}

/// Returns the path of a lock file.
pub(crate) fn lock(name: &str) -> PathBuf {
    sources("python").join(name)
}
