//! The picture of a value with its interval for each model, on one axis. The axis is logarithmic if the values differ
//! many times.

use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::canvas::{self, Area, Drawn, GRID, INK, REFERENCE, px, text};

/// One row of the picture.
pub(super) struct Dot {
    /// The label of the row.
    pub label: String,
    /// The colour of the row's mark.
    pub color: RGBColor,
    /// The lower end of the bar.
    pub low: f64,
    /// The best single value, at which the mark is.
    pub value: f64,
    /// The upper end of the bar. All three values are positive and finite.
    pub high: f64,
}

/// The data of a picture.
pub(super) struct Dots<'a> {
    /// The unit of the axis.
    pub unit: &'static str,
    /// The value of a line that the rows are compared with.
    pub reference: Option<f64>,
    /// The rows, from top to bottom.
    pub rows: &'a [Dot],
}

/// The width of the picture without the labels, in the page's pixels.
const PLANE: u32 = 250;
const ROW: u32 = 18;

/// The most characters of a label that are shown.
const LONGEST: usize = 30;

/// The axis is logarithmic above this ratio of the largest value to the least.
const WIDE: f64 = 6.0;

pub(super) fn draw(dots: &Dots<'_>) -> String {
    let ends = || dots.rows.iter().flat_map(|row| [row.low, row.high]).chain(dots.reference);
    let (least, most) = (ends().fold(f64::INFINITY, f64::min), ends().fold(0.0, f64::max));
    let height = ROW * dots.rows.len() as u32 + 46;
    let longest = dots.rows.iter().map(|row| row.label.chars().count()).max().unwrap_or(0).min(LONGEST);
    // A character is about seven pixels wide.
    let labels = 7 * longest as u32 + 16;
    canvas::draw(PLANE + labels, height, |area| {
        if most / least > WIDE {
            let room = (most / least).powf(0.04);
            axes(
                dots,
                &format!("{}, logarithmic", dots.unit),
                labels,
                area,
                (least / room..most * room).log_scale().base(2.0),
            )
        } else {
            let room = (0.04 * (most - least)).max(0.002 * most);
            axes(dots, dots.unit, labels, area, least - room..most + room)
        }
    })
}

fn axes<X>(dots: &Dots<'_>, unit: &str, labels: u32, area: &Area<'_>, x: X) -> Drawn
where
    X: AsRangedCoord<Value = f64>,
    X::CoordDescType: ValueFormatter<f64>,
{
    let rows = dots.rows.len();
    let mut chart = ChartBuilder::on(area)
        .margin_right(px(14))
        .margin_top(px(2))
        .x_label_area_size(px(38))
        .y_label_area_size(px(labels))
        .build_cartesian_2d(x, 0.0..rows as f64)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .disable_y_axis()
        .y_labels(0)
        .x_labels(5)
        .x_label_formatter(&|value| tick(*value))
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .axis_style(INK)
        .x_desc(unit)
        .axis_desc_style(text(14, INK))
        .label_style(text(14, INK))
        .draw()?;
    if let Some(reference) = dots.reference {
        let line = vec![(reference, 0.0), (reference, rows as f64)];
        chart.draw_series(DashedLineSeries::new(line, px(4), px(3), REFERENCE.stroke_width(px(1))))?;
    }
    let plane = chart.plotting_area();
    for (i, row) in dots.rows.iter().enumerate() {
        let y = rows as f64 - i as f64 - 0.5;
        plane.draw(&PathElement::new([(row.low, y), (row.high, y)], row.color.stroke_width(px(3))))?;
        plane.draw(&Circle::new((row.value, y), px(4), row.color.filled()))?;
        let (_, below) = plane.map_coordinate(&(row.value, y));
        let style = text(15, INK).pos(Pos::new(HPos::Right, VPos::Center));
        area.draw(&Text::new(shown(&row.label), (px(labels - 8) as i32, below), style))?;
    }
    Ok(())
}

pub(super) fn shown(label: &str) -> String {
    if label.chars().count() <= LONGEST {
        return label.to_owned();
    }
    label.chars().take(LONGEST - 1).chain(['\u{2026}']).collect()
}

/// Returns a value with as few digits as possible, and at most three behind the point.
pub(super) fn tick(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
