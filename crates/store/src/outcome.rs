//! What became of cases, as it is counted.

/// Outcomes to add to a responder's count for an intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeDelta {
    /// The responder.
    pub responder: String,
    /// The intent.
    pub intent: String,
    /// Cases resolved.
    pub resolved: i64,
    /// Cases not resolved.
    pub failed: i64,
    /// Of these, those that tell against the responder.
    pub wrong: i64,
    /// What happened, to be counted by itself.
    pub kind: String,
}

/// How often something became of a responder's cases of an intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeCount {
    /// The responder.
    pub responder: String,
    /// The intent.
    pub intent: String,
    /// What.
    pub kind: String,
    /// How often.
    pub count: i64,
}
