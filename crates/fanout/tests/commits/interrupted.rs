//! Interrupted, at any time and in any way: it ends with code 130, with all that it started, and leaves nothing.

use std::os::unix::fs::PermissionsExt;

use fanout_conformance::leak_checks::{children_of, runs};
use nix::sys::signal::{Signal, kill, killpg};

use crate::repository::{NO_WORKER, Repository, WAIT, leave_note, until, worker};

/// How to interrupt.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// As `kill` does.
    One(Signal),
    /// As a terminal does: everybody in the group.
    Group(Signal),
}

const WAYS: [Way; 3] = [Way::One(Signal::SIGINT), Way::One(Signal::SIGTERM), Way::Group(Signal::SIGINT)];

/// Compares these, waits until `processes` gives some, and interrupts. None of them may be left.
#[track_caller]
fn interrupted(repository: &Repository, sides: &[&str], way: Way, mut processes: impl FnMut(u32) -> Vec<u32>) {
    let state = repository.state();
    let child = repository.start(sides);
    let mut all = Vec::new();
    until(|| {
        all = processes(child.id());
        !all.is_empty()
    });
    let id = child.pid();
    match way {
        Way::One(signal) => kill(id, signal).unwrap(),
        Way::Group(signal) => killpg(id, signal).unwrap(),
    }
    let ended = child.ended();
    assert_eq!(ended.code, Some(130), "{way:?}: {ended:?}");
    assert!(ended.err.ends_with("interrupted\n") && !ended.err.contains("error: "), "{way:?}: {ended:?}");
    // What was killed at the end may be on its way out still.
    until(|| !all.iter().any(|id| runs(*id)));
    repository.keeps_nothing_unfinished();
    assert_eq!(repository.state(), state, "{way:?}");
}

/// The process in a note, and those of the programs between it and the comparison.
fn noted(repository: &Repository, note: &str, top: u32) -> Vec<u32> {
    if !repository.note(note).exists() {
        return Vec::new();
    }
    let mut all = vec![repository.process(note)];
    let mut parents = children_of(top);
    while let Some(id) = parents.pop() {
        parents.extend(children_of(id));
        all.push(id);
    }
    all
}

#[test]
fn while_git_checks_out() {
    for way in WAYS {
        let repository = Repository::new(NO_WORKER);
        let note = repository.note("process");
        // git waits for a filter that never ends; "a" is there by then, and no checkout knows of it.
        repository.write(".gitattributes", "slow filter=slow\n");
        repository.write("a", "left");
        repository.write("slow", "");
        repository.commit("slow", NO_WORKER);
        repository.git(&["config", "filter.slow.smudge", &format!("echo $$ > '{}'; sleep 600", note.display())]);
        repository.git(&["config", "filter.slow.clean", "cat"]);
        interrupted(&repository, &["slow", "one"], way, |id| noted(&repository, "process", id));
        // The next one is as if nothing had been.
        repository.compare(&["one", "slow"]).names(&["A (one)", "cannot be measured as a worker"]);
        assert!(!repository.derived().join("tree/a").exists(), "a file of another revision");
    }
}

/// What of a build never ends.
#[derive(Clone, Copy, Debug)]
enum Part {
    Script,
    Linking,
}

/// A repository whose second revision builds for ever; the process that does not end is noted.
fn building(part: Part) -> Repository {
    let repository = Repository::new(NO_WORKER);
    match part {
        Part::Script => {
            let note = leave_note(&repository.note("process"));
            repository.write("build.rs", &format!("fn main() {{ {note} {WAIT} }}\n"));
        }
        Part::Linking => {
            let linker = repository.note("linker");
            let note = repository.note("process");
            std::fs::write(&linker, format!("#!/bin/sh\nmktemp\necho $$ > '{}'\nsleep 600\n", note.display()))
                .unwrap();
            std::fs::set_permissions(&linker, PermissionsExt::from_mode(0o755)).unwrap();
            let config = format!("[build]\nrustflags = [\"-Clinker={}\"]\n", linker.display());
            repository.write(".cargo/config.toml", &config);
        }
    }
    repository.commit("slow", NO_WORKER);
    repository
}

#[test]
fn while_cargo_builds() {
    for part in [Part::Script, Part::Linking] {
        for way in WAYS {
            let repository = building(part);
            interrupted(&repository, &["slow", "one"], way, |id| noted(&repository, "process", id));
            let places = repository.listed("build").into_iter();
            let places =
                places.flat_map(|place| [format!("build/{place}/deps"), format!("build/{place}/release/deps")]);
            let places: Vec<String> = places.filter(|place| repository.derived().join(place).is_dir()).collect();
            assert!(!places.is_empty(), "{part:?} {way:?}: nothing was built");
            let unlinked =
                places.iter().flat_map(|place| repository.listed(place)).filter(|it| it.starts_with("rustc"));
            assert_eq!(unlinked.collect::<Vec<_>>(), [""; 0], "{part:?} {way:?}");
            repository.compare(&["one", "slow"]).names(&["A (one)", "cannot be measured as a worker"]);
        }
    }
}

/// After a kill nobody is left who could end the build, but for the build itself.
#[test]
fn a_build_ends_also_when_the_comparison_is_killed() {
    let repository = building(Part::Script);
    let child = repository.start(&["slow", "one"]);
    let script = repository.process("process");
    let all = noted(&repository, "process", child.id());
    assert!(all.len() > 3 && all.contains(&script), "{all:?}");
    kill(child.pid(), Signal::SIGKILL).unwrap();
    drop(child);
    until(|| !all.iter().any(|id| runs(*id)));
    repository.compare(&["one", "slow"]).names(&["A (one)", "cannot be measured as a worker"]);
    repository.keeps_nothing_unfinished();
}

#[test]
fn while_measuring() {
    let repository = Repository::new(&worker());
    repository.commit("two", &format!("// Another.\n{}", worker()));
    for way in WAYS {
        // The server, and the three workers of a session.
        interrupted(&repository, &["one", "two"], way, |id| {
            let children = children_of(id);
            if children.len() == 4 { children } else { Vec::new() }
        });
    }
}

/// It answers until it is to run something, and does not see that its input ended.
#[test]
fn while_a_build_hangs_in_the_middle_of_measuring() {
    let repository = Repository::new(&worker());
    let note = leave_note(&repository.note("process"));
    let main = format!(
        "fn main() {{
    let mut lines = std::io::stdin().lines();
    println!(\"{{{{\\\"hello\\\":{{{{\\\"protocol\\\":2}}}}}}}}\");
    while lines.next().unwrap().unwrap().contains(\"prepare\") {{ println!(\"\\\"prepared\\\"\"); }}
    {note}
    {WAIT}
}}
"
    );
    repository.commit("hangs", &main);
    interrupted(&repository, &["one", "hangs"], Way::One(Signal::SIGINT), |id| noted(&repository, "process", id));
}
