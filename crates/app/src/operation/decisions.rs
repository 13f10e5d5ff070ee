//! Decisions: read, explained, taken again, and asked for without being recorded; and what came of them.

operations! { "decisions"
    /// Read a decision: the whole record, and the same in plain words.
    get_decision = GetDecision {
        asks: [DECISION_READ];
        of: [Decision];
        runs: on the readers;
        refuses: GetDecisionRefusal {
            /// There is no such decision.
            NotFound,
        }
    }

    /// Take a decision again from its record and compare, byte for byte.
    replay_decision = ReplayDecision {
        asks: [DECISION_REPLAY];
        of: [Decision];
        runs: on the readers;
        refuses: ReplayDecisionRefusal {
            /// There is no such decision.
            NotFound,
        }
    }

    /// Ask what would be decided; nothing is recorded.
    ask_route = AskRoute {
        asks: [ROUTE_ASK, CASE_OPEN];
        of: [];
        runs: at once;
        refuses: AskRouteRefusal {
            /// The text or the customer's identifier is empty or too long, a reading is none that the bundle declares,
            /// or a machine sent the message, so that it would open no case.
            Invalid,
        }
    }

    /// List what became of cases, by responder and intent, with the estimates that routing makes of it.
    list_outcomes = ListOutcomes {
        asks: [METRICS_READ];
        of: [];
        runs: on the readers;
        refuses: ListOutcomesRefusal {}
    }

    /// List what humans decided against the system, newest first, with why and which rules stood against it: for those
    /// who own the policies to review.
    list_overrides = ListOverrides {
        asks: [DECISION_READ];
        of: [];
        runs: on the readers;
        refuses: ListOverridesRefusal {
            /// `after` is no decision's identifier.
            Invalid,
        }
    }
}
