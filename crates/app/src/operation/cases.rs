//! Cases: opened, read, written on, handed over, overridden, resolved and reopened.

operations! { "cases"
    /// Open a case with its first message.
    ///
    /// The message is measured, every responder is judged by policy, and the case is given to the one of least
    /// expected cost among the allowed. The answer is sent once all of it is on disk. Of a mail, what was written now
    /// is measured; quoted replies, signatures and disclaimers are kept and shown. What a machine sent opens no case.
    open_case = OpenCase {
        asks: [CASE_OPEN];
        of: [];
        runs: as a keyed command;
        refuses: OpenCaseRefusal {
            /// The text or the customer's identifier is empty or too long; a reading is none that the bundle declares,
            /// or the token has no source to post it under; or `auto_submitted` is no value of that field.
            Invalid,
            /// The customer was erased again and again while the case was opened.
            Changed,
        }
    }

    /// List cases, newest first.
    ///
    /// `field.NAME=VALUE` lists those whose field of this name has exactly this value, where the bundle says that cases
    /// are found by it; several may be named.
    list_cases = ListCases {
        asks: [CASE_LIST];
        of: [];
        runs: on the readers;
        refuses: ListCasesRefusal {
            /// `after` is no case's identifier, or a field is none that cases are found by.
            Invalid,
        }
    }

    /// Read a case as it is now.
    get_case = GetCase {
        asks: [CASE_READ];
        of: [Case];
        runs: at once;
        refuses: GetCaseRefusal {
            /// There is no such case.
            NotFound,
        }
    }

    /// Add a message, as the requester or, with the lease's epoch, as the holder.
    ///
    /// A requester's message is measured and the case is decided anew: whoever holds it keeps it, or hands over. What a
    /// machine sent is kept on the case, also on a resolved one, and nothing follows from it.
    post_message = PostMessage {
        asks: [MESSAGE_POST, MESSAGE_ANSWER];
        of: [Case];
        runs: on a case;
        refuses: PostMessageRefusal {
            /// The text is empty or too long; a mark is named twice, or by the requester; or `auto_submitted` is no
            /// value of that field, or the holder's.
            Invalid,
            /// There is no such case.
            NotFound,
            /// The lease's epoch is not the current one: the case was handed over.
            LeaseLost,
            /// The case is resolved and the holder writes, or it ended in another one.
            Conflict,
            /// The words on the case were erased, so that none can be added.
            Erased,
        }
    }

    /// List a case's messages, oldest first.
    list_messages = ListMessages {
        asks: [CASE_READ];
        of: [Case];
        runs: on the readers;
        refuses: ListMessagesRefusal {
            /// There is no such case.
            NotFound,
        }
    }

    /// Post readings of a case, under the source that the token names.
    ///
    /// The bundle says which source is authoritative for which signal. The case is decided anew.
    post_signals = PostSignals {
        asks: [SIGNAL_POST];
        of: [Case];
        runs: on a case;
        refuses: PostSignalsRefusal {
            /// There is no reading or there are too many, one is not as the bundle declares its signal, two contradict
            /// each other, or the token has no source to post them under.
            Invalid,
            /// There is no such case.
            NotFound,
            /// The case is resolved, or ended in another one.
            Conflict,
            /// The words on the case were erased, so that nothing more is said of it.
            Erased,
        }
    }

    /// Set what a case is about, by the fields that the bundle declares.
    ///
    /// An open case is decided anew where policies see any of them. Personal ones are sealed under the customer's key.
    set_fields = SetFields {
        asks: [FIELD_SET];
        of: [Case];
        runs: on a case;
        refuses: SetFieldsRefusal {
            /// There is no field, one is none that the bundle declares, does not fit its declaration, or is not for
            /// this source to set; or the token has no source to set it under.
            Invalid,
            /// There is no such case.
            NotFound,
            /// The case ended in another one.
            Conflict,
            /// The words on the case were erased, so that nothing can be sealed.
            Erased,
        }
    }

    /// Hand a case over, as its holder.
    ///
    /// The handoff, its context package and the next holder's lease are one commit.
    request_handoff = RequestHandoff {
        asks: [HANDOFF_REQUEST];
        of: [Case];
        runs: on a case;
        refuses: RequestHandoffRefusal {
            /// Policy does not permit it; or a responder alone asks for an AI responder, which only a person may.
            Forbidden,
            /// The note is empty or too long.
            Invalid,
            /// There is no such case.
            NotFound,
            /// The lease's epoch is not the current one, or whoever has the case cannot give it back so.
            LeaseLost,
            /// The case is resolved, an exception holds it and is to be resolved first, or it is to return to an AI
            /// responder and is put off for people to see to.
            Conflict,
            /// There is a note, and the words on the case were erased.
            Erased,
        }
    }

    /// Give a case to a responder of one's own choice, for a reason that stays on record.
    make_override = MakeOverride {
        asks: [OVERRIDE_MAKE];
        of: [Case];
        runs: on a case;
        refuses: MakeOverrideRefusal {
            /// The reason is empty or too long, or the bundle has no responder of this name.
            Invalid,
            /// There is no such case.
            NotFound,
            /// The case is resolved, the responder has it already, an invariant forbids that it has it, or it is an AI
            /// responder and the customer asked for a human, or the case is put off for people to see to.
            Conflict,
            /// The words on the case were erased, so that no reason can be kept.
            Erased,
        }
    }

    /// Resolve a case, as its holder.
    resolve_case = ResolveCase {
        asks: [CASE_RESOLVE];
        of: [Case];
        runs: on a case;
        refuses: ResolveCaseRefusal {
            /// The note is empty or too long, or the bundle lists no such disposition.
            Invalid,
            /// There is no such case.
            NotFound,
            /// The lease's epoch is not the current one: the case was handed over.
            LeaseLost,
            /// The case is resolved already, or an exception holds it and is to be resolved first.
            Conflict,
            /// There is a note, and the words on the case were erased.
            Erased,
        }
    }

    /// Reopen a resolved case; it is decided anew.
    reopen_case = ReopenCase {
        asks: [CASE_REOPEN];
        of: [Case];
        runs: on a case;
        refuses: ReopenCaseRefusal {
            /// The reason is empty or too long.
            Invalid,
            /// There is no such case.
            NotFound,
            /// The case is open, or ended in another one.
            Conflict,
            /// The words on the case were erased, so that no reason can be kept.
            Erased,
        }
    }

    /// List everything that happened to a case, oldest first, as it stands in the ledger.
    list_timeline = ListTimeline {
        asks: [CASE_READ];
        of: [Case];
        runs: on the readers;
        refuses: ListTimelineRefusal {
            /// There is no such case.
            NotFound,
        }
    }

    /// Add a file to a case, as the requester or, with the lease's epoch, as the holder.
    ///
    /// The body is the file: PNG, JPEG, WebP, GIF, PDF or plain text in UTF-8, up to 5 MiB, ten files and 20 MiB to a
    /// case. It comes as a message without words. When the requester adds one, the case is decided anew.
    add_attachment = AddAttachment {
        asks: [MESSAGE_POST, MESSAGE_ANSWER];
        of: [Case];
        runs: on a case;
        refuses: AddAttachmentRefusal {
            /// The file is empty.
            Invalid,
            /// The file is of a kind that is not taken, or not what it is said to be.
            MediaType,
            /// There is no such case.
            NotFound,
            /// The lease's epoch is not the current one: the case was handed over.
            LeaseLost,
            /// The case has as many files as it may have, is resolved and the holder writes, or ended in another one.
            Conflict,
            /// The words on the case were erased, so that no file can be added.
            Erased,
        }
    }

    /// Read a file of a case.
    get_attachment = GetAttachment {
        asks: [CASE_READ];
        of: [Case, Attachment];
        runs: on the readers;
        refuses: GetAttachmentRefusal {
            /// There is no such case, or it has no such file.
            NotFound,
            /// The file was erased with the words on the case, or does not open any more.
            Erased,
        }
    }

    /// Say, for the customer, how they were helped.
    ///
    /// Who says that it is solved ends an open case; who says that it is not has one reopened that had ended.
    give_feedback = GiveCaseFeedback {
        asks: [CASE_FEEDBACK];
        of: [Case];
        runs: on a case;
        refuses: GiveCaseFeedbackRefusal {
            /// Neither `solved` nor `satisfaction` is said, the satisfaction is none of 1 to 5, or the words are empty
            /// or too long.
            Invalid,
            /// There is no such case.
            NotFound,
            /// An exception holds the case or a danger stands on it, so that no customer's word ends it; or it ended in
            /// another one.
            Conflict,
            /// The words on the case were erased, so that it cannot be reopened.
            Erased,
        }
    }

    /// End a case whose customer gives up.
    abandon_case = AbandonCase {
        asks: [CASE_FEEDBACK];
        of: [Case];
        runs: on a case;
        refuses: AbandonCaseRefusal {
            /// There is no such case.
            NotFound,
            /// The case is resolved, an exception holds it, or a danger stands on it.
            Conflict,
        }
    }
}
