//! `cargo fanout calibrate`: what comparisons on this machine can see, and how often they are wrong.

use std::io::{Write, stdout};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use fanout_compare::compare::one;
use fanout_compare::scenario::{self, Kind};
use fanout_compare::trial::Subject;
use fanout_compare::verdict::Verdict;
use fanout_harness::arm::Build;
use fanout_harness::interrupt;
use fanout_model::Model;
use fastrand::Rng;
use mock_server::cli::duration;

/// Try comparisons whose answer is known on this machine: identical builds, and builds made slower on purpose.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The model to try with.
    #[arg(long, short, value_name = "ID", default_value = "tokio-current-thread", value_parser = fanout_models::find_or_suggest)]
    model: &'static dyn Model,

    /// The scenario to try in.
    #[arg(long, short, value_name = "NAME", default_value = "busy", value_parser = scenario::find)]
    scenario: Kind,

    /// How much slower, in percent; 0 for identical.
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "0,1,2,3,5,10")]
    slower: Vec<f64>,

    /// Tries of each.
    #[arg(long, value_name = "N", default_value_t = 10)]
    tries: usize,

    /// How long each comparison may take.
    #[arg(long, default_value = "20s", value_parser = duration)]
    budget: Duration,

    /// The smallest difference that matters, in percent.
    #[arg(long, value_name = "PERCENT", default_value_t = 3.0)]
    threshold: f64,
}

impl std::fmt::Debug for Arguments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Arguments").field("model", &self.model.id()).finish_non_exhaustive()
    }
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    interrupt::listen()?;
    let mut out = stdout().lock();
    for percent in &arguments.slower {
        let b = if *percent > 0.0 { Build::Slowed(*percent) } else { Build::This };
        let subject = Subject { model: arguments.model, kind: arguments.scenario, a: &Build::This, b: &b };
        for _ in 0..arguments.tries {
            let outcome = one(&subject, arguments.budget, arguments.threshold / 100.0, &mut Rng::new());
            if interrupt::asked() {
                return Ok(ExitCode::from(130));
            }
            let told = outcome.found.iter().chain(&outcome.again).map(|found| {
                let (low, high) = found.ratio.interval.unwrap_or((f64::NAN, f64::NAN));
                format!("{:?} {:.4} ({low:.4} .. {high:.4}) {:?}", found.measure, found.ratio.value, found.verdict)
            });
            writeln!(
                out,
                "{percent} % {:?} {} sessions {} rounds {:.0}s clock {:.0}%: {} {}",
                outcome.verdict,
                outcome.sessions,
                outcome.rounds,
                outcome.took.as_secs_f64(),
                100.0 * outcome.on_the_clock.as_secs_f64() / outcome.took.as_secs_f64(),
                told.collect::<Vec<_>>().join("; "),
                outcome.failure.unwrap_or_default()
            )?;
            let _ = Verdict::Regressed;
        }
    }
    Ok(ExitCode::SUCCESS)
}
