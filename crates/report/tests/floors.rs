//! What is said of the two control arms: which is the floor, by how much the other differs, and whether io_uring is
//! worth it. The run is one that was recorded, with a second control arm that takes a known multiple of the first.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod runs;

use fanout_analysis::compared::questions;
use fanout_models::describe;
use fanout_record::Run;
use fanout_record::run::Role;
use fanout_report::page::{self, Links};
use fanout_report::{floors, text};

/// The recorded run, with a control arm on io_uring that takes so many times as much time and processor time as the
/// one on epoll.
fn with_uring(time: f64, cpu: f64) -> Run {
    let mut run = runs::real();
    for scenario in run.questions.iter_mut().flat_map(|question| &mut question.scenarios) {
        let Some(epoll) = scenario.arms.iter().find(|arm| arm.role == Role::Floor) else { continue };
        let mut uring = epoll.clone();
        (uring.label, uring.model) = ("floor-uring".into(), "floor-uring".into());
        for sample in &mut uring.samples {
            sample.wall_ns = (sample.wall_ns as f64 * time) as u64;
            (sample.usage.user, sample.usage.system) =
                (sample.usage.user.mul_f64(cpu), sample.usage.system.mul_f64(cpu));
        }
        scenario.arms.push(uring);
    }
    run
}

#[test]
fn each_scenario_says_which_control_arm_is_the_floor_and_how_the_other_differs() {
    let tables = text::of_run(&with_uring(0.8, 1.25));
    let line = tables.lines().find(|line| line.contains("by time")).unwrap();
    assert!(line.contains("it is on io_uring here, by time; against epoll, io_uring takes 0.800"), "{line}");
    assert!(line.contains("of its time (less) and 1.25") && line.contains("of its CPU (more)"), "{line}");
    // Where the server answers at once, the processor time decides.
    let line = tables.lines().find(|line| line.contains("by processor time")).unwrap();
    assert!(line.contains("it is on epoll here, by processor time, since the server answers at once"), "{line}");
    let same = text::of_run(&with_uring(1.0, 1.0));
    assert!(same.contains("of its time (no difference)") && same.contains("of its CPU (no difference)"), "{same}");
    assert!(!text::of_run(&runs::real()).contains("io_uring takes"));
}

#[test]
fn whether_io_uring_is_worth_it_comes_from_the_figures_of_the_run() {
    let said = |time, cpu| floors::worth_it(&questions(&with_uring(time, cpu))).unwrap();
    let yes = said(0.9, 0.8);
    assert!(yes.starts_with("Yes: it took less time than epoll in most scenarios, and more in none"), "{yes}");
    assert!(yes.contains("it took 10.0 % less than epoll at the median: less in"), "{yes}");
    assert!(yes.contains("it took 20.0 % less than epoll at the median"), "{yes}");
    // In many of its scenarios, the intervals of the recorded run are wider than 5 %.
    let open = said(1.0, 1.0);
    assert!(open.contains("an amount of processor time that depends on the scenario or is not known"), "{open}");
    let said = |time, cpu| {
        let mut run = with_uring(time, cpu);
        run.variables.insert("FANOUT_MARGIN".into(), "50".into());
        floors::worth_it(&questions(&run)).unwrap()
    };
    for (time, cpu, expected) in [
        (1.0, 1.0, "No: it took as much time as epoll, and as much processor time"),
        (2.0, 1.0, "No: it took more time"),
        (2.0, 0.5, "It depends: it took more time"),
        (1.0, 0.5, "Yes: it took as much time as epoll, and less processor time"),
    ] {
        let said = said(time, cpu);
        assert!(said.starts_with(expected), "{said}");
    }
    assert_eq!(floors::worth_it(&questions(&runs::real())), None);
}

#[test]
fn the_page_answers_whether_io_uring_is_worth_it() {
    let page = |run: &Run| page::of(run, &Links::default(), describe);
    let answered = page(&with_uring(0.9, 0.8));
    assert!(answered.contains(floors::ASKED) && answered.contains("Yes: it took less time"));
    assert!(answered.contains("it is on io_uring here"));
    assert!(!page(&runs::real()).contains(floors::ASKED));
}
