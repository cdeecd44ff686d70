//! In what two recorded runs differ beside the code: why they are not comparable, and what only one of them has.

use std::collections::BTreeSet;

use fanout_record::run::{Role, Run};
use fanout_report::compared::{Answered, Compared};
use fanout_report::history::conditions;

/// So many of a kind are named; the rest is counted.
const NAMED: usize = 3;

/// Why two runs are not comparable, each a difference by name; empty where they are.
#[must_use]
pub fn differences(a: &Run, b: &Run) -> Vec<String> {
    let mut found = Vec::new();
    let mut differ = |what: &str, a: String, b: String| {
        if a != b {
            found.push(format!("{what}: {a} and {b}"));
        }
    };
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "unknown".into());
    let toolchain = |run: &Run| text(&run.source.rustc).lines().next().unwrap_or_default().to_owned();
    // Runs that do not say are from before it was asked, of optimised builds as a rule.
    let build = |run: &Run| if run.source.debug == Some(true) { "debug" } else { "optimised" }.to_owned();
    differ("machine", a.machine.id(), b.machine.id());
    differ("toolchain", toolchain(a), toolchain(b));
    differ("flags", text(&a.source.flags), text(&b.source.flags));
    differ("build", build(a), build(b));
    let awake = |run: &Run| run.questions.iter().map(|question| question.awake.to_string()).collect::<BTreeSet<_>>();
    let listed = |awake: BTreeSet<String>| awake.into_iter().collect::<Vec<_>>().join(", ");
    differ("processors kept awake", listed(awake(a)), listed(awake(b)));
    found.extend(of_scenarios(&scenarios(a), &scenarios(b)));
    found
}

/// What a partial run lacks, and models that only one of two runs has, as notes: the rest is compared all the same.
#[must_use]
pub fn notes(a: &Run, b: &Run) -> Vec<String> {
    let (of_a, of_b) = (scenarios(a), scenarios(b));
    let only = |of: &[Compared<'_>], others: &[Compared<'_>]| {
        let mut missing = Vec::new();
        for one in of {
            let Some(other) = others.iter().find(|other| alike(one, other)) else { continue };
            for label in models(one).filter(|label| !models(other).any(|other| other == *label)) {
                let elsewhere = others.iter().flat_map(models).any(|other| other == label);
                let said = if elsewhere { format!("{label} in {}", one.name) } else { label.to_owned() };
                if !missing.contains(&said) {
                    missing.push(said);
                }
            }
        }
        missing
    };
    let sides = [("A", only(&of_a, &of_b)), ("B", only(&of_b, &of_a))];
    let told = |(side, missing): (&str, Vec<String>)| {
        (!missing.is_empty()).then(|| format!("models: only {side} has {}", named(&missing)))
    };
    let partial = [("A", a), ("B", b)].into_iter().flat_map(|(side, run)| {
        run.missing().into_iter().map(move |missing| format!("{side} is a partial run: {missing}"))
    });
    partial.chain(sides.into_iter().filter_map(told)).collect()
}

/// Every scenario of a run.
pub(crate) fn scenarios(run: &Run) -> Vec<Compared<'_>> {
    run.questions.iter().flat_map(|question| Answered::new(question).scenarios).collect()
}

/// Whether both were asked the same, of the same server.
pub(crate) fn alike(a: &Compared<'_>, b: &Compared<'_>) -> bool {
    a.name == b.name && a.measured.scenario == b.measured.scenario && a.measured.server == b.measured.server
}

fn models<'a>(of: &'a Compared<'_>) -> impl Iterator<Item = &'a str> {
    of.measured.arms.iter().filter(|arm| arm.role == Role::Model).map(|arm| arm.label.as_str())
}

/// Scenarios of one name that differ, and those that only one side has.
fn of_scenarios(of_a: &[Compared<'_>], of_b: &[Compared<'_>]) -> Vec<String> {
    let unlike = |of: &[Compared<'_>], others: &[Compared<'_>]| -> Vec<usize> {
        (0..of.len()).filter(|i| !others.iter().any(|other| alike(&of[*i], other))).collect()
    };
    let (mut only_a, mut only_b, mut differ) = (Vec::new(), unlike(of_b, of_a), Vec::new());
    for one in unlike(of_a, of_b) {
        match only_b.iter().position(|other| of_b[*other].name == of_a[one].name) {
            Some(place) => differ.push(difference(&of_a[one], &of_b[only_b.remove(place)])),
            None => only_a.push(of_a[one].name.clone()),
        }
    }
    let only_b: Vec<String> = only_b.into_iter().map(|i| of_b[i].name.clone()).collect();
    let kinds = [("", differ), ("only A has ", only_a), ("only B has ", only_b)];
    let told = |(what, names): (&str, Vec<String>)| {
        (!names.is_empty()).then(|| format!("scenarios: {what}{}", named(&names)))
    };
    kinds.into_iter().filter_map(told).collect()
}

/// "notebook (delay 20 ms and delay 2 ms)".
fn difference(a: &Compared<'_>, b: &Compared<'_>) -> String {
    let of = |compared: &Compared<'_>| {
        let mut said = conditions(&compared.measured.scenario, false);
        said.push(format!("server {}", compared.measured.server));
        said
    };
    let pairs = of(a).into_iter().zip(of(b)).filter(|(a, b)| a != b).map(|(a, b)| format!("{a} and {b}"));
    format!("{} ({})", a.name, pairs.collect::<Vec<_>>().join("; "))
}

/// The first few, and how many more.
fn named(names: &[String]) -> String {
    let first = names[..names.len().min(NAMED)].join(", ");
    let more = names.len().saturating_sub(NAMED);
    if more > 0 { format!("{first} and {more} more") } else { first }
}
