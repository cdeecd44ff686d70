//! Tests commits as files and as programs, with real git and real cargo, in repositories that are made for the tests.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use fanout_compare::build;
use fanout_compare::build::tree::{Tree, WORKING_TREE};
use tempfile::TempDir;

/// A repository with a package that has the same name as ours, and a folder for what is derived from it.
struct Repository {
    folder: TempDir,
    derived: TempDir,
}

impl Repository {
    fn new() -> Self {
        let repository = Self { folder: tempfile::tempdir().unwrap(), derived: tempfile::tempdir().unwrap() };
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.write(".gitignore", "/target\n");
        repository.write(
            "Cargo.toml",
            "[package]\nname = \"fanout\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n",
        );
        repository.write("Cargo.lock", "version = 4\n\n[[package]]\nname = \"fanout\"\nversion = \"0.1.0\"\n");
        repository.write("src/main.rs", "fn main() { println!(\"one\"); }\n");
        repository.commit("one");
        repository
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn git(&self, arguments: &[&str]) -> String {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=test", "-c", "user.email=test@localhost", "-C"]).arg(self.folder.path());
        let output = git.args(arguments).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    fn tree(&self) -> Tree {
        Tree::new(self.folder.path(), self.derived.path()).unwrap()
    }

    fn program(&self, commit: &str) -> anyhow::Result<PathBuf> {
        build::program(&self.tree(), commit, self.derived.path())
    }

    /// Builds a commit and returns what its program prints.
    fn said(&self, commit: &str) -> anyhow::Result<String> {
        let program = self.program(commit)?;
        Ok(String::from_utf8(Command::new(program).output()?.stdout)?.trim_end().to_owned())
    }
}

/// These variables say which repository a child works in, where it keeps its files, and which revision it builds.
const REPOSITORY: &str = "COMPARE_TEST_REPOSITORY";
const DERIVED: &str = "COMPARE_TEST_DERIVED";
const REVISION: &str = "COMPARE_TEST_REVISION";

/// This is no test. It is what a child with variables of its own does: it builds a revision and runs it.
#[test]
fn as_a_child() {
    let Some(repository) = env::var_os(REPOSITORY) else { return };
    let derived = PathBuf::from(env::var_os(DERIVED).unwrap());
    let run = || -> anyhow::Result<String> {
        let tree = Tree::new(Path::new(&repository), &derived)?;
        let commit = tree.commit(&env::var(REVISION)?)?;
        let program = build::program(&tree, &commit, &derived)?;
        let said = String::from_utf8(Command::new(program).output()?.stdout)?;
        Ok(format!("{} says {}", tree.describe(&commit), said.trim_end()))
    };
    println!("\nchild: {}", run().unwrap_or_else(|error| format!("{error:#}").replace('\n', " ")));
}

/// Returns what a child with these variables makes of a revision, in a line.
fn child(repository: &Repository, revision: &str, variables: &[(&str, &str)]) -> String {
    let mut child = Command::new(env::current_exe().unwrap());
    child.args(["--exact", "as_a_child", "--nocapture"]).stdin(Stdio::null()).env(REVISION, revision);
    child.env(REPOSITORY, repository.folder.path()).env(DERIVED, repository.derived.path());
    child.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    let output = child.envs(variables.iter().copied()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().find_map(|line| Some(line.split_once("child: ")?.1.to_owned())).unwrap()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn the_files_as_they_are_become_a_commit_that_nobody_else_sees() {
    let repository = Repository::new();
    let head = repository.git(&["rev-parse", "HEAD"]);
    repository.write("src/main.rs", "fn main() { println!(\"changed\"); }\n");
    repository.write("src/new.rs", "// not yet added\n");
    repository.write("target/junk", "ignored\n");
    repository.git(&["add", "src/main.rs"]);
    let status = repository.git(&["status", "--porcelain"]);

    let tree = repository.tree();
    let snapshot = tree.commit(WORKING_TREE).unwrap();
    assert_eq!(tree.commit(WORKING_TREE).unwrap(), snapshot, "the same files are another commit");
    tree.check_out(&snapshot).unwrap();
    assert!(read(&tree.folder().join("src/main.rs")).contains("changed"));
    assert!(tree.folder().join("src/new.rs").is_file() && !tree.folder().join("target").exists());

    // Nothing in the repository says that this happened.
    assert_eq!(repository.git(&["status", "--porcelain"]), status);
    assert_eq!(repository.git(&["rev-parse", "HEAD"]), head);
    assert_eq!(repository.git(&["branch", "--list"]), "* main");
    assert_eq!(repository.git(&["worktree", "list"]).lines().count(), 1);
    assert_eq!(repository.git(&["stash", "list"]), "");
}

#[test]
fn one_commit_after_the_other_is_checked_out_and_what_did_not_change_is_not_touched() {
    let repository = Repository::new();
    let one = repository.git(&["rev-parse", "HEAD"]);
    repository.write("src/other.rs", "// two\n");
    fs::remove_file(repository.path(".gitignore")).unwrap();
    let two = repository.commit("two");
    let tree = repository.tree();
    let file = |name: &str| tree.folder().join(name);
    tree.check_out(&one).unwrap();
    let before = fs::metadata(file("src/main.rs")).unwrap().modified().unwrap();
    tree.check_out(&two).unwrap();
    assert!(file("src/other.rs").is_file() && !file(".gitignore").exists());
    assert_eq!(fs::metadata(file("src/main.rs")).unwrap().modified().unwrap(), before);
    // An interrupted checkout leaves the tree like this.
    fs::write(repository.derived.path().join("tree.index.lock"), "").unwrap();
    fs::write(file("src/main.rs"), "half").unwrap();
    tree.check_out(&one).unwrap();
    assert!(read(&file("src/main.rs")).contains("one") && !file("src/other.rs").exists());
    assert_eq!(tree.between(&one, &two).unwrap(), std::slice::from_ref(&two));
    assert!(tree.describe(&two).ends_with(" two"), "{}", tree.describe(&two));
}

#[test]
fn what_is_not_there_is_named() {
    let repository = Repository::new();
    let error = repository.tree().commit("no-such-branch").unwrap_err();
    assert!(format!("{error:#}").contains("no revision `no-such-branch`"), "{error:#}");
    let error = repository.tree().commit("--help").unwrap_err();
    assert!(format!("{error:#}").contains("no revision `--help`"), "{error:#}");
    let nowhere = tempfile::tempdir().unwrap();
    let error = Tree::new(nowhere.path(), nowhere.path()).unwrap_err();
    assert!(format!("{error:#}").contains("needs git and a repository"), "{error:#}");
}

#[test]
fn each_commit_is_a_program_of_its_own_and_one_that_does_not_build_says_why() {
    let repository = Repository::new();
    let one = repository.git(&["rev-parse", "HEAD"]);
    repository.write("src/main.rs", "fn main() { println!(\"two\"); }\n");
    let two = repository.commit("two");
    repository.write("src/main.rs", "fn main() { printer(); }\n");
    let broken = repository.commit("three");
    repository.write("src/main.rs", "fn main() { println!(\"four\"); }\n");
    let now = repository.tree().commit(WORKING_TREE).unwrap();
    assert_eq!(repository.said(&two).unwrap(), "two");
    assert_eq!(repository.said(&one).unwrap(), "one");
    assert_eq!(repository.said(&now).unwrap(), "four");
    let error = format!("{:#}", repository.said(&broken).unwrap_err());
    assert!(error.contains("three") && error.contains("error[E0425]") && error.contains("printer"), "{error}");
    // The programs were kept, so nothing is built any more.
    fs::remove_dir_all(repository.derived.path().join("build")).unwrap();
    assert_eq!(repository.said(&two).unwrap(), "two");
    let kept = fs::read_dir(repository.derived.path().join("programs")).unwrap().count();
    assert_eq!(kept, 3, "something of the failed build was left");
}

#[test]
fn the_programs_that_were_used_last_are_kept() {
    let repository = Repository::new();
    let one = repository.git(&["rev-parse", "HEAD"]);
    repository.write("src/main.rs", "fn main() { println!(\"two\"); }\n");
    let two = repository.commit("two");
    let programs = repository.derived.path().join("programs");
    // All programs were used long ago, except those that are used below.
    let aged = |program: &Path, seconds| {
        let file = fs::File::options().append(true).create(true).open(program).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
    };
    let other = |i: u64| programs.join(format!("other-{i}"));
    aged(&repository.program(&one).unwrap(), 1);
    (10..40).for_each(|i| aged(&other(i), i));
    let used = [repository.program(&one).unwrap(), repository.program(&two).unwrap()];
    let mut kept: Vec<PathBuf> = fs::read_dir(&programs).unwrap().map(|entry| entry.unwrap().path()).collect();
    kept.sort();
    let mut expected: Vec<PathBuf> = (26..40).map(other).chain(used).collect();
    expected.sort();
    assert_eq!(kept, expected);
}

/// Otherwise, the program of another commit would be taken for this one's.
#[test]
fn a_commit_that_asks_for_another_target_or_compiler_is_built_as_the_other_side_is() {
    let repository = Repository::new();
    let one = repository.git(&["rev-parse", "HEAD"]);
    repository.write("src/main.rs", "fn main() { println!(\"two\"); }\n");
    repository.write(".cargo/config.toml", "[build]\ntarget = \"no-such-target\"\n");
    repository.write("rust-toolchain.toml", "[toolchain]\nchannel = \"1.0.0\"\n");
    let two = repository.commit("two");
    assert_eq!(repository.said(&one).unwrap(), "one");
    assert_eq!(repository.said(&two).unwrap(), "two");
}

#[test]
fn commits_are_those_of_the_repository_that_is_compared_whatever_repository_variables_name() {
    let (ours, theirs) = (Repository::new(), Repository::new());
    theirs.write("src/main.rs", "fn main() { println!(\"theirs\"); }\n");
    theirs.commit("theirs");
    theirs.git(&["tag", "only-theirs"]);
    let path = |name: &str| theirs.path(name).to_str().unwrap().to_owned();
    let (git, index, files) = (path(".git"), path(".git/index"), path(""));
    let hook = [("GIT_DIR", git.as_str()), ("GIT_INDEX_FILE", &index), ("GIT_WORK_TREE", &files), ("GIT_PREFIX", "")];
    let ways = [&hook[..], &hook[..1], &hook[1..2], &hook[2..3], &[("GIT_LITERAL_PATHSPECS", "1")]];
    for variables in ways {
        for revision in ["HEAD", WORKING_TREE] {
            let said = child(&ours, revision, variables);
            assert!(said.ends_with(" says one"), "{revision} with {variables:?}: {said}");
        }
        let said = child(&ours, "only-theirs", variables);
        assert!(said.contains("there is no revision `only-theirs` here"), "{variables:?}: {said}");
    }
}

#[test]
fn what_git_objects_to_is_said_in_its_own_words() {
    let repository = Repository::new();
    let said = child(&repository, "HEAD", &[("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")]);
    let words = ["needs git and a repository", "dubious ownership", "git config --global --add safe.directory"];
    assert!(words.iter().all(|words| said.contains(words)), "{said}");
    let said = child(&repository, "no-such-branch", &[]);
    assert!(said.contains("there is no revision `no-such-branch` here: fatal: bad revision"), "{said}");
    let head = repository.git(&["rev-parse", "HEAD"]);
    fs::remove_dir_all(repository.path(".git/objects").join(&head[..2])).unwrap();
    let said = child(&repository, "HEAD", &[]);
    assert!(said.contains("there is no revision `HEAD` here: fatal: bad object HEAD"), "{said}");
}

/// Otherwise, a program that was built with other flags would be taken for one of the two sides.
#[test]
fn a_program_that_was_built_with_other_flags_is_not_taken_for_the_one_that_is_asked_for() {
    let repository = Repository::new();
    repository
        .write("src/main.rs", "fn main() { println!(\"{}\", if cfg!(other) { \"other\" } else { \"usual\" }); }\n");
    let script = r#"fn main() {
        println!("cargo::rustc-check-cfg=cfg(other)");
        for name in ["CFLAGS", "TARGET_CFLAGS", "CC_x86_64_unknown_linux_gnu"] {
            println!("cargo::rerun-if-env-changed={name}");
            if std::env::var_os(name).is_some() { println!("cargo::rustc-cfg=other"); }
        }
    }"#;
    repository.write("build.rs", script);
    repository.commit("two");
    let rustc = Command::new("rustc").arg("-vV").output().unwrap();
    let version = String::from_utf8(rustc.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let of_target = format!("CARGO_TARGET_{}_RUSTFLAGS", host.to_uppercase().replace('-', "_"));
    let flags = "--cfg other";
    let ways = [("RUSTFLAGS", flags), (&of_target, flags), ("CFLAGS", "-O1"), ("TARGET_CFLAGS", "-O1")];
    let compiler = [("CC_x86_64_unknown_linux_gnu", "cc")];
    assert!(child(&repository, "HEAD", &[]).ends_with("two says usual"));
    for variable in ways.into_iter().chain(compiler) {
        let said = child(&repository, "HEAD", &[variable]);
        assert!(said.ends_with("two says other"), "{variable:?}: {said}");
    }
    assert!(child(&repository, "HEAD", &[]).ends_with("two says usual"));
}
