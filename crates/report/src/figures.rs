//! Functions that write figures for a reader.

use std::time::Duration;

use fanout_stats::Estimate;

/// Returns a value with three significant digits, or with all digits before the point if these are more.
#[must_use]
pub fn figure(value: f64) -> String {
    if !value.is_finite() {
        return "-".into();
    }
    // There are no digits behind the point from 100 up, one from 10 and two from 1. Below 1, there are as many as
    // show three significant digits.
    let magnitude = if value == 0.0 { 0.0 } else { value.abs().log10().floor() };
    let digits = (2.0 - magnitude).clamp(0.0, 9.0) as usize;
    format!("{value:.digits$}")
}

/// Returns a ratio with three significant digits at least, and with enough digits to tell it from 1.
#[must_use]
pub fn ratio(value: f64) -> String {
    if !(0.1..10.0).contains(&value) {
        return figure(value);
    }
    let enough = (3..=5).map(|digits| format!("{value:.digits$}")).find(|shown| shown.trim_end_matches('0') != "1.");
    enough.unwrap_or_else(|| "1.000".into())
}

/// Returns a ratio with its interval, or with a note that there is no interval.
#[must_use]
pub(crate) fn ratio_with_interval(estimate: Estimate) -> String {
    with_interval(estimate, ratio)
}

/// Returns a value with its interval, or with a note that there is no interval.
#[must_use]
pub(crate) fn with_interval(estimate: Estimate, digits: impl Fn(f64) -> String) -> String {
    match estimate.interval {
        Some((low, high)) => format!("{} ({} .. {})", digits(estimate.value), digits(low), digits(high)),
        None => format!("{} ({NO_INTERVAL})", digits(estimate.value)),
    }
}

/// The note in place of an interval that would need more rounds.
pub(crate) const NO_INTERVAL: &str = "too few rounds for an interval";

/// Returns a ratio above 1 as a percentage: 1.05 becomes "5 %".
pub(crate) fn percent(ratio: f64) -> String {
    let percent = format!("{:.1}", 100.0 * (ratio - 1.0));
    format!("{} %", percent.trim_end_matches(".0"))
}

/// Returns a share from 0 to 1 as a percentage: 0.984 becomes "98 %".
#[must_use]
pub(crate) fn share(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

/// Returns names as a sentence lists them: "a", "a and b", "a, b and c".
#[must_use]
pub fn list<T: AsRef<str>>(names: &[T]) -> String {
    match names {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [most @ .., last] => {
            let most: Vec<&str> = most.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", most.join(", "), last.as_ref())
        }
    }
}

/// Returns names as [`list`] does, with at most `most` entries. If there are more names, the last entry counts those
/// that are not named.
#[must_use]
pub(crate) fn list_of(names: &[&str], most: usize) -> String {
    if names.len() <= most {
        return list(names);
    }
    let rest = format!("{} more", names.len() - most + 1);
    list(&[&names[..most - 1], &[rest.as_str()]].concat())
}

/// Returns a number with its noun: "1 round", "2 rounds".
#[must_use]
pub fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// Rounds a value to so many significant digits.
#[must_use]
pub(crate) fn rounded(value: f64, digits: usize) -> f64 {
    format!("{value:.*e}", digits - 1).parse().unwrap_or(value)
}

/// Returns a duration, given in nanoseconds, as Rust prints it: "5ms".
#[must_use]
pub fn nanoseconds(ns: u64) -> String {
    format!("{:?}", Duration::from_nanos(ns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits_and_ratios_enough_to_tell_them_from_one() {
        let figures = [0.0, 0.004_567, 0.5, 3.456_7, 34.567, 345.67, 34_567.8].map(figure);
        assert_eq!(figures, ["0.00", "0.00457", "0.500", "3.46", "34.6", "346", "34568"]);
        assert_eq!(figure(f64::NAN), "-");
        assert_eq!([1.003_4, 86.2, 120.7, 0.011_05].map(ratio), ["1.003", "86.2", "121", "0.0111"]);
        let estimate = Estimate { value: 1.1, interval: Some((1.0, 1.25)) };
        assert_eq!(ratio_with_interval(estimate), "1.100 (1.000 .. 1.250)");
        assert!(ratio_with_interval(Estimate { interval: None, ..estimate }).contains("too few rounds"));
    }

    #[test]
    fn names_are_listed_as_a_sentence_has_them() {
        assert_eq!(list(&["a"]), "a");
        assert_eq!(list(&["a", "b"]), "a and b");
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
    }
}
