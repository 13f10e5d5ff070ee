//! Reconciliations: a back office's statement held against what is on record of requests.

operations! { "requests"
    /// Hold a back office's statement against what is on record of requests.
    ///
    /// The body is the file, sent as `text/csv` or as `application/xml` (camt.053 of ISO 20022). What does not agree is
    /// on record with an owner, and an exception on the case where that is known; what an earlier reconciliation found
    /// is told and raises nothing anew. A request of which it was not known what became of it is done, where the
    /// statement has it.
    reconcile = Reconcile {
        asks: [RECONCILIATION_RUN];
        of: [];
        runs: as a command;
        refuses: ReconcileRefusal {
            /// There is no such connector, the time is none, or the file cannot be read: the detail says at which line
            /// or entry.
            Invalid,
            /// The file is sent as neither `text/csv` nor `application/xml`.
            MediaType,
            /// Another statement was reconciled meanwhile, or a request changed.
            Conflict,
        }
    }

    /// List reconciliations, newest first.
    list_reconciliations = ListReconciliations {
        asks: [RECONCILIATION_READ];
        of: [];
        runs: on the readers;
        refuses: ListReconciliationsRefusal {
            /// `after` is no reconciliation, or `limit` out of its bounds.
            Invalid,
        }
    }

    /// Get a reconciliation with what does not agree.
    get_reconciliation = GetReconciliation {
        asks: [RECONCILIATION_READ];
        of: [Reconciliation];
        runs: on the readers;
        refuses: GetReconciliationRefusal {
            /// There is no such reconciliation.
            NotFound,
        }
    }
}
