//! "Pick this when ...": what speaks for each model in this run, and where it does not matter.

use crate::compared::{Answered, Compared};
use crate::contest::{Contest, Measure};
use crate::figures::{count, list, ratio_with_interval};
use crate::words::fastest;

/// What speaks for a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// Whom to pick.
    pub pick: String,
    /// When.
    pub when: Vec<String>,
}

/// As near to the floor as this, nobody would notice which model it is.
const NO_MATTER: f64 = 1.1;

/// One for each model that is among the best anywhere, the one with most to say for it first; before them, where any would
/// do.
#[must_use]
pub fn picks(run: &[Answered<'_>]) -> Vec<Advice> {
    let mut labels: Vec<&str> = Vec::new();
    let rows = run.iter().flat_map(|answered| &answered.scenarios).flat_map(|compared| &compared.rows);
    for label in rows.map(|row| row.arm.label.as_str()) {
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    let mut ranked: Vec<(usize, Advice)> = labels.iter().filter_map(|label| pick(run, label)).collect();
    ranked.sort_by_key(|(wins, _)| std::cmp::Reverse(*wins));
    any(run).into_iter().chain(ranked.into_iter().map(|(_, advice)| advice)).collect()
}

/// Where every model is near the floor.
fn any(run: &[Answered<'_>]) -> Option<Advice> {
    let scenarios = run.iter().flat_map(|answered| &answered.scenarios);
    let near: Vec<String> = scenarios
        .filter_map(|compared| {
            let members = compared.time.groups.iter().flatten();
            let farthest = members.map(|i| Some(compared.rows[*i].to_floor?.interval?.1));
            let farthest = farthest.collect::<Option<Vec<f64>>>()?.into_iter().reduce(f64::max)?;
            let percent = 100.0 * (farthest - 1.0);
            (farthest < NO_MATTER).then(|| format!("{} (all within {percent:.0} % of the floor)", compared.name))
        })
        .collect();
    let when = vec![format!("waiting is most of it: {}", list(&near))];
    (!near.is_empty()).then(|| Advice { pick: "whichever fits the code around it".into(), when })
}

fn pick(run: &[Answered<'_>], label: &str) -> Option<(usize, Advice)> {
    let kinds = [
        (Measure::Time, "time counts: among the fastest in"),
        (Measure::Cpu, "processors are busy: among the cheapest in"),
        (Measure::Memory, "memory is short: among the smallest in"),
    ];
    let mut wins = 0;
    let mut when = Vec::new();
    for (measure, why) in kinds {
        let mut places = Vec::new();
        for answered in run {
            let judged: Vec<&Compared<'_>> = answered.scenarios.iter().filter(|it| judges(it, measure)).collect();
            let won: Vec<&&Compared<'_>> = judged.iter().filter(|it| wins_in(it, measure, label)).collect();
            wins += won.len();
            places.extend(place(&answered.question.name, judged.len(), &won));
        }
        if !places.is_empty() {
            when.push(format!("{why} {}", list(&places)));
        }
    }
    (wins > 0).then(|| (wins, Advice { pick: label.into(), when }))
}

/// Where it won, of a question: by name where that is short.
fn place(question: &str, judged: usize, won: &[&&Compared<'_>]) -> Option<String> {
    match won {
        [] => None,
        [one] => Some(one.name.clone()),
        many if many.len() == judged => Some(format!("{question} (all {judged})")),
        many => {
            let parameters: Vec<&str> = many.iter().map(|it| it.measured.scenario.parameter.as_str()).collect();
            Some(format!("{question} ({})", parameters.join(", ")))
        }
    }
}

/// Whether a scenario tells anybody apart by this measure.
fn judges(compared: &Compared<'_>, measure: Measure) -> bool {
    let contest = contest(compared, measure);
    let told = contest.rounds_wanting == 0 && contest.groups.len() > 1;
    told && (measure != Measure::Time || fastest(compared).answers)
}

fn wins_in(compared: &Compared<'_>, measure: Measure, label: &str) -> bool {
    contest(compared, measure).best().iter().any(|i| compared.rows[*i].arm.label == label)
}

fn contest<'a>(compared: &'a Compared<'_>, measure: Measure) -> &'a Contest {
    match measure {
        Measure::Time => &compared.time,
        Measure::Cpu => &compared.cpu,
        Measure::Memory => &compared.memory,
    }
}

/// What the dearest choice costs, by each measure: the farthest from the best at equal concurrency.
#[must_use]
pub fn warnings(run: &[Answered<'_>]) -> Vec<String> {
    [(Measure::Time, "time"), (Measure::Cpu, "processor time"), (Measure::Memory, "memory")]
        .into_iter()
        .filter_map(|(measure, what)| {
            let scenarios = run.iter().flat_map(|answered| &answered.scenarios);
            let worst = scenarios.filter(|it| judges(it, measure)).filter_map(|compared| {
                let contest = contest(compared, measure);
                let best = *contest.best().first()?;
                let in_flight = compared.rows[best].arm.concurrency;
                let equal = |i: &&usize| compared.rows[**i].arm.concurrency == in_flight;
                let ratios = contest.groups.iter().flatten().filter(equal);
                let ratios = ratios.filter_map(|i| Some((*i, contest.between(*i, best)?.ratio)));
                let (i, ratio) = ratios.max_by(|a, b| a.1.value.total_cmp(&b.1.value))?;
                Some((ratio, &compared.rows[i].arm.label, &compared.rows[best].arm.label, &compared.name))
            });
            let (ratio, label, best, name) = worst.max_by(|a, b| a.0.value.total_cmp(&b.0.value))?;
            Some(format!("{label} takes {} times {best}'s {what} in {name}", ratio_with_interval(ratio)))
        })
        .collect()
}

/// Models that are among the best nowhere, in one sentence; `None` where there are none, or nobody was told apart.
#[must_use]
pub fn never(run: &[Answered<'_>]) -> Option<String> {
    let picked: Vec<String> = picks(run).into_iter().map(|advice| advice.pick).collect();
    let mut others: Vec<&str> = Vec::new();
    let scenarios = run.iter().flat_map(|answered| &answered.scenarios);
    for (compared, i) in scenarios.flat_map(|it| it.time.groups.iter().flatten().map(move |i| (it, *i))) {
        let label = compared.rows[i].arm.label.as_str();
        if !others.contains(&label) && !picked.iter().any(|pick| pick == label) {
            others.push(label);
        }
    }
    let told = !picked.is_empty() && !others.is_empty();
    told.then(|| {
        let n = count(others.len(), "model");
        format!("Among the best nowhere in this run ({n}): {}.", list(&others))
    })
}
