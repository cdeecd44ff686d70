//! Says in words what two recorded runs differ in, beside the code.

use fanout_analysis::comparable::{Difference, Note, Side};

/// How many names are listed; the others are counted.
const NAMED: usize = 3;

/// Says in one line why two runs are not comparable.
#[must_use]
pub fn difference(difference: &Difference) -> String {
    match difference {
        Difference::Fact { name, a, b } => format!("{name}: {a} and {b}"),
        Difference::Scenarios(scenarios) => {
            let pairs = |asked: &[(String, String)]| {
                asked.iter().map(|(a, b)| format!("{a} and {b}")).collect::<Vec<_>>().join("; ")
            };
            let names: Vec<String> =
                scenarios.iter().map(|(name, asked)| format!("{name} ({})", pairs(asked))).collect();
            format!("scenarios: {}", named(&names))
        }
        Difference::OnlyIn(side, names) => format!("scenarios: only {} has {}", letter(*side), named(names)),
    }
}

/// Says in one line what else to know about two runs that are compared.
#[must_use]
pub fn note(note: &Note) -> String {
    match note {
        Note::Partial(side, missing) => format!("{} is a partial run: {missing}", letter(*side)),
        Note::OnlyIn(side, models) => {
            let of = |(model, scenario): &(String, Option<String>)| match scenario {
                Some(scenario) => format!("{model} in {scenario}"),
                None => model.clone(),
            };
            let models: Vec<String> = models.iter().map(of).collect();
            format!("models: only {} has {}", letter(*side), named(&models))
        }
    }
}

fn letter(side: Side) -> &'static str {
    match side {
        Side::A => "A",
        Side::B => "B",
    }
}

/// Lists the first few names, and says how many more there are.
fn named(names: &[String]) -> String {
    let first = names[..names.len().min(NAMED)].join(", ");
    let more = names.len().saturating_sub(NAMED);
    if more > 0 { format!("{first} and {more} more") } else { first }
}
