//! The site of all recorded runs: its pages, their links, and how large they are.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod runs;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use fanout_analysis::history::{CommitLinks, Digest, History};
use fanout_models::describe;
use fanout_record::Run;
use fanout_record::git::lineage::Lineage;
use fanout_record::store::Store;
use fanout_report::page::site;
use regex::Regex;
use tempfile::TempDir;

/// The site of these runs.
fn written(runs: &[Run]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let kept = runs.iter().map(|run| (PathBuf::from(format!("{}.json", run.id)), Digest::of(run))).collect();
    let store = Store { runs: kept, annotations: Vec::new(), machines: Vec::new(), bad: Vec::new() };
    let history = History::of(store, None, &Lineage::default());
    let (links, prices) = (CommitLinks::default(), runs::prices());
    site::write(folder.path(), runs.iter().cloned(), &history, &links, Some(&prices), describe).unwrap();
    folder
}

fn pages(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> =
        entries.flat_map(|path| if path.is_dir() { pages(&path) } else { vec![path] }).collect();
    found.sort();
    found
}

/// Another run of the same machine, or of another one.
fn other(run: &Run, id: &str, started: &str, processor: Option<&str>) -> Run {
    let mut run = Run { id: id.into(), started: started.into(), ..run.clone() };
    if let Some(processor) = processor {
        run.machine.processor = Some(processor.into());
    }
    run
}

#[test]
fn every_link_of_the_site_leads_to_a_place_of_the_site() {
    let first = runs::real();
    let runs = [
        other(&first, "A", "2026-01-01T00:00:00Z", None),
        other(&first, "B", "2026-02-01T00:00:00Z", Some("another")),
    ];
    let site = written(&runs);
    let pages = pages(site.path());
    let names: Vec<&str> = pages.iter().map(|page| page.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["glossary.html", "history.html", "index.html", "A.html", "B.html"]);
    let (link, id) = (Regex::new(r#" href="([^"]*)""#).unwrap(), Regex::new(r#" id="([^"]*)""#).unwrap());
    let text = |page: &Path| fs::read_to_string(page).unwrap();
    let ids =
        |page: &Path| -> BTreeSet<String> { id.captures_iter(&text(page)).map(|it| it[1].to_owned()).collect() };
    let mut followed = 0;
    for page in &pages {
        for target in link.captures_iter(&text(page)).map(|it| it[1].to_owned()) {
            let (path, place) = target.split_once('#').unwrap_or((&target, ""));
            let to = if path.is_empty() { page.clone() } else { page.parent().unwrap().join(path) };
            assert!(to.is_file(), "{}: {target} leads nowhere", page.display());
            assert!(place.is_empty() || ids(&to).contains(place), "{}: no place {target}", page.display());
            followed += 1;
        }
    }
    assert!(followed > 100, "{followed} links");
}

#[test]
fn machines_stand_side_by_side_with_the_newest_run_of_each() {
    let run = runs::real();
    let of =
        |id: &str, month: u32, processor| other(&run, id, &format!("2026-{month:02}-01T00:00:00Z"), Some(processor));
    let mut partial = of("D", 9, "one");
    partial.questions.truncate(2);
    partial.questions[0].unmeasured = vec!["the rest".into()];
    let site = written(&[of("A", 1, "one"), of("B", 3, "one"), of("C", 2, "two"), partial]);
    let index = fs::read_to_string(site.path().join("index.html")).unwrap();
    let (_, machines) = index.split_once("id=\"machines\"").unwrap();
    let (machines, listed) = machines.split_once("id=\"runs\"").unwrap();
    assert!(machines.contains("runs/B.html") && machines.contains("runs/C.html"), "{machines}");
    assert!(!machines.contains("runs/A.html") && !machines.contains("runs/D.html"), "{machines}");
    // The same figures: where one machine knows the answer, so does the other.
    assert!(machines.contains("<td>yes: ") && !machines.contains("<td>no: "), "{machines}");
    let places: Vec<usize> =
        ["D", "B", "C", "A"].iter().map(|id| listed.find(&format!("runs/{id}.html")).unwrap()).collect();
    assert!(places.is_sorted(), "the newest is not the first: {places:?}");
    let one = fs::read_to_string(written(&[run]).path().join("index.html")).unwrap();
    assert!(one.contains("All runs are of one machine."));
}

#[test]
fn twenty_runs_are_less_than_15_mb() {
    let run = runs::real();
    let of = |n: u32| other(&run, &format!("R{n:02}"), &format!("2026-01-{:02}T00:00:00Z", n + 1), None);
    let site = written(&(0..20).map(of).collect::<Vec<_>>());
    let size: u64 = pages(site.path()).iter().map(|page| fs::metadata(page).unwrap().len()).sum();
    println!("{size} bytes");
    assert!(pages(site.path()).len() == 23 && size < 15_000_000, "{size} bytes");
}

#[test]
fn a_debug_build_is_left_out_and_a_site_without_a_run_is_an_error() {
    let mut debug = runs::real();
    debug.source.debug = Some(true);
    let folder = tempfile::tempdir().unwrap();
    let store = Store { runs: Vec::new(), annotations: Vec::new(), machines: Vec::new(), bad: Vec::new() };
    let history = History::of(store, None, &Lineage::default());
    let nothing = site::write(folder.path(), [debug], &history, &CommitLinks::default(), None, describe);
    assert!(nothing.unwrap_err().to_string().contains("no run"));
}

#[test]
fn hostile_texts_stay_texts_on_every_page_and_name_no_file_elsewhere() {
    let mut run = runs::hostile();
    run.id = "../../outside/<img src=x>".into();
    let site = written(&[run]);
    let inside = pages(site.path());
    assert_eq!(inside.len(), 4, "{inside:?}");
    let own = Regex::new(r#"</?(script|style)( type="application/json" id="[a-z-]+")?>"#).unwrap();
    let tag = Regex::new("<(script|style)[^>]*>").unwrap();
    for page in inside {
        let text = fs::read_to_string(&page).unwrap();
        assert!(text.contains("default-src 'none'") && !text.contains("<img"), "{}", page.display());
        assert!(tag.find_iter(&text).all(|tag| own.is_match(tag.as_str())), "{}", page.display());
    }
}
