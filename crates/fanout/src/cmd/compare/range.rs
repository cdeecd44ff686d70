//! `cargo fanout compare A..B`: which commit made it slower?

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, bail};
use fanout_compare::bisect::{Answer, first_bad};
use fanout_compare::compare::{Asked, Outcome, Side, compare};
use fanout_compare::json::{self, Range};
use fanout_compare::scenario::Kind;
use fanout_compare::summary;
use fanout_compare::tree::Tree;
use fanout_compare::verdict::Verdict;
use fanout_harness::interrupt;
use fanout_model::Model;
use fanout_record::{derived, workspace};
use fastrand::Rng;

use super::{Arguments, asked, measured, print, side, tell};

/// The first commit of a range that made something slower than it was where the range begins.
pub(super) fn first_slower(range: &str, threshold: f64, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let tree = Tree::new(&workspace(), &derived())?;
    let (from, to) = range.split_once("..").unwrap_or((range, ""));
    let end = |name: &str| tree.commit(if name.is_empty() { "HEAD" } else { name });
    let (from, to) = (end(from)?, end(to)?);
    let commits = tree.between(&from, &to)?;
    if commits.is_empty() {
        bail!("there is no commit in {range}");
    }
    let whole = asked(side(&tree, "A", &from)?, side(&tree, "B", &to)?, threshold, arguments);
    let outcomes = measured(&whole, arguments);
    let verdict =
        overall(&outcomes).with_context(|| format!("{} against {} cannot be told", whole.b.name, whole.a.name))?;
    let pairs = slower_pairs(&whole, &outcomes);
    let (mut skipped, mut inconclusive) = (Vec::new(), Vec::new());
    let told = |commit: &str| {
        let judged = side(&tree, "B", commit).and_then(|b| overall(&step(&whole, &pairs, b, arguments)));
        if interrupt::asked() {
            bail!("interrupted");
        }
        Ok(match judged {
            Ok(Verdict::Regressed) => Answer::Bad,
            Ok(Verdict::Inconclusive) => {
                inconclusive.push(commit.to_owned());
                Answer::Good
            }
            Ok(Verdict::Equivalent | Verdict::Improved) => Answer::Good,
            Err(error) => {
                eprintln!("skipped: {}: {error:#}", tree.describe(commit));
                skipped.push(commit.to_owned());
                Answer::Unknown
            }
        })
    };
    let among = if verdict == Verdict::Regressed { first_bad(&commits, told)? } else { &[] };
    let found = Range {
        from: &from,
        to: &to,
        verdict,
        outcomes: &outcomes,
        among,
        skipped: &skipped,
        inconclusive: &inconclusive,
    };
    match arguments.json {
        true => print(&json::of_range(found))?,
        false => crate::cmd::say(answer(found, &tree))?,
    }
    Ok(summary::exit_code_of(verdict))
}

/// For people.
fn answer(found: Range<'_>, tree: &Tree) -> String {
    let name = |commit: &String| tree.describe(commit);
    let names = |commits: &[String]| commits.iter().map(|it| format!("\n  {}", name(it))).collect::<String>();
    let first = match found.among {
        [] => {
            let (from, to) = (tree.describe(found.from), tree.describe(found.to));
            return format!("{}: {to} against {from}", summary::word(found.verdict));
        }
        [first] => format!("the first that is slower: {}", name(first)),
        all => format!("the first that is slower is one of these, not all of which could be measured:{}", names(all)),
    };
    match found.inconclusive {
        [] => first,
        untold => format!(
            "{first}\nif these are no slower, which could not be told; --budget allows more:{}",
            names(untold)
        ),
    }
}

/// Of all that was measured.
fn overall(outcomes: &[Outcome]) -> anyhow::Result<Verdict> {
    if interrupt::asked() {
        bail!("interrupted");
    }
    let compared = outcomes.iter().filter(|outcome| outcome.failure.is_none());
    let worst = compared.map(|outcome| outcome.verdict).max();
    match outcomes.iter().find_map(|outcome| outcome.failure.as_deref()) {
        // What is slower is so, whatever else could not be measured.
        Some(failure) if worst != Some(Verdict::Regressed) => bail!("{failure}"),
        _ => worst.context("nothing was compared"),
    }
}

/// What is worth measuring at the other commits: what became slower over the whole range.
fn slower_pairs(whole: &Asked, outcomes: &[Outcome]) -> Vec<(&'static dyn Model, Kind)> {
    let slower = |model: &dyn Model, kind: Kind| {
        let is = |it: &Outcome| it.model == model.id() && it.scenario == kind.name;
        outcomes.iter().any(|it| is(it) && it.failure.is_none() && it.verdict == Verdict::Regressed)
    };
    let pairs = whole.kinds.iter().flat_map(|kind| whole.models.iter().map(move |model| (*model, *kind)));
    pairs.filter(|(model, kind)| slower(*model, *kind)).collect()
}

/// Measures these alone, `b` against where the range begins; what one does not need of the budget, the others have.
fn step(whole: &Asked, pairs: &[(&'static dyn Model, Kind)], b: Side, arguments: &Arguments) -> Vec<Outcome> {
    eprintln!("A: {}\nB: {}", whole.a.name, b.name);
    let start = Instant::now();
    let mut outcomes = Vec::new();
    for (i, (model, kind)) in pairs.iter().enumerate() {
        let budget = whole.budget.saturating_sub(start.elapsed()) / (pairs.len() - i) as u32;
        let (a, b) = (whole.a.clone(), b.clone());
        let asked = Asked { a, b, models: vec![*model], kinds: vec![*kind], budget, threshold: whole.threshold };
        outcomes.extend(compare(&asked, &mut Rng::new(), |outcome| tell(outcome, arguments)));
    }
    outcomes
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use fanout_compare::scenario::ALL;
    use fanout_harness::arm::Build;
    use fanout_models::AGAIN;

    use super::*;

    fn outcome(kind: Kind, verdict: Verdict, failure: Option<&str>) -> Outcome {
        Outcome {
            model: AGAIN.id(),
            scenario: kind.name,
            found: Vec::new(),
            again: Vec::new(),
            verdict,
            sessions: 0,
            rounds: 0,
            took: Duration::ZERO,
            on_the_clock: Duration::ZERO,
            failure: failure.map(str::to_owned),
        }
    }

    #[test]
    fn a_step_measures_what_became_slower_alone() {
        let side = || Side { name: String::new(), build: Build::Program("/none".into()) };
        let (models, kinds) = (vec![AGAIN], ALL.to_vec());
        let whole = Asked { a: side(), b: side(), models, kinds, budget: Duration::ZERO, threshold: 0.03 };
        let outcomes = [
            outcome(ALL[0], Verdict::Inconclusive, None),
            outcome(ALL[1], Verdict::Regressed, None),
            outcome(ALL[2], Verdict::Improved, None),
        ];
        let pairs = slower_pairs(&whole, &outcomes);
        let names: Vec<_> = pairs.iter().map(|(model, kind)| (model.id(), kind.name)).collect();
        assert_eq!(names, [(AGAIN.id(), ALL[1].name)]);
    }

    #[test]
    fn what_failed_is_no_answer_unless_something_is_slower() {
        let failed = || outcome(ALL[0], Verdict::Inconclusive, Some("it did not start"));
        let with = |verdict| overall(&[failed(), outcome(ALL[1], verdict, None)]);
        assert_eq!(with(Verdict::Regressed).unwrap(), Verdict::Regressed);
        assert_eq!(with(Verdict::Equivalent).unwrap_err().to_string(), "it did not start");
        assert!(overall(&[]).is_err());
    }
}
