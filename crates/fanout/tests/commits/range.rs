//! A range: the first commit that is slower, or all that it may be.

use serde_json::json;

use crate::compared::{SHORT, json, members};
use crate::repository::{Ended, NO_WORKER, Repository, slower_worker, worker};

/// What a range is said to be, in words and in JSON.
fn searched(repository: &Repository, arguments: &[&str]) -> [Ended; 2] {
    let short = [arguments, &SHORT].concat();
    [repository.compare(&short), repository.compare(&[&short[..], &["--json"]].concat())]
}

#[test]
fn the_first_of_four_commits_that_is_slower_is_named() {
    let repository = Repository::new(&worker());
    let program = |at: usize| if at < 3 { worker() } else { slower_worker("300") };
    let commit = |at: usize| repository.commit(&format!("at{at}"), &format!("// {at}\n{}", program(at)));
    let commits: Vec<String> = (1..=4).map(commit).collect();
    let state = repository.state();
    let [words, found] = searched(&repository, &["one..at4", "--threshold", "50"]);
    assert_eq!((words.code, found.code), (Some(1), Some(1)), "{words:?} {found:?}");
    let named = format!("the first slower commit: {} at3\n", &commits[2][..12]);
    assert!(words.out.contains(&named), "{words:?}");
    // Halving asks of the second and the third.
    assert!(words.err.contains(" at2\n") && !words.err.contains(" at1\n"), "{words:?}");
    let found = json(&found);
    assert_eq!(
        members(&found),
        "among first_regressed from inconclusive outcomes skipped to verdict".split(' ').collect::<Vec<_>>()
    );
    assert_eq!(found["from"], repository.git(&["rev-parse", "one"]));
    assert_eq!((&found["to"], &found["verdict"]), (&json!(commits[3]), &json!("regressed")));
    assert_eq!((&found["first_regressed"], &found["among"]), (&json!(commits[2]), &json!([commits[2]])));
    assert_eq!((&found["outcomes"][0]["verdict"], &found["skipped"]), (&json!("regressed"), &json!([])));
    assert_eq!(repository.state(), state);
}

/// With a commit that does not build, and one that is now slower and now faster.
#[test]
fn what_cannot_be_built_is_skipped_and_what_cannot_be_told_is_said() {
    let repository = Repository::new(&slower_worker("100"));
    let count = repository.note("count");
    let percent = format!(
        "{{ let n: u32 = std::fs::read_to_string({count:?}).map_or(0, |n| n.parse().unwrap()); \
         std::fs::write({count:?}, (n + 1).to_string()).unwrap(); n % 2 * 300 }}"
    );
    let unsteady = repository.commit("unsteady", &slower_worker(&percent));
    let broken = repository.commit("broken", "fn main() { printer(); }\n");
    let slow = repository.commit("slow", &slower_worker("900"));
    let [words, found] = searched(&repository, &["one..slow"]);
    assert_eq!((words.code, found.code), (Some(1), Some(1)), "{words:?} {found:?}");
    let line = |commit: &str, name: &str| format!("\n  {} {name}\n", &commit[..12]);
    let (_, answer) = words.out.split_once("the first slower commit is one of these").unwrap();
    let (among, untold) = answer.split_once("this assumes that these are not slower").unwrap();
    assert!(among.contains(line(&broken, "broken").trim_end()) && among.contains(&line(&slow, "slow")), "{answer}");
    assert!(untold.contains(&line(&unsteady, "unsteady")) && !among.contains("unsteady"), "{answer}");
    assert!(words.err.contains(&format!("skipped: {} broken: ", &broken[..12])), "{words:?}");
    assert!(words.err.contains("printer"), "{words:?}");
    let found = json(&found);
    assert_eq!((&found["first_regressed"], &found["among"]), (&json!(null), &json!([broken, slow])));
    assert_eq!((&found["skipped"], &found["inconclusive"]), (&json!([broken]), &json!([unsteady])));
}

#[test]
fn what_is_no_range_is_refused_and_so_is_a_summary_of_one() {
    let repository = Repository::new(NO_WORKER);
    repository.git(&["checkout", "--quiet", "-b", "side"]);
    repository.commit("aside", &format!("{NO_WORKER}// aside\n"));
    repository.git(&["checkout", "--quiet", "main"]);
    repository.commit("two", &format!("{NO_WORKER}// two\n"));
    for range in ["aside..two", "two..one"] {
        let (from, to) = range.split_once("..").unwrap();
        repository.compare(&[range]).names(&[&format!(" {from} is no ancestor of "), &format!(" {to};")]);
    }
    let refused = |arguments: &[&str], words: &str| {
        let ended = repository.compare(arguments);
        assert!(ended.code == Some(2) && ended.err.contains(words) && ended.out.is_empty(), "{ended:?}");
    };
    refused(&["one...two"], "`one...two` is not a range");
    let summary = repository.note("summary.md");
    let markdown = ["--markdown", summary.to_str().unwrap()];
    refused(&[&["one..two"][..], &markdown].concat(), "unexpected argument '--markdown'");
    refused(&["one", "one..two"], "`one..two` is a range: `cargo fanout bisect one..two`");
    let file = repository.files().join("Cargo.toml");
    let file = file.to_str().unwrap();
    refused(&[file, file], &format!("`cargo fanout diff {file} {file}` compares two recorded runs"));
    assert!(!repository.derived().exists() || repository.listed("programs").is_empty(), "something was built");
}
