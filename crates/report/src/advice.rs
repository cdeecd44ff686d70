//! "Pick this when ...": what speaks for each model in this run, and where it does not matter.

use fanout_analysis::compared::{Answered, Compared};
use fanout_analysis::metric::Metric;

use fanout_stats::Standing;

use crate::figures::{list, ratio, ratio_with_interval};

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

/// One for each model that is among the best where those are half of all at most, the one with most to say for it
/// first; before them, where any would do.
#[must_use]
pub fn picks(run: &[Answered<'_>]) -> Vec<Advice> {
    let mut ranked: Vec<(usize, Advice)> =
        models(run, |_| true).iter().filter_map(|label| pick(run, label)).collect();
    ranked.sort_by_key(|(wins, _)| std::cmp::Reverse(*wins));
    any(run).into_iter().chain(ranked.into_iter().map(|(_, advice)| advice)).collect()
}

/// Models that are among the best in no scenario that singles some out, in one sentence; `None` where there are none,
/// or no such scenario.
#[must_use]
pub fn never(run: &[Answered<'_>]) -> Option<String> {
    let telling = |compared: &Compared<'_>| MEASURES.iter().any(|measure| compared.ranking(*measure).singles_out());
    let told = scenarios(run).filter(|compared| telling(compared)).count();
    let mut others = models(run, telling);
    others.retain(|label| pick(run, label).is_none());
    let places = match told {
        1 => "the only scenario with a winner".into(),
        _ => format!("any of the {told} scenarios with a winner"),
    };
    (!others.is_empty()).then(|| format!("Not known to be among the best in {places}: {}.", list(&others)))
}

/// What the dearest choice costs, by each measure: the farthest from the best at equal concurrency.
#[must_use]
pub fn warnings(run: &[Answered<'_>]) -> Vec<String> {
    [(Metric::Time, "time"), (Metric::Cpu, "processor time"), (Metric::Memory, "memory")]
        .into_iter()
        .filter_map(|(measure, what)| {
            let worst = scenarios(run).filter_map(|compared| {
                let ranking = compared.ranking(measure);
                let best = ranking.leader()?;
                let in_flight = compared.rows[best].arm.concurrency;
                let worse = ranking.standing(&[Standing::Worse]).into_iter().rev();
                let i = worse.into_iter().find(|i| compared.rows[*i].arm.concurrency == in_flight)?;
                let ratio = ranking.against_best(i)?.ratio;
                Some((ratio, &compared.rows[i].arm.label, &compared.rows[best].arm.label, &compared.name))
            });
            let (times, label, best, name) = worst.max_by(|a, b| a.0.value.total_cmp(&b.0.value))?;
            let times = if times.interval.is_some() { ratio_with_interval(times) } else { ratio(times.value) };
            Some(format!("{label} takes {times} times {best}'s {what} in {name}"))
        })
        .collect()
}

const MEASURES: [Metric; 3] = [Metric::Time, Metric::Cpu, Metric::Memory];

fn scenarios<'a, 'r>(run: &'a [Answered<'r>]) -> impl Iterator<Item = &'a Compared<'r>> {
    run.iter().flat_map(|answered| &answered.scenarios)
}

/// The labels of the models that take part in such scenarios, each once.
fn models<'a>(run: &'a [Answered<'_>], such: impl Fn(&Compared<'_>) -> bool) -> Vec<&'a str> {
    let mut labels: Vec<&str> = Vec::new();
    for compared in scenarios(run).filter(|compared| such(compared)) {
        for label in compared.time.members().iter().map(|i| compared.rows[*i].arm.label.as_str()) {
            if !labels.contains(&label) {
                labels.push(label);
            }
        }
    }
    labels
}

/// Where the server's delay is most of it, and every model near the floor.
fn any(run: &[Answered<'_>]) -> Option<Advice> {
    let near: Vec<String> = scenarios(run)
        .filter(|compared| compared.server_bound() == Some(false) && !compared.time.control_differs())
        .filter(|compared| compared.delay_alone().is_some() && compared.time.members().len() > 1)
        .filter_map(|compared| {
            let ends = compared.time.members().iter().map(|i| Some(compared.rows[*i].to_floor?.interval?.1));
            let farthest = ends.collect::<Option<Vec<f64>>>()?.into_iter().reduce(f64::max)?;
            let percent = 100.0 * (farthest - 1.0);
            (farthest < NO_MATTER).then(|| format!("{} (all within {percent:.0} % of the floor)", compared.name))
        })
        .collect();
    let when = vec![format!("most of the time is waiting: {}", list(&near))];
    (!near.is_empty()).then(|| Advice { pick: "whichever fits the code around it".into(), when })
}

fn pick(run: &[Answered<'_>], label: &str) -> Option<(usize, Advice)> {
    let kinds = [
        (Metric::Time, "time counts: among the fastest in"),
        (Metric::Cpu, "processor time counts: among the cheapest in"),
        (Metric::Memory, "memory is short: among the smallest in"),
    ];
    let mut wins = 0;
    let mut when = Vec::new();
    for (measure, why) in kinds {
        let mut places = Vec::new();
        for answered in run {
            let won: Vec<&Compared<'_>> =
                answered.scenarios.iter().filter(|it| wins_in(it, measure, label)).collect();
            wins += won.len();
            places.extend(place(answered, &won));
        }
        if !places.is_empty() {
            when.push(format!("{why} {}", list(&places)));
        }
    }
    (wins > 0).then(|| (wins, Advice { pick: label.into(), when }))
}

/// Where it won, of a question.
fn place(answered: &Answered<'_>, won: &[&Compared<'_>]) -> Option<String> {
    let question = &answered.question.name;
    match won {
        [] => None,
        [one] => Some(one.name.clone()),
        many if many.len() == answered.scenarios.len() => Some(format!("{question} (all {})", many.len())),
        many => {
            let parameters: Vec<&str> = many.iter().map(|it| it.measured.scenario.parameter.as_str()).collect();
            Some(format!("{question} ({})", parameters.join(", ")))
        }
    }
}

fn wins_in(compared: &Compared<'_>, measure: Metric, label: &str) -> bool {
    let ranking = compared.ranking(measure);
    ranking.singles_out() && ranking.as_good().iter().any(|i| compared.rows[*i].arm.label == label)
}
