//! The page as a file: how large, what it asks of a browser, and what it says where there is little to say.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod runs;

use fanout_models::describe;
use fanout_record::Run;
use fanout_report::page::{Links, of};
use regex::Regex;

fn page(run: &Run) -> String {
    of(run, &Links::default(), describe)
}

#[test]
fn the_page_of_a_whole_bench_is_under_5_mb() {
    let run = runs::real();
    let models = run.questions.iter().flat_map(|question| &question.scenarios).map(|it| it.arms.len()).max();
    assert!(run.questions.len() >= 6 && models >= Some(15), "the newest run that was kept is not of a whole bench");
    let size = page(&run).len();
    assert!(size < 5_000_000, "{size} bytes");
    let large = runs::large();
    let arms = large.questions.iter().flat_map(|question| &question.scenarios).map(|it| it.arms.len()).min();
    assert!(large.questions.len() == 9 && arms >= Some(20), "{arms:?}");
    let size = page(&large).len();
    println!("{} scenarios: {size} bytes", large.questions.iter().map(|it| it.scenarios.len()).sum::<usize>());
    assert!(size < 5_000_000, "{size} bytes");
}

#[test]
fn no_page_names_anything_to_be_fetched() {
    // An attribute, wherever it is among others; what is within the quotes of one is text.
    let before = r#"<[a-z]+(?:\s+[A-Za-z:-]+(?:="[^"]*")?)*\s+"#;
    let named = r##"(?:src|srcset|data|poster|action|(?:xlink:)?href)="[^"#]"##;
    let fetched = Regex::new(&format!("{before}{named}")).unwrap();
    let styled = Regex::new(r"@import|url\(").unwrap();
    for run in [runs::real(), runs::failed(), runs::empty(), runs::hostile()] {
        let page = page(&run);
        assert_eq!(fetched.find(&page).map(|found| found.as_str()), None);
        assert_eq!(styled.find(&page).map(|found| found.as_str()), None);
        assert!(page.contains("default-src 'none'"));
    }
}

#[test]
fn an_empty_run_says_so_in_every_section() {
    let page = page(&runs::empty());
    assert_eq!(page.matches("Nothing was measured in this run.").count(), 6, "{page}");
    assert!(!page.contains("<table") && !page.contains("<svg"), "{page}");
}

#[test]
fn a_run_of_which_git_named_no_commit_says_why() {
    let mut run = runs::empty();
    run.source.commit = None;
    run.source.git = Some("fatal: detected <dubious> ownership".into());
    let page = page(&run);
    assert!(page.contains("no commit") && page.contains("fatal: detected &lt;dubious&gt; ownership"), "{page}");
}

#[test]
fn hostile_text_is_escaped_wherever_it_is() {
    let page = page(&runs::hostile());
    let own = Regex::new(r#"</?(script|style)( type="application/json" id="[a-z-]+")?>"#).unwrap();
    let tags: Vec<&str> = own.find_iter(&page).map(|found| found.as_str()).collect();
    let data = |id: &str| format!(r#"<script type="application/json" id="{id}">"#);
    let (choices, pairs) = (data("chooser-data"), data("pairs-data"));
    let expected = ["<style>", "</style>", &choices, "</script>", &pairs, "</script>", "<script>", "</script>"];
    assert_eq!(tags, expected);
    for raw in ["<img", "<iframe", "<!--", "<![CDATA["] {
        assert!(!page.contains(raw), "{raw}");
    }
    assert!(page.matches("&lt;script&gt;window.hacked=1&lt;/script&gt;").count() > 10);
}

#[test]
fn a_model_with_too_few_rounds_has_no_interval_and_says_so() {
    let page = page(&runs::short(2));
    let words = Regex::new(r#"<td data-value="[^"]+">[^<]+<small>too few rounds</small>"#).unwrap();
    // Of time, of distance to the floor, and of processor time.
    assert_eq!(words.find_iter(&page).count(), 3 * runs::labels(&runs::real()).len());
    assert!(!page.contains("data-low") && !page.contains("data-high"), "an interval of 2 rounds");
    assert!(page.contains("(too few rounds for an interval)"));
    assert!(page.contains("2 rounds are too few"), "the answer names a winner after 2 rounds");
}

#[test]
fn a_model_that_failed_is_named_with_the_reason_and_has_no_figures() {
    let page = page(&runs::failed());
    assert!(page.contains("rayon failed after 3 rounds: the answer to request 3 came twice"));
    assert!(page.contains("smol failed after 0 rounds: the answer to request 0 came twice"));
    let row = Regex::new(r#"<th scope="row">rayon</th>(.*?)</tr>"#).unwrap();
    let rows: Vec<&str> = row.captures_iter(&page).map(|row| row.extract::<1>().1[0]).collect();
    assert!(!rows.is_empty());
    for row in rows {
        // In flight and rounds are known; nothing is that would be drawn from them.
        assert_eq!(row.matches("data-value").count(), 2, "{row}");
        assert!(row.contains("failed: the answer to request 3 came twice"), "{row}");
    }
}
