//! What a price run says: on the page, on the terminal, and where repetitions differ or something is missing.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod runs;

use fanout_models::describe;
use fanout_record::price::Prices;
use fanout_report::page::{Links, of};
use fanout_report::price;

/// Returns the section about prices of the page of a run.
fn section(prices: Option<Prices>) -> String {
    let page = of(&runs::real(), &Links { prices, ..Links::default() }, describe);
    let (_, rest) = page.split_once("<section id=\"price\"").unwrap();
    rest.split_once("</section>").unwrap().0.to_owned()
}

#[test]
fn the_page_says_first_which_models_cost_least_and_most_and_then_shows_all() {
    let section = section(Some(runs::prices()));
    let place = |words: &str| section.find(words).unwrap_or_else(|| panic!("no {words:?} in {section}"));
    let in_order = [
        place("curl-multi brings in the fewest crates: 45. hyper brings in the most: 90."),
        place("sequential was built in the least time, 20.1 s. curl-multi is within 15 % of that."),
        place("Measured at 2026-11-22T14:03:06Z with rustc "),
        place("<table"),
        place("<th scope=\"row\">floor (no HTTP library)</th>"),
        place("<th scope=\"row\">curl-multi</th>"),
        place("<th scope=\"row\">hyper</th>"),
        place("The repetitions agree in their sizes and numbers of crates"),
    ];
    assert!(in_order.is_sorted(), "{in_order:?}");
    place("yes: curl-sys, libz-sys");
    place("on the same machine as this run");
}

#[test]
fn without_a_price_the_page_says_how_to_measure_one() {
    let section = section(None);
    assert!(
        section.contains("cargo bench -p fanout-benches --bench price") && !section.contains("<table"),
        "{section}"
    );
}

#[test]
fn prices_of_another_machine_say_so_and_prices_of_one_repetition_claim_no_agreement() {
    let mut prices = runs::prices();
    prices.machine.processor = Some("another".into());
    prices.repetitions = 1;
    prices.models.iter_mut().for_each(|price| price.builds.truncate(1));
    assert_eq!(price::agreement(&prices), [""; 0]);
    let section = section(Some(prices));
    assert!(section.contains("on another machine than this run"), "{section}");
    assert!(section.contains("it is not known how much the times vary"), "{section}");
}

#[test]
fn repetitions_that_differ_by_more_than_they_should_are_named() {
    let mut prices = runs::prices();
    prices.models[1].builds[1].clean_ns *= 2;
    let said = price::agreement(&prices).join(" ");
    assert!(said.contains("agree in their sizes") && said.contains("hyper (clean build, "), "{said}");
    assert!(said.contains("more than 15 %") && !said.contains("sequential"), "{said}");
    prices.models[0].builds[1].size_bytes += 2_000_000;
    let said = price::agreement(&prices).join(" ");
    assert!(said.contains("more than 5 %") && said.contains("sequential (size, "), "{said}");
}

#[test]
fn a_model_that_failed_is_named_with_the_reason_and_the_others_are_shown() {
    let mut prices = runs::prices();
    prices.models[0].builds.clear();
    prices.models[0].failure = Some("it does not build: <b>error</b>".into());
    let said = section(Some(prices.clone()));
    assert!(said.contains("sequential failed after 0 repetitions: it does not build: &lt;b&gt;error"), "{said}");
    assert!(said.contains("<th scope=\"row\">hyper</th>") && !said.contains("<th scope=\"row\">sequential</th>"));
    prices.stopped = Some("interrupted".into());
    prices.models[1].builds.truncate(1);
    assert!(price::missing(&prices).join(" ").contains("(interrupted) before it had measured hyper"));
    prices.models.iter_mut().for_each(|price| price.builds.clear());
    assert_eq!(price::answer(&prices), ["No model was built."]);
    assert!(section(Some(prices)).contains("No model was built."));
}

#[test]
fn texts_of_a_price_run_stay_texts() {
    let mut prices = runs::prices();
    let hostile = "</script><script>window.hacked=1</script>";
    prices.models[0].model = hostile.into();
    prices.models[0].builds[1].tree.c_crates = vec![hostile.into()];
    prices.source.rustc = Some(hostile.into());
    prices.started = hostile.into();
    let section = section(Some(prices));
    assert!(!section.contains("<script") && section.matches("&lt;script&gt;").count() >= 4, "{section}");
}

#[test]
fn the_chooser_says_build_time_and_size_where_a_price_is_known() {
    let page = |prices| of(&runs::real(), &Links { prices, ..Links::default() }, describe);
    let said = "A minimal program with curl-multi was built in 21.1 s, and has 21.0 MB.";
    assert!(page(Some(runs::prices())).contains(said));
    assert!(!page(None).contains("A minimal program with"));
}

#[test]
fn the_terminal_has_a_row_for_each_model() {
    let table = price::table(&runs::prices());
    let rows: Vec<&str> = table.lines().skip(2).filter_map(|line| line.split('|').nth(1)).map(str::trim).collect();
    assert_eq!(rows, ["floor (no HTTP library)", "curl-multi", "sequential", "hyper"]);
}
