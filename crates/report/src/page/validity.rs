//! The section "Should you believe it?": the control arms, the load around the measurement, and the warnings about
//! the figures.

use fanout_analysis::compared::Answered;
use fanout_analysis::validity::steal;
use fanout_record::Run;
use fanout_record::environment::Environment;
use fanout_record::run::Question;
use fanout_stats::{Between, Estimate};
use maud::{Markup, html};

use super::frame::nothing;
use crate::figures::{ratio, ratio_with_interval};
use crate::warnings;

pub(super) fn of(run: &Run, answered: &[Answered<'_>]) -> Markup {
    if answered.is_empty() {
        return nothing();
    }
    let warnings = warnings::of(run, answered);
    html! {
        p { (warnings::agreement(answered)) }
        (controls(answered))
        h3 { "What to know" }
        @if warnings.is_empty() { p { "No other warnings." } }
        ul { @for warning in &warnings { li { b { (warning.about) } ": " (warning.text) } } }
        (loads(run))
    }
}

fn controls(answered: &[Answered<'_>]) -> Markup {
    html! {
        h3 { "One model against itself" }
        div.scroll tabindex="0" role="region" aria-label="One model against itself" {
            table {
                thead { tr {
                    @for title in ["scenario", "time", "CPU", "memory"] { th scope="col" { (title) } }
                } }
                tbody {
                    @for compared in answered.iter().flat_map(|answered| &answered.scenarios) {
                        tr {
                            th scope="row" { (compared.name) }
                            @for ranking in [&compared.time, &compared.cpu, &compared.memory] {
                                td.warned[ranking.control_differs()] {
                                    (ranking.control.map_or_else(|| "-".into(), control))
                                    @match ranking.control_shows {
                                        Some(Between::Better | Between::Worse) => " differs",
                                        Some(Between::NotKnown) => " not known",
                                        Some(Between::AsGood) | None => "",
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn by_time(run: &Run) -> Vec<&Question> {
    let mut questions: Vec<&Question> = run.questions.iter().collect();
    questions.sort_by(|a, b| a.started.cmp(&b.started));
    questions
}

/// Returns the ratio of an A/A pair, with its interval if it has one. The ratio of memory has none.
fn control(estimate: Estimate) -> String {
    if estimate.interval.is_some() { ratio_with_interval(estimate) } else { ratio(estimate.value) }
}

fn loads(run: &Run) -> Markup {
    let number =
        |value: Option<f64>, unit: &str| value.map_or_else(|| "-".into(), |value| format!("{value:.2}{unit}"));
    let both = |question: &Question, of: fn(&Environment) -> Option<f64>, unit: &str| {
        format!("{} / {}", number(of(&question.before), unit), number(of(&question.after), unit))
    };
    html! {
        h3 { "The machine meanwhile" }
        p {
            "The questions are in the order in which they were asked. From the second on, the load before a question "
            "is mostly that of the question before it."
        }
        div.scroll tabindex="0" role="region" aria-label="The machine meanwhile" {
            table {
                thead { tr {
                    @for title in ["question", "load before / after", "waiting for a processor before / after",
                        "taken by the hypervisor", "minutes measured", "on the clock", "processors kept awake"] {
                        th scope="col" { (title) }
                    }
                } }
                tbody {
                    @for question in by_time(run) {
                        tr {
                            th scope="row" { (question.name) }
                            td { (both(question, |environment| environment.load, "")) }
                            td { (both(question, |environment| environment.pressure, " %")) }
                            td { (number(steal(question, run), " %")) }
                            td { (number(Some(question.took_ns as f64 / 60e9), "")) }
                            @let share = question.on_the_clock_ns as f64 / question.took_ns.max(1) as f64;
                            td { (number(Some(100.0 * share), " %")) }
                            td { (if question.awake { "yes" } else { "no" }) }
                        }
                    }
                }
            }
        }
    }
}
