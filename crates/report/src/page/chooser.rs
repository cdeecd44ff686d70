//! The chooser. A reader describes the program, and the page's script looks up which model to take.
//!
//! This module makes all answers from the statistics, for each scenario, kind of program and measure. The script
//! finds the scenario. If that is only the nearest one, the script says so.

use std::collections::BTreeMap;

use fanout_analysis::compared::{Answered, Compared};
use fanout_analysis::metric::Metric;
use fanout_analysis::situations::{Describe, find_in};
use fanout_model::{Called, Description, Protocol};
use fanout_record::price::Prices;
use fanout_record::run::{Role, Start};
use maud::{Markup, PreEscaped, html};
use serde::Serialize;

use super::pictures::anchor;
use crate::situations::{Said, fewest_dependencies, of_scenario};
use crate::words::exchange;

/// A scenario, with the properties that the reader's program may have in common with it.
#[derive(Serialize)]
struct Case<'a> {
    name: &'a str,
    /// The link to the scenario's pictures.
    link: String,
    requests: usize,
    /// The delay of the server, in milliseconds.
    delay: f64,
    connection: &'static str,
    in_flight: usize,
    /// What each request asks for.
    exchange: String,
    /// How long the processor works on each answer, in milliseconds.
    work: f64,
    /// How many requests the server serves at once, or takes in a second.
    allows: String,
    /// The server that answered.
    server: &'a str,
    /// The index of the answer for each `program host measure`, such as `any any time`.
    answers: BTreeMap<String, usize>,
}

/// The data that the script looks up.
#[derive(Serialize)]
struct Choices<'a> {
    cases: Vec<Case<'a>>,
    /// The advice and the reasons of each answer. Each answer is in the list once, even if several cases have it.
    answers: Vec<(String, String)>,
}

/// A kind of program.
struct Program {
    key: &'static str,
    words: &'static str,
    /// A function that returns whether such a program can use a model.
    admits: fn(&Description) -> bool,
}

const PROGRAMS: [Program; 3] = [
    Program { key: "any", words: "anything", admits: |_| true },
    Program { key: "synchronous", words: "synchronous code", admits: Description::is_synchronous },
    Program { key: "tokio", words: "code inside a tokio runtime", admits: |model| model.called == Called::Awaited },
];

/// The choices of where the requests go: a key, and words.
const HOSTS: [(&str, &str); 2] = [("any", "any hosts"), ("one", "one host")];

/// The choices of "What hurts": a key, words, and the measure.
const MEASURES: [(&str, &str, Metric); 3] =
    [("time", "time", Metric::Time), ("cpu", "processor time", Metric::Cpu), ("memory", "memory", Metric::Memory)];

/// The choice of "What hurts" that is not measured by time or counters: a key, and words.
const DEPENDENCIES: (&str, &str) = ("dependencies", "dependencies");

/// The properties that no question varies yet, with the value that every scenario has.
const FIXED: [(&str, &str); 1] = [("distance", "the same machine")];

/// Returns the chooser of a run. Its links lead to the page at `page`, or to the page itself if `page` is empty.
/// If `prices` are known, the answer about dependencies says the build time and the size as well.
pub(super) fn of(answered: &[Answered<'_>], page: &str, prices: Option<&Prices>, describe: Describe) -> Markup {
    let scenarios = answered.iter().flat_map(|answered| &answered.scenarios);
    let mut answers = Vec::new();
    let cases: Vec<Case<'_>> =
        scenarios.filter_map(|compared| case(compared, &mut answers, page, prices, describe)).collect();
    let Some(start) = cases.iter().find(|case| case.name == "server_delay 5").or(cases.first()) else {
        return html! {};
    };
    let controls = controls(&cases, start);
    let json = serde_json::to_string(&Choices { cases, answers }).expect("names and numbers become JSON");
    // Without the character `<`, no name can end the element that holds the data.
    let json = json.replace('<', "\\u003c");
    html! {
        form.chooser id="chooser" aria-label="Choose by your case" hidden {
            h3 { "Your case" }
            (controls)
            p.beyond {
                "The same in all that was measured: "
                @for (i, (what, value)) in FIXED.iter().enumerate() { @if i > 0 { "; " } (what) ": " (value) }
                "."
            }
            output id="chosen" aria-live="polite" {}
        }
        script type="application/json" id="chooser-data" { (PreEscaped(json)) }
    }
}

/// Returns one control for each axis. At first, all controls show the same measured case.
fn controls(cases: &[Case<'_>], start: &Case<'_>) -> Markup {
    html! {
        div.controls {
            (axis("requests", "Requests", cases, start, |case| case.requests as f64, "")) " "
            (axis("delay", "The server takes", cases, start, |case| case.delay, " ms")) " "
            (axis("in_flight", "In flight at most", cases, start, |case| case.in_flight as f64, "")) " "
            (options("connection", "Connections", distinct(cases, |case| case.connection), start.connection))
            (options("exchange", "Each request is for", distinct(cases, |case| &case.exchange), &start.exchange))
            (axis("work", "Work on an answer", cases, start, |case| case.work, " ms")) " "
            (options("allows", "The server allows", distinct(cases, |case| &case.allows), &start.allows))
            (options("program", "Your program is", PROGRAMS.iter().map(|it| (it.key, it.words)), "any"))
            (options("host", "They go to", HOSTS.iter().copied(), "any"))
            (options("measure", "What hurts", measures(), "time"))
        }
    }
}

/// Returns a scenario as a case, if a program can be like it: all its models have the same number in flight, and are
/// prepared before the batch. The function adds to `all` the answers that no earlier case has.
fn case<'a>(
    compared: &'a Compared<'_>,
    all: &mut Vec<(String, String)>,
    page: &str,
    prices: Option<&Prices>,
    describe: Describe,
) -> Option<Case<'a>> {
    let scenario = &compared.measured.scenario;
    let mut limits = compared.rows.iter().filter(|row| row.arm.role == Role::Model).map(|row| row.arm.concurrency);
    let mut in_flight = limits.next()?;
    if scenario.limits.is_none() {
        if limits.any(|limit| limit != in_flight) {
            return None;
        }
    } else {
        // The number in flight is the answer there.
        in_flight = limits.fold(in_flight, usize::max);
    }
    // Where a network was made, the arms are ways of one model.
    if scenario.start == Start::Cold || scenario.network.is_some() {
        return None;
    }
    let mut place = |answer: (String, String)| {
        all.iter().position(|known| *known == answer).unwrap_or_else(|| {
            all.push(answer);
            all.len() - 1
        })
    };
    let mut answers = BTreeMap::new();
    for program in &PROGRAMS {
        for (host, _) in HOSTS {
            let admits = |model: &Description| (program.admits)(model) && (host == "one" || !model.one_host);
            for (measure, _, by) in MEASURES {
                let found = find_in(compared, by, describe, admits);
                let Said { take, advice, because, .. } = of_scenario(&found, by);
                let advice = if take.is_some() { format!("Take {advice}.") } else { format!("It is {advice}.") };
                answers.insert(format!("{} {host} {measure}", program.key), place((advice, because.join(" "))));
                // What few dependencies cost is said in time.
                if by == Metric::Time {
                    let fewest = fewest_dependencies(&found, prices, describe);
                    answers.insert(format!("{} {host} {}", program.key, DEPENDENCIES.0), place(fewest));
                }
            }
        }
    }
    Some(Case {
        name: &compared.name,
        link: format!("{page}#{}", anchor(&compared.name)),
        requests: scenario.requests,
        delay: scenario.delay_ns? as f64 / 1e6,
        connection: connection(scenario.protocol, scenario.tls),
        in_flight,
        exchange: exchange(&scenario.exchange).unwrap_or_else(|| "a UUID".into()),
        work: scenario.work.map_or(0.0, |work| work.ns as f64 / 1e6),
        allows: scenario.limits.to_string(),
        server: &compared.measured.server,
        answers,
    })
}

fn measures() -> impl Iterator<Item = (&'static str, &'static str)> {
    MEASURES.iter().map(|(key, words, _)| (*key, *words)).chain([DEPENDENCIES])
}

fn connection(protocol: Option<Protocol>, tls: bool) -> &'static str {
    match (protocol.unwrap_or_default(), tls) {
        (Protocol::KeepAlive, false) => "kept open",
        (Protocol::KeepAlive, true) => "kept open, TLS",
        (Protocol::ConnectionPerRequest, false) => "a new one for each request",
        (Protocol::ConnectionPerRequest, true) => "a new one for each request, TLS",
        (Protocol::Http2, false) => "HTTP/2",
        (Protocol::Http2, true) => "HTTP/2, TLS",
    }
}

/// Returns the different values of a property among the measured cases. Each is its own key.
fn distinct<'a>(cases: &'a [Case<'_>], of: fn(&'a Case<'_>) -> &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let mut found: Vec<&str> = Vec::new();
    for case in cases {
        if !found.contains(&of(case)) {
            found.push(of(case));
        }
    }
    found.into_iter().map(|it| (it, it))
}

/// Returns the control of an axis of numbers, with the numbers that were measured.
fn axis(id: &str, label: &str, cases: &[Case<'_>], start: &Case<'_>, of: fn(&Case<'_>) -> f64, unit: &str) -> Markup {
    let mut values: Vec<f64> = cases.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    let words: Vec<String> = values.iter().map(|value| format!("{value}{unit}")).collect();
    let keys: Vec<String> = values.iter().map(f64::to_string).collect();
    let all = keys.iter().map(String::as_str).zip(words.iter().map(String::as_str));
    options(id, label, all, &of(start).to_string())
}

fn options<'a>(id: &str, label: &str, all: impl Iterator<Item = (&'a str, &'a str)>, start: &str) -> Markup {
    html! {
        label {
            (label) " "
            select name=(id) {
                @for (key, words) in all { option value=(key) selected[key == start] { (words) } }
            }
        }
    }
}
