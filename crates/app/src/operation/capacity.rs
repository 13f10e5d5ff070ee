//! Capacity: the demand that is on record, and what is proposed where what is planned on no longer holds.

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

    /// List what is proposed in the place of levels on which capacity is planned and that no longer hold, newest first.
    list_baseline_proposals = ListBaselineProposals {
        asks: [CAPACITY_READ];
        of: [];
        runs: on the readers;
        refuses: ListBaselineProposalsRefusal {
            /// `after` is no proposal, or `limit` out of its bounds.
            Invalid,
        }
    }

    /// Read a proposal: what moved, since when, how sure that is, what it takes, and what is predicted.
    get_baseline_proposal = GetBaselineProposal {
        asks: [CAPACITY_READ];
        of: [Proposal];
        runs: on the readers;
        refuses: GetBaselineProposalRefusal {
            /// There is no such proposal.
            NotFound,
        }
    }

    /// Plan on what was proposed from now on.
    accept_baseline = AcceptBaseline {
        asks: [CAPACITY_DECIDE];
        of: [Proposal];
        runs: as a command;
        refuses: AcceptBaselineRefusal {
            /// The reason is empty or too long.
            Invalid,
            /// There is no such proposal.
            NotFound,
            /// It was decided already.
            Conflict,
        }
    }

    /// Go on planning on what was planned on; the same is not proposed again unless it moves on.
    decline_baseline = DeclineBaseline {
        asks: [CAPACITY_DECIDE];
        of: [Proposal];
        runs: as a command;
        refuses: DeclineBaselineRefusal {
            /// The reason is empty or too long.
            Invalid,
            /// There is no such proposal.
            NotFound,
            /// It was decided already.
            Conflict,
        }
    }
}
