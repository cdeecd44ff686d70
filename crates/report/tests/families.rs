//! One batch of each family: which scenario is drawn, what is said of it, and what a run without batches shows.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod runs;

use std::time::Duration;

use fanout_analysis::compared::questions;
use fanout_analysis::families::Families;
use fanout_model::Family;
use fanout_models::describe;
use fanout_record::Run;
use fanout_record::run::{Arm, Bar, Role, ScenarioRun, Timeline};
use fanout_report::page::{Links, of};
use fanout_report::pictures::families as drawings;
use fanout_report::readme;
use fanout_report::waiting::waiting;

const MS: u64 = 1_000_000;

/// The families of the recorded run, which was made on one machine.
fn on_one_machine() -> Vec<Family> {
    Family::ALL.into_iter().filter(|family| *family != Family::ManyMachines).collect()
}

/// A run in which each request of the notebook's question waits for 20 ms and takes `beside` ms in addition, turn by
/// turn, and each batch takes 3 ms of processor time. No other question has batches.
fn run(beside: u64) -> Run {
    let mut run = without_batches();
    for arm in models(&mut run, "notebook") {
        let (lanes, turn) = (arm.concurrency.min(100), (20 + beside) * MS);
        let bar = |i: usize| Bar(i % lanes, (i / lanes) as u64 * turn, (i / lanes + 1) as u64 * turn);
        let sample = arm.samples.first_mut().unwrap();
        (sample.usage.user, sample.usage.system) = (Duration::from_millis(2), Duration::from_millis(1));
        arm.timeline = Some(Timeline { round: sample.round, bars: (0..100).map(bar).collect() });
    }
    run
}

fn without_batches() -> Run {
    let mut run = runs::real();
    scenarios(&mut run).flat_map(|scenario| &mut scenario.arms).for_each(|arm| arm.timeline = None);
    run
}

fn scenarios(run: &mut Run) -> impl Iterator<Item = &mut ScenarioRun> {
    run.questions.iter_mut().flat_map(|question| &mut question.scenarios)
}

/// The arms of the models in a question.
fn models<'a>(run: &'a mut Run, question: &str) -> impl Iterator<Item = &'a mut Arm> {
    let asked = run.questions.iter_mut().filter(move |asked| asked.name == question);
    let arms = asked.flat_map(|question| &mut question.scenarios).flat_map(|scenario| &mut scenario.arms);
    arms.filter(|arm| arm.role == Role::Model)
}

#[test]
fn the_words_say_what_to_do_and_what_each_batch_took() {
    let run = run(5);
    let answered = questions(&run);
    let families = Families::of(&answered, describe).unwrap();
    assert_eq!(families.batches.len(), on_one_machine().len());
    let said = waiting(&families);
    assert!(
        said.starts_with("Where requests wait for their server, keep more of them in flight: 80 % of the time"),
        "{said}"
    );
    assert!(
        said.contains("each of which the server held back for 20 ms")
            && said.contains("A batch took 3.00 ms of processor time"),
        "{said}"
    );
    assert!(said.contains("2500 ms with sequential (1 in flight)."), "{said}");
    assert!(said.contains("the last was answered after 25.0 ms with "), "{said}");
    for batch in &families.batches {
        let turns = 100_usize.div_ceil(batch.arm.concurrency);
        assert!((batch.end - 25.0 * turns as f64).abs() < 1e-9 && (batch.waited - 0.8).abs() < 1e-9, "{batch:?}");
    }
}

#[test]
fn where_little_of_the_time_is_the_delay_nothing_is_advised() {
    let run = run(20);
    let answered = questions(&run);
    let said = waiting(&Families::of(&answered, describe).unwrap());
    assert!(said.starts_with("Of the time of the requests, 50 % was the server's delay."), "{said}");
}

#[test]
fn all_drawings_have_one_axis_and_a_batch_beyond_it_says_that_it_is_cut_off() {
    let run = run(5);
    let answered = questions(&run);
    let families = Families::of(&answered, describe).unwrap();
    let axis = families.axis();
    let (cut, whole): (Vec<_>, Vec<_>) = families
        .batches
        .iter()
        .zip(drawings(&families))
        .map(|(batch, drawing)| (batch.end > axis, drawing))
        .partition(|(is_cut, _)| *is_cut);
    assert!(!cut.is_empty() && whole.len() > cut.len(), "the axis ends after {axis} ms");
    assert!(cut.iter().all(|(_, drawing)| drawing.svg.contains("ms (cut off)")));
    assert!(whole.iter().all(|(_, drawing)| !drawing.svg.contains("cut off")));
    // The labels of the axis are the same in all.
    let ticks = |svg: &str| svg.matches(">50<").count();
    assert!(cut.iter().chain(&whole).all(|(_, drawing)| ticks(&drawing.svg) == 1), "{}", cut[0].1.svg);
}

#[test]
fn the_scenario_with_the_most_families_is_drawn_and_a_failed_model_is_not() {
    let mut run = run(5);
    let taken = |run: &Run| {
        let answered = questions(run);
        let families = Families::of(&answered, describe)?;
        Some((families.compared.name.clone(), families.batches.iter().map(|it| it.arm.label.clone()).collect()))
    };
    let (name, labels): (String, Vec<String>) = taken(&run).unwrap();
    assert_eq!(name, "notebook");
    // No other model carries one request after another.
    let alone = labels[0].clone();
    models(&mut run, "notebook")
        .filter(|arm| arm.label == alone)
        .for_each(|arm| arm.failure = Some("it broke".into()));
    let (_, labels) = taken(&run).unwrap();
    assert!(labels.len() + 1 == on_one_machine().len() && !labels.contains(&alone), "{labels:?}");
    // A server without a delay, and one whose delay is not known, leave nothing to tell apart.
    for delay in [Some(0), None] {
        scenarios(&mut run).for_each(|scenario| scenario.scenario.delay_ns = delay);
        assert_eq!(taken(&run), None);
    }
}

#[test]
fn the_page_and_the_readme_show_the_batches_of_a_run_that_has_some() {
    let heading = "One batch of each family";
    let place = |run: &Run| {
        let readme =
            "<!-- generated by `cargo fanout report --readme` from r.json -->\n<!-- end of what is generated -->";
        readme::find(readme).unwrap().fill(readme, "r.json", run, describe)
    };
    let run = run(5);
    let page = of(&run, &Links::default(), describe);
    assert!(page.contains(heading) && page.contains("80 % of the time of the requests was the server's delay"));
    assert!(place(&run).contains("](results/batches.svg)"));
    let svg = readme::batches(&run, describe).unwrap();
    assert!(
        svg.contains("<title id=\"title\">")
            && svg.contains("<desc id=\"desc\">Where requests wait for their server")
    );
    assert!(on_one_machine().iter().all(|family| svg.contains(&format!(">{}: ", family.name()))), "{svg}");
    let without = without_batches();
    assert!(!of(&without, &Links::default(), describe).contains(heading));
    assert!(!place(&without).contains("batches.svg") && readme::batches(&without, describe).is_none());
}
