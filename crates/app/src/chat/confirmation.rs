//! When the customer is asked whether their matter is settled.

use remit_domain::Case;

/// Whether the customer can say that it is solved: somebody answered, they have said nothing since, and no danger
/// stands that only who has the case ends.
pub(crate) fn can_confirm(case: &Case) -> bool {
    let answered = case.replies > 0 && case.waiting_since.is_none();
    let held = case.holder.as_ref().is_some_and(|holder| holder.responder().is_some());
    answered && held && case.situations.gravest().is_none()
}
