//! What a classifier is worth that learns from few examples: random draws of so many of each intent, judged on others.
//!
//! `cargo run --release -p remit-signals --example draws -- BANKING77.csv|CLINC150.json DRAWS 5,10,20,all [NOISE]`: NOISE
//! is the share of labels that are made wrong. `WHEN=unsure|never` asks the encoder otherwise than always.

#![expect(clippy::indexing_slicing, reason = "numbers of examples that were counted here")]

use remit_encoder::Encoder;
use remit_signals::{
    examples::{self, Clinc, Example},
    intent::{self, EncoderUse},
    vector::{Encoded, encode_all},
};
use std::{collections::BTreeMap, env, error::Error, fs, time::Instant};

/// xorshift64*, so that a draw is the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % n.max(1) as u64).unwrap_or(0)
    }

    fn shuffle<T>(&mut self, all: &mut [T]) {
        for at in (1..all.len()).rev() {
            all.swap(at, self.below(at + 1));
        }
    }
}

/// Messages that a draw is judged on at most.
const JUDGED: usize = 3_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [path, draws, sizes, rest @ ..] = arguments.as_slice() else {
        return Err("give the examples, how many draws, and how many examples of each intent".into());
    };
    let noise: f64 = rest.first().map_or(Ok(0.0), |noise| noise.parse())?;
    let bytes = fs::read(path)?;
    let all: Vec<Example> = if path.ends_with(".json") {
        let Clinc { train, val, .. } = examples::parse_clinc(&bytes)?;
        train.into_iter().chain(val).collect()
    } else {
        examples::parse_csv(&bytes)?
    };
    let kept = env::temp_dir().join(format!("remit-vectors-{}.bin", all.len()));
    let encoder = Encoder::built_in();
    let vectors: Vec<Vec<f32>> = match fs::read(&kept) {
        Ok(bytes) => bytes
            .as_chunks::<1536>()
            .0
            .iter()
            .map(|row| row.as_chunks::<4>().0.iter().map(|x| f32::from_le_bytes(*x)).collect())
            .collect(),
        Err(_) => {
            let begun = Instant::now();
            let vectors = encode_all(&encoder, &all.iter().map(|e| e.text.as_str()).collect::<Vec<_>>());
            println!("encoded {} in {:.1} s", all.len(), begun.elapsed().as_secs_f64());
            fs::write(&kept, vectors.iter().flatten().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>())?;
            vectors
        }
    };
    let mut by_label: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, example) in all.iter().enumerate() {
        by_label.entry(&example.label).or_default().push(at);
    }
    for size in sizes.split(',') {
        let mut rows: Vec<[f64; 6]> = Vec::new();
        let begun = Instant::now();
        for draw in 0..draws.parse::<u64>()? {
            let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ (draw + 1).wrapping_mul(0x1234_5678_9abc_def1));
            let (mut training, mut test) = (Vec::new(), Vec::new());
            for of in by_label.values() {
                let mut of = of.clone();
                random.shuffle(&mut of);
                let take = if size == "all" { of.len() * 7 / 8 } else { size.parse::<usize>()?.min(of.len()) };
                training.extend_from_slice(&of[..take]);
                test.extend_from_slice(&of[take..]);
            }
            random.shuffle(&mut training);
            random.shuffle(&mut test);
            test.truncate(JUDGED);
            let labels: Vec<&str> = by_label.keys().copied().collect();
            let examples: Vec<Example> = training
                .iter()
                .map(|at| all[*at].clone())
                .map(|mut e| {
                    if random.below(1_000_000) < (noise * 1e6) as usize {
                        e.label = labels[random.below(labels.len())].to_owned();
                    }
                    e
                })
                .collect();
            let of_training = training.iter().map(|at| vectors[*at].as_slice()).collect();
            let model = intent::train_on(&examples, Some((*encoder.digest(), of_training)), &mut |_, _| {})?;
            let when = if env::var("WHEN").is_ok_and(|w| w == "unsure") {
                EncoderUse::WhenUnsure
            } else if env::var("WHEN").is_ok_and(|w| w == "never") {
                EncoderUse::Never
            } else {
                EncoderUse::Always
            };
            let mut judged: Vec<(u16, bool, bool)> = Vec::new();
            let mut asked = 0usize;
            for at in &test {
                let text = Encoded::known(&all[*at].text, vectors[*at].clone());
                let estimate = model.estimate(&text, when);
                asked += usize::from(estimate.encoded);
                judged.push((estimate.confidence_bp, estimate.label == all[*at].label, !estimate.abstained));
            }
            let n = judged.len() as f64;
            let right = judged.iter().filter(|j| j.1).count() as f64 / n;
            let kept = judged.iter().filter(|j| j.2).count();
            let wrong = judged.iter().filter(|j| j.2 && !j.1).count();
            judged.sort_by_key(|j| std::cmp::Reverse(j.0));
            let (mut bad, mut best) = (0usize, 0usize);
            for (at, j) in judged.iter().enumerate() {
                bad += usize::from(!j.1);
                if bad as f64 <= 0.05 * (at + 1) as f64 {
                    best = at + 1;
                }
            }
            let error = wrong as f64 / kept.max(1) as f64;
            rows.push([
                right,
                kept as f64 / n,
                error,
                f64::from(u8::from(error > 0.05)),
                best as f64 / n,
                asked as f64 / n,
            ]);
        }
        let mean = |at: usize| rows.iter().map(|row| row[at]).sum::<f64>() / rows.len() as f64;
        let least = rows.iter().map(|row| row[1]).fold(1.0, f64::min);
        println!(
            "{size:>4} an intent: accuracy {:.3}, kept {:.3} (least {least:.3}, in hindsight {:.3}), wrong among them {:.4}, beyond 5 % in {:.0} % of draws, encoder asked {:.2}; {:.1} s a draw",
            mean(0),
            mean(1),
            mean(4),
            mean(2),
            mean(3) * 100.0,
            mean(5),
            begun.elapsed().as_secs_f64() / rows.len() as f64
        );
    }
    Ok(())
}
