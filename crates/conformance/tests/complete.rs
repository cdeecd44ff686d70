//! Checks that each property has a broken model that it catches. A property that catches nothing proves nothing.

use std::collections::BTreeSet;

use fanout_conformance::fixtures::{self, Fixture};
use fanout_conformance::properties::{self, Property};

fn without_a_fixture(properties: &[Property], fixtures: &[Fixture]) -> Vec<&'static str> {
    let caught: BTreeSet<&str> = fixtures.iter().map(|fixture| fixture.caught_by).collect();
    properties.iter().map(|property| property.name).filter(|name| !caught.contains(name)).collect()
}

#[test]
fn each_property_has_a_broken_model_that_it_catches() {
    for (list, properties, fixtures) in [
        ("FIXTURES", properties::PROPERTIES, fixtures::FIXTURES),
        ("IN_A_NETWORK_OF_ITS_OWN", properties::IN_A_NETWORK_OF_ITS_OWN, fixtures::IN_A_NETWORK_OF_ITS_OWN),
    ] {
        let missing = without_a_fixture(properties, fixtures);
        assert!(
            missing.is_empty(),
            "crates/conformance/src/fixtures/mod.rs: {list} needs a line `fixture(\"id\", Fault::..., \"{}\", \"what \
             it says\")`, a model with one thing broken that this property catches; missing are {missing:?}",
            missing[0]
        );
    }
}
