//! The answer in words. Each statement comes from the figures of the run, and none says more than the run shows.

use std::fmt;
use std::time::Duration;

use fanout_analysis::capacity::curves;
use fanout_analysis::compared::{Answered, Compared};
use fanout_analysis::metric::Metric;
use fanout_analysis::network::distance_alone;
use fanout_analysis::ranking::{Ranking, Unranked};
use fanout_analysis::summary::ArmSummary;
use fanout_record::run::Exchange;
use fanout_stats::{Between, Estimate, Standing};

use crate::figures::{count, figure, list_of, ratio, ratio_with_interval, with_interval};
use crate::{capacity, floors, peers};

/// The most entries of a list of models. If there are more models, the last entry counts those that are not named.
const MOST_NAMED: usize = 9;

/// One statement, and whether the run supports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The subject of the statement, such as "fastest".
    pub about: &'static str,
    /// The words of the statement.
    pub text: String,
    /// Whether the statement is an answer. Otherwise it says why there is none.
    pub answers: bool,
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.about, self.text)
    }
}

/// Returns the statements about one scenario.
#[must_use]
pub fn answers(compared: &Compared<'_>) -> Vec<Said> {
    if let Some(in_flight) = in_flight(compared) {
        return [Some(in_flight), control(compared)].into_iter().flatten().collect();
    }
    let said =
        [Some(fastest(compared)), cheapest(compared), smallest(compared), Some(floor(compared)), control(compared)];
    let peers = peers::sentences(compared).into_iter();
    said.into_iter().flatten().chain(peers.map(|text| Said { about: "peers", text, answers: true })).collect()
}

/// Returns the statement about the number in flight, or `None` if the scenario does not vary it.
fn in_flight(compared: &Compared<'_>) -> Option<Said> {
    let curves = curves(compared);
    let answers = curves.first()?.knee.is_known;
    Some(Said { about: "in flight", text: capacity::sentences(compared).join(" "), answers })
}

/// Returns the statement about the A/A pair, which shows how large a difference between identical things can be. It
/// is `None` if there is no pair.
#[must_use]
pub fn control(compared: &Compared<'_>) -> Option<Said> {
    let control = compared.time.control?;
    let cpu = compared.cpu.control.map_or_else(|| "-".into(), ratio_with_interval);
    let text =
        format!("one model against itself takes {} of the time, {cpu} of the CPU", ratio_with_interval(control));
    Some(Said { about: "A/A", text, answers: compared.time.control_shows == Some(Between::AsGood) })
}

/// Returns the statement about the fastest model: how far it is from the floor, and how far it is ahead of the
/// nearest model that is worse. If no model can be called the fastest, the statement says why.
#[must_use]
pub fn fastest(compared: &Compared<'_>) -> Said {
    let time = |row: &ArmSummary<'_>| match (row.to_floor, row.time) {
        (Some(to_floor), _) => Some(format!("{} times the floor", ratio_with_interval(to_floor))),
        (None, time) => Some(format!("{} ms", with_interval(time?, figure))),
    };
    least("fastest", &compared.time, compared, time).unwrap_or_else(|| {
        let text = match compared.measured.order.len() {
            0 => "no round was measured",
            _ => "every model failed",
        };
        Said { about: "fastest", text: text.into(), answers: false }
    })
}

/// Returns the statement about the model that needs the least processor time, or `None` if none was counted.
#[must_use]
pub fn cheapest(compared: &Compared<'_>) -> Option<Said> {
    let cost =
        |row: &ArmSummary<'_>| Some(format!("{} us of processor time a request", with_interval(row.cpu?, figure)));
    least("cheapest", &compared.cpu, compared, cost)
}

/// Returns the statement about the model that needs the least memory, or `None` if none was counted.
#[must_use]
pub fn smallest(compared: &Compared<'_>) -> Option<Said> {
    let size =
        |row: &ArmSummary<'_>| Some(format!("{} MB", figure(row.typical(|sample| Metric::Memory.of(sample))?)));
    least("smallest", &compared.memory, compared, size)
}

/// Returns the statement about the floor: the time that it took, and the time that the delay alone would take. If
/// there is no floor, the statement says so.
#[must_use]
pub fn floor(compared: &Compared<'_>) -> Said {
    let about = "floor";
    let Some((row, time)) = compared.floor().and_then(|row| Some((row, row.time?))) else {
        let text = if compared.measured.scenario.exchange == Exchange::Own {
            "there is no floor here, because it does not read every server's answers"
        } else {
            "there is no floor here: it failed, or the server requires TLS, which the floor does not speak"
        };
        return Said { about, text: text.into(), answers: false };
    };
    let mut text = format!("{} ms a batch", figure(time.value));
    if let Some(which) = floors::which(compared) {
        text += &format!("; {which}");
    }
    let limit = row.arm.concurrency;
    if let Some(alone) = compared.delay_alone() {
        text += &format!("; the delay alone would take {} ms with {limit} in flight", milliseconds(alone));
    }
    if let Some(alone) = distance_alone(compared) {
        let [used, new] = alone.map(milliseconds);
        text += &format!(
            "; the round trips alone would take {used} ms with {limit} in flight, and {new} ms over new connections, \
             on which TCP begins with ten packets"
        );
    }
    if let (Some(work), Some(least)) = (compared.measured.scenario.work, compared.delay_or_work_alone()) {
        let (each, processors) = (figure(work.ns as f64 / 1e6), work.processors);
        text += &format!(
            "; the floor does no work on an answer, and a batch with {each} ms of it takes {} ms at least on \
             {processors} processors",
            milliseconds(least)
        );
    }
    if !compared.floor_is_alike() {
        text += "; the floor used HTTP/1.1 with keep-alive and without TLS, unlike the models here";
    }
    Said { about, text, answers: true }
}

fn milliseconds(duration: Duration) -> String {
    figure(duration.as_secs_f64() * 1e3)
}

/// Returns what each request of a scenario asks for, in a few words; `None` for a UUID.
#[must_use]
pub fn exchange(exchange: &Exchange) -> Option<String> {
    Some(match exchange {
        Exchange::Uuid => return None,
        Exchange::Download { bytes: length, kept: false } => format!("{} to hash as they arrive", bytes(*length)),
        Exchange::Download { bytes: length, kept: true } => format!("{} to hold in memory", bytes(*length)),
        Exchange::Upload { bytes: length } => format!("{} to send", bytes(*length)),
        Exchange::Own => "the user's own requests".into(),
    })
}

fn bytes(length: u64) -> String {
    match length {
        0..1_000 => count(length as usize, "byte"),
        1_000..1_000_000 => format!("{} KB", length as f64 / 1e3),
        _ => format!("{} MB", length as f64 / 1e6),
    }
}

fn least(
    about: &'static str,
    ranking: &Ranking,
    compared: &Compared<'_>,
    value: impl Fn(&ArmSummary<'_>) -> Option<String>,
) -> Option<Said> {
    let leader = ranking.leader()?;
    let (name, value) = (label(&compared.rows[leader]), value(&compared.rows[leader])?);
    if ranking.members().len() == 1 {
        return Some(Said { about, text: format!("only {name} took part, with {value}"), answers: false });
    }
    let smallest = format!("the smallest figure is {value}, of {name}");
    let nothing = match ranking.unranked {
        Some(Unranked::ControlDiffers) => {
            let seen = ranking.control.map(ratio_with_interval).unwrap_or_default();
            Some(format!("no model is called {about}, because the A/A pair differs from itself: {seen}"))
        }
        Some(Unranked::Waking) => Some(format!(
            "no model is called {about}, because the server answers at once: the time is mostly that of waking idle \
             processors, so compare the processor time ({smallest})"
        )),
        Some(Unranked::TooFewRounds) => {
            let rounds = count(compared.measured.order.len(), "round");
            Some(format!("not known: {rounds} are too few for intervals; {smallest}"))
        }
        None => None,
    };
    if let Some(text) = nothing {
        return Some(Said { about, text, answers: false });
    }
    let good = ranking.as_good();
    let (first, answers) = match labels(&good, compared).as_slice() {
        [] => (format!("not known yet, because the intervals are too wide; {smallest}"), false),
        [_] => (format!("{name} with {value}"), true),
        names => (format!("{} are as good as each other, {name} with {value}", list_of(names, MOST_NAMED)), true),
    };
    let unknown = if answers { not_known(ranking, compared) } else { String::new() };
    Some(Said { about, text: first + &unknown + &next(ranking, compared), answers })
}

/// Returns sentences about all scenarios of a question together: the models that are most often among the fastest,
/// and how far the models are from the floor. There are none where networks were made, which
/// [`crate::network`] tells of.
#[must_use]
pub fn overall(answered: &Answered<'_>) -> Vec<String> {
    if answered.scenarios.iter().any(|it| it.measured.scenario.network.is_some()) {
        return Vec::new();
    }
    let mut said = Vec::new();
    let judged: Vec<&Compared<'_>> =
        answered.scenarios.iter().filter(|it| it.time.singles_out() && curves(it).is_empty()).collect();
    if judged.len() > 1 {
        let mut wins: Vec<(&str, usize)> = Vec::new();
        for name in judged.iter().flat_map(|compared| labels(&compared.time.as_good(), compared)) {
            match wins.iter_mut().find(|(known, _)| *known == name) {
                Some((_, n)) => *n += 1,
                None => wins.push((name, 1)),
            }
        }
        wins.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        let most = wins.first().map_or(0, |(_, n)| *n);
        let names: Vec<&str> = wins.iter().filter(|(_, n)| *n == most).map(|(name, _)| *name).collect();
        let told = format!("{} scenarios with a winner", judged.len());
        said.push(format!("Most often among the fastest: {} ({most} of the {told}).", list_of(&names, MOST_NAMED)));
    }
    let spreads: Vec<String> = answered.scenarios.iter().filter_map(spread).collect();
    if !spreads.is_empty() {
        said.push(format!("Nearest and farthest model, in multiples of the floor: {}.", spreads.join("; ")));
    }
    said
}

/// Returns the distance to the floor of the nearest and of the farthest model, in words.
fn spread(compared: &Compared<'_>) -> Option<String> {
    let members = compared.time.members().iter().map(|i| &compared.rows[*i]);
    let mut distances: Vec<(f64, &str)> = members.filter_map(|row| Some((row.to_floor?.value, label(row)))).collect();
    distances.sort_by(|a, b| a.0.total_cmp(&b.0));
    let [(near, first), .., (far, last)] = distances.as_slice() else { return None };
    let parameter = &compared.measured.scenario.parameter;
    let at = if parameter.is_empty() { String::new() } else { format!(" at {parameter}") };
    Some(format!("{} ({first}) to {} ({last}){at}", ratio(*near), ratio(*far)))
}

/// Returns the end of a sentence, which names the models that may be as good as the best, though that is not known.
fn not_known(ranking: &Ranking, compared: &Compared<'_>) -> String {
    match labels(&ranking.standing(&[Standing::NotKnown]), compared).as_slice() {
        [] => String::new(),
        names => format!("; not known yet: {}", list_of(names, MOST_NAMED)),
    }
}

/// Returns the end of a sentence about the nearest model that is known to be worse. It says how far that model is
/// behind: as a ratio, and also in milliseconds if the ranking is by time.
fn next(ranking: &Ranking, compared: &Compared<'_>) -> String {
    let Some(next) = ranking.standing(&[Standing::Worse]).first().copied() else { return String::new() };
    let (Some(against), Some(leader)) = (ranking.against_best(next), ranking.leader()) else { return String::new() };
    let (name, first) = (label(&compared.rows[next]), label(&compared.rows[leader]));
    let ratio = with_interval_if_any(against.ratio);
    let is_time = std::ptr::eq(ranking, &raw const compared.time);
    let more = compared.rows[leader].time.filter(|_| is_time).map(|time| time.value * (against.ratio.value - 1.0));
    let more = more.map_or_else(String::new, |more| format!(", {} ms a batch more", figure(more)));
    format!("; the nearest that is worse is {name} with {ratio} times {first}'s{more}")
}

/// Returns the labels of the rows at these places.
pub(crate) fn labels<'a>(rows: &[usize], compared: &Compared<'a>) -> Vec<&'a str> {
    rows.iter().map(|row| label(&compared.rows[*row])).collect()
}

fn with_interval_if_any(estimate: Estimate) -> String {
    if estimate.interval.is_some() { ratio_with_interval(estimate) } else { ratio(estimate.value) }
}

/// Returns the label of a row.
pub(crate) fn label<'a>(row: &ArmSummary<'a>) -> &'a str {
    &row.arm.label
}
