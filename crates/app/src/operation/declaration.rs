//! What is declared of an operation.

use crate::refused::Kind;
use remit_policy::actions::Permission;

/// What is declared of an operation, to be read while the program runs.
#[derive(Debug)]
pub struct Declaration {
    /// Its name: a verb and a noun in snake case.
    pub name: &'static str,
    /// What it does: one line, and after an empty one whatever more there is to say.
    pub(super) says: &'static [&'static str],
    /// What it belongs to: one of [`TAGS`].
    pub tag: &'static str,
    /// Who may ask for it, before policy is asked.
    pub who: Who,
    /// The actions that policy is asked for; which of several, depends on the request.
    pub asks: &'static [Permission],
    /// What it is about, by name, from the whole to the part.
    pub of: &'static [Thing],
    /// Whether the same request can be sent again under a key.
    pub repeats: Repeats,
    /// Why it can be refused.
    pub refusals: &'static [Refusing],
}

/// A kind of refusal that is declared of an operation.
#[derive(Debug)]
pub struct Refusing {
    /// Which kind.
    pub kind: Kind,
    /// When it arises, line by line.
    pub when: &'static [&'static str],
}

/// Who may ask for an operation, before policy is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Whoever has a token, or signed in with a browser.
    Token,
    /// The customer who has a chat's link.
    Customer,
    /// Who signed in with a browser.
    Session,
    /// A delegate, with an access token and a proof that it is theirs.
    Delegate,
    /// Everybody.
    Everybody,
}

/// Whether the same request can be sent again under a key of the caller's, and is carried out once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeats {
    /// It changes nothing, or the same again.
    Freely,
    /// Under a key, where one is sent.
    ByKey,
    /// Under a key, which must be sent.
    ByKeyAlone,
    /// A key is refused: the answer holds a secret, which is kept nowhere.
    Never,
}

/// What operations are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    /// A case.
    Case,
    /// An exception.
    Exception,
    /// A decision.
    Decision,
    /// A request for an action.
    Request,
    /// A reconciliation.
    Reconciliation,
    /// A file of a message.
    Attachment,
    /// A chat.
    Chat,
    /// A member of staff.
    Staff,
    /// A responder.
    Responder,
    /// A token.
    Token,
    /// A session.
    Session,
    /// A passkey.
    Passkey,
    /// A subscription.
    Subscription,
    /// A customer.
    Customer,
    /// A position in the ledger.
    Position,
    /// A tile of the ledger.
    Tile,
    /// A type of problem.
    Problem,
    /// A kind of thing that has a stream of events.
    StreamKind,
    /// A bundle that came into force.
    Bundle,
    /// Another one.
    Other,
    /// What has the stream, by its identifier among those of its kind.
    StreamId,
    /// A delegate.
    Delegate,
    /// A delegation.
    Delegation,
    /// An issuer.
    Issuer,
    /// A proposal of another level to plan capacity on.
    Proposal,
}

impl Thing {
    /// What one is called as a member of what is given with an operation.
    pub fn name(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::Exception => "exception",
            Self::Decision => "decision",
            Self::Request => "request",
            Self::Reconciliation => "reconciliation",
            Self::Attachment => "attachment",
            Self::Chat => "chat",
            Self::Staff => "staff",
            Self::Responder => "responder",
            Self::Token => "token",
            Self::Session => "session",
            Self::Passkey => "passkey",
            Self::Subscription => "subscription",
            Self::Customer => "customer",
            Self::Position => "position",
            Self::Tile => "tile",
            Self::Problem => "problem",
            Self::StreamKind => "kind",
            Self::Bundle => "bundle",
            Self::Other => "other",
            Self::StreamId => "id",
            Self::Delegate => "delegate",
            Self::Delegation => "delegation",
            Self::Issuer => "issuer",
            Self::Proposal => "proposal",
        }
    }

    /// What it is, in words.
    pub fn says(self) -> &'static str {
        match self {
            Self::Case => "The case.",
            Self::Exception => "The exception.",
            Self::Decision => "The decision.",
            Self::Request => "The request.",
            Self::Reconciliation => "The reconciliation.",
            Self::Attachment => "The file, as its message names it.",
            Self::Chat => "The chat, as `/chat/v1/session` names it; its cookie must come with the request.",
            Self::Staff => "The member of staff.",
            Self::Responder => "The responder.",
            Self::Token => "The token.",
            Self::Session => "The session.",
            Self::Passkey => "The passkey.",
            Self::Subscription => "The subscription.",
            Self::Customer => "The customer, by your own identifier of them, or by their pseudonym.",
            Self::Position => "The event's position in the ledger.",
            Self::Tile => "Which tile or bundle of entries, as c2sp.org/tlog-tiles addresses it.",
            Self::Problem => "The last part of the problem's `type`.",
            Self::StreamKind => "What kind of thing: `staff`.",
            Self::Bundle => "The bundle, by its digest.",
            Self::Other => "The bundle with which it is compared, by its digest.",
            Self::StreamId => "Its identifier among those of its kind: `ana`.",
            Self::Delegate => "The delegate.",
            Self::Delegation => "The delegation.",
            Self::Issuer => "The issuer.",
            Self::Proposal => "The proposal.",
        }
    }

    /// Whether it is a number rather than a name.
    pub fn is_number(self) -> bool {
        self == Self::Position
    }
}

/// What operations belong to, each in words.
pub const TAGS: [(&str, &str); 18] = [
    ("cases", "Requests of customers, from the first message to the last."),
    (
        "chat",
        "What the customer's chat page uses; each address acts for the one customer of the link, on their own case.",
    ),
    ("decisions", "Who was chosen, why, by which rule and whose, and proof that the record gives it again."),
    ("requests", "Actions asked for exactly, confirmed by who policy wants a yes of, and carried out once."),
    ("delegations", "Customers' own AI agents: registered, granted something by customers, and ended."),
    ("issuers", "Identity providers whose word is taken for customers: listed, stopped, and whom they speak of."),
    (
        "delegates",
        "What delegates do for their customers, each call with an access token and a proof that it is theirs.",
    ),
    ("exceptions", "Work that left the standard path, each with an owner and a due time."),
    ("sign-in", "People who work here sign in with a browser: accounts, and the sessions that this begins."),
    ("staff", "People: whether they are there, what is offered to them, what they have; and AI that was stopped."),
    ("events", "Everything that happens, as it is committed."),
    ("subscriptions", "Whom events are sent to by webhook, how far they are, and what was given up."),
    ("access", "What others ask: whether somebody may do something, and who, what and which they may."),
    (
        "capacity",
        "The demand that is on record, what is planned on by it, and what is proposed once that holds no more.",
    ),
    ("administration", "Tokens, and erasure."),
    ("bundles", "What governs: put in force while the server runs, rolled back, listed and compared."),
    ("ledger", "The evidence, in a form that others can verify."),
    ("operation", "Health, metrics and the meaning of problems."),
];

impl Declaration {
    /// What it does, in one line.
    pub fn summary(&self) -> String {
        self.paragraphs().0
    }

    /// What else there is to say of it; empty where there is nothing.
    pub fn description(&self) -> String {
        self.paragraphs().1
    }

    fn paragraphs(&self) -> (String, String) {
        let text = lines(self.says);
        let (first, rest) = text.split_once("\n\n").unwrap_or((&text, ""));
        (first.replace('\n', " "), rest.to_owned())
    }
}

/// Lines of a doc comment as text.
pub fn lines(says: &[&str]) -> String {
    let lines: Vec<&str> = says.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    lines.join("\n")
}
