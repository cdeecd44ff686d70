//! Ranks the models of a scenario by one measure. It compares each model with the best: the model is as good, worse,
//! or not known yet. If nothing is claimed, the ranking says why.

use fanout_record::run::{Arm, Role};
use fanout_stats::{AgainstBest, Between, Claims, Comparison, Estimate, LEVEL, Processes, Standing, median};

use crate::metric::Metric;
use crate::ratios::processes;
use crate::summary::ArmSummary;

/// The least ratio of memory that counts as a difference. A process's memory is settled early and varies little
/// from round to round, so that the ratio gets no interval. In recorded runs, a model that was entered twice differed
/// from itself by up to 4 %.
const MEMORY: f64 = 1.05;

/// The ratio up to which two models are as good as each other, unless `FANOUT_MARGIN` says otherwise: 5 %.
pub const MARGIN: f64 = 1.05;

/// The level of the interval that decides whether the A/A pair of a scenario differs: it differs if the interval
/// leaves out 1. A run has some twenty of these pairs, and at 95 % one of them would differ by chance in nearly every
/// run.
const CONTROL_LEVEL: f64 = 0.99;

/// The models of a scenario by one measure.
#[derive(Debug)]
pub struct Ranking {
    /// The ratio of the second entry of the model that was entered twice to its first entry. It has no interval for
    /// memory.
    pub control: Option<Estimate>,
    /// What this ratio shows. The pair differs if an interval at 99 % leaves out 1; the other intervals are at 95 %.
    pub control_shows: Option<Between>,
    /// Why nothing is claimed of any model, if that is so.
    pub unranked: Option<Unranked>,
    /// The ratio up to which two models are as good as each other.
    pub margin: f64,
    /// The models that are compared, by their places in the scenario's rows, and in the order of the rows.
    members: Vec<usize>,
    /// How each model stands against the best, in the order of the members.
    against: Vec<AgainstBest>,
    judge: Judge,
}

/// Why nothing is claimed of any model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unranked {
    /// There are too few processes, or rounds, for an interval.
    TooFewRounds,
    /// The model that was entered twice differs from itself in time.
    ControlDiffers,
    /// The server answers at once, so that the time is mostly that of waking idle processors.
    Waking,
}

/// How two members are compared.
#[derive(Debug)]
enum Judge {
    /// Members are compared by their processes, and given by their places among the members.
    Processes(Comparison),
    /// Members are compared by figures without intervals, and by the least ratio that is a difference.
    Figures(Vec<f64>, f64),
    /// Nothing was counted.
    Nothing,
}

/// The settings of a ranking, beside the rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// The ratio up to which two models are as good as each other.
    pub(crate) margin: f64,
    /// Whether the time of a batch is mostly that of waking idle processors.
    pub(crate) waking: bool,
}

impl Ranking {
    /// Compares the models whose places in the scenario's rows are `admitted`.
    pub(crate) fn new(
        measure: Metric,
        rows: &[ArmSummary<'_>],
        terms: Terms,
        admitted: impl Fn(usize) -> bool,
    ) -> Self {
        let members = (0..rows.len()).filter(|row| takes_part(&rows[*row]) && admitted(*row)).collect();
        let mut ranking = Self {
            control: None,
            control_shows: None,
            unranked: None,
            margin: terms.margin,
            members,
            against: Vec::new(),
            judge: Judge::Nothing,
        };
        match measure {
            Metric::Memory => ranking.by_figures(rows),
            Metric::Time | Metric::Cpu => ranking.by_processes(measure, rows, terms),
        }
        ranking
    }

    fn by_processes(&mut self, measure: Metric, rows: &[ArmSummary<'_>], terms: Terms) {
        let arms: Vec<&Arm> = rows.iter().map(|row| row.arm).collect();
        let Some(processes) = processes(measure, &arms) else { return };
        (self.control, self.control_shows) = control(&processes, &arms, terms.margin);
        let Some(compared) = Comparison::new(processes, self.members.clone(), self.claims()) else { return };
        self.unranked = if measure == Metric::Time && self.control_differs() {
            Some(Unranked::ControlDiffers)
        } else if measure == Metric::Time && terms.waking {
            Some(Unranked::Waking)
        } else {
            let known = compared.against_best().iter().all(|against| against.ratio.interval.is_some());
            (!known).then_some(Unranked::TooFewRounds)
        };
        self.against = compared.against_best().to_vec();
        self.judge = Judge::Processes(compared);
    }

    fn by_figures(&mut self, rows: &[ArmSummary<'_>]) {
        let figure = |row: &ArmSummary<'_>| Some(median(&Metric::Memory.values(row.arm)?, LEVEL)?.value);
        let Some(figures) = self.members.iter().map(|i| figure(&rows[*i])).collect::<Option<Vec<f64>>>() else {
            return;
        };
        let arms: Vec<&Arm> = rows.iter().map(|row| row.arm).collect();
        if let Some((again, same)) = twins(&arms) {
            let value = figure(&rows[again]).zip(figure(&rows[same])).map(|(again, same)| again / same);
            self.control = value.map(|value| Estimate { value, interval: None });
        }
        let least = self.control.map_or(MEMORY, |control| MEMORY.max(control.value).max(1.0 / control.value));
        let Some(best) = figures.iter().copied().reduce(f64::min) else { return };
        let leader = figures.iter().position(|figure| *figure <= best);
        let against = |(i, figure): (usize, &f64)| {
            let standing = match (Some(i) == leader, figure / best > least) {
                (true, _) => Standing::Best,
                (false, false) => Standing::AsGood,
                (false, true) => Standing::Worse,
            };
            AgainstBest { standing, ratio: Estimate { value: figure / best, interval: None } }
        };
        self.against = figures.iter().enumerate().map(against).collect();
        self.judge = Judge::Figures(figures, least);
    }

    /// Returns all models that take part, by their places in the scenario's rows.
    #[must_use]
    pub fn members(&self) -> &[usize] {
        &self.members
    }

    /// Returns how a row stands against the best, or `None` if it does not take part, or if nothing was counted. If
    /// the ranking is [`unranked`](Self::unranked), nothing is known of any row, with one exception: waking does not
    /// explain a very large difference.
    #[must_use]
    pub fn against_best(&self, row: usize) -> Option<AgainstBest> {
        let against = *self.against.get(self.place(row)?)?;
        let standing = match self.unranked {
            None => against.standing,
            Some(Unranked::Waking) if is_beyond_waking(against) => Standing::Worse,
            Some(_) => Standing::NotKnown,
        };
        Some(AgainstBest { standing, ..against })
    }

    /// Returns the row with the smallest figure, or `None` if nothing was counted.
    #[must_use]
    pub fn leader(&self) -> Option<usize> {
        let ratios = self.members.iter().zip(&self.against);
        let least = ratios.min_by(|(_, a), (_, b)| {
            // Several rows may have a ratio of 1. The one that stands as the best is taken.
            let is_best = |against: &AgainstBest| against.standing == Standing::Best;
            a.ratio.value.total_cmp(&b.ratio.value).then(is_best(b).cmp(&is_best(a)))
        });
        least.map(|(row, _)| *row)
    }

    /// Returns the rows that stand in one of the `wanted` ways, from the smallest ratio on.
    #[must_use]
    pub fn standing(&self, wanted: &[Standing]) -> Vec<usize> {
        let stands =
            |row: &&usize| self.against_best(**row).is_some_and(|against| wanted.contains(&against.standing));
        let mut rows: Vec<usize> = self.members.iter().filter(stands).copied().collect();
        let ratio = |row: usize| self.against_best(row).map_or(f64::INFINITY, |against| against.ratio.value);
        rows.sort_by(|a, b| ratio(*a).total_cmp(&ratio(*b)));
        rows
    }

    /// Returns the rows that are known to be as good as the best.
    #[must_use]
    pub fn as_good(&self) -> Vec<usize> {
        self.standing(&[Standing::Best, Standing::AsGood])
    }

    /// Returns whether any model is known to be worse than the best.
    #[must_use]
    pub fn tells_apart(&self) -> bool {
        !self.standing(&[Standing::Worse]).is_empty()
    }

    /// Returns whether some models, and not more than half of all, are known to be as good as the best, and others to
    /// be worse. It means something then to be among the best.
    #[must_use]
    pub fn singles_out(&self) -> bool {
        let good = self.as_good().len();
        self.tells_apart() && good > 0 && 2 * good <= self.members.len()
    }

    /// Returns how many times as much one row takes as another, with an interval that holds for all pairs together,
    /// and how the two stand.
    #[must_use]
    pub fn between(&self, a: usize, b: usize) -> Option<(Estimate, Between)> {
        let (a, b) = (self.place(a)?, self.place(b)?);
        let (ratio, between) = match &self.judge {
            Judge::Nothing => return None,
            Judge::Processes(compared) => compared.between(a, b)?,
            Judge::Figures(figures, least) => {
                let value = figures[a] / figures[b];
                let between = match (value > *least, value < 1.0 / least) {
                    (true, _) => Between::Worse,
                    (_, true) => Between::Better,
                    (false, false) => Between::AsGood,
                };
                (Estimate { value, interval: None }, between)
            }
        };
        Some((ratio, if self.unranked.is_some() { Between::NotKnown } else { between }))
    }

    /// Returns what is claimed of a ratio of two arms. If the A/A pair seems to differ, it shows by how much this
    /// measure is off, and no difference of that size is counted. Otherwise all of the noise is in the intervals
    /// already.
    pub(crate) fn claims(&self) -> Claims {
        let differing = self.control.filter(|_| self.control_differs());
        let least = differing.map_or(1.0, |control| control.noise_bound());
        Claims { level: LEVEL, margin: self.margin, least }
    }

    /// Returns whether the model that was entered twice seems to differ from itself.
    #[must_use]
    pub fn control_differs(&self) -> bool {
        matches!(self.control_shows, Some(Between::Better | Between::Worse))
    }

    fn place(&self, row: usize) -> Option<usize> {
        self.members.iter().position(|member| *member == row)
    }
}

/// The largest ratio that waking may explain. One connection answered up to eight times as many requests while the
/// processors were kept awake (measured on two virtual processors).
const MOST_BY_WAKING: f64 = 8.0;

fn is_beyond_waking(against: AgainstBest) -> bool {
    against.ratio.interval.is_some_and(|(low, _)| low > MOST_BY_WAKING)
}

fn takes_part(row: &ArmSummary<'_>) -> bool {
    row.arm.role == Role::Model && row.arm.failure.is_none() && !row.arm.samples.is_empty()
}

/// Returns what the model of a scenario that was entered twice shows by one measure, as a ranking of the arms has it.
#[must_use]
pub fn control_shows(measure: Metric, arms: &[&Arm], margin: f64) -> Option<Between> {
    control(&processes(measure, arms)?, arms, margin).1
}

/// Returns the ratio of the second entry of the model that was entered twice to its first entry, and what it shows.
fn control(processes: &Processes, arms: &[&Arm], margin: f64) -> (Option<Estimate>, Option<Between>) {
    let Some((again, same)) = twins(arms) else { return (None, None) };
    let claims = Claims { level: LEVEL, margin, least: 1.0 };
    let control = processes.ratio(again, same, LEVEL);
    let certain = processes.ratio(again, same, CONTROL_LEVEL);
    let shows =
        control.zip(certain).map(|(control, certain)| match (claims.between(control), claims.between(certain)) {
            (Between::AsGood, _) => Between::AsGood,
            (_, differs @ (Between::Better | Between::Worse)) => differs,
            _ => Between::NotKnown,
        });
    (control, shows)
}

/// Returns the place of the second entry of the model that was entered twice, and that of its first entry.
fn twins(arms: &[&Arm]) -> Option<(usize, usize)> {
    let sound = |arm: &Arm, role| arm.role == role && arm.failure.is_none();
    let again = arms.iter().position(|arm| sound(arm, Role::Again))?;
    let twice = arms[again];
    let is_same = |arm: &Arm| arm.model == twice.model && arm.concurrency == twice.concurrency;
    let same = arms.iter().position(|arm| sound(arm, Role::Model) && is_same(arm))?;
    Some((again, same))
}
