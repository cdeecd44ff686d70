//! A target folder, a recorded run, a `fanout` with nobody's AWS variables, and the real S3-compatible server.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use fanout_needs::{interpreter, skip};
use fanout_record::paths::results;
use fanout_record::{Run, read, store, write};
use tempfile::TempDir;

use crate::aimed;

/// What a call of `fanout` ended with.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// The lines of standard output, if the exit code is 0.
    #[track_caller]
    pub(crate) fn lines(&self) -> Vec<&str> {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out.lines().collect()
    }

    /// Checks that the exit code is 2, that nothing is on standard output, and that the message has all `words`.
    #[track_caller]
    pub(crate) fn refused(&self, words: &[&str]) {
        assert_eq!((self.code, self.out.as_str()), (Some(2), ""), "{self:?}");
        words.iter().for_each(|words| assert!(self.err.contains(words), "no {words:?} in {self:?}"));
    }
}

/// A folder for everything, with a target folder in it.
pub(crate) struct World {
    pub(crate) folder: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("target")).unwrap();
        aimed::repository(
            &{
                let repository = folder.path().join("repository");
                fs::create_dir(&repository).unwrap();
                repository
            },
            1,
        );
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes an empty folder, and returns its path as a text.
    pub(crate) fn store(&self, name: &str) -> String {
        fs::create_dir(self.path(name)).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    /// A `fanout` without anybody's AWS variables and proxies, with these in their place.
    pub(crate) fn fanout(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
        let mut command = aimed::unconfigured(env!("CARGO_BIN_EXE_fanout"));
        for (name, _) in env::vars_os() {
            let name_in_small = name.to_string_lossy().to_lowercase();
            if name_in_small.starts_with("aws_") || name_in_small.ends_with("_proxy") {
                command.env_remove(name);
            }
        }
        aimed::at(&mut command, &self.path("repository"));
        command.env("CARGO_TARGET_DIR", self.path("target")).envs(variables.iter().copied()).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn call(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Said {
        ended(self.fanout(arguments, variables).spawn().unwrap())
    }

    /// Writes a run into a file that can be recorded.
    pub(crate) fn file(&self, name: &str, run: &Run) -> String {
        let path = self.path(name);
        write::replace(&path, run).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

pub(crate) fn ended(child: Child) -> Said {
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// A small recorded run, which is the same each time.
pub(crate) fn run() -> Run {
    static RUN: OnceLock<Run> = OnceLock::new();
    RUN.get_or_init(|| {
        let mut run = read::run(&store::runs(&results()).unwrap().pop().unwrap()).unwrap();
        run.questions.retain(|question| question.name == "server_delay");
        run.source.dirty = Some(false);
        run.source.git = None;
        run
    })
    .clone()
}

/// The n-th run of another commit, on one of three machines.
pub(crate) fn nth(n: usize) -> Run {
    let mut run = run();
    run.id = format!("01M83ARPHYSBBJVA28E9{n:06}");
    run.started = format!("2026-{:02}-{:02}T04:31:11Z", 1 + n / 28 % 12, 1 + n % 28);
    run.source.commit = Some(format!("{n:040x}"));
    run.machine.cores = Some(2 + n % 3);
    run
}

/// The names of all files below a folder, sorted.
pub(crate) fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// The variables of the real server, or `None` if this machine has none. It is one server for all tests, and ends
/// with the process of the tests, which holds its standard input.
pub(crate) fn s3() -> Option<[(&'static str, &'static str); 3]> {
    static SERVER: OnceLock<Option<(Child, String)>> = OnceLock::new();
    let server = SERVER.get_or_init(|| {
        let python = interpreter();
        let import = Command::new(&python).args(["-c", "import moto.server, boto3"]).stderr(Stdio::null()).status();
        if !import.is_ok_and(|status| status.success()) {
            return None;
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bucket/s3.py");
        let mut command = Command::new(python);
        command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Some((child, address.trim_end().to_owned()))
    });
    let Some((_, address)) = server else {
        let why = "Python has no S3-compatible server; pip install 'moto[server]', and name it with FANOUT_PYTHON";
        skip("s3", why).unwrap();
        return None;
    };
    assert!(address.starts_with("http://127.0.0.1:"), "the server does not start");
    Some([("AWS_ENDPOINT_URL", address), ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")])
}
