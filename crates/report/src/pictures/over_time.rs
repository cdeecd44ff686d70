//! The picture of a model in one scenario, run by run: its distance to the floor, the levels, and the places where
//! they change.

use fanout_analysis::history::{Group, Point, Series};
use plotters::prelude::*;

use super::canvas::{self, GRID, INK, MARK, OTHER, REFERENCE, px, text};
use super::dots::{shown, tick};
use super::picture::Picture;
use crate::figures::{count, figure, ratio};

/// The most points that are drawn of a series. If there are more, neighbouring points are merged into their geometric
/// mean.
const MOST_POINTS: usize = 200;

/// The largest number of runs at which each run has a dot of its own. The dot is a ring if the tree was changed. With
/// more runs, only the line is drawn.
const MOST_DOTS: usize = 60;

/// The least that an axis spans, as a share of the value. With it, a picture of noise looks calm.
const SPAN: f64 = 0.05;

/// Draws a series. Returns `None` if it has no points.
#[must_use]
pub(crate) fn over_time(group: &Group, series: &Series) -> Option<Picture> {
    let last = series.points.last()?;
    let cpu = last.cpu.map_or_else(String::new, |cpu| format!(" and {} us of processor time a request", figure(cpu)));
    let mut said = format!(
        "{} in {}: {}, the last at {} floors{cpu}",
        series.label,
        series.scenario(),
        count(series.points.len(), "run"),
        ratio(last.ratio)
    );
    for change in &series.changes {
        let run = series.points[change.found.index].run + 1;
        said += &format!("; {:+.1} % from run {run} on", change.percent());
    }
    if let Some((drift, _)) = series.drifted() {
        said += &format!("; drifted by {drift:+.1} %");
    }
    Some(Picture { title: "Distance to the floor over runs".into(), alternative: said, svg: draw(group, series) })
}

fn draw(group: &Group, series: &Series) -> String {
    let points = merged(&series.points);
    let levels = levels(series);
    let heights = || points.iter().map(|point| point.1).chain(levels.iter().map(|level| level.2));
    let (least, most) = heights().fold((f64::INFINITY, 0.0_f64), |(low, high), y| (low.min(y), high.max(y)));
    let room = (0.08 * (most - least)).max(0.5 * (SPAN * most - (most - least)));
    let width = 0.5..group.runs.len() as f64 + 0.5;
    canvas::draw(210, 130, |area| {
        area.draw(&Text::new(shown(&series.label), (px(46) as i32, px(1) as i32), text(14, INK)))?;
        let mut chart = ChartBuilder::on(area)
            .margin_top(px(18))
            .margin_right(px(18))
            .x_label_area_size(px(32))
            .y_label_area_size(px(46))
            .build_cartesian_2d(width, least - room..most + room)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .x_labels(4)
            .y_labels(4)
            .x_label_formatter(&|value| if value.fract() == 0.0 { tick(*value) } else { String::new() })
            .y_label_formatter(&|value| tick(*value))
            .bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .axis_style(INK)
            .x_desc("run")
            .y_desc("x floor")
            .axis_desc_style(text(12, INK))
            .label_style(text(12, INK))
            .draw()?;
        for change in &series.changes {
            let index = change.found.index;
            let x = (number(&series.points[index - 1]) + number(&series.points[index])) / 2.0;
            let style = if change.accepted.is_empty() { REFERENCE } else { OTHER }.stroke_width(px(2));
            chart.draw_series(LineSeries::new([(x, least - room), (x, most + room)], style))?;
        }
        chart.draw_series(LineSeries::new(points.iter().copied(), MARK.stroke_width(px(1))))?;
        if series.points.len() <= MOST_DOTS {
            let dot = |point: &Point| {
                let dirty = group.runs[point.run].dirty == Some(true);
                let style = if dirty { MARK.stroke_width(px(1)) } else { MARK.filled() };
                Circle::new((number(point), point.ratio), px(if dirty { 4 } else { 2 }), style)
            };
            chart.draw_series(series.points.iter().map(dot))?;
        }
        if levels.len() > 1 {
            for (from, to, height) in &levels {
                chart.draw_series(LineSeries::new([(*from, *height), (*to, *height)], INK.stroke_width(px(2))))?;
            }
        }
        Ok(())
    })
}

/// Returns the number of a run, which counts from 1.
fn number(point: &Point) -> f64 {
    point.run as f64 + 1.0
}

fn merged(points: &[Point]) -> Vec<(f64, f64)> {
    let share = points.len().div_ceil(MOST_POINTS).max(1);
    let mean = |points: &[Point], of: fn(&Point) -> f64| points.iter().map(of).sum::<f64>() / points.len() as f64;
    points.chunks(share).map(|some| (mean(some, number), mean(some, |point| point.ratio.ln()).exp())).collect()
}

/// Returns the levels between changes: the first run, the last run and the height of each.
fn levels(series: &Series) -> Vec<(f64, f64, f64)> {
    let level = |from: usize, points: usize, mean: f64| {
        Some((number(series.points.get(from)?), number(series.points.get(from + points - 1)?), mean.exp()))
    };
    let first =
        series.changes.first().and_then(|change| level(0, change.found.before.points, change.found.before.mean));
    let later = series.changes.iter().map(|change| &change.found);
    first.into_iter().chain(later.filter_map(|it| level(it.index, it.after.points, it.after.mean))).collect()
}
