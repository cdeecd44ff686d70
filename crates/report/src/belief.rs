//! Should you believe it? What of this run speaks against itself.

use fanout_record::run::{Question, Run};

use crate::compared::{Answered, Compared, SERVER_BOUND};
use crate::figures::{count, list, ratio_with_interval};

/// What speaks for or against a run.
#[derive(Debug)]
pub struct Belief {
    /// In one sentence: what the models that were entered twice say.
    pub summary: String,
    /// One line for each thing that a reader should know.
    pub doubts: Vec<Doubt>,
}

/// One thing to know.
#[derive(Debug, PartialEq, Eq)]
pub struct Doubt {
    /// The question or scenario that it is about.
    pub of: String,
    /// What it is.
    pub text: String,
}

/// Of a whole run.
#[must_use]
pub fn of(run: &Run, answered: &[Answered<'_>]) -> Belief {
    let scenarios: Vec<&Compared<'_>> = answered.iter().flat_map(|answered| &answered.scenarios).collect();
    let mut doubts = Vec::new();
    if run.source.dirty == Some(true) {
        doubts.push(Doubt { of: "source".into(), text: "tracked files differed from the commit".into() });
    }
    for answered in answered {
        let question = answered.question;
        doubts.extend(load(question, run).map(|text| Doubt { of: question.name.clone(), text }));
        for compared in &answered.scenarios {
            doubts.extend(lines(compared).into_iter().map(|text| Doubt { of: compared.name.clone(), text }));
        }
    }
    Belief { summary: summary(&scenarios), doubts }
}

fn summary(scenarios: &[&Compared<'_>]) -> String {
    let verdicts: Vec<bool> = scenarios.iter().filter_map(|compared| compared.time.control?.covers(1.0)).collect();
    let agree = verdicts.iter().filter(|agrees| **agrees).count();
    if verdicts.is_empty() {
        return "No model was entered twice in enough rounds: nothing tells what this machine makes of two identical \
                things."
            .into();
    }
    format!(
        "One model was entered twice in {}: it agrees with itself in {agree} of them by time. Where it does not, no model \
         is called faster. (By chance alone one in twenty would not.)",
        count(verdicts.len(), "scenario")
    )
}

fn lines(compared: &Compared<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for (contest, what) in [(&compared.time, "time"), (&compared.cpu, "CPU"), (&compared.memory, "memory")] {
        if let Some(control) = contest.control.filter(|_| contest.control_differs()) {
            lines.push(format!("A/A differs in {what}: {} of itself", ratio_with_interval(control)));
        }
    }
    let bound = server_bound(compared);
    if !bound.is_empty() {
        let names = list(&bound);
        lines.push(format!(
            "server-bound: the floor hardly waits here, so that server and machine hold up {names}, which are within {:.0} % \
             of it",
            100.0 * (SERVER_BOUND - 1.0)
        ));
    }
    if compared.rounds_missing() > 0 {
        lines.push(format!("interrupted: {} were not measured", count(compared.rounds_missing(), "round")));
    }
    for row in &compared.rows {
        if let Some(failure) = &row.arm.failure {
            let rounds = count(row.arm.samples.len(), "round");
            lines.push(format!("{} failed after {rounds}: {failure}", row.arm.label));
        }
    }
    lines
}

/// Models that the server, not their own work, may be holding up.
#[must_use]
pub fn server_bound<'a>(compared: &Compared<'a>) -> Vec<&'a str> {
    if compared.server_bound() != Some(true) {
        return Vec::new();
    }
    let members = compared.time.groups.iter().flatten().map(|i| &compared.rows[*i]);
    let near = members.filter(|row| row.to_floor.is_some_and(|to_floor| to_floor.value < SERVER_BOUND));
    near.map(|row| row.arm.label.as_str()).collect()
}

/// What else the machine did: a word where it was enough to matter.
fn load(question: &Question, run: &Run) -> Option<String> {
    /// Percent of the processors' time that was taken from this machine, from which on it is worth a word.
    const STEAL: f64 = 1.0;
    let stolen = steal(question, run)?;
    (stolen > STEAL).then(|| format!("the hypervisor kept {stolen:.1} % of the processors' time from this machine"))
}

/// Percent of the processors' time that the hypervisor kept from this machine while a question was asked. `None` where it
/// is not known.
#[must_use]
pub fn steal(question: &Question, run: &Run) -> Option<f64> {
    let ticks = question.after.steal_ticks?.checked_sub(question.before.steal_ticks?)?;
    let seconds = question.took_ns as f64 / 1e9 * run.machine.cores? as f64;
    (seconds > 0.0).then(|| ticks as f64 / seconds)
}
