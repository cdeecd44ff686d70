//! Where a history changes its level: E-divisive in windows, each point tested with Student's t.

use crate::divisive::{best_split, student};
use crate::median::median;

/// The points that are looked at together, as apache-otava has it unless told otherwise.
pub const WINDOW: usize = 50;

/// The largest p-value of a change point that is marked. With it, of series of independent noise without a change,
/// less than 1 % have anything marked at 100 points; at 1,000 points 0.3 % where the noise is normal and 3 % where
/// each point is a median of ten skewed rounds. Apache-otava's own 0.001 marks something in 6 to 8 % and in 42 to 62
/// %. Where each point is a single skewed value, as a latency is, it is 27 % at 1,000: do not ask it of such.
///
/// A step of 2.5 deviations is found as often as with 0.001 where there are 20 points on both sides, or 10 after 100;
/// with 10 and 10 it is in half of series, there in 9 of 10.
pub const MAX_P: f64 = 1e-5;

/// A place where the level of a series changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChangePoint {
    /// The first point of the new level.
    pub index: usize,
    /// Student's p-value for the two sides having the same mean. The place was picked for being the best, so this is
    /// less than the probability that noise is marked: see [`MAX_P`].
    pub p_value: f64,
    /// From the change point before, or the first point, up to this one.
    pub before: Segment,
    /// From this one up to the next, or to the end.
    pub after: Segment,
}

/// The points between two change points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// How many.
    pub points: usize,
    /// Their mean, in the unit of the series.
    pub mean: f64,
    /// Their median, in the unit of the series.
    pub median: f64,
}

impl ChangePoint {
    /// How much higher the new level is, in the unit of the series: the difference of the means, which were tested.
    #[must_use]
    pub fn size(&self) -> f64 {
        self.after.mean - self.before.mean
    }

    /// How many times higher the new level is, for a series of logarithms: exp of the size.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        self.size().exp()
    }

    /// One less the p-value.
    #[must_use]
    pub fn confidence(&self) -> f64 {
        1.0 - self.p_value
    }
}

/// Where `series`, in order of time and of any unit, changes its level. [`WINDOW`] and [`MAX_P`] are what to ask for.
///
/// 1. Windows of `window` points, each half a window after the one before or from the last change point in it, are
///    split where the divergence of Matteson & James (with differences to the power of 1) is the greatest, and the
///    parts again, as long as the best split of all has a p-value of 10 `max_p` at most: twice `max_p` from 0.05 on,
///    and `max_p` from 0.5 on. Only near points are compared: a long series takes time in proportion to its length,
///    and no far level hides a change.
/// 2. Of all of these the one with the greatest p-value, now of the points up to its neighbours, is dropped, until
///    each is less than `max_p`.
///
/// Significance is by Student's t and not by permutations. That is what apache-otava (once hunter) does unless told
/// otherwise, and on the same series with the same two numbers the change points are the same as its: no random
/// numbers, and fast enough for hundreds of series. Its `--orig-edivisive`, the paper's own, draws 100 permutations
/// anew each time, and can give two answers to one series. Two of otava's ways are kept so that the answers stay the
/// same: variances are divided by n, and when a point is dropped only the two after it are tested anew, not the one
/// before. What is returned is computed from the points that are left; so a `p_value` can differ from otava's, and
/// can now and then be greater than `max_p`. Otava's `min_magnitude`, a share of the mean, says nothing of
/// logarithms; it is left out, as its default of 0 leaves it out.
///
/// Sources: Matteson & James, "A Nonparametric Approach for Multiple Change Point Analysis of Multivariate Data",
/// *JASA* 109 (2014); Fleming et al., "Hunter: Using Change Point Detection to Hunt for Performance Regressions"
/// (ICPE 2023). Values are taken to be independent. Fewer than three points have no change points. `None` where a
/// value is not finite, or the window has fewer than two points.
#[must_use]
pub fn change_points(series: &[f64], window: usize, max_p: f64) -> Option<Vec<ChangePoint>> {
    if window < 2 || !series.iter().all(|value| value.is_finite()) {
        return None;
    }
    let weak = match max_p {
        ..0.05 => 10.0 * max_p,
        ..0.5 => 2.0 * max_p,
        _ => max_p,
    };
    let kept = merge(series, candidates(series, window, weak), max_p);
    let mut points = Vec::with_capacity(kept.len());
    for (i, index) in kept.iter().copied().enumerate() {
        let start = if i == 0 { 0 } else { kept[i - 1] };
        let (left, right) = (&series[start..index], &series[index..next(&kept, i, series.len())]);
        let tested = student(left, right);
        let side = |values: &[f64], mean| {
            Some(Segment { points: values.len(), mean, median: median(values, crate::LEVEL)?.value })
        };
        points.push(ChangePoint {
            index,
            p_value: tested.p,
            before: side(left, tested.means.0)?,
            after: side(right, tested.means.1)?,
        });
    }
    Some(points)
}

/// The change points of each window. A window begins at the last of the one before, or later: they are in order.
fn candidates(series: &[f64], window: usize, max_p: f64) -> Vec<usize> {
    let mut found: Vec<usize> = Vec::new();
    let mut start = 0;
    while start < series.len() {
        let end = series.len().min(start + window);
        let new = divide(&series[start..end], max_p);
        let last = new.last().map_or(0, |index| start + index);
        found.extend(new.iter().map(|index| start + index));
        start = last.max(start + window / 2);
    }
    found
}

/// Splits where the divergence is the greatest, and the parts again, as long as that split is significant at `max_p`.
fn divide(values: &[f64], max_p: f64) -> Vec<usize> {
    let mut ends = vec![values.len()];
    let mut splits = vec![best_split(values)];
    loop {
        // The first of the best, in order of time.
        let mut best = None;
        for (part, split) in splits.iter().enumerate() {
            if let Some(split) = split
                && best.is_none_or(|(_, most)| split.divergence > most)
            {
                best = Some((part, split.divergence));
            }
        }
        let Some((part, Some(split))) = best.map(|(part, _)| (part, splits[part])) else { break };
        let start = if part == 0 { 0 } else { ends[part - 1] };
        let (left, right) = values[start..ends[part]].split_at(split.index);
        if student(left, right).p > max_p {
            break;
        }
        splits[part] = best_split(left);
        splits.insert(part + 1, best_split(right));
        ends.insert(part, start + split.index);
    }
    ends.pop();
    ends
}

/// Drops the point with the greatest p-value until all are less than `max_p`.
fn merge(series: &[f64], mut points: Vec<usize>, max_p: f64) -> Vec<usize> {
    let p_value = |points: &[usize], i: usize| {
        let start = if i == 0 { 0 } else { points[i - 1] };
        student(&series[start..points[i]], &series[points[i]..next(points, i, series.len())]).p
    };
    let mut p_values: Vec<f64> = (0..points.len()).map(|i| p_value(&points, i)).collect();
    loop {
        // The first of the greatest, in order of time.
        let weakest = (0..points.len()).rev().max_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
        let Some(weakest) = weakest.filter(|weakest| p_values[*weakest] >= max_p) else { return points };
        points.remove(weakest);
        p_values.remove(weakest);
        for (i, p) in p_values.iter_mut().enumerate().skip(weakest).take(2) {
            *p = p_value(&points, i);
        }
    }
}

/// Where the level that begins at the i-th point ends.
fn next(points: &[usize], i: usize, end: usize) -> usize {
    points.get(i + 1).copied().unwrap_or(end)
}
