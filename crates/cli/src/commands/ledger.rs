//! `remit ledger`: verify a data directory, or a copy of one, without a server; prove a record to others.

use anyhow::Context;
use clap::{Args, Subcommand};
use indicatif::ProgressBar;
use remit_app::{
    directory::{self, KEYS},
    environment::{block_on::block_on, clock::rfc3339},
};
use remit_command::shown::{self, say};
use remit_domain::id::Timestamp;
use remit_ledger::{
    checkpoint::{Checkpoint, Signer, Verifier},
    offline::OfflineProof,
    verify::{Problem, Report},
};
use remit_store::Verification as _;
use std::path::{Path, PathBuf};

/// Verify the ledger; prove a record to others.
#[derive(Debug, Subcommand)]
pub(crate) enum Ledger {
    /// Read every record and hold it against the signed ledger, and everything else that is kept against the records;
    /// names whatever is changed, missing or moved, and says what was not looked at.
    Verify(Verify),
    /// Prove that a record is in the ledger: prints a proof that whoever has the ledger's key can check without it.
    Prove(Prove),
    /// Check a proof, without the ledger.
    Check(Check),
    /// Print the key that others verify with: the same as `/ledger/key` gives.
    Key(Key),
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
    /// A checkpoint that was kept elsewhere, as `/ledger/checkpoint` gave it: what was signed then must be the
    /// beginning of what is there now.
    #[arg(long, value_name = "FILE")]
    since: Option<PathBuf>,
}

/// Prove that a record is in the ledger, as it was signed last.
#[derive(Debug, Args)]
pub(crate) struct Prove {
    /// The record: a decision's or an exception's identifier, or the record's number.
    record: String,
    /// The data directory, or a copy of one.
    #[arg(long, default_value = "remit-data")]
    data: PathBuf,
}

/// Check a proof.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The proof, as `remit ledger prove` prints it (c2sp.org/tlog-proof).
    proof: PathBuf,
    /// The ledger's key, from whom you trust, as `/ledger/key` gives it.
    #[arg(long)]
    key: String,
}

/// Print the ledger's key.
#[derive(Debug, Args)]
pub(crate) struct Key {
    /// The data directory.
    #[arg(default_value = "remit-data")]
    data: PathBuf,
}

/// The verifier of the key in a data directory.
fn verifier_of(data: &Path) -> anyhow::Result<Verifier> {
    let path = data.join("keys/ledger.key");
    let seed = std::fs::read(&path)
        .with_context(|| format!("{}: the ledger's key cannot be read; pass --key", path.display()))?;
    let seed: [u8; 32] = seed.try_into().ok().context("the ledger's key does not hold 32 bytes; pass --key")?;
    Ok(Signer::new(remit_app::vault::keys::ORIGIN, &seed).verifier())
}

fn text(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}

impl Ledger {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        match self {
            Self::Verify(asked) => asked.run(json),
            Self::Prove(asked) => asked.run(json),
            Self::Check(asked) => asked.run(json),
            Self::Key(asked) => {
                let key = verifier_of(&asked.data)?.to_text();
                if json {
                    shown::json(&serde_json::json!({ "key": key }));
                } else {
                    say!("{key}");
                }
                Ok(true)
            }
        }
    }
}

impl Prove {
    fn run(&self, json: bool) -> anyhow::Result<bool> {
        let proof = block_on(directory::as_it_lies(&self.data).prove(&self.record))?.with_context(|| {
            format!(
                "there is no signed record `{}`; name a decision, an exception or a record's number. What was recorded \
                 last is signed within a second by the server",
                self.record
            )
        })?;
        if json {
            shown::json(&serde_json::json!({ "record": proof.index + 1, "proof": proof.to_string() }));
        } else {
            shown::document(&proof.to_string())?;
        }
        Ok(true)
    }
}

impl Check {
    fn run(&self, json: bool) -> anyhow::Result<bool> {
        let verifier = Verifier::parse(&self.key)?;
        let shown = OfflineProof::parse(&text(&self.proof)?).and_then(|proof| proof.check(&verifier));
        let answer = match &shown {
            Ok((entry, checkpoint)) => serde_json::json!({ "good": true, "entry": entry, "size": checkpoint.size }),
            Err(error) => serde_json::json!({ "good": false, "why": error.to_string() }),
        };
        match &shown {
            _ if json => shown::json(&answer),
            Ok((entry, checkpoint)) => {
                say!(
                    "record {}: {} of {}, by {}, at {}",
                    entry.seq,
                    entry.kind,
                    entry.about.as_str(),
                    entry.actor,
                    rfc3339(Timestamp(entry.ts))
                );
                say!("is in the ledger of {} as it was signed at {} records", checkpoint.origin, checkpoint.size);
            }
            Err(error) => say!("NOT PROVEN: {error}"),
        }
        Ok(shown.is_ok())
    }
}

/// What a report comes to.
fn verdict(report: &Report) -> String {
    let cases = report.problems.iter().filter(|problem| matches!(problem, Problem::Case { .. })).count();
    let kept = report.problems.iter().filter(|problem| matches!(problem, Problem::Kept { .. })).count();
    let signed = if report.signed.is_some() || report.records == 0 {
        "the ledger is as it was signed"
    } else {
        "the ledger holds together and is NOT SIGNED YET"
    };
    match (report.problems.len(), cases, kept) {
        (0, ..) => format!("{signed}, and everything that was looked at is what it says"),
        (all, cases, 0) if all == cases => format!("{signed}, but NOT EVERY CASE IS WHAT IT SAYS: {cases} found"),
        (all, cases, kept) if all == cases + kept => {
            format!("{signed}, but NOT EVERYTHING BESIDE IT IS WHAT IT SAYS: {all} found")
        }
        _ => "THE LEDGER IS NOT AS IT WAS SIGNED".to_owned(),
    }
}

impl Verify {
    fn run(&self, json: bool) -> anyhow::Result<bool> {
        let verifier = match &self.key {
            Some(key) => Verifier::parse(key)?,
            None => verifier_of(&self.data)?,
        };
        let since = self.since.as_ref().map(|path| -> anyhow::Result<Checkpoint> {
            verifier.open(&text(path)?).with_context(|| format!("the checkpoint in {}", path.display()))
        });
        let since = since.transpose()?;
        let bar = ProgressBar::new(0);
        let mut kept = directory::view_check(&self.data.join(KEYS));
        let mut told = |done, total| {
            bar.set_length(total);
            bar.set_position(done);
        };
        let report =
            block_on(directory::as_it_lies(&self.data).verify(&verifier, since.as_ref(), &mut kept, &mut told))?;
        bar.finish_and_clear();
        if json {
            shown::json(&serde_json::to_value(&report)?);
        } else {
            for problem in &report.problems {
                shown::entry(&problem.to_string());
            }
            say!("{} records, root {}", report.records, report.root);
            match report.signed {
                Some(signed) => say!(
                    "signed up to record {signed}; {} after it are chained but not signed yet",
                    report.unsigned_tail
                ),
                None => say!("nothing is signed yet: a server signs within a second"),
            }
            let looked = report.looked_at.iter().map(|looked| format!("{} {}", looked.count, looked.what));
            let ledger = [(report.checkpoints, "checkpoints"), (report.tiles, "full tiles")];
            let ledger = ledger.into_iter().map(|(count, what)| format!("{count} {what}"));
            shown::entry(&format!("looked at: {}", ledger.chain(looked).collect::<Vec<_>>().join(", ")));
            for not in &report.not_looked_at {
                shown::entry(&format!("not looked at: {} ({})", not.what, not.why));
            }
            say!("{}", verdict(&report));
        }
        Ok(report.is_good())
    }
}
