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
