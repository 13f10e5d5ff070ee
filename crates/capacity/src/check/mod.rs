//! Files of reference values, computed again: each is recognised by its header, whatever it is called.
//!
//! Exact columns are held to [`EXACT`], relative. Columns of a simulation come with the half width of their interval
//! of 95 %, and are held to these intervals together ([`Intervals`]). What other programs computed is compared too,
//! and told where it differs, since it is they who are wrong where the exact column agrees. What needs a simulation is
//! counted as not computed.

mod comparison;
mod forms;
mod outcomes;
mod queues;
mod report;
mod rows;
mod stages;
mod table;

pub use report::{Deviation, EXACT, FileReport, Intervals};

use comparison::Comparison;
use forms::{FORMS, Form};
use table::Table;

/// A file.
#[derive(Debug, Clone, Copy)]
pub struct ReferenceFile<'a> {
    /// What it is called.
    pub name: &'a str,
    /// What is in it.
    pub bytes: &'a [u8],
}

/// A table with its form, or what is wrong with the file.
type Recognised = Result<(Table, &'static Form), String>;

/// Computes every file again, in the order in which they are given.
pub fn check(files: &[ReferenceFile<'_>]) -> Vec<FileReport> {
    let read: Vec<(ReferenceFile<'_>, Recognised)> =
        files.iter().map(|file| (*file, Table::read(file.bytes).and_then(recognised))).collect();
    let tables = read.iter().filter_map(|(_, read)| read.as_ref().ok());
    let cases = stages::cases(tables.filter(|(_, form)| form.name == stages::CASES).map(|(table, _)| table));
    let report = |(file, read): &(ReferenceFile<'_>, Recognised)| match read {
        Ok((table, form)) => {
            let mut comparison = Comparison::default();
            (form.compare)(table, &cases, &mut comparison);
            let left = form.left_out(table);
            if !left.is_empty() {
                comparison.note(format!("not compared, as no column of this form: {}", left.join(", ")));
            }
            comparison.report(file.name, Some(form.name), table.rows.len())
        }
        Err(fault) => {
            let mut comparison = Comparison::default();
            comparison.fault(fault.clone());
            comparison.report(file.name, None, 0)
        }
    };
    read.iter().map(report).collect()
}

/// The form that a table has.
fn recognised(table: Table) -> Recognised {
    if let Some(form) = FORMS.iter().find(|form| form.missing(&table).is_empty()) {
        return Ok((table, form));
    }
    let has = |form: &&Form| form.columns.len() - form.missing(&table).len();
    let nearest = FORMS.iter().max_by_key(has).filter(|form| has(form) > form.columns.len() / 2);
    Err(match nearest {
        Some(form) => {
            let missing = form.missing(&table).join(", ");
            format!("its header is nearest to that of {}, and lacks {missing}; add what is missing", form.name)
        }
        None => {
            let known: Vec<&str> = FORMS.iter().map(|form| form.name).collect();
            format!("its header is that of no form that is known: {}", known.join(", "))
        }
    })
}
