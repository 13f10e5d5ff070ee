//! The operations of the product: one declaration for each, from which come its route, its entry in the interface's
//! description, the list of permissions, and why it can be refused.
//!
//! To add one: declare it in the file of its noun; say what it takes and gives in `signature`; bind it to an address
//! and a handler in the server's `http`. The compiler and the tests say what is still missing.

#[macro_use]
mod declare;
#[macro_use]
mod refusal;
mod access;
mod authzen;
mod bundles;
mod capacity;
mod cases;
mod chat;
mod decisions;
mod declaration;
mod deferrals;
mod delegated;
mod delegations;
mod erasure;
mod events;
mod exceptions;
mod facts;
mod issuers;
mod ledger;
mod ops;
mod reconciliations;
mod requests;
mod sandbox;
mod sign_in;
mod staff;
mod subscriptions;
mod work;

pub use access::*;
pub use authzen::*;
pub use bundles::*;
pub use capacity::*;
pub use cases::*;
pub use chat::*;
pub use decisions::*;
pub use declaration::{Declaration, Refusing, Repeats, TAGS, Thing, Who, lines};
pub use deferrals::*;
pub use delegated::*;
pub use delegations::*;
pub use erasure::*;
pub use events::*;
pub use exceptions::*;
pub use facts::*;
pub use issuers::*;
pub use ledger::*;
pub use ops::*;
pub use reconciliations::*;
pub use refusal::Operation;
pub use refusal::{Detail, Refusal};
pub use requests::*;
pub use sandbox::*;
pub use sign_in::*;
pub use staff::*;
pub use subscriptions::*;
pub use work::*;

use remit_policy::actions::Permission;

/// The actions of policy that the endpoints of OAuth ask for: no operation declares them, as standards describe them.
pub const OAUTH_ASKS: [Permission; 2] = [Permission::DELEGATION_EXCHANGE, Permission::DELEGATION_GRANT];

/// Every operation of the product.
#[expect(unused_qualifications, reason = "each file has a list of this name")]
pub fn all() -> impl Iterator<Item = &'static Declaration> {
    let groups = [
        cases::ALL,
        work::ALL,
        deferrals::ALL,
        chat::ALL,
        decisions::ALL,
        exceptions::ALL,
        requests::ALL,
        reconciliations::ALL,
        delegations::ALL,
        issuers::ALL,
        delegated::ALL,
        facts::ALL,
        staff::ALL,
        sign_in::ALL,
        events::ALL,
        subscriptions::ALL,
        access::ALL,
        authzen::ALL,
        bundles::ALL,
        capacity::ALL,
        erasure::ALL,
        ledger::ALL,
        ops::ALL,
        sandbox::ALL,
    ];
    groups.into_iter().flatten().copied()
}
