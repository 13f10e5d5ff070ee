//! The operations of the product: one declaration for each, from which come its route, its entry in the interface's
//! description, the list of permissions, and why it can be refused.
//!
//! To add one: declare it in the file of its noun, bind it to an address and a handler in the server's `http`, and run
//! the tests, which say what does not agree.

#[macro_use]
mod declare;
#[macro_use]
mod refusal;
mod access;
mod cases;
mod chat;
mod decisions;
mod erasure;
mod events;
mod exceptions;
mod form;
mod ledger;
mod ops;
mod staff;
mod subscriptions;
mod work;

pub use access::*;
pub use cases::*;
pub use chat::*;
pub use decisions::*;
pub use erasure::*;
pub use events::*;
pub use exceptions::*;
pub use form::{Bytes, Either, File, FileWith, Form, Given, List, Nothing, Schema, Stream, Taken, Text};
pub use ledger::*;
pub use ops::*;
pub use refusal::{Detail, Refusal, Refusing};
pub use staff::*;
pub use subscriptions::*;
pub use work::*;

use serde_json::{Value, json};

/// What is declared of an operation, to be read while the program runs.
#[derive(Debug)]
pub struct Declaration {
    /// Its name: a verb and a noun in snake case.
    pub name: &'static str,
    /// What it does: one line, and after an empty one whatever more there is to say.
    says: &'static [&'static str],
    /// What it belongs to: one of [`TAGS`].
    pub tag: &'static str,
    /// Who may ask for it, before policy is asked.
    pub who: Who,
    /// The actions that policy is asked for; which of several, depends on the request.
    pub asks: &'static [&'static str],
    /// What it is about, by name, from the whole to the part.
    pub of: &'static [Thing],
    /// What is given with it.
    pub takes: Form,
    /// What it answers with.
    pub gives: Form,
    /// What that is, in a few words.
    pub given: &'static [&'static str],
    /// Whether the same request can be sent again under a key.
    pub repeats: Repeats,
    /// Why it can be refused.
    pub refusals: &'static [Refusing],
}

/// A declared operation, as a type.
pub trait Operation: Copy + Send + Sync + 'static {
    /// What is given with it.
    type Takes: Taken;
    /// Why it can be refused.
    type Refusal: Refusal;
    /// All that is declared of it.
    const DECLARATION: &'static Declaration;
}

/// Who may ask for an operation, before policy is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Whoever has a token.
    Token,
    /// The customer who has a chat's link.
    Customer,
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
    /// A subscription.
    Subscription,
    /// A position in the ledger.
    Position,
    /// A tile of the ledger.
    Tile,
    /// A type of problem.
    Problem,
}

impl Thing {
    /// What one is called as a member of what is given with an operation.
    pub fn name(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::Exception => "exception",
            Self::Decision => "decision",
            Self::Attachment => "attachment",
            Self::Chat => "chat",
            Self::Staff => "staff",
            Self::Responder => "responder",
            Self::Token => "token",
            Self::Subscription => "subscription",
            Self::Position => "position",
            Self::Tile => "tile",
            Self::Problem => "problem",
        }
    }

    /// What it is, in words.
    pub fn says(self) -> &'static str {
        match self {
            Self::Case => "The case.",
            Self::Exception => "The exception.",
            Self::Decision => "The decision.",
            Self::Attachment => "The file, as its message names it.",
            Self::Chat => "The chat, as `/chat/v1/session` names it; its cookie must come with the request.",
            Self::Staff => "The member of staff.",
            Self::Responder => "The responder.",
            Self::Token => "The token.",
            Self::Subscription => "The subscription.",
            Self::Position => "The event's position in the ledger.",
            Self::Tile => "Which tile or bundle of entries, as c2sp.org/tlog-tiles addresses it.",
            Self::Problem => "The last part of the problem's `type`.",
        }
    }

    /// Whether it is a number rather than a name.
    pub fn is_number(self) -> bool {
        self == Self::Position
    }
}

/// What operations belong to, each in words.
pub const TAGS: [(&str, &str); 10] = [
    ("cases", "Requests of customers, from the first message to the last."),
    (
        "chat",
        "What the customer's chat page uses; each address acts for the one customer of the link, on their own case.",
    ),
    ("decisions", "Who was chosen, why, by which rule and whose, and proof that the record gives it again."),
    ("exceptions", "Work that left the standard path, each with an owner and a due time."),
    ("staff", "People: whether they are there, what is offered to them, what they have; and AI that was stopped."),
    ("events", "Everything that happens, as it is committed."),
    ("subscriptions", "Whom events are sent to by webhook, how far they are, and what was given up."),
    ("administration", "Tokens, and erasure."),
    ("ledger", "The evidence, in a form that others can verify."),
    ("operation", "Health, metrics and the meaning of problems."),
];

/// Every operation of the product.
#[expect(unused_qualifications, reason = "each file has a list of this name")]
pub fn all() -> impl Iterator<Item = &'static Declaration> {
    let groups = [
        cases::ALL,
        work::ALL,
        chat::ALL,
        decisions::ALL,
        exceptions::ALL,
        staff::ALL,
        events::ALL,
        subscriptions::ALL,
        access::ALL,
        erasure::ALL,
        ledger::ALL,
        ops::ALL,
    ];
    groups.into_iter().flatten().copied()
}

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

    /// The JSON schema of all that is given with it, as one object: what it is about, and what else it takes.
    pub fn input_schema(&self) -> Value {
        let mut schema = self.takes.json_schema().unwrap_or_else(|| json!({ "type": "object" }));
        let thing = |thing: &Thing| {
            let kind = if thing.is_number() { "integer" } else { "string" };
            (thing.name().to_owned(), json!({ "type": kind, "description": thing.says() }))
        };
        if let Some(schema) = schema.as_object_mut() {
            let properties = schema.entry("properties").or_insert_with(|| json!({}));
            if let Some(properties) = properties.as_object_mut() {
                properties.extend(self.of.iter().map(thing));
            }
            let required = schema.entry("required").or_insert_with(|| json!([]));
            if let Some(required) = required.as_array_mut() {
                required.extend(self.of.iter().map(|thing| json!(thing.name())));
            }
        }
        schema
    }

    /// The JSON schema of what it answers with; none where that is no JSON.
    pub fn output_schema(&self) -> Option<Value> {
        self.gives.json_schema()
    }
}

/// Lines of a doc comment as text.
pub fn lines(says: &[&str]) -> String {
    let lines: Vec<&str> = says.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    lines.join("\n")
}
