//! The grid. It shows how far each model is from the best in each scenario, by families.

use fanout_analysis::compared::Answered;
use fanout_analysis::grid::{Grid, Group, Line, grid};
use fanout_analysis::metric::Metric;
use fanout_analysis::situations::Describe;
use fanout_stats::{AgainstBest, Standing};
use maud::{Markup, html};

use super::detail::Detail;
use super::frame::nothing;
use super::models;
use super::pictures;
use crate::figures::{ratio, ratio_with_interval};
use crate::standing::shade;

pub(super) fn of(answered: &[Answered<'_>], detail: Detail, describe: Describe) -> Markup {
    if answered.is_empty() {
        return nothing();
    }
    html! {
        p {
            "A figure says how many times as much a model takes as the best of its scenario. A cell without a colour \
             is the best, or as good: by its interval, it takes at most 5 % more, or what the margin is. A figure \
             followed by ? is not known to be worse. A dash means that the model does not take part in the scenario, \
             for example because it does not speak TLS or HTTP/2. A family stands for the best of its models there."
        }
        p.key aria-hidden="true" {
            @for (class, text) in [("best", "as good as the best"), ("open", "not known"), ("w1", "up to 1.1"),
                ("w2", "up to 1.3"), ("w3", "up to 2"), ("w4", "up to 4"), ("w5", "more")] {
                span class=(class) { (text) }
            }
        }
        @for (measure, title) in [(Metric::Time, "By time"), (Metric::Cpu, "By processor time")] {
            (table(&grid(answered, measure, describe), title, detail))
        }
    }
}

fn table(grid: &Grid<'_, '_>, title: &str, detail: Detail) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(title) {
            table.grid {
                caption { (title) }
                thead {
                    tr {
                        td {}
                        @for (name, columns) in questions(grid) { th scope="colgroup" colspan=(columns) { (name) } }
                    }
                    tr {
                        th scope="col" { "family, model" }
                        @for (_, compared) in &grid.columns {
                            @let parameter = &compared.measured.scenario.parameter;
                            th scope="col" {
                                a href={ "#" (pictures::anchor(&compared.name)) } {
                                    @if parameter.is_empty() { "all" } @else { (short(parameter)) }
                                }
                            }
                        }
                    }
                }
                @for group in &grid.families { (family(group, grid, detail)) }
            }
        }
    }
}

/// Returns each question with the number of its columns.
fn questions<'a>(grid: &Grid<'a, '_>) -> Vec<(&'a str, usize)> {
    let same = grid.columns.chunk_by(|(a, _), (b, _)| a == b);
    same.filter_map(|columns| Some((columns.first()?.0, columns.len()))).collect()
}

/// Returns a parameter that may be broken into lines.
fn short(parameter: &str) -> Markup {
    html! { @for part in parameter.split_inclusive('-') { (part) wbr; } }
}

fn family(group: &Group<'_>, grid: &Grid<'_, '_>, detail: Detail) -> Markup {
    let name = group.family.map_or("other", |family| family.name());
    html! {
        tbody {
            @if group.models.len() > 1 {
                tr.family {
                    th scope="row" { (name) " (" (group.models.len()) ")" }
                    @for (cell, (_, compared)) in group.cells.iter().zip(&grid.columns) {
                        (shown(*cell, name, &compared.name, detail))
                    }
                }
            }
            @for line in &group.models { (model(line, group, name, grid, detail)) }
        }
    }
}

fn model(line: &Line<'_>, group: &Group<'_>, family: &str, grid: &Grid<'_, '_>, detail: Detail) -> Markup {
    let alone = group.models.len() == 1;
    html! {
        tr.member[!alone] {
            th scope="row" {
                @if group.family.is_some() { a href={ "#" (models::anchor(line.label)) } { (line.label) } }
                @else { (line.label) }
                @if alone && group.family.is_some() { small { (family) } }
            }
            @for (cell, (_, compared)) in line.cells.iter().zip(&grid.columns) {
                (shown(*cell, line.label, &compared.name, detail))
            }
        }
    }
}

fn shown(cell: Option<AgainstBest>, who: &str, scenario: &str, detail: Detail) -> Markup {
    let Some(against) = cell else { return html! { td.none { "-" } } };
    let figure = ratio_in_short(against.ratio.value);
    let text = match against.standing {
        Standing::Best => "best".into(),
        Standing::AsGood | Standing::Worse => figure,
        Standing::NotKnown => format!("{figure}?"),
    };
    let whole = detail == Detail::Whole;
    let title = whole.then(|| format!("{who}, {scenario}: {}", ratio_with_interval(against.ratio)));
    html! { td class=(shade(against)) title=[title] { (text) } }
}

/// Returns a ratio in short, because a cell has no room for more than two digits behind the point.
fn ratio_in_short(value: f64) -> String {
    if value < 9.95 { format!("{value:.2}") } else { ratio(value) }
}
