//! Finds which changes a person has accepted. It does not ask git, and uses only what runs record about their
//! commits.

use fanout_record::store::annotation::Annotation;

use super::group::{Group, RunFacts};
use super::series::Series;

/// Notes at each change which annotations accept it.
pub(super) fn attach(group: &mut Group, annotations: &[Annotation]) {
    let (runs, id) = (&group.runs, &group.id);
    for series in &mut group.series {
        let measured: Vec<&RunFacts> = series.points.iter().map(|point| &runs[point.run]).collect();
        let about: Vec<usize> = (0..annotations.len()).filter(|i| is_about(&annotations[*i], id, series)).collect();
        for change in &mut series.changes {
            let holds = |i: &usize| holds(&annotations[*i], &measured, change.found.index);
            change.accepted = about.iter().copied().filter(holds).collect();
        }
    }
}

/// Returns whether an annotation is about the model, the question and the machine of this series.
fn is_about(said: &Annotation, machine: &str, series: &Series) -> bool {
    let allows = |of: &Option<String>, name: &str| of.as_deref().is_none_or(|of| of == name);
    allows(&said.machine, machine) && allows(&said.question, &series.question) && allows(&said.model, &series.model)
}

/// Returns whether an annotation holds for a change between run `at - 1`, which does not have it, and run `at`, which
/// has it. Both are places among the runs that were `measured`. It holds in these cases:
///
/// - The annotation's commit is that of run `at`.
/// - `after` was measured before run `at`, and the annotation's commit in run `at` or later.
/// - The annotation's commit was not measured, but is known to lie between the two runs. It is the parent of run
///   `at`'s commit, or `after` is the commit of run `at - 1`.
fn holds(said: &Annotation, measured: &[&RunFacts], at: usize) -> bool {
    let is = |run: &RunFacts, commit: &str| run.commit.as_deref().is_some_and(|known| same(known, commit));
    let (Some(last), Some(first)) = (at.checked_sub(1).and_then(|i| measured.get(i)), measured.get(at)) else {
        return false;
    };
    let behind = said.after.as_deref().and_then(|after| measured.iter().rposition(|run| is(run, after)));
    match measured.iter().position(|run| is(run, &said.commit)) {
        Some(made) => made == at || behind.is_some_and(|behind| behind < at && at <= made),
        None => {
            let parent = first.parent.as_deref().is_some_and(|parent| same(parent, &said.commit));
            parent || said.after.as_deref().is_some_and(|after| is(last, after))
        }
    }
}

/// Returns whether two names are of one commit. Either name may be cut.
fn same(a: &str, b: &str) -> bool {
    a.len().min(b.len()) >= 7 && (a.starts_with(b) || b.starts_with(a))
}
