//! What SIGHUP does: the bundle's directory with which the server was started is loaded anew.

use super::json::text;
use remit_app::{Succession, bundle::activate, refused::Refused};
use remit_command::open::short;
use remit_policy::files::Files;
use serde_json::Value;
use std::{path::PathBuf, sync::Arc};

/// Puts the bundle in force that is by now in the directory with which the server was started, and notes what comes of
/// it.
pub(super) async fn reload(succession: Arc<Succession>, directory: Option<PathBuf>) {
    let Some(directory) = directory else {
        tracing::warn!("SIGHUP loads the directory anew that --bundle names, and none was named");
        return;
    };
    let read = tokio::task::spawn_blocking(move || Files::read(&directory).map_err(|error| error.to_string())).await;
    let files = match read.unwrap_or_else(|error| Err(error.to_string())) {
        Ok(files) => files,
        Err(error) => {
            tracing::error!(%error, "the bundle cannot be read, and the one in force goes on");
            return;
        }
    };
    let reason = "SIGHUP: the directory with which the server was started is loaded anew";
    match activate::reload_directory(&succession, "a signal to the server", reason, files).await {
        Ok(done) if done.from == done.to => tracing::info!("the bundle in the directory is in force already"),
        Ok(done) => tracing::info!(bundle = short(done.to.as_str()), "the bundle in the directory is in force"),
        Err(refused) => {
            let why = why(&refused);
            tracing::error!(why, "the bundle does not come into force, and the one in force goes on");
        }
    }
}

/// Why a bundle is refused: every finding with its cure, or else what it is refused with.
fn why(refused: &Refused) -> String {
    let findings = refused.members.get("findings").and_then(Value::as_array).into_iter().flatten();
    let told = |finding: &Value| {
        let line = finding.get("line").and_then(Value::as_u64).unwrap_or(1);
        let (file, message, cure) = (text(finding, "/file"), text(finding, "/message"), text(finding, "/cure"));
        format!("{file}:{line}: {message} (cure: {cure})")
    };
    let findings: Vec<String> = findings.map(told).collect();
    if findings.is_empty() { refused.detail.clone() } else { findings.join("; ") }
}
