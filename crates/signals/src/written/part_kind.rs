//! Which parts of a message are not read.

/// What is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PartKind {
    /// An earlier message that is answered.
    Quote,
    /// Another message that is passed on: shown by the customer, and not in their own words.
    Forward,
    /// Who wrote, and with which program.
    Signature,
    /// What an organisation puts below or above every message.
    Disclaimer,
}

impl PartKind {
    /// The name in interfaces.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Quote => "quote",
            Self::Forward => "forward",
            Self::Signature => "signature",
            Self::Disclaimer => "disclaimer",
        }
    }
}
