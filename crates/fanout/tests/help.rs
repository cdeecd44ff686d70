//! The help of every verb, as a snapshot: a change of words is seen in review. After a change on purpose,
//! `INSTA_UPDATE=always cargo test -p fanout --test help` writes the snapshots anew.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::process::Command;

/// What a program prints to standard output, which is its help.
fn help(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_fanout")).args(arguments).arg("--help").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_help_lists_the_verbs_and_what_exit_codes_mean() {
    insta::assert_snapshot!("fanout", help(&[]));
}

#[test]
fn the_help_of_every_verb_says_what_it_does() {
    let all = help(&[]);
    let (_, verbs) = all.split_once("Commands:\n").unwrap();
    // A verb is indented by two spaces, and the lines that continue its description by more.
    let entries = verbs.lines().take_while(|line| !line.is_empty());
    let verbs: Vec<&str> = entries
        .filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' '))?.split_whitespace().next())
        .collect();
    assert!(verbs.len() > 10, "{verbs:?}");
    for verb in verbs.into_iter().filter(|verb| *verb != "help") {
        insta::assert_snapshot!(verb, help(&[verb]));
    }
}
