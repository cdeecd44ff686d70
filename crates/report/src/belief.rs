//! Should you believe it? What of this run speaks against itself.

use fanout_record::run::{Question, Role, Run};
use fanout_stats::{Estimate, LEVEL, order_statistic_rank};

use crate::compared::{Answered, Compared, Row, SERVER_BOUND};
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
    let mut doubts = Vec::new();
    if run.source.dirty == Some(true) {
        doubts.push(Doubt { of: "source".into(), text: "tracked files differed from the commit".into() });
    }
    if run.source.debug == Some(true) {
        let text = "built without optimisation: no figure here is worth anything";
        doubts.push(Doubt { of: "build".into(), text: text.into() });
    }
    doubts.extend(load(run).map(|text| Doubt { of: "machine".into(), text }));
    for answered in answered {
        let question = answered.question;
        let mut doubt = |of: &str, text| doubts.push(Doubt { of: of.into(), text });
        steal(question, run).filter(|stolen| *stolen > STEAL).into_iter().for_each(|stolen| {
            doubt(
                &question.name,
                format!("the hypervisor kept {stolen:.1} % of the processors' time from this machine"),
            );
        });
        if !question.unmeasured.is_empty() {
            let why = question.stopped.as_deref().unwrap_or("it is not known why");
            doubt(&question.name, format!("not measured: {} ({why})", list(&question.unmeasured)));
        }
        for compared in &answered.scenarios {
            lines(compared).into_iter().for_each(|text| doubt(&compared.name, text));
        }
    }
    let scenarios: Vec<&Compared<'_>> = answered.iter().flat_map(|answered| &answered.scenarios).collect();
    Belief { summary: summary(&scenarios), doubts }
}

fn summary(scenarios: &[&Compared<'_>]) -> String {
    let agreeing = |of: fn(&Compared<'_>) -> Option<Estimate>| {
        let verdicts: Vec<bool> = scenarios.iter().filter_map(|compared| of(compared)?.covers(1.0)).collect();
        (verdicts.iter().filter(|agrees| **agrees).count(), verdicts.len())
    };
    let ((time, of), (cpu, _)) = (agreeing(|it| it.time.control), agreeing(|it| it.cpu.control));
    if of == 0 {
        return "No model was entered twice in enough rounds: nothing tells what this machine makes of two identical \
                things."
            .into();
    }
    format!(
        "One model was entered twice in {}: it agrees with itself by time in {time} of them, by processor time in {cpu}. \
         Where it does not by time, no model is called faster; where it does not by processor time, no difference within \
         that is believed. (By chance alone one in twenty would not.)",
        count(of, "scenario")
    )
}

fn lines(compared: &Compared<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    if compared.floor().is_none() {
        lines.push("there is no floor to compare with".into());
    }
    if compared.time.control.is_none() {
        lines.push("no model was entered twice and did its work: nothing tells what is noise here".into());
    }
    let rounds = compared.measured.order.len();
    if order_statistic_rank(rounds, LEVEL).is_none() {
        lines.push(format!("{} are too few for any interval", count(rounds, "round")));
    }
    for (contest, what) in [(&compared.time, "time"), (&compared.cpu, "CPU")] {
        if let Some(control) = contest.control.filter(|_| contest.control_differs()) {
            lines.push(format!("A/A differs in {what}: {} of itself", ratio_with_interval(control)));
        }
    }
    let bound = server_bound(compared);
    if let (Some(rate), false) = (compared.floor().and_then(Row::rate), bound.is_empty()) {
        let (names, percent) = (list(&bound), 100.0 * (SERVER_BOUND - 1.0));
        lines.push(format!(
            "server-bound: the floor's {rate:.0} requests a second are about what the server can answer, which may hold up \
             who is within {percent:.0} % of it: {names}"
        ));
    }
    for row in &compared.rows {
        if let Some(seen) = row.fewer_in_flight(&compared.measured.scenario) {
            let (label, asked) = (&row.arm.label, row.arm.concurrency);
            lines.push(format!("{label} had {seen:.0} in flight at most, not {asked}: more were not allowed it"));
        }
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

/// Percent of the processors' time that was taken from this machine, from which on it is worth a word.
const STEAL: f64 = 1.0;

/// What else ran before this did: what is running later is mostly the measurement.
fn load(run: &Run) -> Option<String> {
    let first = run.questions.iter().min_by(|a, b| a.started.cmp(&b.started))?;
    let (load, cores) = (first.before.load?, run.machine.cores?);
    let busy = load > cores as f64 / 2.0;
    busy.then(|| {
        format!("a load of {load:.2} on {} before it began: something else was running", count(cores, "core"))
    })
}

/// Models that the server, not their own work, may be holding up.
fn server_bound<'a>(compared: &Compared<'a>) -> Vec<&'a str> {
    let members = compared.time.members().iter().map(|i| &compared.rows[*i]);
    members.filter(|row| held_up(compared, row)).map(|row| row.arm.label.as_str()).collect()
}

/// Whether the server, not its own work, may be holding up a model.
#[must_use]
pub fn held_up(compared: &Compared<'_>, row: &Row<'_>) -> bool {
    let near = row.to_floor.is_some_and(|to_floor| to_floor.value < SERVER_BOUND);
    near && row.arm.role == Role::Model && compared.server_bound() == Some(true)
}

/// Percent of the processors' time that the hypervisor kept from this machine while a question was asked. `None` where it
/// is not known.
#[must_use]
pub fn steal(question: &Question, run: &Run) -> Option<f64> {
    let ticks = question.after.steal_ticks?.checked_sub(question.before.steal_ticks?)?;
    let seconds = question.took_ns as f64 / 1e9 * run.machine.cores? as f64;
    (seconds > 0.0).then(|| ticks as f64 / seconds)
}
