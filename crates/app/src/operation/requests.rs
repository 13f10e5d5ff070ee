//! Requests for actions: asked for, confirmed, declined, taken back and read.

operations! { "requests"
    /// Ask for an action on a case, exactly: the answer is policy's, with whose yes it needs.
    ///
    /// What is allowed as it stands is carried out at once, beside the answer. What needs a yes waits for it until its
    /// deadline. What is denied is on record too.
    ask_request = AskRequest {
        asks: [REQUEST_ASK];
        of: [Case];
        runs: on a case;
        refuses: AskRequestRefusal {
            /// The bundle's catalogue has no such action, or the arguments do not fit its parameters.
            Invalid,
            /// There is no such case.
            NotFound,
            /// The lease that was named is no longer current.
            LeaseLost,
            /// The case is resolved.
            Conflict,
            /// A limit of the action is reached.
            LimitReached,
            /// The words on the case were erased, so that no arguments can be kept.
            Erased,
            /// The action's connector does not say what is true of the request.
            Unreachable,
        }
    }

    /// What would be answered if an action were asked for: nothing is put on record.
    preview_request = PreviewRequest {
        asks: [REQUEST_ASK];
        of: [Case];
        runs: at once;
        refuses: PreviewRequestRefusal {
            /// The bundle's catalogue has no such action, or the arguments do not fit its parameters.
            Invalid,
            /// There is no such case.
            NotFound,
            /// The lease that was named is no longer current.
            LeaseLost,
            /// The case is resolved.
            Conflict,
            /// The words on the case were erased.
            Erased,
            /// The action's connector does not say what is true of the request.
            Unreachable,
        }
    }

    /// List the requests of a case, newest first.
    list_requests = ListRequests {
        asks: [REQUEST_READ];
        of: [Case];
        runs: on the readers;
        refuses: ListRequestsRefusal {
            /// There is no such case.
            NotFound,
        }
    }

    /// Get a request with the whole of policy's answer.
    get_request = GetRequest {
        asks: [REQUEST_READ];
        of: [Request];
        runs: on the readers;
        refuses: GetRequestRefusal {
            /// There is no such request.
            NotFound,
        }
    }

    /// Say yes to a request, by the hash of what was shown.
    confirm_request = ConfirmRequest {
        asks: [REQUEST_CONFIRM];
        of: [Request];
        runs: on a case;
        refuses: ConfirmRequestRefusal {
            /// Policy does not permit it, who answers is neither the customer nor staff, or they asked for it
            /// themselves.
            Forbidden,
            /// The hash is not that of this request, or `seen_ms` is out of its bounds.
            Invalid,
            /// There is no such request.
            NotFound,
            /// It does not wait any more, its time is over, they have confirmed it, or no yes of theirs is wanted.
            Conflict,
        }
    }

    /// Say no to a request, by the hash of what was shown.
    decline_request = DeclineRequest {
        asks: [REQUEST_CONFIRM];
        of: [Request];
        runs: on a case;
        refuses: DeclineRequestRefusal {
            /// Policy does not permit it, who answers is neither the customer nor staff, or they asked for it
            /// themselves.
            Forbidden,
            /// The hash is not that of this request, or `seen_ms` is out of its bounds.
            Invalid,
            /// There is no such request.
            NotFound,
            /// It does not wait any more, its time is over, or they have confirmed it.
            Conflict,
        }
    }

    /// Take a request back that is not being carried out yet.
    withdraw_request = WithdrawRequest {
        asks: [REQUEST_WITHDRAW];
        of: [Request];
        runs: on a case;
        refuses: WithdrawRequestRefusal {
            /// There is no such request.
            NotFound,
            /// It is being carried out, or has ended.
            Conflict,
        }
    }
}
