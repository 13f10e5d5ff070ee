//! Judges the intent classifier on several held-out eighths of labelled examples, and on messages that no
//! intent fits; figures are means over the splits.
//!
//! `cargo run --release -p remit-signals --example hold_out -- BANKING77.csv CLINC150.json`

use remit_encoder::Encoder;
use remit_signals::{
    examples::{self, Clinc, Example},
    intent::{self, EncoderUse},
    report::{self, IntentReport},
};
use std::{env, error::Error, fs, time::Instant};

const SPLITS: [usize; 3] = [1, 4, 6];

fn judge(name: &str, splits: &[(Vec<Example>, Vec<Example>)], out_of_scope: &[String]) -> Result<(), Box<dyn Error>> {
    let encoder = Encoder::built_in();
    let reading = report::ReadWith { encoder: Some(&*encoder), when: EncoderUse::default() };
    let (mut reports, mut seconds, mut micros): (Vec<IntentReport>, f64, f64) = (Vec::new(), 0.0, 0.0);
    for (train, test) in splits {
        let begun = Instant::now();
        let model = intent::train(train, reading.encoder, &mut |_, _| {})?;
        seconds += begun.elapsed().as_secs_f64();
        let begun = Instant::now();
        reports.push(report::evaluate(&model, reading, test, out_of_scope));
        micros += begun.elapsed().as_secs_f64() * 1e6 / (test.len() + out_of_scope.len()) as f64;
    }
    let count = splits.len().max(1) as f64;
    let mean = |of: &dyn Fn(&IntentReport) -> f64| reports.iter().map(of).sum::<f64>() / count;
    println!(
        "{name}: accuracy {:.4}, calibration error {:.4}, kept {:.4} with {:.4} wrong, out of scope AUROC {:.4} recall \
         {:.3}; {:.1} s to train, {:.1} µs each",
        mean(&|r| r.accuracy),
        mean(&|r| r.calibration_error),
        mean(&|r| r.kept),
        mean(&|r| r.wrong_among_kept),
        mean(&|r| r.out_of_scope_auroc.unwrap_or(f64::NAN)),
        mean(&|r| r.out_of_scope_recall.unwrap_or(f64::NAN)),
        seconds / count,
        micros / count
    );
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(banking), Some(clinc)) = (arguments.next(), arguments.next()) else {
        return Err("give the paths of Banking77's CSV and CLINC150's JSON".into());
    };
    let banking = examples::parse_csv(&fs::read(banking)?)?;
    let Clinc { train, val, out_of_scope, .. } = examples::parse_clinc(&fs::read(clinc)?)?;
    let split = |of: usize| {
        let part = |held: bool| {
            banking.iter().enumerate().filter(move |(at, _)| (at % 8 == of) == held).map(|(_, e)| e.clone()).collect()
        };
        (part(false), part(true))
    };
    judge("Banking77", &SPLITS.map(split), &out_of_scope)?;
    judge("CLINC150", &[(train, val)], &out_of_scope)
}
