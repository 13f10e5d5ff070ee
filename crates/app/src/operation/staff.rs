//! Staff: noted, there or not, what they are offered and what they have; and AI responders that were stopped.

operations! { "staff"
    /// Note a member of staff, in place of what was noted before.
    note_staff = NoteStaff {
        asks: [STAFF_MANAGE];
        of: [];
        runs: as a command;
        refuses: NoteStaffRefusal {
            /// A name is none, a queue is not in the bundle, a level is none of 1 to 5, a channel is none or its
            /// capacity too large, or there are too many of one kind.
            Invalid,
        }
    }

    /// Remove a member of staff, who works here no more.
    ///
    /// Their tokens stand no more, what is offered to them is offered to others, and what they have goes back to its
    /// queue, all on record.
    remove_staff = RemoveStaff {
        asks: [STAFF_MANAGE];
        of: [Staff];
        runs: as a command;
        refuses: RemoveStaffRefusal {
            /// There is no such member of staff.
            NotFound,
        }
    }

    /// List everybody, by name.
    list_staff = ListStaff {
        asks: [STAFF_READ];
        of: [];
        runs: on the readers;
        refuses: ListStaffRefusal {}
    }

    /// Say whether a member of staff is there.
    ///
    /// Who becomes available gets room step by step, so that a backlog is not flushed onto the first person back;
    /// offers to somebody who goes are made to others.
    set_presence = SetPresence {
        asks: [PRESENCE_SET];
        of: [Staff];
        runs: as a command;
        refuses: SetPresenceRefusal {
            /// Policy does not permit it, or one member of staff says it of another.
            Forbidden,
            /// The reason is too long, or cannot be shown.
            Invalid,
            /// There is no such member of staff.
            NotFound,
        }
    }

    /// List what is offered to a member of staff, and what they have.
    get_work = GetWork {
        asks: [STAFF_READ];
        of: [Staff];
        runs: on the readers;
        refuses: GetWorkRefusal {
            /// There is no such member of staff.
            NotFound,
        }
    }

    /// List the queues: whether they are open, how much they have, and how long a case waits.
    list_queues = ListQueues {
        asks: [STAFF_READ];
        of: [];
        runs: at once;
        refuses: ListQueuesRefusal {}
    }

    /// Accept or decline the offer of a case.
    answer_offer = AnswerOffer {
        asks: [OFFER_ANSWER];
        of: [Case];
        runs: on a case;
        refuses: AnswerOfferRefusal {
            /// `offer` is no offer's identifier.
            Invalid,
            /// There is no such case, or the offer was made to somebody else.
            NotFound,
            /// The offer is not open any more: it was answered, ran out or was taken back; or the case is resolved.
            Conflict,
        }
    }

    /// List the AI responders that were stopped, by intent.
    list_stopped = ListStopped {
        asks: [STAFF_READ];
        of: [];
        runs: at once;
        refuses: ListStoppedRefusal {}
    }

    /// List the AI responders that could not be reached several times in a row and are left alone for a while.
    list_responders_unreachable = ListRespondersUnreachable {
        asks: [STAFF_READ];
        of: [];
        runs: at once;
        refuses: ListRespondersUnreachableRefusal {}
    }

    /// Count the outcomes of a responder for an intent anew, with a reason, on record.
    ///
    /// Routing estimates from the bundle's prior again, and the breaker judges anew. Who is stopped stays so.
    reset_outcomes = ResetOutcomes {
        asks: [RESPONDER_RESUME];
        of: [Responder];
        runs: as a command;
        refuses: ResetOutcomesRefusal {
            /// The reason is empty or too long.
            Invalid,
            /// Nothing is counted of such a responder for the intent.
            NotFound,
        }
    }

    /// Switch an AI responder on again for an intent, with a reason.
    resume_ai = ResumeAi {
        asks: [RESPONDER_RESUME];
        of: [Responder];
        runs: as a command;
        refuses: ResumeAiRefusal {
            /// The reason is empty or too long.
            Invalid,
            /// No such responder is stopped for the intent.
            NotFound,
        }
    }
}
