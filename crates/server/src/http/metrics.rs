//! What operators can watch of requests, beside what the use cases count.

use axum::http::StatusCode;
use prometheus_client::{
    encoding::{
        EncodeLabelSet,
        text::{encode_eof, encode_registry},
    },
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::Registry,
};
use remit_app::environment::metrics::Metrics;
use std::{fmt, time::Duration};

/// Seconds up to which answers are counted together.
const BUCKETS: [f64; 11] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5];

/// Labels of a request's count.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    /// The route as it is declared, not as it was asked for.
    route: String,
    status: u16,
}

/// What is counted of requests, from the start of the process.
#[derive(Debug)]
pub(crate) struct Requests {
    registry: Registry,
    answered: Family<Labels, Counter>,
    seconds: Histogram,
}

impl Default for Requests {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("remit");
        let (answered, seconds) = (Family::default(), Histogram::new(BUCKETS));
        registry.register("http_requests", "Requests answered, by route and status", Family::clone(&answered));
        registry.register("http_request_seconds", "Seconds from arrival to answer", Histogram::clone(&seconds));
        Self { registry, answered, seconds }
    }
}

impl Requests {
    /// Counts an answer.
    pub(crate) fn answered(&self, route: String, status: StatusCode, took: Duration) {
        self.seconds.observe(took.as_secs_f64());
        self.answered.get_or_create(&Labels { route, status: status.as_u16() }).inc();
    }

    /// The OpenMetrics text of what the use cases count, and of this.
    ///
    /// # Errors
    /// When it cannot be written, which does not happen to a string.
    pub(crate) fn text(&self, own: &Metrics) -> Result<String, fmt::Error> {
        let mut text = String::new();
        own.write(&mut text)?;
        encode_registry(&mut text, &self.registry)?;
        encode_eof(&mut text)?;
        Ok(text)
    }
}
