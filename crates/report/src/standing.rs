//! The standing of a model against the best, as a word or a figure for tables.

use fanout_analysis::ranking::Ranking;
use fanout_stats::{AgainstBest, Standing};

use crate::figures::ratio;

/// The heading of the column with the standing.
pub const AGAINST_BEST: &str = "against the best";

/// An explanation of the words in that column.
pub const ABOUT: &str = "the best, as good as the best, how many times as much as the best, or not known yet";

/// Returns the standing of a row by one measure: `best`, `as good`, `1.32 x` or `not known`. It is `-` for a row that
/// does not take part.
#[must_use]
pub fn standing(ranking: &Ranking, row: usize) -> String {
    let Some(against) = ranking.against_best(row) else { return "-".into() };
    match against.standing {
        Standing::Best => "best".into(),
        Standing::AsGood => "as good".into(),
        Standing::Worse => format!("{} x", ratio(against.ratio.value)),
        Standing::NotKnown => "not known".into(),
    }
}

/// Returns the class of a cell that shows the standing by its colour, in the page's grid and in the README's picture.
/// The class is `best` for a model that is as good as the best, and `open` for one whose standing is not known. For a
/// worse model it is `w1` to `w5`: the farther from the best, the higher the number, in steps that a reader can tell
/// apart.
pub(crate) fn shade(against: AgainstBest) -> &'static str {
    match (against.standing, against.ratio.value) {
        (Standing::Best | Standing::AsGood, _) => "best",
        (Standing::NotKnown, _) => "open",
        (Standing::Worse, ..1.1) => "w1",
        (Standing::Worse, 1.1..1.3) => "w2",
        (Standing::Worse, 1.3..2.0) => "w3",
        (Standing::Worse, 2.0..4.0) => "w4",
        (Standing::Worse, _) => "w5",
    }
}
