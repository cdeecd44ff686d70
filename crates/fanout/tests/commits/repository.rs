//! A repository whose revisions are programs called `fanout`, and `fanout compare` pointed at it.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::unistd::Pid;
use tempfile::TempDir;

use crate::aimed;

/// How long what must happen may take on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(90);

/// A revision that says this, and cannot be measured as a worker.
pub(crate) const NO_WORKER: &str = "fn main() { println!(\"Welcome\"); }\n";

/// How a comparison ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }
}

impl Ended {
    /// Not comparable, with all of these words on standard error.
    #[track_caller]
    pub(crate) fn names(&self, words: &[&str]) {
        assert_eq!(self.code, Some(4), "{self:?}");
        for words in words {
            assert!(self.err.contains(words), "not `{words}`:\n{}", self.err);
        }
    }
}

/// A comparison that runs. Dropping it kills it, where a test fails before its end.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Its process, or its group.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.id()).unwrap())
    }

    /// Waits for its end. What it says must fit into the pipes.
    #[track_caller]
    pub(crate) fn ended(mut self) -> Ended {
        let mut code = None;
        until(|| match self.0.try_wait().unwrap() {
            Some(status) => {
                code = status.code();
                true
            }
            None => false,
        });
        let text = |from: Option<&mut dyn Read>| {
            let mut bytes = Vec::new();
            from.map(|from| from.read_to_end(&mut bytes).unwrap());
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let out = text(self.0.stdout.as_mut().map(|from| from as _));
        let err = text(self.0.stderr.as_mut().map(|from| from as _));
        Ended { code, out, err }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Fails only where it ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A repository, and a target folder of its own; programs in it may leave notes in a third.
pub(crate) struct Repository {
    files: TempDir,
    target: TempDir,
    notes: TempDir,
}

impl Repository {
    /// With one commit, tagged `one`, whose program is this.
    pub(crate) fn new(main: &str) -> Self {
        let folder = || tempfile::tempdir().unwrap();
        let repository = Self { files: folder(), target: folder(), notes: folder() };
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.write(
            "Cargo.toml",
            "[package]\nname = \"fanout\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n",
        );
        repository.write("Cargo.lock", "version = 4\n\n[[package]]\nname = \"fanout\"\nversion = \"0.1.0\"\n");
        repository.commit("one", main);
        repository
    }

    pub(crate) fn files(&self) -> &Path {
        self.files.path()
    }

    /// What `fanout` keeps in the target folder.
    pub(crate) fn derived(&self) -> PathBuf {
        self.target.path().join("fanout")
    }

    /// A file outside of the repository that its programs may write.
    pub(crate) fn note(&self, name: &str) -> PathBuf {
        self.notes.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.files().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Runs git there, with nobody's configuration.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let mut git = Command::new("git");
        without_configuration(&mut git).args(["-c", "user.name=test", "-c", "user.email=test@localhost", "-C"]);
        let output = git.arg(self.files()).args(arguments).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// A revision of this name with this program, and what else was written.
    pub(crate) fn commit(&self, name: &str, main: &str) -> String {
        self.write("src/main.rs", main);
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", name]);
        self.git(&["tag", name]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Everything that git knows of the repository and its files.
    pub(crate) fn state(&self) -> String {
        let asked: [&[&str]; 6] = [
            &["status", "--porcelain", "--ignored", "--branch"],
            &["rev-parse", "HEAD"],
            &["for-each-ref"],
            &["stash", "list"],
            &["worktree", "list"],
            // Objects, packed or not.
            &["count-objects", "--verbose"],
        ];
        asked.map(|arguments| self.git(arguments)).join("\n")
    }

    /// The command `fanout compare` with these arguments, or `fanout bisect` where the first is a range.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let is_range = arguments.first().is_some_and(|argument| argument.contains(".."));
        let verb = if is_range { "bisect" } else { "compare" };
        let mut command = Command::new(env!("CARGO_BIN_EXE_fanout"));
        without_configuration(&mut command).arg(verb).args(arguments);
        aimed::at(&mut command, self.files());
        command.env("CARGO_TARGET_DIR", self.target.path()).stdin(Stdio::null());
        command
    }

    pub(crate) fn compare(&self, arguments: &[&str]) -> Ended {
        self.command(arguments).output().unwrap().into()
    }

    /// Starts it in a process group of its own, as a shell does.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        let mut command = self.command(arguments);
        Running(command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    /// The same, with what it says on standard error in a note.
    pub(crate) fn start_noting(&self, arguments: &[&str], note: &str) -> Running {
        let mut command = self.command(arguments);
        let said = File::create(self.note(note)).unwrap();
        Running(command.process_group(0).stdout(Stdio::piped()).stderr(said).spawn().unwrap())
    }

    /// Waits until a note is there, and reads the number of a process in it.
    pub(crate) fn process(&self, note: &str) -> u32 {
        let path = self.note(note);
        until(|| fs::read_to_string(&path).is_ok_and(|text| text.ends_with('\n')));
        fs::read_to_string(&path).unwrap().trim().parse().unwrap()
    }

    /// What is in a folder of the derived files, hidden ones and all.
    pub(crate) fn listed(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.derived().join(folder)).into_iter().flatten();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Nothing in the derived files is there for a while only.
    #[track_caller]
    pub(crate) fn keeps_nothing_unfinished(&self) {
        let known = ["build", "objects", "programs", "tree", "tree.index", "tree.lock"];
        let all = self.listed(".");
        assert!(all.iter().all(|name| known.contains(&name.as_str())), "{all:?}");
        let programs = self.listed("programs");
        let whole = |name: &String| name.len() == 40 + 1 + 12 && !name.starts_with('.');
        assert!(programs.iter().all(whole), "{programs:?}");
    }
}

/// No variable and no file says anything to git.
fn without_configuration(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"GIT_")) {
        command.env_remove(name);
    }
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null")
}

#[track_caller]
pub(crate) fn until(mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < TIMEOUT, "it never happened");
        sleep(Duration::from_millis(5));
    }
}

/// Rust that writes the number of its process into `path`, whole.
pub(crate) fn leave_note(path: &Path) -> String {
    format!("std::fs::write({path:?}, format!(\"{{}}\\n\", std::process::id())).unwrap();")
}

/// Rust that waits for ever.
pub(crate) const WAIT: &str = "loop { std::thread::sleep(std::time::Duration::from_secs(1)); }";

/// A program that is this `fanout` itself, and with it a worker.
pub(crate) fn worker() -> String {
    worker_with("None::<String>")
}

/// The same as a worker that is slower by so many percent: what `percent` says, which is Rust and gives text.
pub(crate) fn slower_worker(percent: &str) -> String {
    worker_with(&format!("[\"--slower\".to_owned(), {percent}.to_string()]"))
}

/// The same with what this Rust gives as further arguments.
fn worker_with(more: &str) -> String {
    let program = env!("CARGO_BIN_EXE_fanout");
    format!(
        "use std::os::unix::process::CommandExt;\nfn main() {{\n    \
         let arguments = std::env::args_os().skip(1);\n    \
         let more = {more};\n    \
         panic!(\"{{}}\", std::process::Command::new({program:?}).args(arguments).args(more).exec());\n}}\n"
    )
}
