//! One picture of all families in all scenarios. A cell shows how many times as much the family's best model takes as
//! the best of all, in its figure and in its shade. The picture is the page's grid for places that show no page.

use std::fmt::Write;

use fanout_analysis::compared::Answered;
use fanout_analysis::grid::{Grid, grid};
use fanout_analysis::metric::Metric;
use fanout_analysis::situations::Describe;
use fanout_stats::{AgainstBest, Standing};

use super::canvas::escaped;
use super::picture::Picture;
use crate::standing::shade;

/// The sizes of the picture's parts, in its own units.
const NAME: usize = 210;
const CELL: usize = 46;
const ROW: usize = 26;
const HEAD: usize = 165;

/// The colours for light and dark. A cell near the best has little colour, and a cell far from it has much.
const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#1f2328}.w1{fill:#e3eef9}.w2{fill:#c1d9f0}\
    .w3{fill:#8fbce6}.w4{fill:#1f66a8}.w5{fill:#0b3a66}.far{fill:#fff}.open{fill:#57606a;font-style:italic}\
    .best{font-weight:600}line{stroke:#d0d7de}\
    @media(prefers-color-scheme:dark){text{fill:#e6edf3}.w1{fill:#16283a}.w2{fill:#1d3f60}.w3{fill:#2a5f94}\
    .w4{fill:#9cc6ec}.w5{fill:#dcecfb}.far{fill:#0f1419}.open{fill:#a3adb8}line{stroke:#3a434d}}";

/// Draws the time of each family in each scenario against the best. Returns `None` if nothing was compared.
#[must_use]
pub fn glance(run: &[Answered<'_>], describe: Describe) -> Option<Picture> {
    let grid = grid(run, Metric::Time, describe);
    if grid.families.is_empty() {
        return None;
    }
    let (width, height) = (NAME + CELL * grid.columns.len() + 10, HEAD + ROW * grid.families.len() + 10);
    let mut svg = format!("<svg viewBox=\"0 0 {width} {height}\" xmlns=\"http://www.w3.org/2000/svg\">");
    // Writing to a string does not fail.
    let _ = write!(svg, "<style>{STYLE}</style>");
    heading(&mut svg, &grid, height);
    for (row, group) in grid.families.iter().enumerate() {
        let name = group.family.map_or("other", |family| family.name());
        let y = HEAD + ROW * row;
        let _ = write!(svg, "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{name}</text>", NAME - 8, y + 18);
        for (column, cell) in group.cells.iter().enumerate() {
            shown(&mut svg, *cell, NAME + CELL * column, y);
        }
    }
    svg.push_str("</svg>\n");
    let alternative = "Rows are families of models, columns are scenarios. A cell says how many times as much time \
                       the family's best model takes as the best of all; a question mark says that it is not known.";
    Some(Picture { title: "Time against the best, by families".into(), alternative: alternative.into(), svg })
}

/// Writes the names of the questions and of their scenarios, which stand upright.
fn heading(svg: &mut String, grid: &Grid<'_, '_>, height: usize) {
    let mut before = "";
    for (column, (question, compared)) in grid.columns.iter().enumerate() {
        let x = NAME + CELL * column;
        if *question != before {
            let _ = write!(svg, "<line x1=\"{x}\" y1=\"4\" x2=\"{x}\" y2=\"{height}\"/>");
            before = question;
        }
        let parameter = match compared.measured.scenario.parameter.as_str() {
            "" => String::new(),
            parameter => format!(" {parameter}"),
        };
        let (middle, bottom) = (x + CELL / 2 + 5, HEAD - 6);
        let name = escaped(&format!("{question}{}", short(&parameter)));
        let _ = write!(svg, "<text transform=\"translate({middle} {bottom}) rotate(-90)\">{name}</text>");
    }
}

/// Returns a parameter in which the longest words are shortened.
fn short(parameter: &str) -> String {
    parameter.replace("connection-per-request", "new conn.").replace("keep-alive", "kept")
}

fn shown(svg: &mut String, cell: Option<AgainstBest>, x: usize, y: usize) {
    let Some(against) = cell else { return };
    let value = against.ratio.value;
    let figure = if value < 9.95 { format!("{value:.2}") } else { format!("{value:.0}") };
    let text = match against.standing {
        Standing::Best => "best".into(),
        Standing::AsGood | Standing::Worse => figure,
        Standing::NotKnown => format!("{figure}?"),
    };
    let shade = shade(against);
    if against.standing == Standing::Worse {
        let _ = write!(svg, "<rect class=\"{shade}\" x=\"{x}\" y=\"{y}\" width=\"{CELL}\" height=\"{ROW}\"/>");
    }
    // Letters on a coloured cell do not have the colour's class. They are dark or light, to be readable.
    let class = match shade {
        "w1" | "w2" | "w3" => "",
        "w4" | "w5" => "far",
        plain => plain,
    };
    let (middle, line) = (x + CELL / 2, y + 18);
    let _ = write!(svg, "<text class=\"{class}\" x=\"{middle}\" y=\"{line}\" text-anchor=\"middle\">{text}</text>");
}
