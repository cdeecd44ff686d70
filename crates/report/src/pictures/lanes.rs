//! The picture of one batch, as the notebook draws it: a lane for each place in flight, and a bar for each request.

use std::collections::BTreeSet;

use fanout_record::run::Bar;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use super::canvas::{self, Drawn, INK, MARK, REFERENCE, px, text};
use super::dots::tick;
use super::picture::Picture;
use crate::figures::{count, figure};

/// The room that a picture has, in pixels.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// The width of the picture.
    pub width: u32,
    /// The largest height that all lanes together may have.
    pub lanes: u32,
}

impl Room {
    /// The room of one picture among many on a page.
    pub const SMALL: Self = Self { width: 210, lanes: 160 };
    /// The room of a picture that stands alone.
    pub const LARGE: Self = Self { width: 960, lanes: 1_600 };
}

/// Draws a batch. Each entry of `bars` is a request, and whether it failed. The axis ends after `axis` milliseconds,
/// or with the last answer if `axis` is `None`. Anything beyond the end of the axis is not drawn. Returns `None` if
/// there is no request.
#[must_use]
pub fn lanes(
    label: &str,
    bars: impl IntoIterator<Item = (Bar, bool)>,
    axis: Option<f64>,
    room: Room,
) -> Option<Picture> {
    let bars: Vec<(Bar, bool)> = bars.into_iter().filter(|(bar, _)| bar.1 <= bar.2).collect();
    // The lanes are in the order of their numbers. A lane that carried no request takes no room.
    let lanes: BTreeSet<usize> = bars.iter().map(|(bar, _)| bar.0).collect();
    let lanes: Vec<usize> = lanes.into_iter().collect();
    let end = bars.iter().map(|(bar, _)| bar.2).max().filter(|end| *end > 0)? as f64 / 1e6;
    let failed = match bars.iter().filter(|(_, failed)| *failed).count() {
        0 => String::new(),
        n => format!(", {n} of them failed"),
    };
    let (requests, carried) = (count(bars.len(), "request"), count(lanes.len(), "lane"));
    // If several pictures have the same axis, this text shows how long each batch took.
    let unit = match axis {
        Some(_) => format!("ms; the last answer after {}", tick(end)),
        None => "ms from the start of the batch".into(),
    };
    Some(Picture {
        title: "One batch: a row a lane, a bar a request".into(),
        alternative: format!("{label}: {requests} on {carried}{failed}, the last answer after {} ms", figure(end)),
        svg: draw(label, &unit, &bars, &lanes, axis.unwrap_or(end), room),
    })
}

/// A chart of a batch: the time in milliseconds, and the height of the lanes.
type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// Draws the time axis of a batch, with this description.
pub(super) fn time_axis(chart: &mut Chart<'_, '_>, unit: &str) -> Drawn {
    chart
        .configure_mesh()
        .disable_mesh()
        .x_labels(5)
        .x_label_formatter(&|value| tick(*value))
        .axis_style(INK)
        .x_desc(unit)
        .axis_desc_style(text(12, INK))
        .label_style(text(12, INK))
        .draw()
}

fn draw(label: &str, unit: &str, bars: &[(Bar, bool)], lanes: &[usize], end: f64, room: Room) -> String {
    // The picture is as high as the lanes need, within the room that there is.
    let height = u32::try_from(lanes.len()).unwrap_or(u32::MAX).saturating_mul(6).clamp(36, room.lanes);
    canvas::draw(room.width, height + 52, |area| {
        area.draw(&Text::new(label.to_owned(), (px(8) as i32, px(2) as i32), text(14, INK)))?;
        let mut chart = ChartBuilder::on(area)
            .margin_top(px(18))
            .margin_right(px(12))
            .margin_left(px(8))
            .x_label_area_size(px(32))
            .build_cartesian_2d(0.0..end, 0.0..lanes.len() as f64)?;
        time_axis(&mut chart, unit)?;
        // There is a gap between lanes, and a very small one between the requests of a lane.
        let bar = |(Bar(lane, started, finished), failed): &(Bar, bool)| {
            let top = lanes.len() as f64 - lanes.partition_point(|other| other < lane) as f64;
            let (from, to) = (*started as f64 / 1e6, *finished as f64 / 1e6);
            let to = (to - 0.002 * end).max(from + 0.001 * end).min(end);
            Rectangle::new([(from, top - 0.1), (to, top - 0.9)], if *failed { REFERENCE } else { MARK }.filled())
        };
        chart.draw_series(bars.iter().filter(|(bar, _)| (bar.1 as f64) < 1e6 * end).map(bar))?;
        Ok(())
    })
}
