//! Capacity: the demand that is on record.

operations! { "capacity"
    /// Read the demand on record, by slot, queue and intent: what came, what AI kept, how long people had the rest in
    /// hand, who came back and who gave up.
    ///
    /// Counts alone. What had nothing has no row, and neither has a time in which nothing was recorded: which of them
    /// it was is for whoever learns from it to tell, by what is usual then.
    get_demand_history = GetDemandHistory {
        asks: [CAPACITY_READ];
        of: [];
        runs: on the readers;
        refuses: GetDemandHistoryRefusal {
            /// `from` or `to` is no beginning of a slot, they are too far apart, or slots are of another length.
            Invalid,
            /// More came than is given at once.
            LimitReached,
        }
    }

    /// Read the same as comma-separated values, as `remit capacity forecast` reads them.
    get_demand_history_file = GetDemandHistoryFile {
        asks: [CAPACITY_READ];
        of: [];
        runs: on the readers;
        refuses: GetDemandHistoryFileRefusal {
            /// `from` or `to` is no beginning of a slot, they are too far apart, or slots are of another length.
            Invalid,
            /// More came than is given at once.
            LimitReached,
        }
    }
}
