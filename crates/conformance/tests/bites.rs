//! Tests every model that misbehaves against the property that must catch it, for the right reason.

use std::time::Duration;

use fanout_conformance::fixtures::{FIXTURES, Fixture};
use fanout_conformance::{properties, trial};
use fanout_model::Model;
use libtest_mimic::{Failed, Trial, run};

/// Long enough for every fixture that ends; one never does. This is a deadline, not a measurement.
const TIMEOUT: Duration = Duration::from_secs(20);

fn main() {
    let models: Vec<&'static dyn Model> = FIXTURES.iter().map(|fixture| &fixture.model as &dyn Model).collect();
    fanout_models::enter();
    trial::enter(&models);
    let test = |fixture: &'static Fixture| {
        let name = format!("{} is caught by {}", fixture.model.id(), fixture.caught_by);
        Trial::test(name, move || is_caught(fixture))
    };
    run(&trial::arguments(), FIXTURES.iter().map(test).collect()).exit()
}

fn is_caught(fixture: &Fixture) -> Result<(), Failed> {
    let property = properties::find(fixture.caught_by).ok_or("no such property")?;
    match trial::run(&fixture.model, property, TIMEOUT) {
        Ok(()) => Err("it was not caught".into()),
        Err(error) if error.to_string().contains(fixture.says) => Ok(()),
        Err(error) => Err(format!("it was caught for another reason: {error:#}").into()),
    }
}
