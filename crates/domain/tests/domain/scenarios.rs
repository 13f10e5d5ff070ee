//! Behaviour that reads as a story: scripts in `scenarios/domain`, about one case, and in `scenarios/floor`, about a
//! queue and its staff, whose telling must stay as it is written there.

use crate::{
    shift::Shift,
    story::{FOLDER, check_all, scripts},
    transcript::Transcript,
};
use std::collections::BTreeSet;

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
    let rows = readme.lines().filter(|line| line.starts_with("| ")).skip(1);
    let (mut named, mut count) = (BTreeSet::new(), 0);
    for row in rows {
        // What stands in code marks in the last column.
        let scripts = row.trim_end_matches(" |").rsplit('|').next().unwrap().split('`').skip(1).step_by(2);
        let before = named.len();
        named.extend(scripts.map(ToOwned::to_owned));
        assert!(named.len() > before, "no script of its own in: {row}");
        count += 1;
    }
    assert!(count >= 16, "only {count} rows");
    let found: BTreeSet<String> = ["about", "domain", "floor", "server"]
        .into_iter()
        .flat_map(scripts)
        .map(|path| path.strip_prefix(FOLDER).unwrap().with_extension("").to_str().unwrap().to_owned())
        .collect();
    assert_eq!(named, found, "left: named in scenarios/README.md; right: the scripts that there are");
}
