//! Should you believe it? What [`validity`] found, in words.

use fanout_analysis::compared::{Answered, SERVER_BOUND};
use fanout_analysis::metric::Metric;
use fanout_analysis::validity::{self, Kind, Warning};
use fanout_record::Run;

use crate::figures::{count, list, ratio_with_interval};

/// One thing that a reader should know, in words.
#[derive(Debug, PartialEq, Eq)]
pub struct Told {
    /// What it is about: a question, a scenario, or a part of the run.
    pub about: String,
    /// What it is.
    pub text: String,
}

/// All warnings about a run.
#[must_use]
pub fn of(run: &Run, answered: &[Answered<'_>]) -> Vec<Told> {
    validity::warnings(run, answered).iter().map(told).collect()
}

/// What the models that were entered twice say of the whole run, in a few sentences.
#[must_use]
pub fn agreement(answered: &[Answered<'_>]) -> String {
    let ((time, of), (cpu, _)) =
        (validity::agreement(answered, Metric::Time), validity::agreement(answered, Metric::Cpu));
    if of == 0 {
        return "No model was entered twice in enough rounds, so that nothing tells how much two identical models \
                differ on this machine."
            .into();
    }
    format!(
        "One model was entered twice in {}: it agrees with itself in time in {time} of them, and in CPU time in \
         {cpu}. Where the pair differs in time, no model is called faster. Where it differs in CPU time, \
         differences in CPU time smaller than that are ignored. (By chance alone, one pair in twenty differs.)",
        count(of, "scenario")
    )
}

fn told(warning: &Warning<'_>) -> Told {
    let about = warning.about.unwrap_or(match warning.kind {
        Kind::ChangedTree => "source",
        Kind::DebugBuild => "build",
        _ => "machine",
    });
    Told { about: about.into(), text: text(&warning.kind) }
}

fn text(kind: &Kind<'_>) -> String {
    match kind {
        Kind::ChangedTree => "tracked files differed from the commit".into(),
        Kind::DebugBuild => "it was built without optimisation, so that none of its figures mean anything".into(),
        Kind::BusyBefore { load, cores } => format!(
            "the machine had a load of {load:.2} on {} before the run began: something else was running",
            count(*cores, "core")
        ),
        Kind::Steal { percent } => {
            format!("the hypervisor kept {percent:.1} % of the processors' time from this machine")
        }
        Kind::NotMeasured { scenarios, why } => {
            format!("not measured: {} ({})", list(scenarios), why.unwrap_or("it is not known why"))
        }
        Kind::NoFloor => "there is no floor to compare with".into(),
        Kind::NoControl => {
            "no model was entered twice and did its work, so that nothing tells how large the noise is".into()
        }
        Kind::TooFewRounds(rounds) => format!("{} are too few for any interval", count(*rounds, "round")),
        Kind::ControlDiffers(measure, control) => {
            let what = if *measure == Metric::Time { "time" } else { "CPU" };
            format!("the A/A pair differs in {what}: {} of itself", ratio_with_interval(*control))
        }
        Kind::ServerBound { rate, models } => format!(
            "server-bound: the floor's {rate:.0} requests a second are about what the server can answer; that may \
             hold up the models within {:.0} % of the floor: {}",
            100.0 * (SERVER_BOUND - 1.0),
            list(models)
        ),
        Kind::FewerInFlight { label, seen, allowed } => {
            format!("{label} never exceeded {seen:.0} in flight, although {allowed} were allowed")
        }
        Kind::RoundsMissing(rounds) => format!("interrupted: {} were not measured", count(*rounds, "round")),
        Kind::Failed { label, rounds, why } => format!("{label} failed after {}: {why}", count(*rounds, "round")),
    }
}
