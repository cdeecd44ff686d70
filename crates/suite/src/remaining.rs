//! Estimates how long the rest of an invocation takes: about as long as in an earlier run of the same questions.

use std::time::{Duration, Instant};

use fanout_record::{Run, last, read, time};

use crate::args::given;
use crate::invocation::Invocation;

/// The time that is left from the beginning of a question to the end of the last one.
pub(crate) struct Remaining {
    since: Instant,
    /// How long this took in an earlier run; `None` if no earlier run can be used.
    whole: Option<Duration>,
}

impl Remaining {
    /// Starts now, when this process's question begins. An earlier run can be used if the same variables were set,
    /// and if it has all questions that are left, asked with the same arguments.
    pub(crate) fn of(invocation: &Invocation) -> Self {
        let paths = [last::path(), last::previous_path()];
        let earlier =
            paths.iter().filter_map(|path| read::run(path).ok()).find(|run| !last::is_of_this_invocation(run));
        let alike = earlier.filter(|run| run.variables == last::variables_now());
        Self { since: Instant::now(), whole: alike.and_then(|run| took(&run, invocation.left(), &given())) }
    }

    /// Returns "; about 6 min left", to be added to a text about a scenario. Returns nothing if the time is not
    /// known, or is soon over.
    pub(crate) fn words(&self) -> String {
        match self.whole.map(|whole| whole.saturating_sub(self.since.elapsed()).as_secs()) {
            Some(seconds @ 90..) => format!("; about {} min left", (seconds + 30) / 60),
            Some(seconds @ 5..) => format!("; about {seconds} s left"),
            _ => String::new(),
        }
    }
}

/// Returns how long a run took from the beginning of the first of these questions to the end of the last one, the
/// time between them included; `None` if the run did not ask them in this order, or with other arguments.
fn took(run: &Run, questions: &[String], arguments: &[String]) -> Option<Duration> {
    let first = run.questions.iter().position(|asked| Some(&asked.name) == questions.first())?;
    let asked = run.questions.get(first..first + questions.len())?;
    let is_alike = asked.iter().all(|asked| asked.arguments == arguments);
    if !is_alike || !asked.iter().map(|asked| &asked.name).eq(questions) {
        return None;
    }
    let (first, last) = (asked.first()?, asked.last()?);
    let between = time::parsed(&last.started)?.duration_since(time::parsed(&first.started)?).ok()?;
    Some(between + Duration::from_nanos(last.took_ns))
}

#[cfg(test)]
mod tests {
    use fanout_record::run::Question;

    use super::*;

    fn asked(name: &str, started: &str) -> Question {
        let question = serde_json::json!({
            "name": name, "about": "", "started": started, "took_ns": 30_000_000_000_u64, "on_the_clock_ns": 1,
            "seed": 7, "before": {}, "after": {}, "scenarios": [],
        });
        serde_json::from_value(question).expect("it has every member")
    }

    #[test]
    fn the_time_from_a_question_to_the_end_is_known_where_all_of_them_were_asked() {
        let questions = vec![
            asked("a", "2026-01-01T00:00:00Z"),
            asked("b", "2026-01-01T00:01:00Z"),
            asked("c", "2026-01-01T00:03:00Z"),
        ];
        let run = Run { questions, ..last::with(asked("x", ""), Default::default(), Default::default()) };
        let took = |names: &[&str]| took(&run, &names.iter().map(ToString::to_string).collect::<Vec<_>>(), &[]);
        assert_eq!(took(&["a", "b", "c"]), Some(Duration::from_secs(210)));
        assert_eq!(took(&["b"]), Some(Duration::from_secs(30)));
        assert_eq!(took(&["a", "c"]), None);
        assert_eq!(took(&["c", "d"]), None);
        assert_eq!(took(&["d"]), None);
        assert_eq!(super::took(&run, &["b".into()], &["hyper".into()]), None);
    }

    #[test]
    fn what_is_left_is_said_in_minutes_or_seconds_or_not_at_all() {
        let words = |seconds: u64| {
            Remaining { since: Instant::now(), whole: Some(Duration::from_millis(seconds * 1_000 + 900)) }.words()
        };
        assert_eq!(
            [400, 95, 40, 3].map(words),
            ["; about 7 min left", "; about 2 min left", "; about 40 s left", ""]
        );
        assert_eq!(Remaining { since: Instant::now(), whole: None }.words(), "");
    }
}
