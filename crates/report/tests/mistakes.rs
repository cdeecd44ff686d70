//! What a run says of mistakes, on the page and on a terminal. No ranking counts them.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod runs;

use fanout_analysis::compared::{apart, questions};
use fanout_analysis::history::Digest;
use fanout_analysis::mistakes::costs;
use fanout_models::describe;
use fanout_record::Run;
use fanout_record::run::{Arm, Question, Role};
use fanout_report::page::{Links, of};
use fanout_report::{summary, text};
use fanout_stats::Between;

/// A run with mistakes: one that takes twenty times as long as its twin, one that is its twin, and one that is over
/// in half of the time.
fn with_mistakes() -> Run {
    let mut run = runs::real();
    let known = run.questions.iter().find(|question| question.name == "server_delay").unwrap();
    let mut scenario = known.scenarios.iter().find(|it| it.scenario.parameter == "5").unwrap().clone();
    scenario.scenario.parameter = String::new();
    let twin = scenario.arms.iter().find(|arm| arm.label == "tokio-current-thread").unwrap().clone();
    scenario.arms.retain(|arm| arm.model == "tokio-current-thread" || arm.role == Role::Floor);
    for (label, times) in [("await-in-a-loop", 20.0), ("client-per-request", 1.0), ("no-limit", 0.5)] {
        let label = format!("mistake-{label}");
        let mut arm = Arm { model: label.clone(), label, role: Role::Mistake, ..twin.clone() };
        arm.twin = Some(twin.label.clone());
        for sample in &mut arm.samples {
            sample.wall_ns = (sample.wall_ns as f64 * times) as u64;
        }
        scenario.arms.push(arm);
    }
    let question = Question { name: "mistakes".into(), scenarios: vec![scenario], ..known.clone() };
    run.questions.insert(0, question);
    run
}

fn alone() -> Run {
    let mut run = with_mistakes();
    run.questions.truncate(1);
    run
}

#[test]
fn each_mistake_is_compared_with_its_twin_and_a_tie_is_an_answer() {
    let run = with_mistakes();
    let answered = questions(&run);
    let (of_models, of_mistakes) = apart(&answered);
    assert_eq!((of_models.len() + 1, of_mistakes.len()), (run.questions.len(), 1));
    let costs = costs(&of_mistakes[0].scenarios[0]);
    let shown: Vec<(&str, f64, Between)> = costs
        .iter()
        .map(|cost| {
            let (times, between) = cost.time.unwrap();
            (cost.mistake.arm.label.as_str(), (times.value * 10.0).round() / 10.0, between)
        })
        .collect();
    let expected = [
        ("mistake-await-in-a-loop", 20.0, Between::Worse),
        ("mistake-client-per-request", 1.0, Between::AsGood),
        ("mistake-no-limit", 0.5, Between::Better),
    ];
    assert_eq!(shown, expected);
    assert!(costs.iter().all(|cost| cost.twin.unwrap().arm.label == "tokio-current-thread"));
}

#[test]
fn no_ranking_no_grid_and_no_advice_counts_a_mistake() {
    let run = with_mistakes();
    let answered = questions(&run);
    let (of_models, of_mistakes) = apart(&answered);
    let scenario = &of_mistakes[0].scenarios[0];
    for ranking in [&scenario.time, &scenario.cpu, &scenario.memory] {
        let roles = ranking.members().iter().map(|row| scenario.rows[*row].arm.role);
        assert_eq!(roles.collect::<Vec<_>>(), [Role::Model]);
    }
    assert!(of_models.iter().all(|answered| answered.question.name != "mistakes"));
    let (with, without) = (page(&run), page(&runs::real()));
    let section = |page: &str, id: &str| {
        let from = page.find(&format!("<section id=\"{id}\"")).unwrap();
        page[from..from + page[from..].find("</section>").unwrap()].to_owned()
    };
    for id in ["answer", "grid", "pictures", "models", "questions"] {
        assert!(section(&with, id) == section(&without, id), "{id} counts mistakes");
    }
}

#[test]
fn no_history_follows_a_mistake() {
    let digest = Digest::of(&with_mistakes());
    assert!(digest.models.iter().any(|arm| arm.label == "tokio-current-thread"));
    assert!(digest.models.iter().all(|arm| arm.role != Role::Mistake));
}

#[test]
fn the_page_says_what_each_mistake_costs_and_shows_both_pieces_of_code() {
    let page = page(&with_mistakes());
    assert!(page.contains("These take longer than the right model: await in a loop (20.0 times as long)."), "{page}");
    assert!(page.contains("These take as long as the right model here: a client per request."));
    assert!(page.contains("There is no difference in time here: it takes 1.000 ("));
    assert!(page.contains("It is over sooner here: it takes 0.500 ("));
    assert!(page.contains("<mark>        // Wrong: the loop goes on only when this answer has come.</mark>"));
    assert!(page.contains("let _turn = turns.acquire().await.expect("));
    assert!(page.contains("id=\"scenario-mistakes\""), "links to the scenario lead nowhere");
}

#[test]
fn a_run_of_mistakes_alone_has_them_as_its_answer() {
    let page = page(&alone());
    assert!(page.contains("<section id=\"answer\"") && !page.contains("<section id=\"grid\""), "{page}");
    assert!(!page.contains("Nothing was measured"));
    let summary = summary::of(&alone(), describe, 100);
    assert!(summary.starts_with("await in a loop: It takes 20.0 ("), "{summary}");
    assert_eq!(summary.matches("tokio-current-thread").count(), 3, "{summary}");
}

#[test]
fn the_terminal_names_the_mistakes_that_take_longer_and_the_others() {
    let summary = summary::of(&with_mistakes(), describe, 100);
    assert!(summary.contains("slower    await-in-a-loop 20.0 x\n"), "{summary}");
    assert!(summary.contains("others    client-per-request as long, no-limit 0.500 x\n"), "{summary}");
    let narrow = summary::of(&with_mistakes(), describe, 64);
    assert!(narrow.contains("others    client-per-request as long and 1 more\n"), "{narrow}");
    let tables = text::of_run(&with_mistakes());
    assert!(tables.contains("mistake-await-in-a-loop: It takes 20.0 ("), "{tables}");
}

#[test]
fn a_mistake_that_failed_or_lost_its_twin_says_so() {
    let mut run = alone();
    let arms = &mut run.questions[0].scenarios[0].arms;
    arms.iter_mut().find(|arm| arm.label == "mistake-no-limit").unwrap().failure =
        Some("2 UUIDs <were> repeated".into());
    let page_of_failed = page(&run);
    assert!(page_of_failed.contains("It failed: 2 UUIDs &lt;were&gt; repeated."), "{page_of_failed}");
    run.questions[0].scenarios[0].arms.retain(|arm| arm.role != Role::Model);
    assert!(page(&run).contains("There is no figure, because the right model did not take part."));
}

fn page(run: &Run) -> String {
    of(run, &Links::default(), describe)
}
