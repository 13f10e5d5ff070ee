//! Rows of a table, each compared for itself.

use super::{
    comparison::Comparison,
    table::{Row, Table},
};
use crate::uncomputable::Uncomputable;

/// Compares each row; what is wrong with one keeps no other from being compared.
pub(super) fn each(
    table: &Table,
    comparison: &mut Comparison,
    mut row_of: impl FnMut(Row<'_>, &mut Comparison) -> Result<(), String>,
) {
    for row in table.rows() {
        if let Err(fault) = row_of(row, comparison) {
            comparison.fault(fault);
        }
    }
}

/// What is refused of a row, as a fault of it.
pub(super) fn of(row: Row<'_>) -> impl Fn(Uncomputable) -> String {
    let name = row.name();
    move |refused| format!("{name}: {refused}")
}
