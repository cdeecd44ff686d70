//! Builds that can't be measured: from before workers, of another version, or silent.

use fanout_conformance::leak_checks::runs;

use crate::repository::{NO_WORKER, Repository, WAIT, leave_note, worker};

/// Compares a worker with this program, on either side.
#[track_caller]
fn refused(main: &str, words: &[&str]) {
    let repository = Repository::new(&worker());
    repository.commit("other", main);
    for (sides, label) in [(["one", "other"], "B (other)"), (["other", "one"], "A (other)")] {
        let ended = repository.compare(&sides);
        ended.names(&[label, " other cannot be measured as a worker", "version 2 to 4 of the worker protocol"]);
        ended.names(words);
        assert!(ended.out.is_empty(), "something was measured: {}", ended.out);
    }
    repository.keeps_nothing_unfinished();
}

#[test]
fn a_program_from_before_workers_takes_the_role_for_a_wrong_argument() {
    let main = "fn main() { eprintln!(\"error: unrecognized subcommand\"); std::process::exit(2); }\n";
    refused(main, &["ended (exit status: 2)", "unrecognized subcommand"]);
}

#[test]
fn a_program_that_says_something_else_is_quoted() {
    refused(NO_WORKER, &["not of the worker protocol", "Welcome"]);
}

#[test]
fn another_version_of_the_protocol_is_named() {
    let main = r#"fn main() { println!("{{\"hello\":{{\"protocol\":1}}}}"); }"#;
    refused(main, &["it speaks an older version of the worker protocol, 1; this program speaks 2 to 4"]);
}

/// Silent, or in the middle of a line; it does not see that its input ended.
#[test]
fn a_program_that_never_answers_is_given_up_and_ended() {
    for begun in ["", "print!(\"Continue? [y/n] \"); std::io::Write::flush(&mut std::io::stdout()).unwrap();"] {
        let repository = Repository::new(NO_WORKER);
        let note = leave_note(&repository.note("process"));
        repository.commit("silent", &format!("fn main() {{ {begun} {note} {WAIT} }}"));
        let ended = repository.compare(&["silent", "one"]);
        ended.names(&["A (silent)", "did not answer within 1", "version 2 to 4 of the worker protocol"]);
        assert!(!runs(repository.process("process")), "it was left behind");
    }
}
