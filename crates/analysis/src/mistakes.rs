//! Compares each mistake of a scenario with its twin, the right model that does the same.

use fanout_record::run::{Arm, Role};
use fanout_stats::{Between, Estimate, LEVEL, Processes};

use crate::compared::Compared;
use crate::metric::Metric;
use crate::ratios::processes;
use crate::summary::ArmSummary;

/// What one mistake costs.
#[derive(Debug)]
pub struct Cost<'a, 'r> {
    /// The mistake.
    pub mistake: &'a ArmSummary<'r>,
    /// The right model; `None` if it did not take part.
    pub twin: Option<&'a ArmSummary<'r>>,
    /// How many times as long the mistake takes as its twin, over the rounds that both have, and what this shows.
    /// `None` if one of them failed.
    pub time: Option<(Estimate, Between)>,
    /// The same by processor time.
    pub cpu: Option<(Estimate, Between)>,
}

/// Returns what each mistake of a scenario costs, the one that takes the most time against its twin first, and those
/// without a ratio last.
#[must_use]
pub fn costs<'a, 'r>(compared: &'a Compared<'r>) -> Vec<Cost<'a, 'r>> {
    let rows = &compared.rows;
    let is_mistake = |place: &usize| rows[*place].arm.role == Role::Mistake;
    let mistakes: Vec<usize> = (0..rows.len()).filter(is_mistake).collect();
    if mistakes.is_empty() {
        return Vec::new();
    }
    let arms: Vec<&Arm> = rows.iter().map(|row| row.arm).collect();
    let (time, cpu) = (processes(Metric::Time, &arms), processes(Metric::Cpu, &arms));
    let cost = |place: usize| {
        let mistake = &rows[place];
        let is_twin =
            |row: &ArmSummary<'_>| row.arm.role == Role::Model && mistake.arm.twin.as_ref() == Some(&row.arm.label);
        let twin = rows.iter().position(is_twin);
        let ratio = |measure, processes: &Option<Processes>| {
            let ratio = processes.as_ref()?.ratio(place, twin?, LEVEL)?;
            Some((ratio, compared.ranking(measure).claims().between(ratio)))
        };
        let (time, cpu) = (ratio(Metric::Time, &time), ratio(Metric::Cpu, &cpu));
        Cost { mistake, twin: twin.map(|twin| &rows[twin]), time, cpu }
    };
    let mut costs: Vec<Cost<'a, 'r>> = mistakes.into_iter().map(cost).collect();
    let times = |cost: &Cost<'_, '_>| cost.time.map_or(0.0, |(ratio, _)| ratio.value);
    costs.sort_by(|a, b| times(b).total_cmp(&times(a)));
    costs
}
