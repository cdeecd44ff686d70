//! Tests two branches that each record, in a real git: they merge without a conflict, and every run is there.

use std::fs;
use std::path::Path;
use std::process::Command;

use fanout_record::Run;
use fanout_record::machine::Machine;
use fanout_record::store;
use fanout_record::store::annotation::Annotation;

use crate::fixture::{annotation, machine, run};

/// Runs git in `folder`, without anybody's configuration, and with no repository but the one there.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"GIT_")) {
        git.env_remove(name);
    }
    git.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_EDITOR", "true");
    git.args(["-c", "user.name=test", "-c", "user.email=test@localhost", "-C"]).arg(folder).args(arguments);
    let output = git.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {said}");
    said
}

fn on_branch(folder: &Path, branch: &str, runs: &[Run], annotation: Option<&Annotation>) {
    git(folder, &["switch", "--quiet", "--create", branch, "main"]);
    let results = folder.join("results");
    for run in runs {
        store::put(&results, run).unwrap();
    }
    if let Some(annotation) = annotation {
        store::annotate(&results, annotation).unwrap();
    }
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "--message", branch]);
}

#[test]
fn two_branches_that_each_record_merge_without_a_conflict() {
    let elsewhere = |id: &str| Run { machine: Machine { cores: Some(64), ..machine() }, ..run(id) };
    let sets = [
        ("the same machine", [run("A1"), run("A2")], [run("B1"), run("B2")]),
        ("other machines", [run("A1"), run("A2")], [elsewhere("B1"), elsewhere("B2")]),
        ("both", [run("A1"), elsewhere("A2")], [run("B1"), elsewhere("B2")]),
    ];
    for (what, ours, theirs) in sets {
        // Each set is tried once with a store that is there already, and once with a store that both branches begin.
        for earlier in [vec![run("EARLIER")], vec![]] {
            let repository = tempfile::tempdir().unwrap();
            let (folder, results) = (repository.path(), repository.path().join("results"));
            git(folder, &["init", "--quiet", "--initial-branch=main"]);
            fs::write(folder.join("README.md"), "a project\n").unwrap();
            for run in &earlier {
                store::put(&results, run).unwrap();
            }
            git(folder, &["add", "--all"]);
            git(folder, &["commit", "--quiet", "--message", "begin"]);

            let other = Annotation::new("0123456", "another reason", "somebody else");
            on_branch(folder, "ours", &ours, Some(&annotation()));
            on_branch(folder, "theirs", &theirs, Some(&other));
            git(folder, &["merge", "--quiet", "--no-edit", "ours"]);

            assert_eq!(git(folder, &["status", "--porcelain"]), "", "{what}");
            let store = store::load(&results);
            assert_eq!((&store.bad[..], store.annotations.len()), (&[][..], 2), "{what}");
            let mut ids: Vec<&str> = store.runs.iter().map(|(_, run)| run.id.as_str()).collect();
            ids.sort_unstable();
            let expected: Vec<&str> =
                ["A1", "A2", "B1", "B2"].into_iter().chain(earlier.first().map(|_| "EARLIER")).collect();
            assert_eq!(ids, expected, "{what}");
        }
    }
}

#[test]
fn git_ignores_what_a_killed_writer_left_and_nothing_else() {
    let repository = tempfile::tempdir().unwrap();
    let folder = repository.path();
    git(folder, &["init", "--quiet", "--initial-branch=main"]);
    fs::copy(fanout_record::paths::workspace().join(".gitignore"), folder.join(".gitignore")).unwrap();
    let path = store::put(&folder.join("results"), &run("A")).unwrap();
    for name in [".fanout-A1b2C3.tmp", ".tmpA1b2C3"] {
        fs::write(path.with_file_name(name), "").unwrap();
    }
    fs::write(folder.join(".fanout-D4e5F6.tmp"), "").unwrap();
    git(folder, &["add", "--all"]);
    let machine = format!("results/machines/{}.json", machine().id());
    let run = path.strip_prefix(folder).unwrap().to_str().unwrap();
    assert_eq!(git(folder, &["ls-files"]).lines().collect::<Vec<_>>(), [".gitignore", &machine, run]);
}
