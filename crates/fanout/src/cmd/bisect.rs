//! `cargo fanout bisect`: which commit made something slower?

use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use clap::Args;
use fanout_analysis::verdict::Verdict;
use fanout_compare::bisect::{Answer, first_bad};
use fanout_compare::build::tree::Tree;
use fanout_compare::comparison::{Asked, PairOutcome};
use fanout_compare::json::{self, Range};
use fanout_compare::summary;
use fanout_harness::case::Case;
use fanout_harness::interrupt;
use fanout_model::Model;
use fanout_record::paths::{derived, workspace};

use super::say::{say, tell};
use super::sides::{MeasuredSides, ended, measured, pretty, side};

/// Find the first commit of a range that made something slower.
///
/// The command first compares the two ends of the range, as `cargo fanout compare` does. If the end regressed, the
/// command measures the commit in the middle, and goes on with the half in which the change must be. It skips a
/// commit that cannot be built or measured; the answer then names every commit that may be the first slower one.
///
/// The exit code is 0 if the end is not slower, 1 if it is slower, 3 if the measurements cannot tell, and 4 if the
/// two ends cannot be compared.
#[derive(Args)]
pub(crate) struct Arguments {
    /// A..B, where A is an ancestor of B; HEAD where one of them is left out.
    range: String,

    #[command(flatten)]
    measured: MeasuredSides,

    /// Print JSON for programs. Progress messages go to standard error.
    #[arg(long)]
    json: bool,
}

impl std::fmt::Debug for Arguments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Arguments").field("range", &self.range).finish_non_exhaustive()
    }
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let range = arguments.range.as_str();
    let is_range = range.contains("..") && !range.contains("...");
    ensure!(is_range, "`{range}` is not a range that can be searched; name A..B, where A is an ancestor of B");
    interrupt::listen().context("cannot listen for Ctrl-C")?;
    Ok(ended(first_slower(range, arguments)))
}

/// Finds the first commit of a range that made something slower than at the beginning of the range.
fn first_slower(range: &str, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let threshold = arguments.measured.threshold();
    let tree = Tree::new(&workspace(), &derived())?;
    let (from, to) = range.split_once("..").unwrap_or((range, ""));
    let end = |name: &str| tree.commit(if name.is_empty() { "HEAD" } else { name });
    let (from, to) = (end(from)?, end(to)?);
    let commits = tree.between(&from, &to)?;
    if commits.is_empty() {
        bail!("there is no commit in {range}");
    }
    let whole = arguments.measured.of(side(&tree, "A", &from)?, side(&tree, "B", &to)?, threshold);
    // Messages for people go to the stream that people read.
    let said = |line: String| if arguments.json { tell(line) } else { say(line) };
    let outcomes = measured(&whole, said);
    let verdict = overall(&outcomes)
        .with_context(|| format!("{} against {} cannot be told", whole.candidate.name, whole.baseline.name))?;
    let pairs = slower_pairs(&whole, &outcomes);
    let (mut skipped, mut inconclusive) = (Vec::new(), Vec::new());
    let told = |commit: &str| {
        let judged = side(&tree, "B", commit).and_then(|b| {
            let step = Asked { baseline: whole.baseline.clone(), candidate: b, pairs: pairs.clone(), ..whole };
            overall(&measured(&step, said))
        });
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
                tell(format!("skipped: {}: {error:#}", tree.describe(commit)));
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
        true => say(pretty(&json::of_range(found))?),
        false => say(answer(found, &tree)),
    }
    Ok(summary::exit_code_of(verdict))
}

/// The answer for people.
fn answer(found: Range<'_>, tree: &Tree) -> String {
    let name = |commit: &String| tree.describe(commit);
    let names = |commits: &[String]| commits.iter().map(|it| format!("\n  {}", name(it))).collect::<String>();
    let first = match found.among {
        [] => {
            let (from, to) = (tree.describe(found.from), tree.describe(found.to));
            return format!("{}: {to} against {from}", summary::word(found.verdict));
        }
        [first] => format!("the first slower commit: {}", name(first)),
        all => format!("the first slower commit is one of these; not all of them could be measured:{}", names(all)),
    };
    match found.inconclusive {
        [] => first,
        untold => format!(
            "{first}\nthis assumes that these are not slower, which is not known; allow more with --budget:{}",
            names(untold)
        ),
    }
}

/// The verdict on everything that was measured.
fn overall(outcomes: &[PairOutcome]) -> anyhow::Result<Verdict> {
    if interrupt::asked() {
        bail!("interrupted");
    }
    let compared = outcomes.iter().filter(|outcome| outcome.failure.is_none());
    let worst = compared.map(|outcome| outcome.verdict).max();
    match outcomes.iter().find_map(|outcome| outcome.failure.as_deref()) {
        // A regression stands, even if something else could not be measured.
        Some(failure) if worst != Some(Verdict::Regressed) => bail!("{failure}"),
        _ => worst.context("nothing was compared"),
    }
}

/// What is worth measuring at the other commits: the pairs that became slower over the whole range.
fn slower_pairs(whole: &Asked, outcomes: &[PairOutcome]) -> Vec<(&'static dyn Model, Case)> {
    let slower = |model: &dyn Model, case: Case| {
        let is = |it: &PairOutcome| it.model == model.id() && it.scenario == case.parameter;
        outcomes.iter().any(|it| is(it) && it.failure.is_none() && it.verdict == Verdict::Regressed)
    };
    whole.pairs.iter().copied().filter(|(model, case)| slower(*model, *case)).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use fanout_compare::comparison::NamedBuild;
    use fanout_compare::scenario::ALL;
    use fanout_harness::arm::Build;
    use fanout_models::AGAIN;

    use super::*;

    fn outcome(case: Case, verdict: Verdict, failure: Option<&str>) -> PairOutcome {
        let failure = failure.map(str::to_owned);
        PairOutcome { verdict, failure, ..PairOutcome::unable(AGAIN.id(), case.parameter, "") }
    }

    #[test]
    fn a_step_measures_what_became_slower_alone() {
        let side = || NamedBuild { name: String::new(), build: Build::Program("/none".into()) };
        let pairs = ALL.map(|case| (AGAIN, case)).to_vec();
        let whole = Asked { baseline: side(), candidate: side(), pairs, budget: Duration::ZERO, threshold: 0.03 };
        let outcomes = [
            outcome(ALL[0], Verdict::Inconclusive, None),
            outcome(ALL[1], Verdict::Regressed, None),
            outcome(ALL[2], Verdict::Improved, None),
        ];
        let pairs = slower_pairs(&whole, &outcomes);
        let names: Vec<_> = pairs.iter().map(|(model, case)| (model.id(), case.parameter)).collect();
        assert_eq!(names, [(AGAIN.id(), ALL[1].parameter)]);
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
