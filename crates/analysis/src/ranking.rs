//! The models of a scenario in order by one measure, those that cannot be told apart in one group; or why there is no
//! order.

use fanout_record::run::Role;
use fanout_stats::{AllPairs, Estimate, LEVEL, median};

use crate::metric::{Metric, ratio};
use crate::summary::ArmSummary;

/// The least ratio of memory that is taken for a difference. A model's rounds share one process, whose memory is
/// settled early: rounds are not independent measurements of it, so that they give no interval. In recorded runs a
/// model that was entered twice differed from itself by up to 4 %.
const MEMORY: f64 = 1.05;

/// The models of a scenario by one measure.
#[derive(Debug)]
pub struct Ranking {
    /// Models by their place in the scenario's rows, in tie groups, the best first. One group of all where nothing
    /// tells them apart; none where nothing was counted.
    pub groups: Vec<Vec<usize>>,
    /// The model that was entered twice, against itself; without an interval for memory.
    pub control: Option<Estimate>,
    /// Why nobody is ranked, where nobody is.
    pub unranked: Option<Unranked>,
    members: Vec<usize>,
    judge: Option<Judge>,
}

/// Why nobody is ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unranked {
    /// This many more rounds are needed before any two could be told apart.
    TooFewRounds(usize),
    /// The model that was entered twice differs from itself by time.
    ControlDiffers,
}

/// How members are told apart, by their place among the members.
#[derive(Debug)]
enum Judge {
    Signs(AllPairs),
    Gap { typical: Vec<f64>, least: f64 },
}

impl Judge {
    fn ratio(&self, a: usize, b: usize) -> Option<Estimate> {
        match self {
            Self::Signs(pairs) => Some(pairs.between(a, b)?.ratio),
            Self::Gap { typical, .. } => Some(Estimate { value: typical[a] / typical[b], interval: None }),
        }
    }

    fn differ(&self, a: usize, b: usize) -> bool {
        match self {
            Self::Signs(pairs) => pairs.differ(a, b),
            Self::Gap { typical, least } => (typical[a] / typical[b]).max(typical[b] / typical[a]) > *least,
        }
    }
}

impl Ranking {
    pub(crate) fn new(measure: Metric, rows: &[ArmSummary<'_>]) -> Self {
        let most = rows.iter().map(|row| row.arm.samples.len()).max().unwrap_or(0);
        let whole = |row: &ArmSummary<'_>| row.arm.failure.is_none() && row.arm.samples.len() == most && most > 0;
        let members: Vec<usize> =
            (0..rows.len()).filter(|i| rows[*i].arm.role == Role::Model && whole(&rows[*i])).collect();
        let control = control(measure, rows);
        let mut ranking = Self { groups: Vec::new(), control, unranked: None, members, judge: None };
        let values: Option<Vec<Vec<f64>>> = ranking.members.iter().map(|i| measure.values(rows[*i].arm)).collect();
        if let Some(values) = values.filter(|values| !values.is_empty()) {
            ranking.decide(measure, &values);
        }
        ranking
    }

    fn decide(&mut self, measure: Metric, values: &[Vec<f64>]) {
        let typical: Vec<f64> = values.iter().map(|v| median(v, LEVEL).map_or(f64::NAN, |m| m.value)).collect();
        let mut order: Vec<usize> = (0..values.len()).collect();
        // Rows come sorted by time to the floor, which is the better order where the measure is time.
        if measure != Metric::Time {
            order.sort_by(|a, b| typical[*a].total_cmp(&typical[*b]));
        }
        let judge = if measure == Metric::Memory {
            let shown = self.control.map_or(1.0, |control| control.value.max(1.0 / control.value));
            Judge::Gap { typical, least: MEMORY.max(shown) }
        } else {
            let Some(pairs) = AllPairs::new(values, LEVEL) else { return };
            let wanting = pairs.rounds_missing_to_rank();
            self.unranked = if measure == Metric::Time && self.control_differs() {
                Some(Unranked::ControlDiffers)
            } else {
                (wanting > 0).then_some(Unranked::TooFewRounds(wanting))
            };
            Judge::Signs(match self.control {
                Some(control) => pairs.ignoring(control),
                None => pairs,
            })
        };
        let groups = fanout_stats::tie_groups(&order, |a, b| judge.differ(a, b));
        self.groups =
            groups.into_iter().map(|group| group.into_iter().map(|member| self.members[member]).collect()).collect();
        self.judge = Some(judge);
    }

    /// The models that nothing is known to be better than; none where nothing was counted.
    #[must_use]
    pub fn best(&self) -> &[usize] {
        self.groups.first().map_or(&[], Vec::as_slice)
    }

    /// Everyone who takes part, by their place in the scenario's rows.
    #[must_use]
    pub fn members(&self) -> &[usize] {
        &self.members
    }

    /// Whether it tells anybody from anybody.
    #[must_use]
    pub fn tells_apart(&self) -> bool {
        self.unranked.is_none() && self.groups.len() > 1
    }

    /// Whether it tells at least half of all from the best: to be among the best means something then.
    #[must_use]
    pub fn singles_out(&self) -> bool {
        self.tells_apart() && 2 * self.best().len() <= self.members.len()
    }

    /// The rank of a row, from 1: one more than there are models in better groups. `None` of who does not take part,
    /// or where nobody is ranked.
    #[must_use]
    pub fn rank(&self, row: usize) -> Option<usize> {
        let group = self.groups.iter().position(|group| group.contains(&row)).filter(|_| self.unranked.is_none())?;
        Some(1 + self.groups[..group].iter().map(Vec::len).sum::<usize>())
    }

    /// How many times as much one row takes as another.
    #[must_use]
    pub fn ratio(&self, a: usize, b: usize) -> Option<Estimate> {
        self.judge.as_ref()?.ratio(self.member(a)?, self.member(b)?)
    }

    /// Whether two rows can be told apart.
    #[must_use]
    pub fn differ(&self, a: usize, b: usize) -> bool {
        let (Some(judge), Some(a), Some(b)) = (&self.judge, self.member(a), self.member(b)) else { return false };
        self.unranked.is_none() && judge.differ(a, b)
    }

    fn member(&self, row: usize) -> Option<usize> {
        self.members.iter().position(|member| *member == row)
    }

    /// Whether the model that was entered twice seems to differ from itself.
    #[must_use]
    pub fn control_differs(&self) -> bool {
        self.control.is_some_and(|control| control.covers(1.0) == Some(false))
    }
}

/// The model that was entered twice, against itself.
fn control(measure: Metric, rows: &[ArmSummary<'_>]) -> Option<Estimate> {
    let again = rows.iter().find(|row| row.arm.role == Role::Again && row.arm.failure.is_none())?.arm;
    let same = |row: &&ArmSummary<'_>| {
        row.arm.role == Role::Model && row.arm.model == again.model && row.arm.failure.is_none()
    };
    let control = ratio(measure, again, rows.iter().find(same)?.arm, LEVEL)?;
    Some(if measure == Metric::Memory { Estimate { interval: None, ..control } } else { control })
}
