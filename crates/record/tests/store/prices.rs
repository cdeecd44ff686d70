//! Tests price runs in the store: they lie beside the runs, and are never rewritten or taken for one.

use std::fs;
use std::io::ErrorKind;

use fanout_record::price::Prices;
use fanout_record::read::{self, ReadError};
use fanout_record::store;

use crate::fixture::{files_below, prices, run};

/// Makes a price run with this id that began in this month.
fn begun(id: &str, month: u32) -> Prices {
    Prices { id: id.into(), started: format!("2026-{month:02}-01T00:00:00Z"), ..prices() }
}

#[test]
fn a_price_run_is_kept_once_beside_the_runs_and_nobody_takes_it_for_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = store::put_prices(folder.path(), &prices()).unwrap();
    let kept = fs::read(&path).unwrap();
    assert_eq!(store::put_prices(folder.path(), &prices()).unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(fs::read(&path).unwrap(), kept);
    assert_eq!(read::prices(&path).unwrap(), prices());
    store::put(folder.path(), &run("A")).unwrap();
    let store = store::load(folder.path());
    assert_eq!((store.runs.len(), store.machines.len(), store.bad), (1, 1, Vec::new()));
    assert_eq!(store::runs(folder.path()).unwrap().len(), 1);
}

#[test]
fn the_newest_price_run_that_holds_a_price_is_found_and_what_is_no_price_run_is_named() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(store::newest_prices(folder.path()), None);
    let empty = Prices { models: Vec::new(), ..begun("C", 3) };
    let paths = [begun("B", 2), begun("A", 1), empty].map(|it| store::put_prices(folder.path(), &it).unwrap());
    assert_eq!(store::newest_prices(folder.path()).unwrap().id, "B");
    fs::write(&paths[0], "{").unwrap();
    let (used, bad) = store::prices(folder.path());
    assert_eq!(used.iter().map(|(_, prices)| prices.id.as_str()).collect::<Vec<_>>(), ["A", "C"]);
    assert!(bad[0].path == paths[0] && bad[0].reason.contains("is not a whole file of prices"), "{bad:?}");
    assert_eq!(store::newest_prices(folder.path()).unwrap().id, "A");
}

#[test]
fn a_price_run_in_the_place_of_a_run_is_told_so_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let path = store::put_prices(folder.path(), &prices()).unwrap();
    let error = read::run(&path).unwrap_err();
    assert!(matches!(error, ReadError::PricesInstead { .. }), "{error}");
    assert!(error.to_string().contains("cargo fanout record --price"), "{error}");
    let among_runs = folder.path().join("runs").join(path.file_name().unwrap());
    fs::create_dir(folder.path().join("runs")).unwrap();
    fs::rename(&path, among_runs).unwrap();
    let store = store::load(folder.path());
    assert!(store.runs.is_empty() && store.bad[0].reason.contains("holds prices"), "{:?}", store.bad);
}

#[test]
fn an_id_that_leads_elsewhere_is_no_name_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let results = folder.path().join("results");
    let refused = store::put_prices(&results, &begun("../../outside", 1)).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
    assert!(files_below(folder.path()).is_empty());
}
