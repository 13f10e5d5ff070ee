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
            /// A limit of the action is reached.
            LimitReached,
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
            /// `after` is no request, or `limit` out of its bounds.
            Invalid,
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
            /// It does not wait any more, its time is over, or no answer of theirs is wanted.
            Conflict,
        }
    }

    /// Say yes to several requests of one case, by the hashes of what was shown: to all of them, or to none.
    ///
    /// A request that is not listed is not confirmed, also where it was asked for meanwhile.
    confirm_requests = ConfirmRequests {
        asks: [REQUEST_CONFIRM];
        of: [];
        runs: on a case;
        refuses: ConfirmRequestsRefusal {
            /// Policy does not permit it, who answers is neither the customer nor staff, or they asked for one of them
            /// themselves.
            Forbidden,
            /// None or more than 50 are listed, one twice, one of another case, a hash is not that of its request, or
            /// `seen_ms` is out of its bounds.
            Invalid,
            /// There is no such request.
            NotFound,
            /// One does not wait any more, its time is over, they have confirmed it, or no yes of theirs is wanted.
            Conflict,
        }
    }

    /// Make a link by which the customer answers a request once, in the place of one that was made before.
    ///
    /// Send it to that customer alone. Its secret is in this answer and nowhere else; it ends with the deadline of the
    /// request. Whoever has it can answer as the customer: it is made for programs of the organisation alone, and for
    /// none that asked for the request itself.
    make_link = MakeLink {
        asks: [REQUEST_LINK];
        of: [Request];
        runs: as a secret command;
        refuses: MakeLinkRefusal {
            /// More than 49 further requests are named, one twice, or one of another case.
            Invalid,
            /// There is no such request.
            NotFound,
            /// It does not wait any more, its time is over, or no yes of the customer's is wanted.
            Conflict,
            /// What would be read on the page was erased.
            Erased,
            /// The requests kept changing while this was decided.
            Changed,
        }
    }

    /// Read what a link shows: what is asked of the customer, and what became of it. Nothing is changed by it.
    read_link = ReadLink {
        asks: [REQUEST_READ];
        of: [];
        runs: on the readers for a link;
        refuses: ReadLinkRefusal {
            /// The case of the requests is not there.
            NotFound,
        }
    }

    /// Say yes, as the customer, to all that a link shows.
    confirm_by_link = ConfirmByLink {
        asks: [REQUEST_CONFIRM];
        of: [];
        runs: as a command for a link;
        refuses: ConfirmByLinkRefusal {
            /// The list is not what the link shows, a hash is not that of its request, or `seen_ms` is out of its
            /// bounds.
            Invalid,
            /// The case of the requests is not there.
            NotFound,
            /// One does not wait any more, its time is over, or the customer has confirmed it.
            Conflict,
        }
    }

    /// Say no, as the customer, to all that a link shows.
    decline_by_link = DeclineByLink {
        asks: [REQUEST_CONFIRM];
        of: [];
        runs: as a command for a link;
        refuses: DeclineByLinkRefusal {
            /// The list is not what the link shows, a hash is not that of its request, or `seen_ms` is out of its
            /// bounds.
            Invalid,
            /// The case of the requests is not there.
            NotFound,
            /// One does not wait any more, its time is over, or the customer has confirmed it.
            Conflict,
        }
    }

    /// Read the page of a link.
    get_confirm_page = GetConfirmPage {
        asks: [];
        of: [];
        runs: for everybody;
        refuses: GetConfirmPageRefusal {}
    }

    /// Read the style of that page.
    get_confirm_style = GetConfirmStyle {
        asks: [];
        of: [];
        runs: for everybody;
        refuses: GetConfirmStyleRefusal {}
    }

    /// Read the script of that page.
    get_confirm_script = GetConfirmScript {
        asks: [];
        of: [];
        runs: for everybody;
        refuses: GetConfirmScriptRefusal {}
    }

    /// Say what became of a request of which its connector does not say it, as a person found out.
    ///
    /// What it held back of limits is spent or released with that. A request that was carried out is held against what
    /// was asked for, as what a connector states is.
    conclude_request = ConcludeRequest {
        asks: [REQUEST_CONCLUDE];
        of: [Request];
        runs: on a case;
        refuses: ConcludeRequestRefusal {
            /// Policy does not permit it, who says so is no person who works here, or they asked for it themselves.
            Forbidden,
            /// `reference`, `amount` or `at` is none.
            Invalid,
            /// There is no such request.
            NotFound,
            /// What became of it is known, or it may still be carried out.
            Conflict,
        }
    }

    /// Take a request back that is not being carried out yet.
    withdraw_request = WithdrawRequest {
        asks: [REQUEST_WITHDRAW];
        of: [Request];
        runs: on a case;
        refuses: WithdrawRequestRefusal {
            /// Policy does not permit it, or who takes it back neither asked for it nor is a person who works here.
            Forbidden,
            /// There is no such request.
            NotFound,
            /// It is being carried out, or has ended.
            Conflict,
        }
    }
}
