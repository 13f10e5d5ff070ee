//! What a case needs of who takes it.

use crate::id::StaffId;
use smol_str::SmolStr;

/// Who could take a case now.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Need {
    /// The language, unless any will do.
    pub(super) language: Option<SmolStr>,
    /// The least level of it.
    pub(super) language_level: u8,
    /// Skills with the least level of each, by name.
    pub(super) skills: Vec<(String, u8)>,
    /// Who has passed on it lately, by name.
    pub(super) passed: Vec<StaffId>,
    /// Who said that it is not for them, by name.
    pub(super) barred: Vec<StaffId>,
    /// For whom it is kept while they are available.
    pub(super) kept_for: Option<StaffId>,
    /// Whether they came back for it, so that it comes before all others.
    pub(super) back: bool,
    /// Whether it waits for its queue to open, so that nobody could.
    pub(super) held_back: bool,
}

/// The need of a case that is in no line yet.
pub(super) fn nowhere() -> Need {
    let (passed, barred) = (vec![], vec![]);
    Need {
        language: None,
        language_level: 0,
        skills: vec![],
        passed,
        barred,
        kept_for: None,
        back: false,
        held_back: false,
    }
}

impl Need {
    /// Whether this person has not passed on it, nor is barred.
    pub(super) fn leaves(&self, id: &StaffId) -> bool {
        self.passed.binary_search(id).is_err() && self.barred.binary_search(id).is_err()
    }
}
