//! The answer in words, each drawn from the figures: nothing is said that this run does not show.

use std::fmt;

use fanout_stats::Estimate;

use crate::compared::{Answered, Compared, Row};
use crate::contest::Contest;
use crate::figures::{count, figure, list, ratio, ratio_with_interval};

/// One statement, and whether the run supports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// What it is about: "fastest".
    pub about: &'static str,
    /// What is said.
    pub text: String,
    /// Whether it is an answer; else it says why there is none.
    pub answers: bool,
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.about, self.text)
    }
}

/// What is said of one scenario.
#[must_use]
pub fn answers(compared: &Compared<'_>) -> Vec<Said> {
    let said = [Some(fastest(compared)), cheapest(compared), smallest(compared), floor(compared)];
    said.into_iter().flatten().collect()
}

/// What the floor took, and what of it was waiting; `None` without a floor.
#[must_use]
pub fn floor(compared: &Compared<'_>) -> Option<Said> {
    let row = compared.floor()?;
    let took = format!("{} ms a batch", figure(row.time?.value));
    let text = match compared.delay_alone() {
        Some(alone) => {
            let (alone, limit) = (figure(alone.as_secs_f64() * 1e3), row.arm.concurrency);
            format!("{took}; the delay alone would take {alone} ms with {limit} in flight")
        }
        None => took,
    };
    Some(Said { about: "floor", text, answers: true })
}

/// Who is fastest, how far from the floor, and by how much ahead of the next; or why nobody can be said to be.
#[must_use]
pub fn fastest(compared: &Compared<'_>) -> Said {
    let (contest, about) = (&compared.time, "fastest");
    let Some(first) = contest.best().first().map(|first| &compared.rows[*first]) else {
        return Said { about, text: "no model did its work to the end".into(), answers: false };
    };
    let near = match first.to_floor {
        Some(to_floor) => format!("{} times the floor", ratio_with_interval(to_floor)),
        None => format!("{} ms", first.time.map_or("-".into(), |time| figure(time.value))),
    };
    if contest.control_differs() {
        let seen = contest.control.map(ratio_with_interval).unwrap_or_default();
        let text =
            format!("nobody is called faster, since the model that was entered twice differs from itself, {seen}");
        return Said { about, text, answers: false };
    }
    if let Some(text) = too_few(contest, compared) {
        return Said {
            about,
            text: format!("{text}; nearest to the floor is {}, {near}", label(first)),
            answers: false,
        };
    }
    let text = format!("{}{near}{}", tied(contest, compared), next(contest, compared));
    Said { about, text, answers: true }
}

/// Who costs the processors least; `None` where nothing was counted.
#[must_use]
pub fn cheapest(compared: &Compared<'_>) -> Option<Said> {
    let cost = |row: &Row<'_>| Some(format!("{} us of processor time a request", figure(row.cpu?.value)));
    least("cheapest", &compared.cpu, compared, cost)
}

/// Who needs least memory; `None` where nothing was counted.
#[must_use]
pub fn smallest(compared: &Compared<'_>) -> Option<Said> {
    let size = |row: &Row<'_>| {
        let memory = row.typical(|sample| Some(sample.usage.peak_memory as f64 / 1e6))?;
        Some(format!("{} MB", figure(memory)))
    };
    least("smallest", &compared.memory, compared, size)
}

fn least(
    about: &'static str,
    contest: &Contest,
    compared: &Compared<'_>,
    value: impl Fn(&Row<'_>) -> Option<String>,
) -> Option<Said> {
    let first = &compared.rows[*contest.best().first()?];
    let value = value(first)?;
    Some(match too_few(contest, compared) {
        Some(_) => {
            Said { about, text: format!("not ranked; the least is {}'s, {value}", label(first)), answers: false }
        }
        None => {
            let text = format!("{}{value}{}", tied(contest, compared), next(contest, compared));
            Said { about, text, answers: true }
        }
    })
}

/// What the scenarios of a question say together: who is among the fastest most often, and how far apart models are.
#[must_use]
pub fn overall(answered: &Answered<'_>) -> Vec<String> {
    let mut said = Vec::new();
    let judged: Vec<&Compared<'_>> = answered.scenarios.iter().filter(|compared| fastest(compared).answers).collect();
    if judged.len() > 1 {
        let mut wins: Vec<(&str, usize)> = Vec::new();
        for name in judged.iter().flat_map(|compared| compared.time.best().iter().map(|i| label(&compared.rows[*i])))
        {
            match wins.iter_mut().find(|(known, _)| *known == name) {
                Some((_, n)) => *n += 1,
                None => wins.push((name, 1)),
            }
        }
        wins.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        let most = wins.first().map_or(0, |(_, n)| *n);
        let names: Vec<&str> = wins.iter().filter(|(_, n)| *n == most).map(|(name, _)| *name).collect();
        said.push(format!("Most often among the fastest: {} ({most} of {} scenarios).", some(&names), judged.len()));
    }
    let spreads: Vec<String> = answered.scenarios.iter().filter_map(spread).collect();
    if !spreads.is_empty() {
        said.push(format!("From the nearest to the farthest model, in floors: {}.", spreads.join("; ")));
    }
    said
}

/// How far models are from the floor, from the nearest to the farthest.
fn spread(compared: &Compared<'_>) -> Option<String> {
    let members = compared.time.groups.iter().flatten().map(|i| &compared.rows[*i]);
    let distances: Vec<f64> = members.filter_map(|row| Some(row.to_floor?.value)).collect();
    let (near, far) = (distances.iter().copied().reduce(f64::min)?, distances.iter().copied().reduce(f64::max)?);
    let parameter = &compared.measured.scenario.parameter;
    let at = if parameter.is_empty() { String::new() } else { format!(" at {parameter}") };
    Some(format!("{} to {}{at}", ratio(near), ratio(far)))
}

fn too_few(contest: &Contest, compared: &Compared<'_>) -> Option<String> {
    let members: usize = contest.groups.iter().map(Vec::len).sum();
    let (wanting, rounds) = (contest.rounds_wanting, compared.measured.order.len());
    (wanting > 0).then(|| {
        let rounds = count(rounds, "round");
        format!("{rounds} cannot tell {members} models apart all together, {wanting} more could")
    })
}

/// The best group, in front of what its first one has.
fn tied(contest: &Contest, compared: &Compared<'_>) -> String {
    let names: Vec<&str> = contest.best().iter().map(|i| label(&compared.rows[*i])).collect();
    match names.as_slice() {
        [first, _, ..] => format!("{} tie, {first} with ", some(&names)),
        alone => format!("{} with ", some(alone)),
    }
}

/// By how much the next group is behind.
fn next(contest: &Contest, compared: &Compared<'_>) -> String {
    let [best, second, ..] = contest.groups.as_slice() else { return String::new() };
    let behind: Option<Estimate> = contest.between(second[0], best[0]).map(|pair| pair.ratio);
    let Some(behind) = behind else { return String::new() };
    let (next, first) = (label(&compared.rows[second[0]]), label(&compared.rows[best[0]]));
    format!("; next is {next} with {} times {first}'s", ratio_with_interval(behind))
}

/// A list that stays readable.
fn some(names: &[&str]) -> String {
    const MOST: usize = 9;
    if names.len() <= MOST {
        return list(names);
    }
    let rest = format!("{} more", names.len() - MOST + 1);
    list(&[&names[..MOST - 1], &[rest.as_str()]].concat())
}

fn label<'a>(row: &Row<'a>) -> &'a str {
    &row.arm.label
}
