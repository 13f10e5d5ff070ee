//! Events as the stream tells them: of each, what the demo looks at.

use serde::Deserialize;

/// One event of the feed.
#[derive(Debug, Deserialize)]
pub(super) struct Item {
    pub(super) at: String,
    /// The case; empty where the event is of something else.
    #[serde(default)]
    pub(super) case: String,
    pub(super) event: Event,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Event {
    CaseOpened {},
    MessageAdded {
        message: Message,
    },
    DecisionMade {
        decision: Box<Decision>,
        handoff: Option<Handoff>,
    },
    OfferMade {
        offer: Offer,
    },
    OfferEnded {
        staff: String,
        how: String,
    },
    ExceptionRaised {
        exception: Exception,
    },
    ExceptionTaken {
        exception: String,
    },
    ExceptionResolved {
        exception: String,
    },
    ExceptionEscalated {
        exception: String,
        owner: String,
    },
    CaseResolved {},
    CaseReopened {},
    AiStopped(Stopped),
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
pub(super) struct Message {
    pub(super) author: Author,
}

#[derive(Debug, Deserialize)]
pub(super) struct Author {
    pub(super) kind: String,
    pub(super) staff: Option<String>,
    pub(super) holder: Option<Holder>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Holder {
    Responder(String),
    Owner(String),
}

#[derive(Debug, Deserialize)]
pub(super) struct Decision {
    pub(super) id: String,
    pub(super) trigger: Trigger,
    pub(super) outcome: Outcome,
}

#[derive(Debug, Deserialize)]
pub(super) struct Trigger {
    pub(super) kind: String,
    pub(super) reason: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Outcome {
    pub(super) kind: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Handoff {
    pub(super) from: Option<Holder>,
    pub(super) to: Holder,
    pub(super) staff: Option<String>,
    pub(super) announced: Option<Announced>,
}

/// What the customer was told.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Announced {
    Waiting {
        opens: Option<i64>,
    },
    CallBack {
        from: i64,
    },
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
pub(super) struct Offer {
    pub(super) id: String,
    pub(super) staff: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Exception {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) owner: String,
    pub(super) decision: Option<String>,
}

/// That an AI responder was stopped, with the numbers.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Stopped {
    pub(super) responder: String,
    pub(super) intent: String,
    pub(super) owner: String,
    pub(super) resolved: u64,
    pub(super) failed: u64,
    pub(super) tolerance_bp: i64,
    pub(super) error_bp: i64,
    pub(super) evidence_milli: i64,
}

impl Holder {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Responder(name) | Self::Owner(name) => name,
        }
    }
}

impl Announced {
    /// When a desk opens that was closed, and whether it calls back then.
    pub(super) fn opens(self) -> Option<(i64, bool)> {
        match self {
            Self::Waiting { opens } => Some((opens?, false)),
            Self::CallBack { from } => Some((from, true)),
            Self::Other => None,
        }
    }
}

impl Stopped {
    /// How much likelier the outcomes are if it fails too often than if it keeps within what is tolerated: so many
    /// to one.
    pub(super) fn evidence(&self) -> f64 {
        (self.evidence_milli as f64 / 1_000.0).exp()
    }

    /// From which evidence on it is stopped.
    pub(super) fn threshold(&self) -> f64 {
        10_000.0 / self.error_bp.max(1) as f64
    }
}
