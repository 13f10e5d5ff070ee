//! What operators ask for: health, readiness, metrics, the pages of problems, and the description of all this.

use super::form::{HTML, JSON, METRICS, PLAIN};
use crate::{
    input,
    operation::{Nothing, Text},
};

operations! { "operation"
    /// Whether the process serves.
    get_health = GetHealth {
        asks: [];
        of: [];
        takes: Nothing;
        gives: Text<PLAIN>, "It does.";
        runs: for everybody;
        refuses: GetHealthRefusal {}
    }

    /// Whether the store answers.
    get_readiness = GetReadiness {
        asks: [];
        of: [];
        takes: Nothing;
        gives: input::Ready, "It does.";
        runs: for everybody;
        refuses: GetReadinessRefusal {}
    }

    /// Read the metrics, for Prometheus.
    get_metrics = GetMetrics {
        asks: [METRICS_READ];
        of: [];
        takes: Nothing;
        gives: Text<METRICS>, "In the OpenMetrics text format.";
        runs: at once;
        refuses: GetMetricsRefusal {}
    }

    /// Read what a type of problem means and what to do about it.
    get_problem = GetProblem {
        asks: [];
        of: [Problem];
        takes: Nothing;
        gives: Text<HTML>, "The page.";
        runs: for everybody;
        refuses: GetProblemRefusal {
            /// No problem has this name.
            NotFound,
        }
    }

    /// Read the description of the interface, OpenAPI 3.1.
    get_description = GetDescription {
        asks: [];
        of: [];
        takes: Nothing;
        gives: Text<JSON>, "The description.";
        runs: for everybody;
        refuses: GetDescriptionRefusal {}
    }
}
