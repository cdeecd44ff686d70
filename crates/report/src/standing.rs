//! How a model stands against the best, in a word or a figure, for tables.

use fanout_analysis::ranking::Ranking;
use fanout_stats::Standing;

use crate::figures::ratio;

/// The heading of such a column.
pub const AGAINST_BEST: &str = "against the best";

/// What the words of the column mean.
pub const ABOUT: &str = "the best, as good as the best, how many times as much as the best, or not known yet";

/// A row against the best by one measure: `best`, `as good`, `1.32 x`, `not known`; `-` of who does not take part.
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
