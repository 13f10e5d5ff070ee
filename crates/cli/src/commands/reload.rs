//! What SIGHUP does: the bundle's directory with which the server was started is loaded anew.

use remit_app::{Succession, bundle::activate};
use remit_command::{open::short, shown};
use remit_policy::files::Files;
use std::{path::PathBuf, sync::Arc};

/// Puts the bundle in force that is by now in the directory with which the server was started, and notes what comes of
/// it.
pub(super) async fn reload(succession: Arc<Succession>, directory: Option<PathBuf>) {
    let Some(directory) = directory else {
        shown::note("SIGHUP loads the directory anew that --bundle names, and none was named");
        return;
    };
    let read = tokio::task::spawn_blocking(move || Files::read(&directory).map_err(|error| error.to_string())).await;
    let files = match read.unwrap_or_else(|error| Err(error.to_string())) {
        Ok(files) => files,
        Err(error) => {
            shown::note(&format!("the bundle cannot be read, and the one in force goes on: {error}"));
            return;
        }
    };
    let reason = "SIGHUP: the directory with which the server was started is loaded anew";
    match activate::reload_directory(&succession, "a signal to the server", reason, files).await {
        Ok(done) if done.from == done.to => shown::note("the bundle in the directory is in force already"),
        Ok(done) => shown::note(&format!("bundle {} is in force", short(done.to.as_str()))),
        Err(refused) => {
            let findings = refused.members.get("findings").map(ToString::to_string).unwrap_or_default();
            let text = format!("the bundle does not come into force, and the one in force goes on: {refused}");
            shown::note(&format!("{text} {findings}"));
        }
    }
}
