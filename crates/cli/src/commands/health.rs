//! `remit health`: whether a server serves, for whoever looks after it.

use clap::Args;
use remit_app::operation;
use remit_command::{
    client::Client,
    shown::{self, say},
};

/// Ask a server whether it serves and its store answers; ends with 1 where it does not.
#[derive(Debug, Args)]
pub(crate) struct Health {
    /// The server's address.
    #[arg(long, env = "REMIT_URL", default_value = "http://127.0.0.1:7171")]
    url: String,
}

impl Health {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        // Whoever asks needs no token.
        match Client::new(&self.url, "").get(operation::GetReadiness, &[]) {
            Ok(ready) => {
                if json {
                    shown::json(&ready);
                } else {
                    say!("{} serves, and its store answers", self.url);
                }
                Ok(true)
            }
            Err(error) => {
                if json {
                    shown::json(&serde_json::json!({ "ready": false, "why": format!("{error:#}") }));
                } else {
                    shown::failed(&error);
                }
                Ok(false)
            }
        }
    }
}
