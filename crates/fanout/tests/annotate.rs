//! `fanout annotate` as a user has it, in a real git: what a revision becomes, what the history makes of it, what is
//! refused.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod aimed;
#[path = "../../report/tests/history/fixture.rs"]
#[expect(dead_code, reason = "the tests of the page need more of it")]
mod fixture;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use fanout_record::paths::results;
use fanout_record::store::annotation::Annotation;
use fanout_record::{read, store};
use serde_json::{Value, json};
use tempfile::TempDir;

use aimed::{git, unconfigured};
use fixture::{Kept, stepped};

fn said(command: &mut Command) -> (Option<i32>, String, String) {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim_end().to_owned();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// A commit without a run, the parent of one that has.
const UNMEASURED: &str = "fedcba9876543210fedcba9876543210fedcba98";

/// A repository of three commits, the second with a tag, and a store in which that one made a model slower.
struct Measured {
    repository: TempDir,
    kept: Kept,
    commits: Vec<String>,
}

impl Measured {
    fn new() -> Self {
        let repository = tempfile::tempdir().unwrap();
        let commits = aimed::repository(repository.path(), 3);
        git(repository.path(), &["config", "user.name", "A. Nonymous"]);
        git(repository.path(), &["tag", "--annotate", "--message", "the second", "v2", "main^"]);

        let mut runs = stepped(40, 25);
        for (run, commit) in runs[24..27].iter_mut().zip(&commits) {
            run["source"]["commit"] = json!(commit);
            run["source"]["parent"] = json!(UNMEASURED);
        }
        Self { repository, kept: Kept::new(&runs), commits }
    }

    fn fanout(&self, arguments: &[&str]) -> Command {
        let mut command = unconfigured(env!("CARGO_BIN_EXE_fanout"));
        aimed::at(&mut command, self.repository.path());
        command.args(arguments).arg("--results").arg(self.kept.results());
        command.env("CARGO_TARGET_DIR", self.kept.folder.path().join("target"));
        command
    }

    /// What `annotate` with these arguments wrote, and what it noted.
    fn annotate(&self, arguments: &[&str]) -> (PathBuf, Annotation, String) {
        let (code, out, err) =
            said(&mut self.fanout(&[&["annotate", "--because", "it reads safely"], arguments].concat()));
        assert_eq!((code, out.lines().count()), (Some(0), 1), "{arguments:?}: {err}");
        let path = PathBuf::from(out);
        let read = read::annotation(&path).unwrap();
        (path, read, err)
    }

    /// What the history's page says once this was annotated, and nothing else.
    fn page(&self, arguments: &[&str]) -> String {
        let (path, _, notes) = self.annotate(arguments);
        assert_eq!(notes, "", "{arguments:?}");
        let (code, out, err) = said(&mut self.fanout(&["history"]));
        assert_eq!((code, err.as_str()), (Some(0), ""));
        fs::remove_file(path).unwrap();
        fs::read_to_string(out).unwrap()
    }

    fn annotations(&self) -> usize {
        store::annotations(&self.kept.results()).0.len()
    }
}

#[test]
fn a_revision_becomes_the_whole_id_in_a_file_of_the_store_that_the_schema_allows() {
    let schema = fs::read(results().join("schema/annotation.v1.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&serde_json::from_slice(&schema).unwrap()).unwrap();
    let measured = Measured::new();
    let [one, two, three] = &measured.commits[..] else { panic!("{:?}", measured.commits) };
    for (revision, id) in [("HEAD", three), ("main~2", one), ("v2", two), (&two[..7], two), (three, three)] {
        let (path, read, err) = measured.annotate(&[revision]);
        assert_eq!((&read.commit, read.who.as_str(), err.as_str()), (id, "A. Nonymous", ""), "{revision}");
        assert_eq!((read.reason.as_str(), read.after, read.model), ("it reads safely", None, None));
        let written: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert!(schema.is_valid(&written), "{written}");
    }
    let machine = measured.kept.history().groups[0].id.clone();
    let all = ["v2", "--after", "v2^", "--model", "thread-pool", "--question", "server_delay", "--machine", &machine];
    let (path, read, _) = measured.annotate(&[&all[..], &["--who", "somebody else"]].concat());
    let limits = [read.after, read.model, read.question, read.machine].map(Option::unwrap);
    assert_eq!(limits, [one, "thread-pool", "server_delay", &machine]);
    assert_eq!(read.who, "somebody else");
    assert!(schema.is_valid(&serde_json::from_slice(&fs::read(&path).unwrap()).unwrap()));

    let store = store::load(&measured.kept.results());
    assert_eq!((store.bad, store.annotations.len()), (vec![], 6));
}

#[test]
fn the_history_accepts_the_change_that_is_meant_and_tells_the_others_apart() {
    let measured = Measured::new();
    let because = "ccepted by A. Nonymous: it reads safely";
    for means_it in [&["v2"][..], &["HEAD", "--after", "main~2"], &["v2", "--question", "server_delay"]] {
        let page = measured.page(means_it);
        assert!(page.contains("1 change, 1 accepted") && page.contains(because), "{means_it:?}");
    }
    for other in [&["HEAD"][..], &["main~2"], &["HEAD", "--after", "v2"]] {
        let page = measured.page(other);
        assert!(page.contains("1 change, 0 accepted") && !page.contains(because), "{other:?}");
        assert!(
            page.contains("1 annotation for a change that is not marked") && page.contains("it reads safely"),
            "{other:?}"
        );
    }
}

#[test]
fn what_no_run_has_is_written_all_the_same_with_a_note() {
    let measured = Measured::new();
    let cases = [
        (&["v2", "--question", "serverdelay"][..], "the question `serverdelay`; recorded: server_delay"),
        (&["v2", "--machine", "000000000000"], "the machine `000000000000`; recorded: "),
        (&["v2", "--model", "hyper"], "the model `hyper`; recorded: moved, steady"),
        (&["abcdef0123"], "no recorded run is of abcdef0123 or of its child"),
    ];
    for (n, (arguments, note)) in cases.into_iter().enumerate() {
        let (_, _, err) = measured.annotate(arguments);
        assert!(err.lines().all(|line| line.starts_with("note: ")) && err.contains(note), "{arguments:?}: {err}");
        assert_eq!(measured.annotations(), n + 1);
    }
    // Of commits of which one is recorded, it is known where they lie.
    for placed in [&["abcdef0123", "--after", "main~2"][..], &[&UNMEASURED[..9]], &[UNMEASURED]] {
        let (_, _, err) = measured.annotate(placed);
        assert!(!err.contains("no recorded run"), "{placed:?}: {err}");
    }

    fs::remove_dir_all(measured.kept.results()).unwrap();
    let (_, _, err) = measured.annotate(&["v2", "--model", "hyper"]);
    assert!(err.contains("no recorded run is of") && err.contains("recorded: nothing"), "{err}");
}

#[test]
fn what_cannot_be_is_refused_with_the_reason_and_nothing_is_written() {
    let measured = Measured::new();
    let cases = [
        (&["v3", "--because", "x"][..], "`v3`: there is no such commit here"),
        (&["abcdef", "--because", "x"], "here; to name a commit of another clone, give 7 to 64 hexadecimal digits"),
        (&["--help-me", "--because", "x"], "--help-me"),
        (&["v2"], "--because"),
        (&["v2", "--because", " "], "it is empty"),
        (&["v2", "--because", "x", "--model", "thread_pool"], "did you mean `thread-pool`?"),
        (&["v2", "--because", "x", "--after", "v3"], "`v3`: "),
        (&["v2", "--because", "x", "--after", "HEAD"], "no commit is in"),
        (&["v2", "--because", "x", "--after", "v2"], "no commit is in"),
    ];
    for (arguments, reason) in cases {
        let (code, out, err) = said(&mut measured.fanout(&[&["annotate"], arguments].concat()));
        assert!(code == Some(2) && out.is_empty() && err.contains(reason), "{arguments:?}: {code:?} {err}");
    }
    let blocked = measured.kept.results().join("annotations");
    assert!(!blocked.exists());
    fs::write(&blocked, "what was there").unwrap();
    let (code, out, err) = said(&mut measured.fanout(&["annotate", "v2", "--because", "x"]));
    assert!(code == Some(2) && out.is_empty() && err.contains("cannot write to"), "{err}");
    assert_eq!(fs::read_to_string(&blocked).unwrap(), "what was there");
}

#[test]
fn where_git_knows_no_name_one_must_be_given() {
    let measured = Measured::new();
    git(measured.repository.path(), &["config", "--unset", "user.name"]);
    let (code, out, err) = said(&mut measured.fanout(&["annotate", "v2", "--because", "x"]));
    assert!(code == Some(2) && out.is_empty() && err.contains("--who"), "{err}");
    assert_eq!(measured.annotations(), 0);
    assert_eq!(measured.annotate(&["v2", "--who", "somebody"]).1.who, "somebody");
}

#[test]
fn where_git_says_nothing_of_commits_digits_are_taken_as_they_are_written_and_its_words_are_told() {
    let measured = Measured::new();
    let empty = tempfile::tempdir().unwrap();
    let cases =
        [("PATH", empty.path(), "cannot run git: No such file"), ("AIMED_AT", empty.path(), "not a git repository")];
    for (variable, value, words) in cases {
        let annotate = |revision: &str| {
            let arguments = ["annotate", revision, "--because", "x", "--who", "somebody"];
            said(measured.fanout(&arguments).env(variable, value))
        };
        let two = &measured.commits[1];
        for (written, taken) in [(two.as_str(), two.as_str()), (&two[..9], &two[..9]), ("ABCDEF0123", "abcdef0123")] {
            let (code, out, err) = annotate(written);
            assert!(code == Some(0) && err.contains("is taken as it is written: ") && err.contains(words), "{err}");
            assert_eq!(read::annotation(Path::new(&out)).unwrap().commit, taken, "{variable}");
            // A run knows its commit by the whole id.
            assert_eq!(err.contains("no recorded run"), written == "ABCDEF0123", "{variable} {err}");
        }
        for written in ["v2", "HEAD"] {
            let (code, out, err) = annotate(written);
            assert!(code == Some(2) && out.is_empty() && err.contains(words), "{variable} {err}");
        }
        let (code, out, err) = said(measured.fanout(&["annotate", two, "--because", "x"]).env(variable, value));
        assert!(code == Some(2) && out.is_empty() && err.contains("with --who"), "{variable} {err}");
    }
}

#[test]
fn a_repository_that_git_does_not_trust_is_said_with_gits_remedy() {
    let measured = Measured::new();
    let mut command = measured.fanout(&["annotate", "HEAD", "--because", "x", "--who", "y"]);
    // git's own tests have this variable, for a repository of another owner.
    let (code, out, err) = said(command.env("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1"));
    assert!(code == Some(2) && out.is_empty(), "{err}");
    assert!(err.contains("dubious ownership") && err.contains("--add safe.directory"), "{err}");
}

#[test]
fn a_revision_is_one_of_this_repository_whatever_repository_variables_name() {
    let measured = Measured::new();
    let mut command = unconfigured(env!("CARGO_BIN_EXE_fanout"));
    command.args(["annotate", "v2", "--because", "x", "--who", "y", "--results"]).arg(measured.kept.results());
    let (code, out, err) = said(command.env("GIT_DIR", measured.repository.path()));
    assert!(code == Some(2) && out.is_empty() && err.contains("`v2`: "), "{err}");
    assert_eq!(measured.annotations(), 0);
}
