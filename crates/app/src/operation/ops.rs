//! What operators ask for: health, readiness, metrics, the pages of problems, and the description of all this.

operations! { "operation"
    /// Whether the process serves.
    get_health = GetHealth {
        asks: [];
        of: [];
        runs: for everybody;
        refuses: GetHealthRefusal {}
    }

    /// Whether the store answers.
    get_readiness = GetReadiness {
        asks: [];
        of: [];
        runs: for everybody;
        refuses: GetReadinessRefusal {}
    }

    /// Read the metrics, for Prometheus.
    get_metrics = GetMetrics {
        asks: [METRICS_READ];
        of: [];
        runs: at once;
        refuses: GetMetricsRefusal {}
    }

    /// Read what a type of problem means and what to do about it.
    get_problem = GetProblem {
        asks: [];
        of: [Problem];
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
        runs: for everybody;
        refuses: GetDescriptionRefusal {}
    }
}
