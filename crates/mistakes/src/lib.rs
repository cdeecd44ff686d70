//! What people often get wrong. Each mistake is a model that is the twin of a right one of the roster: it does the
//! same, and is wrong in the one way that its name says.
//!
//! - [`Mistake`] says what the mistake is, how one notices it, and what to do instead. It has the wrong piece of code
//!   and the right one.
//! - [`MISTAKES`] lists all mistakes. Each has a file of its own, in which the comment `Wrong` marks the wrong line.
//!
//! Mistakes are not in the roster. The bench `mistakes` measures each of them beside its twin, and no ranking counts
//! them. The tests prove that each mistake is wrong as it is described, and that its twin is not.

mod await_in_a_loop;
mod blocking_in_the_event_loop;
mod body_left_unread;
mod client_per_request;
mod lock_held;
mod mistake;
mod no_limit;
mod unlimited_threads;

use fanout_model::Model;

pub use mistake::Mistake;

/// All mistakes, in the order in which people ask about them. To add a mistake, add a line here.
pub static MISTAKES: [&Mistake; 7] = [
    &await_in_a_loop::MISTAKE,
    &client_per_request::MISTAKE,
    &body_left_unread::MISTAKE,
    &no_limit::MISTAKE,
    &blocking_in_the_event_loop::MISTAKE,
    &lock_held::MISTAKE,
    &unlimited_threads::MISTAKE,
];

/// The mistake with this id, as a model.
#[must_use]
pub fn find(id: &str) -> Option<&'static dyn Model> {
    explain(id).map(|mistake| mistake.model)
}

/// What is to say of the mistake with this id.
#[must_use]
pub fn explain(id: &str) -> Option<&'static Mistake> {
    MISTAKES.iter().copied().find(|mistake| mistake.model.id() == id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_mistake_has_an_id_of_its_own_that_says_what_it_is_and_a_twin_of_the_roster() {
        let ids: BTreeSet<&str> = MISTAKES.iter().map(|mistake| mistake.model.id()).collect();
        assert_eq!(ids.len(), MISTAKES.len());
        for mistake in MISTAKES {
            let id = mistake.model.id();
            let is_kebab = id.chars().all(|c| c.is_ascii_lowercase() || c == '-');
            assert!(is_kebab && id.starts_with("mistake-"), "{id}");
            assert!(fanout_models::find(id).is_none(), "{id} is in the roster");
            assert!(fanout_models::ROSTER.iter().any(|model| model.id() == mistake.twin), "{id}: no such twin");
            assert!(std::ptr::addr_eq(find(id).unwrap(), mistake.model));
        }
        assert!(find("tokio-current-thread").is_none() && explain("mistake-").is_none());
    }

    #[test]
    fn each_mistake_says_what_it_is_and_shows_both_pieces_of_code_with_the_wrong_line_marked() {
        for mistake in MISTAKES {
            let id = mistake.model.id();
            for sentence in [mistake.what, mistake.noticed, mistake.instead] {
                assert!(sentence.starts_with(char::is_uppercase) && sentence.ends_with('.'), "{id}: {sentence}");
            }
            let (wrong, right) = (mistake.wrong(), mistake.right());
            for code in [&wrong, &right] {
                let lines = code.lines().count();
                assert!((4..=35).contains(&lines), "{id}: {lines} lines are marked as an excerpt");
            }
            for mark in ["// Wrong: ", "// Right: "] {
                assert_eq!(wrong.matches(mark).count(), 1, "{id}: {mark}");
            }
            assert!(!right.contains("// Wrong"), "{id}");
        }
    }
}
