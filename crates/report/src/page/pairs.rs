//! The comparison of any two models. The page has all pairs as data, and its script looks them up.

use fanout_analysis::compared::{Answered, Compared};
use fanout_analysis::ranking::{Ranking, Unranked};
use fanout_stats::Between;
use maud::{Markup, PreEscaped, html};
use serde::Serialize;

use crate::figures::rounded;

/// The pairs of one scenario.
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
    /// The reason why no model is called better than another, if there is such a reason.
    unranked: Option<&'static str>,
    pairs: Vec<Pair>,
}

/// A pair as `[a, b, ratio, low, high, what is known]`, with `a` before `b` in `models`. The last number says that
/// `a` is better (0), as good (1) or worse (2), or that this is not known (3).
#[derive(Serialize)]
struct Pair(usize, usize, f64, Option<f64>, Option<f64>, u8);

pub(super) fn of(answered: &[Answered<'_>]) -> Markup {
    let scenarios = answered.iter().flat_map(|answered| &answered.scenarios);
    let scenarios: Vec<Scenario<'_>> = scenarios.filter_map(scenario).collect();
    if scenarios.is_empty() {
        return html! {};
    }
    let json = serde_json::to_string(&scenarios).expect("names and numbers become JSON");
    // Without the character `<`, no name can end the element that holds the data.
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
        let (ratio, between) = ranking.between(rows[a], rows[b])?;
        let known = match between {
            Between::Better => 0,
            Between::AsGood => 1,
            Between::Worse => 2,
            Between::NotKnown => 3,
        };
        // Enough digits for the inverse as well, which the script shows if the models are swapped.
        let short = |value| rounded(value, 5);
        let (low, high) = ratio.interval.map_or((None, None), |(low, high)| (Some(short(low)), Some(short(high))));
        Some(Pair(a, b, short(ratio.value), low, high, known))
    };
    let unranked = ranking.unranked.map(|why| match why {
        Unranked::TooFewRounds => "the rounds are too few for intervals",
        Unranked::ControlDiffers => "no model is called faster here, because the A/A pair differs in time",
        Unranked::Waking => {
            "no model is called faster here, because the time is mostly that of waking idle processors"
        }
    });
    Pairs { unranked, pairs: each.filter_map(pair).collect() }
}
