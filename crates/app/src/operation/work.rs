//! What people do with a case beside answering it: transfer, consult, carry out, merge; and its context.

operations! { "staff"
    /// Give a case to another queue that policy permits, as the member of staff who has it.
    ///
    /// A queue that policy does not permit is refused with the policies that say so; a lead can override.
    transfer_case = TransferCase {
        asks: [HANDOFF_REQUEST];
        of: [Case];
        runs: on a case;
        refuses: TransferCaseRefusal {
            /// Policy does not permit the caller to hand over, or the queue to have the case.
            Forbidden,
            /// The note is empty or too long, or the bundle has no queue of this name.
            Invalid,
            /// There is no such case.
            NotFound,
            /// The lease's epoch is not the current one, or no member of staff has the case.
            LeaseLost,
            /// The case is resolved, or the queue has it already.
            Conflict,
            /// There is a note, and the words on the case were erased.
            Erased,
        }
    }

    /// Keep a case, as the people who have it and were asked whether to hand it over.
    ///
    /// They are asked where policy would give it to another queue by what the customer wrote last; the case lists the
    /// question as `handover_question`. To hand it over, transfer it.
    keep_case = KeepCase {
        asks: [HANDOFF_REQUEST];
        of: [Case];
        runs: on a case;
        refuses: KeepCaseRefusal {
            /// The note is empty or too long.
            Invalid,
            /// There is no such case.
            NotFound,
            /// The lease's epoch is not the current one, or no people have the case.
            LeaseLost,
            /// The case is resolved, or nobody is asked whether to hand it over.
            Conflict,
            /// There is a note, and the words on the case were erased.
            Erased,
        }
    }

    /// Say that a danger or need stands on a case no more, as a person, with a reason that stays on record.
    ///
    /// Until then it stands, whatever the customer writes; then whether the holder may keep the case is decided anew.
    end_situation = EndSituation {
        asks: [HANDOFF_REQUEST, OVERRIDE_MAKE];
        of: [Case];
        runs: on a case;
        refuses: EndSituationRefusal {
            /// Policy does not permit it, or the caller is a responder and no person.
            Forbidden,
            /// The reason is empty or too long.
            Invalid,
            /// There is no such case, or no such situation stands on it.
            NotFound,
            /// The case is resolved.
            Conflict,
            /// The words on the case were erased, so that no reason can be kept.
            Erased,
        }
    }

    /// Ask another queue for advice, and keep the case.
    ask_consult = AskConsult {
        asks: [CONSULT_ASK];
        of: [Case];
        runs: on a case;
        refuses: AskConsultRefusal {
            /// The question is empty or too long, or the bundle has no queue of this name.
            Invalid,
            /// There is no such case.
            NotFound,
            /// The lease's epoch is not the current one, or no member of staff has the case.
            LeaseLost,
            /// The case is resolved, or as many consults are open on it as may be.
            Conflict,
            /// The words on the case were erased, so that no question can be kept.
            Erased,
        }
    }

    /// Give the advice that was asked for, as somebody who works in the queue.
    answer_consult = AnswerConsult {
        asks: [CONSULT_ANSWER];
        of: [Case];
        runs: on a case;
        refuses: AnswerConsultRefusal {
            /// Policy does not permit it, or the member of staff does not work in the queue that was asked.
            Forbidden,
            /// The answer is empty or too long, or `consult` is no consult's identifier.
            Invalid,
            /// There is no such case, or no such consult is open on it.
            NotFound,
            /// The case is resolved.
            Conflict,
            /// The words on the case were erased, so that no advice can be kept.
            Erased,
        }
    }

    /// List the questions to queues that nobody has answered yet, newest first; 200 at most.
    list_consults = ListConsults {
        asks: [STAFF_READ];
        of: [];
        runs: on the readers;
        refuses: ListConsultsRefusal {
            /// The bundle has no queue of this name.
            Invalid,
        }
    }

    /// Say what became of an action that an AI responder asked for and policy permitted.
    end_action = EndAction {
        asks: [ACTION_END];
        of: [Case];
        runs: on a case;
        refuses: EndActionRefusal {
            /// `action` is no decision's identifier, or the note is empty or too long.
            Invalid,
            /// There is no such case, or no such action is open on it.
            NotFound,
            /// The lease's epoch is not the current one, or no member of staff has the case.
            LeaseLost,
            /// The case is resolved.
            Conflict,
            /// There is a note, and the words on the case were erased.
            Erased,
        }
    }

    /// End a case in another open one of the same customer that is the same request.
    merge_case = MergeCase {
        asks: [CASE_MERGE];
        of: [Case];
        runs: on a case;
        refuses: MergeCaseRefusal {
            /// `into` is no case's identifier, the case itself, one that ended in it, or another customer's.
            Invalid,
            /// There is no such case, or none to merge it into.
            NotFound,
            /// The lease's epoch is not the current one: the case was handed over.
            LeaseLost,
            /// One of them is resolved, or an exception holds the case and is to be resolved first.
            Conflict,
        }
    }

    /// Get the context package of a case: what the next holder needs to know.
    get_context = GetContext {
        asks: [CASE_READ];
        of: [Case];
        runs: on the readers;
        refuses: GetContextRefusal {
            /// There is no such case.
            NotFound,
        }
    }
}
