//! Behaviour that reads as a story: scripts in `scenarios/domain`, about one case, and in `scenarios/floor`, about a
//! queue and its staff, whose telling must stay as it is written there.

use crate::{shift::Shift, transcript::Transcript};
use remit_stories::{FOLDER, check_all, scripts};
use std::collections::BTreeSet;

/// Where `scenarios/README.md` begins to say what is promised.
const PROMISED: &str = "## What is promised, and what shows it";

#[test]
fn every_story_of_a_case_is_told_as_it_is_written() {
    check_all("domain", || {
        let mut transcript = Transcript::new();
        Box::new(move |line| transcript.line(line))
    });
}

#[test]
fn every_story_of_a_floor_is_told_as_it_is_written() {
    check_all("floor", || {
        let mut shift = Shift::new();
        Box::new(move |line| shift.line(line))
    });
}

/// `scenarios/README.md` names what hurts elsewhere, and for each the scripts that show it to be impossible or
/// visible here: every row has one at least, and no script is left out.
#[test]
fn everything_that_hurts_elsewhere_has_its_script_and_the_other_way_round() {
    let readme = std::fs::read_to_string(format!("{FOLDER}/README.md")).unwrap();
    let (hurts, promised) = readme.split_once(PROMISED).unwrap();
    let rows = hurts.lines().filter(|line| line.starts_with("| ")).skip(1);
    let (mut named, mut count) = (BTreeSet::new(), 0);
    for row in rows {
        let scripts = shown_by(row);
        let before = named.len();
        named.extend(scripts);
        assert!(named.len() > before, "no script of its own in: {row}");
        count += 1;
    }
    assert!(count >= 16, "only {count} rows");
    let found: BTreeSet<String> = ["about", "domain", "floor", "server"]
        .into_iter()
        .flat_map(scripts)
        .map(|path| path.strip_prefix(FOLDER).unwrap().with_extension("").to_str().unwrap().to_owned())
        .collect();
    // Of what is promised, some scripts show that nothing hurts elsewhere.
    let rows: Vec<&str> = promised.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    named.extend(rows.iter().flat_map(|row| shown_by(row)).filter(|shown| !shown.contains("::")));
    assert_eq!(named, found, "left: named in scenarios/README.md; right: the scripts that there are");
    assert!(rows.len() >= 30, "only {} rows of what is promised", rows.len());
    for row in rows {
        let shown = shown_by(row);
        assert!(!shown.is_empty(), "nothing shows: {row}");
        for (file, name) in shown.iter().filter_map(|shown| shown.split_once("::")) {
            let text = std::fs::read_to_string(format!("{FOLDER}/../{file}")).unwrap_or_default();
            assert!(text.contains(&format!("#[test]\nfn {name}()")), "{file} has no test {name}: {row}");
        }
    }
}

/// What stands in code marks in the last column of a row.
fn shown_by(row: &str) -> Vec<String> {
    let last = row.trim_end_matches(" |").rsplit('|').next().unwrap_or_default();
    last.split('`').skip(1).step_by(2).map(ToOwned::to_owned).collect()
}
