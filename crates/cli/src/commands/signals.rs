//! `remit signals`: train and judge what reads messages.

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use indicatif::ProgressBar;
use remit_command::{
    open,
    shown::{self, say},
};
use remit_encoder::Encoder;
use remit_signals::{
    by_intent::ByIntent,
    examples::{self, Clinc, Example},
    intent::{self, EncoderUse, IntentModel, Training},
    labelled::{self, WordReport},
    lexical::TextReader,
    message_reader,
    report::{self, IntentReport, ReadWith},
    sentence_lesson::SentenceLesson,
    vector::Encoded,
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

/// The sample bank's labelled examples, where they are here.
const EXAMPLES: &str = "bundles/bank/intents.csv";
/// Intents that a table on the terminal names.
const ROWS_MAX: usize = 20;

/// Train and judge what reads messages.
#[derive(Debug, Subcommand)]
pub(crate) enum Signals {
    /// Train an intent classifier on labelled examples and write it to a file.
    Train(Train),
    /// Judge an intent classifier on examples that it has not seen, and the readings of words on labelled messages.
    Evaluate(Evaluate),
    /// Read a text as a server would that the bundle governs, and say by what it is read so.
    Read(ReadText),
}

/// Read a text.
#[derive(Debug, Args)]
pub(crate) struct ReadText {
    /// What a customer might write.
    text: String,
    /// The bundle's directory.
    #[arg(long, default_value = open::SAMPLE)]
    bundle: PathBuf,
    /// A data directory in which what is trained is kept; nothing is kept without it.
    #[arg(long)]
    data: Option<PathBuf>,
}

/// When the sentence encoder is asked.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum AskEncoder {
    /// Where the words alone do not make it sure.
    WhenUnsure,
    /// For every message.
    Always,
    /// For none.
    Never,
}

impl From<AskEncoder> for EncoderUse {
    fn from(asked: AskEncoder) -> Self {
        match asked {
            AskEncoder::WhenUnsure => Self::WhenUnsure,
            AskEncoder::Always => Self::Always,
            AskEncoder::Never => Self::Never,
        }
    }
}

/// Train a classifier.
#[derive(Debug, Args)]
pub(crate) struct Train {
    /// CSV of text and intent, or CLINC150's JSON.
    #[arg(default_value = EXAMPLES)]
    examples: PathBuf,
    /// Where to write the classifier.
    #[arg(long, short, default_value = "intents.bin")]
    out: PathBuf,
    /// Whether it learns with the sentence encoder beside words and characters.
    #[arg(long, default_value = "when-unsure")]
    encoder: AskEncoder,
}

/// Judge a classifier.
#[derive(Debug, Args)]
pub(crate) struct Evaluate {
    /// Labelled examples to train on: CSV, or CLINC150's JSON.
    #[arg(default_value = EXAMPLES)]
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
    /// When the sentence encoder is asked.
    #[arg(long, default_value = "when-unsure")]
    encoder: AskEncoder,
}

fn read(path: &Path) -> anyhow::Result<Clinc> {
    anyhow::ensure!(
        path != Path::new(EXAMPLES) || path.is_file(),
        "{EXAMPLES}, the examples of the sample bank that are taken where none are named, are not here; name a file of \
         examples behind the command, such as intents.csv of your bundle"
    );
    let bytes = fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let at = || path.display().to_string();
    if path.extension().is_some_and(|ending| ending == "json") {
        return examples::parse_clinc(&bytes).with_context(at);
    }
    Ok(Clinc { train: examples::parse_csv(&bytes).with_context(at)?, ..Clinc::default() })
}

fn encoder(when: EncoderUse) -> Option<Arc<Encoder>> {
    (when != EncoderUse::Never).then(Encoder::built_in)
}

fn train(examples: &[Example], encoder: Option<&Encoder>) -> anyhow::Result<IntentModel> {
    let bar = ProgressBar::new(0);
    let model = intent::train(examples, encoder, &mut |done, steps| {
        bar.set_length(steps as u64);
        bar.set_position(done as u64);
    })?;
    bar.finish_and_clear();
    Ok(model)
}

impl Signals {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        match self {
            Self::Train(asked) => train_to_file(asked, json),
            Self::Evaluate(asked) => evaluate(asked, json),
            Self::Read(asked) => read_text(asked, json),
        }
    }
}

fn train_to_file(asked: &Train, json: bool) -> anyhow::Result<bool> {
    let started = Instant::now();
    let examples = read(&asked.examples)?.train;
    let model = train(&examples, encoder(asked.encoder.into()).as_deref())?;
    fs::write(&asked.out, model.to_bytes()).with_context(|| format!("{} cannot be written", asked.out.display()))?;
    let seconds = started.elapsed().as_secs_f64();
    let training = model.training();
    if json {
        shown::json(&serde_json::json!({
            "intents": training.intents, "examples": training.examples, "seconds": seconds, "held_out": training,
        }));
        return Ok(true);
    }
    say!(
        "{} intents from {} examples in {seconds:.1} s, written to {}",
        training.intents,
        training.examples,
        asked.out.display()
    );
    tell_training(training);
    tell_by_intent(&training.by_intent);
    Ok(true)
}

fn read_text(asked: &ReadText, json: bool) -> anyhow::Result<bool> {
    let bundle = open::load_named(&asked.bundle, open::BY_FLAG)?;
    let reader = remit_app::governance::reader::open(asked.data.as_deref(), &bundle, &mut |step| shown::note(step))?;
    let message = remit_signals::written::written(&asked.text);
    let (intent, words) = reader.read(&message.now);
    if json {
        shown::json(&serde_json::json!({
            "read": message.now,
            "intent": { "label": intent.label, "confidence_bp": intent.confidence_bp, "runner_up": intent.runner_up,
                "runner_up_bp": intent.runner_up_bp, "out_of_scope_bp": intent.out_of_scope_bp,
                "abstained": intent.abstained, "encoded": intent.encoded },
            "wants_human": { "value": words.wants_human.present, "because": words.wants_human.rules },
            "situation": { "value": words.situation.kind, "strength_bp": words.situation.strength_bp,
                "because": words.situation.rules },
            "frustration_bp": { "value": words.frustration.strength_bp, "because": words.frustration.rules },
            "complexity_bp": { "value": words.complexity.strength_bp, "because": words.complexity.rules },
            "language": words.language.code,
        }));
        return Ok(true);
    }
    let sure = if intent.abstained { ", not sure enough to be followed" } else { "" };
    let how = if intent.encoded { ", by the sentence encoder too" } else { "" };
    say!("intent       {} ({:.1} %{how}{sure})", intent.label, f64::from(intent.confidence_bp) / 100.0);
    say!("             before {} ({:.1} %)", intent.runner_up, f64::from(intent.runner_up_bp) / 100.0);
    say!("out of scope {:.1} %", f64::from(intent.out_of_scope_bp) / 100.0);
    let told = |what: &str, value: String, rules: &[&str]| {
        say!("{what:<12} {value}");
        for rule in rules {
            let told = reader.words.readings().told(rule).unwrap_or_else(|| format!("`{rule}`"));
            shown::words(13, &told);
        }
    };
    told(
        "human",
        if words.wants_human.present { "asked for" } else { "not asked for" }.to_owned(),
        &words.wants_human.rules,
    );
    told("situation", words.situation.kind.to_owned(), &words.situation.rules);
    told("frustration", format!("{:.0} %", f64::from(words.frustration.strength_bp) / 100.0), &words.frustration.rules);
    told("complexity", format!("{:.0} %", f64::from(words.complexity.strength_bp) / 100.0), &words.complexity.rules);
    say!("language     {}", words.language.code);
    Ok(true)
}

/// What training showed on examples that were held out.
fn tell_training(training: &Training) {
    say!("held out in turn: {:.3} told right, {:.3} sure enough to be followed", training.accuracy, training.kept);
    if training.mislabelled > 0.0 {
        say!("about {:.0} % of the labels seem to be wrong themselves", training.mislabelled * 100.0);
    }
    if let Some(told) = training.abstains_on_all() {
        say!("{told}");
    }
}

/// Which intents are taken for which, the worst first.
fn tell_by_intent(rows: &[ByIntent]) {
    let mistaken = rows.iter().filter(|row| row.wrong() > 0).count();
    if mistaken == 0 {
        return;
    }
    say!("{:<44} {:>8} {:>5} {:>5}  taken for", "intent", "messages", "right", "kept");
    for row in rows.iter().take(mistaken.min(ROWS_MAX)) {
        let others: Vec<String> =
            row.taken_for.iter().map(|other| format!("{} {}", other.times, other.intent)).collect();
        let ByIntent { intent, messages, right, kept, .. } = row;
        say!("{intent:<44} {messages:>8} {right:>5} {kept:>5}  {}", others.join(", "));
    }
    if mistaken > ROWS_MAX {
        say!("and {} other intents that are told better; --json has them all", mistaken - ROWS_MAX);
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
        None => every_eighth_held_back(&given.train),
    };
    let when: EncoderUse = asked.encoder.into();
    let encoder = encoder(when);
    let reading = ReadWith { encoder: encoder.as_deref(), when };
    let model = match &asked.model {
        Some(path) => {
            IntentModel::from_bytes(&fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?)?
        }
        None => train(&training, reading.encoder)?,
    };
    let report = report::evaluate(&model, reading, &test, &out_of_scope);
    let mut times: Vec<u128> = test
        .iter()
        .map(|example| {
            let started = Instant::now();
            std::hint::black_box(model.estimate(&Encoded::new(&example.text, reading.encoder), when));
            started.elapsed().as_nanos()
        })
        .collect();
    times.sort_unstable();
    let p50_us = times.get(times.len() / 2).copied().unwrap_or(0) as f64 / 1e3;
    let mean_us = times.iter().sum::<u128>() as f64 / times.len().max(1) as f64 / 1e3;
    let words = words(reading);
    if json {
        shown::json(&serde_json::json!({
            "intent": report, "p50_us": p50_us, "mean_us": mean_us, "held_out": model.training(), "words": words,
        }));
        return Ok(true);
    }
    tell_intent(&report, p50_us, mean_us);
    tell_by_intent(&report.by_intent);
    tell_training(model.training());
    tell_words(&words);
    Ok(true)
}

fn every_eighth_held_back(examples: &[Example]) -> (Vec<Example>, Vec<Example>) {
    let part = |held: bool| {
        let chosen = examples.iter().enumerate().filter(move |(at, _)| (at % 8 == 4) == held);
        chosen.map(|(_, example)| example.clone()).collect()
    };
    (part(false), part(true))
}

/// What the readings of words by the packs that ship are worth on the labelled messages.
fn words(reading: ReadWith<'_>) -> Vec<WordReport> {
    let reader = TextReader::new();
    let classifier = SentenceLesson::of(&reader).map(|lesson| lesson.classifier(&Encoder::built_in()));
    let read = |text: &str| {
        message_reader::read(&reader, classifier.as_ref(), &Encoded::new(text, reading.encoder), reading.when)
    };
    labelled::held_back().iter().chain([&labelled::looked_at()]).flat_map(|set| labelled::report(set, &read)).collect()
}

fn tell_intent(report: &IntentReport, p50_us: f64, mean_us: f64) {
    say!("intent, on {} messages that it has not seen", report.messages);
    say!("  accuracy               {:.4}", report.accuracy);
    say!("  calibration error      {:.4}", report.calibration_error);
    say!("  kept                   {:.4}, of which wrong {:.4}", report.kept, report.wrong_among_kept);
    say!("  encoder asked          {:.4}", report.encoded);
    say!("  half take at most      {p50_us:.1} µs, {mean_us:.1} µs in the mean");
    if let (Some(auroc), Some(recall)) = (report.out_of_scope_auroc, report.out_of_scope_recall) {
        say!("out of scope, on {} messages", report.out_of_scope_messages);
        say!("  AUROC                  {auroc:.4}");
        say!("  found at 95 % kept     {recall:.4}");
    }
}

fn tell_words(words: &[WordReport]) {
    let mut set = "";
    for row in words {
        if row.set != set {
            set = row.set;
            say!("words, on {set}");
        }
        say!(
            "  {:<20} found {:>3} of {:>3} ({:.3}), read falsely in {:>3} of {:>4} ({:.4})",
            row.signal,
            row.found,
            row.there,
            row.recall(),
            row.mistaken,
            row.not_there,
            row.false_share()
        );
    }
}
