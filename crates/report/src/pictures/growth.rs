//! Pictures of how a question's figures grow with the number that the question varies. The curves of a family, or of
//! a model, are marked among the others.

use fanout_analysis::compared::{Answered, Compared};
use fanout_analysis::situations::Describe;
use fanout_analysis::summary::ArmSummary;
use fanout_model::Family;
use fanout_record::run::Exchange;
use plotters::prelude::*;

use super::canvas::{self, GRID, INK, OTHER, of_family, px, text};
use super::dots::tick;
use super::picture::Picture;
use crate::figures::figure;

/// The words of the axes.
#[derive(Clone, Copy)]
pub(super) struct Axes {
    /// The name of the number that is varied.
    pub(super) x: &'static str,
    /// The name of the figure that grows.
    pub(super) y: &'static str,
    /// The title of the picture.
    pub(super) title: &'static str,
}

/// The number that a question varies, and the figure that grows with it.
struct Varied {
    axes: Axes,
    /// A function that returns the place of a scenario on the x axis.
    at: fn(&Compared<'_>) -> Option<f64>,
    /// A function that returns the height of a row of a scenario on the y axis.
    height: fn(&Compared<'_>, &ArmSummary<'_>) -> Option<f64>,
}

/// The points of a model.
pub(super) struct Curve<'a> {
    pub(super) label: &'a str,
    pub(super) family: Option<Family>,
    pub(super) points: Vec<(f64, f64)>,
}

/// The curves of a question that varies one number. Its pictures are drawn when they are asked for.
pub struct Grown<'a> {
    pub(super) axes: Axes,
    /// The curves of the models and of the control arms.
    pub(super) curves: Vec<Curve<'a>>,
}

/// Returns the curves of a question that varies one number, or `None` for any other question. `describe` returns the
/// description of a model.
#[must_use]
pub fn grown<'a>(answered: &'a Answered<'_>, describe: Describe) -> Option<Grown<'a>> {
    let Varied { axes, at, height } = varied(answered)?;
    let mut curves: Vec<Curve<'_>> = Vec::new();
    for compared in &answered.scenarios {
        let Some(x) = at(compared).filter(|x| *x > 0.0) else { continue };
        for row in &compared.rows {
            let Some(height) = height(compared, row).filter(|it| *it > 0.0 && it.is_finite()) else {
                continue;
            };
            let point = (x, height);
            match curves.iter_mut().find(|curve| curve.label == row.arm.label) {
                Some(curve) => curve.points.push(point),
                None => {
                    let family = describe(&row.arm.model).map(|model| model.family);
                    curves.push(Curve { label: &row.arm.label, family, points: vec![point] });
                }
            }
        }
    }
    curves.retain(|curve| curve.points.len() > 1);
    curves.iter_mut().for_each(|curve| curve.points.sort_by(|a, b| a.0.total_cmp(&b.0)));
    (!curves.is_empty()).then_some(Grown { axes, curves })
}

impl Grown<'_> {
    /// Returns the title of every picture.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.axes.title
    }

    /// Draws a picture for each family, in which all its models are marked. There is none if no model has a family.
    #[must_use]
    pub fn families(&self) -> Vec<Picture> {
        let of_family = |family: &Family| {
            let is_member = |curve: &Curve<'_>| curve.family == Some(*family);
            self.curves.iter().any(is_member).then(|| self.picture(family.name(), is_member))
        };
        Family::ALL.iter().filter_map(of_family).collect()
    }

    /// Draws a picture for each model and each control arm.
    #[must_use]
    pub fn models(&self) -> Vec<Picture> {
        let of_model = |chosen: &Curve<'_>| self.picture(chosen.label, |curve| curve.label == chosen.label);
        self.curves.iter().map(of_model).collect()
    }

    /// Draws a picture in which some of the curves are marked.
    fn picture(&self, title: &str, is_marked: impl Fn(&Curve<'_>) -> bool) -> Picture {
        let Self { axes, curves } = self;
        let (marked, others): (Vec<&Curve<'_>>, Vec<_>) = curves.iter().partition(|curve| is_marked(curve));
        let steps = |curve: &&Curve<'_>| {
            let steps: Vec<String> =
                curve.points.iter().map(|(x, y)| format!("{} at {}", figure(*y), figure(*x))).collect();
            format!("{}: {}", curve.label, steps.join(", "))
        };
        let said: Vec<String> = marked.iter().map(steps).collect();
        let alternative = format!("{}: {}, by {}", said.join("; "), axes.y, axes.x);
        Picture { title: axes.title.into(), alternative, svg: draw(axes, title, &marked, &others) }
    }
}

/// Returns the axes for the one number that differs between the scenarios, or `None` if there is no such number.
fn varied(answered: &Answered<'_>) -> Option<Varied> {
    let distinct = |of: fn(&Compared<'_>) -> Option<u64>| {
        let mut values: Vec<u64> = answered.scenarios.iter().filter_map(of).collect();
        values.sort_unstable();
        values.dedup();
        values.len() > 1
    };
    let in_flight: fn(&Compared<'_>) -> Option<u64> = |it| Some(it.floor()?.arm.concurrency as u64);
    if distinct(|it| Some(it.measured.scenario.work?.ns)) {
        return Some(Varied {
            axes: Axes {
                x: "work on an answer, ms",
                y: "requests/s",
                title: "Throughput over the work on each answer: where a curve falls, work waits for a processor",
            },
            at: |it| Some(it.measured.scenario.work?.ns as f64 / 1e6),
            height: |_, row| row.rate(),
        });
    }
    if distinct(downloaded) {
        return Some(Varied {
            axes: Axes {
                x: "bytes an answer",
                y: "MB/s",
                title: "Bytes a second over the size of an answer: higher is faster",
            },
            at: |it| Some(downloaded(it)? as f64),
            height: |it, row| Some(row.rate()? * downloaded(it)? as f64 / 1e6),
        });
    }
    if distinct(in_flight) {
        return Some(Varied {
            axes: Axes {
                x: "in flight",
                y: "requests/s",
                title: "Throughput over requests in flight: straight up is as good as it gets",
            },
            at: |it| Some(it.floor()?.arm.concurrency as f64),
            height: |_, row| row.rate(),
        });
    }
    if distinct(|it| Some(it.measured.scenario.requests as u64)) {
        return Some(Varied {
            axes: Axes {
                x: "requests a batch",
                y: "ms a batch",
                title: "Time over the size of a batch: lower is faster",
            },
            at: |it| Some(it.measured.scenario.requests as f64),
            height: |_, row| Some(row.time?.value),
        });
    }
    distinct(|it| it.measured.scenario.delay_ns).then_some(Varied {
        axes: Axes {
            x: "delay, ms",
            y: "times the floor",
            title: "Distance to the floor over the server's delay (0 has no place on a log axis): where curves meet, \
                    the model does not matter",
        },
        at: |it| Some(it.measured.scenario.delay_ns? as f64 / 1e6),
        height: |_, row| Some(row.to_floor?.value),
    })
}

/// Returns the length of a downloaded body that is hashed as it arrives, in each model's own protocol.
fn downloaded(compared: &Compared<'_>) -> Option<u64> {
    let scenario = &compared.measured.scenario;
    match scenario.exchange {
        Exchange::Download { bytes, kept: false } if scenario.protocol.is_none() => Some(bytes),
        _ => None,
    }
}

fn draw(axes: &Axes, title: &str, marked: &[&Curve<'_>], others: &[&Curve<'_>]) -> String {
    let all = || marked.iter().chain(others).flat_map(|curve| &curve.points);
    let range = |of: fn(&(f64, f64)) -> f64, room: f64| {
        let (least, most) = all().map(of).fold((f64::INFINITY, 0.0_f64), |(low, high), v| (low.min(v), high.max(v)));
        (least / room..most * room).log_scale()
    };
    canvas::draw(210, 160, |area| {
        area.draw(&Text::new(title.to_owned(), (px(46) as i32, px(1) as i32), text(14, INK)))?;
        let mut chart = ChartBuilder::on(area)
            .margin_top(px(18))
            .margin_right(px(8))
            .x_label_area_size(px(32))
            .y_label_area_size(px(46))
            .build_cartesian_2d(range(|point| point.0, 1.15), range(|point| point.1, 1.3))?;
        chart
            .configure_mesh()
            .x_labels(4)
            .y_labels(4)
            .x_label_formatter(&|value| short(*value))
            .y_label_formatter(&|value| short(*value))
            .bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .axis_style(INK)
            .x_desc(axes.x)
            .y_desc(axes.y)
            .axis_desc_style(text(12, INK))
            .label_style(text(12, INK))
            .draw()?;
        for curve in others {
            chart.draw_series(LineSeries::new(curve.points.iter().copied(), OTHER.stroke_width(px(1))))?;
        }
        for curve in marked {
            let color = of_family(curve.family);
            chart.draw_series(LineSeries::new(curve.points.iter().copied(), color.stroke_width(px(2))))?;
            chart.draw_series(curve.points.iter().map(|point| Circle::new(*point, px(3), color.filled())))?;
        }
        Ok(())
    })
}

/// Returns a value in short: 25000 becomes 25k.
fn short(value: f64) -> String {
    if value >= 1e3 { format!("{}k", tick(value / 1e3)) } else { tick(value) }
}
