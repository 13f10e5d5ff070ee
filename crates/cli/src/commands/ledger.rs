//! `remit ledger`: verify a data directory, or a copy of one, without a server.

use anyhow::Context;
use clap::{Args, Subcommand};
use indicatif::ProgressBar;
use remit_ledger::checkpoint::{Signer, Verifier};
use remit_store::sqlite::verify;
use std::path::PathBuf;

/// Verify the ledger.
#[derive(Debug, Subcommand)]
pub(crate) enum Ledger {
    /// Read every record and hold it against the signed ledger; names whatever is changed, missing or moved.
    Verify(Verify),
}

/// Verify a data directory, or a copy of one.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The data directory.
    #[arg(default_value = "remit-data")]
    data: PathBuf,
    /// The verifier key, from somewhere else than the directory, as `/ledger/key` gives it. Without it the
    /// key in the directory is trusted.
    #[arg(long)]
    key: Option<String>,
}

impl Ledger {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        let Self::Verify(asked) = self;
        let verifier = match &asked.key {
            Some(key) => Verifier::parse(key)?,
            None => {
                let path = asked.data.join("keys/ledger.key");
                let seed =
                    std::fs::read(&path).with_context(|| format!("{}: no key there; pass --key", path.display()))?;
                let seed: [u8; 32] =
                    seed.try_into().ok().context("the ledger's key does not hold 32 bytes; pass --key")?;
                Signer::new(remit_server::jobs::ORIGIN, &seed).verifier()
            }
        };
        let bar = ProgressBar::new(0);
        let report = verify::verify(&asked.data, &verifier, &mut |done, total| {
            bar.set_length(total);
            bar.set_position(done);
        })?;
        bar.finish_and_clear();
        if json {
            println!("{}", serde_json::to_string(&report)?);
        } else {
            for problem in &report.problems {
                println!("{problem}");
            }
            println!("{} records, root {}", report.records, report.root);
            match report.signed {
                Some(signed) => println!(
                    "signed up to record {signed}; {} after it are chained but not signed yet",
                    report.unsigned_tail
                ),
                None => println!("nothing is signed"),
            }
            println!(
                "{}",
                if report.is_good() { "the ledger is as it was signed" } else { "THE LEDGER IS NOT AS IT WAS SIGNED" }
            );
        }
        Ok(report.is_good())
    }
}
