//! What a run says of peers, which are programs in other languages. They are shown and marked, and nothing counts
//! them.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod runs;

use fanout_analysis::compared::questions;
use fanout_analysis::families::Families;
use fanout_analysis::history::Digest;
use fanout_analysis::metric::Metric;
use fanout_analysis::peers::{best, counterparts};
use fanout_models::describe;
use fanout_record::Run;
use fanout_record::run::{Arm, Role};
use fanout_report::page::{Links, of};
use fanout_report::{peers, pictures, readme, summary};
use fanout_stats::Between;

/// The peers that a scenario gets: the label, the model that it is made of, how many times that model's time and
/// processor time it takes, and its counterpart.
const PEERS: [(&str, &str, f64, Option<&str>); 4] = [
    ("python-thread-pool (peer, 3.11)", "thread-pool", 4.0, Some("thread-pool")),
    ("python-asyncio (peer, 3.11)", "tokio-current-thread", 1.0, Some("tokio-current-thread")),
    ("go-limit (peer, 1.19)", "hyper", 3.0, None),
    ("go-goroutines (peer, 1.19)", "hyper", 0.1, None),
];

/// A run with peers in its notebook's question and where the server answers at once. The fastest of all is a peer.
fn with_peers() -> Run {
    let mut run = runs::real();
    let questions = run.questions.iter_mut().filter(|it| ["notebook", "server_delay"].contains(&it.name.as_str()));
    for scenario in questions.flat_map(|question| &mut question.scenarios) {
        for (label, like, times, twin) in PEERS {
            let twice = scenario.arms.iter().find(|arm| arm.label == like).unwrap();
            let model = label.split(' ').next().unwrap().to_owned();
            let twin = twin.map(str::to_owned);
            let mut arm = Arm { model, label: label.into(), role: Role::Peer, twin, ..twice.clone() };
            for sample in &mut arm.samples {
                sample.wall_ns = (sample.wall_ns as f64 * times) as u64;
                sample.usage.user = sample.usage.user.mul_f64(times);
                sample.usage.system = sample.usage.system.mul_f64(times);
            }
            scenario.arms.push(arm);
        }
    }
    run
}

fn section(page: &str, id: &str) -> String {
    let from = page.find(&format!("<section id=\"{id}\"")).unwrap();
    page[from..from + page[from..].find("</section>").unwrap()].to_owned()
}

fn page(run: &Run) -> String {
    of(run, &Links::default(), describe)
}

#[test]
fn the_best_peer_of_each_language_stands_beside_the_best_model_and_the_notebooks_beside_their_counterparts() {
    let run = with_peers();
    let answered = questions(&run);
    let notebook = &answered.iter().find(|it| it.question.name == "notebook").unwrap().scenarios[0];
    let fastest = best(notebook, Metric::Time);
    let found: Vec<(&str, &str)> = fastest
        .iter()
        .map(|versus| {
            assert_eq!(versus.model.arm.role, Role::Model);
            assert_eq!(
                Some(versus.model.arm.label.as_str()),
                notebook.time.leader().map(|row| { notebook.rows[row].arm.label.as_str() })
            );
            (versus.language(), versus.peer.arm.label.as_str())
        })
        .collect();
    assert_eq!(found, [("go", "go-goroutines (peer, 1.19)"), ("python", "python-asyncio (peer, 3.11)")]);
    let pairs = counterparts(notebook);
    let shown: Vec<(&str, f64, Between)> = pairs
        .iter()
        .map(|versus| {
            assert_eq!(versus.peer.arm.twin.as_deref(), Some(versus.model.arm.label.as_str()));
            let (times, between) = versus.time.unwrap();
            (versus.model.arm.label.as_str(), (times.value * 10.0).round() / 10.0, between)
        })
        .collect();
    assert_eq!(shown, [("tokio-current-thread", 1.0, Between::AsGood), ("thread-pool", 4.0, Between::Worse)]);
}

#[test]
fn the_words_say_by_how_much_and_where_the_server_answers_at_once_they_compare_the_processor_time_alone() {
    let run = with_peers();
    let answered = questions(&run);
    let notebook = &answered.iter().find(|it| it.question.name == "notebook").unwrap().scenarios[0];
    let said = peers::sentences(notebook);
    assert_eq!(said.len(), 4, "{said:?}");
    assert!(said[3].starts_with("python-thread-pool (peer, 3.11) takes 4.000 (4.000 .. 4.000) times as long and "));
    assert!(said[3].ends_with("times the processor time of thread-pool, its counterpart in Rust."), "{}", said[3]);
    assert!(said[2].contains("which is no difference"), "{}", said[2]);
    assert!(said[0].starts_with("Go: go-goroutines (peer, 1.19), the fastest of its peers, takes "), "{}", said[0]);
    let delays = &answered.iter().find(|it| it.question.name == "server_delay").unwrap().scenarios;
    let at_once = delays.iter().find(|it| it.measured.scenario.parameter == "0").unwrap();
    let said = peers::sentences(at_once);
    assert!(said.iter().all(|sentence| !sentence.contains("as long")), "{said:?}");
    assert!(said[0].contains("the cheapest of its peers, needs "), "{said:?}");
}

#[test]
fn no_ranking_advice_grid_and_history_counts_a_peer_and_the_page_marks_it() {
    let (with, without) = (page(&with_peers()), page(&runs::real()));
    for id in ["answer", "grid"] {
        assert!(section(&with, id) == section(&without, id), "{id} counts peers");
    }
    for id in ["questions", "table", "pictures"] {
        assert!(section(&with, id).contains("go-goroutines (peer, 1.19)"), "{id} does not show peers");
        assert!(!section(&with, id).contains("go-goroutines<"), "{id} does not mark peers");
    }
    let run = with_peers();
    for answered in &questions(&run) {
        for compared in &answered.scenarios {
            for ranking in [&compared.time, &compared.cpu, &compared.memory] {
                assert!(ranking.members().iter().all(|row| compared.rows[*row].arm.role == Role::Model));
            }
        }
    }
    assert!(Digest::of(&run).models.iter().all(|arm| arm.role != Role::Peer));
}

#[test]
fn the_readme_and_its_picture_show_the_fastest_peer_of_each_language() {
    let run = with_peers();
    let answered = questions(&run);
    let families = Families::of(&answered, describe).unwrap();
    let drawn = pictures::families(&families);
    let titles: Vec<&str> = drawn.iter().rev().take(2).map(|picture| picture.title.as_str()).collect();
    assert_eq!(titles, ["python-asyncio (peer, 3.11)", "go-goroutines (peer, 1.19)"]);
    assert!(readme::batches(&run, describe).unwrap().contains("go-goroutines (peer, 1.19)"));
    let place = "<!-- generated by `cargo fanout report --readme` from x -->\n<!-- end of what is generated -->\n";
    let filled = readme::find(place).unwrap().fill(place, "run.json", &run, describe);
    assert!(filled.contains("| python-asyncio (peer, 3.11) | "), "{filled}");
    assert!(filled.contains("- Go: go-goroutines (peer, 1.19), the fastest of its peers, takes"), "{filled}");
}

#[test]
fn the_terminal_says_what_peers_need() {
    let run = with_peers();
    let said = summary::of(&run, describe, 100);
    let lines: Vec<&str> = said.lines().filter(|line| line.contains("times the CPU time: ")).collect();
    assert_eq!(lines.len(), 2, "{said}");
    assert!(lines.iter().all(|line| line.contains("go ") && line.contains("python ")), "{said}");
    assert!(!summary::of(&runs::real(), describe, 100).contains("times the CPU time"));
}
