//! The sentence encoder on one core, in turns with PyTorch running the same model.

use crate::{
    Bench, TURNS, meter,
    python::{PROGRAMS, Python, Talk},
    setting::Setting,
};
use anyhow::ensure;
use remit_encoder::Encoder;
use std::hint::black_box;

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
    let (mut own, mut took) = (Vec::new(), [const { Vec::new() }; OTHERS.len()]);
    for _ in 0..TURNS {
        let (warm, _) = texts.split_at(TEXTS / 4);
        warm.iter().for_each(|text| drop(black_box(encoder.encode(text))));
        for text in &texts {
            let begun = meter::now();
            black_box(encoder.encode(text));
            own.push(begun.elapsed().as_secs_f64() * 1e6);
        }
        for (by, took) in OTHERS.iter().zip(&mut took) {
            let mut turn = |texts: &[&str]| others.ask::<Vec<f64>>(&serde_json::json!({ "by": by, "texts": texts }));
            turn(warm)?;
            took.extend(turn(&texts)?);
        }
    }
    println!("  {:<24} {:>9} {:>9} {:>14}", "", "p50 ms", "p99 ms", "times Remit's");
    let sum = |took: &mut [f64]| (meter::percentile(took, 0.5) / 1e3, meter::percentile(took, 0.99) / 1e3);
    let (p50, p99) = sum(&mut own);
    println!("  {:<24} {p50:>9.2} {p99:>9.2} {:>14}", "Remit", "");
    let mut slower = Vec::new();
    for (by, took) in OTHERS.iter().zip(&mut took) {
        let (other, p99) = sum(took);
        slower.push(other / p50);
        println!("  {by:<24} {other:>9.2} {p99:>9.2} {:>14.2}", other / p50);
    }
    println!("  goal: at most {P50_MS} ms at the median, and PyTorch at least {TIMES} times that");
    Ok(p50 <= P50_MS && slower.first().is_some_and(|times| *times >= TIMES))
}
