//! What others ask: whether somebody may do something, and who, what and which they may.

operations! { "access"
    /// Evaluate whether somebody may do something (AuthZEN, Access Evaluation API).
    ///
    /// A denial is an answer: `decision` is false, and `context` says why. What is not known here is denied too, and
    /// said to be unknown. Nothing is put on record.
    evaluate_access = EvaluateAccess {
        asks: [ACCESS_EVALUATE];
        of: [];
        runs: at once;
        refuses: EvaluateAccessRefusal {
            /// A member is missing or not of the form that the standard gives it, a value is null or has a fraction,
            /// or the action's properties do not fit the action.
            BadRequest,
            /// The action's connector does not say what is true of the request.
            Unreachable,
        }
    }

    /// Evaluate whether each of several things may be done (AuthZEN, Access Evaluations API).
    ///
    /// The answers are in the order of the questions. One that cannot be evaluated is answered too: `decision` is false
    /// and `context.error` says why. At most 100 are taken at once.
    evaluate_several = EvaluateSeveral {
        asks: [ACCESS_EVALUATE];
        of: [];
        runs: at once;
        refuses: EvaluateSeveralRefusal {
            /// The request as a whole is not of the form that the standard gives it, or holds more than 100
            /// evaluations.
            BadRequest,
            /// The connector of the only action does not say what is true of the request.
            Unreachable,
        }
    }

    /// Search for who of a type may do something (AuthZEN, Subject Search API).
    search_subjects = SearchSubjects {
        asks: [ACCESS_SEARCH];
        of: [];
        runs: on the readers;
        refuses: SearchSubjectsRefusal {
            /// A member is missing or not of the form that the standard gives it, or a page's token is of another
            /// search.
            BadRequest,
            /// The action's connector does not say what is true of the request.
            Unreachable,
        }
    }

    /// Search for what of a type somebody may do something to (AuthZEN, Resource Search API).
    search_resources = SearchResources {
        asks: [ACCESS_SEARCH];
        of: [];
        runs: on the readers;
        refuses: SearchResourcesRefusal {
            /// A member is missing or not of the form that the standard gives it, or a page's token is of another
            /// search.
            BadRequest,
            /// The action's connector does not say what is true of the request.
            Unreachable,
        }
    }

    /// Search for what somebody may do to something (AuthZEN, Action Search API).
    search_actions = SearchActions {
        asks: [ACCESS_SEARCH];
        of: [];
        runs: at once;
        refuses: SearchActionsRefusal {
            /// A member is missing or not of the form that the standard gives it, or a page's token is of another
            /// search.
            BadRequest,
            /// An action's connector does not say what is true of the request.
            Unreachable,
        }
    }

    /// Ask for what was denied because it wants somebody's yes (AuthZEN, Access Request and Approval Profile).
    ///
    /// It is a request as `POST /v1/cases/{case}/requests` makes it: confirmed by the same people, and carried out by
    /// Remit.
    submit_access_request = SubmitAccessRequest {
        asks: [REQUEST_ASK];
        of: [];
        runs: on a case;
        refuses: SubmitAccessRequestRefusal {
            /// A member is missing or not of the form that the standard gives it.
            BadRequest,
            /// It is not what was denied, or was denied to somebody else.
            DenialUnbound,
            /// What was denied can be asked for no more.
            DenialExpired,
            /// The catalogue of the bundle in force has no such action, or the arguments do not fit its parameters.
            Invalid,
            /// There is no such case, or the server was not told where it is found.
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

    /// Read how it stands with what was asked for (AuthZEN, Task Status).
    get_access_request = GetAccessRequest {
        asks: [REQUEST_READ];
        of: [Request];
        runs: on the readers;
        refuses: GetAccessRequestRefusal {
            /// There is no such request.
            NotFound,
        }
    }

    /// Take back what was asked for and is not being carried out yet (AuthZEN, Cancellation).
    cancel_access_request = CancelAccessRequest {
        asks: [REQUEST_WITHDRAW];
        of: [Request];
        runs: on a case;
        refuses: CancelAccessRequestRefusal {
            /// Policy does not permit it, or who takes it back neither asked for it nor is a person who works here.
            Forbidden,
            /// There is no such request.
            NotFound,
            /// It is being carried out, or has ended.
            Conflict,
        }
    }

    /// Read where access is evaluated and searched (AuthZEN, Policy Decision Point Metadata).
    get_access_configuration = GetAccessConfiguration {
        asks: [];
        of: [];
        runs: for everybody;
        refuses: GetAccessConfigurationRefusal {
            /// The server was not told where it is found.
            NotFound,
        }
    }
}
