//! Notices, in words, about the run files that a history cannot use, and about those whose clock is wrong. A notice
//! is one line about one file.

use fanout_analysis::history::{Contradiction, History, WrongClock};

/// Returns all notices about a history, in the order of the files.
#[must_use]
pub fn of(history: &History) -> Vec<String> {
    let bad = history.bad.iter().map(|bad| (&bad.path, bad.to_string()));
    let debug = history.debug_builds.iter().map(|path| {
        let reason = "is not used: the program was built without optimisation, so that its times mean nothing";
        (path, format!("{} {reason}", path.display()))
    });
    let clocks = history.wrong_clocks.iter().map(|wrong| (&wrong.path, clock(wrong)));
    let mut notices: Vec<_> = bad.chain(debug).chain(clocks).collect();
    notices.sort();
    notices.into_iter().map(|(_, said)| said).collect()
}

fn clock(wrong: &WrongClock) -> String {
    let (path, began) = (wrong.path.display(), &wrong.began);
    let placed = if wrong.commit_is_known {
        "the history places the run by its commit"
    } else {
        "the history places the run by that clock"
    };
    match wrong.contradiction {
        Contradiction::Ahead(now) => format!(
            "{path} is used, though it says that it began at {began}, and now it is {now:.0}: the clock of its \
             machine, or of this one, is wrong; {placed}"
        ),
        Contradiction::BeforeCommit(made) => format!(
            "{path} is used, though it says that it began at {began}, and its commit was made at {made:.0}: the \
             clock of its machine, or the clock of the machine that made the commit, was wrong; {placed}"
        ),
    }
}
