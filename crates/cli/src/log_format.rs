//! The log: for people, or as JSON, an object a line, in which then also stands what is told meanwhile.

use clap::ValueEnum;
use remit_command::shown;
use tracing_subscriber::filter::LevelFilter;

/// In which form the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// A JSON object a line, with `timestamp`, `level`, `target`, `message` and what belongs to it.
    Json,
}

/// Begins the log on the standard error, from this level on.
pub(crate) fn begin(format: LogFormat, level: LevelFilter) {
    let log = tracing_subscriber::fmt().with_max_level(level);
    match format {
        LogFormat::Text => log.with_writer(|| shown::Log).init(),
        LogFormat::Json => {
            log.json().flatten_event(true).with_current_span(false).with_writer(|| shown::JsonLog).init();
            shown::noted_by(|told, failed| if failed { tracing::error!("{told}") } else { tracing::info!("{told}") });
        }
    }
}
