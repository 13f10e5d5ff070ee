//! Cases put off until a moment or an event, and what ends that.

operations! { "staff"
    /// Put a case off: snooze it, agree on a callback, set a date to look at it again, or wait for somebody else.
    ///
    /// Whoever has the case keeps it, and it comes back to them, or to its queue where they are gone; where nobody
    /// takes it up there in time, it is somebody's exception. A snooze ends at its moment, with the customer's next
    /// message, with the end of another case, once a field is set, or once a promise is at risk, and without a moment
    /// when the bundle's `snooze_days` are over; a callback at its moment has the customer wait, and is somebody's
    /// exception where nobody calls in time; until a follow-up no silence ends the case; while a third party is waited
    /// for, what is promised for the end stands still. Customers are told of callbacks and of third parties.
    defer_case = DeferCase {
        asks: [HANDOFF_REQUEST, MESSAGE_POST];
        of: [Case];
        runs: on a case;
        refuses: DeferCaseRefusal {
            /// `until` is missing though it is no snooze, is no moment, is over, or more than a year ahead; `after`,
            /// `field` or `party` is missing, malformed, unknown or of another kind; the note is empty or too long; or
            /// something else than a callback is asked for without a lease.
            Invalid,
            /// There is no such case, or none with whose end this one is to come back.
            NotFound,
            /// The lease's epoch is not the current one: the case was handed over.
            LeaseLost,
            /// The case is resolved, an AI responder or the owner of an exception has it, it is just offered to
            /// somebody, or the case `after` has ended.
            Conflict,
            /// The words on the case were erased.
            Erased,
        }
    }

    /// Say that what a case was put off for was done, or take it back.
    end_deferral = EndDeferral {
        asks: [HANDOFF_REQUEST, MESSAGE_POST];
        of: [Case];
        runs: on a case;
        refuses: EndDeferralRefusal {
            /// Something else than taking a callback back is asked for without a lease.
            Invalid,
            /// There is no such case, or it is not put off so.
            NotFound,
            /// The lease's epoch is not the current one: the case was handed over.
            LeaseLost,
            /// The case is resolved.
            Conflict,
        }
    }
}
