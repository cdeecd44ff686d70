//! Finds whether two recorded runs may be compared: in what they differ beside the code, and what only one of them
//! has.

use std::collections::BTreeSet;

use fanout_record::run::{Arm, Role, Run, ScenarioRun};

use crate::history::conditions;

/// One of two runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The first run, the baseline.
    A,
    /// The second run, the candidate.
    B,
}

/// A reason why two runs are not comparable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// A fact about the machine or the build that both have, such as the toolchain.
    Fact {
        /// The fact's name.
        name: &'static str,
        /// The value of the fact in A.
        a: String,
        /// The value of the fact in B.
        b: String,
    },
    /// Scenarios of one name that asked for something else. Each has the name, then what A and what B asked for.
    Scenarios(Vec<(String, Vec<(String, String)>)>),
    /// Scenarios that only one side has.
    OnlyIn(Side, Vec<String>),
}

/// Another fact to know about two runs that are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// One side is a partial run. The text says what is missing.
    Partial(Side, String),
    /// Models that only one side has. If the other side has a model in other scenarios, the model has the name of the
    /// scenario that lacks it.
    OnlyIn(Side, Vec<(String, Option<String>)>),
}

/// Returns why two runs are not comparable. The list is empty if they are.
#[must_use]
pub fn differences(a: &Run, b: &Run) -> Vec<Difference> {
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "unknown".into());
    let toolchain = |run: &Run| text(&run.source.rustc).lines().next().unwrap_or_default().to_owned();
    // Runs that do not say it are from before it was recorded, and are usually of optimised builds.
    let build = |run: &Run| if run.source.debug == Some(true) { "debug" } else { "optimised" }.to_owned();
    let awake = |run: &Run| {
        let each: BTreeSet<String> = run.questions.iter().map(|question| question.awake.to_string()).collect();
        each.into_iter().collect::<Vec<_>>().join(", ")
    };
    let flags = |run: &Run| text(&run.source.flags);
    let allocator = |run: &Run| run.source.allocator.clone().unwrap_or_else(|| "the system's".into());
    let facts = [
        ("machine", a.machine.id(), b.machine.id()),
        ("toolchain", toolchain(a), toolchain(b)),
        ("flags", flags(a), flags(b)),
        ("build", build(a), build(b)),
        ("allocator", allocator(a), allocator(b)),
        ("processors kept awake", awake(a), awake(b)),
    ];
    let facts = facts.into_iter().filter(|(_, a, b)| a != b);
    let mut found: Vec<Difference> = facts.map(|(name, a, b)| Difference::Fact { name, a, b }).collect();
    found.extend(of_scenarios(&scenarios(a), &scenarios(b)));
    found
}

/// Returns what a partial run lacks, and the models that only one of two runs has. The rest is compared all the same.
#[must_use]
pub fn notes(a: &Run, b: &Run) -> Vec<Note> {
    let (of_a, of_b) = (scenarios(a), scenarios(b));
    let partial = [(Side::A, a), (Side::B, b)]
        .into_iter()
        .flat_map(|(side, run)| run.missing().into_iter().map(move |missing| Note::Partial(side, missing)));
    let only = [(Side::A, models_only_in(&of_a, &of_b)), (Side::B, models_only_in(&of_b, &of_a))];
    let only = only.into_iter().filter(|(_, models)| !models.is_empty());
    partial.chain(only.map(|(side, models)| Note::OnlyIn(side, models))).collect()
}

/// Returns the models that scenarios have and that the same scenarios among the others lack.
fn models_only_in(of: &[Named<'_>], others: &[Named<'_>]) -> Vec<(String, Option<String>)> {
    let mut only = Vec::new();
    for one in of {
        let Some(other) = others.iter().find(|other| alike(one, other)) else { continue };
        for label in models(one).filter(|label| !models(other).any(|other| other == *label)) {
            let elsewhere = others.iter().flat_map(models).any(|other| other == label);
            let found = (label, elsewhere.then(|| one.name.clone()));
            if !only.contains(&found) {
                only.push(found);
            }
        }
    }
    only
}

/// One scenario of a run, with its name.
struct Named<'a> {
    name: String,
    measured: &'a ScenarioRun,
}

/// Returns every scenario of a run.
fn scenarios(run: &Run) -> Vec<Named<'_>> {
    let all = run.questions.iter().flat_map(|question| question.scenarios.iter().map(move |it| (question, it)));
    all.map(|(question, measured)| Named { name: measured.scenario.title(&question.name), measured }).collect()
}

/// Returns whether two scenarios of one name asked for the same, of the same server, over networks that carried it in
/// the same way.
pub(crate) fn are_alike(a: &ScenarioRun, b: &ScenarioRun) -> bool {
    a.scenario == b.scenario && a.server == b.server && a.transport == b.transport
}

fn alike(a: &Named<'_>, b: &Named<'_>) -> bool {
    a.name == b.name && are_alike(a.measured, b.measured)
}

/// Returns the names of the models of a scenario, by which they are the same in several runs.
fn models(of: &Named<'_>) -> impl Iterator<Item = String> {
    of.measured.arms.iter().filter(|arm| arm.role == Role::Model).map(Arm::name_among_runs)
}

/// Returns the scenarios of one name that differ, and those that only one side has.
fn of_scenarios(of_a: &[Named<'_>], of_b: &[Named<'_>]) -> Vec<Difference> {
    let unlike = |of: &[Named<'_>], others: &[Named<'_>]| -> Vec<usize> {
        (0..of.len()).filter(|i| !others.iter().any(|other| alike(&of[*i], other))).collect()
    };
    let (mut only_a, mut only_b, mut differ) = (Vec::new(), unlike(of_b, of_a), Vec::new());
    for one in unlike(of_a, of_b) {
        let one = &of_a[one];
        match only_b.iter().position(|other| of_b[*other].name == one.name) {
            Some(place) => differ.push((one.name.clone(), asked(one, &of_b[only_b.remove(place)]))),
            None => only_a.push(one.name.clone()),
        }
    }
    let only_b: Vec<String> = only_b.into_iter().map(|i| of_b[i].name.clone()).collect();
    let mut found = Vec::new();
    if !differ.is_empty() {
        found.push(Difference::Scenarios(differ));
    }
    let only = [(Side::A, only_a), (Side::B, only_b)].into_iter().filter(|(_, names)| !names.is_empty());
    found.extend(only.map(|(side, names)| Difference::OnlyIn(side, names)));
    found
}

/// Returns what two scenarios asked for, where that differs, such as "delay 20 ms" and "delay 2 ms".
fn asked(a: &Named<'_>, b: &Named<'_>) -> Vec<(String, String)> {
    let of = |scenario: &Named<'_>| {
        let mut asked = conditions(scenario.measured, false);
        asked.push(format!("server {}", scenario.measured.server));
        asked
    };
    of(a).into_iter().zip(of(b)).filter(|(a, b)| a != b).collect()
}
