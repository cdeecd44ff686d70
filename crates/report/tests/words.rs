//! What is said of runs whose figures are known: the answer, what to pick, the warnings, the README's part.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use fanout_analysis::compared::{Answered, questions};
use fanout_model::{Called, Description, Family};
use fanout_record::Run;
use fanout_report::{costs, readme, repeat, situations, text, warnings, words};
use serde_json::{Value, json};

/// An arm whose batches take these milliseconds; a tenth of that on the processor.
fn arm(label: &str, role: &str, times: &[f64]) -> Value {
    let sample = |(round, time): (usize, &f64)| {
        let ns = (time * 1e6) as u64;
        json!({
            "round": round, "wall_ns": ns, "user_ns": ns / 10, "system_ns": 0, "voluntary_switches": 3,
            "involuntary_switches": 1, "peak_memory": 6_000_000 + 10_000 * label.len(), "threads": 2,
            "peak_in_flight": 20, "connections": 20,
        })
    };
    let samples: Vec<Value> = times.iter().enumerate().map(sample).collect();
    json!({
        "label": label, "model": label.trim_end_matches("-again"), "role": role, "concurrency": 20,
        "samples": samples, "latencies": { "counts": [[5_000_000, 100]] }, "failure": null,
    })
}

/// Rounds around a time, each a little off in its own way.
fn around(time: f64, rounds: usize, wobble: usize) -> Vec<f64> {
    (0..rounds).map(|round| time * (1.0 + 0.002 * ((round * wobble) % 7) as f64)).collect()
}

fn scenario(parameter: &str, delay_ms: u64, rounds: usize, arms: Vec<Value>) -> Value {
    json!({
        "scenario": {
            "parameter": parameter, "requests": 100, "delay_ns": delay_ms * 1_000_000, "protocol": null,
            "start": "warm",
        },
        "server": "wiremock", "planned": rounds, "arms": arms,
        "order": vec![(0..arms.len()).collect::<Vec<usize>>(); rounds],
    })
}

fn question(name: &str, scenarios: Vec<Value>) -> Value {
    let environment = |steal: u64| json!({ "load": 0.5, "steal_ticks": steal, "pressure": 1.5 });
    json!({
        "name": name, "about": "A question.", "started": "2026-11-23T04:31:11Z", "took_ns": 10_000_000_000_u64,
        "on_the_clock_ns": 9_000_000_000_u64, "seed": 7, "before": environment(100), "after": environment(100),
        "scenarios": scenarios,
    })
}

fn run(questions: Vec<Value>) -> Run {
    serde_json::from_value(json!({
        "schema": 1, "id": "01M83ARPHYSBBJVA28E97EQHH1", "started": "2026-11-23T04:31:11Z", "invocation": "a test",
        "source": { "commit": "fcfd28df498b54dace0e403c6ed0ccfcc3b77ce0", "dirty": false, "crates": {} },
        "machine": { "system": "linux", "architecture": "x86_64", "cores": 2 },
        "variables": {}, "questions": questions,
    }))
    .unwrap()
}

/// The floor at 5 ms, two models that tie at 10, one at 20 and its twin, one at 25; a delay of 1 ms.
fn known(rounds: usize) -> Value {
    let arms = vec![
        arm("floor", "floor", &around(5.0, rounds, 1)),
        arm("slow", "model", &around(20.0, rounds, 2)),
        arm("quick", "model", &around(10.0, rounds, 3)),
        arm("brisk", "model", &around(10.0, rounds, 5)),
        arm("slow-again", "again", &around(20.0, rounds, 4)),
        arm("slower", "model", &around(25.0, rounds, 6)),
    ];
    scenario("1", 1, rounds, arms)
}

fn said(scenario: Value) -> Vec<String> {
    let run = run(vec![question("server_delay", vec![scenario])]);
    let answered = questions(&run);
    words::answers(&answered[0].scenarios[0]).iter().map(ToString::to_string).collect()
}

/// A change of words or columns is seen in review. After a change on purpose,
/// `INSTA_UPDATE=always cargo test -p fanout-report --test words` writes the snapshot anew.
#[test]
fn the_tables_of_a_run_are_as_in_their_snapshot() {
    let rounds_too_few = scenario("2", 2, 5, known(5)["arms"].as_array().unwrap().clone());
    let run = run(vec![question("server_delay", vec![known(15), rounds_too_few])]);
    insta::assert_snapshot!("tables", text::of_run(&run));
}

#[test]
fn models_that_are_as_good_as_the_best_are_named_with_the_distance_to_the_floor_and_to_the_next() {
    let said = said(known(15));
    assert!(said[0].starts_with("fastest: quick and brisk are as good as each other, quick with 2.00"), "{said:?}");
    assert!(said[0].contains("times the floor; the nearest that is worse is slow with 2.00"), "{said:?}");
    // 20 ms against 10.
    assert!(said[0].ends_with("times quick's, 10.1 ms a batch more"), "{said:?}");
    assert!(
        said[1].starts_with("cheapest: quick and brisk are as good as each other")
            && said[1].contains("us of processor time a request")
    );
    assert!(
        said[3].contains("floor: 5.0") && said[3].contains("the delay alone would take 5.00 ms with 20 in flight")
    );
}

#[test]
fn with_too_few_rounds_for_an_interval_nothing_is_known() {
    // Two rounds together take the place of a process, and one process gives no interval.
    let few = said(known(2));
    assert!(few[0].contains("not known: 2 rounds are too few for intervals; the smallest figure is 2.00"), "{few:?}");
    assert!(few[1].starts_with("cheapest: not known: 2 rounds are too few"), "{few:?}");
    // A median of fewer than six rounds has none.
    let run = run(vec![question("server_delay", vec![known(5)])]);
    let tables = text::of_run(&run);
    assert!(tables.contains("too few rounds") && !tables.contains("DIFFERS"), "{tables}");
}

#[test]
fn nobody_is_called_faster_where_a_model_differs_from_itself() {
    let mut scenario = known(15);
    scenario["arms"][4] = arm("slow-again", "again", &around(21.0, 15, 4));
    let said = said(scenario.clone());
    assert!(said[0].contains("no model is called") && said[0].contains("1.05"), "{said:?}");
    let run = run(vec![question("server_delay", vec![scenario])]);
    let answered = questions(&run);
    let time = &answered[0].scenarios[0].time;
    assert!(time.as_good().is_empty() && !time.tells_apart(), "something is claimed of a model");
    let members = time.members();
    let known = time.between(members[0], members[3]).unwrap().1;
    assert_eq!(known, fanout_stats::Between::NotKnown);
    let agreement = warnings::agreement(&answered);
    assert!(agreement.contains("In time, it agrees in 0, differs in 1, and is not known in 0"), "{agreement}");
    let told = warnings::of(&run, &answered);
    assert!(told.iter().any(|warning| warning.text.contains("A/A pair differs in time")), "{told:?}");
    assert!(text::of_run(&run).contains("DIFFERS"));
}

#[test]
fn a_model_that_failed_is_told_of_and_takes_no_part() {
    let mut scenario = known(15);
    scenario["arms"][2]["failure"] = "in round 4: 1 of 100 requests failed".into();
    scenario["arms"][2]["samples"].as_array_mut().unwrap().truncate(3);
    let said = said(scenario.clone());
    assert!(said[0].starts_with("fastest: brisk with"), "{said:?}");
    let run = run(vec![question("server_delay", vec![scenario])]);
    let told = warnings::of(&run, &questions(&run));
    assert!(told.iter().any(|it| it.text.contains("quick failed after 3 rounds: in round 4")), "{told:?}");
    let tables = text::of_run(&run);
    assert!(tables.contains(" failed |") && tables.contains("failed: quick after 3 rounds"), "{tables}");
}

#[test]
fn what_speaks_against_a_run_is_said() {
    let mut interrupted = known(15);
    interrupted["planned"] = 20.into();
    interrupted["arms"][1]["concurrency"] = 64.into();
    // A hundred requests in 2.5 ms are 40,000 a second.
    let near = vec![arm("floor", "floor", &around(2.5, 15, 1)), arm("near", "model", &around(2.55, 15, 2))];
    let few = scenario("2", 1, 2, vec![arm("alone", "model", &[5.0, 6.0])]);
    let mut asked = question("server_delay", vec![interrupted, scenario("0", 0, 15, near), few]);
    asked["after"]["steal_ticks"] = 200.into();
    asked["before"]["load"] = 14.9.into();
    asked["unmeasured"] = json!(["server_delay 5"]);
    asked["stopped"] = "interrupted".into();
    let mut run = run(vec![asked]);
    run.source.dirty = Some(true);
    run.source.debug = Some(true);
    let command = repeat::command(&run);
    assert!(command.starts_with("# not exactly") && command.contains("--profile dev"), "{command}");
    let texts: Vec<String> = warnings::of(&run, &questions(&run)).into_iter().map(|it| it.text).collect();
    let expected = [
        "tracked files differed",
        "built without optimisation",
        "slow never exceeded 20 in flight, although 64 were allowed",
        "a load of 14.90 on 2 cores before the run began",
        "not measured: server_delay 5 (interrupted)",
        "5 rounds were not measured",
        "39761 requests a second",
        "within 10 % of the floor: near",
        "2 rounds are too few for any interval",
        "no floor to compare with",
        "no model was entered twice",
        // A hundred ticks of 10 ms in 10 s on two processors.
        "the hypervisor kept 5.0 %",
    ];
    for says in expected {
        assert!(texts.iter().any(|said| said.contains(says)), "{says}: {texts:?}");
    }
}

/// Everything that is known: models whose names say how they are called.
fn describe(id: &str) -> Option<Description> {
    let (family, called) = match id {
        "floor" => return None,
        "slow" | "slower" => (Family::Threads, Called::Blocking),
        _ => (Family::OneEventLoop, Called::Awaited),
    };
    Some(Description {
        family,
        pick_it_when: "p",
        it_costs: "c",
        called,
        one_host: false,
        libraries: &[],
        crates: 1,
        source: "",
    })
}

/// What is said of a situation: the advice, and why.
fn told(run: &Run, id: &str) -> String {
    let answered = questions(run);
    let told = situations::told(&answered, describe);
    let told = told.iter().find(|told| told.id == id).unwrap();
    format!("{}: {}", told.advice, told.because.join(" "))
}

/// `scenario`, with another parameter.
fn at(parameter: &str, mut scenario: Value) -> Value {
    scenario["scenario"]["parameter"] = parameter.into();
    scenario
}

#[test]
fn each_situation_takes_the_best_of_the_models_that_it_can_use() {
    let run = run(vec![question("server_delay", vec![at("5", known(15))])]);
    let usual = told(&run, "usual");
    assert!(usual.starts_with("quick, or one that is as good: brisk: quick takes 10.1 ms for 100"), "{usual}");
    assert!(usual.contains("Of those that are as good, quick needs the least processor time."), "{usual}");
    assert!(usual.contains("slow takes 2.000 (1.995 .. 2.007) times as long, 10.1 ms a batch more."), "{usual}");
    assert!(usual.contains("The slowest is slower, which takes 2.500 times as long."), "{usual}");
    let synchronous = told(&run, "synchronous");
    assert!(synchronous.starts_with("slow: slow takes") && !synchronous.contains("quick"), "{synchronous}");
    assert_eq!(told(&run, "thousands"), "not measured in this run: `cargo bench --bench batch_size` measures it.");
    assert_eq!(told(&run, "crawler"), "not measured in this run: No bench of this version measures it.");
    let beyond = situations::not_measured(&questions(&run)).unwrap();
    assert!(beyond.contains("large files") && beyond.contains("distance"), "{beyond}");
}

#[test]
fn where_more_than_half_are_as_good_any_of_them_does() {
    let near = |label, wobble| arm(label, "model", &around(5.1, 15, wobble));
    let same = vec![arm("floor", "floor", &around(5.0, 15, 1)), near("quick", 2), near("slow", 3), near("brisk", 4)];
    let run = run(vec![question("server_delay", vec![scenario("5", 5, 15, same)])]);
    let usual = told(&run, "usual");
    assert!(usual.starts_with("whichever fits the code around it: "), "{usual}");
    assert!(
        usual.contains("3 of 3 models are as good as each other, and quick needs the least processor time"),
        "{usual}"
    );
}

#[test]
fn where_the_statistics_claim_nothing_no_situation_has_a_pick() {
    let mut differs = at("5", known(15));
    differs["arms"][4] = arm("slow-again", "again", &around(21.0, 15, 4));
    let few = at("5", known(1));
    for (scenario, why) in [(differs, "differs from itself"), (few, "too few rounds")] {
        let run = run(vec![question("server_delay", vec![scenario])]);
        let usual = told(&run, "usual");
        assert!(usual.starts_with("not known from this run: ") && usual.contains(why), "{usual}");
        assert!(usual.contains("The smallest time is that of quick"), "{usual}");
    }
}

#[test]
fn the_most_expensive_choice_is_said_where_models_differ() {
    let run = run(vec![question("server_delay", vec![known(15)])]);
    let answered: Vec<Answered<'_>> = questions(&run);
    let expensive = costs::most_expensive(&answered);
    assert!(
        expensive[0].starts_with("slower takes 2.50")
            && expensive[0].ends_with("times quick's time in server_delay 1")
    );
}

#[test]
fn models_that_are_all_as_good_are_not_set_against_each_other() {
    let tie = vec![
        arm("floor", "floor", &around(5.0, 15, 1)),
        arm("quick", "model", &around(10.0, 15, 3)),
        arm("brisk", "model", &around(10.0, 15, 5)),
    ];
    let run = run(vec![question("server_delay", vec![scenario("1", 1, 15, tie)])]);
    let answered = questions(&run);
    assert!(words::fastest(&answered[0].scenarios[0]).text.contains("quick and brisk are as good as each other"));
    assert!(costs::most_expensive(&answered).is_empty());
}

#[test]
fn one_model_no_floor_and_no_round_have_words_of_their_own() {
    let alone = scenario("1", 1, 15, vec![arm("quick", "model", &around(10.0, 15, 3))]);
    let words = said(alone);
    assert!(words[0].contains("only quick took part, with 10.1 (10.0 .. 10.1) ms"), "{words:?}");
    assert!(words.iter().any(|said| said.contains("floor: there is no floor here")), "{words:?}");
    let none = scenario("1", 1, 0, vec![arm("floor", "floor", &[]), arm("quick", "model", &[])]);
    assert_eq!(said(none)[0], "fastest: no round was measured");
    let mut failed = known(15);
    failed["arms"][0]["failure"] = "it broke".into();
    let words = said(failed);
    assert!(
        words[0].contains("ms; the nearest that is worse is") && !words[0].contains("times the floor"),
        "{words:?}"
    );
}

#[test]
fn by_memory_models_within_five_percent_are_as_good_and_there_is_no_interval() {
    let mut scenario = known(15);
    for sample in scenario["arms"][1]["samples"].as_array_mut().unwrap() {
        sample["peak_memory"] = 12_000_000.into();
    }
    let words = said(scenario.clone());
    let smallest = words.iter().find(|said| said.starts_with("smallest")).unwrap();
    assert!(
        smallest.contains("as good as each other")
            && smallest.contains("worse is slow with 1.9")
            && !smallest.contains(" .. "),
        "{smallest}"
    );
    for arm in scenario["arms"].as_array_mut().unwrap() {
        arm["samples"].as_array_mut().unwrap().iter_mut().for_each(|sample| sample["peak_memory"] = 0.into());
    }
    assert!(said(scenario).iter().all(|said| !said.starts_with("smallest")));
}

#[test]
fn figures_that_make_no_picture_are_left_out_of_it() {
    let mut odd = known(15);
    odd["arms"][1]["timeline"] = json!({ "round": 0, "bars": [[u64::MAX, 1, 5], [0, u64::MAX, 5], [3, 2, 4]] });
    let empty = |parameter: &str, requests: u64| {
        let mut scenario = known(15);
        scenario["scenario"]["parameter"] = parameter.into();
        scenario["scenario"]["requests"] = requests.into();
        scenario["arms"].as_array_mut().unwrap().iter_mut().for_each(|arm| arm["concurrency"] = requests.into());
        scenario
    };
    let asked =
        vec![question("server_delay", vec![odd]), question("concurrency", vec![empty("0", 0), empty("1", 1)])];
    let run = run(asked);
    let answered = questions(&run);
    let page = fanout_report::page::of(&run, &fanout_report::page::Links::default(), describe);
    assert!(page.contains("slow: 2 requests on 2 lanes"), "the bar that ends before it begins is drawn");
    assert!(fanout_report::pictures::grown(&answered[1], describe).is_none());
    assert!(
        fanout_report::pictures::distance(&answered[0].scenarios[0], describe)
            .unwrap()
            .alternative
            .contains("from floor with 1.000")
    );
}

#[test]
fn text_of_strangers_is_text_in_markdown_and_in_the_command() {
    let mut run = run(vec![question("server_delay", vec![known(15)])]);
    run.questions[0].scenarios[0].arms[1].label = "a|b\n# h <img src=x>".into();
    run.variables.insert("FANOUT_X; touch /tmp/x #".into(), "1".into());
    run.variables.insert("FANOUT_SEED".into(), String::new());
    let tables = text::of_run(&run);
    assert!(
        !tables.contains("<img") && !tables.contains("\n# h") && tables.contains("a\\|b # h &lt;img"),
        "{tables}"
    );
    let command = repeat::command(&run);
    assert!(!command.contains("touch") && command.contains("FANOUT_SEED=7"), "{command}");
}

#[test]
fn a_run_is_repeated_by_its_commit_its_variables_and_its_seed() {
    let mut run = run(vec![question("server_delay", vec![known(7)]), question("notebook", vec![known(7)])]);
    run.variables.insert("FANOUT_MODELS".into(), "a b'c".into());
    run.questions[0].arguments = vec!["--noplot".into()];
    assert_eq!(
        repeat::command(&run),
        "git checkout fcfd28df498b54dace0e403c6ed0ccfcc3b77ce0\n\
         FANOUT_MODELS='a b'\\''c' FANOUT_SEED=7 cargo bench -p fanout-benches --bench server_delay --bench notebook \
         -- --noplot"
    );
}

#[test]
fn the_readme_is_filled_between_its_marks_and_filling_it_again_changes_nothing() {
    let mut notebook = known(15);
    notebook["scenario"]["parameter"] = "".into();
    let run = run(vec![question("notebook", vec![notebook])]);
    let mark =
        "<!-- generated by `cargo fanout report --readme` from old.json -->\nold\n<!-- end of what is generated -->";
    let filled = |text: &str| readme::find(text).unwrap().fill(text, "new.json", &run, describe);
    let once = filled(&format!("before\n{mark}\nafter"));
    assert!(once.starts_with("before\n") && once.ends_with("\nafter") && !once.contains("old"), "{once}");
    assert!(once.contains("| quick | 20 |") && !once.contains("slow-again"), "{once}");
    assert_eq!(filled(&once), once);
}
