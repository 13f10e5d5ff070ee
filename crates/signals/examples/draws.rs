//! What a classifier is worth that learns from few examples: random draws of so many of each intent, judged on others.
//!
//! `cargo run --release -p remit-signals --example draws -- BANKING77.csv|CLINC150.json DRAWS 5,10,20,all [NOISE
//! [COPIES]]`: NOISE is the share of labels that are made wrong, COPIES the share of examples that are given a second
//! time with a small edit. `WHEN=unsure|never` asks the encoder otherwise than always. Each draw is told on standard
//! error, a line for each size on standard output.

#![expect(clippy::indexing_slicing, reason = "numbers of examples that were counted here")]

use remit_encoder::Encoder;
use remit_signals::{
    examples::{self, Clinc, Example},
    intent::{self, EncoderUse},
    vector::{Encoded, encode_all},
};
use std::{cmp::Reverse, collections::BTreeMap, env, error::Error, fs, time::Instant};

/// Messages that a draw is judged on at most.
const JUDGED: usize = 3_000;
/// The share of wrong answers among the kept that is promised.
const PROMISED: f64 = 0.05;

/// xorshift64*, so that a draw is the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % n.max(1) as u64).unwrap_or(0)
    }

    fn happens(&mut self, share: f64) -> bool {
        share > 0.0 && self.below(1_000_000) < (share * 1e6) as usize
    }

    fn shuffle<T>(&mut self, all: &mut [T]) {
        for at in (1..all.len()).rev() {
            all.swap(at, self.below(at + 1));
        }
    }
}

/// Examples with their vectors, and which ones an intent has.
struct Given {
    encoder: std::sync::Arc<Encoder>,
    all: Vec<Example>,
    vectors: Vec<Vec<f32>>,
    of_intent: BTreeMap<String, Vec<usize>>,
}

/// What a draw is made of.
struct Asked {
    size: String,
    noise: f64,
    copies: f64,
    when: EncoderUse,
}

/// What one draw showed on the messages that it was judged on.
struct Drawn {
    accuracy: f64,
    kept: f64,
    /// Share wrong among those kept.
    wrong: f64,
    /// Share that the best threshold in hindsight keeps.
    hindsight: f64,
    encoded: f64,
    /// Examples that it learnt from.
    examples: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [path, draws, sizes, rest @ ..] = arguments.as_slice() else {
        return Err("give the examples, how many draws, and how many examples of each intent".into());
    };
    let share = |at: usize| rest.get(at).map_or(Ok(0.0), |share| share.parse::<f64>());
    let (noise, copies) = (share(0)?, share(1)?);
    let when = match env::var("WHEN").as_deref() {
        Ok("unsure") => EncoderUse::WhenUnsure,
        Ok("never") => EncoderUse::Never,
        _ => EncoderUse::Always,
    };
    let given = Given::read(path)?;
    for size in sizes.split(',') {
        let asked = Asked { size: size.to_owned(), noise, copies, when };
        let begun = Instant::now();
        let mut drawn = Vec::new();
        for number in 0..draws.parse::<u64>()? {
            let one = draw(&given, &asked, number)?;
            let Drawn { accuracy, kept, wrong, hindsight, .. } = one;
            eprintln!("{size} {number}: {accuracy:.4} right, {kept:.4} kept, {wrong:.4} wrong, {hindsight:.4} at best");
            drawn.push(one);
        }
        tell(size, &drawn, begun.elapsed().as_secs_f64());
    }
    Ok(())
}

impl Given {
    /// Reads examples, and encodes them unless their vectors were kept by an earlier run.
    fn read(path: &str) -> Result<Self, Box<dyn Error>> {
        let bytes = fs::read(path)?;
        let all: Vec<Example> = if path.ends_with(".json") {
            let Clinc { train, val, .. } = examples::parse_clinc(&bytes)?;
            train.into_iter().chain(val).collect()
        } else {
            examples::parse_csv(&bytes)?
        };
        let encoder = Encoder::built_in();
        let kept = env::temp_dir().join(format!("remit-vectors-{}.bin", all.len()));
        let vectors = match fs::read(&kept) {
            Ok(bytes) => bytes
                .as_chunks::<1536>()
                .0
                .iter()
                .map(|row| row.as_chunks::<4>().0.iter().map(|x| f32::from_le_bytes(*x)).collect())
                .collect(),
            Err(_) => {
                let vectors = encode_all(&encoder, &all.iter().map(|e| e.text.as_str()).collect::<Vec<_>>());
                fs::write(&kept, vectors.iter().flatten().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>())?;
                vectors
            }
        };
        let mut of_intent: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, example) in all.iter().enumerate() {
            of_intent.entry(example.label.clone()).or_default().push(at);
        }
        Ok(Self { encoder, all, vectors, of_intent })
    }
}

fn draw(given: &Given, asked: &Asked, number: u64) -> Result<Drawn, Box<dyn Error>> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ (number + 1).wrapping_mul(0x1234_5678_9abc_def1));
    let (mut training, mut test) = (Vec::new(), Vec::new());
    for of in given.of_intent.values() {
        let mut of = of.clone();
        random.shuffle(&mut of);
        let take = if asked.size == "all" { of.len() * 7 / 8 } else { asked.size.parse::<usize>()?.min(of.len()) };
        training.extend_from_slice(&of[..take]);
        test.extend_from_slice(&of[take..]);
    }
    random.shuffle(&mut training);
    random.shuffle(&mut test);
    test.truncate(JUDGED);
    let labels: Vec<&String> = given.of_intent.keys().collect();
    let mut examples: Vec<Example> = Vec::new();
    for at in &training {
        let mut example = given.all[*at].clone();
        if random.happens(asked.noise) {
            labels[random.below(labels.len())].clone_into(&mut example.label);
        }
        examples.push(example);
    }
    let mut copies: Vec<Example> = Vec::new();
    for example in &examples {
        if random.happens(asked.copies) {
            copies.push(Example { text: edited(&example.text, &mut random), ..example.clone() });
        }
    }
    let of_copies = encode_all(&given.encoder, &copies.iter().map(|e| e.text.as_str()).collect::<Vec<_>>());
    let vectors = training.iter().map(|at| &given.vectors[*at]).chain(&of_copies).map(Vec::as_slice).collect();
    examples.extend(copies);
    let model = intent::train_on(&examples, Some((*given.encoder.digest(), vectors)), &mut |_, _| {})?;
    let mut encoded = 0usize;
    let mut judged: Vec<(u16, bool, bool)> = Vec::new();
    for at in &test {
        let example = &given.all[*at];
        let estimate = model.estimate(&Encoded::known(&example.text, given.vectors[*at].clone()), asked.when);
        encoded += usize::from(estimate.encoded);
        judged.push((estimate.confidence_bp, estimate.label == example.label, !estimate.abstained));
    }
    let n = judged.len() as f64;
    let kept = judged.iter().filter(|j| j.2).count() as f64;
    judged.sort_by_key(|j| Reverse(j.0));
    let (mut bad, mut best) = (0usize, 0usize);
    for (at, j) in judged.iter().enumerate() {
        bad += usize::from(!j.1);
        if bad as f64 <= PROMISED * (at + 1) as f64 {
            best = at + 1;
        }
    }
    Ok(Drawn {
        accuracy: judged.iter().filter(|j| j.1).count() as f64 / n,
        kept: kept / n,
        wrong: judged.iter().filter(|j| j.2 && !j.1).count() as f64 / kept.max(1.0),
        hindsight: best as f64 / n,
        encoded: encoded as f64 / n,
        examples: examples.len(),
    })
}

/// A text as somebody writes it a second time: with a greeting or thanks, a slip of the keys, one word less or another
/// case.
fn edited(text: &str, random: &mut Random) -> String {
    let mut words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    match random.below(5) {
        0 => format!("Hello, {text}"),
        1 => format!("{text} Thank you"),
        2 => text.to_lowercase().trim_end_matches(['?', '.', '!']).to_owned(),
        3 if words.len() > 4 => {
            words.remove(random.below(words.len()));
            words.join(" ")
        }
        _ => {
            let mut letters: Vec<char> = text.chars().collect();
            let at = random.below(letters.len().saturating_sub(1));
            letters.swap(at, (at + 1).min(text.chars().count() - 1));
            letters.into_iter().collect()
        }
    }
}

fn tell(size: &str, drawn: &[Drawn], seconds: f64) {
    let draws = drawn.len().max(1) as f64;
    let mean = |of: &dyn Fn(&Drawn) -> f64| drawn.iter().map(of).sum::<f64>() / draws;
    let least = drawn.iter().map(|one| one.kept).fold(1.0, f64::min);
    let most = drawn.iter().map(|one| one.wrong).fold(0.0, f64::max);
    println!(
        "{size:>4} an intent ({:.0} examples, {draws} draws): accuracy {:.3}, kept {:.3} (least {least:.3}, in \
         hindsight {:.3}), wrong among them {:.4} (most {most:.4}), beyond 5 % in {:.0} % of draws, none kept in {}, \
         encoder asked {:.2}; {:.1} s a draw",
        mean(&|one| one.examples as f64),
        mean(&|one| one.accuracy),
        mean(&|one| one.kept),
        mean(&|one| one.hindsight),
        mean(&|one| one.wrong),
        mean(&|one| f64::from(u8::from(one.wrong > PROMISED))) * 100.0,
        drawn.iter().filter(|one| one.kept == 0.0).count(),
        mean(&|one| one.encoded),
        seconds / draws
    );
}
