//! Who wins by one measure: the models in tie groups, and whether that is to be believed.

use fanout_record::run::{Arm, Role, Sample};
use fanout_stats::{AllPairs, Estimate, LEVEL, Pair, median};

use crate::compared::{Row, ratio};

/// By what models are compared. Less is better in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Time of a batch on the clock, in milliseconds.
    Time,
    /// Processor time of a batch, in microseconds.
    Cpu,
    /// Peak memory, in megabytes.
    Memory,
}

impl Measure {
    /// Of each sample of an arm.
    #[must_use]
    pub fn values(self, arm: &Arm) -> Vec<f64> {
        arm.samples.iter().map(|sample| self.of(sample)).collect()
    }

    fn of(self, sample: &Sample) -> f64 {
        match self {
            Self::Time => sample.wall_ns as f64 / 1e6,
            Self::Cpu => sample.usage.cpu().as_secs_f64() * 1e6,
            Self::Memory => sample.usage.peak_memory as f64 / 1e6,
        }
    }
}

/// The models of a scenario by one measure.
#[derive(Debug)]
pub struct Contest {
    /// Models by their place in the scenario's rows, in tie groups, the best first. One group of all where nothing tells
    /// them apart; none where nothing was counted.
    pub groups: Vec<Vec<usize>>,
    /// The model that was entered twice, against itself.
    pub control: Option<Estimate>,
    /// Rounds that are wanting before any two could be told apart.
    pub rounds_wanting: usize,
    members: Vec<usize>,
    pairs: Option<AllPairs>,
}

impl Contest {
    pub(crate) fn new(measure: Measure, rows: &[Row<'_>]) -> Self {
        let most = rows.iter().map(|row| row.arm.samples.len()).max().unwrap_or(0);
        let whole = |row: &Row<'_>| row.arm.failure.is_none() && row.arm.samples.len() == most && most > 0;
        let members: Vec<usize> =
            (0..rows.len()).filter(|i| rows[*i].arm.role == Role::Model && whole(&rows[*i])).collect();
        let values: Vec<Vec<f64>> = members.iter().map(|i| measure.values(rows[*i].arm)).collect();
        let control = control(measure, rows);
        let pairs = AllPairs::new(&values, LEVEL).filter(|_| !members.is_empty());
        let pairs = pairs.map(|pairs| control.map_or(pairs.clone(), |control| pairs.doubting(control)));
        let groups = pairs.as_ref().map_or_else(Vec::new, |pairs| {
            let typical: Vec<f64> = values.iter().map(|v| median(v, LEVEL).map_or(f64::NAN, |m| m.value)).collect();
            let mut order: Vec<usize> = (0..members.len()).collect();
            // Rows come sorted by time to the floor, which is the better order where the measure is time.
            if measure != Measure::Time {
                order.sort_by(|a, b| typical[*a].total_cmp(&typical[*b]));
            }
            let groups = pairs.tie_groups(&order);
            groups.into_iter().map(|group| group.into_iter().map(|member| members[member]).collect()).collect()
        });
        let rounds_wanting = pairs.as_ref().map_or(0, AllPairs::rounds_wanting);
        Self { groups, control, rounds_wanting, members, pairs }
    }

    /// The models that nothing is known to be better than; none where nothing was counted.
    #[must_use]
    pub fn best(&self) -> &[usize] {
        self.groups.first().map_or(&[], Vec::as_slice)
    }

    /// The rank of a row, from 1: one more than there are models in better groups. `None` of who does not take part, or
    /// where there are too few rounds to rank.
    #[must_use]
    pub fn rank(&self, row: usize) -> Option<usize> {
        let group = self.groups.iter().position(|group| group.contains(&row)).filter(|_| self.rounds_wanting == 0)?;
        Some(1 + self.groups[..group].iter().map(Vec::len).sum::<usize>())
    }

    /// One row against another.
    #[must_use]
    pub fn between(&self, a: usize, b: usize) -> Option<Pair> {
        let member = |row| self.members.iter().position(|member| *member == row);
        self.pairs.as_ref()?.between(member(a)?, member(b)?)
    }

    /// Whether two rows can be told apart.
    #[must_use]
    pub fn differ(&self, a: usize, b: usize) -> bool {
        let member = |row| self.members.iter().position(|member| *member == row);
        let (Some(pairs), Some(a), Some(b)) = (&self.pairs, member(a), member(b)) else { return false };
        pairs.differ(a, b)
    }

    /// Whether the model that was entered twice seems to differ from itself.
    #[must_use]
    pub fn control_differs(&self) -> bool {
        self.control.is_some_and(|control| control.covers(1.0) == Some(false))
    }
}

/// The model that was entered twice, against itself.
fn control(measure: Measure, rows: &[Row<'_>]) -> Option<Estimate> {
    let again = rows.iter().find(|row| row.arm.role == Role::Again && row.arm.failure.is_none())?.arm;
    let same =
        |row: &&Row<'_>| row.arm.role == Role::Model && row.arm.model == again.model && row.arm.failure.is_none();
    ratio(measure, again, rows.iter().find(same)?.arm)
}
