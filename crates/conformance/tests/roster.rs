//! Every model of the roster, and the floor, against every property: one named test each.

use std::time::Duration;

use fanout_conformance::properties::PROPERTIES;
use fanout_conformance::trial;
use fanout_model::Model;
use fanout_models::{FLOOR, ROSTER};
use libtest_mimic::{Arguments, Trial, run};

/// When a trial counts as hanging. A deadline, not a measurement.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() {
    let models: Vec<&'static dyn Model> = ROSTER.iter().copied().chain([FLOOR]).collect();
    fanout_models::enter();
    trial::enter(&models);
    let mut trials = Vec::new();
    for model in models {
        for property in PROPERTIES {
            let name = format!("{}::{}", model.id(), property.name);
            trials.push(Trial::test(name, move || trial::run(model, property, PATIENCE).map_err(Into::into)));
        }
    }
    run(&Arguments::from_args(), trials).exit()
}
