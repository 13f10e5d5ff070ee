//! A message read whole, as the server does when it opens a case: what was written now, whether a machine wrote it, the
//! intent, and what its words say. And what training takes.

use crate::{
    meter,
    options::Bench,
    setting::{self, Setting},
};
use remit_signals::{
    examples,
    intent::{self, EncoderUse},
    machine::automatic,
    message_reader::MessageReader,
    written::written,
};
use std::hint::black_box;

/// Microseconds that a message takes at the median without the encoder: one of 100 bytes, and one of 4 KB.
const SHORT_US: f64 = 25.0;
const LONG_US: f64 = 250.0;
/// Milliseconds that a message of the traffic takes in the mean where the encoder is asked when unsure.
const MEAN_MS: f64 = 1.5;
/// By how much the share of right intents may then be below that with the encoder always asked.
const BELOW: f64 = 0.003;
/// Seconds that training takes on all of the bundle's examples, and on so many.
const ALL_S: f64 = 60.0;
const FEW: usize = 500;
const FEW_S: f64 = 5.0;
/// Messages of each length that are read without the encoder.
const TIMES: usize = 4_000;

/// Reads a message as the server does that opens a case with it.
fn read<'a>(reader: &'a MessageReader, text: &str) -> intent::IntentEstimate<'a> {
    let message = written(text);
    black_box(automatic(&message));
    let (estimate, words) = reader.read(&message.now);
    black_box(words);
    estimate
}

/// What reads messages where the encoder is asked as `when` says.
fn reader(setting: &Setting, when: &str) -> anyhow::Result<MessageReader> {
    let bundle = setting::load(setting::asking(setting.files.clone(), when)?)?;
    setting.reader(&bundle)
}

/// Texts of three kinds: of about 100 bytes, of 4 KB that all count, and of 4 KB of which much was quoted.
struct Texts {
    short: Vec<String>,
    long: Vec<String>,
    quoting: Vec<String>,
}

impl Texts {
    fn of(setting: &Setting) -> Self {
        let texts = || setting.messages.iter().map(|message| message.text.trim());
        let short = texts().filter(|text| (90..=110).contains(&text.len())).map(str::to_owned).collect();
        let mail = |from: usize, bytes: usize, begin: &str| {
            let mut mail = String::new();
            for text in texts().cycle().skip(from * 37) {
                if mail.len() + begin.len() + text.len() + 2 > bytes {
                    break;
                }
                mail.push_str(begin);
                mail.push_str(text);
                mail.push_str(if mail.len().is_multiple_of(3) { "\n\n" } else { "\n" });
            }
            mail
        };
        let long = (0..40).map(|n| mail(n, 4_096, "")).collect();
        let quoting = (0..40).map(|n| {
            let (now, quoted) = (mail(n, 2_000, ""), mail(n + 5, 1_900, "> "));
            format!("Hello,\n\n{now}\nKind regards\nJo\n\nOn Fri, 27 Nov 2026 at 10:14, Support wrote:\n{quoted}")
        });
        Self { short, long, quoting: quoting.collect() }
    }
}

/// Prints one row, and says whether its goal was met.
fn row(what: &str, measured: f64, goal: Option<f64>, unit: &str) -> bool {
    let told = goal.map_or_else(String::new, |goal| format!("{goal:>9} {unit}"));
    let met = goal.is_none_or(|goal| measured <= goal);
    println!("  {what:<66} {measured:>9.4} {unit:<3} {told}{}", if met { "" } else { "   missed" });
    met
}

pub(crate) fn run(_: &Bench, setting: &Setting) -> anyhow::Result<bool> {
    println!("\na message read whole as when a case is opened, one thread; and training, by all processors");
    println!("  {:<66} {:>13} {:>13}", "", "measured", "at most");
    let mut met = without_encoder(setting)?;
    met &= traffic(setting)?;
    met &= training(setting)?;
    Ok(met)
}

fn without_encoder(setting: &Setting) -> anyhow::Result<bool> {
    let (never, texts) = (reader(setting, "never")?, Texts::of(setting));
    let mut met = true;
    for (what, texts, goal) in [
        ("never: 100 bytes", &texts.short, SHORT_US),
        ("never: 4 KB", &texts.long, LONG_US),
        ("never: 4 KB, the half of it quoted", &texts.quoting, LONG_US),
    ] {
        let text = |n: usize| texts.get(n % texts.len().max(1)).map_or("", String::as_str);
        let time = |act: &dyn Fn(&str)| meter::each(TIMES, |n| act(text(n))).0;
        let whole = time(&|text| {
            black_box(read(&never, text));
        });
        met &= row(&format!("{what}, p50"), whole, Some(goal), "µs");
        let apart = time(&|text| {
            black_box(written(text));
        });
        row("  taken apart", apart, None, "µs");
        let known = time(&|text| {
            black_box(automatic(&written(text)));
        });
        row("  known for a machine's", known - apart, None, "µs");
        let intent = time(&|text| {
            black_box(never.intent(text));
        });
        row("  intent", intent, None, "µs");
        let words = time(&|text| {
            black_box(never.words(text));
        });
        row("  words", words, None, "µs");
    }
    Ok(met)
}

/// Reads all of the traffic, and says how many milliseconds of processor time that took for each message in the mean,
/// which share of the intents was right, and for which share the encoder was asked.
fn of_traffic(setting: &Setting, reader: &MessageReader) -> (f64, f64, f64) {
    let known = reader.intents.labels();
    let (mut right, mut all, mut encoded) = (0usize, 0usize, 0usize);
    let begun = meter::cpu_of_thread();
    for message in setting.messages.iter() {
        let estimate = read(reader, &message.text);
        encoded += usize::from(estimate.encoded);
        if known.contains(&message.intent) {
            all += 1;
            right += usize::from(estimate.label == message.intent);
        }
    }
    let count = setting.messages.len() as f64;
    (
        (meter::cpu_of_thread() - begun).as_secs_f64() * 1e3 / count,
        right as f64 / all.max(1) as f64,
        encoded as f64 / count,
    )
}

fn traffic(setting: &Setting) -> anyhow::Result<bool> {
    let mut reader = reader(setting, "when unsure")?;
    let (took, unsure, encoded) = of_traffic(setting, &reader);
    reader.when = EncoderUse::Always;
    let (took_always, always, _) = of_traffic(setting, &reader);
    let messages = setting.messages.len();
    let mut met = row(&format!("when unsure: mean of the traffic ({messages})"), took, Some(MEAN_MS), "ms");
    row("  intents for which the encoder is asked", encoded, None, "");
    row("always: mean of the traffic", took_always, None, "ms");
    row("  accuracy", always, None, "");
    row("  accuracy when unsure", unsure, None, "");
    met &= row("  by how much that is below", always - unsure, Some(BELOW), "");
    Ok(met)
}

fn training(setting: &Setting) -> anyhow::Result<bool> {
    let all = examples::parse_csv(setting.files.get("intents.csv").unwrap_or_default())?;
    let each = (all.len() / FEW).max(1);
    let few: Vec<_> = all.iter().step_by(each).take(FEW).cloned().collect();
    let encoder = remit_encoder::Encoder::built_in();
    let mut met = true;
    for (examples, goal) in [(&few, FEW_S), (&all, ALL_S)] {
        let begun = meter::now();
        black_box(intent::train(examples, Some(&*encoder), &mut |_, _| {})?);
        let what = format!("training on {} examples", examples.len());
        met &= row(&what, begun.elapsed().as_secs_f64(), Some(goal), "s");
    }
    Ok(met)
}
