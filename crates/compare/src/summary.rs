//! Describes the results of comparisons for people: on a terminal and in a pull request.

use std::fmt::Write;
use std::process::ExitCode;

use fanout_analysis::diff::{self, ArmDifference};
use fanout_analysis::verdict::Verdict;
use fanout_harness::exit;
use fanout_stats::Estimate;

use crate::comparison::PairOutcome;
use crate::scenario;
use crate::verdict::{CostKind, Judgement};

/// Describes an outcome in one line.
#[must_use]
pub fn line(outcome: &PairOutcome) -> String {
    let told = |found: &[Judgement]| found.iter().map(told).collect::<Vec<_>>().join(", ");
    let threshold = outcome.found.iter().map(|found| found.threshold).fold(0.0, f64::max);
    let threshold = format!("; threshold {:.1} %", 100.0 * threshold);
    let what = format!("{} {}", outcome.model, outcome.scenario);
    match &outcome.failure {
        Some(failure) => format!("{what}: not comparable: {failure}"),
        None => {
            let again = if outcome.again.is_empty() {
                String::new()
            } else {
                format!("; again, at 90 %, {}", told(&outcome.again))
            };
            let found = told(&outcome.found);
            format!("{what}: {}; B / A: {found}{again}{threshold}{}", words(outcome), unconfirmed(outcome))
        }
    }
}

/// Describes in one line how an arm differs between two recorded runs.
#[must_use]
pub fn recorded_line(found: &ArmDifference) -> String {
    let ratio = found.ratio.map_or("-".into(), interval);
    let threshold = 100.0 * found.threshold;
    format!(
        "{} {}: {}; x floor {ratio}, threshold {threshold:.1} %{}",
        found.label,
        found.scenario,
        word(found.verdict),
        if found.alone == found.verdict { "" } else { "; different alone, but not among all" }
    )
}

/// Says in one sentence how the arms of two recorded runs differ, and how far that can be told.
#[must_use]
pub fn recorded_conclusion(found: &[ArmDifference]) -> String {
    let verdicts: Vec<Verdict> = found.iter().map(|found| found.verdict).collect();
    let all = found.len();
    let mut text = format!("{}, judged over all {all} together", counted(&verdicts).join(", "));
    let alone = found.iter().filter(|found| found.alone != found.verdict).count();
    if alone > 0 {
        let _ = write!(text, "; {alone} would differ if judged alone, as a few of many do by chance");
    }
    let few = found.iter().filter(|found| found.ratio.is_some() && !found.rounds_enough).count();
    if few > 0 {
        let needed = diff::rounds_needed(all);
        let _ = write!(
            text,
            "; {few} have fewer than the {needed} rounds that are needed to find a difference among {all}"
        );
    }
    text
}

/// Returns the exit code: 1 if an arm regressed, 3 if nothing can be told about any arm, and 0 otherwise, since some
/// of hundreds of arms are always inconclusive.
#[must_use]
pub fn recorded_exit_code(found: &[ArmDifference]) -> ExitCode {
    let told = |found: &ArmDifference| found.rounds_enough && found.verdict != Verdict::Inconclusive;
    exit_code_of(match found.iter().map(|found| found.verdict).max() {
        Some(Verdict::Regressed) => Verdict::Regressed,
        _ if found.iter().any(told) => Verdict::Equivalent,
        _ => Verdict::Inconclusive,
    })
}

/// Formats a judgement, such as "time 1.012 (1.003 .. 1.021)".
fn told(found: &Judgement) -> String {
    format!("{} {}", name(found.measure), interval(found.ratio))
}

fn interval(ratio: Estimate) -> String {
    match ratio.interval {
        Some((low, high)) => format!("{:.3} ({low:.3} .. {high:.3})", ratio.value),
        None => format!("{:.3} (too few sessions for an interval)", ratio.value),
    }
}

fn name(measure: CostKind) -> &'static str {
    match measure {
        CostKind::Time => "time",
        CostKind::Cpu => "CPU",
    }
}

/// Returns the word for a verdict.
#[must_use]
pub fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Regressed => "REGRESSED",
        Verdict::Improved => "improved",
        Verdict::Equivalent => "equivalent",
        Verdict::Inconclusive => "inconclusive",
    }
}

/// Names the verdict of an outcome, and the measures by which the builds differ.
fn words(outcome: &PairOutcome) -> String {
    let by = outcome.by().into_iter().map(name).collect::<Vec<_>>().join(" and ");
    let by = if by.is_empty() { by } else { format!(" by {by}") };
    format!("{}{by}", word(outcome.verdict))
}

fn unconfirmed(outcome: &PairOutcome) -> &'static str {
    let differed = outcome.found.iter().any(|found| found.verdict.differs());
    if differed && outcome.verdict == Verdict::Inconclusive { "; a difference was not confirmed" } else { "" }
}

const HEAD: &str =
    "| model | scenario | verdict | time, B / A | CPU, B / A | A / A | threshold | rounds in sessions |
|---|---|---|---|---|---|---|---|
";

/// Writes a comment for a pull request. Intervals are at 95 % unless the text says otherwise.
#[must_use]
pub fn markdown(a: &str, b: &str, outcomes: &[PairOutcome]) -> String {
    let code = |text: &str| text.replace('`', "'");
    let mut text = format!("### fanout: {}\n\n`{}` against `{}`\n\n", conclusion(outcomes), code(b), code(a));
    text.push_str(HEAD);
    for outcome in outcomes {
        let ratio = |measure| {
            let of = |found: &[Judgement]| found.iter().find(|it| it.measure == measure).map(|it| interval(it.ratio));
            let again = of(&outcome.again).map_or(String::new(), |again| format!("<br>again, at 90 %: {again}"));
            of(&outcome.found).map_or("-".into(), |first| first + &again)
        };
        let each = |of: &dyn Fn(&Judgement) -> String| match outcome.found.as_slice() {
            [] => "-".into(),
            found => found.iter().map(of).collect::<Vec<_>>().join("<br>"),
        };
        let identical = each(&|found| format!("{} {}", name(found.measure), interval(found.identical)));
        let threshold = each(&|found| format!("{} {:.1} %", name(found.measure), 100.0 * found.threshold));
        let verdict = outcome.failure.as_deref().map_or_else(
            || format!("{}{}", words(outcome), unconfirmed(outcome)),
            |failure| format!("not comparable: {}", failure.replace(['|', '\n'], " ")),
        );
        let (model, scenario) = (outcome.model, outcome.scenario);
        let (time, cpu) = (ratio(CostKind::Time), ratio(CostKind::Cpu));
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "| {model} | {scenario} | {verdict} | {time} | {cpu} | {identical} | {threshold} | {} in {} |",
            outcome.rounds, outcome.sessions
        );
    }
    let (a, b) = (code(a), code(b));
    let _ = writeln!(
        text,
        "\nA is `{a}` and B is `{b}`: above 1, B takes more. The intervals are at 95 %. *Again* is a second \
         measurement in fresh processes, at 90 %, which only confirms the direction. A / A is the first build \
         against itself. A difference below the threshold does not matter.\n"
    );
    for (case, about) in scenario::ALL.iter().zip(scenario::ABOUT) {
        if outcomes.iter().any(|it| it.scenario == case.parameter) {
            let _ = writeln!(text, "- *{}*: {about}", case.parameter);
        }
    }
    text
}

/// Summarises all outcomes in one line.
#[must_use]
pub fn conclusion(outcomes: &[PairOutcome]) -> String {
    let verdicts: Vec<Verdict> = outcomes.iter().filter(|it| it.failure.is_none()).map(|it| it.verdict).collect();
    let failed = outcomes.len() - verdicts.len();
    let mut said = counted(&verdicts);
    if failed > 0 {
        said.push(format!("{failed} not comparable"));
    }
    if said.is_empty() { "nothing was compared".into() } else { said.join(", ") }
}

/// Counts each kind of verdict that occurs, such as "1 REGRESSED" and "2 equivalent".
fn counted(verdicts: &[Verdict]) -> Vec<String> {
    let count = |kind| verdicts.iter().filter(|verdict| **verdict == kind).count();
    let kinds = [Verdict::Regressed, Verdict::Inconclusive, Verdict::Improved, Verdict::Equivalent];
    let there = kinds.into_iter().filter(|kind| count(*kind) > 0);
    there.map(|kind| format!("{} {}", count(kind), word(kind))).collect()
}

/// Returns the exit code: 1 if something regressed; otherwise 4 if something, or everything, could not be compared; 3
/// if it is not known whether something regressed; and 0 if nothing did.
#[must_use]
pub fn exit_code(outcomes: &[PairOutcome]) -> ExitCode {
    let compared: Vec<Verdict> =
        outcomes.iter().filter(|outcome| outcome.failure.is_none()).map(|outcome| outcome.verdict).collect();
    let failed = outcomes.len() - compared.len();
    match compared.into_iter().max() {
        Some(Verdict::Regressed) => exit_code_of(Verdict::Regressed),
        Some(worst) if failed == 0 => exit_code_of(worst),
        _ => ExitCode::from(exit::NOT_COMPARABLE),
    }
}

/// Returns the exit code: 0 if the build is no slower, 1 if it is slower, and 3 if that is not known.
#[must_use]
pub fn exit_code_of(worst: Verdict) -> ExitCode {
    match worst {
        Verdict::Equivalent | Verdict::Improved => ExitCode::SUCCESS,
        Verdict::Regressed => ExitCode::from(exit::BAD_ANSWER),
        Verdict::Inconclusive => ExitCode::from(exit::INCONCLUSIVE),
    }
}
