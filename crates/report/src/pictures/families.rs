//! One batch of each family, and of a peer in each language, all on the same time axis: a row a lane, and in each
//! request the server's delay apart from the rest. Below the lanes is the processor time of the whole batch. These
//! are the notebook's drawings.

use std::fmt::Write;

use fanout_analysis::families::{Batch, Families};
use fanout_record::run::Bar;
use plotters::prelude::*;

use super::canvas::{self, INK, MARK, OTHER, REFERENCE, px, text};
use super::lanes::time_axis;
use super::picture::Picture;
use crate::figures::{count, figure};

/// The size of one drawing, in the page's pixels.
const WIDTH: u32 = 390;
const HEIGHT: u32 = 220;
/// What is between two drawings that stand together.
const GAP: u32 = 20;
/// The height of what is above the lanes, of the lanes, and of what is between them and the axis.
const HEAD: u32 = 54;
const LANES: u32 = 112;
const STRIP: u32 = 22;

/// The largest height of a lane, in the page's pixels.
const LANE: f64 = 14.0;

/// What the drawings consist of: the role of the colour, and its meaning. The first is nearer to the background than
/// the second in every style, and the third has a place of its own, so that nobody needs to tell the hues apart.
pub(crate) const KEY: [(RGBColor, &str); 3] = [
    (OTHER, "waiting: the server's delay"),
    (REFERENCE, "the rest of a request: connecting, its turn, reading"),
    (MARK, "working: the processor time of the whole batch"),
];

/// Draws each batch.
#[must_use]
pub fn families(families: &Families<'_, '_>) -> Vec<Picture> {
    let axis = families.axis();
    families.batches.iter().chain(&families.peers).map(|batch| drawing(batch, families.delay, axis)).collect()
}

/// Draws all batches in one picture, for places that show no page.
#[must_use]
pub fn families_together(all: &Families<'_, '_>, alternative: String) -> Picture {
    let pictures = families(all);
    let (width, key) = (2 * WIDTH + GAP, 18 * KEY.len() as u32 + GAP);
    let height = key + (HEIGHT + GAP) * pictures.len().div_ceil(2) as u32;
    let mut svg = format!("<svg viewBox=\"0 0 {width} {height}\" xmlns=\"http://www.w3.org/2000/svg\">\n");
    // Writing to a string does not fail.
    for (i, (color, meaning)) in KEY.iter().enumerate() {
        let (y, fill) = (18 * i, canvas::hex(*color));
        let _ = writeln!(svg, "<rect x=\"8\" y=\"{}\" width=\"24\" height=\"10\" fill=\"{fill}\"/>", y + 4);
        let _ = writeln!(svg, "<text x=\"40\" y=\"{}\" font-size=\"13\">{meaning}</text>", y + 14);
    }
    for (i, picture) in pictures.iter().enumerate() {
        let (column, row) = (i as u32 % 2, i as u32 / 2);
        let place = format!("<svg x=\"{}\" y=\"{}\"", column * (WIDTH + GAP), key + row * (HEIGHT + GAP));
        svg += &picture.svg.replacen("<svg", &place, 1);
    }
    svg.push_str("</svg>\n");
    Picture { title: "One batch of each family, on the same time axis".into(), alternative, svg }
}

fn drawing(batch: &Batch<'_>, delay: f64, axis: f64) -> Picture {
    let (label, lanes) = (&batch.arm.label, batch.lanes());
    // The label of a peer says itself that it is one.
    let name = batch.family.map_or_else(|| label.clone(), |family| format!("{}: {label}", family.name()));
    let (requests, carried) = (count(batch.bars.len(), "request"), count(lanes.len(), "lane"));
    let (end, waited, cpu) = (figure(batch.end), 100.0 * batch.waited, figure(batch.cpu));
    let alternative = format!(
        "{label}: {requests} on {carried}, the last answer after {end} ms; {waited:.0} % of the time of the requests \
         was the server's delay; {cpu} ms of processor time"
    );
    let cut = if batch.end > axis { " (cut off)" } else { "" };
    let words = [
        name.clone(),
        format!("{} in flight, {end} ms{cut}", batch.arm.concurrency),
        format!("{waited:.0} % waiting; {cpu} ms of processor time"),
    ];
    Picture { title: name, alternative, svg: draw(batch, &words, &lanes, delay, axis) }
}

fn draw(batch: &Batch<'_>, words: &[String; 3], lanes: &[usize], delay: f64, axis: f64) -> String {
    canvas::draw(WIDTH, HEIGHT, |area| {
        for (i, line) in words.iter().enumerate() {
            let (size, y) = if i == 0 { (14, 2) } else { (12, 4 + 16 * i as u32) };
            area.draw(&Text::new(line.clone(), (px(8) as i32, px(y) as i32), text(size, INK)))?;
        }
        // The vertical axis is in pixels, from the top of the lanes down.
        let mut chart = ChartBuilder::on(area)
            .margin_top(px(HEAD))
            .margin_right(px(14))
            .margin_left(px(8))
            .x_label_area_size(px(HEIGHT - HEAD - LANES - STRIP))
            .build_cartesian_2d(0.0..axis, f64::from(LANES + STRIP)..0.0)?;
        time_axis(&mut chart, "ms from the start of the batch")?;
        let high = LANE.min(f64::from(LANES) / lanes.len() as f64);
        let shown = || batch.bars.iter().filter(|bar| (bar.1 as f64) < 1e6 * axis);
        let part = |bar: &Bar, from: f64, to: f64, color: RGBColor| {
            let top = high * lanes.partition_point(|other| *other < bar.0) as f64;
            Rectangle::new([(from.min(axis), top + 0.1 * high), (to.min(axis), top + 0.9 * high)], color.filled())
        };
        // Where within a request the delay was is not known, so that it is drawn first.
        let split = |bar: &Bar| {
            let (from, to) = (bar.1 as f64 / 1e6, bar.2 as f64 / 1e6);
            (from, (from + delay).min(to), to)
        };
        chart.draw_series(shown().map(|bar| part(bar, split(bar).0, split(bar).1, OTHER)))?;
        chart.draw_series(shown().map(|bar| part(bar, split(bar).1, split(bar).2, REFERENCE)))?;
        let strip = (f64::from(LANES) + 6.0, f64::from(LANES) + 16.0);
        let worked = batch.cpu.min(axis);
        chart.draw_series([Rectangle::new([(0.0, strip.0), (worked, strip.1)], MARK.filled())])?;
        // Beside a line that takes most of the room, there is none for words.
        if worked < 0.7 * axis {
            let (right, top) = chart.plotting_area().map_coordinate(&(worked, strip.0));
            area.draw(&Text::new("processors", (right + px(5) as i32, top), text(11, INK)))?;
        }
        Ok(())
    })
}
