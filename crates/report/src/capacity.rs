//! How many requests in flight a server can use, in words. The figures are those of [`fanout_analysis::capacity`].

use fanout_analysis::capacity::{Adaptive, Curve, Step, curves, most};
use fanout_analysis::compared::{Answered, Compared};

use crate::figures::{figure, ratio_with_interval, share};

/// A refused share below this is not worth a sentence.
const FEW: f64 = 0.01;

/// Returns what a scenario shows about the number in flight, in whole sentences, the answer first. There are none if
/// the scenario does not vary the number in flight.
#[must_use]
pub fn sentences(compared: &Compared<'_>) -> Vec<String> {
    let curves = curves(compared);
    let (Some(first), server) = (curves.first(), server(compared)) else { return Vec::new() };
    let mut said = vec![knee(first)];
    said.extend(curves.iter().skip(1).map(knee));
    said.extend(beyond(first));
    said.extend(first.adaptive.iter().map(|adaptive| finds(adaptive, first)));
    said.extend(server);
    said
}

/// Returns the number in flight for each server of a question, in a few words, or `None` if the question does not
/// vary the number in flight.
#[must_use]
pub fn in_short(answered: &Answered<'_>) -> Option<String> {
    let of = |compared: &Compared<'_>| {
        let curves = curves(compared);
        let curve = curves.first()?;
        let sure = if curve.knee.is_known { "" } else { "about " };
        let n = curve.at_the_knee().in_flight;
        let limits = compared.measured.scenario.limits;
        let server =
            if limits.is_none() { format!("as in {}", compared.name) } else { format!("that allows {limits}") };
        Some(format!("{sure}{n} in flight for a server {server}"))
    };
    let all: Vec<String> = answered.scenarios.iter().filter_map(of).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

/// Returns what the server takes and gives, or `None` for a server without limits.
fn server(compared: &Compared<'_>) -> Option<String> {
    let limits = compared.measured.scenario.limits;
    let delay = compared.measured.scenario.delay_ns? as f64 / 1e6;
    match (limits.capacity, limits.then, limits.rate) {
        (Some(_), Some(_), _) => Some(format!("The server allows {limits}, and takes {delay} ms for each.")),
        (Some(_), None, _) => Some(format!(
            "The server allows {limits}, and takes {delay} ms for each, so that it gives at most {} a second.",
            figure(most(compared)?)
        )),
        (None, _, Some(_)) => Some(format!(
            "The server allows {limits} after a pause. It refuses the others, and asks to try again after a second."
        )),
        (None, _, None) => None,
    }
}

/// Returns where more in flight stop helping.
fn knee(curve: &Curve<'_>) -> String {
    let (knee, best) = (curve.at_the_knee(), curve.best());
    let share = share(knee.rate / best.rate);
    let sure = if curve.knee.is_known { "" } else { " (the intervals are too wide to be sure)" };
    let figures = format!("{} answers a second, half of them within {} ms", figure(knee.rate), figure(knee.half));
    if curve.knee.step == curve.steps.len() - 1 {
        return format!(
            "With {}, each step in flight brought more, up to {} in flight, the most that was tried: \
             {figures}{sure}.",
            curve.model, knee.in_flight
        );
    }
    let reach = if knee.in_flight == best.in_flight {
        "give the most of all numbers".to_owned()
    } else {
        format!("reach {share} of the most that any number gives")
    };
    format!(
        "Keep {} requests in flight: with {}, {} {reach}, {figures}{sure}.",
        knee.in_flight, curve.model, knee.in_flight
    )
}

/// Returns what the most in flight brings, beyond the knee.
fn beyond(curve: &Curve<'_>) -> Option<String> {
    let (knee, last) = (curve.at_the_knee(), curve.steps.last()?);
    if last.in_flight == knee.in_flight {
        return None;
    }
    let slower = if last.rate < 0.95 * knee.rate {
        format!("the server gives {} answers a second", figure(last.rate))
    } else {
        "the answers come no faster".to_owned()
    };
    let waits = format!("half of them take {} ms, in place of {} ms", figure(last.half), figure(knee.half));
    let queue = last.longest_queue.map_or_else(String::new, |longest| {
        let before = knee.longest_queue.unwrap_or(0.0);
        format!(", and the server's queue grows to {longest:.0} requests, in place of {before:.0}")
    });
    let refused = refused(last).map_or_else(String::new, |refused| format!(", and {refused}"));
    Some(format!("With {} in flight, {slower}: {waits}{queue}{refused}.", last.in_flight))
}

fn refused(step: &Step) -> Option<String> {
    (step.refused >= FEW).then(|| format!("the server refuses {} of the requests that are sent", share(step.refused)))
}

/// Returns how near a model comes to the best number, without being told.
fn finds(adaptive: &Adaptive<'_>, curve: &Curve<'_>) -> String {
    let (step, knee) = (&adaptive.step, curve.at_the_knee());
    let takes = match adaptive.to_best {
        Some((ratio, _)) => {
            let best = curve.best().in_flight;
            let why = if best == knee.in_flight { "" } else { ", which gives the most answers" };
            format!("takes {} times as long as {best} in flight{why}", ratio_with_interval(ratio))
        }
        None => format!("gives {} answers a second", figure(step.rate)),
    };
    let slow = format!(
        "99 of 100 of its answers come within {} ms ({} in flight: {} ms)",
        figure(step.slowest),
        knee.in_flight,
        figure(knee.slowest)
    );
    let refused = refused(step).map_or_else(String::new, |refused| format!(", and {refused}"));
    format!("{}, which is not told a number, {takes}; {slow}{refused}.", adaptive.model)
}
