//! `remit capacity threshold`: from which confidence on an AI may keep a case, with a guarantee.

use super::{
    amounts::{percent, share},
    table::Table,
};
use clap::Args;
use remit_capacity::evidence::{Guarantee, LabelledCase, ThresholdCost, UnitCosts, costs, learn_then_test};
use remit_command::shown::{self, counted, many, say};
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::PathBuf};

/// Say from which confidence on an AI may keep a case, so that no more than a share of those it keeps is wrong.
///
/// The file is one of comma-separated values with the columns confidence (from 0 to 1), wrong (1 or 0), and intent if
/// there is one; each intent is judged for itself. Thresholds are tried in an order fixed beforehand, from the
/// strictest on, and the first that the cases do not prove good ends it (learn, then test), so that the guarantee
/// fails with no more than the probability that you allow. Nothing is applied: it is advice. Take cases that the AI
/// has not learnt from, and whose outcome is known however it was handled. The command exits with 1 where an intent
/// has no threshold that holds.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  At most 5 % wrong, with 90 % certainty:
    remit capacity threshold labelled.csv --wrong 5% --failure 10%
  And what being stricter costs, with a case of the AI's at 0.10, of a person's at 5, and a wrong one at 40 more:
    remit capacity threshold labelled.csv --wrong 5% --failure 10% --ai-cost 0.1 --person-cost 5 --wrong-cost 40")]
pub(crate) struct Threshold {
    /// The labelled cases.
    file: PathBuf,
    /// The share of the cases it keeps that may be wrong.
    #[arg(long, value_name = "SHARE", value_parser = share, allow_hyphen_values = true)]
    wrong: f64,
    /// The probability that this does not hold.
    #[arg(long, value_name = "SHARE", default_value = "10%", value_parser = share, allow_hyphen_values = true)]
    failure: f64,
    /// Thresholds that are tried, fixed without a look at the cases; from 0.99 down to 0.5 unless told.
    #[arg(long, value_name = "CONFIDENCES", value_delimiter = ',', value_parser = share)]
    thresholds: Vec<f64>,
    /// What a case costs that the AI keeps.
    #[arg(long, value_name = "AMOUNT", requires = "person_cost")]
    ai_cost: Option<f64>,
    /// What a case costs that a person handles.
    #[arg(long, value_name = "AMOUNT", requires = "wrong_cost")]
    person_cost: Option<f64>,
    /// What a wrong case costs beside that.
    #[arg(long, value_name = "AMOUNT", requires = "ai_cost")]
    wrong_cost: Option<f64>,
}

impl Threshold {
    pub(super) fn run(&self, json: bool) -> anyhow::Result<bool> {
        let table = Table::read(&self.file, &["confidence", "wrong"], &["intent"])?;
        let mut by_intent: BTreeMap<&str, Vec<LabelledCase>> = BTreeMap::new();
        for row in table.rows() {
            let case =
                LabelledCase { confidence: table.number(row, "confidence")?, is_wrong: table.truth(row, "wrong")? };
            by_intent.entry(table.text(row, "intent")).or_default().push(case);
        }
        let thresholds = match self.thresholds.as_slice() {
            [] => (50..100).map(|percent| f64::from(percent) / 100.0).collect(),
            given => given.to_vec(),
        };
        let mut told = Vec::new();
        for (intent, cases) in &by_intent {
            told.push(self.judged(intent, cases, &thresholds)?);
        }
        let all_hold = told.iter().all(|one| one.get("threshold").is_some_and(Value::is_number));
        if json {
            let (wrong, failure) = (self.wrong, self.failure);
            shown::json(&json!({ "wrong_share": wrong, "failure": failure, "intents": told }));
            return Ok(all_hold);
        }
        say!(
            "at most {} of what the AI keeps is wrong, which fails with a probability of at most {}",
            percent(self.wrong),
            percent(self.failure)
        );
        told.iter().for_each(print);
        say!("measured: confidences and outcomes, on the cases of the file; assumed: that cases to come are like them");
        Ok(all_hold)
    }

    fn judged(&self, intent: &str, cases: &[LabelledCase], thresholds: &[f64]) -> anyhow::Result<Value> {
        let guarantee = Guarantee { wrong_share: self.wrong, failure: self.failure };
        let unit = match (self.ai_cost, self.person_cost, self.wrong_cost) {
            (Some(ai), Some(person), Some(wrong)) => Some(UnitCosts { ai, person, wrong }),
            _ => None,
        };
        let rows = unit.map(|unit| costs(cases, thresholds, &unit)).transpose()?;
        let rows: Vec<Value> = rows.iter().flatten().map(row).collect();
        let found = match learn_then_test(cases, thresholds, &guarantee) {
            Ok(found) => found,
            Err(refused @ remit_capacity::Uncomputable::TooLittle(_)) => {
                let why = refused.to_string();
                return Ok(json!({ "intent": intent, "cases": cases.len(), "threshold": null, "why": why }));
            }
            Err(refused) => return Err(refused.into()),
        };
        Ok(match found {
            Some(found) => json!({
                "intent": intent, "cases": cases.len(), "threshold": found.threshold, "kept": found.kept,
                "wrong": found.wrong, "wrong_share_at_most": found.bound, "costs": rows,
            }),
            None => json!({
                "intent": intent, "cases": cases.len(), "threshold": null, "costs": rows,
                "why": "even of those it is surest of, too many are wrong, or too few are there to show otherwise",
            }),
        })
    }
}

fn row(costs: &ThresholdCost) -> Value {
    let ThresholdCost { threshold, kept, wrong, mean, beyond_cheapest } = costs;
    json!({
        "threshold": threshold, "kept": kept, "wrong": wrong, "mean_cost": mean, "beyond_cheapest": beyond_cheapest,
    })
}

fn print(told: &Value) {
    let number = |of: &Value, name: &str| of.get(name).and_then(Value::as_f64).unwrap_or_default();
    let count = |of: &Value, name: &str| of.get(name).and_then(Value::as_u64).unwrap_or_default();
    let intent = told.get("intent").and_then(Value::as_str).unwrap_or_default();
    let name = if intent.is_empty() { "all cases" } else { intent };
    let threshold = told.get("threshold").and_then(Value::as_f64);
    match threshold {
        Some(threshold) => say!(
            "{name}: from {threshold:.2} on the AI may keep a case: {} of {}, {} wrong, at most {} of them",
            many(count(told, "kept")),
            counted(count(told, "cases"), "case", "cases"),
            many(count(told, "wrong")),
            percent(number(told, "wrong_share_at_most"))
        ),
        None => {
            let why = told.get("why").and_then(Value::as_str).unwrap_or_default();
            say!("{name}: no threshold holds: {why}");
        }
    }
    let rows = told.get("costs").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let Some(cheapest) = rows.iter().find(|row| number(row, "beyond_cheapest") == 0.0) else { return };
    say!("  {:>10}{:>10}{:>10}{:>14}{:>20}", "threshold", "kept", "wrong", "mean cost", "beyond cheapest");
    let told_rows = rows.iter().enumerate().filter(|(at, row)| {
        at % 5 == 0 || *row == cheapest || threshold == row.get("threshold").and_then(Value::as_f64)
    });
    for (_, row) in told_rows {
        let at = number(row, "threshold");
        let mark = if threshold == Some(at) { ">" } else { " " };
        say!(
            "{mark} {at:>10.2}{:>10}{:>10}{:>14.3}{:>20.3}",
            many(count(row, "kept")),
            many(count(row, "wrong")),
            number(row, "mean_cost"),
            number(row, "beyond_cheapest")
        );
    }
}
