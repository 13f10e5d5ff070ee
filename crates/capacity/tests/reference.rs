//! Reference values, computed independently of this program, computed again.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by panicking")]

use remit_capacity::check::{FileReport, ReferenceFile, check};
use std::{fs, path::Path};

fn files() -> Vec<(String, Vec<u8>)> {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
    let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(place)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .filter(|(name, _)| name.ends_with(".csv"))
        .collect();
    files.sort();
    files
}

fn checked(files: &[(String, Vec<u8>)]) -> Vec<FileReport> {
    let files: Vec<ReferenceFile<'_>> = files.iter().map(|(name, bytes)| ReferenceFile { name, bytes }).collect();
    check(&files)
}

#[test]
fn every_reference_value_is_met() {
    let reports = checked(&files());
    for report in &reports {
        println!(
            "{} {} rows, {} values, {:?}, {:?}",
            report.file, report.rows, report.compared, report.worst, report.intervals
        );
        for said in report.faults.iter().chain(&report.notes) {
            println!("    {said}");
        }
    }
    assert_eq!(reports.len(), 10);
    for report in &reports {
        assert!(report.ok, "{report:?}");
    }
}

/// What a file of these bytes, called so, is told among the others.
fn told(name: &str, bytes: &[u8]) -> FileReport {
    let mut files = files();
    files.retain(|(other, _)| other != name);
    files.push((name.to_owned(), bytes.to_vec()));
    checked(&files).pop().unwrap()
}

fn text_of(name: &str) -> String {
    String::from_utf8(files().into_iter().find(|(other, _)| other == name).unwrap().1).unwrap()
}

#[test]
fn a_value_that_is_changed_is_found_whatever_the_file_is_called() {
    for (name, from, to, said) in [
        ("erlang_a.csv", "0.10391321232630818", "0.10391321252630818", "row 1 (A01): `p_abandon`"),
        ("erlang_c.csv", "0.44938822429827087", "0.4493882252982", "row 2 (C03): `p_wait`"),
        ("erlang_c_required.csv", "14,20,0\r\n", "15,20,0\r\n", "`true_min_raw`"),
        ("priority_mmn.csv", "9.2577019130676753", "9.25770193", "`mean_wait_class`"),
        ("sla_risk.csv", "0.2865047968601901,", "0.2865047978601901,", "`p_wait_gt_t_exact`"),
        ("demand_fixed_point.csv", "6.157212559989997", "6.157212579989997", "`effort`"),
        ("multistage.csv", "5.731068434,", "5.731068534,", "(M01 ai_rate): `fixed_point_or_exact`"),
        ("anytime_vectors.csv", "12,19.797681717530562", "13,19.797681717530562", "`first_crossing_e_ge_100`"),
        ("selective_bounds.csv", "0.026101799066913275", "0.026101799166913275", "`clopper_pearson_upper`"),
        ("erlang_a.csv", "0.621241,0.0101", "0.661241,0.0101", "lie in their intervals, which is no chance"),
    ] {
        let text = text_of(name);
        let good = told("renamed.csv", text.as_bytes());
        assert!(good.ok, "{good:?}");
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{name}");
        let report = told("renamed.csv", changed.as_bytes());
        assert!(!report.ok && report.faults.iter().any(|fault| fault.contains(said)), "{name}: {report:?}");
    }
}

#[test]
fn a_file_that_is_malformed_is_told_and_keeps_no_other_from_being_compared() {
    let text = text_of("erlang_a.csv");
    let cut = text.lines().next().unwrap().to_owned() + "\n";
    for (bytes, said) in [
        (text.replacen("0.10391321232630818", "NaN", 1), "`NaN` in column `p_abandon` is no finite number"),
        (text.replacen("A01,10,", "A01,-10,", 1), "row 1 (A01): the rate of arrivals is -10"),
        (text.replacen("A01,10,1,0.5,10,", "A01,10,1,0.5,10.5,", 1), "`10.5` in column `servers` is no whole number"),
        (text.replacen("A01,10,1,0.5,10,", "A01,10,1,0.5,", 1), "row 1 has 25 cells, and the header has 26"),
        (text.replacen("p_abandon", "p_abandoned", 1), "nearest to that of erlang_a, and lacks p_abandon"),
        (cut, "there is nothing to compare"),
        (String::new(), "it is empty"),
        ("a,b\n1,2\n".to_owned(), "that of no form that is known: erlang_c"),
        (text_of("anytime_vectors.csv").replacen("0000000010", "0000000210", 1), "`sequence` holds `2`"),
        (text_of("priority_mmn.csv").replacen("0.3|0.4|0.4,1", "0.3|0.4|0.4,9", 1), "there is no class 9"),
        (text_of("erlang_c.csv").replacen("100,30,3,14", "100,30,3,9", 1), "the queue is unstable"),
        (text_of("multistage.csv").replacen("M01", "M99", 1), "the case `M99` is in no file of the form"),
    ] {
        let report = told("other.csv", bytes.as_bytes());
        assert!(!report.ok && report.faults.iter().any(|fault| fault.contains(said)), "{said}: {report:?}");
    }
    let report = told("erlang_a.csv", text.replacen("0.10391321232630818", "NaN", 1).as_bytes());
    assert_eq!((report.compared, report.faults.len()), (139, 1));
}

#[test]
fn what_no_formula_is_exact_of_is_played() {
    let report = told("multistage.csv", text_of("multistage.csv").as_bytes());
    // Of six cases eight metrics, each with the intervals of two simulations.
    assert!(report.ok && report.intervals.count == 96, "{report:?}");
    let required = told("erlang_c_required.csv", text_of("erlang_c_required.csv").as_bytes());
    assert!(required.ok && required.notes.iter().any(|note| note.contains("says 11, and it is 10")), "{required:?}");
}
