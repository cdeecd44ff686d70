//! Puts all models in all scenarios into one table, by families. The table shows how far each model is from the best.

use fanout_model::Family;
use fanout_stats::{AgainstBest, Standing};

use crate::compared::{Answered, Compared};
use crate::metric::Metric;
use crate::situations::Describe;

/// A table of models by scenarios.
#[derive(Debug)]
pub struct Grid<'a, 'r> {
    /// The scenarios, each with the name of its question. They are in the order of their questions, the notebook's
    /// last.
    pub columns: Vec<(&'a str, &'a Compared<'r>)>,
    /// The families, the nearest to the best first. Models that the roster does not list come last, without a family.
    pub families: Vec<Group<'a>>,
}

/// The models of a family.
#[derive(Debug)]
pub struct Group<'a> {
    /// The family; `None` for models that the roster does not list.
    pub family: Option<Family>,
    /// The best model of the family in each scenario; `None` if no model of the family takes part.
    pub cells: Vec<Option<AgainstBest>>,
    /// The models of the family, the nearest to the best first.
    pub models: Vec<Line<'a>>,
}

/// One model.
#[derive(Debug)]
pub struct Line<'a> {
    /// The model's id.
    pub label: &'a str,
    /// How the model stands in each scenario; `None` if it does not take part.
    pub cells: Vec<Option<AgainstBest>>,
}

/// Makes the grid of all models of a run by one measure.
#[must_use]
pub fn grid<'a, 'r>(run: &'a [Answered<'r>], measure: Metric, describe: Describe) -> Grid<'a, 'r> {
    let of_question = |answered: &'a Answered<'r>| {
        answered.scenarios.iter().map(|compared| (answered.question.name.as_str(), compared))
    };
    let mut columns: Vec<(&str, &Compared<'_>)> = run.iter().flat_map(of_question).collect();
    // In the notebook's question, each model has another number in flight, so that models are not compared on equal
    // terms.
    columns.sort_by_key(|(question, _)| *question == "notebook");
    let mut families: Vec<Group<'_>> = Vec::new();
    for (label, family) in models(&columns, describe) {
        let cell = |(_, compared): &(&str, &Compared<'_>)| {
            let ranking = compared.ranking(measure);
            let of_model = ranking.members().iter().filter(|row| compared.rows[**row].arm.model == label);
            nearest(of_model.filter_map(|row| ranking.against_best(*row)))
        };
        let line = Line { label, cells: columns.iter().map(cell).collect() };
        match families.iter_mut().find(|group| group.family == family) {
            Some(group) => group.models.push(line),
            None => families.push(Group { family, cells: Vec::new(), models: vec![line] }),
        }
    }
    for group in &mut families {
        group.models.sort_by(|a, b| middle(&a.cells).total_cmp(&middle(&b.cells)));
        group.cells = (0..columns.len()).map(|column| best(&group.models, column)).collect();
    }
    let key = |group: &Group<'_>| (group.family.is_none(), middle(&group.cells));
    families.sort_by(|a, b| key(a).0.cmp(&key(b).0).then(key(a).1.total_cmp(&key(b).1)));
    Grid { columns, families }
}

/// Returns the models that take part, each once, with their families. A model with several arms in a scenario, which
/// differ in the number in flight, is one model.
fn models<'a>(columns: &[(&'a str, &'a Compared<'_>)], describe: Describe) -> Vec<(&'a str, Option<Family>)> {
    let mut models: Vec<(&str, Option<Family>)> = Vec::new();
    for (_, compared) in columns {
        for row in compared.time.members() {
            let arm = compared.rows[*row].arm;
            if models.iter().all(|(model, _)| *model != arm.model) {
                models.push((&arm.model, describe(&arm.model).map(|description| description.family)));
            }
        }
    }
    models
}

/// Finds the model that is the nearest to the best, among some models in a scenario, and returns how it stands.
fn best(models: &[Line<'_>], column: usize) -> Option<AgainstBest> {
    nearest(models.iter().filter_map(|line| line.cells[column]))
}

/// Returns the nearest to the best. What is known to be as good as the best comes before that of which this is not
/// known.
fn nearest(all: impl Iterator<Item = AgainstBest>) -> Option<AgainstBest> {
    let rank = |against: &AgainstBest| match against.standing {
        Standing::Best => 0,
        Standing::AsGood => 1,
        Standing::NotKnown => 2,
        Standing::Worse => 3,
    };
    all.min_by(|a, b| rank(a).cmp(&rank(b)).then(a.ratio.value.total_cmp(&b.ratio.value)))
}

/// Returns the median of the ratios.
fn middle(cells: &[Option<AgainstBest>]) -> f64 {
    let mut ratios: Vec<f64> = cells.iter().flatten().map(|against| against.ratio.value).collect();
    ratios.sort_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).copied().unwrap_or(f64::INFINITY)
}
