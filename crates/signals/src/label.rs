//! What a sentence can be labelled with, and how that is named among what rules read.

/// What the names begin with by which readings name what was learnt.
pub(crate) const LEARNT: &str = "sentences.";

/// Whether a label is a situation, and neither a wish nor a mood.
pub(crate) fn is_situation(label: &str) -> bool {
    label != WANTS_HUMAN && label != FRUSTRATED
}

/// What reads a label beside the rules, by name.
pub(crate) fn rule_of(label: &str) -> String {
    format!("{LEARNT}{label}")
}

/// The name of a label in what rules are said to read.
pub(crate) fn label_of(reads: &str) -> &str {
    if reads == FRUSTRATION { FRUSTRATED } else { reads }
}

/// What the name of a situation is where there is none.
pub const NONE: &str = "none";

/// The label of a sentence that asks for a human, and what a rule reads that finds it.
pub const WANTS_HUMAN: &str = "wants_human";

/// What a rule reads that finds frustration.
pub const FRUSTRATION: &str = "frustration";

/// The label of a sentence whose writer is frustrated.
pub const FRUSTRATED: &str = "frustrated";

/// The code of a language that is not known.
pub const UNDETERMINED: &str = "und";
