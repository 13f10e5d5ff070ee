//! The customer's chat: started by an integration, and then, for the one customer of the link, read, written and
//! followed.

operations! { "chat"
    /// Start a chat for one customer: a link to the chat page that acts for nobody else.
    ///
    /// Give it only to that customer, signed in on your side. Its secret is in this answer and nowhere else.
    start_chat = StartChat {
        asks: [CHAT_START, CASE_READ, FACT_SET];
        of: [];
        runs: as a secret command;
        refuses: StartChatRefusal {
            /// The customer's identifier is empty or too long, the hours are none of 1 to 72, the case is not this
            /// customer's, or a fact does not fit its declaration or is not for this source to say.
            Invalid,
            /// Others said what is known of the customer again and again meanwhile.
            Changed,
            /// There is no such case to go on with.
            NotFound,
            /// The words of that case were erased.
            Erased,
        }
    }

    /// Exchange a link's secret for a cookie of that chat's own.
    ///
    /// A browser can have the cookies of 8 chats; of more, those go that end first.
    enter_chat = EnterChat {
        asks: [];
        of: [];
        runs: for a link;
        refuses: EnterChatRefusal {
            /// There is no such chat, or its time is over.
            ChatEnded,
        }
    }

    /// Read the conversation so far, and who has it now.
    get_conversation = GetConversation {
        asks: [CASE_READ];
        of: [Chat];
        runs: on the readers in a chat;
        refuses: GetConversationRefusal {}
    }

    /// Follow the conversation, by server-sent events.
    ///
    /// `message` events have a `ChatMessage` as data and its `seq` as `id`; `status` events have a `ChatStatus` and no
    /// `id`.
    follow_conversation = FollowConversation {
        asks: [CASE_READ];
        of: [Chat];
        runs: in a chat;
        refuses: FollowConversationRefusal {
            /// As many streams are open as there may be.
            Busy,
        }
    }

    /// Say something; the first message opens the customer's case.
    say = Say {
        asks: [CASE_OPEN, MESSAGE_POST];
        of: [Chat];
        runs: as a command in a chat;
        refuses: SayRefusal {
            /// The text is empty or too long.
            Invalid,
            /// The case that the chat goes on with is not there.
            NotFound,
            /// The chat has had as many requests as it may, or its case ended in another one meanwhile.
            Conflict,
            /// The words of the conversation were erased.
            Erased,
        }
    }

    /// Ask for a human. Whatever AI has the case loses it; where no person can have it, a manager sees to it.
    ask_for_human = AskForHuman {
        asks: [CASE_OPEN, MESSAGE_POST];
        of: [Chat];
        runs: as a command in a chat;
        refuses: AskForHumanRefusal {
            /// The case that the chat goes on with is not there.
            NotFound,
            /// The chat has had as many requests as it may, or its case ended in another one meanwhile.
            Conflict,
            /// The words of the conversation were erased.
            Erased,
        }
    }

    /// Read when the customer can be called back: times within the opening hours of the queue that has their case.
    get_callback = GetCallback {
        asks: [CASE_READ];
        of: [Chat];
        runs: on the readers in a chat;
        refuses: GetCallbackRefusal {
            /// The case that the chat goes on with is not there.
            NotFound,
            /// Nothing was said on this chat yet, its case has ended, an AI responder or the owner of an exception has
            /// it, a danger stands on it, or the moment of a call has come.
            Conflict,
        }
    }

    /// Ask to be called back at a moment, in place of one that was agreed on before.
    ///
    /// Until then the customer waits for nothing; from then on they wait, the case is offered if nobody has it, and a
    /// call that nobody makes is somebody's exception.
    ask_for_callback = AskForCallback {
        asks: [MESSAGE_POST];
        of: [Chat];
        runs: as a command in a chat;
        refuses: AskForCallbackRefusal {
            /// The moment is none, is over, is more than two months ahead, or the queue that has the case is closed
            /// then.
            Invalid,
            /// The case that the chat goes on with is not there.
            NotFound,
            /// Nothing was said on this chat yet, its case has ended, an AI responder or the owner of an exception has
            /// it, a danger stands on it, or the moment of a call has come.
            Conflict,
        }
    }

    /// Take back the call that was agreed on or promised. Who waited for an answer before waits again.
    end_callback = EndCallback {
        asks: [MESSAGE_POST];
        of: [Chat];
        runs: as a command in a chat;
        refuses: EndCallbackRefusal {
            /// The case that the chat goes on with is not there, or no call is agreed on.
            NotFound,
            /// Nothing was said on this chat yet, or its case has ended.
            Conflict,
        }
    }

    /// Read what waits for a yes or a no of the customer's, with what exactly will be done.
    list_asked = ListAsked {
        asks: [REQUEST_READ];
        of: [Chat];
        runs: on the readers in a chat;
        refuses: ListAskedRefusal {
            /// The case that the chat goes on with is not there.
            NotFound,
        }
    }

    /// Ask for an action, as the customer, on the case that the chat goes on with.
    ///
    /// The same rules hold as for everybody who asks: where policy wants the customer's own yes too, it waits for it
    /// among the requests of the chat.
    ask_for_action = AskForAction {
        asks: [REQUEST_ASK];
        of: [Chat];
        runs: as a command in a chat;
        refuses: AskForActionRefusal {
            /// The bundle has no such action, or the arguments do not fit it.
            Invalid,
            /// The case that the chat goes on with is not there.
            NotFound,
            /// Nothing was said on this chat yet, or its case is resolved.
            Conflict,
            /// A limit of the action is reached.
            LimitReached,
            /// The customer was erased.
            Erased,
            /// The connector that says what is true of it does not answer.
            Unreachable,
        }
    }

    /// Say yes to what was shown: to all that is listed, or to none.
    confirm_asked = ConfirmAsked {
        asks: [REQUEST_CONFIRM];
        of: [Chat];
        runs: as a command in a chat;
        refuses: ConfirmAskedRefusal {
            /// None or more than 50 are listed, one twice, a hash is not that of its request, or `seen_ms` is out of
            /// its bounds.
            Invalid,
            /// This chat has no such request.
            NotFound,
            /// Nothing was said on this chat yet, one does not wait any more, its time is over, it was confirmed, or no
            /// yes of the customer's is wanted.
            Conflict,
        }
    }

    /// Say no to what was shown: to all that is listed, or to none.
    decline_asked = DeclineAsked {
        asks: [REQUEST_CONFIRM];
        of: [Chat];
        runs: as a command in a chat;
        refuses: DeclineAskedRefusal {
            /// None or more than 50 are listed, one twice, a hash is not that of its request, or `seen_ms` is out of
            /// its bounds.
            Invalid,
            /// This chat has no such request.
            NotFound,
            /// Nothing was said on this chat yet, one does not wait any more, its time is over, or it was confirmed.
            Conflict,
        }
    }

    /// Say whether it is solved, or how satisfied one is. Yes ends the case; no reopens one that has ended.
    judge = Judge {
        asks: [CASE_FEEDBACK, CASE_READ];
        of: [Chat];
        runs: as a command in a chat;
        refuses: JudgeRefusal {
            /// Neither `solved` nor `satisfaction` is said, the satisfaction is none of 1 to 5, or the words are empty
            /// or too long.
            Invalid,
            /// The case that the chat goes on with is not there.
            NotFound,
            /// Nothing was said on this chat yet, nobody has answered yet, an exception holds the case, or a danger
            /// stands on it.
            Conflict,
            /// The words of the conversation were erased.
            Erased,
        }
    }

    /// Add a file, as the body, of its own type: PNG, JPEG, WebP, GIF, PDF or plain text, up to 5 MiB.
    attach_file = AttachFile {
        asks: [MESSAGE_POST];
        of: [Chat];
        runs: as a command in a chat;
        refuses: AttachFileRefusal {
            /// The file is empty.
            Invalid,
            /// The file is of a kind that is not taken, or not what it is said to be.
            MediaType,
            /// The case that the chat goes on with is not there.
            NotFound,
            /// Nothing was said on this chat yet, its case has as many files as it may have, or it ended in another
            /// one.
            Conflict,
            /// The words of the conversation were erased.
            Erased,
        }
    }

    /// Read a file of the conversation.
    get_file = GetFile {
        asks: [CASE_READ];
        of: [Chat, Attachment];
        runs: on the readers in a chat;
        refuses: GetFileRefusal {
            /// This chat has no such file.
            NotFound,
            /// The file was erased with the words of the conversation.
            Erased,
        }
    }

    /// Read the chat page.
    get_chat_page = GetChatPage {
        asks: [];
        of: [];
        runs: for everybody;
        refuses: GetChatPageRefusal {}
    }

    /// Read the chat page's style.
    get_chat_style = GetChatStyle {
        asks: [];
        of: [];
        runs: for everybody;
        refuses: GetChatStyleRefusal {}
    }

    /// Read the chat page's script.
    get_chat_script = GetChatScript {
        asks: [];
        of: [];
        runs: for everybody;
        refuses: GetChatScriptRefusal {}
    }
}
