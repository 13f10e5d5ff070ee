//! The sentence encoder on one core, in turns with PyTorch running the same model.

use crate::{
    meter,
    options::{Bench, TURNS},
    python::{PROGRAMS, Python, Talk},
    setting::Setting,
};
use anyhow::ensure;
use remit_encoder::Encoder;
use std::{hint::black_box, time::Duration};

/// Pieces of a text, with those at its ends.
const TOKENS: usize = 16;
/// What a text of so many may take at the median, in milliseconds.
const P50_MS: f64 = 5.0;
/// How many times as fast as PyTorch it must be.
const TIMES: f64 = 2.5;
/// Texts in a turn.
const TEXTS: usize = 200;
/// What runs the published model in 32-bit floats, and how: the first is what is compared with.
const OTHERS: [&str; 3] = ["torch", "torch, 8-bit", "sentence-transformers"];

pub(crate) fn run(_: &Bench, setting: &Setting) -> anyhow::Result<bool> {
    let encoder = Encoder::built_in();
    let texts = setting.messages.iter().map(|message| message.text.as_str());
    let texts: Vec<&str> = texts.filter(|text| encoder.tokens(text).len() == TOKENS).collect();
    ensure!(!texts.is_empty(), "no message of the traffic has {TOKENS} tokens");
    let texts: Vec<&str> = texts.iter().copied().cycle().take(TEXTS).collect();
    let mut program = Python::installed()?.command("python");
    program.arg(format!("{PROGRAMS}/encode.py"));
    let mut others = Talk::with(program)?;
    let said: serde_json::Value = others.hear()?;
    let version = said.get("torch").and_then(serde_json::Value::as_str).unwrap_or("of unknown version");
    println!("\nall-MiniLM-L6-v2, {TOKENS} tokens, one text at a time on one thread, in turns with PyTorch {version}");
    let (mut own, mut took) = (Took::new(), [const { Took::new() }; OTHERS.len()]);
    for _ in 0..TURNS {
        let (warm, _) = texts.split_at(TEXTS / 4);
        warm.iter().for_each(|text| drop(black_box(encoder.encode(text))));
        for text in &texts {
            let (begun, cpu) = (meter::now(), meter::cpu_of_thread());
            black_box(encoder.encode(text));
            let micros = |took: Duration| took.as_secs_f64() * 1e6;
            own.add((micros(begun.elapsed()), micros(meter::cpu_of_thread() - cpu)));
        }
        for (by, took) in OTHERS.iter().zip(&mut took) {
            let mut turn =
                |texts: &[&str]| others.ask::<Vec<(f64, f64)>>(&serde_json::json!({ "by": by, "texts": texts }));
            turn(warm)?;
            turn(&texts)?.into_iter().for_each(|one| took.add(one));
        }
    }
    println!("  {:<24} {:>9} {:>9} {:>17} {:>14}", "", "p50 ms", "p99 ms", "processor p50 ms", "times Remit's");
    let own = own.sum();
    let row = |by: &str, sum: Sum| {
        let Sum { p50, p99, cpu } = sum;
        println!("  {by:<24} {p50:>9.2} {p99:>9.2} {cpu:>17.2} {:>14.2}", cpu / own.cpu);
    };
    row("Remit", own);
    let sums = took.map(Took::sum);
    OTHERS.iter().zip(sums).for_each(|(by, sum)| row(by, sum));
    println!("  goal: at most {P50_MS} ms at the median, and PyTorch at least {TIMES} times Remit's processor time");
    Ok(own.p50 <= P50_MS && sums.first().is_some_and(|first| first.cpu >= TIMES * own.cpu))
}

/// Microseconds of texts, by the clock and of processor time, which others on the machine disturb less.
struct Took {
    clock: Vec<f64>,
    cpu: Vec<f64>,
}

/// The same in milliseconds: by the clock the median and the 99th percentile, of processor time the median.
#[derive(Clone, Copy)]
struct Sum {
    p50: f64,
    p99: f64,
    cpu: f64,
}

impl Took {
    const fn new() -> Self {
        Self { clock: Vec::new(), cpu: Vec::new() }
    }

    fn add(&mut self, (clock, cpu): (f64, f64)) {
        self.clock.push(clock);
        self.cpu.push(cpu);
    }

    fn sum(mut self) -> Sum {
        let ms = |values: &mut [f64], share| meter::percentile(values, share) / 1e3;
        Sum { p50: ms(&mut self.clock, 0.5), p99: ms(&mut self.clock, 0.99), cpu: ms(&mut self.cpu, 0.5) }
    }
}
