//! `remit policy`: check and test a bundle.

use clap::{Args, Subcommand};
use remit_policy::{bundle::Bundle, engine::Engine, files::Files, suite};
use std::path::PathBuf;

/// Check and test a bundle.
#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// Load a bundle and say everything that is wrong with it, by file and line.
    Check(Where),
    /// Run a bundle's own tests.
    Test(Where),
}

/// Which bundle.
#[derive(Debug, Args)]
pub(crate) struct Where {
    /// The bundle's directory.
    #[arg(default_value = "bundles/bank")]
    bundle: PathBuf,
}

impl Policy {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        match self {
            Self::Check(at) => check(at, json),
            Self::Test(at) => test(at, json),
        }
    }
}

fn check(at: &Where, json: bool) -> anyhow::Result<bool> {
    match Bundle::load(Files::read(&at.bundle)?) {
        Ok(bundle) => {
            if json {
                println!(
                    "{}",
                    serde_json::json!({ "good": true, "digest": bundle.digest().as_str(), "policies": bundle.policies() })
                );
            } else {
                let (responders, articles) = (bundle.candidates().len(), bundle.articles().len());
                println!(
                    "{} is good: {} policies, {responders} responders, {articles} articles",
                    bundle.name(),
                    bundle.policies()
                );
                println!("digest {}", bundle.digest());
            }
            Ok(true)
        }
        Err(findings) => {
            if json {
                println!("{}", serde_json::json!({ "good": false, "findings": findings }));
            } else {
                findings.iter().for_each(|finding| println!("{finding}"));
                println!("{} findings", findings.len());
            }
            Ok(false)
        }
    }
}

fn test(at: &Where, json: bool) -> anyhow::Result<bool> {
    let bundle = super::load(&at.bundle)?;
    let report = suite::run(&bundle, &Engine::new(&bundle));
    if json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        report.failures.iter().for_each(|failure| println!("{failure}"));
        println!("{} tests hold, {} findings", report.passed, report.failures.len());
    }
    Ok(report.failures.is_empty() && report.passed > 0)
}
