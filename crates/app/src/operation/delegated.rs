//! What delegates do for the customers that they represent.

operations! { "delegates"
    /// Open a case for the customer; a question takes the scope `support:ask`, everything else `case:open`.
    open_delegated_case = OpenDelegatedCase {
        asks: [CASE_OPEN];
        of: [];
        runs: as a keyed command for a delegate;
        refuses: OpenDelegatedCaseRefusal {
            /// Policy does not permit it, or the token does not have the scope.
            Forbidden,
            /// The text is empty or too long.
            Invalid,
            /// The customer was erased meanwhile.
            Erased,
        }
    }

    /// List the cases that were opened under the delegation, the newest first; takes the scope `case:read`.
    list_delegated_cases = ListDelegatedCases {
        asks: [CASE_READ];
        of: [];
        runs: on the readers for a delegate;
        refuses: ListDelegatedCasesRefusal {
            /// The token does not have the scope.
            Forbidden,
            /// `after` is no place in the list, or `limit` none that there may be.
            Invalid,
        }
    }

    /// Read a case that was opened under the delegation, with what was said on it; takes the scope `case:read`.
    get_delegated_case = GetDelegatedCase {
        asks: [CASE_READ];
        of: [Case];
        runs: on the readers for a delegate;
        refuses: GetDelegatedCaseRefusal {
            /// Policy does not permit it, or the token does not have the scope.
            Forbidden,
            /// No such case was opened under this delegation.
            NotFound,
        }
    }

    /// Write on a case that was opened under the delegation; takes the scope `case:write`.
    write_delegated = WriteDelegated {
        asks: [MESSAGE_POST];
        of: [Case];
        runs: as a keyed command for a delegate;
        refuses: WriteDelegatedRefusal {
            /// Policy does not permit it, or the token does not have the scope.
            Forbidden,
            /// The text is empty or too long.
            Invalid,
            /// No such case was opened under this delegation.
            NotFound,
            /// The case is resolved.
            Conflict,
            /// The customer was erased.
            Erased,
        }
    }

    /// Request an action on a case that was opened under the delegation, which must name the action.
    ///
    /// Where policy wants somebody's yes first, the answer says so (`insufficient_scope`), whose, until when, and where
    /// to watch what becomes of it. A request is counted in the limits of the whole chain of delegations.
    ask_delegated = AskDelegated {
        asks: [REQUEST_ASK];
        of: [Case];
        runs: as a keyed command for a delegate;
        refuses: AskDelegatedRefusal {
            /// Policy does not permit it, or the delegation does not name the action.
            Forbidden,
            /// The bundle has no such action, or the arguments do not fit it.
            Invalid,
            /// No such case was opened under this delegation.
            NotFound,
            /// The case is resolved, or is a question.
            Conflict,
            /// A limit of the action or of a delegation is reached.
            LimitReached,
            /// The customer was erased.
            Erased,
            /// The connector that says what is true of it does not answer.
            Unreachable,
        }
    }

    /// Read a request that was made under the delegation; takes the scope `case:read`.
    get_delegated_request = GetDelegatedRequest {
        asks: [REQUEST_READ];
        of: [Request];
        runs: on the readers for a delegate;
        refuses: GetDelegatedRequestRefusal {
            /// The token does not have the scope.
            Forbidden,
            /// No such request was made under this delegation.
            NotFound,
        }
    }

    /// Take a request back that is not being carried out yet.
    withdraw_delegated = WithdrawDelegated {
        asks: [REQUEST_WITHDRAW];
        of: [Request];
        runs: as a keyed command for a delegate;
        refuses: WithdrawDelegatedRefusal {
            /// Policy does not permit it, or the token does not have the scope.
            Forbidden,
            /// No such request was made under this delegation.
            NotFound,
            /// It is being carried out, or has ended.
            Conflict,
        }
    }
}
