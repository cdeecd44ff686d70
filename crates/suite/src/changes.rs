//! Lists the changes that Criterion found, a line for each, in place of everything that Criterion prints.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use fanout_record::run::ScenarioRun;
use serde::Deserialize;

/// The largest change that Criterion takes for noise by default, as a share.
const NOISE: f64 = 0.01;

/// Criterion's file about a change (criterion 0.8, `estimate.rs`), as far as it is needed here.
#[derive(Deserialize)]
struct Change {
    mean: Estimate,
}

#[derive(Deserialize)]
struct Estimate {
    point_estimate: f64,
    confidence_interval: Interval,
}

#[derive(Deserialize)]
struct Interval {
    lower_bound: f64,
    upper_bound: f64,
}

/// Returns a line for each benchmark of a question whose time has changed, as Criterion found after `begun`. The
/// largest change comes first. `pages` is Criterion's folder.
pub(crate) fn found(pages: &Path, question: &str, scenarios: &[ScenarioRun], begun: SystemTime) -> Vec<String> {
    let mut changes: Vec<(f64, String)> = Vec::new();
    for measured in scenarios {
        for arm in &measured.arms {
            let name = measured.scenario.benchmark(question, &arm.label);
            let file = pages.join(&name).join("change/estimates.json");
            let is_new = fs::metadata(&file).and_then(|it| it.modified()).is_ok_and(|modified| modified >= begun);
            let change = is_new.then(|| fs::read(&file).ok()).flatten();
            let Some(change) = change.and_then(|json| serde_json::from_slice::<Change>(&json).ok()) else { continue };
            let Interval { lower_bound: low, upper_bound: high } = change.mean.confidence_interval;
            if low > NOISE || high < -NOISE {
                let [value, low, high] = [change.mean.point_estimate, low, high].map(|share| 100.0 * share);
                changes.push((value, format!("{name}: {value:+.1} % ({low:+.1} .. {high:+.1})")));
            }
        }
    }
    changes.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
    changes.into_iter().map(|(_, line)| line).collect()
}
