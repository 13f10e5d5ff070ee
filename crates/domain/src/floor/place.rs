//! Where a case is on the floor, for those who keep the floor in step with what is on record.

use super::{Floor, line::CasePlace};
use crate::id::{CaseId, StaffId};

/// Where a case is on the floor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placed {
    /// In a line.
    Waiting,
    /// With somebody who has not answered yet.
    Offered(StaffId),
    /// With somebody who took it.
    Held(StaffId),
}

impl Floor {
    /// Where the case is; nothing if it is not on the floor.
    pub fn placed(&self, case: &CaseId) -> Option<Placed> {
        Some(match &self.cases.get(case)?.place {
            CasePlace::Line(..) => Placed::Waiting,
            CasePlace::Offered { staff, .. } => Placed::Offered(staff.clone()),
            CasePlace::Held { staff, .. } => Placed::Held(staff.clone()),
        })
    }
}
