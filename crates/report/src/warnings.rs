//! The warnings that [`validity`] found, in words. The page lists them under "Should you believe it?".

use fanout_analysis::compared::{Answered, SERVER_BOUND};
use fanout_analysis::metric::Metric;
use fanout_analysis::validity::{self, Kind, Warning};
use fanout_record::Run;

use crate::figures::{count, list, ratio_with_interval};

/// One warning, in words.
#[derive(Debug, PartialEq, Eq)]
pub struct Told {
    /// The subject of the warning: a question, a scenario, or a part of the run.
    pub about: String,
    /// The text of the warning.
    pub text: String,
}

/// Returns all warnings about a run.
#[must_use]
pub fn of(run: &Run, answered: &[Answered<'_>]) -> Vec<Told> {
    validity::warnings(run, answered).iter().map(told).collect()
}

/// Returns a few sentences about what the A/A pairs show in the whole run.
#[must_use]
pub fn agreement(answered: &[Answered<'_>]) -> String {
    let by = |measure| validity::agreement(answered, measure);
    let (time, cpu) = (by(Metric::Time), by(Metric::Cpu));
    let of = time.agrees + time.differs + time.not_known;
    if of == 0 {
        return "No model was entered twice in enough rounds, so that nothing tells how much two identical models \
                differ on this machine."
            .into();
    }
    let counted = |it: validity::Agreement| {
        format!("it agrees in {}, differs in {}, and is not known in {}", it.agrees, it.differs, it.not_known)
    };
    format!(
        "One model was entered twice in {}. In time, {}; in CPU time, {}. Where the pair differs in time, no model \
         is called faster. Where it differs in CPU time, differences in CPU time smaller than that are ignored. (A \
         pair differs if its interval at 99 % leaves out 1; by chance alone, one pair in a hundred does. The \
         intervals that are shown are of 95 %.)",
        count(of, "scenario"),
        counted(time),
        counted(cpu)
    )
}

fn told(warning: &Warning<'_>) -> Told {
    let about = warning.about.unwrap_or(match warning.kind {
        Kind::ChangedTree => "source",
        Kind::DebugBuild => "build",
        Kind::ProcessesUnknown => "method",
        _ => "machine",
    });
    Told { about: about.into(), text: text(&warning.kind) }
}

fn name(measure: Metric) -> &'static str {
    match measure {
        Metric::Time => "time",
        Metric::Cpu => "CPU time",
        Metric::Memory => "memory",
    }
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
            format!("the A/A pair differs in {}: {} of itself", name(*measure), ratio_with_interval(*control))
        }
        Kind::ControlNotKnown(measure, control) => format!(
            "whether the A/A pair agrees in {} is not known, because the rounds are too few or too noisy: {} of \
             itself",
            name(*measure),
            ratio_with_interval(*control)
        ),
        Kind::NotKnown(measure, models) => format!(
            "not known yet by {}, because the rounds are too few or too noisy: {}",
            name(*measure),
            list(models)
        ),
        Kind::ProcessesUnknown => "the run does not say which process a sample comes from, so that the intervals do \
             not hold what a process happens to be (runs before version 3 had one process for all rounds)"
            .into(),
        Kind::Disturbed { rounds, of, most } => format!(
            "other programs, or the hypervisor, took up to {:.0} % of the processors' time in {rounds} of {}",
            100.0 * most,
            count(*of, "round")
        ),
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
