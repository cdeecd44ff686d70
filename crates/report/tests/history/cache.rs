//! What is kept between readings: never needed, never believed of a file that changed.

use std::fs;

use fanout_analysis::history::{Digest, load};
use fanout_record::store::Store;
use serde_json::Value;

use crate::fixture::{Kept, file, stepped};

fn read(kept: &Kept) -> Store<Digest> {
    load(&kept.results(), &kept.cache())
}

fn entries(kept: &Kept) -> Vec<std::path::PathBuf> {
    let mut all: Vec<_> = fs::read_dir(kept.cache()).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
}

#[test]
fn a_second_reading_is_of_what_was_kept_and_says_the_same() {
    let kept = Kept::new(&stepped(5, 3));
    let first = read(&kept);
    assert_eq!((first.runs.len(), entries(&kept).len()), (5, 5));
    assert_eq!(read(&kept).runs, first.runs);
    // Read from there indeed.
    let entry = &entries(&kept)[0];
    fs::write(entry, fs::read_to_string(entry).unwrap().replace("\"moved\"", "\"from the cache\"")).unwrap();
    assert_eq!(read(&kept).runs[0].1.models[1].label, "from the cache");
}

#[test]
fn an_entry_that_cannot_be_read_or_is_of_another_version_is_made_anew() {
    let kept = Kept::new(&stepped(3, 9));
    let first = read(&kept);
    let entry = entries(&kept).remove(1);
    let whole = fs::read(&entry).unwrap();
    let mut later: Value = serde_json::from_slice(&whole).unwrap();
    later["version"] = 99.into();
    later["digest"]["started"] = "1970-01-01T00:00:00Z".into();
    let damages =
        [whole[..whole.len() / 2].to_vec(), Vec::new(), b"{}".to_vec(), serde_json::to_vec(&later).unwrap()];
    for damage in damages {
        fs::write(&entry, damage).unwrap();
        assert_eq!(read(&kept).runs, first.runs);
        assert_eq!(fs::read(&entry).unwrap(), whole, "not mended");
    }
    fs::remove_dir_all(kept.cache()).unwrap();
    assert_eq!(read(&kept).runs, first.runs);
    // Where nothing can be kept, it is read all the same.
    fs::remove_dir_all(kept.cache()).unwrap();
    fs::write(kept.cache(), "no folder").unwrap();
    assert_eq!(read(&kept).runs, first.runs);
}

#[test]
fn a_file_that_was_cut_changed_or_removed_since_is_not_taken_from_the_cache() {
    let kept = Kept::new(&stepped(4, 9));
    assert_eq!(read(&kept).runs.len(), 4);
    let [cut, changed, gone] = [0, 1, 2].map(|n| file(&kept.results(), n));
    let whole = fs::read_to_string(&changed).unwrap();
    // Of the same length and, as `touch -r` would have it, of the same time.
    let modified = fs::metadata(&changed).unwrap().modified().unwrap();
    fs::write(&changed, whole.replace("\"moved\"", "\"moveD\"")).unwrap();
    fs::File::options().append(true).open(&changed).unwrap().set_modified(modified).unwrap();
    fs::write(&cut, &fs::read(&cut).unwrap()[..1_000]).unwrap();
    fs::remove_file(gone).unwrap();
    let store = read(&kept);
    assert_eq!(store.runs.len(), 2);
    assert_eq!(store.runs[0].1.models[1].label, "moveD");
    let [bad] = &store.bad[..] else { panic!("{:?}", store.bad) };
    assert!(bad.path == cut && bad.reason.contains("not a whole run file"), "{bad}");
}

#[test]
fn of_two_files_with_one_id_the_one_in_its_place_is_used_each_time() {
    let kept = Kept::new(&stepped(2, 9));
    let own = file(&kept.results(), 0);
    let copy = own.with_file_name(format!("copy-{}", own.file_name().unwrap().display()));
    fs::copy(&own, &copy).unwrap();
    for _ in 0..3 {
        let store = read(&kept);
        assert_eq!(store.runs.len(), 2);
        let [bad] = &store.bad[..] else { panic!("{:?}", store.bad) };
        assert!(bad.path == copy && bad.reason.contains("has the same id"), "{bad}");
    }
}
