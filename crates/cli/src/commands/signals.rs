//! `remit signals`: train and judge the intent classifier.

use crate::shown::{self, say};
use anyhow::Context;
use clap::{Args, Subcommand};
use indicatif::ProgressBar;
use remit_signals::{
    examples::{self, Clinc, Example},
    intent::{self, IntentModel},
    lexical::TextReader,
    report,
};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

/// Train and judge the intent classifier.
#[derive(Debug, Subcommand)]
pub(crate) enum Signals {
    /// Train a classifier on labelled examples and write it to a file.
    Train(Train),
    /// Judge a classifier on examples that it has not seen.
    Evaluate(Evaluate),
}

/// Train a classifier.
#[derive(Debug, Args)]
pub(crate) struct Train {
    /// CSV of text and intent, or CLINC150's JSON.
    #[arg(default_value = "bundles/bank/intents.csv")]
    examples: PathBuf,
    /// Where to write the classifier.
    #[arg(long, short, default_value = "intents.bin")]
    out: PathBuf,
}

/// Judge a classifier.
#[derive(Debug, Args)]
pub(crate) struct Evaluate {
    /// Labelled examples to train on: CSV, or CLINC150's JSON.
    #[arg(default_value = "bundles/bank/intents.csv")]
    examples: PathBuf,
    /// Labelled examples to judge on; without them every eighth example is held back.
    #[arg(long)]
    test: Option<PathBuf>,
    /// Messages that no intent fits: CSV with the text in the first column, or CLINC150's JSON.
    #[arg(long)]
    out_of_scope: Option<PathBuf>,
    /// A classifier that was trained before, in place of training.
    #[arg(long)]
    model: Option<PathBuf>,
}

fn read(path: &Path) -> anyhow::Result<Clinc> {
    let bytes = fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let at = || path.display().to_string();
    if path.extension().is_some_and(|ending| ending == "json") {
        return examples::parse_clinc(&bytes).with_context(at);
    }
    Ok(Clinc { train: examples::parse_csv(&bytes).with_context(at)?, ..Clinc::default() })
}

fn train(examples: &[Example]) -> anyhow::Result<IntentModel> {
    let bar = ProgressBar::new(0);
    let model = intent::train(examples, &mut |done, steps| {
        bar.set_length(steps as u64);
        bar.set_position(done as u64);
    })?;
    bar.finish_and_clear();
    Ok(model)
}

impl Signals {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        match self {
            Self::Train(asked) => {
                let started = Instant::now();
                let examples = read(&asked.examples)?.train;
                let model = train(&examples)?;
                fs::write(&asked.out, model.to_bytes())
                    .with_context(|| format!("{} cannot be written", asked.out.display()))?;
                let (intents, seconds) = (model.labels().len(), started.elapsed().as_secs_f64());
                if json {
                    let examples = examples.len();
                    shown::json(&serde_json::json!({ "intents": intents, "examples": examples, "seconds": seconds }));
                } else {
                    say!(
                        "{intents} intents from {} examples in {seconds:.1} s, written to {}",
                        examples.len(),
                        asked.out.display()
                    );
                }
                Ok(true)
            }
            Self::Evaluate(asked) => evaluate(asked, json),
        }
    }
}

fn evaluate(asked: &Evaluate, json: bool) -> anyhow::Result<bool> {
    let given = read(&asked.examples)?;
    let out_of_scope: Vec<String> = match &asked.out_of_scope {
        Some(path) => {
            let read = read(path)?;
            let texts = read.train.into_iter().map(|example| example.text);
            if read.out_of_scope.is_empty() { texts.collect() } else { read.out_of_scope }
        }
        None => given.out_of_scope.clone(),
    };
    let (training, test) = match &asked.test {
        Some(path) => {
            let test = read(path)?;
            (given.train, if test.val.is_empty() { test.train } else { test.val })
        }
        None if !given.val.is_empty() => (given.train, given.val),
        None => {
            let held = |at: &usize| at % 8 == 4;
            let part = |want: bool| {
                given
                    .train
                    .iter()
                    .enumerate()
                    .filter(|(at, _)| held(at) == want)
                    .map(|(_, e)| e.clone())
                    .collect::<Vec<_>>()
            };
            (part(false), part(true))
        }
    };
    let model = match &asked.model {
        Some(path) => {
            IntentModel::from_bytes(&fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?)?
        }
        None => train(&training)?,
    };
    let report = report::evaluate(&model, &test, &out_of_scope);
    let mut times: Vec<u128> = test
        .iter()
        .map(|example| {
            let started = Instant::now();
            std::hint::black_box(model.estimate(&example.text));
            started.elapsed().as_nanos()
        })
        .collect();
    times.sort_unstable();
    let p50_us = times.get(times.len() / 2).copied().unwrap_or(0) as f64 / 1e3;
    let words = remit_signals::labelled::report(&TextReader::new());
    if json {
        shown::json(&serde_json::json!({ "intent": report, "p50_us": p50_us, "words": words }));
        return Ok(true);
    }
    say!("intent, on {} messages that it has not seen", report.messages);
    say!("  accuracy               {:.4}", report.accuracy);
    say!("  calibration error      {:.4}", report.calibration_error);
    say!("  kept                   {:.4}, of which wrong {:.4}", report.kept, report.wrong_among_kept);
    say!("  half take at most      {p50_us:.1} µs");
    if let (Some(auroc), Some(recall)) = (report.out_of_scope_auroc, report.out_of_scope_recall) {
        say!("out of scope, on {} messages", report.out_of_scope_messages);
        say!("  AUROC                  {auroc:.4}");
        say!("  found at 95 % kept     {recall:.4}");
    }
    say!("words, on the labelled set (all sentences / those held back from writing the rules)");
    for row in words {
        say!(
            "  {:<22} precision {:.3} / {:.3}  recall {:.3} / {:.3}  ({} positives)",
            row.signal,
            row.precision,
            row.held_precision,
            row.recall,
            row.held_recall,
            row.positives
        );
    }
    Ok(true)
}
