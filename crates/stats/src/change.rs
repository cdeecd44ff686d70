//! Finds the places where the level of a history changes. It uses the E-divisive method in windows, and tests each
//! point with Student's t-test.

use crate::divisive::{best_split, student};
use crate::median::median;

/// The number of points in a window, which are examined together. It is apache-otava's default.
pub const WINDOW: usize = 50;

/// The largest p-value of a change point that is marked.
///
/// Among series of independent noise without a change, less than 1 % have a marked point at 100 points. At 1,000
/// points, 0.3 % of the series have one if the noise is normal, and 3 % if each point is a median of ten skewed
/// rounds. Apache-otava's own 0.001 marks a point in 6 to 8 % of the same series at 100 points, and in 42 to 62 % at
/// 1,000 points. If each point is a single skewed value, such as a latency, `MAX_P` marks a point in 27 % of the
/// series at 1,000 points, so it must not be used for such series.
///
/// A step of 2.5 deviations is found as often as with 0.001 if there are 20 points on both sides, or 10 points after
/// 100. With 10 points on both sides, it is found in half of the series, and with 0.001 in 9 of 10.
pub const MAX_P: f64 = 1e-5;

/// A place where the level of a series changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChangePoint {
    /// The first point of the new level.
    pub index: usize,
    /// Student's p-value for the assumption that both sides have the same mean. The place was picked because it is
    /// the best one, so this is less than the probability that noise is marked: see [`MAX_P`].
    pub p_value: f64,
    /// The points from the change point before this one, or from the first point, up to this one.
    pub before: Segment,
    /// The points from this change point up to the next one, or to the end.
    pub after: Segment,
}

/// The points between two change points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// The number of points.
    pub points: usize,
    /// The mean of the points, in the unit of the series.
    pub mean: f64,
    /// The median of the points, in the unit of the series.
    pub median: f64,
}

impl ChangePoint {
    /// Returns how much higher the new level is, in the unit of the series. It is the difference of the means, which
    /// were tested.
    #[must_use]
    pub fn size(&self) -> f64 {
        self.after.mean - self.before.mean
    }

    /// Returns how many times higher the new level is, for a series of logarithms. It is exp of the size.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        self.size().exp()
    }

    /// Returns 1 minus the p-value.
    #[must_use]
    pub fn confidence(&self) -> f64 {
        1.0 - self.p_value
    }
}

/// Returns the places where `series` changes its level. The values are in the order of time, and may have any unit.
/// The usual arguments are [`WINDOW`] and [`MAX_P`].
///
/// 1. Each window has `window` points. It begins half a window after the one before it, or at the last change point
///    in that one if this is later. A window is split where the divergence of Matteson & James (with differences to
///    the power of 1) is the greatest. Its parts are split again, as long as the best of all splits has a p-value of
///    at most 10 `max_p`. This limit is twice `max_p` if `max_p` is 0.05 or more, and `max_p` itself if it is 0.5 or
///    more. Only near points are compared, so that a long series takes time in proportion to its length, and no far
///    level hides a change.
/// 2. The p-value of each of these change points is computed again, from the points up to its neighbours. The point
///    with the greatest p-value is dropped, until each p-value is less than `max_p`.
///
/// The significance comes from Student's t-test, and not from permutations. Apache-otava (formerly hunter) does the
/// same by default, and finds the same change points in the same series with the same two numbers. This needs no
/// random numbers, and is fast enough for hundreds of series. Otava's `--orig-edivisive`, the method of the paper,
/// draws 100 new permutations each time, and can give two answers to one series. Two properties of otava are kept so
/// that the answers stay the same: variances are divided by n, and after a point is dropped, only the two points
/// after it are tested again, not the one before it. The returned values are computed from the points that are left,
/// so a `p_value` can differ from otava's, and can sometimes be greater than `max_p`. Otava's `min_magnitude` is a
/// share of the mean, which has no meaning for logarithms. It is left out here, which is the same as its default of
/// 0.
///
/// Sources: Matteson & James, "A Nonparametric Approach for Multiple Change Point Analysis of Multivariate Data",
/// *JASA* 109 (2014); Fleming et al., "Hunter: Using Change Point Detection to Hunt for Performance Regressions"
/// (ICPE 2023). The values are assumed to be independent. Fewer than three points have no change points. Returns
/// `None` if a value is not finite, or if the window has fewer than two points.
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

/// Returns the change points of each window. They are in order, because a window begins at the last change point of
/// the window before it, or later.
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

/// Splits the values where the divergence is the greatest, and the parts again, as long as the split is significant
/// at `max_p`. Returns the places of the splits.
fn divide(values: &[f64], max_p: f64) -> Vec<usize> {
    let mut ends = vec![values.len()];
    let mut splits = vec![best_split(values)];
    loop {
        // If several splits are equally good, the first in the order of time is taken.
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

/// Drops the point with the greatest p-value until all p-values are less than `max_p`.
fn merge(series: &[f64], mut points: Vec<usize>, max_p: f64) -> Vec<usize> {
    let p_value = |points: &[usize], i: usize| {
        let start = if i == 0 { 0 } else { points[i - 1] };
        student(&series[start..points[i]], &series[points[i]..next(points, i, series.len())]).p
    };
    let mut p_values: Vec<f64> = (0..points.len()).map(|i| p_value(&points, i)).collect();
    loop {
        // If several p-values are the greatest, the first in the order of time is taken.
        let weakest = (0..points.len()).rev().max_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
        let Some(weakest) = weakest.filter(|weakest| p_values[*weakest] >= max_p) else { return points };
        points.remove(weakest);
        p_values.remove(weakest);
        for (i, p) in p_values.iter_mut().enumerate().skip(weakest).take(2) {
            *p = p_value(&points, i);
        }
    }
}

/// Returns the place where the level that begins at the i-th point ends.
fn next(points: &[usize], i: usize, end: usize) -> usize {
    points.get(i + 1).copied().unwrap_or(end)
}
