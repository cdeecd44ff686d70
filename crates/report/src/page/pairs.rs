//! Any two models against each other: all pairs as data, which the page's script looks up.

use fanout_analysis::compared::{Answered, Compared};
use fanout_analysis::ranking::{Ranking, Unranked};
use maud::{Markup, PreEscaped, html};
use serde::Serialize;

use crate::figures::count;

/// One scenario's pairs.
#[derive(Serialize)]
struct Scenario<'a> {
    name: &'a str,
    models: Vec<&'a str>,
    time: Pairs,
    cpu: Pairs,
}

/// All pairs by one measure.
#[derive(Serialize)]
struct Pairs {
    /// Why nobody is told apart, where nobody is.
    unranked: Option<String>,
    pairs: Vec<Pair>,
}

/// `[a, b, ratio, low, high, told apart]`, `a` before `b` in `models`.
#[derive(Serialize)]
struct Pair(usize, usize, f64, Option<f64>, Option<f64>, bool);

pub(super) fn of(answered: &[Answered<'_>]) -> Markup {
    let scenarios = answered.iter().flat_map(|answered| &answered.scenarios);
    let scenarios: Vec<Scenario<'_>> = scenarios.filter_map(scenario).collect();
    if scenarios.is_empty() {
        return html! {};
    }
    let json = serde_json::to_string(&scenarios).expect("names and numbers become JSON");
    // Whatever is in a name, it does not end the element that holds it.
    let json = json.replace('<', "\\u003c");
    html! {
        h3 id="any-two" { "Any two" }
        form.controls id="pairs" aria-label="Compare two models" {
            label { "In " select id="pair-scenario" { @for it in &scenarios { option { (it.name) } } } }
            label { "compare " select id="pair-a" {} }
            label { "with " select id="pair-b" {} }
            output id="pair-said" {}
        }
        script type="application/json" id="pairs-data" { (PreEscaped(json)) }
    }
}

fn scenario<'a>(compared: &'a Compared<'_>) -> Option<Scenario<'a>> {
    let rows = compared.time.members();
    let models: Vec<&str> = rows.iter().map(|row| compared.rows[*row].arm.label.as_str()).collect();
    let (time, cpu) = (pairs(&compared.time, rows), pairs(&compared.cpu, rows));
    (models.len() > 1).then_some(Scenario { name: &compared.name, models, time, cpu })
}

fn pairs(ranking: &Ranking, rows: &[usize]) -> Pairs {
    let each = (0..rows.len()).flat_map(|a| (a + 1..rows.len()).map(move |b| (a, b)));
    let pair = |(a, b)| {
        let ratio = ranking.ratio(rows[a], rows[b])?;
        let (low, high) = ratio.interval.map_or((None, None), |(low, high)| (Some(short(low)), Some(short(high))));
        Some(Pair(a, b, short(ratio.value), low, high, ranking.differ(rows[a], rows[b])))
    };
    let unranked = ranking.unranked.map(|why| match why {
        Unranked::TooFewRounds(wanting) => {
            format!("no two models can be told apart: {} missing", count(wanting, "round"))
        }
        Unranked::ControlDiffers => "no model is called faster here, because the A/A pair differs in time".into(),
    });
    Pairs { unranked, pairs: each.filter_map(pair).collect() }
}

/// Six significant digits: enough for the inverse as well.
fn short(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}
