//! `remit capacity check`: files of reference values, computed again.

use anyhow::Context as _;
use clap::Args;
use remit_capacity::check::{Deviation, FileReport, ReferenceFile, check};
use remit_command::shown::{self, counted, many, say};
use serde_json::json;
use std::{
    fs::{self, File},
    io::Read as _,
    path::{Path, PathBuf},
};

/// Bytes of a file that are read: one more than a file of reference values may have.
const BYTES_READ: u64 = (64 << 20) + 1;

/// Compute files of reference values again, and say how far each is off.
///
/// Every file of the directory whose name ends in .csv is recognised by its header, whatever it is called: queues
/// (Erlang B, C and A, staffing, priorities, the wait of one contact), an AI with people after it, demand with
/// elasticity, sequential tests and bounds. Exact columns are held to 1e-9 of their value; columns that a simulation
/// made, to their intervals of 95 %; what another program says and is wrong about is told. What takes a simulation is
/// not computed, and told as that. The command exits with 1 where anything is further off than it may be.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  remit capacity check reference-values")]
pub(crate) struct Check {
    /// The directory with the files.
    directory: PathBuf,
}

impl Check {
    pub(super) fn run(&self, json: bool) -> anyhow::Result<bool> {
        let files = read(&self.directory)?;
        let given: Vec<ReferenceFile<'_>> = files.iter().map(|(name, bytes)| ReferenceFile { name, bytes }).collect();
        let reports = check(&given);
        let ok = reports.iter().all(|report| report.ok);
        if json {
            shown::json(&json!({ "ok": ok, "files": reports }));
            return Ok(ok);
        }
        reports.iter().for_each(print);
        let compared: u64 = reports.iter().map(|report| report.compared).sum();
        let wrong = reports.iter().filter(|report| !report.ok).count();
        let of = counted(reports.len(), "file", "files");
        match wrong {
            0 => say!("{of} with {} values: each as exact as it has to be", many(compared)),
            _ => say!("{} of {of} not ok", many(wrong)),
        }
        Ok(ok)
    }
}

/// The files of a directory, by name.
fn read(directory: &Path) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let at = || format!("{} cannot be read; name a directory with files of reference values", directory.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).with_context(at)? {
        let path = entry.with_context(at)?.path();
        let is_csv = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
        if !is_csv || !path.is_file() {
            continue;
        }
        let mut bytes = Vec::new();
        let read = File::open(&path).and_then(|file| file.take(BYTES_READ).read_to_end(&mut bytes));
        read.with_context(|| format!("{} cannot be read", path.display()))?;
        files.push((path.file_name().unwrap_or_default().to_string_lossy().into_owned(), bytes));
    }
    anyhow::ensure!(
        !files.is_empty(),
        "{} holds no file whose name ends in .csv; name a directory with files of reference values",
        directory.display()
    );
    files.sort();
    Ok(files)
}

fn print(report: &FileReport) {
    let FileReport { file, form, rows, compared, intervals, precision, .. } = report;
    let verdict = if report.ok { "ok" } else { "NOT OK" };
    say!("{file} ({}): {verdict}", form.unwrap_or("not recognised"));
    if form.is_some() {
        say!("  {}, {} compared", counted(rows, "row", "rows"), counted(compared, "value", "values"));
    }
    if let Some(Deviation { row, column, deviation, .. }) = &report.worst {
        say!("  exact columns: worst {deviation:.1e} of its value ({row}, {column}); at most {precision:.0e}");
    }
    if let Some(Deviation { row, column, deviation, .. }) = &intervals.worst {
        let (inside, count) = (many(intervals.inside), many(intervals.count));
        say!(
            "  simulated columns: {inside} of {count} in their intervals of 95 %, worst {deviation:.2} half widths off \
             ({row}, {column}); at most 3, and no more outside than chance has"
        );
    }
    for fault in &report.faults {
        say!("  wrong: {fault}");
    }
    for note in &report.notes {
        say!("  note: {note}");
    }
}
