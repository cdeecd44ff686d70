//! Tests the exit codes and the words for outcomes that are known.

use std::process::ExitCode;

use fanout_analysis::verdict::Verdict::{self, Equivalent, Improved, Inconclusive, Regressed};
use fanout_compare::comparison::PairOutcome;
use fanout_compare::summary::{conclusion, exit_code};

/// Makes the outcome of a model that could be measured, or of one that could not.
fn outcome(verdict: Option<Verdict>) -> PairOutcome {
    let unable = PairOutcome::unable("m", "s", "it did not start");
    match verdict {
        Some(verdict) => PairOutcome { verdict, failure: None, ..unable },
        None => unable,
    }
}

#[test]
fn the_exit_code_is_that_of_the_worst_and_a_failure_hides_nothing_but_a_regression() {
    let told = |code: u8, verdicts: &[Option<Verdict>], words: &str| {
        let outcomes: Vec<PairOutcome> = verdicts.iter().map(|verdict| outcome(*verdict)).collect();
        // Exit codes can't be compared, so their debug texts are.
        assert_eq!(format!("{:?}", exit_code(&outcomes)), format!("{:?}", ExitCode::from(code)), "{verdicts:?}");
        assert_eq!(conclusion(&outcomes), words);
    };
    told(0, &[Some(Equivalent)], "1 equivalent");
    told(0, &[Some(Improved), Some(Equivalent)], "1 improved, 1 equivalent");
    told(3, &[Some(Improved), Some(Inconclusive), Some(Equivalent)], "1 inconclusive, 1 improved, 1 equivalent");
    told(1, &[Some(Regressed), Some(Inconclusive), Some(Regressed)], "2 REGRESSED, 1 inconclusive");
    told(1, &[None, Some(Regressed)], "1 REGRESSED, 1 not comparable");
    told(4, &[None, Some(Equivalent)], "1 equivalent, 1 not comparable");
    told(4, &[None, Some(Inconclusive)], "1 inconclusive, 1 not comparable");
    told(4, &[None], "1 not comparable");
    told(4, &[], "nothing was compared");
}
