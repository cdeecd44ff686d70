//! The advice for each situation, in words. The figures and the choice are those of [`fanout_analysis::situations`].

use fanout_analysis::capacity::{Adaptive, curves};
use fanout_analysis::compared::{Answered, Compared, PLAIN};
use fanout_analysis::metric::Metric;
use fanout_analysis::ranking::Unranked;
use fanout_analysis::situations::{Answer, Describe, Found, Open, Pick, answers};
use fanout_record::price::Prices;
use fanout_stats::Estimate;

use crate::capacity;
use crate::figures::{count, figure, list, list_of, ratio, ratio_with_interval};
use crate::price;
use crate::words::{label, labels};

/// The most entries of a list of models. If there are more models, the last entry counts those that are not named.
const MOST_NAMED: usize = 5;

/// The advice for one situation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told<'a> {
    /// The key of the situation.
    pub id: &'static str,
    /// The end of the sentence "If your program ...".
    pub program: &'static str,
    /// The label of the model that should be taken, or `None` if no model is picked.
    pub take: Option<&'a str>,
    /// The advice in a few words.
    pub short: String,
    /// The advice with the names of the models that are as good.
    pub advice: String,
    /// The reasons for the advice, in whole sentences.
    pub because: Vec<String>,
    /// The name of the scenario that the advice rests on, or `None` if the run measured no scenario that is like the
    /// situation.
    pub rests_on: Option<&'a str>,
}

/// Returns the advice for all situations, the most common one first.
#[must_use]
pub fn told<'a>(questions: &'a [Answered<'_>], describe: Describe) -> Vec<Told<'a>> {
    answers(questions, describe).iter().map(tell).collect()
}

/// The topics about which a run without these questions shows nothing. Each topic has the name of the question that
/// would measure it.
const BEYOND: [(&str, &str); 7] = [
    ("other machines", "machines"),
    ("many hosts", "hosts"),
    ("large files and uploads", "body"),
    ("answers that need processor time", "work"),
    ("rate limits, and servers that allow few requests at once", "capacity"),
    ("distance and lost packets", "network"),
    ("servers that fail", "failures"),
];

/// Returns a sentence about the topics that the run did not measure, or `None` if it measured all of them.
#[must_use]
pub fn not_measured(questions: &[Answered<'_>]) -> Option<String> {
    let asked = |name: &str| questions.iter().any(|answered| answered.question.name == name);
    let beyond: Vec<&str> = BEYOND.iter().filter(|(_, name)| !asked(name)).map(|(what, _)| *what).collect();
    (!beyond.is_empty()).then(|| format!("This run did not measure, and says nothing about: {}.", list(&beyond)))
}

/// Returns what is said of one situation.
pub(crate) fn tell<'a>(answer: &Answer<'a, '_>) -> Told<'a> {
    let (id, program) = (answer.situation.id, answer.situation.program);
    let Some(found) = &answer.found else {
        let question = answer.situation.question;
        let because = vec![if PLAIN.contains(&question) {
            format!("`cargo bench --bench {question}` measures it.")
        } else {
            "No bench of this version measures it.".into()
        }];
        let short: String = "not measured in this run".into();
        return Told { id, program, take: None, advice: short.clone(), short, because, rests_on: None };
    };
    let rests_on = Some(found.compared.name.as_str());
    let Said { take, short, advice, because } = of_scenario(found, answer.situation.by);
    Told { id, program, take, short, advice, because, rests_on }
}

/// The advice of a scenario. The members are those of [`Told`].
pub(crate) struct Said<'a> {
    pub(crate) take: Option<&'a str>,
    short: String,
    pub(crate) advice: String,
    pub(crate) because: Vec<String>,
}

/// Returns the advice of a scenario by one measure.
pub(crate) fn of_scenario<'a>(found: &Found<'a, '_>, by: Metric) -> Said<'a> {
    if let Some(said) = in_flight(found.compared).filter(|_| by == Metric::Time) {
        return said;
    }
    match &found.pick {
        Ok(pick) => {
            let name = label(&found.compared.rows[pick.first]);
            let (short, advice) = advice(found, pick, name);
            Said { take: Some(name), short, advice, because: because(found, pick, by) }
        }
        Err(open) => {
            let because = vec![reason(*open), smallest(found, by)];
            let because = because.into_iter().filter(|said| !said.is_empty()).collect();
            let short: String = "not known from this run".into();
            Said { take: None, advice: short.clone(), short, because }
        }
    }
}

/// Up to this ratio to the best number in flight, a model that is not told a number comes near to it.
const NEARLY: f64 = 1.1;

/// Returns the advice for a scenario that varies the number in flight, or `None` for another scenario.
fn in_flight<'a>(compared: &'a Compared<'_>) -> Option<Said<'a>> {
    let curves = curves(compared);
    let curve = curves.first()?;
    let knee = curve.at_the_knee();
    let sure = if curve.knee.is_known { "" } else { "about " };
    let short = format!("{sure}{} in flight", knee.in_flight);
    let is_as_good = |it: &&Adaptive<'_>| it.to_best.is_some_and(|(ratio, _)| ratio.value <= NEARLY);
    let itself = curve.adaptive.iter().find(is_as_good);
    let itself = itself.map(|it| format!("; {} comes near to the best number without being told it", it.model));
    let advice = format!("{short}{}", itself.unwrap_or_default());
    Some(Said {
        take: Some(&compared.rows[knee.row].arm.model),
        short,
        advice,
        because: capacity::sentences(compared),
    })
}

/// Returns the advice to take the model that brings the fewest crates into a program, and the reasons for it with the
/// time that the model takes. If several models bring equally few crates, the advice names the one with the smallest
/// time.
pub(crate) fn fewest_dependencies(
    found: &Found<'_, '_>,
    prices: Option<&Prices>,
    describe: Describe,
) -> (String, String) {
    let (compared, ranking) = (found.compared, &found.ranking);
    let crates = |row: usize| describe(&compared.rows[row].arm.model).map(|model| model.crates);
    let time = |row: usize| compared.rows[row].time.map_or(f64::INFINITY, |time| time.value);
    let fewest = |rows: Vec<usize>| {
        let counted = rows.into_iter().filter_map(|row| Some((crates(row)?, row)));
        counted.min_by(|a, b| a.0.cmp(&b.0).then(time(a.1).total_cmp(&time(b.1))))
    };
    let Some((n, first)) = fewest(ranking.members().to_vec()) else {
        return ("It is not known from this run.".into(), reason(Open::NoModel));
    };
    let name = label(&compared.rows[first]);
    let brings =
        |n, row| format!("brings {} into a program, and takes {}.", count(n, "crate"), figures(compared, row));
    let mut because = vec![format!("{name} {}", brings(n, first))];
    because.extend(prices.and_then(|prices| price::of_model(prices, &compared.rows[first].arm.model)));
    let as_good = if ranking.unranked.is_none() { ranking.as_good() } else { Vec::new() };
    match fewest(as_good) {
        Some((_, row)) if row == first => {
            because.push("By time, it is as good as the best of those that such a program can use.".into());
        }
        Some((more, row)) => {
            because.push(format!(
                "Of those that are as good as the best by time, {} {}",
                label(&compared.rows[row]),
                brings(more, row)
            ));
        }
        None => because.push("It is not known which models are as good as the best by time.".into()),
    }
    if let Some(model) = describe(&compared.rows[first].arm.model) {
        because.push(format!("It costs {}.", model.it_costs.replace('`', "")));
    }
    (format!("Take {name}."), because.join(" "))
}

/// Returns whether more than half of the models are as good as each other, the picked one included. Any of them is
/// then a good choice.
fn any_does(found: &Found<'_, '_>, pick: &Pick) -> bool {
    let members = found.ranking.members().len();
    members > 1 && 2 * (1 + pick.as_good.len()) > members
}

/// Returns the advice in short, and the advice with the names of the models that are as good.
fn advice(found: &Found<'_, '_>, pick: &Pick, name: &str) -> (String, String) {
    let short = match (any_does(found, pick), found.ranking.members().len()) {
        (true, members) if 1 + pick.as_good.len() == members => "whichever fits the code around it".into(),
        (true, _) => format!("whichever fits the code around it, such as {name}"),
        (false, _) if pick.as_good.is_empty() => name.into(),
        (false, _) => {
            let short = format!("{name}, or one that is as good");
            let names = list_of(&labels(&pick.as_good, found.compared), MOST_NAMED);
            return (short.clone(), format!("{short}: {names}"));
        }
    };
    (short.clone(), short)
}

fn because(found: &Found<'_, '_>, pick: &Pick, by: Metric) -> Vec<String> {
    let (compared, ranking) = (found.compared, &found.ranking);
    let name = label(&compared.rows[pick.first]);
    let members = ranking.members().len();
    let mut said = vec![format!("{name} takes {}.", figures(compared, pick.first))];
    let unknown = labels(&pick.not_known, compared);
    if members == 1 {
        said.push("No other model that such a program can use was measured.".into());
    } else if any_does(found, pick) {
        let n = 1 + pick.as_good.len();
        let least = if by == Metric::Time {
            format!(", and {name} needs the least processor time of them")
        } else {
            String::new()
        };
        said.push(format!("{n} of {members} models are as good as each other{least}."));
    } else if !pick.as_good.is_empty() && by == Metric::Time {
        said.push(format!("Of those that are as good, {name} needs the least processor time."));
    } else if pick.as_good.is_empty() && unknown.is_empty() {
        said.push("No other model that such a program can use is as good.".into());
    }
    if !unknown.is_empty() {
        said.push(format!("It is not known whether these are as good: {}.", list_of(&unknown, MOST_NAMED)));
    }
    let worse = |(row, times): (usize, Estimate)| (label(&compared.rows[row]), times);
    if let Some((next, times)) = pick.next.map(worse) {
        said.push(format!("{next} {}{}", as_much(by, &ratio_with_interval(times)), more(found, by, times)));
    }
    if let Some((last, times)) = pick.farthest.filter(|_| pick.farthest != pick.next).map(worse) {
        said.push(format!("The {} is {last}, which {}.", farthest(by), as_much(by, &ratio(times.value))));
    }
    if by == Metric::Cpu {
        said.push("This row compares processor time, not elapsed time.".into());
    }
    said
}

/// Returns the words for a model that takes so many times as much as the best.
fn as_much(by: Metric, times: &str) -> String {
    match by {
        Metric::Time => format!("takes {times} times as long"),
        Metric::Cpu => format!("needs {times} times the processor time"),
        Metric::Memory => format!("needs {times} times the memory"),
    }
}

/// Returns the word for the model that is farthest from the best.
fn farthest(by: Metric) -> &'static str {
    match by {
        Metric::Time => "slowest",
        Metric::Cpu | Metric::Memory => "most expensive",
    }
}

/// Returns the end of a sentence, which expresses a ratio in absolute units.
fn more(found: &Found<'_, '_>, by: Metric, times: Estimate) -> String {
    let best = found.ranking.leader().map(|row| &found.compared.rows[row]);
    let more = |estimate: Option<Estimate>| estimate.map(|best| figure(best.value * (times.value - 1.0)));
    match by {
        Metric::Time => more(best.and_then(|row| row.time)).map(|more| format!(", {more} ms a batch more.")),
        Metric::Cpu => more(best.and_then(|row| row.cpu)).map(|more| format!(", {more} us a request more.")),
        Metric::Memory => None,
    }
    .unwrap_or_else(|| ".".into())
}

/// Returns the time and the processor time of a row, in words.
fn figures(compared: &Compared<'_>, row: usize) -> String {
    let row = &compared.rows[row];
    let requests = count(row.requests, "request");
    // A batch of few requests has no more of them in flight.
    let in_flight = match row.requests.min(row.arm.concurrency) {
        0 | 1 => String::new(),
        n => format!(" with {n} in flight"),
    };
    let time = row.time.map(|time| format!("{} ms for {requests}{in_flight}", figure(time.value)));
    let cpu = row.cpu.map(|cpu| format!("{} us of processor time a request", figure(cpu.value)));
    time.into_iter().chain(cpu).collect::<Vec<_>>().join(", and ")
}

fn reason(open: Open) -> String {
    match open {
        Open::Unranked(Unranked::ControlDiffers) => "One model that was entered twice differs from itself.".into(),
        Open::Unranked(Unranked::Waking) => {
            "The server answers at once, so that the time is mostly that of waking idle processors.".into()
        }
        Open::Unranked(Unranked::TooFewRounds) => "There are too few rounds for intervals.".into(),
        Open::TooWide => "The intervals are too wide to say which models are as good as the best.".into(),
        Open::NoModel => "No model that such a program can use was measured.".into(),
    }
}

/// Returns a sentence about the smallest figure, for a scenario in which no model is picked. The sentence is empty if
/// there is no figure.
fn smallest(found: &Found<'_, '_>, by: Metric) -> String {
    let Some(leader) = found.ranking.leader() else { return String::new() };
    let what = match by {
        Metric::Time => "time",
        Metric::Cpu => "processor time",
        Metric::Memory => "memory",
    };
    let name = label(&found.compared.rows[leader]);
    format!("The smallest {what} is that of {name}: {}.", figures(found.compared, leader))
}
