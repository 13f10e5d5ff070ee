//! `remit policy`: check and test a bundle.

use crate::shown::{self, say};
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
                let (digest, policies) = (bundle.digest().as_str(), bundle.policies());
                shown::json(&serde_json::json!({ "good": true, "digest": digest, "policies": policies }));
            } else {
                let (responders, articles) = (bundle.candidates().len(), bundle.articles().len());
                say!(
                    "{} is good: {} policies, {responders} responders, {articles} articles",
                    bundle.name(),
                    bundle.policies()
                );
                say!("digest {}", bundle.digest());
            }
            Ok(true)
        }
        Err(findings) => {
            if json {
                shown::json(&serde_json::json!({ "good": false, "findings": findings }));
            } else {
                findings.iter().for_each(|finding| shown::entry(&finding.to_string()));
                say!("{} findings", findings.len());
            }
            Ok(false)
        }
    }
}

fn test(at: &Where, json: bool) -> anyhow::Result<bool> {
    let bundle = super::load(&at.bundle)?;
    let report = suite::run(&bundle, &Engine::new(&bundle));
    if json {
        shown::json(&serde_json::to_value(&report)?);
    } else {
        report.failures.iter().for_each(|failure| shown::entry(&failure.to_string()));
        say!("{} tests hold, {} findings", report.passed, report.failures.len());
    }
    Ok(report.failures.is_empty() && report.passed > 0)
}
