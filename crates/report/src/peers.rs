//! How peers, which are programs in other languages, compare with the models, in words. The figures are those of
//! [`fanout_analysis::peers`].

use fanout_analysis::compared::Compared;
use fanout_analysis::metric::Metric;
use fanout_analysis::peers::{Versus, best, counterparts, measure};
use fanout_stats::{Between, Estimate};

use crate::figures::{ratio, ratio_with_interval};

/// Returns a sentence for each language about its best peer and the best model, and then a sentence for each peer
/// that has a counterpart among the models. There are none in a scenario without peers.
#[must_use]
pub fn sentences(compared: &Compared<'_>) -> Vec<String> {
    let best = best(compared, measure(compared)).into_iter().map(|versus| {
        let superlative = superlative(compared);
        let (language, peer) = (named(versus.language()), &versus.peer.arm.label);
        let (takes, model) = (takes(&versus), &versus.model.arm.label);
        format!("{language}: {peer}, the {superlative} of its peers, {takes} {model}, the {superlative} model.")
    });
    let counterparts = counterparts(compared).into_iter().map(|versus| {
        let (peer, takes, model) = (&versus.peer.arm.label, takes(&versus), &versus.model.arm.label);
        format!("{peer} {takes} {model}, its counterpart in Rust.")
    });
    best.chain(counterparts).collect()
}

/// Returns how many times the processor time of the best model the best peer of each language needs, in a few words;
/// `None` in a scenario without peers.
#[must_use]
pub fn in_short(compared: &Compared<'_>) -> Option<String> {
    let entry = |versus: Versus<'_, '_>| Some(format!("{} {}", versus.language(), ratio(versus.cpu?.0.value)));
    let entries: Vec<String> = best(compared, Metric::Cpu).into_iter().filter_map(entry).collect();
    (!entries.is_empty()).then(|| format!("times the CPU time: {}", entries.join(", ")))
}

/// Returns the word for the best by the measure of a scenario.
fn superlative(compared: &Compared<'_>) -> &'static str {
    if measure(compared) == Metric::Cpu { "cheapest" } else { "fastest" }
}

/// Returns what a peer takes, up to the name of the model.
fn takes(versus: &Versus<'_, '_>) -> String {
    let time = versus.time.map(|time| told(time, "takes", "takes longer", "times as long", "as"));
    let cpu = versus.cpu.map(|cpu| told(cpu, "needs", "needs more processor time", "times the processor time", "of"));
    match (time, cpu) {
        (Some((time, _)), Some((cpu, of))) => format!("{time} and {cpu} {of}"),
        (Some((one, link)), None) | (None, Some((one, link))) => format!("{one} {link}"),
        (None, None) => "has no figure beside".into(),
    }
}

/// Returns a ratio in words, and the word that leads to the name of the model.
fn told(
    (times, between): (Estimate, Between),
    verb: &str,
    more: &str,
    unit: &str,
    link: &'static str,
) -> (String, &'static str) {
    let figure = format!("{} {unit}", ratio_with_interval(times));
    let words = match between {
        Between::Worse | Between::Better => format!("{verb} {figure}"),
        Between::AsGood => format!("{verb} {figure} (which is no difference)"),
        Between::NotKnown => format!("{verb} {figure} (it is not known whether it {more})"),
    };
    (words, link)
}

/// Returns the name of a language that is known, or its word.
fn named(word: &str) -> &str {
    match word {
        "python" => "Python",
        "node" => "Node",
        "go" => "Go",
        other => other,
    }
}
