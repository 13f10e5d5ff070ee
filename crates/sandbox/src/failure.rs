//! Why something was not done, or why nobody can say whether it was.

use crate::Money;

/// Why a request was refused: nothing of it was done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The action is none of the sandbox's.
    #[error("`{0}` is no action of the sandbox; ask for one of `Sandbox::actions`")]
    UnknownAction(String),
    /// An argument is missing, or none that could be meant.
    #[error("the argument `{name}` must be {must}")]
    Argument {
        /// The argument.
        name: &'static str,
        /// What it must be.
        must: &'static str,
    },
    /// What the request names is not there.
    #[error("there is no {kind} `{id}`; name one that is there")]
    NotFound {
        /// What is looked for, such as an order.
        kind: &'static str,
        /// By which name.
        id: String,
    },
    /// The books do not let it happen in the state in which the thing is.
    #[error("the {kind} `{id}` is {state}; {cure}")]
    State {
        /// What is meant, such as a card.
        kind: &'static str,
        /// Its name.
        id: String,
        /// Its state.
        state: String,
        /// What would change it.
        cure: &'static str,
    },
    /// There is less than the request needs.
    #[error("the {kind} `{id}` has {has}, and {needs} is needed; name another, or a smaller amount")]
    TooLittle {
        /// What is meant, such as a gift card.
        kind: &'static str,
        /// Its name.
        id: String,
        /// What it has.
        has: Money,
        /// What would be taken from it.
        needs: Money,
    },
    /// The key was used for another request.
    #[error("the key `{0}` was used for another request; use a new key for a new request")]
    KeyUsed(String),
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It was refused, and nothing of it was done.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Nothing came back: whether it was done, only [`crate::Sandbox::find`] says.
    #[error("the sandbox gave no answer; ask what became of the key")]
    NoAnswer,
    /// What the shop or the bank is to be filled with is not in the form that it must have.
    #[error("what the sandbox is to be filled with is not as it must be: {0}")]
    Seed(String),
    /// The file is no sandbox, or one of another version.
    #[error("{0} is no database of this version's sandbox; name another file, or none that is there")]
    Foreign(String),
    /// The database does not do what it must.
    #[error("the sandbox's database: {0}")]
    Storage(#[from] rusqlite::Error),
}
