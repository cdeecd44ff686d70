//! The table of all runs in a store: which runs it has, and how others are added. See
//! `fanout_export::history::parts`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::bail;
use fanout_analysis::history::Digest;
use fanout_bucket::{Bucket, LIMIT, Object, Part};
use fanout_export::history::parts::{self, FOOTER};

use super::say::{say, tell};

/// The ids of the runs that the table has, from the footers of its files.
pub(super) fn runs(table: &Bucket) -> anyhow::Result<BTreeSet<String>> {
    let is_parquet = |object: &Object| object.name.ends_with(".parquet");
    let files: Vec<Object> = table.list("")?.into_iter().filter(is_parquet).collect();
    let mut found = Vec::new();
    let mut longer = BTreeMap::new();
    for (object, read) in table.read_each(files, Part::End(FOOTER), |_, end| parts::runs_in(&end))? {
        match read? {
            Some(Ok(runs)) => found.push((object.name, runs)),
            Some(Err(length)) if length <= object.length.min(LIMIT) => {
                longer.entry(length).or_insert_with(Vec::new).push(object);
            }
            _ => bail!(foreign(table, &object)),
        }
    }
    for (length, objects) in longer {
        for (object, read) in table.read_each(objects, Part::End(length), |_, end| parts::runs_in(&end))? {
            match read? {
                Some(Ok(runs)) => found.push((object.name, runs)),
                _ => bail!(foreign(table, &object)),
            }
        }
    }
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    for (name, runs) in found {
        for run in runs {
            if let Some(other) = all.insert(run.clone(), name.clone()) {
                let (one, two) = (table.path(&other), table.path(&name));
                tell(format!(
                    "note: both {} and {} have the run {run}, so that queries count it twice: two exports ran at \
                     once. Delete the table and export it again",
                    one.display(),
                    two.display()
                ));
            }
        }
    }
    Ok(all.into_keys().collect())
}

fn foreign(table: &Bucket, object: &Object) -> String {
    format!(
        "{} is a Parquet file that this program did not write as part of a table: name a folder, or a prefix, that \
         has nothing else",
        table.path(&object.name).display()
    )
}

/// Adds files with the runs that the table does not have, and prints the path of each.
pub(super) fn add(table: &Bucket, runs: &[Digest], has: &BTreeSet<String>) -> anyhow::Result<()> {
    let new = runs.iter().filter(|run| !has.contains(&run.id));
    let mut added = 0;
    for part in parts::of(new) {
        let part = part?;
        table.create(&part.name, &part.bytes, |_| false)?;
        say(table.path(&part.name).display());
        added += part.runs;
    }
    tell(format!("note: {added} of {} runs are new in the table", runs.len()));
    Ok(())
}
