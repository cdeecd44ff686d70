//! What mistakes cost, in words. The figures are those of [`fanout_analysis::mistakes`].

use fanout_analysis::mistakes::Cost;
use fanout_mistakes::explain;
use fanout_stats::{Between, Estimate};

use crate::figures::{list, ratio, ratio_with_interval};

/// Returns the name of a mistake, or its label if this version does not know it.
#[must_use]
pub fn name<'a>(cost: &Cost<'a, '_>) -> &'a str {
    explain(&cost.mistake.arm.model).map_or(&cost.mistake.arm.label, |mistake| mistake.name)
}

/// Returns the label of a mistake without what all mistakes' labels begin with, where there is little room.
#[must_use]
pub(crate) fn short<'a>(cost: &Cost<'a, '_>) -> &'a str {
    let label = cost.mistake.arm.label.as_str();
    label.strip_prefix("mistake-").unwrap_or(label)
}

/// Returns the sentence that says what a mistake costs in time.
#[must_use]
pub fn in_time(cost: &Cost<'_, '_>) -> String {
    let Some((times, between)) = cost.time else { return no_ratio(cost) };
    let takes = format!("{} times as long as {}", ratio_with_interval(times), twin(cost));
    match between {
        Between::Worse => format!("It takes {takes}."),
        Between::Better => format!("It is over sooner here: it takes {takes}."),
        Between::AsGood => format!("There is no difference in time here: it takes {takes}."),
        Between::NotKnown => format!("Whether it takes longer is not known: {takes}."),
    }
}

/// Returns the sentence that says what a mistake costs in processor time, or `None` if there is no ratio.
#[must_use]
pub fn in_processor_time(cost: &Cost<'_, '_>) -> Option<String> {
    let (times, between) = cost.cpu?;
    let needs = format!("{} times the processor time", ratio_with_interval(times));
    Some(match between {
        Between::Worse | Between::Better => format!("It needs {needs}."),
        Between::AsGood => format!("There is no difference in processor time here: it needs {needs}."),
        Between::NotKnown => format!("Whether it needs more processor time is not known: {needs}."),
    })
}

/// Returns what all mistakes of a scenario cost, in a sentence for each kind of answer.
#[must_use]
pub fn in_brief(costs: &[Cost<'_, '_>]) -> Vec<String> {
    let of = |wanted: Option<Between>, with_ratio: bool| {
        let is_wanted = |cost: &&Cost<'_, '_>| cost.time.map(|(_, between)| between) == wanted;
        let told = |cost: &Cost<'_, '_>| match cost.time {
            Some((times, _)) if with_ratio => format!("{} ({} times as long)", name(cost), ratio(times.value)),
            _ => name(cost).to_owned(),
        };
        costs.iter().filter(is_wanted).map(told).collect::<Vec<_>>()
    };
    let sentence =
        |names: Vec<String>, begin: &str| (!names.is_empty()).then(|| format!("{begin}: {}.", list(&names)));
    let all = [
        sentence(of(Some(Between::Worse), true), "These take longer than the right model"),
        sentence(of(Some(Between::AsGood), false), "These take as long as the right model here"),
        sentence(of(Some(Between::Better), true), "These are over sooner here, at the server's expense"),
        sentence(of(Some(Between::NotKnown), false), "Of these it is not known whether they take longer"),
        sentence(of(None, false), "These have no figures, because they or the right model failed"),
    ];
    all.into_iter().flatten().collect()
}

/// Returns two lists for a terminal, each with its heading: the mistakes that take longer than their twins, and the
/// others. Each entry has its ratio.
#[must_use]
pub(crate) fn lists(costs: &[Cost<'_, '_>]) -> [(&'static str, Vec<String>); 2] {
    let entry = |cost: &Cost<'_, '_>| {
        let label = short(cost);
        let times = |times: Estimate| format!("{label} {} x", ratio(times.value));
        match cost.time {
            Some((ratio, Between::NotKnown)) => format!("{}?", times(ratio)),
            Some((_, Between::AsGood)) => format!("{label} as long"),
            Some((ratio, _)) => times(ratio),
            None => format!("{label} failed"),
        }
    };
    let is_slower = |cost: &&Cost<'_, '_>| matches!(cost.time, Some((_, Between::Worse)));
    let (slower, others): (Vec<_>, Vec<_>) = costs.iter().partition(is_slower);
    [("slower", slower), ("others", others)].map(|(title, costs)| (title, costs.into_iter().map(entry).collect()))
}

/// Returns the label of a mistake's twin, or words for it if it did not take part.
fn twin<'a>(cost: &Cost<'a, '_>) -> &'a str {
    cost.twin.map_or("the right model", |twin| &twin.arm.label)
}

fn no_ratio(cost: &Cost<'_, '_>) -> String {
    match (&cost.mistake.arm.failure, cost.twin) {
        (Some(why), _) => format!("It failed: {why}."),
        (None, None) => "There is no figure, because the right model did not take part.".into(),
        (None, Some(twin)) if twin.arm.failure.is_some() => {
            format!("There is no figure, because {} failed.", twin.arm.label)
        }
        (None, Some(_)) => "There is no figure, because both have no round in common.".into(),
    }
}
