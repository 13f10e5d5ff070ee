//! Exceptions: raised, listed, taken on, given up and resolved.

operations! { "exceptions"
    /// Raise an exception on a case by hand: work that leaves the standard path, with an owner and a due time.
    raise_exception = RaiseException {
        asks: [EXCEPTION_RAISE];
        of: [Case];
        runs: on a case;
        refuses: RaiseExceptionRefusal {
            /// The reason is empty or too long, `due_at` is no coming moment, or the bundle has no owner of this name.
            Invalid,
            /// There is no such case.
            NotFound,
            /// The case is resolved.
            Conflict,
            /// The words on the case were erased, so that no reason can be kept.
            Erased,
        }
    }

    /// List exceptions, newest first.
    list_exceptions = ListExceptions {
        asks: [EXCEPTION_READ];
        of: [];
        runs: on the readers;
        refuses: ListExceptionsRefusal {
            /// `after` is no exception, there is no such `state`, or `limit` is out of its bounds.
            Invalid,
        }
    }

    /// List exceptions whose owner cannot be reached under the bundle in force: there should be none.
    list_unreachable = ListUnreachable {
        asks: [EXCEPTION_READ];
        of: [];
        runs: on the readers;
        refuses: ListUnreachableRefusal {}
    }

    /// Take an exception on.
    own_exception = OwnException {
        asks: [EXCEPTION_OWN];
        of: [Exception];
        runs: on a case;
        refuses: OwnExceptionRefusal {
            /// There is no such exception, or it is not open any more.
            NotFound,
            /// Somebody else has taken it on, and it is not overdue.
            Conflict,
        }
    }

    /// Give up an exception that you took on, with a reason: anybody who may takes it on from then on.
    give_up_exception = GiveUpException {
        asks: [EXCEPTION_OWN];
        of: [Exception];
        runs: on a case;
        refuses: GiveUpExceptionRefusal {
            /// The reason is empty or too long.
            Invalid,
            /// There is no such exception, or it is not open any more.
            NotFound,
            /// You have not taken it on, or somebody else has since.
            Conflict,
            /// The words on the case were erased, so that no reason can be kept.
            Erased,
        }
    }

    /// Resolve an exception; a case that it held is routed anew, or closed with it.
    resolve_exception = ResolveException {
        asks: [EXCEPTION_RESOLVE];
        of: [Exception];
        runs: on a case;
        refuses: ResolveExceptionRefusal {
            /// The reason is missing, empty or too long.
            Invalid,
            /// There is no such exception, or it is not open any more.
            NotFound,
            /// The case is to be closed with it, and another exception holds it.
            Conflict,
            /// There is a reason, and the words on the case were erased: leave it out.
            Erased,
        }
    }
}
