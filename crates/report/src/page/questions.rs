//! The questions, one by one. For each scenario, the section shows the best models in words and figures.

use fanout_analysis::compared::{Answered, margin};
use fanout_record::Run;
use maud::{Markup, html};

use super::frame::nothing;
use crate::costs::most_expensive;
use crate::figures::percent;
use crate::floors::{ASKED, worth_it};
use crate::text::title;
use crate::{network, words};

pub(super) fn of(run: &Run, answered: &[Answered<'_>]) -> Markup {
    if answered.is_empty() {
        return nothing();
    }
    let expensive = most_expensive(answered);
    html! {
        (how_to_read(run))
        @if !expensive.is_empty() {
            p { "At equal concurrency, the most expensive choices are:" }
            ul { @for choice in &expensive { li { (choice) } } }
        }
        @if let Some(said) = worth_it(answered) { p { b { (ASKED) } " " (said) } }
        @for answered in answered { (question(answered)) }
    }
}

/// The explanation of the figures and claims.
const HOW_TO_READ: &str = "Each model is compared with the best of its scenario, in the same shuffled rounds. It \
    is as good as the best where its interval says that it takes no more than the margin above the best, and worse \
    where its interval lies above the best, or where it takes more than any other model. Otherwise it is not known \
    yet. The intervals hold for all models of a scenario together, in more than 95 of 100 simulated scenarios. By \
    memory, models within 5 % are as good as each other. The margin is ";

/// The words of the section, with their meanings.
const WORDS: [(&str, &str); 8] = [
    (
        "floor",
        "an exchange over raw sockets on one event loop, over HTTP/1.1 with keep-alive: the limit of the machine, \
         the server and the delay. There are two, one on epoll and one on io_uring; the one that takes less in a \
         scenario is the floor there",
    ),
    ("in flight", "the most requests that may be waiting for their answer at once"),
    ("lane", "one of the places in flight: a thread, a process, a task, a connection"),
    (
        "against the best",
        "whether a model is as good as the best of its scenario, and else how many times as much it takes",
    ),
    ("CPU", "user and system time on the client's side, worker processes included, the server not"),
    ("A/A, -again", "one model that is entered twice: what the method reports for two identical things"),
    ("wiremock, the hyper engine", "the two mock servers that answer; neither is the model called hyper"),
    ("server-bound", "the server is near its limit, so that it may hold the model up"),
];

fn how_to_read(run: &Run) -> Markup {
    html! {
        p { (HOW_TO_READ) (percent(margin(run))) "." }
        details {
            summary { "What the words mean" }
            dl.facts { @for (word, meaning) in WORDS { div { dt { (word) } dd { (meaning) } } } }
        }
    }
}

fn question(answered: &Answered<'_>) -> Markup {
    html! {
        h3 { (answered.question.name) }
        @if !answered.question.about.is_empty() { p { (answered.question.about) } }
        @let overall = words::overall(answered);
        @if !overall.is_empty() { p { (overall.join(" ")) } }
        @let ways = network::sentences(answered);
        @if !ways.is_empty() { ul { @for way in &ways { li { (way) } } } }
        dl.answers {
            @for compared in &answered.scenarios {
                div {
                    dt { (title(answered.question, compared)) }
                    @for said in words::answers(compared) {
                        dd.warned[!said.answers] { b { (said.about) ":" } " " (said.text) }
                    }
                }
            }
        }
    }
}
