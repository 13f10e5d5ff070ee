//! One turn: what an AI responder is given, and what it may say.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What an AI responder is given: one turn of one case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// The case.
    pub case: String,
    /// The lease's number: what is said under an older one is refused.
    pub epoch: u64,
    /// The turn's own id; the same each time the turn is tried, so that an endpoint can tell a repetition.
    pub turn_id: String,
    /// The customer's language as a tag (`en`, `de-AT`), where it is known.
    pub language: Option<String>,
    /// What the customer wants, where it is known.
    pub intent: Option<String>,
    /// The conversation, oldest first.
    pub messages: Vec<TurnMessage>,
    /// The context package as text.
    pub summary: String,
    /// Fields of the case that it may see, by name.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub fields: Map<String, Value>,
    /// Facts of the customer that it may see, by name.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub customer: Map<String, Value>,
    /// The newest requests for actions on the case, the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<TurnRequest>,
    /// How long the customer has waited, in milliseconds.
    pub waited_ms: i64,
    /// Responders that had the case before and yielded.
    pub tried: Vec<String>,
}

/// A request for an action on the case, as far as it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnRequest {
    /// Which.
    pub id: String,
    /// What is asked for.
    pub action: String,
    /// The same exactly, in the words that are read by who confirms it; its title alone where these are gone.
    pub shown: String,
    /// Who asked: an AI responder by its name, otherwise `staff`, `customer` or `integration`.
    pub asked_by: String,
    /// How far it has come: `waiting`, `confirmed`, `declined`, `expired`, `withdrawn`, `executing`, `done`, `failed`
    /// or `unknown`.
    pub state: String,
    /// Whose yes it waits for: `customer`, `staff`, each once for each yes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waits_for: Vec<String>,
    /// Until when it waits for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// By what the back office knows what was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// How much it says was moved, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// Why it was not done, or what is not known of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// One message of the conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnMessage {
    /// Who wrote it.
    pub author: TurnAuthor,
    /// What was written.
    pub text: String,
}

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TurnAuthor {
    /// The customer, or who wrote for them.
    Customer,
    /// An AI responder.
    Ai,
    /// A staff member.
    Staff,
}

/// What an AI responder may do with a turn: nothing else.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// Answer the customer.
    Answer {
        /// The answer, never empty.
        text: String,
        /// Names of the articles that it rests on.
        sources: Vec<String>,
    },
    /// Ask for an action of the catalogue. Asking is not doing: policy is asked before it runs.
    Act {
        /// The action's name.
        action: String,
        /// Its arguments, unchecked.
        arguments: Map<String, Value>,
    },
    /// Give the case away.
    Yield {
        /// Why.
        reason: YieldReason,
        /// A word to who gets the case next; not for the customer.
        note: Option<String>,
    },
    /// The endpoint took the turn and says its part later, by itself.
    Later,
}

impl Said {
    pub(crate) fn yielded(reason: YieldReason, note: &str) -> Self {
        Self::Yield { reason, note: Some(note.to_owned()) }
    }
}

/// Why an AI responder gives a case away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum YieldReason {
    /// It does not know well enough.
    Unsure,
    /// The request is not what it is for.
    OutOfScope,
    /// The customer asks for a human.
    WantsHuman,
    /// Something must be done that it cannot do.
    NeedsAction,
    /// A tool that it needs does not work, or it used one wrongly.
    ToolFailed,
    /// The conversation goes in circles.
    ConversationStuck,
}

impl YieldReason {
    /// Every reason, as endpoints name it.
    pub const NAMES: [&str; 6] =
        ["unsure", "out_of_scope", "wants_human", "needs_action", "tool_failed", "conversation_stuck"];
}
