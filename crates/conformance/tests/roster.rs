//! Tests every model of the roster, and the control arms, against every property, with one named test each. The tests
//! of a model that cannot run on this machine are ignored, and the reason is printed.

use std::time::Duration;

use fanout_conformance::properties::PROPERTIES;
use fanout_conformance::trial;
use fanout_model::Model;
use fanout_models::{FLOORS, ROSTER};
use fanout_needs::skip;
use libtest_mimic::{Trial, run};

/// After this time, a trial counts as hanging. This is a deadline, not a measurement.
const TIMEOUT: Duration = Duration::from_secs(60);

fn main() {
    let models: Vec<&'static dyn Model> = ROSTER.iter().chain(FLOORS).copied().collect();
    fanout_models::enter();
    trial::enter(&models);
    let arguments = trial::arguments();
    let mut trials = Vec::new();
    for model in models {
        // Whoever asks for one model is not told what others lack.
        let is_asked_for = |name: &str| arguments.filter.as_deref().is_none_or(|filter| name.contains(filter));
        if !PROPERTIES.iter().any(|property| is_asked_for(&format!("{}::{}", model.id(), property.name))) {
            continue;
        }
        // A test that may not be skipped runs, and fails with the same reason.
        let skipped = model.available().is_err_and(|why| skip(model.id(), &why.to_string()).is_ok());
        for property in PROPERTIES {
            let name = format!("{}::{}", model.id(), property.name);
            let check = move || trial::run(model, property, TIMEOUT).map_err(Into::into);
            trials.push(Trial::test(name, check).with_ignored_flag(skipped));
        }
    }
    run(&arguments, trials).exit()
}
