//! Files about outcomes: sequential tests and bounds.

use super::{
    comparison::Comparison,
    rows::{each, of},
    stages::Cases,
    table::Table,
};
use crate::evidence::{BadShare, SequentialEvidence, at_most, confidence_sequence, upper_bound};

/// What columns begin with that hold a p-value against the share that they name.
pub(super) const P_VALUE: &str = "ltt_pvalue_alpha_";
/// Evidence at which crossings are noted.
const CROSSED: f64 = 100.0;
/// α of the confidence sequences.
const ALPHA: f64 = 0.05;

pub(super) fn anytime(table: &Table, _: &Cases, comparison: &mut Comparison) {
    each(table, comparison, |row, comparison| {
        let sequence = row.text("sequence");
        let outcome = |c: char| match c {
            '0' => Ok(false),
            '1' => Ok(true),
            _ => Err(format!("{}: `sequence` holds `{}`, and only 0 and 1 are outcomes", row.name(), c.escape_debug())),
        };
        let outcomes: Vec<bool> = sequence.chars().map(outcome).collect::<Result<_, _>>()?;
        let (cases, errors) = (outcomes.len() as u64, outcomes.iter().filter(|failed| **failed).count() as u64);
        comparison.whole(row, "n", cases as i64);
        comparison.whole(row, "errors", errors as i64);
        let mut test = BadShare::new(row.number("m0")?, &row.list("q_grid")?).map_err(of(row))?;
        let evidence: Vec<SequentialEvidence> = outcomes.iter().map(|failed| test.observe(*failed)).collect();
        let last = test.evidence();
        let most = evidence.iter().map(|evidence| evidence.e_process).fold(f64::NEG_INFINITY, f64::max);
        let first = |of: fn(&SequentialEvidence) -> f64| {
            let crossed = evidence.iter().zip(1..).find(|(evidence, _)| of(evidence) >= CROSSED.ln());
            crossed.map_or(-1, |(_, number)| number)
        };
        comparison.exact(row, "log_e_final", last.e_process);
        comparison.exact(row, "log_e_max", most);
        comparison.whole(row, "first_crossing_e_ge_100", first(|evidence| evidence.e_process));
        comparison.exact(row, "log_eSR_final", last.shiryaev_roberts);
        comparison.whole(row, "first_eSR_ge_100", first(|evidence| evidence.shiryaev_roberts));
        comparison.exact(row, "log_eCUSUM_final", last.cusum);
        comparison.whole(row, "first_eCUSUM_ge_100", first(|evidence| evidence.cusum));
        let (low, high) = confidence_sequence(errors, cases, ALPHA).map_err(of(row))?;
        comparison.exact_if_there(row, "beta11_cs95_lo_own", low);
        comparison.exact_if_there(row, "beta11_cs95_hi_own", high);
        comparison.peer(row, "ville_lo", low);
        comparison.peer(row, "ville_hi", high);
        Ok(())
    });
}

pub(super) fn selective(table: &Table, _: &Cases, comparison: &mut Comparison) {
    each(table, comparison, |row, comparison| {
        let (errors, cases) = (row.count("errors_k")?, row.count("n_selected")?);
        let bound = upper_bound(errors, cases, row.number("delta")?).map_err(of(row))?;
        comparison.exact(row, "clopper_pearson_upper", bound);
        for column in &table.columns {
            let Some(share) = column.strip_prefix(P_VALUE) else { continue };
            let share: f64 = share.parse().map_err(|_| format!("the column `{column}` names no share"))?;
            comparison.exact(row, column, at_most(errors, cases, share).map_err(of(row))?);
        }
        Ok(())
    });
}
